"""The card field: nothing of what was typed ever comes out of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QAccessible,
    QClipboard,
    QDropEvent,
    QInputMethodEvent,
    QKeySequence,
    QShortcut,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.payment.card_field import CardField
from app.ui.payment.digit_guard import STAY_FIRST_EVERY_MS
from tests.adapters.card_entry.cards import random_number
from tests.ui.payment.typing_cards import (
    KEY,
    MOD,
    PASTED,
    CountingSafe,
    Listener,
    Noted,
    Pane,
    kept,
    let_pass,
    shown,
    strike,
)


@pytest.fixture
def pane(qtbot: QtBot) -> Iterator[Pane]:
    with shown(qtbot) as made:
        yield made


@pytest.fixture
def number(pane: Pane) -> CardField:
    return pane.number


# ---------------------------------------------------------------- nothing comes out


def test_nobody_else_is_told_of_a_key(pane: Pane, qapp: QApplication) -> None:
    pane.elsewhere.setFocus()
    before = Listener()
    qapp.installEventFilter(before)
    pane.number.setFocus()
    strike(pane.number, random_number())
    qapp.removeEventFilter(before)
    assert before.heard == []


def test_a_listener_that_comes_later_is_put_behind_with_the_next_key(
    pane: Pane, qapp: QApplication
) -> None:
    later = Listener()
    qapp.installEventFilter(later)
    strike(pane.number, [1])
    heard_first = len(later.heard)
    strike(pane.number, [2, 3, 4])
    qapp.removeEventFilter(later)
    assert len(later.heard) == heard_first


def test_a_listener_that_comes_between_two_keys_is_put_behind_by_itself(
    qtbot: QtBot, pane: Pane, qapp: QApplication
) -> None:
    later = Listener()
    qapp.installEventFilter(later)
    let_pass(qtbot, 2 * STAY_FIRST_EVERY_MS)
    strike(pane.number, [2, 3, 4])
    qapp.removeEventFilter(later)
    assert later.heard == []


def test_after_the_focus_has_gone_keys_are_everybodys_again(pane: Pane, qapp: QApplication) -> None:
    pane.elsewhere.setFocus()
    listener = Listener()
    qapp.installEventFilter(listener)
    QTest.keyClick(pane.elsewhere, KEY.Key_7)
    qapp.removeEventFilter(listener)
    assert "7" in listener.heard
    assert pane.elsewhere.text() == "7"


def test_no_shortcut_takes_a_digit_or_backspace_away(pane: Pane) -> None:
    fired = Noted()
    for keys in ("4", "Backspace", "Del"):
        QShortcut(QKeySequence(keys), pane).activated.connect(fired.note)
    strike(pane.number, [4, 4])
    QTest.keyClick(pane.windowHandle(), KEY.Key_Backspace)
    assert kept(pane.number) == [4]
    assert fired.times == 0


def test_the_heap_is_scrubbed_after_the_last_key(qtbot: QtBot, pane: Pane) -> None:
    strike(pane.number, [1, 2, 3, 4])
    qtbot.waitUntil(partial(_was_scrubbed, pane.safe))
    assert pane.safe.scrubs == 1


def _was_scrubbed(safe: CountingSafe) -> bool:
    return safe.scrubs > 0


def test_no_property_holds_a_digit(number: CardField) -> None:
    digits = random_number()
    strike(number, digits)
    about = number.metaObject()
    names = [str(about.property(place).name()) for place in range(about.propertyCount())]
    names += [bytes(name.data()).decode() for name in number.dynamicPropertyNames()]
    said = [repr(number.property(name)) for name in names]
    said += [repr(number), str(number), repr(vars(number)), number.toolTip(), number.whatsThis()]
    whole = "".join(map(str, digits))
    assert not any(whole[start : start + 6] in text for text in said for start in range(11))


def test_there_is_no_text_to_ask_for(number: CardField) -> None:
    for name in ("text", "displayText", "value", "selectedText", "copy", "undo", "paste", "insert"):
        assert not hasattr(number, name)
        assert number.property(name) is None


def test_an_input_method_is_told_nothing_and_tells_nothing(number: CardField) -> None:
    strike(number, random_number())
    for query in Qt.InputMethodQuery:
        answer = number.inputMethodQuery(query)
        assert answer is (False if query is Qt.InputMethodQuery.ImEnabled else None)
    assert not number.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
    number.wipe()
    commit = QInputMethodEvent()
    commit.setCommitString(PASTED)
    QApplication.sendEvent(number, commit)
    assert kept(number) == []


@pytest.mark.parametrize(
    "keys", ["Ctrl+C", "Ctrl+X", "Ctrl+A", "Ctrl+Insert", "Shift+Delete", "Ctrl+Z"]
)
def test_nothing_gets_onto_the_clipboard(number: CardField, keys: str) -> None:
    clipboard = QApplication.clipboard()
    clipboard.setText("something else")
    strike(number, [1, 2, 3])
    QTest.keySequence(number, QKeySequence(keys))
    assert clipboard.text(QClipboard.Mode.Clipboard) == "something else"


@pytest.mark.parametrize("keys", ["Ctrl+V", "Shift+Insert", "Ctrl+Shift+V"])
def test_nothing_is_pasted(number: CardField, keys: str) -> None:
    QApplication.clipboard().setText(PASTED)
    QTest.keySequence(number, QKeySequence(keys))
    QTest.mouseClick(number, Qt.MouseButton.MiddleButton)
    assert kept(number) == []


def test_nothing_is_dropped_in(number: CardField) -> None:
    dragged = QMimeData()
    dragged.setText(PASTED)
    drop = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        dragged,
        Qt.MouseButton.LeftButton,
        MOD.NoModifier,
    )
    QApplication.sendEvent(number, drop)
    assert not number.acceptDrops()
    assert kept(number) == []


def test_a_right_click_offers_nothing(number: CardField) -> None:
    QTest.mouseClick(number, Qt.MouseButton.RightButton, pos=QPoint(5, 5))
    assert number.contextMenuPolicy() is Qt.ContextMenuPolicy.PreventContextMenu
    assert QApplication.activePopupWidget() is None


@pytest.mark.parametrize("scheme", [s for s in theme.Scheme if s is not theme.Scheme.SYSTEM])
def test_two_numbers_of_one_length_look_the_same(
    qapp: QApplication, number: CardField, scheme: theme.Scheme
) -> None:
    theme.apply(qapp, scheme)
    pictures = []
    for digits in (random_number(), random_number()):
        number.wipe()
        strike(number, digits)
        pictures.append(number.grab().toImage())
    empty = number
    empty.wipe()
    assert pictures[0] == pictures[1]
    assert pictures[0] != empty.grab().toImage()


def test_a_locked_field_looks_empty(number: CardField) -> None:
    number.lock()
    locked = number.grab().toImage()
    number.unlock()
    strike(number, random_number())
    number.lock()
    assert number.grab().toImage() == locked


# ---------------------------------------------------------------- screen readers


def test_a_screen_reader_hears_counts_and_states(number: CardField) -> None:
    strike(number, [1])
    assert number.accessibleName() == "Card number, 1 digit entered"
    strike(number, [2, 3])
    assert number.accessibleName() == "Card number, 3 digits entered"
    number.lock()
    assert number.accessibleName() == "Card number, locked"


def test_a_screen_reader_finds_a_secret_to_type_and_no_text(number: CardField) -> None:
    digits = random_number()
    strike(number, digits)
    spoken = QAccessible.queryAccessibleInterface(number)
    assert spoken.role() is QAccessible.Role.EditableText
    assert spoken.state().passwordEdit
    assert spoken.textInterface() is None
    assert spoken.editableTextInterface() is None
    assert spoken.valueInterface() is None
    said = " ".join(spoken.text(kind) for kind in QAccessible.Text)
    assert not re.search(r"\d{3}", said)


def test_walking_the_whole_tree_of_a_pane_is_safe(pane: Pane) -> None:
    strike(pane.number, random_number())
    top = QAccessible.queryAccessibleInterface(pane)
    names = [top.child(place).text(QAccessible.Text.Name) for place in range(top.childCount())]
    assert "Card number, 16 digits entered" in names
