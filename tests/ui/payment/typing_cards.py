"""A pane of card fields, and hands that type into it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import (
    QKeyEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.adapters.card_entry.heap import LibraryHeap
from app.adapters.card_entry.safe import SystemCardSafe, system_memory
from app.adapters.card_entry.screen_capture import NoGuard
from app.services.rules.card_check import check_code, check_expiry, check_number
from app.ui.payment.card_field import CardField
from app.ui.payment.digit_guard import DigitGuard
from app.values.card_brands import CardBrand

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


@contextmanager
def shown(qtbot: QtBot) -> Generator[Pane]:
    """A pane on the screen, unlocked, with the focus in its first field."""
    pane = Pane()
    qtbot.addWidget(pane)
    pane.show()
    pane.activateWindow()
    qtbot.waitUntil(pane.isActiveWindow)
    pane.unlock()
    pane.number.setFocus()
    yield pane
    for field in pane.fields():
        field.release()


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
