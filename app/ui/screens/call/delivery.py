"""How the goods travel, and the words that go with them: instructions, gift message, internal note.

The earliest way that reaches the country is chosen until the CSR chooses another. Touches no
widget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

import msgspec
from PySide6.QtCore import QObject, Signal

from app.services.rules.regions import DeliveryMethod, RegionRules
from app.services.rules.shipping_dates import promised_on
from app.ui.screens.call import card_guard
from app.ui.screens.call.card_guard import Judged
from app.ui.screens.call.order_in_hand import OrderInHand
from app.values.clock import Clock
from app.values.vocabulary import OrderType
from app.wire.orders import Delivery

LONGEST_TEXT = 10_000


class Words(StrEnum):
    """The free texts of an order; the note is for colleagues and is never read to the caller."""

    INSTRUCTIONS = "instructions"
    GIFT_MESSAGE = "gift_message"
    INTERNAL_NOTE = "internal_note"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOption:
    """One way of delivery for the country in question, as it would be promised now."""

    method: DeliveryMethod
    promised_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryState:
    """What the delivery card shows beside the address; `held` is typed and not yet in the order."""

    delivery: Delivery | None = None
    options: tuple[DeliveryOption, ...] = ()
    internal_note: str = ""
    problems: tuple[tuple[Words, str], ...] = ()
    held: tuple[tuple[Words, str], ...] = ()

    def problem(self, words: Words) -> str:
        """Why a text was refused, or nothing."""
        return dict(self.problems).get(words, "")

    def text(self, words: Words) -> str:
        """A text as it stands in its field."""
        held = dict(self.held).get(words)
        if held is not None or self.delivery is None:
            return held or ""
        return {
            Words.INSTRUCTIONS: self.delivery.instructions,
            Words.GIFT_MESSAGE: self.delivery.gift_message,
            Words.INTERNAL_NOTE: self.internal_note,
        }[words]


class DeliveryPresenter(QObject):
    """Holds one DeliveryState."""

    state_changed = Signal(object)

    def __init__(self, order: OrderInHand, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order = order
        self._clock = clock
        self._rules: RegionRules | None = None
        self._country: str | None = None
        self._state = DeliveryState()

    @property
    def state(self) -> DeliveryState:
        """What is shown now."""
        return self._state

    def begin(self, rules: RegionRules) -> None:
        """Another order is in hand, of this region."""
        self._rules = rules
        self._country = None
        self._state = DeliveryState()
        self.follow()
        self.state_changed.emit(self._state)

    def follow(self) -> None:
        """The order changed; another country may want another way of delivery."""
        document = self._order.document
        country = document.deliver_to.country if document.deliver_to else self._home()
        if country != self._country:
            self._country = country
            self._state = replace(self._state, options=self._options(country))
            self._choose_reachable(document.delivery)
        document = self._order.document
        if (
            document.delivery is not self._state.delivery
            or document.internal_note is not self._state.internal_note
        ):
            self._state = replace(
                self._state, delivery=document.delivery, internal_note=document.internal_note
            )
            self.state_changed.emit(self._state)

    def choose(self, code: str) -> None:
        """Deliver this way."""
        option = next((o for o in self._state.options if o.method.code == code), None)
        if option is not None:
            self._order.settle()
            self._order.change("delivery method", delivery=self._by(option))
            self._order.settle()

    def set_text(self, words: Words, text: str) -> None:
        """A free text as typed so far; card digits are masked before they get into the order."""
        self._judge(words, card_guard.while_typing(text[:LONGEST_TEXT]))

    def finish_text(self, words: Words) -> None:
        """The text was left: what was held back is judged now."""
        held = dict(self._state.held).get(words)
        if held is not None:
            self._judge(words, card_guard.when_left(held))
        self._order.settle()

    def _judge(self, words: Words, judged: Judged) -> None:
        held = tuple(pair for pair in self._state.held if pair[0] is not words)
        problems = tuple(pair for pair in self._state.problems if pair[0] is not words)
        if judged.held:
            held = (*held, (words, judged.text))
        if judged.sentence:
            problems = (*problems, (words, judged.sentence))
        before = self._state
        self._state = replace(before, held=held, problems=problems)
        if not judged.held and judged.text != self._kept_text(words):
            self._put(words, judged.text)
        if self._state != before:
            self.state_changed.emit(self._state)

    def _kept_text(self, words: Words) -> str:
        return replace(self._state, held=()).text(words)

    def _put(self, words: Words, text: str) -> None:
        if words is Words.INTERNAL_NOTE:
            self._order.change(words, internal_note=text)
            return
        document = self._order.document
        delivery = msgspec.structs.replace(document.delivery, **{words.value: text})
        order_type = document.order_type
        if words is Words.GIFT_MESSAGE:
            order_type = _with_gift(order_type, is_gift=bool(text.strip()))
        self._order.change(words, delivery=delivery, order_type=order_type)

    def _home(self) -> str:
        return self._rules.country if self._rules else ""

    def _options(self, country: str) -> tuple[DeliveryOption, ...]:
        if self._rules is None:
            return ()
        now, rules = self._clock.now(), self._rules
        return tuple(
            DeliveryOption(method=method, promised_on=promised_on(method, now, rules))
            for method in rules.methods_to(country)
        )

    def _choose_reachable(self, delivery: Delivery) -> None:
        """The way that was chosen where it reaches the country, else the first that does."""
        options = self._state.options
        if options and all(option.method.code != delivery.method for option in options):
            self._order.follow_up(delivery=self._by(options[0]))

    def _by(self, option: DeliveryOption) -> Delivery:
        return msgspec.structs.replace(
            self._order.document.delivery,
            method=option.method.code,
            label=option.method.label,
            charge=option.method.charge,
            promised_on=option.promised_on,
        )


def _with_gift(order_type: OrderType, *, is_gift: bool) -> OrderType:
    """An order with a gift message is a gift, unless it is something else already."""
    if is_gift:
        return OrderType.GIFT if order_type is OrderType.NEW else order_type
    return OrderType.NEW if order_type is OrderType.GIFT else order_type
