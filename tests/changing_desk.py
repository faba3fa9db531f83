"""A seat that changes orders that have their number: what a desk does, without a desk.

`desk.amend(order, quantity("TEA-1", 3))` sends a change with its record and what was paid for it.
"""

# ruff: noqa: ANN401 - a builder passes on whatever field a test names

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec

from app.services.rules.pricing import totals
from app.values.identity import ChangeId, OrderId
from app.values.order_life import CancelReason
from app.values.order_number import OrderNumber
from app.values.vocabulary import CommandKind, PaymentMethod
from app.wire.customers import GetOrder
from app.wire.message import encode
from app.wire.operations import GET_ORDER
from app.wire.order_changes import (
    Amendment,
    Cancellation,
    ChangePreview,
    OrderChange,
    PiecesOfLine,
    PreviewChange,
    Undo,
)
from app.wire.order_operations import ASK_ORDER_PAGE, PREVIEW_CHANGE
from app.wire.order_page import AskOrderPage, OrderPage
from app.wire.orders import OrderDocument, OrderView, PlacedOrder
from app.wire.payments import CardAttempt, PayLink
from app.wire.sync import Command, CommandOutcome
from tests.builders import changed, with_line
from tests.order_desk import regions, shipped
from tests.paying_desk import PayingDesk
from tests.read_backs import read_back_of

Step = Callable[[OrderDocument], OrderDocument]


def quantity(code: str, pieces: int) -> Step:
    """So many pieces of a product; none: its line goes."""

    def change(document: OrderDocument) -> OrderDocument:
        lines = [
            msgspec.structs.replace(line, quantity=pieces) if line.code == code else line
            for line in document.lines
            if line.code != code or pieces
        ]
        return msgspec.structs.replace(document, lines=tuple(lines))

    return change


class ChangingDesk(PayingDesk):
    """A seat with a person signed in."""

    def ordered(self, *steps: Step, payment: PaymentMethod = PaymentMethod.LATER) -> PlacedOrder:
        """An order that is at the centre; paid by card where that is how it is paid."""
        document = self.order(*(steps or (with_line("TEA-1", 2),)), changed(payment=payment))
        attempts: tuple[CardAttempt, ...] = ()
        if payment is PaymentMethod.CARD:
            due = totals(document, regions()[document.region]).total.minor
            attempts = (self.take(document.order_id, due),)
        placed = self.placed(document, attempts=attempts)
        outcome = self.send(self.command(placed))[0]
        assert outcome.reasons == ()
        return placed

    def new_change(self) -> ChangeId:
        return ChangeId(self.centre.ids.new())

    def amendment(
        self,
        order: PlacedOrder,
        *steps: Step,
        attempts: tuple[CardAttempt, ...] = (),
        links: tuple[PayLink, ...] = (),
    ) -> Amendment:
        """The order as it is to be, read back as a whole."""
        document = order.document
        for step in steps:
            document = step(document)
        rules = regions()[document.region]
        return Amendment(
            document=document,
            totals=totals(document, rules),
            guidance=shipped().revision,
            read_back=(
                *order.read_back,
                *read_back_of(document, rules, shipped(), by=self.person),
            ),
            attempts=attempts,
            links=links,
        )

    def change(
        self, order: PlacedOrder, what: Amendment | Cancellation | Undo, **different: Any
    ) -> OrderChange:
        """A change as it is captured."""
        change = OrderChange(
            change_id=self.new_change(),
            order_id=OrderId(order.document.order_id),
            number=OrderNumber(order.number),
            base_revision=self.revision(order),
            what=what,
            asked_at=self.centre.clock.now(),
            asked_by=self.person,
        )
        return msgspec.structs.replace(change, **different)

    def changing(self, change: OrderChange) -> Command:
        """The next command of this seat."""
        at = self.centre.clock.now()
        return self.command(encode(change), kind=CommandKind.CHANGE_ORDER, captured_at=at)

    def send_change(self, change: OrderChange) -> CommandOutcome:
        return self.send(self.changing(change))[0]

    def amend(self, order: PlacedOrder, *steps: Step, **different: Any) -> CommandOutcome:
        """Change the order as it now stands."""
        now = self.view(order).placed
        return self.send_change(self.change(order, self.amendment(now, *steps), **different))

    def cancel(
        self, order: PlacedOrder, *lines: PiecesOfLine, reason: CancelReason = CancelReason.OTHER
    ) -> CommandOutcome:
        return self.send_change(self.change(order, Cancellation(lines=lines, reason=reason)))

    def undo(self, order: PlacedOrder, change_id: UUID) -> CommandOutcome:
        return self.send_change(self.change(order, Undo(undoes=ChangeId(change_id))))

    def view(self, order: PlacedOrder) -> OrderView:
        return self.caller.call(GET_ORDER, GetOrder(order_id=order.document.order_id))

    def page(self, order: PlacedOrder) -> OrderPage:
        return self.caller.call(ASK_ORDER_PAGE, AskOrderPage(order_id=order.document.order_id))

    def revision(self, order: PlacedOrder) -> int:
        rows = self.centre.rows(
            "SELECT revision FROM sales_order WHERE order_id = :id", id=order.document.order_id
        )
        return int(rows[0][0]) if rows else 1

    def preview(
        self, order: PlacedOrder, what: Amendment | Cancellation | Undo, base_revision: int = 0
    ) -> ChangePreview:
        request = PreviewChange(
            order_id=OrderId(order.document.order_id),
            base_revision=base_revision or self.revision(order),
            what=what,
        )
        return self.caller.call(PREVIEW_CHANGE, request)
