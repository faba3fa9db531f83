"""Every UI test runs in the look of the program, whatever the test before it chose."""

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from app.ui import theme
from app.ui.application import dress_application
from tests.ui.screens.card_on_call import agreed, paused  # noqa: F401 - fixtures
from tests.ui.stage import (  # noqa: F401 - fixtures of all tests that have a desk or a window
    a_past_order,
    call,
    clock,
    desk,
    hands,
    inline,
    new_presenter,
    notices,
    on_call,
    opened,
    safe,
    window,
)


@pytest.fixture(autouse=True)
def _dressed(qapp: QApplication) -> None:
    dress_application(qapp, theme.Scheme.LIGHT)


@pytest.fixture
def owner(qapp: QApplication) -> QObject:
    """Somebody who waits for an answer."""
    return QObject()
