"""Payments as an administrator lists them: movements of an order, and money without an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select

from app.models.central.order import SalesOrder
from app.models.central.order_life import OrderChangeRow
from app.models.central.payment import CardAttemptRow, CardMovement, MovementKind, PayLinkRow
from app.services.central.payment_rows import link_view, locked, paid_under, view_of
from app.services.central.transaction import Transaction
from app.services.rules.payments import HOLDS_MONEY, IS_PAID
from app.values.money import Money
from app.values.vocabulary import AttemptState
from app.wire.payments import CardAttempt, PayLink, Payments

ROWS_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementLine:
    """One capture, refund or void; a void has no amount of its own."""

    movement_id: UUID
    attempt_id: UUID
    kind: MovementKind
    amount: Money | None
    state: str
    asked_at: datetime


def attempt_of(tx: Transaction, attempt_id: UUID) -> CardAttempt:
    """One attempt. Raises Refusal `attempt_unknown`."""
    return view_of(locked(tx, attempt_id))


def movements_of(tx: Transaction, order_id: UUID) -> tuple[MovementLine, ...]:
    """Every movement of the order's attempts, oldest first."""
    rows = tx.session.execute(
        select(CardMovement, CardAttemptRow.currency)
        .join(CardAttemptRow, CardAttemptRow.attempt_id == CardMovement.attempt_id)
        .where(CardAttemptRow.order_id.in_(paid_under(tx, order_id)))
        .order_by(CardMovement.asked_at, CardMovement.movement_id)
    )
    return tuple(
        MovementLine(
            movement_id=row.movement_id,
            attempt_id=row.attempt_id,
            kind=row.kind,
            amount=Money(row.amount_minor, currency) if row.amount_minor is not None else None,
            state=row.state.value,
            asked_at=row.asked_at,
        )
        for row, currency in rows
    )


def without_order(tx: Transaction) -> Payments:
    """What is held, or being given back, or was paid, for orders that have not come."""
    unsettled = HOLDS_MONEY | {AttemptState.VOIDING, AttemptState.UNKNOWN, AttemptState.STARTED}
    attempts: Sequence[CardAttemptRow] = tx.session.scalars(
        select(CardAttemptRow)
        .where(
            CardAttemptRow.state.in_(unsettled - {AttemptState.REFUNDED}),
            ~exists().where(SalesOrder.order_id == CardAttemptRow.order_id),
            ~exists().where(OrderChangeRow.change_id == CardAttemptRow.order_id),
        )
        .order_by(CardAttemptRow.started_at)
        .limit(ROWS_MOST)
    ).all()
    links: Sequence[PayLinkRow] = tx.session.scalars(
        select(PayLinkRow)
        .where(
            PayLinkRow.state.in_(IS_PAID),
            ~exists().where(SalesOrder.order_id == PayLinkRow.order_id),
            ~exists().where(OrderChangeRow.change_id == PayLinkRow.order_id),
        )
        .order_by(PayLinkRow.sent_at)
        .limit(ROWS_MOST)
    ).all()
    held: tuple[CardAttempt, ...] = tuple(map(view_of, attempts))
    paid: tuple[PayLink, ...] = tuple(map(link_view, links))
    return Payments(attempts=held, links=paid)
