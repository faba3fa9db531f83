import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.shortcuts import Action
from app.ui.widgets.bars import CallBar, StatusStrip
from app.ui.widgets.chip import ChipKind
from tests.ui.looks import cut_off, too_small


class Window(QWidget):
    """A window with nothing but the two bars."""

    def __init__(self) -> None:
        super().__init__()
        self.bar, self.strip = CallBar(), StatusStrip()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.bar)
        layout.addStretch(1)
        layout.addWidget(self.strip)

    def fill(self) -> None:
        self.bar.show_call("On call  03:42", "+44 7700 900412")
        self.bar.show_recording(ChipKind.RECORDING, "Recording")
        self.bar.show_saved("Draft saved 1 s ago")
        self.bar.show_sync(ChipKind.OK, "In sync")
        self.bar.show_person("Dana Okafor")


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    made = Window()
    qtbot.addWidget(made)
    made.resize(1366, 768)
    made.show()
    return made


def test_an_empty_bar_shows_only_the_product(window: Window) -> None:
    assert window.bar.told() == ("Readback",)


def test_the_bar_tells_call_recording_draft_connection_and_person(window: Window) -> None:
    window.fill()
    assert window.bar.told() == (
        "Readback",
        "On call  03:42",
        "+44 7700 900412",
        "Recording",
        "Draft saved 1 s ago",
        "In sync",
        "Dana Okafor",
    )


def test_longer_words_have_their_room_at_once(window: Window) -> None:
    window.fill()
    QApplication.processEvents()
    window.bar.show_saved("Draft saved 59 min ago")
    assert not cut_off(window.bar)


def test_what_is_over_is_taken_away(window: Window) -> None:
    window.fill()
    window.bar.show_call("")
    window.bar.show_recording(ChipKind.NEUTRAL, "")
    assert "Recording" not in window.bar.told()
    assert "+44 7700 900412" not in window.bar.told()


@pytest.mark.parametrize("width", [1366, 1093, 911, 683])
def test_a_narrow_bar_drops_what_counts_least_and_cuts_nothing(window: Window, width: int) -> None:
    window.fill()
    window.resize(width, 600)
    assert cut_off(window.bar) == []
    assert {"On call  03:42", "Recording", "In sync"} <= set(window.bar.told())


def test_a_wide_bar_brings_back_what_it_dropped(window: Window) -> None:
    window.fill()
    window.resize(500, 600)
    assert "Draft saved 1 s ago" not in window.bar.told()
    window.resize(1366, 768)
    assert "Draft saved 1 s ago" in window.bar.told()


def test_pages_are_chosen_in_the_bar(window: Window, qtbot: QtBot) -> None:
    window.bar.set_pages([("review", "Review"), ("accuracy", "Accuracy")])
    window.bar.show_page("review")
    buttons = {b.text(): b for b in window.bar.findChildren(QPushButton)}
    with qtbot.waitSignal(window.bar.page_chosen) as heard:
        qtbot.mouseClick(buttons["Accuracy"], Qt.MouseButton.LeftButton)
    assert heard.args == ["accuracy"]
    assert too_small(window.bar) == []


def test_pages_can_be_exchanged(window: Window, qtbot: QtBot) -> None:
    window.bar.set_pages([("review", "Review")])
    window.bar.set_pages([("orders", "Orders")])
    assert window.bar.pages() == ("orders",)


def test_the_strip_says_what_is_missing(window: Window) -> None:
    window.strip.show_missing(["delivery date", "postcode"])
    assert window.strip.words() == "Still needed:  delivery date  ·  postcode"
    window.strip.show_missing([])
    assert window.strip.words() == "Nothing is missing."


def test_the_strip_shows_the_keys_of_the_moment(window: Window) -> None:
    window.strip.show_action_hints([Action.NEXT_PANE, Action.ALL_ACTIONS])
    assert window.strip.hints() == "F6 next pane    Ctrl+K all actions"


def test_a_long_list_of_what_is_missing_leaves_room_for_the_keys(window: Window) -> None:
    window.strip.show_action_hints([Action.ALL_ACTIONS])
    window.strip.show_missing([f"line {number}" for number in range(200)])
    window.resize(683, 384)
    assert window.width() == 683
    assert cut_off(window.strip) == []
