"""Every UI test runs offscreen, in the look of the program, and leaves no widget behind."""

import os

import pytest
from PySide6.QtWidgets import QApplication

from app.ui import theme
from app.ui.application import dress_application

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication) -> None:
    """The application in the light scheme, whatever the test before chose."""
    dress_application(qapp, theme.Scheme.LIGHT)
