"""The rows of one order for its page, each kind with one statement and no more than so many.

Part of the snapshot it is given; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, union_all

from app.models.central.contact import ContactRow
from app.models.central.order import OrderEvent, SalesOrder
from app.models.central.order_life import (
    OrderEdit,
)
from app.models.central.payment import CardMovement
from app.models.central.people import Device, Person
from app.models.central.recording import RecordingLease
from app.models.central.stock import OrderAllocation
from app.services.central.contacts import is_about, level_shown
from app.services.central.transaction import Transaction
from app.services.rules.order_story import Event, Movement, pause_end_words
from app.values.identity import (
    ContactId,
    DeviceId,
    ProductCode,
)
from app.values.money import Currency, Money
from app.values.order_life import IdentityLevel
from app.wire.order_changes import ChangeView
from app.wire.order_page import (
    ContactView,
    Editing,
    RecordingGap,
)
from app.wire.orders import OrderView

ROWS_MOST = 200
"""Of each kind of thing that can happen to an order; the newest where there are more."""


class OrderRows:
    """The rows of one order, each kind with one statement."""

    def __init__(self, tx: Transaction, row: SalesOrder) -> None:
        self._tx = tx
        self._order: UUID = row.order_id
        self._currency: Currency = row.currency

    def stock(self) -> dict[ProductCode, tuple[int, int]]:
        """What is set aside and what follows later, by product."""
        rows = select(
            OrderAllocation.code, OrderAllocation.allocated, OrderAllocation.back_ordered
        ).where(OrderAllocation.order_id == self._order)
        return {
            ProductCode(code): (allocated, back_ordered)
            for code, allocated, back_ordered in self._tx.session.execute(rows)
        }

    def events(self) -> tuple[Event, ...]:
        """What was written when something happened, oldest first."""
        rows = (
            select(OrderEvent)
            .where(OrderEvent.order_id == self._order)
            .order_by(OrderEvent.seq.desc())
            .limit(ROWS_MOST)
        )
        return tuple(
            Event(
                kind=one.kind,
                at=one.at,
                person=one.person_id,
                seat=one.device_id,
                facts=one.facts,
            )
            for one in reversed(self._tx.session.scalars(rows).all())
        )

    def movements(self, order: OrderView) -> tuple[Movement, ...]:
        """Money of its cards that was taken or sent back, oldest first."""
        attempts = [one.attempt_id for one in order.payments.attempts]
        if not attempts:
            return ()
        rows = (
            select(CardMovement)
            .where(CardMovement.attempt_id.in_(attempts))
            .order_by(CardMovement.asked_at.desc(), CardMovement.movement_id.desc())
            .limit(ROWS_MOST)
        )
        return tuple(map(self._movement, reversed(self._tx.session.scalars(rows).all())))

    def _movement(self, row: CardMovement) -> Movement:
        amount = row.amount_minor
        return Movement(
            kind=row.kind.value,
            state=row.state.value,
            attempt_id=row.attempt_id,
            amount=Money(amount, self._currency) if amount is not None else None,
            at=row.settled_at or row.asked_at,
            person=row.person_id,
            refusal=row.refusal_sentence,
        )

    def contacts(self) -> tuple[ContactView, ...]:
        """Conversations about it, oldest first."""
        rows = (
            select(ContactRow, Person.name, level_shown(self._order))
            .outerjoin(Person, Person.person_id == ContactRow.person_id)
            .where(is_about(self._order))
            .order_by(ContactRow.started_at.desc(), ContactRow.contact_id.desc())
            .limit(ROWS_MOST)
        )
        return tuple(
            ContactView(
                contact_id=ContactId(row.contact_id),
                channel=row.channel,
                reason=row.reason,
                outcome=row.outcome,
                resolved=row.resolved,
                started_at=row.started_at,
                ended_at=row.ended_at,
                by=name or "",
                note=row.note,
                level=level or IdentityLevel.NOTHING,
            )
            for row, name, level in reversed(self._tx.session.execute(rows).all())
        )

    def gaps(self, changes: Iterable[ChangeView]) -> tuple[RecordingGap, ...]:
        """Of the order's own calls, and of those in which it was changed."""
        calls = (self._order, *(one.change_id for one in changes))
        rows = (
            select(RecordingLease)
            .where(RecordingLease.order_id.in_(calls), RecordingLease.held_at.is_not(None))
            .order_by(RecordingLease.held_at.desc(), RecordingLease.lease_id.desc())
            .limit(ROWS_MOST)
        )
        return tuple(map(_gap, reversed(self._tx.session.scalars(rows).all())))

    def editing(self) -> Editing | None:
        """Who is changing it just now, whoever came last; not the seat that asks."""
        rows = (
            select(OrderEdit, Person.name)
            .outerjoin(Person, Person.person_id == OrderEdit.person_id)
            .where(OrderEdit.order_id == self._order, OrderEdit.until > self._tx.at)
        )
        found = self._tx.session.execute(rows).one_or_none()
        if found is None:
            return None
        row, name = found
        asking = self._tx.actor.device
        if asking is not None and asking.device_id == row.device_id:
            return None
        return Editing(by=name or "", device_id=DeviceId(row.device_id), since=row.since)


def _gap(row: RecordingLease) -> RecordingGap:
    return RecordingGap(
        paused_at=row.held_at or row.requested_at,
        resumed_at=row.resumed_at,
        ended_as=pause_end_words(row.end_reason),
    )


def names_of(
    tx: Transaction, people: Iterable[UUID | None], seats: Iterable[UUID | None]
) -> dict[UUID, str]:
    """Names of persons and of seats, as far as they are known."""
    rows = union_all(
        select(Person.person_id, Person.name).where(Person.person_id.in_(set(people) - {None})),
        select(Device.device_id, Device.name).where(Device.device_id.in_(set(seats) - {None})),
    )
    return {row[0]: row[1] for row in tx.connection.execute(rows)}
