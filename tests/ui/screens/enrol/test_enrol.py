"""Making a desk known: one field, one code, and a sentence when it is not right."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.ui.background import InlineBackground
from app.ui.notices import Incidents
from app.ui.screens.enrol.presenter import EnrolPresenter
from app.ui.screens.enrol.screen import EnrolScreen
from app.values.errors import Refusal
from tests.fakes import CountingIds
from tests.ui import looks

RIGHT = "NR8X-T56X-BFM2-1458"


class Centre:
    """Knows one code."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def enrol(self, code: str) -> None:
        self.asked.append(code)
        if code != RIGHT:
            raise Refusal("enrolment_code_wrong", "That code is not right or has run out.", "code")


@pytest.fixture
def centre() -> Centre:
    return Centre()


@pytest.fixture
def screen(centre: Centre, qtbot: QtBot) -> EnrolScreen:
    background = InlineBackground(Incidents(CountingIds()))
    presenter = EnrolPresenter(centre.enrol, background, "https://orders.example")
    made = EnrolScreen(presenter)
    presenter.setParent(made)
    qtbot.addWidget(made)
    made.show()
    return made


def type_code(screen: EnrolScreen, qtbot: QtBot, code: str) -> None:
    qtbot.keyClicks(screen.code.edit, code)
    qtbot.keyClick(screen.code.edit, Qt.Key.Key_Return)


def test_the_right_code_makes_the_desk_known(
    screen: EnrolScreen, centre: Centre, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(screen.presenter.enrolled):
        type_code(screen, qtbot, f" {RIGHT} ")
    assert centre.asked == [RIGHT]


def test_a_wrong_code_is_said_beside_the_field(screen: EnrolScreen, qtbot: QtBot) -> None:
    type_code(screen, qtbot, "NOT-THIS-ONE")
    assert "has run out" in screen.code.edit.accessibleDescription()


def test_an_empty_code_asks_nobody(screen: EnrolScreen, centre: Centre, qtbot: QtBot) -> None:
    type_code(screen, qtbot, "")
    assert centre.asked == []
    assert "Type the code" in screen.code.edit.accessibleDescription()


def test_everything_has_a_name_and_is_large_enough(screen: EnrolScreen) -> None:
    assert looks.nameless(screen) == []
    assert looks.too_small(screen) == []
