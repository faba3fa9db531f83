"""The three card fields with their headings and states, and the way of the keyboard through them.

Locked and empty until told otherwise. Knows counts and states, and no digit. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.services.ports import CardParts, CardSafe
from app.services.rules.card_check import (
    CODE_LENGTHS,
    EXPIRY_DIGITS,
    LONGEST_NUMBER,
    Check,
    Digits,
    check_code,
    check_expiry,
    check_number,
)
from app.ui import theme
from app.ui.icons import Icon, IconLabel
from app.ui.payment import card_words
from app.ui.payment.card_field import CardField
from app.ui.payment.digit_guard import DigitGuard
from app.ui.payment.payment_state import CardScript
from app.ui.widgets.text import caps, wrapped
from app.values.card_brands import CardBrand

SHORT_FIELD_PX = 190
LOW_FIELD_PX = 120
MARK_PX = 12
_ICONS = {
    theme.Tone.OK: Icon.CHECK,
    theme.Tone.WARN: Icon.WARNING,
    theme.Tone.ERROR: Icon.ERROR,
}


class FieldBox(QWidget):
    """A card field, its heading above and its state below."""

    def __init__(
        self,
        title: str,
        field: CardField,
        line: Callable[[Check], card_words.Line],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.field = field
        self.title = title
        self._line = line
        field.setParent(self)
        self._mark = IconLabel(parent=self, size_px=MARK_PX)
        self._words = wrapped("", theme.Text.SMALL, parent=self)
        below = QHBoxLayout()
        below.setSpacing(3)
        below.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignVCenter)
        below.addWidget(self._words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(caps(title, self))
        layout.addWidget(field)
        layout.addLayout(below)
        field.changed.connect(self.show_state)
        field.refused.connect(self._tell_refused)
        field.paste_refused.connect(self._tell_no_paste)
        self.show_state()

    @Slot()
    def show_state(self) -> None:
        """Say how the digits stand."""
        locked = self.field.is_locked
        self._tell(*((theme.Tone.MUTED, "") if locked else self._line(self.field.check)))

    def words(self) -> str:
        """What stands below the field."""
        return self._words.text()

    @Slot()
    def _tell_refused(self) -> None:
        if not self.field.is_locked:
            self._tell(*card_words.only_digits())

    @Slot()
    def _tell_no_paste(self) -> None:
        if not self.field.is_locked:
            self._tell(*card_words.no_paste())

    def _tell(self, tone: theme.Tone, told: str) -> None:
        self._mark.show_icon(_ICONS.get(tone) if told else None)
        self._words.setText(told or " ")  # keeps its room, so that nothing jumps
        for part in (self._mark, self._words):
            theme.dress(part, tone=tone)
        theme.dress(self.field, tone=theme.Tone.ERROR if tone is theme.Tone.ERROR else tone)
        self.field.setAccessibleDescription(told)
        self.field.update()


class CardFields(QWidget):
    """Number, expiry and security code. `moved`: what is to be said next may be another thing."""

    moved = Signal()
    digit_typed = Signal()
    key_pressed = Signal()

    def __init__(self, safe: CardSafe, today: Callable[[], date], parent: QWidget) -> None:
        super().__init__(parent)
        self._today = today
        self._brand: CardBrand | None = None
        self._typed = 0
        self._guard = DigitGuard(safe, self)
        number = CardField(
            self.tr("Card number"), safe, self._guard, check_number, room=LONGEST_NUMBER
        )
        expiry = CardField(
            self.tr("Expiry"),
            safe,
            self._guard,
            self._judge_expiry,
            room=EXPIRY_DIGITS,
            divider="/",
        )
        code = CardField(
            self.tr("Security code"), safe, self._guard, self._judge_code, room=max(CODE_LENGTHS)
        )
        self.number = FieldBox(self.tr("Card number"), number, card_words.number_line, self)
        self.expiry = FieldBox(self.tr("Expiry"), expiry, card_words.expiry_line, self)
        self.code = FieldBox(self.tr("Security code"), code, card_words.code_line, self)
        self.boxes = (self.number, self.expiry, self.code)
        self._lay_out()
        for box in self.boxes:
            box.field.changed.connect(self._changed)
            box.field.refused.connect(self.key_pressed)
            box.field.completed.connect(partial(self._go_on_from, box))

    def _lay_out(self) -> None:
        short = QHBoxLayout()
        short.setSpacing(16)
        for box in (self.expiry, self.code):
            short.addWidget(box, 0, Qt.AlignmentFlag.AlignTop)
        short.addStretch(1)
        self._rows = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.addWidget(self.number, 1)
        self._rows.addLayout(short)
        self.set_low(is_low=False)
        self.setTabOrder(self.number.field, self.expiry.field)
        self.setTabOrder(self.expiry.field, self.code.field)

    def set_low(self, *, is_low: bool) -> None:
        """In a low window all three stand in one row."""
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._rows.setDirection(across if is_low else down)
        self._rows.setSpacing(16 if is_low else 6)
        for box in (self.expiry, self.code):
            box.setFixedWidth(LOW_FIELD_PX if is_low else SHORT_FIELD_PX)

    @property
    def may_end(self) -> bool:
        """Whether all three check out."""
        fields = [box.field for box in self.boxes]
        return all(not field.is_locked and field.check.may_end for field in fields)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not any(box.field.check.typed for box in self.boxes)

    def parts(self) -> CardParts:
        """What is sealed; it stays theirs to wipe."""
        number, expiry, code = (box.field.digits for box in self.boxes)
        return CardParts(number=number, expiry=expiry, code=code)

    def unlock(self) -> None:
        """Take digits, from the number on. Raises Refusal `memory_not_locked`."""
        self._brand, self._typed = None, 0
        for box in self.boxes:
            box.field.unlock()
            box.show_state()
        self.number.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.moved.emit()

    def lock(self) -> None:
        """Wipe all and take nothing; one that fails keeps no other from it."""
        with ExitStack() as every:
            for box in self.boxes:
                every.callback(box.show_state)
                every.callback(box.field.lock)
        self._brand, self._typed = None, 0
        self.moved.emit()

    def release(self) -> None:
        """Wipe all and give the memory back."""
        with ExitStack() as every:
            for box in self.boxes:
                every.callback(box.show_state)
                every.callback(box.field.release)

    def clear(self) -> None:
        """Wipe all and begin again; it stays unlocked."""
        with ExitStack() as every:
            for box in self.boxes:
                every.callback(box.field.wipe)
        self.number.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.moved.emit()

    def next_field(self) -> bool:
        """Enter: on from a field that may end; False where there is none to go to."""
        here = next((box for box in self.boxes if box.field.hasFocus()), None)
        if here is None or not here.field.check.may_end:
            return here is not None
        return self._go_on_from(here)

    def due(self) -> FieldBox | None:
        """The field that is asked now: the one with the keyboard, else the first that is open."""
        here = next((box for box in self.boxes if box.field.hasFocus()), None)
        if here is not None and not here.field.check.may_end:
            return here
        return next((box for box in self.boxes if not box.field.check.may_end), None)

    def script(self, amount: str) -> CardScript:
        """What to say for the field that is due, and what is still open."""
        due = self.due()
        open_fields = tuple(box.title.lower() for box in self.boxes if not box.field.check.may_end)
        if due is None:
            thanks, rest = card_words.say_complete(amount), (card_words.authorisation(),)
            return CardScript(say=thanks, hint=card_words.submit_hint(), needed=rest)
        say = {
            self.number: card_words.say_number,
            self.expiry: card_words.say_expiry,
            self.code: card_words.say_code,
        }[due]
        check = due.field.check
        return CardScript(say=say(check), hint=card_words.listen_hint(), needed=open_fields)

    def _judge_expiry(self, digits: Digits) -> Check:
        return check_expiry(digits, self._today())

    def _judge_code(self, digits: Digits) -> Check:
        return check_code(digits, self._brand)

    @Slot()
    def _changed(self) -> None:
        brand = self.number.field.check.brand
        if brand is not self._brand:
            self._brand = brand
            self.code.field.set_judge(self._judge_code)
            self.code.show_state()
        typed = sum(box.field.check.typed for box in self.boxes)
        is_more, self._typed = typed > self._typed, typed
        if is_more:
            self.digit_typed.emit()
        else:
            self.key_pressed.emit()
        self.moved.emit()

    def _go_on_from(self, box: FieldBox) -> bool:
        """To the next field that is open; False: there is none."""
        place = self.boxes.index(box) + 1
        later = [one for one in self.boxes[place:] if not one.field.check.may_end]
        if later and box.field.hasFocus():
            later[0].field.setFocus(Qt.FocusReason.OtherFocusReason)
            self.moved.emit()
        return bool(later)
