"""Rows of money that goes back for an order: what a plan makes of them, and what it takes back.

Part of the transaction it is given, which has the order locked. Nothing here speaks to a gateway.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.models.central.order import OrderEvent, SalesOrder
from app.models.central.order_life import OrderChangeRow, OrderRefund
from app.services.central.installation import Installations
from app.services.central.payment_rows import payments_of
from app.services.central.transaction import Actor, Transaction
from app.services.rules.refunds import Settlement, Tendered, settlement
from app.values.identity import AttemptId, LinkId, RefundId
from app.values.money import Currency, Money
from app.values.order_life import ChangeState, RefundState
from app.wire.order_changes import RefundView
from app.wire.payments import Payments

REFUNDED = "refunded"
"""Kind of the event of an order when money has gone back."""

_CAME_TO_NOTHING = {ChangeState.WITHDRAWN, ChangeState.REJECTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What refunds are made for, and by whom."""

    order_id: UUID
    change_id: UUID | None
    person_id: UUID | None
    reason: str


def keep_settlement(tx: Transaction, settled: Settlement, why: Why) -> tuple[OrderRefund, ...]:
    """Take back what is not to go like that any more, and let the rest go when it is due."""
    if settled.undo:
        for row in _locked(tx, settled.undo):
            end(tx, row, RefundState.UNDONE)
    _, policy = Installations().policy(tx)
    due_at = tx.at + timedelta(minutes=policy.undo_minutes)
    rows = tuple(
        OrderRefund(
            refund_id=tx.ids.new(),
            order_id=why.order_id,
            change_id=why.change_id,
            way=one.way,
            attempt_id=one.attempt_id,
            link_id=one.link_id,
            amount_minor=one.amount.minor,
            reason=why.reason,
            state=RefundState.DUE,
            refusal_code="",
            refusal_sentence="",
            person_id=why.person_id,
            asked_at=tx.at,
            due_at=due_at,
            settled_at=None,
            tries=0,
        )
        for one in settled.ways
    )
    tx.session.add_all(rows)
    tx.session.flush()
    return rows


def end(tx: Transaction, row: OrderRefund, state: RefundState) -> None:
    """Nothing more happens with it."""
    row.state, row.settled_at, row.due_at = state, tx.at, None


def tendered(payments: Payments, refunds: Iterable[OrderRefund], currency: Currency) -> Tendered:
    """What was paid and what goes back, as the rules ask for it."""
    return Tendered(
        attempts=payments.attempts,
        links=payments.links,
        refunds=tuple(refund_view(one, currency) for one in refunds),
    )


def refund_view(row: OrderRefund, currency: Currency) -> RefundView:
    """Money on its way back, as it is shown."""
    return RefundView(
        refund_id=RefundId(row.refund_id),
        way=row.way,
        amount=Money(row.amount_minor, currency),
        state=row.state,
        attempt_id=AttemptId(row.attempt_id) if row.attempt_id else None,
        link_id=LinkId(row.link_id) if row.link_id else None,
        reason=row.reason,
        sentence=row.refusal_sentence,
        at=row.asked_at,
        due_at=row.due_at,
        settled_at=row.settled_at,
    )


def give_back_for(tx: Transaction, change_id: UUID) -> None:
    """What was taken for a request that came to nothing goes back; else nothing happens.

    No order counts it. Of an order that never came there is nothing it could be written down with.
    """
    change = tx.session.get(OrderChangeRow, change_id)
    if change is None or change.state not in _CAME_TO_NOTHING:
        return
    order = tx.session.get(SalesOrder, change.order_id, with_for_update=True)
    if order is None:
        return
    rows = tx.session.scalars(select(OrderRefund).where(OrderRefund.change_id == change_id))
    paid = tendered(payments_of(tx, change_id), rows, order.currency)
    why = Why(
        order_id=order.order_id,
        change_id=change_id,
        person_id=change.settled_by,
        reason="It was paid for a change that was not made.",
    )
    keep_settlement(tx, settlement(Money(0, order.currency), paid), why)


def went_back(tx: Transaction, refund_id: UUID) -> None:
    """The gateway has sent it; nothing where that is known, or it is no refund of an order.

    Asked where the movement is kept as done, so that no sum ever counts both.
    """
    seen = tx.session.get(OrderRefund, refund_id)
    if seen is None:
        return
    _, row = locked_refund(tx, refund_id)
    if row.state is not RefundState.STARTED:
        return
    end(tx, row, RefundState.DONE)
    tx.session.add(refund_event(tx, row, None))
    tx.audit(
        "orders.refund",
        row.order_id,
        refund=str(refund_id),
        way=row.way.value,
        amount=row.amount_minor,
    )


def locked_refund(tx: Transaction, refund_id: UUID) -> tuple[SalesOrder, OrderRefund]:
    """A refund that there is, behind the lock of its order."""
    seen = tx.session.get_one(OrderRefund, refund_id)
    order = tx.session.get_one(SalesOrder, seen.order_id, with_for_update=True)
    row = tx.session.get_one(OrderRefund, refund_id, with_for_update=True, populate_existing=True)
    return order, row


def refund_event(tx: Transaction, row: OrderRefund, actor: Actor | None) -> OrderEvent:
    """That something became of a refund."""
    return OrderEvent(
        order_id=row.order_id,
        kind=REFUNDED,
        at=tx.at,
        device_id=actor.device.device_id if actor and actor.device else None,
        person_id=actor.person.person_id if actor and actor.person else None,
        command_id=actor.command_id if actor else None,
        facts={
            "refund": str(row.refund_id),
            "way": row.way.value,
            "state": row.state.value,
            "amount": row.amount_minor,
        },
    )


def _locked(tx: Transaction, refunds: Sequence[UUID]) -> Sequence[OrderRefund]:
    rows = select(OrderRefund).where(
        OrderRefund.refund_id.in_(refunds), OrderRefund.state == RefundState.DUE
    )
    return tx.session.scalars(rows.order_by(OrderRefund.refund_id).with_for_update()).all()
