"""What an administrator sees of the warehouse: unsettled messages, reports that are kept.

Part of the transaction it is given, as the owner role.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.models.central.order import SalesOrder
from app.models.central.warehouse import WarehouseEventRow, WarehouseMessage
from app.services.central.transaction import Transaction
from app.values.errors import Refusal
from app.values.order_number import OrderNumber
from app.values.warehouse import EventOutcome, HandOverState

LISTED_MOST = 200
_UNSETTLED = (
    HandOverState.WAITING,
    HandOverState.RECEIVED,
    HandOverState.TOO_LATE,
    HandOverState.REFUSED,
)
_FOR_A_PERSON = (EventOutcome.PART, EventOutcome.KEPT, EventOutcome.CLASH)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLine:
    """A message that the warehouse has not taken, or not yet."""

    number: OrderNumber
    version: int
    kind: str
    state: str
    tries: int
    written_at: datetime
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """A report that a person has to look at."""

    event_id: str
    number: str
    kind: str
    outcome: str
    received_at: datetime
    sentence: str


def unsettled(tx: Transaction) -> list[MessageLine]:
    """The oldest first."""
    rows = tx.session.execute(
        select(WarehouseMessage, SalesOrder.number)
        .join(SalesOrder, SalesOrder.order_id == WarehouseMessage.order_id)
        .where(WarehouseMessage.state.in_(_UNSETTLED))
        .order_by(WarehouseMessage.seq)
        .limit(LISTED_MOST)
    )
    return [
        MessageLine(
            number=OrderNumber(number),
            version=row.revision,
            kind=row.kind.value,
            state=row.state.value,
            tries=row.tries,
            written_at=row.written_at,
            sentence=row.sentence,
        )
        for row, number in rows
    ]


def for_a_person(tx: Transaction) -> list[EventLine]:
    """The oldest first."""
    rows = tx.session.scalars(
        select(WarehouseEventRow)
        .where(WarehouseEventRow.outcome.in_(_FOR_A_PERSON))
        .order_by(WarehouseEventRow.received_at, WarehouseEventRow.event_id)
        .limit(LISTED_MOST)
    )
    return [
        EventLine(
            event_id=row.event_id,
            number=str(row.document.get("number", "")),
            kind=row.kind.value,
            outcome=row.outcome.value,
            received_at=row.received_at,
            sentence=row.sentence,
        )
        for row in rows
    ]


def send_again(tx: Transaction, number: OrderNumber) -> UUID:
    """Tell the warehouse of an order once more, under the id of its last message.

    Raises Refusal `order_unknown` or `not_handed_over`.
    """
    order = tx.session.scalars(
        select(SalesOrder).where(SalesOrder.number == number).with_for_update()
    ).first()
    if order is None:
        raise Refusal("order_unknown", "There is no such order here.")
    row = tx.session.scalars(
        select(WarehouseMessage)
        .where(
            WarehouseMessage.order_id == order.order_id,
            WarehouseMessage.state != HandOverState.SUPERSEDED,
        )
        .order_by(WarehouseMessage.seq.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if row is None:
        raise Refusal("not_handed_over", "The warehouse was not told of this order yet.")
    row.state, row.due_at, row.settled_at = HandOverState.WAITING, tx.at, None
    tx.audit("admin.warehouse.resend", order.order_id, message=str(row.message_id))
    return row.message_id
