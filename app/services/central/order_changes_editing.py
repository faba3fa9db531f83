"""Who is changing an order just now: a word to colleagues, never a lock.

It runs out by itself, so that a desk that was switched off keeps nobody from anything. Two who
change an order all the same are told apart when their changes arrive.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.models.central.order import SalesOrder
from app.models.central.order_life import OrderEdit
from app.models.central.people import Person
from app.services.central.transaction import Actor, Handlers, Transaction
from app.values.errors import Refusal
from app.wire import order_operations
from app.wire.message import Nothing
from app.wire.order_changes import BeginChange, ChangeBegun, LeaveChange

EDITED_FOR = timedelta(minutes=30)


class Editing:
    """Answers `orders.begin_change` and `orders.leave_change`."""

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(order_operations.BEGIN_CHANGE, self.begin)
        handlers.add(order_operations.LEAVE_CHANGE, self.leave)

    def begin(self, tx: Transaction, actor: Actor, request: BeginChange) -> ChangeBegun:
        """Note it, and who was at it before. Raises Refusal `order_unknown`."""
        tx.about(request.order_id, change=str(request.change_id))
        if tx.session.get(SalesOrder, request.order_id) is None:
            raise unknown_order()
        before = tx.session.get(OrderEdit, request.order_id, with_for_update=True)
        found = ChangeBegun()
        if before is not None and before.until > tx.at and before.device_id != actor.seat.device_id:
            found = ChangeBegun(by=_name(tx, before.person_id), since=before.since)
        values = {
            "change_id": request.change_id,
            "device_id": actor.seat.device_id,
            "person_id": actor.signed_in.person_id,
            "since": tx.at,
            "until": tx.at + EDITED_FOR,
        }
        noted = insert(OrderEdit).values(order_id=request.order_id, **values)
        tx.session.execute(noted.on_conflict_do_update(index_elements=["order_id"], set_=values))
        return found

    def leave(self, tx: Transaction, actor: Actor, request: LeaveChange) -> Nothing:
        """Nothing where a colleague is at it by now."""
        del actor
        tx.about(request.order_id, change=str(request.change_id))
        end_edit(tx, request.order_id, request.change_id)
        return Nothing()


def end_edit(tx: Transaction, order_id: UUID, change_id: UUID) -> None:
    """The change has come, or was given up."""
    is_this = (OrderEdit.order_id == order_id) & (OrderEdit.change_id == change_id)
    tx.session.execute(delete(OrderEdit).where(is_this))


def unknown_order() -> Refusal:
    """The order never came here, or not yet."""
    return Refusal("order_unknown", "There is no such order here.")


def _name(tx: Transaction, person_id: UUID) -> str:
    name = select(Person.name).where(Person.person_id == person_id)
    return tx.session.scalars(name).one_or_none() or ""
