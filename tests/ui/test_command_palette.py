from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui import shortcuts
from app.ui.command_palette import Command, CommandPalette, matching
from app.ui.shortcuts import Action

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


class Desk(QWidget):
    """A window with a field, three commands and a palette on Ctrl+K."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []
        self.resize(900, 600)
        self.field = QLineEdit(self)
        shortcuts.hand_through(self.field)
        QVBoxLayout(self).addWidget(self.field)
        self.palette_of_commands = CommandPalette(self, self.offer)
        shortcuts.bind(self, Action.ALL_ACTIONS, self.palette_of_commands.toggle)
        shortcuts.bind(self, Action.BACK, partial(self.done.append, "back"))

    def offer(self) -> tuple[Command, ...]:
        return (
            Command(
                "Take card", partial(self.done.append, "card"), Action.CARD, "Read back first."
            ),
            Command("Duplicate line", partial(self.done.append, "dup"), Action.DUPLICATE_LINE),
            Command("Remove line", partial(self.done.append, "remove"), Action.REMOVE_LINE),
            Command("Résumé of the call", partial(self.done.append, "resume")),
        )


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    made = Desk()
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
    made.field.setFocus()
    qtbot.keyClick(made.field, Key.Key_K, CTRL)
    return made


def focus() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def test_the_palette_opens_with_everything_and_what_can_be_done_first(desk: Desk) -> None:
    opened = desk.palette_of_commands
    assert opened.is_open()
    assert opened.titles() == ("Duplicate line", "Remove line", "Résumé of the call", "Take card")


def test_typing_filters_and_enter_runs_and_gives_the_focus_back(desk: Desk, qtbot: QtBot) -> None:
    qtbot.keyClicks(focus(), "line rem")
    qtbot.keyClick(focus(), Key.Key_Return)
    assert desk.done == ["remove"]
    assert not desk.palette_of_commands.is_open()
    assert focus() is desk.field


def test_the_arrows_choose_and_go_round(desk: Desk, qtbot: QtBot) -> None:
    qtbot.keyClick(focus(), Key.Key_Down)
    chosen = desk.palette_of_commands.chosen()
    assert chosen is not None
    assert chosen.title == "Remove line"
    qtbot.keyClick(focus(), Key.Key_Up)
    qtbot.keyClick(focus(), Key.Key_Up)
    last = desk.palette_of_commands.chosen()
    assert last is not None
    assert last.title == "Take card"


def test_what_cannot_be_done_is_listed_and_does_nothing(desk: Desk, qtbot: QtBot) -> None:
    qtbot.keyClicks(focus(), "card")
    qtbot.keyClick(focus(), Key.Key_Return)
    assert desk.done == []
    assert desk.palette_of_commands.is_open()


def test_esc_closes_the_palette_and_nothing_behind_it(desk: Desk, qtbot: QtBot) -> None:
    qtbot.keyClick(focus(), Key.Key_Escape)
    assert not desk.palette_of_commands.is_open()
    assert focus() is desk.field
    assert desk.done == []


def test_the_same_key_closes_it_again(desk: Desk, qtbot: QtBot) -> None:
    qtbot.keyClick(focus(), Key.Key_K, CTRL)
    assert not desk.palette_of_commands.is_open()


def test_it_leaves_when_the_focus_goes_elsewhere(desk: Desk) -> None:
    desk.field.setFocus()
    assert not desk.palette_of_commands.is_open()
    assert focus() is desk.field


def test_nothing_found_means_that_enter_does_nothing(desk: Desk, qtbot: QtBot) -> None:
    qtbot.keyClicks(focus(), "zebra")
    qtbot.keyClick(focus(), Key.Key_Return)
    assert desk.palette_of_commands.titles() == ()
    assert desk.done == []


def test_it_opens_fresh_each_time(desk: Desk, qtbot: QtBot) -> None:
    qtbot.keyClicks(focus(), "dup")
    qtbot.keyClick(focus(), Key.Key_Escape)
    qtbot.keyClick(focus(), Key.Key_K, CTRL)
    assert len(desk.palette_of_commands.titles()) == 4


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("re", "Remove line"),
        ("LINE DUP", "Duplicate line"),
        ("resume", "Résumé of the call"),
        ("ctrl+d", "Duplicate line"),
        ("move", "Remove line"),
    ],
)
def test_words_are_found_in_any_order_case_and_accent(desk: Desk, typed: str, first: str) -> None:
    assert matching(desk.offer(), typed)[0].title == first


def test_a_narrow_window_still_holds_the_palette(desk: Desk) -> None:
    desk.resize(480, 360)
    QApplication.sendPostedEvents()
    assert desk.rect().contains(desk.palette_of_commands.geometry())
