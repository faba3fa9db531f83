"""Takes orders that are paid by card through a desk, for a scan of what is kept of them.

As a replay takes invoices, with a card between the read-back and placing: pause, seal, authorise,
release, in the desk's order. Each card is declined once before one is approved. One thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import cycle, islice

from typing_extensions import override

from app.adapters.card_entry.safe import card_safe
from app.campaigns.card_scan.encodings import Sought
from app.campaigns.invoices import Invoice, InvoiceLine, Reading
from app.campaigns.replay import Desk, Replay
from app.services.ports import Bound, CardParts, SecretDigits
from app.values.errors import Fault
from app.values.identity import AttemptId, LeaseId
from app.values.vocabulary import AttemptState, PauseEnd, PaymentMethod
from app.vault.providers.sandbox_cards import SAYINGS, Saying
from app.wire import card_operations
from app.wire.catalogue import ProductView
from app.wire.orders import PlacedOrder
from app.wire.payments import AskCardKey, TakeCard
from app.wire.recording import AcquirePause, ReleasePause

_EXPIRY = (1, 2, 3, 0)
_CODE, _LONGER_CODE = (1, 2, 3), (1, 2, 3, 4)
_LONGER_CODES_BEGIN = (b"34", b"37")
_LINES = 2
_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
_APPROVED_NUMBERS = 8
_LEAST_VARIETY = 4
"""Fewer different digits make a number that lies in files by chance."""


def known_numbers() -> tuple[Sought, ...]:
    """The published test numbers that are typed: some that are approved, and one that is not."""
    numbers = [
        *islice(_telling(Saying.APPROVED), _APPROVED_NUMBERS),
        *_telling(Saying.INSUFFICIENT_FUNDS),
    ]
    return tuple(
        Sought(f"number {place}", bytes(digit - 0x30 for digit in number))
        for place, number in enumerate(numbers, 1)
    )


def _telling(saying: Saying) -> Iterator[bytes]:
    """Numbers that are answered so, and do not lie in files by chance."""
    for number, said in SAYINGS.items():
        if said is saying and len(set(number)) >= _LEAST_VARIETY:
            yield number


def made_up_calls(products: Sequence[ProductView], count: int) -> Reading:
    """So many calls, each for a few products, by a handful of customers."""
    lines = cycle(
        InvoiceLine(one.code, one.description, 1 + place % 3, one.breaks[0].price)
        for place, one in enumerate(products)
    )
    invoices = [
        Invoice(
            number=f"{700_000 + call}",
            customer=f"{12_000 + call % 20}",
            country="GB",
            at=_AT,
            lines=tuple(islice(lines, _LINES)),
        )
        for call in range(count)
    ]
    return Reading(invoices=invoices)


class PaidOrders(Replay):
    """One CSR who takes every call to its end, card and all."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.orders: list[PlacedOrder] = []
        self.cards_typed = 0
        self._safe = card_safe()
        self._cards = _cards()
        self._presenter.placed.connect(self.orders.append)

    @override
    def agree_payment(self) -> None:
        """By card, before it is read back."""
        self._presenter.set_payment(PaymentMethod.CARD)

    @override
    def pay(self) -> None:
        """One card that is declined, and one that is not."""
        declined, approved = next(self._cards)
        for number, expected in (
            (declined, AttemptState.DECLINED),
            (approved, AttemptState.AUTHORISED),
        ):
            state = self._take_card(number)
            if state is not expected:
                raise Fault("scan_stuck", f"A card was {state.value} and not {expected.value}.")
        order_id = self._presenter.order.document.order_id
        self._presenter.payment.tenders.begin(order_id, is_kept=True)

    def _take_card(self, number: bytes) -> AttemptState:
        caller, ids = self._desk.caller, self._desk.ids
        order_id = self._presenter.order.document.order_id
        amount = self._presenter.payment.to_pay
        if amount is None:
            raise Fault("scan_stuck", "Nothing is to be paid for an order.")
        lease_id = LeaseId(ids.new())
        caller.call(
            card_operations.ACQUIRE_PAUSE, AcquirePause(lease_id=lease_id, order_id=order_id)
        )
        key = caller.call(card_operations.GET_CARD_KEY, AskCardKey())
        bound = Bound(order_id=order_id, attempt_id=AttemptId(ids.new()), amount=amount)
        card = self._typed(number)
        try:
            envelope = self._safe.seal(card, bound, key)
        finally:
            for part in (card.number, card.expiry, card.code):
                part.close()
        release = ReleasePause(lease_id=lease_id, end=PauseEnd.SUBMITTED)
        caller.call(card_operations.RELEASE_PAUSE, release)
        self.cards_typed += 1
        take = TakeCard(
            attempt_id=bound.attempt_id,
            order_id=order_id,
            lease_id=lease_id,
            amount=amount,
            envelope=envelope,
        )
        return caller.call(card_operations.TAKE_CARD, take).state

    def _typed(self, number: bytes) -> CardParts:
        is_longer = bytes(digit + 0x30 for digit in number[:2]) in _LONGER_CODES_BEGIN
        return CardParts(
            number=self._digits(number),
            expiry=self._digits(bytes(_EXPIRY)),
            code=self._digits(bytes(_LONGER_CODE if is_longer else _CODE)),
        )

    def _digits(self, digits: bytes) -> SecretDigits:
        held = self._safe.digits(len(digits))
        for digit in digits:
            held.push(digit)
        return held


def _cards() -> Iterator[tuple[bytes, bytes]]:
    """Pairs of a declined and an approved number, for ever."""
    by_saying = {
        said: [one.digits for one in known_numbers() if SAYINGS[_as_text(one.digits)] is said]
        for said in (Saying.INSUFFICIENT_FUNDS, Saying.APPROVED)
    }
    return zip(
        cycle(by_saying[Saying.INSUFFICIENT_FUNDS]), cycle(by_saying[Saying.APPROVED]), strict=False
    )


def _as_text(digits: bytes) -> bytes:
    return bytes(digit + 0x30 for digit in digits)
