"""The number of an order, large, and the field for what the caller repeats of it. Passive."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui import formatting, theme
from app.ui.screens.placed.said_back import NOT_YET, Heard, SaidBack
from app.ui.widgets.fields import LabelledField
from app.ui.widgets.text import BigNumber
from app.values.order_number import spoken
from app.wire.orders import PlacedOrder


class SaidBackField(LabelledField):
    """Ten digits in their groups while they are typed; the cursor stays at its digit."""

    def __init__(self, words: str, parent: QWidget) -> None:
        super().__init__(words, parent=parent)
        self.setObjectName("said-back")
        self._shown = NOT_YET
        theme.dress(self.edit, text=theme.Text.TITLE)
        self.edit.setInputMethodHints(Qt.InputMethodHint.ImhPreferNumbers)

    def show_digits(self, said_back: SaidBack, placed: PlacedOrder) -> None:
        """Group what was typed, and say what it is worth; the next attempt replaces a wrong one."""
        before = sum(c.isdigit() for c in self.text()[: self.edit.cursorPosition()])
        if self.text() != said_back.shown:
            self.set_text(said_back.shown)
            self.edit.setCursorPosition(_place_of(before, said_back.shown))
        if said_back != self._shown and said_back.heard in {Heard.SLIP, Heard.OTHER}:
            self.edit.selectAll()
        self._shown = said_back
        self._tell(said_back, placed)

    def _tell(self, said_back: SaidBack, placed: PlacedOrder) -> None:
        match said_back.heard:
            case Heard.NOTHING:
                self.show_hint(self.tr("Ten digits. A slip is caught by the check digits."))
            case Heard.SOME:
                one = self.tr("1 digit to go. A slip is caught by the check digits.")
                many = self.tr("{count} digits to go. A slip is caught by the check digits.")
                self.show_hint(formatting.counted(said_back.left, one, many))
            case Heard.TOO_MANY:
                self.show_error(self.tr("Those are more than ten digits."))
            case Heard.SLIP:
                self.show_error(
                    self.tr("One of those digits is wrong."),
                    self.tr("Could you read me the number once more?"),
                )
            case Heard.OTHER:
                words = self.tr("I have another number here. It is {number}.")
                self.show_error(
                    self.tr("That is the number of another order, not of this one."),
                    words.format(number=spoken(placed.number)),
                )
            case Heard.MATCHED:
                self.show_good(self.tr("That is the number. Enter goes on."))


def _place_of(digits: int, shown: str) -> int:
    """Where the cursor stands behind so many digits."""
    place = seen = 0
    for place, sign in enumerate(shown, 1):
        seen += sign.isdigit()
        if seen == digits:
            return place
    return place if digits else 0


class PaintedNumber(BigNumber):
    """Tells once per order that its number has been on the glass."""

    painted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._order: PlacedOrder | None = None
        self._told = False

    def show_order(self, placed: PlacedOrder) -> None:
        """Show an order's number."""
        if self._order is not placed:
            self._order, self._told = placed, False
            self.show_number(placed.number)
            self.update()

    def forget(self) -> None:
        """No order is shown any more."""
        self._order = None

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._order is not None and not self._told:
            self._told = True
            QTimer.singleShot(0, self, self.painted.emit)
