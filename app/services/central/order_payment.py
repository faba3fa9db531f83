"""How far an order is paid for, judged by what the gateway said and not by what the desk tells.

An order is never refused for its payment: what does not fit becomes reasons. `standing` is pure;
`bring_up_to_date` is part of the transaction that changed an attempt or a link.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import Text, cast, select

from app.models.central.customer import Customer
from app.models.central.order import OrderEvent, OrderVersion, SalesOrder
from app.services.central.order_decisions import decided
from app.services.central.payment_rows import payments_of
from app.services.central.transaction import Transaction
from app.services.rules.payments import (
    HOLDS_MONEY,
    IS_PAID,
    STILL_OPEN,
    UNDECIDED,
    Cover,
    covered,
)
from app.services.rules.review import ReviewReason
from app.values.order_life import OrderState
from app.values.vocabulary import AttemptState, LinkState, PaymentMethod, PaymentState
from app.wire.message import decode
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.payments import Payments

PAYMENT = "payment"
_ASKS_FOR_MONEY = {PaymentMethod.CARD, PaymentMethod.PAY_LINK}
_GIVEN_BACK = {AttemptState.VOIDING, AttemptState.VOIDED}
_SAYS_WHY = {
    ReviewReason.PAYMENT_UNPROVED,
    ReviewReason.PAYMENT_VOIDED,
    ReviewReason.LINK_EXPIRED,
}
"""Reasons that explain why it is short, so that no other has to say so."""

_AFTERWARDS = {
    ReviewReason.LINK_EXPIRED,
    ReviewReason.PAID_TWICE,
    ReviewReason.PAYMENT_OVER,
    ReviewReason.PAYMENT_VOIDED,
}
"""What may show after the order was taken; the rest is what a person does, or was known then."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an order is paid for, and what is odd about it."""

    state: PaymentState
    reasons: tuple[ReviewReason, ...] = ()


def standing(
    placed: PlacedOrder, held: Payments, *, on_account: bool, given_up: bool = False
) -> Standing:
    """What the desk told, held against what the centre holds.

    A refund is somebody's decision and leaves the order as paid as it was.
    """
    attempts = tuple(replace(attempt, refunded=None) for attempt in held.attempts)
    document = _as_on_account(placed.document)
    cover = covered(document, placed.totals, attempts, held.links)
    reasons = [ReviewReason.ORDER_GIVEN_UP] if given_up else []
    reasons += _oddities(placed, held, cover)
    by_invoice = document.payment is PaymentMethod.INVOICE
    if by_invoice and not on_account:
        reasons.append(ReviewReason.NOT_ON_ACCOUNT)
    is_short = cover.left.minor > cover.promised.minor
    asks = document.payment in _ASKS_FOR_MONEY
    if asks and is_short and not _SAYS_WHY.intersection(reasons):
        reasons.append(ReviewReason.PAYMENT_SHORT)
    if cover.left.minor < 0 < cover.total.minor or (by_invoice and cover.approved.minor > 0):
        reasons.append(ReviewReason.PAYMENT_OVER)
    return Standing(cover.state, tuple(reasons))


def _as_on_account(document: OrderDocument) -> OrderDocument:
    """Whoever was told that an invoice comes is sent one; that they may not is a reason."""
    if document.customer is None:
        return document
    return replace(document, customer=replace(document.customer, on_account=True))


def _oddities(placed: PlacedOrder, held: Payments, cover: Cover) -> Iterator[ReviewReason]:
    attempts = {attempt.attempt_id: attempt.state for attempt in held.attempts}
    links = {link.link_id: link.state for link in held.links}
    told = {attempt.attempt_id for attempt in placed.attempts if attempt.state in HOLDS_MONEY}
    is_proved = all(attempts.get(one) in HOLDS_MONEY | _GIVEN_BACK for one in told)
    offered = {link.link_id for link in placed.links if link.state in STILL_OPEN | IS_PAID}
    if not (is_proved and offered <= links.keys()) or UNDECIDED.intersection(attempts.values()):
        yield ReviewReason.PAYMENT_UNPROVED
    if any(attempts.get(one) in _GIVEN_BACK for one in told):
        yield ReviewReason.PAYMENT_VOIDED
    if LinkState.PAID_TWICE in links.values():
        yield ReviewReason.PAID_TWICE
    is_open = cover.left.minor > cover.promised.minor
    if LinkState.EXPIRED in links.values() and is_open:
        yield ReviewReason.LINK_EXPIRED


def bring_up_to_date(tx: Transaction, order_id: UUID) -> None:
    """After an attempt or link changed: the state of its order, and reasons that are new.

    Nothing where the order has not come; it is judged when it does.
    """
    tx.session.flush()
    row = tx.session.get(SalesOrder, order_id, with_for_update=True)
    if row is None:
        return
    document = select(cast(OrderVersion.document, Text)).where(
        OrderVersion.order_id == order_id, OrderVersion.revision == row.revision
    )
    placed = decode(tx.session.execute(document).scalar_one().encode(), PlacedOrder)
    found = standing(placed, payments_of(tx, order_id), on_account=_on_account(tx, row))
    fresh = [
        reason
        for reason in found.reasons
        if reason in _AFTERWARDS and reason not in row.review_reasons
    ]
    if found.state is row.payment_state and not fresh:
        return
    row.payment_state = found.state
    row.review_reasons = [*row.review_reasons, *map(str, fresh)]
    if fresh and row.state is OrderState.ACCEPTED:
        row.state = OrderState.NEEDS_REVIEW
    tx.session.add(_event(tx, row, fresh))
    decided(tx, order_id)


def _on_account(tx: Transaction, row: SalesOrder) -> bool:
    allowed = select(Customer.on_account).where(Customer.customer_id == row.customer_id)
    return bool(tx.session.scalars(allowed).first())


def _event(tx: Transaction, row: SalesOrder, fresh: list[ReviewReason]) -> OrderEvent:
    actor = tx.actor
    return OrderEvent(
        order_id=row.order_id,
        kind=PAYMENT,
        at=tx.at,
        device_id=actor.device.device_id if actor.device else None,
        person_id=actor.person.person_id if actor.person else None,
        command_id=actor.command_id,
        facts={"state": row.payment_state.value, "reasons": [str(reason) for reason in fresh]},
    )
