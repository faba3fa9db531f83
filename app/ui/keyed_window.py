"""A window that another process types into, one key at a time, and looks at from outside meanwhile.

Each byte on standard input is one act, so that this process never holds more of a number than a
key; each act is answered with one byte once everything that it set off is done. For scans of the
memory; nothing of the desk uses it.
"""

import os
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

from PySide6.QtCore import QObject, QSocketNotifier, Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMainWindow, QVBoxLayout, QWidget

from app.services.ports import CardParts, CardSafe
from app.services.rules.card_check import Check, Digits, Standing, check_expiry, check_number
from app.ui.payment.card_field import CardField
from app.ui.payment.digit_guard import DigitGuard

INPUT, OUTPUT = 0, 1
DONE = b"."
KEYS = {
    ord("E"): Qt.Key.Key_Escape,
    ord("B"): Qt.Key.Key_Backspace,
    ord("T"): Qt.Key.Key_Tab,
    ord("R"): Qt.Key.Key_Return,
    ord("F"): Qt.Key.Key_F9,
}
_SETTLED_MS = 20


class KeyedWindow(QMainWindow):
    """The three card fields as they stand in the pane, and an ordinary text field below them.

    The security code may be as long as a scan wants it: three digits are found everywhere.
    """

    def __init__(self, safe: CardSafe, today: date, code_length: int) -> None:
        super().__init__()
        guard = DigitGuard(safe, self)
        self.number = CardField("Card number", safe, guard, check_number, room=19)
        self.expiry = CardField("Expiry", safe, guard, partial(check_expiry, today=today), room=4)
        self.code = CardField(
            "Security code", safe, guard, partial(_long_code, code_length), room=code_length
        )
        self.note = QLineEdit()
        inside = QWidget()
        column = QVBoxLayout(inside)
        for field in (self.number, self.expiry, self.code, self.note):
            column.addWidget(field)
        self.setCentralWidget(inside)

    @property
    def parts(self) -> CardParts:
        """What is sealed."""
        return CardParts(
            number=self.number.digits, expiry=self.expiry.digits, code=self.code.digits
        )

    def unlock(self) -> None:
        """Let the card be typed."""
        for field in (self.number, self.expiry, self.code):
            field.unlock()

    def lock(self) -> None:
        """Wipe, and let nothing more be typed."""
        for field in (self.number, self.expiry, self.code):
            field.lock()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape wipes, as in the pane."""
        if event.key() == Qt.Key.Key_Escape:
            self.lock()
        super().keyPressEvent(event)


def _long_code(length: int, digits: Digits) -> Check:
    typed = len(digits)
    return Check(
        standing=Standing.TYPING if typed else Standing.EMPTY,
        typed=typed,
        to_go=length - typed,
        most=length,
        lengths=(length,),
        may_end=typed == length,
    )


class Hands(QObject):
    """Does what the bytes on standard input ask; acts that it does not know are keys or digits."""

    def __init__(self, window: QWidget, acts: Mapping[int, Callable[[], object]]) -> None:
        super().__init__(window)
        self._window = window
        self._acts = acts
        self._notifier = QSocketNotifier(INPUT, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._hear)

    def begin(self) -> None:
        """Say that the window stands."""
        QTimer.singleShot(_SETTLED_MS, self._answer)

    @Slot()
    def _hear(self) -> None:
        asked = os.read(INPUT, 1)
        if not asked:
            QApplication.quit()
            return
        act = self._acts.get(asked[0])
        try:
            if act is not None:
                act()
            else:
                self._press(asked[0])
        finally:
            QTimer.singleShot(_SETTLED_MS, self._answer)

    def _press(self, code: int) -> None:
        key = Qt.Key(Qt.Key.Key_0 + code) if code <= 9 else KEYS[code]
        handle = self._window.windowHandle()
        if handle is not None:
            QTest.keyClick(handle, key)

    @Slot()
    def _answer(self) -> None:
        os.write(OUTPUT, DONE)
