"""Stands before everything else that listens to keys while a card field has the focus.

Qt's accessibility bridge forwards the keys of every widget, ours too. This event filter of the
application takes each key that prints, gives its digit to the field, and lets nobody else see it.
It also tells a held key from a key struck twice, and has the memory of dead key events overwritten
soon after the last key. GUI thread.
"""

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent

from app.services.ports import CardSafe

SCRUB_AFTER_MS = 60
STAY_FIRST_EVERY_MS = 100
"""A screen reader that starts in mid number puts a filter of its own in front of ours."""
HELD_MS = 150
"""No system repeats a held key sooner; nobody holds a key this long between two equal digits."""
_KEYS = frozenset({QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride})
_COMMANDS = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)
_PLAIN_DIGITS = "0123456789"


class DigitTaker(Protocol):
    """A field that digits are typed into."""

    def take_digit(self, digit: int) -> None:
        """One digit was struck."""
        ...

    def refuse_key(self) -> None:
        """A key was struck that prints something else."""
        ...

    def is_or_holds(self, watched: QObject) -> bool:
        """Whether a key for `watched` (a widget or a window) is for this field."""
        ...


@dataclass(slots=True)
class _Hold:
    """One key: when it went down first, whether it is down, and when it came up last."""

    since: int
    is_down: bool = True
    released: int = 0


class DigitGuard(QObject):
    """One for all card fields of a window; armed by the field that has the focus."""

    def __init__(self, safe: CardSafe, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._field: DigitTaker | None = None
        self._holds: dict[int, _Hold] = {}
        self._safe = safe
        self._scrub = QTimer(self)
        self._scrub.setSingleShot(True)
        self._scrub.setInterval(SCRUB_AFTER_MS)
        self._scrub.timeout.connect(self._overwrite)
        self._stay_first = QTimer(self)
        self._stay_first.setInterval(STAY_FIRST_EVERY_MS)
        self._stay_first.timeout.connect(self._be_first)
        self._left = QTimer(self)
        self._left.setSingleShot(True)
        self._left.timeout.connect(self.forget_held_keys)

    def arm(self, field: DigitTaker) -> None:
        """Take the keys for this field from now on."""
        self._left.stop()
        self._field = field
        self._be_first()
        self._stay_first.start()

    def disarm(self, field: DigitTaker) -> None:
        """Let the keys go again, if they are still taken for this field."""
        if self._field is field:
            self._field = None
            self._left.start()  # unless another card field has the focus by then
            self._stay_first.stop()
            _application().removeEventFilter(self)

    @Slot()
    def forget_held_keys(self) -> None:
        """Somebody else had the keyboard: nobody told us which keys came up."""
        self._holds.clear()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Whether the event ends here."""
        if event.type() not in _KEYS or not isinstance(event, QKeyEvent):
            return False
        field = self._field
        if field is None:
            return False
        # A key comes up where the last digit took the keyboard from: the release is for whoever
        # had the press, and is heard all the same.
        if event.type() != QEvent.Type.KeyRelease and not field.is_or_holds(watched):
            return False
        self._be_first()
        if not _prints(event):
            return False
        event.accept()
        self._scrub.start()
        if event.type() == QEvent.Type.KeyPress:
            self._strike(field, event)
        elif event.type() == QEvent.Type.KeyRelease:
            self._let_up(event)
        return True

    def _strike(self, field: DigitTaker, event: QKeyEvent) -> None:
        digit = _digit(event)
        if digit is None:
            field.refuse_key()
        elif not self._is_repeat(event):
            field.take_digit(digit)

    def _is_repeat(self, event: QKeyEvent) -> bool:
        """Whether the key was down all the time.

        Qt's own answer alone will not do: under X11, which lets a held key up and down again, it
        misses repeats on a busy machine, and takes two fast equal digits for one (seen with 6.11).
        """
        key, now = _key(event), event.timestamp()
        hold = self._holds.get(key)
        if hold is None:
            self._holds[key] = _Hold(now)
            return event.isAutoRepeat()
        was_held = hold.released - hold.since >= HELD_MS
        goes_on = event.isAutoRepeat() or now - hold.released <= 1
        if hold.is_down or (was_held and goes_on):
            hold.is_down = True
            return True
        self._holds[key] = _Hold(now)
        return False

    def _let_up(self, event: QKeyEvent) -> None:
        hold = self._holds.get(_key(event))
        if hold is not None:
            hold.is_down = False
            hold.released = event.timestamp()

    @Slot()
    def _overwrite(self) -> None:
        self._safe.scrub()

    @Slot()
    def _be_first(self) -> None:
        """What is installed last is asked first; what was there already only moves."""
        _application().installEventFilter(self)


def _application() -> QCoreApplication:
    application = QCoreApplication.instance()
    if application is None:
        raise RuntimeError("There are no keys without an application.")
    return application


def _prints(event: QKeyEvent) -> bool:
    """Whether the key writes something; on a French keyboard an unshifted digit key writes `&`."""
    if event.modifiers() & _COMMANDS:
        return False
    is_digit_key = Qt.Key.Key_0 <= event.key() <= Qt.Key.Key_9
    return is_digit_key or (len(event.text()) > 0 and event.text().isprintable())


def _digit(event: QKeyEvent) -> int | None:
    """The digit that the key writes; digits of other scripts are not taken."""
    written = event.text()
    place = _PLAIN_DIGITS.find(written) if len(written) == 1 else -1
    return place if place >= 0 else None


def _key(event: QKeyEvent) -> int:
    """Which key of the keyboard; made-up events have no place on it."""
    return event.nativeScanCode() or event.key()
