"""A seat that holds stock for the orders it takes, and what a test asks of the centre's stock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import count as count_up
from typing import Any
from uuid import UUID

import msgspec
from typing_extensions import override

from app.services.central.stock_rows import StockSum, wrong_sums
from app.services.rules.review import ReviewReason
from app.values.identity import OrderId, ProductCode
from app.values.vocabulary import CommandKind
from app.wire.message import encode
from app.wire.orders import OrderDocument
from app.wire.payments import GivenUpOrder
from app.wire.stock import (
    AskStock,
    HoldStock,
    ReleaseStock,
    StockHeld,
    StockStanding,
    WantedStock,
)
from app.wire.stock_operations import ASK_STOCK, HOLD_STOCK, RELEASE_STOCK
from app.wire.sync import Command, CommandOutcome
from tests.builders import with_line
from tests.order_desk import OrderCentre, SendingDesk


def count(centre: OrderCentre, code: str, pieces: int, *, expected_on: date | None = None) -> None:
    """So many pieces are on hand; the product is tracked from now on."""
    centre.run(
        "INSERT INTO stock_level (code, on_hand, reserved, counted_at, expected_on)"
        " VALUES (:code, :pieces, 0, :at, :expected_on) ON CONFLICT (code) DO UPDATE"
        " SET on_hand = excluded.on_hand, expected_on = excluded.expected_on",
        code=code,
        pieces=pieces,
        at=centre.clock.now(),
        expected_on=expected_on,
    )


def reserved(centre: OrderCentre, code: str = "TEA-1") -> int:
    """Pieces that are spoken for."""
    found: int = centre.rows("SELECT reserved FROM stock_level WHERE code = :c", c=code)[0][0]
    return found


def allocations(centre: OrderCentre, order_id: UUID) -> dict[str, tuple[int, int]]:
    """What an order got and what follows later, by code."""
    rows = centre.rows(
        "SELECT code, allocated, back_ordered FROM order_allocation WHERE order_id = :order",
        order=order_id,
    )
    return {row.code: (row.allocated, row.back_ordered) for row in rows}


def allocated(centre: OrderCentre, code: str = "TEA-1") -> int:
    """Pieces of a product that orders have."""
    found: int = centre.rows(
        "SELECT coalesce(sum(allocated), 0)::bigint FROM order_allocation WHERE code = :c", c=code
    )[0][0]
    return found


def sums_that_are_wrong(centre: OrderCentre) -> tuple[StockSum, ...]:
    """None, or something is broken."""
    return centre.administration.read(wrong_sums)


def short(outcome: CommandOutcome) -> list[str]:
    """Lines that were found short, by the reasons of an outcome."""
    reason = ReviewReason.STOCK_SHORT.about("")
    return [one.removeprefix(reason) for one in outcome.reasons if one.startswith(reason)]


class StockedDesk(SendingDesk):
    """A seat that holds stock."""

    def begin_anew(self) -> None:
        """After the centre was emptied: numbers and commands of before are unknown there."""
        self.sequence = 0
        self._numbers = []

    def hold(self, order: OrderDocument | OrderId, **wanted: int) -> StockHeld:
        """Ask for pieces by product: `hold(order, tea=2)` is of TEA-1, `cup` of CUP-2."""
        order_id = order if isinstance(order, UUID) else order.order_id
        pieces = tuple(
            WantedStock(code=ProductCode(_CODES.get(name, name)), quantity=quantity)
            for name, quantity in wanted.items()
        )
        return self.caller.call(HOLD_STOCK, HoldStock(order_id=OrderId(order_id), wanted=pieces))

    def held(self, order: OrderDocument | OrderId, **wanted: int) -> int:
        """As `hold`, of one product: how many it is."""
        return self.hold(order, **wanted).standings[0].held

    def release(self, *orders: OrderDocument) -> None:
        """Give back what is held for these."""
        ids = tuple(order.order_id for order in orders)
        self.caller.call(RELEASE_STOCK, ReleaseStock(order_ids=ids))

    def ask(self, *codes: str, order: OrderDocument | None = None) -> tuple[StockStanding, ...]:
        """How products stand."""
        asked = AskStock(
            codes=tuple(map(ProductCode, codes)), order_id=order.order_id if order else None
        )
        return self.caller.call(ASK_STOCK, asked).standings

    def left(self, code: str = "TEA-1") -> int:
        """What nobody holds nor has."""
        return self.ask(code)[0].left

    @override
    def order(self, *changes: Callable[[OrderDocument], OrderDocument]) -> OrderDocument:
        """Of a customer with a number of their own: nobody orders the like twice."""
        document = super().order(*changes)
        if document.customer is None:
            return document
        phone = f"+447700{900_000 + next(_CUSTOMERS)}"
        customer = msgspec.structs.replace(document.customer, phone=phone, email=None)
        return msgspec.structs.replace(document, customer=customer)

    def tea(self, pieces: int, **different: Any) -> OrderDocument:  # noqa: ANN401 - fields of a line
        """An order of so much tea."""
        return self.order(with_line("TEA-1", pieces, **different))

    def given_up(self, order: OrderDocument) -> Command:
        """The command that the order will not come."""
        at = self.centre.clock.now()
        word = GivenUpOrder(order_id=order.order_id, reason="changed their mind", given_up_at=at)
        return self.command(encode(word), kind=CommandKind.GIVE_UP_ORDER, captured_at=at)


_CUSTOMERS = count_up()
_CODES = {"tea": "TEA-1", "cup": "CUP-2", "post": "POST"}
