"""Every key of the program in one table: what it does, what buttons say, the printed sheet.

Nothing else may spell a key sequence. Keys that a text field would keep for itself (undo, delete
word, cut to the end of the line) are handed through to the table. Runs on the GUI thread.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QEvent, QKeyCombination, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

CONTEXT = "Shortcuts"


class Where(StrEnum):
    """Where a key acts."""

    EVERYWHERE = "everywhere"
    CALL = "call"
    LIST = "list"


class Action(StrEnum):
    """What a key does; the value is stable and may be used in files."""

    SCRIPT = "script"
    CUSTOMER = "customer"
    ITEMS = "items"
    DELIVERY = "delivery"
    REFRESH = "refresh"
    NEXT_PANE = "next-pane"
    PREVIOUS_PANE = "previous-pane"
    NOTES = "notes"
    READ_BACK = "read-back"
    CHECKPOINT = "checkpoint"
    HEARD = "heard"
    PUT_RIGHT = "put-right"
    CARD = "card"
    SPOKEN_TOO_EARLY = "spoken-too-early"
    ALL_ACTIONS = "all-actions"
    COMMIT = "commit"
    NEW_ORDER = "new-order"
    DRAFTS = "drafts"
    PARK = "park"
    OUTBOX = "outbox"
    FIND_ORDER = "find-order"
    WORKLIST = "worklist"
    OTHER_MEANING = "other-meaning"
    DUPLICATE_LINE = "duplicate-line"
    REMOVE_LINE = "remove-line"
    REPEAT_ORDER = "repeat-order"
    TAKE_HELD = "take-held"
    FOLLOW_LATER = "follow-later"
    SOMETHING_ELSE = "something-else"
    UNDO = "undo"
    REDO = "redo"
    PRINT = "print"
    SHOW_PDF = "show-pdf"
    PROTOCOL = "protocol"
    EXPORT = "export"
    LOCK = "lock"
    BACK = "back"
    NEXT_IN_LIST = "next-in-list"
    MARK_ERROR = "mark-error"
    SEND_NOW = "send-now"
    COPY_DETAILS = "copy-details"
    SHOW_SETTLED = "show-settled"
    HAND_OVER = "hand-over"
    TAKE_BACK = "take-back"
    AMEND = "amend"
    CANCEL_ORDER = "cancel-order"
    TAKE_CHANGE_BACK = "take-change-back"
    WITHDRAW = "withdraw-request"
    GOODWILL = "goodwill"
    WORK_KIND = "work-kind"
    WORK_RELEASE = "work-release"
    WORK_REJECT = "work-reject"
    WORK_HOLD = "work-hold"
    WORK_LIFT = "work-lift"
    WORK_COLLECT = "work-collect"
    WORK_APPLY = "work-apply"
    WORK_GIVE_BACK = "work-give-back"
    WORK_SENT = "work-sent"
    WORK_MERGE = "work-merge"
    WORK_APART = "work-apart"
    WORK_SETTLE = "work-settle"


@dataclass(frozen=True, slots=True)
class Key:
    """One row of the table; `keys` are portable Qt sequences, the first of which is shown.

    `numbered`: each key means another thing, counted from 1; the sheet shows the first and last.
    `message` is the untranslated label (an object, as Qt types QT_TRANSLATE_NOOP).
    """

    keys: tuple[str, ...]
    message: object
    where: Where = Where.CALL
    numbered: bool = False

    @property
    def label(self) -> str:
        """What the key does, translated."""
        return QCoreApplication.translate(CONTEXT, str(self.message))


KEYS: dict[Action, Key] = {
    Action.SCRIPT: Key(("F1",), QT_TRANSLATE_NOOP("Shortcuts", "What to say")),
    Action.CUSTOMER: Key(("F2",), QT_TRANSLATE_NOOP("Shortcuts", "Customer")),
    Action.ITEMS: Key(("F3",), QT_TRANSLATE_NOOP("Shortcuts", "Items")),
    Action.DELIVERY: Key(("F4",), QT_TRANSLATE_NOOP("Shortcuts", "Delivery")),
    Action.REFRESH: Key(("F5",), QT_TRANSLATE_NOOP("Shortcuts", "Refresh"), Where.EVERYWHERE),
    Action.NEXT_PANE: Key(("F6",), QT_TRANSLATE_NOOP("Shortcuts", "Next pane"), Where.EVERYWHERE),
    Action.PREVIOUS_PANE: Key(
        ("Shift+F6",), QT_TRANSLATE_NOOP("Shortcuts", "Previous pane"), Where.EVERYWHERE
    ),
    Action.NOTES: Key(("F7",), QT_TRANSLATE_NOOP("Shortcuts", "Notes")),
    Action.READ_BACK: Key(("F8",), QT_TRANSLATE_NOOP("Shortcuts", "Read-back")),
    Action.CHECKPOINT: Key(
        tuple(f"Ctrl+{number}" for number in range(1, 10)),
        QT_TRANSLATE_NOOP("Shortcuts", "Checkpoint by its number"),
        numbered=True,
    ),
    Action.HEARD: Key(("Ctrl+H",), QT_TRANSLATE_NOOP("Shortcuts", "The caller said the value")),
    Action.PUT_RIGHT: Key(
        ("Ctrl+M",), QT_TRANSLATE_NOOP("Shortcuts", "Put right what is being asked")
    ),
    Action.CARD: Key(("F9",), QT_TRANSLATE_NOOP("Shortcuts", "Take card")),
    Action.SPOKEN_TOO_EARLY: Key(("F12",), QT_TRANSLATE_NOOP("Shortcuts", "Card spoken too early")),
    Action.ALL_ACTIONS: Key(
        ("Ctrl+K",), QT_TRANSLATE_NOOP("Shortcuts", "All actions"), Where.EVERYWHERE
    ),
    Action.COMMIT: Key(
        ("Ctrl+Return", "Ctrl+Enter"), QT_TRANSLATE_NOOP("Shortcuts", "Finish this step")
    ),
    Action.NEW_ORDER: Key(
        ("Ctrl+N",), QT_TRANSLATE_NOOP("Shortcuts", "New order"), Where.EVERYWHERE
    ),
    Action.DRAFTS: Key(("Ctrl+B",), QT_TRANSLATE_NOOP("Shortcuts", "Orders to go on with")),
    Action.PARK: Key(("Ctrl+S",), QT_TRANSLATE_NOOP("Shortcuts", "Park this order")),
    Action.OUTBOX: Key(
        ("Ctrl+T",), QT_TRANSLATE_NOOP("Shortcuts", "Outbox: what has gone"), Where.EVERYWHERE
    ),
    Action.FIND_ORDER: Key(
        ("Ctrl+F",), QT_TRANSLATE_NOOP("Shortcuts", "Find an order"), Where.EVERYWHERE
    ),
    Action.WORKLIST: Key(
        ("Ctrl+W",), QT_TRANSLATE_NOOP("Shortcuts", "What needs a person"), Where.EVERYWHERE
    ),
    Action.OTHER_MEANING: Key(
        ("Ctrl+Shift+F",),
        QT_TRANSLATE_NOOP("Shortcuts", "Find by another meaning of the text"),
        Where.EVERYWHERE,
    ),
    Action.DUPLICATE_LINE: Key(("Ctrl+D",), QT_TRANSLATE_NOOP("Shortcuts", "Duplicate line")),
    Action.REMOVE_LINE: Key(("Ctrl+Del",), QT_TRANSLATE_NOOP("Shortcuts", "Remove line")),
    Action.REPEAT_ORDER: Key(("Ctrl+R",), QT_TRANSLATE_NOOP("Shortcuts", "Repeat last order")),
    Action.TAKE_HELD: Key(("Ctrl+J",), QT_TRANSLATE_NOOP("Shortcuts", "Just what is in stock")),
    Action.FOLLOW_LATER: Key(("Ctrl+G",), QT_TRANSLATE_NOOP("Shortcuts", "The rest follows later")),
    Action.SOMETHING_ELSE: Key(
        ("Ctrl+U",), QT_TRANSLATE_NOOP("Shortcuts", "Something else instead")
    ),
    Action.UNDO: Key(("Ctrl+Z",), QT_TRANSLATE_NOOP("Shortcuts", "Undo in this order")),
    Action.REDO: Key(
        ("Ctrl+Y", "Ctrl+Shift+Z"), QT_TRANSLATE_NOOP("Shortcuts", "Redo in this order")
    ),
    Action.PRINT: Key(("Ctrl+P",), QT_TRANSLATE_NOOP("Shortcuts", "Print"), Where.EVERYWHERE),
    Action.SHOW_PDF: Key(("Ctrl+O",), QT_TRANSLATE_NOOP("Shortcuts", "Show PDF"), Where.EVERYWHERE),
    Action.PROTOCOL: Key(("Ctrl+I",), QT_TRANSLATE_NOOP("Shortcuts", "How it was read back")),
    Action.EXPORT: Key(("Ctrl+E",), QT_TRANSLATE_NOOP("Shortcuts", "Export"), Where.EVERYWHERE),
    Action.LOCK: Key(
        ("Ctrl+L",), QT_TRANSLATE_NOOP("Shortcuts", "Lock the screen"), Where.EVERYWHERE
    ),
    Action.BACK: Key(("Esc",), QT_TRANSLATE_NOOP("Shortcuts", "Back"), Where.EVERYWHERE),
    Action.NEXT_IN_LIST: Key(
        ("N",), QT_TRANSLATE_NOOP("Shortcuts", "Next one in the list"), Where.LIST
    ),
    Action.MARK_ERROR: Key(("E",), QT_TRANSLATE_NOOP("Shortcuts", "Mark an error"), Where.LIST),
    Action.SEND_NOW: Key(("S",), QT_TRANSLATE_NOOP("Shortcuts", "Send now"), Where.LIST),
    Action.COPY_DETAILS: Key(
        ("C",), QT_TRANSLATE_NOOP("Shortcuts", "Copy details for support"), Where.LIST
    ),
    Action.SHOW_SETTLED: Key(
        ("T",), QT_TRANSLATE_NOOP("Shortcuts", "Show what was settled today"), Where.LIST
    ),
    Action.HAND_OVER: Key(
        ("H",), QT_TRANSLATE_NOOP("Shortcuts", "Hand over to a colleague"), Where.LIST
    ),
    Action.TAKE_BACK: Key(("B",), QT_TRANSLATE_NOOP("Shortcuts", "Take it back"), Where.LIST),
    Action.AMEND: Key(("A",), QT_TRANSLATE_NOOP("Shortcuts", "Change the order"), Where.LIST),
    Action.CANCEL_ORDER: Key(
        ("X",), QT_TRANSLATE_NOOP("Shortcuts", "Cancel it or a part"), Where.LIST
    ),
    Action.TAKE_CHANGE_BACK: Key(
        ("U",), QT_TRANSLATE_NOOP("Shortcuts", "Take the last change back"), Where.LIST
    ),
    Action.WITHDRAW: Key(
        ("W",), QT_TRANSLATE_NOOP("Shortcuts", "Take the open request back"), Where.LIST
    ),
    Action.GOODWILL: Key(("V",), QT_TRANSLATE_NOOP("Shortcuts", "Give goodwill"), Where.LIST),
    Action.WORK_KIND: Key(
        tuple(str(number) for number in range(9)),
        QT_TRANSLATE_NOOP("Shortcuts", "Only one kind of what needs a person"),
        Where.LIST,
        numbered=True,
    ),
    Action.WORK_RELEASE: Key(("R",), QT_TRANSLATE_NOOP("Shortcuts", "Release it"), Where.LIST),
    Action.WORK_REJECT: Key(("J",), QT_TRANSLATE_NOOP("Shortcuts", "Reject it"), Where.LIST),
    Action.WORK_HOLD: Key(("O",), QT_TRANSLATE_NOOP("Shortcuts", "Put it on hold"), Where.LIST),
    Action.WORK_LIFT: Key(("L",), QT_TRANSLATE_NOOP("Shortcuts", "Lift the hold"), Where.LIST),
    Action.WORK_COLLECT: Key(
        ("P",), QT_TRANSLATE_NOOP("Shortcuts", "Collect by a pay link"), Where.LIST
    ),
    Action.WORK_APPLY: Key(
        ("Y",), QT_TRANSLATE_NOOP("Shortcuts", "Carry the change out"), Where.LIST
    ),
    Action.WORK_GIVE_BACK: Key(
        ("G",), QT_TRANSLATE_NOOP("Shortcuts", "Give the money back"), Where.LIST
    ),
    Action.WORK_SENT: Key(("D",), QT_TRANSLATE_NOOP("Shortcuts", "The money is sent"), Where.LIST),
    Action.WORK_MERGE: Key(
        ("M",), QT_TRANSLATE_NOOP("Shortcuts", "Two customers are one"), Where.LIST
    ),
    Action.WORK_APART: Key(
        ("K",), QT_TRANSLATE_NOOP("Shortcuts", "Two customers are two"), Where.LIST
    ),
    Action.WORK_SETTLE: Key(
        ("F",), QT_TRANSLATE_NOOP("Shortcuts", "Decide what of a customer holds"), Where.LIST
    ),
}

FIXED_KEYS: tuple[Key, ...] = (
    Key(
        ("Enter",),
        QT_TRANSLATE_NOOP("Shortcuts", "Accept and go to the next field"),
        Where.EVERYWHERE,
    ),
    Key(("Up", "Down"), QT_TRANSLATE_NOOP("Shortcuts", "Choose in a list"), Where.LIST),
    Key(
        ("1", "2", "3", "4", "5"),
        QT_TRANSLATE_NOOP("Shortcuts", "Cause of a correction"),
        Where.LIST,
        numbered=True,
    ),
    Key(
        ("1", "2", "3"),
        QT_TRANSLATE_NOOP("Shortcuts", "How the call ended"),
        Where.LIST,
        numbered=True,
    ),
    Key(("Del", "Ctrl+Backspace"), QT_TRANSLATE_NOOP("Shortcuts", "Clear a card field")),
    Key(("PgUp", "PgDown"), QT_TRANSLATE_NOOP("Shortcuts", "Other steps of what to say")),
    Key(
        ("Tab", "Shift+Tab"),
        QT_TRANSLATE_NOOP("Shortcuts", "Next and previous field"),
        Where.EVERYWHERE,
    ),
)
"""Keys that Qt or a single widget handles; they are here so that the sheet is whole."""

_PLACES = {
    Where.EVERYWHERE: QT_TRANSLATE_NOOP("Shortcuts", "Everywhere"),
    Where.CALL: QT_TRANSLATE_NOOP("Shortcuts", "On a call"),
    Where.LIST: QT_TRANSLATE_NOOP("Shortcuts", "In a list that has the focus"),
}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line of the key sheet, in words."""

    where: str
    keys: str
    label: str


def label(action: Action) -> str:
    """What the action is called, translated."""
    return KEYS[action].label


def keys(action: Action) -> str:
    """The key as it is written on buttons and badges: `F9`, `Ctrl+Enter`."""
    return shown(KEYS[action].keys[0])


def shown(sequence: str) -> str:
    """A portable sequence as people know it."""
    native = QKeySequence(sequence).toString(QKeySequence.SequenceFormat.NativeText)
    return native.replace("Return", "Enter")


def sequences(action: Action) -> list[QKeySequence]:
    """All sequences that trigger the action, keypad Enter among them."""
    return [QKeySequence(sequence) for sequence in KEYS[action].keys]


def bind(widget: QWidget, action: Action, slot: Callable[[], object]) -> QShortcut:
    """Call `slot` on the action's key while the window is active.

    List keys act only while `widget` has the focus. The widget must be visible: hidden pages keep
    quiet. Switch off with `setEnabled(False)`.
    """
    shortcut = QShortcut(widget)
    shortcut.setKeys(sequences(action))
    shortcut.setAutoRepeat(False)
    in_list = KEYS[action].where is Where.LIST
    shortcut.setContext(
        Qt.ShortcutContext.WidgetShortcut if in_list else Qt.ShortcutContext.WindowShortcut
    )
    shortcut.setObjectName(f"shortcut-{action}")
    shortcut.activated.connect(slot)
    return shortcut


def bind_numbers(widget: QWidget, action: Action, slot: Callable[[int], object]) -> list[QShortcut]:
    """Call `slot` with the number of the key, counted from 1, for a row of numbered keys."""
    made = []
    for number, sequence in enumerate(sequences(action), 1):
        shortcut = QShortcut(sequence, widget)
        shortcut.setAutoRepeat(False)
        if KEYS[action].where is Where.LIST:
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.setObjectName(f"shortcut-{action}-{number}")
        shortcut.activated.connect(partial(slot, number))
        made.append(shortcut)
    return made


def sheet() -> tuple[SheetRow, ...]:
    """Every key of the program for help and the printed sheet, by place, in table order."""
    rows = []
    for where in Where:
        place = QCoreApplication.translate(CONTEXT, str(_PLACES[where]))
        here = (key for key in (*KEYS.values(), *FIXED_KEYS) if key.where is where)
        rows += [SheetRow(place, _names(key), key.label) for key in here]
    return tuple(rows)


def _names(key: Key) -> str:
    names = list(dict.fromkeys(shown(sequence) for sequence in key.keys))
    return f"{names[0]} \u2026 {names[-1]}" if key.numbered else " / ".join(names)


class _HandThrough(QObject):
    """Stops a text field from keeping the keys of the table for itself."""

    def __init__(self, field: QWidget) -> None:
        super().__init__(field)
        field.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Leave an override unanswered, so that Qt looks for a shortcut.

        Where no shortcut is bound, the field still gets the key.
        """
        if event.type() is not QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if event.keyCombination().toCombined() not in _chords():
            return False
        event.ignore()
        return True


def hand_through(field: QWidget) -> None:
    """Let a text input give way to the keys of the table (Ctrl+Z, Ctrl+Del, Ctrl+K, ...)."""
    _HandThrough(field)


@cache
def _chords() -> frozenset[int]:
    """Key combinations of the table; single letters stay with the text field."""
    return frozenset(
        _chord(sequence)
        for key in KEYS.values()
        if key.where is not Where.LIST
        for sequence in key.keys
    )


def _chord(sequence: str) -> int:
    combination: QKeyCombination = QKeySequence(sequence)[0]  # type: ignore[index] # missing in Qt's stubs
    return combination.toCombined()
