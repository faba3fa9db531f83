"""How far an order is paid for, judged by what the gateway said and not by what the desk tells.

An order is never refused for its payment: what does not fit becomes reasons. `standing` is pure;
`bring_up_to_date` is part of the transaction that changed an attempt or a link.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import Text, cast, func, select

from app.models.central.customer import Customer
from app.models.central.order import OrderEvent, OrderVersion, SalesOrder
from app.models.central.order_life import LedgerEntry, OrderRefund
from app.services.central.order_decisions import decided
from app.services.central.order_refund_rows import Why, give_back_for, keep_settlement, tendered
from app.services.central.payment_rows import order_paid, payments_of
from app.services.central.transaction import Transaction
from app.services.rules.payments import (
    HOLDS_MONEY,
    IS_PAID,
    STILL_OPEN,
    UNDECIDED,
    Cover,
    covered,
)
from app.services.rules.payments import held as approved_of
from app.services.rules.refunds import settlement
from app.services.rules.review import ReviewReason
from app.values.money import Money
from app.values.order_life import OrderState, RefundState, RefundWay
from app.values.vocabulary import AttemptState, LinkState, PaymentMethod, PaymentState
from app.wire.message import decode
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.payments import CardAttempt, Payments

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

_TOO_MUCH = {ReviewReason.PAID_TWICE, ReviewReason.PAYMENT_OVER}
"""What a person has to look at also where they released the order before it showed."""


_CAME_TO_NOTHING = {RefundState.UNDONE, RefundState.REFUSED}


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an order is paid for, and what is odd about it."""

    state: PaymentState
    reasons: tuple[ReviewReason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Returning:
    """What went back, or is going to, because the order comes to less than was paid.

    Minor units by attempt and by link; `voided` are attempts that are given back whole. `owed` is
    what it comes to by its ledger, None where it has none yet.
    """

    by_attempt: Counter[UUID]
    by_link: Counter[UUID]
    voided: frozenset[UUID]
    owed: Money | None = None


NOTHING_RETURNS = Returning(by_attempt=Counter(), by_link=Counter(), voided=frozenset())


def returning_of(refunds: Iterable[OrderRefund], owed: Money | None) -> Returning:
    """Of all refunds of an order those that did not come to nothing."""
    by_attempt: Counter[UUID] = Counter()
    by_link: Counter[UUID] = Counter()
    voided = set()
    for one in refunds:
        if one.state in _CAME_TO_NOTHING:
            continue
        if one.attempt_id is not None:
            by_attempt[one.attempt_id] += one.amount_minor
            if one.way is RefundWay.VOID:
                voided.add(one.attempt_id)
        if one.link_id is not None:
            by_link[one.link_id] += one.amount_minor
    return Returning(by_attempt=by_attempt, by_link=by_link, voided=frozenset(voided), owed=owed)


def kept_of(held: Payments, returning: Returning) -> Payments:
    """What stays of attempts and links once all that goes back has gone."""
    return replace(
        held,
        attempts=tuple(_kept(one, returning.by_attempt[one.attempt_id]) for one in held.attempts),
        links=tuple(
            replace(one, amount=_less(one.amount, returning.by_link[one.link_id]))
            for one in held.links
        ),
    )


def _kept(attempt: CardAttempt, returns: int) -> CardAttempt:
    """`refunded` is somebody's decision, or among what returns."""
    whole = replace(attempt, refunded=None)
    if not returns:
        return whole
    return replace(whole, approved=_less(approved_of(whole), returns))


def _less(amount: Money, minor: int) -> Money:
    return Money(max(0, amount.minor - minor), amount.currency)


def standing(
    placed: PlacedOrder,
    held: Payments,
    *,
    on_account: bool,
    given_up: bool = False,
    returning: Returning = NOTHING_RETURNS,
) -> Standing:
    """What the desk told, held against what the centre holds.

    A refund that nothing of the order led to is somebody's decision and leaves the order as paid as
    it was.
    """
    kept = kept_of(held, returning)
    document = _as_on_account(placed.document)
    owed = placed.totals.total if returning.owed is None else returning.owed
    cover = covered(document, replace(placed.totals, total=owed), kept.attempts, kept.links)
    reasons = [ReviewReason.ORDER_GIVEN_UP] if given_up else []
    reasons += _oddities(placed, held, cover, returning.voided)
    by_invoice = document.payment is PaymentMethod.INVOICE
    if by_invoice and not on_account:
        reasons.append(ReviewReason.NOT_ON_ACCOUNT)
    is_short = cover.left.minor > cover.promised.minor
    asks = document.payment in _ASKS_FOR_MONEY
    if asks and is_short and not _SAYS_WHY.intersection(reasons):
        reasons.append(ReviewReason.PAYMENT_SHORT)
    is_too_much = cover.left.minor < 0 and (cover.total.minor > 0 or not document.lines)
    if is_too_much or (by_invoice and cover.approved.minor > 0):
        reasons.append(ReviewReason.PAYMENT_OVER)
    return Standing(_state(cover, document), tuple(reasons))


def _state(cover: Cover, document: OrderDocument) -> PaymentState:
    """Of an order of which nothing is left nothing is outstanding."""
    if not document.lines and cover.total.minor <= 0 and cover.state is PaymentState.OUTSTANDING:
        return PaymentState.PAID
    return cover.state


def _as_on_account(document: OrderDocument) -> OrderDocument:
    """Whoever was told that an invoice comes is sent one; that they may not is a reason."""
    if document.customer is None:
        return document
    return replace(document, customer=replace(document.customer, on_account=True))


def _oddities(
    placed: PlacedOrder, held: Payments, cover: Cover, voided: Collection[UUID]
) -> Iterator[ReviewReason]:
    attempts = {attempt.attempt_id: attempt.state for attempt in held.attempts}
    links = {link.link_id: link.state for link in held.links}
    told = {
        attempt.attempt_id
        for attempt in placed.attempts
        if attempt.state in HOLDS_MONEY and attempt.attempt_id not in voided
    }
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


def bring_up_to_date(tx: Transaction, paid_under: UUID) -> None:
    """After an attempt or link changed: the state of its order, and reasons that are new.

    It may have been made for a change of the order. Nothing where the order has not come; it is
    judged when it does. What comes for an order that was cancelled meanwhile goes back.
    """
    tx.session.flush()
    order_id = order_paid(tx, paid_under)
    row = tx.session.get(SalesOrder, order_id, with_for_update=True)
    if row is None:
        give_back_for(tx, paid_under)
        return
    held, refunds, owed = payments_of(tx, order_id), refunds_of(tx, order_id), _owed(tx, row)
    if row.state is OrderState.CANCELLED and owed is not None:
        keep_settlement(tx, settlement(owed, tendered(held, refunds, row.currency)), _too_late(row))
        refunds = refunds_of(tx, order_id)
    document = select(cast(OrderVersion.document, Text)).where(
        OrderVersion.order_id == order_id, OrderVersion.revision == row.revision
    )
    placed = decode(tx.session.execute(document).scalar_one().encode(), PlacedOrder)
    found = standing(
        placed,
        held,
        on_account=on_account(tx, row.customer_id),
        returning=returning_of(refunds, owed),
    )
    fresh = [
        reason
        for reason in found.reasons
        if reason in _AFTERWARDS and reason not in row.review_reasons
    ]
    if found.state is row.payment_state and not fresh:
        return
    row.payment_state = found.state
    row.review_reasons = [*row.review_reasons, *map(str, fresh)]
    is_settled = row.state is OrderState.RELEASED and _TOO_MUCH.isdisjoint(fresh)
    if fresh and row.state is not OrderState.CANCELLED and not is_settled:
        row.state = OrderState.NEEDS_REVIEW
    tx.session.add(_event(tx, row, fresh))
    decided(tx, order_id)


def _too_late(row: SalesOrder) -> Why:
    return Why(
        order_id=row.order_id,
        change_id=None,
        person_id=None,
        reason="It came when the order was cancelled already.",
    )


def refunds_of(tx: Transaction, order_id: UUID) -> tuple[OrderRefund, ...]:
    """All refunds of an order, the first first."""
    rows = select(OrderRefund).where(OrderRefund.order_id == order_id)
    return tuple(tx.session.scalars(rows.order_by(OrderRefund.asked_at, OrderRefund.refund_id)))


def _owed(tx: Transaction, row: SalesOrder) -> Money | None:
    entries = select(func.sum(LedgerEntry.amount_minor)).where(LedgerEntry.order_id == row.order_id)
    minor = tx.session.scalars(entries).one()
    return None if minor is None else Money(max(int(minor), 0), row.currency)


def on_account(tx: Transaction, customer_id: UUID | None) -> bool:
    """Whether a customer may pay by invoice."""
    allowed = select(Customer.on_account).where(Customer.customer_id == customer_id)
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
