"""The card field: which keys it takes, and that nothing of them ever comes out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import partial

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import (
    QAccessible,
    QClipboard,
    QDropEvent,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QShortcut,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.adapters.card_entry.heap import LibraryHeap
from app.adapters.card_entry.linux import LibraryLocks, LinuxMemory
from app.adapters.card_entry.safe import SystemCardSafe, system_memory
from app.adapters.card_entry.screen_capture import NoGuard
from app.services.rules.card_check import Standing, check_code, check_expiry, check_number
from app.ui import theme
from app.ui.payment.card_field import CardField
from app.ui.payment.digit_guard import STAY_FIRST_EVERY_MS, DigitGuard
from app.values.card_brands import CardBrand
from app.values.errors import Refusal
from tests.adapters.card_entry.cards import random_number

KEY, MOD, KIND = Qt.Key, Qt.KeyboardModifier, QEvent.Type
TODAY = date(2026, 11, 22)
AMEX = CardBrand("american-express", "American Express", frozenset({15}), 4)
PASTED = "4242" * 4


class CountingSafe(SystemCardSafe):
    """Counts how often the heap was scrubbed."""

    def __init__(self) -> None:
        super().__init__(system_memory(), LibraryHeap(), NoGuard())
        self.scrubs = 0

    def scrub(self) -> None:
        self.scrubs += 1
        super().scrub()


class Listener(QObject):
    """Another filter of the application, as an accessibility bridge has one."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.text():
            self.heard.append(event.text())
        return False


class Noted:
    """Counts a signal."""

    def __init__(self) -> None:
        self.times = 0

    def note(self) -> None:
        self.times += 1


class Pane(QWidget):
    """Three fields and something else that can have the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.safe = CountingSafe()
        self.guard = DigitGuard(self.safe, self)
        self.number = CardField("Card number", self.safe, self.guard, check_number, room=19)
        self.expiry = CardField(
            "Expiry",
            self.safe,
            self.guard,
            partial(check_expiry, today=TODAY),
            room=4,
            divider="/",
        )
        self.code = CardField(
            "Security code", self.safe, self.guard, partial(check_code, brand=None), room=4
        )
        self.elsewhere = QLineEdit()
        layout = QVBoxLayout(self)
        for field in (self.number, self.expiry, self.code, self.elsewhere):
            layout.addWidget(field)

    def unlock(self) -> None:
        for field in self.fields():
            field.unlock()

    def fields(self) -> tuple[CardField, ...]:
        return self.number, self.expiry, self.code


@pytest.fixture
def pane(qtbot: QtBot) -> Iterator[Pane]:
    made = Pane()
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.unlock()
    made.number.setFocus()
    yield made
    for field in made.fields():
        field.release()


@pytest.fixture
def number(pane: Pane) -> CardField:
    return pane.number


def strike(field: CardField, digits: list[int]) -> None:
    """As the window gets keys: through its own window, to what has the focus."""
    for digit in digits:
        QTest.keyClick(field.window().windowHandle(), KEY(KEY.Key_0 + digit))


def kept(field: CardField) -> list[int]:
    return [field.digits.at(place) for place in range(len(field.digits))]


def key_event(
    kind: QEvent.Type,
    text: str,
    at_ms: int = 0,
    *,
    key: int | None = None,
    modifiers: Qt.KeyboardModifier = MOD.NoModifier,
    repeat: bool = False,
) -> QKeyEvent:
    event = QKeyEvent(kind, ord(text) if key is None else key, modifiers, text, repeat)
    event.setTimestamp(at_ms)
    return event


def send(field: CardField, *events: QKeyEvent) -> None:
    for event in events:
        QApplication.sendEvent(field, event)


def down_and_up(text: str, down_ms: int, up_ms: int) -> tuple[QKeyEvent, QKeyEvent]:
    return key_event(KIND.KeyPress, text, down_ms), key_event(KIND.KeyRelease, text, up_ms)


def let_pass(qtbot: QtBot, milliseconds: int) -> None:
    """Let timers that end before this one run."""
    timer = QTimer()
    timer.setSingleShot(True)
    with qtbot.waitSignal(timer.timeout):
        timer.start(milliseconds)


def noted(field: CardField, signal: str) -> Noted:
    counter = Noted()
    getattr(field, signal).connect(counter.note)
    return counter


# ---------------------------------------------------------------- keys


def test_digits_are_taken_one_by_one(number: CardField) -> None:
    digits = random_number()
    changes, whole = noted(number, "changed"), noted(number, "completed")
    strike(number, digits)
    assert kept(number) == digits
    assert number.check.standing is Standing.GOOD
    assert (changes.times, whole.times) == (16, 1)


def test_the_keypad_is_taken_too(number: CardField) -> None:
    QTest.keyClick(number, KEY.Key_7, MOD.KeypadModifier)
    assert kept(number) == [7]


def test_a_french_keyboard_writes_digits_with_shift_only(number: CardField) -> None:
    send(number, key_event(KIND.KeyPress, "&"))
    assert kept(number) == []
    shifted = key_event(KIND.KeyPress, "1", key=KEY.Key_Ampersand, modifiers=MOD.ShiftModifier)
    send(number, shifted)
    assert kept(number) == [1]


@pytest.mark.parametrize("text", ["a", " ", "-", "١", "４", "²", "½", "12"])
def test_what_is_no_plain_digit_is_refused(number: CardField, text: str) -> None:
    refusals = noted(number, "refused")
    send(number, key_event(KIND.KeyPress, text, key=KEY.Key_unknown))
    assert kept(number) == []
    assert refusals.times == 1


def test_of_twenty_five_digits_as_many_are_kept_as_there_is_room(number: CardField) -> None:
    refusals = noted(number, "refused")
    strike(number, [9] * 25)
    assert len(number.digits) == 19
    assert refusals.times == 6


def test_a_digit_more_than_the_brand_has_is_refused(number: CardField) -> None:
    strike(number, [3, 7, *[1] * 14])
    assert len(number.digits) == 15


def test_backspace_takes_the_last_digit_and_of_none_nothing(number: CardField) -> None:
    strike(number, [1, 2])
    for _ in range(3):
        QTest.keyClick(number, KEY.Key_Backspace)
    assert kept(number) == []
    strike(number, [5])
    assert kept(number) == [5]


@pytest.mark.parametrize(
    ("key", "modifiers"),
    [(KEY.Key_Delete, MOD.NoModifier), (KEY.Key_Backspace, MOD.ControlModifier)],
)
def test_one_key_clears_all(number: CardField, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
    wipes = noted(number, "wiped")
    strike(number, [1, 2, 3])
    QTest.keyClick(number, key, modifiers)
    assert kept(number) == []
    assert wipes.times == 1


def test_a_held_key_counts_once_where_qt_says_that_it_repeats(number: CardField) -> None:
    repeats = [key_event(KIND.KeyPress, "4", at, repeat=True) for at in (500, 530, 560)]
    send(number, key_event(KIND.KeyPress, "4", 0), *repeats)
    assert kept(number) == [4]


def test_a_held_key_counts_once_where_x11_lets_it_up_in_between(number: CardField) -> None:
    send(number, *down_and_up("4", 1000, 1500))
    for at in (1500, 1530, 1560):
        send(number, *down_and_up("4", at, at + 30))
    assert kept(number) == [4]


def test_a_key_that_is_still_down_is_not_struck_again(number: CardField) -> None:
    send(number, key_event(KIND.KeyPress, "4", 0), key_event(KIND.KeyPress, "4", 40))
    assert kept(number) == [4]


def test_a_burst_within_one_millisecond_is_taken_whole(number: CardField) -> None:
    for _ in range(16):
        send(number, *down_and_up("4", 1000, 1000))
    assert kept(number) == [4] * 16


def test_fast_equal_digits_that_qt_takes_for_repeats_are_taken_all(number: CardField) -> None:
    send(number, *down_and_up("7", 1000, 1001))
    for at in (1001, 1002):
        flagged = (KIND.KeyPress, at), (KIND.KeyRelease, at + 1)
        send(number, *(key_event(kind, "7", ms, repeat=True) for kind, ms in flagged))
    assert kept(number) == [7, 7, 7]


def test_a_held_key_counts_once_where_qt_sends_its_repeats_late(number: CardField) -> None:
    send(number, *down_and_up("4", 1000, 1500))
    for at in (1504, 1534):
        flagged = (KIND.KeyPress, at), (KIND.KeyRelease, at + 26)
        send(number, *(key_event(kind, "4", ms, repeat=True) for kind, ms in flagged))
    assert kept(number) == [4]


def test_the_same_digit_struck_twice_is_taken_twice(number: CardField) -> None:
    send(number, *down_and_up("4", 1000, 1300), *down_and_up("4", 1320, 1400))
    assert kept(number) == [4, 4]


def test_a_key_let_up_elsewhere_is_not_taken_for_a_held_one(qtbot: QtBot, pane: Pane) -> None:
    send(pane.number, key_event(KIND.KeyPress, "4", 0))
    pane.elsewhere.setFocus()
    let_pass(qtbot, 0)
    pane.number.setFocus()
    send(pane.number, key_event(KIND.KeyPress, "4", 900))
    assert kept(pane.number) == [4, 4]


def test_a_key_held_while_the_focus_goes_on_is_not_typed_into_the_next_field(pane: Pane) -> None:
    pane.number.completed.connect(pane.code.setFocus)
    digits = random_number()
    strike(pane.number, digits[:-1])
    last = str(digits[-1])
    send(pane.number, key_event(KIND.KeyPress, last, 1000))
    assert pane.code.hasFocus()
    send(pane.code, key_event(KIND.KeyRelease, last, 1500), key_event(KIND.KeyPress, last, 1500))
    assert kept(pane.code) == []


def test_a_key_that_comes_up_in_the_field_it_was_struck_in_is_free_in_the_next(pane: Pane) -> None:
    pane.number.setFocus()
    QTest.keyPress(pane.number, KEY.Key_2)
    pane.expiry.setFocus()
    QTest.keyRelease(pane.number, KEY.Key_2)
    QTest.keyClick(pane.expiry, KEY.Key_2)
    assert kept(pane.expiry) == [2]


def test_the_expiry_and_the_code_follow_their_rules(pane: Pane) -> None:
    pane.expiry.setFocus()
    strike(pane.expiry, [1, 2, 3, 1, 9])
    assert pane.expiry.check.standing is Standing.GOOD
    assert len(pane.expiry.digits) == 4
    pane.code.set_judge(partial(check_code, brand=AMEX))
    pane.code.setFocus()
    strike(pane.code, [1, 2, 3])
    assert pane.code.check.to_go == 1


# ---------------------------------------------------------------- locked


def test_a_locked_field_takes_nothing(number: CardField) -> None:
    strike(number, [1, 2, 3])
    number.lock()
    strike(number, [4, 5])
    assert kept(number) == []
    assert number.is_locked


def test_an_unlocked_field_begins_empty(number: CardField) -> None:
    strike(number, [1, 2])
    number.unlock()
    assert kept(number) == []


def test_what_is_hidden_is_wiped(number: CardField) -> None:
    wipes = noted(number, "wiped")
    strike(number, [1, 2])
    number.hide()
    assert (kept(number), wipes.times) == ([], 1)


def test_without_the_focus_no_key_is_taken(pane: Pane) -> None:
    pane.elsewhere.setFocus()
    send(pane.number, *down_and_up("4", 0, 10))
    assert kept(pane.number) == []


def test_a_field_that_gave_its_memory_back_can_be_unlocked_again(number: CardField) -> None:
    strike(number, [1, 2])
    number.release()
    number.unlock()
    strike(number, [3])
    assert kept(number) == [3]


class NoLocks(LibraryLocks):
    """A system that has no more memory to lock."""

    def mlock(self, address: int, size: int) -> int:
        return -1


def test_where_memory_cannot_be_locked_the_field_stays_locked(qtbot: QtBot) -> None:
    safe = SystemCardSafe(LinuxMemory(NoLocks()), LibraryHeap(), NoGuard())
    field = CardField("Card number", safe, DigitGuard(safe), check_number, room=19)
    qtbot.addWidget(field)
    with pytest.raises(Refusal) as refused:
        field.unlock()
    assert refused.value.code == "memory_not_locked"
    assert field.is_locked


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
