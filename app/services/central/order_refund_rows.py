"""Rows of money that goes back for an order: what a plan makes of them, and what it takes back.

Part of the transaction it is given, which has the order locked. Nothing here speaks to a gateway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.models.central.order_life import OrderRefund
from app.services.central.installation import Installations
from app.services.central.transaction import Transaction
from app.services.rules.refunds import Settlement
from app.values.order_life import RefundState


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


def _locked(tx: Transaction, refunds: Sequence[UUID]) -> Sequence[OrderRefund]:
    rows = select(OrderRefund).where(
        OrderRefund.refund_id.in_(refunds), OrderRefund.state == RefundState.DUE
    )
    return tx.session.scalars(rows.order_by(OrderRefund.refund_id).with_for_update()).all()
