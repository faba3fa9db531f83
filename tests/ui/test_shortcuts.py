from itertools import chain

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui import shortcuts
from app.ui.shortcuts import KEYS, Action, Where

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


class Desk(QWidget):
    """A window with one text field, and a list of what the keys did."""

    def __init__(self, field: QLineEdit | QPlainTextEdit) -> None:
        super().__init__()
        self.field = field
        self.done: list[str] = []
        QVBoxLayout(self).addWidget(field)
        shortcuts.hand_through(field)

    def act(self) -> None:
        self.done.append("done")


@pytest.fixture(params=[QLineEdit, QPlainTextEdit])
def desk(request: pytest.FixtureRequest, qtbot: QtBot) -> Desk:
    made = Desk(request.param())
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
    made.field.setFocus()
    return made


@pytest.mark.parametrize("action", Action)
def test_every_action_has_keys_that_qt_understands(action: Action) -> None:
    assert shortcuts.label(action)
    for sequence in shortcuts.sequences(action):
        assert sequence.count() == 1
        assert sequence != QKeySequence("")


def test_no_key_does_two_things_in_one_place() -> None:
    for place in (Where.CALL, Where.LIST):
        keys = [KEYS[a].keys for a in Action if KEYS[a].where in {place, Where.EVERYWHERE}]
        flat = list(chain.from_iterable(keys))
        assert len(flat) == len(set(flat))


def test_single_letters_act_only_in_a_list() -> None:
    letters = [a for a in Action if len(KEYS[a].keys[0]) == 1]
    assert letters
    assert {KEYS[action].where for action in letters} == {Where.LIST}


def test_keys_that_windows_or_a_uk_keyboard_need_are_left_alone() -> None:
    flat = set(chain.from_iterable(key.keys for key in KEYS.values()))
    assert not flat & {"F10", "F11", "Alt+F4"}
    assert not [key for key in flat if "Alt" in key]


@pytest.mark.parametrize(
    ("key", "modifier"),
    [(Key.Key_Return, CTRL), (Key.Key_Enter, CTRL | Qt.KeyboardModifier.KeypadModifier)],
)
def test_a_step_is_finished_with_either_enter_key(
    desk: Desk, qtbot: QtBot, key: Qt.Key, modifier: Qt.KeyboardModifier
) -> None:
    shortcuts.bind(desk, Action.COMMIT, desk.act)
    qtbot.keyClick(desk.field, key, modifier)
    assert desk.done == ["done"]


@pytest.mark.parametrize(
    ("action", "key"),
    [
        (Action.UNDO, Key.Key_Z),
        (Action.ALL_ACTIONS, Key.Key_K),
        (Action.REMOVE_LINE, Key.Key_Delete),
        (Action.DUPLICATE_LINE, Key.Key_D),
    ],
)
def test_a_text_field_does_not_swallow_the_keys_of_the_order(
    desk: Desk, qtbot: QtBot, action: Action, key: Qt.Key
) -> None:
    shortcuts.bind(desk, action, desk.act)
    qtbot.keyClicks(desk.field, "hanging heart")
    qtbot.keyClick(desk.field, key, CTRL)
    assert desk.done == ["done"]


def test_a_key_that_nobody_bound_still_works_in_a_text_field(desk: Desk, qtbot: QtBot) -> None:
    qtbot.keyClicks(desk.field, "tea")
    qtbot.keyClick(desk.field, Key.Key_Z, CTRL)
    left = desk.field.text() if isinstance(desk.field, QLineEdit) else desk.field.toPlainText()
    assert left == ""


def test_letters_are_typed_and_not_taken_for_list_keys(desk: Desk, qtbot: QtBot) -> None:
    shortcuts.bind(desk, Action.NEXT_IN_LIST, desk.act)
    qtbot.keyClicks(desk.field, "n")
    assert desk.done == []


def test_a_list_key_acts_where_the_list_has_the_focus(desk: Desk, qtbot: QtBot) -> None:
    desk.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    desk.setFocus()
    shortcuts.bind(desk, Action.NEXT_IN_LIST, desk.act)
    qtbot.keyClick(desk, Key.Key_N)
    assert desk.done == ["done"]


def test_a_switched_off_shortcut_keeps_quiet(desk: Desk, qtbot: QtBot) -> None:
    shortcuts.bind(desk, Action.CARD, desk.act).setEnabled(False)
    qtbot.keyClick(desk.field, Key.Key_F9)
    assert desk.done == []


def test_buttons_show_enter_and_not_return() -> None:
    assert shortcuts.keys(Action.COMMIT) == "Ctrl+Enter"
    assert shortcuts.keys(Action.CARD) == "F9"
    assert shortcuts.keys(Action.REMOVE_LINE) == "Ctrl+Del"


def test_the_sheet_holds_every_key_once(qapp: object) -> None:
    rows = shortcuts.sheet()
    assert len(rows) == len(set(rows)) == len(KEYS) + len(shortcuts.FIXED_KEYS)
    assert ("Everywhere", "Ctrl+K", "All actions") in {(r.where, r.keys, r.label) for r in rows}
    assert [row.where for row in rows] == sorted(
        (row.where for row in rows), key=["Everywhere", "On a call", rows[-1].where].index
    )
