"""Conversations at this seat: on the disk from the first word on, sent as commands when they end.

One that nobody ended, because the program did, is ended as dropped at the next start. Any lane.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import Connection, Uuid, bindparam, delete, insert, select, update

from app.models.desk.contact import ContactRow
from app.models.desk.tables import CommandRow, PlacedOrderRow
from app.services.desk.commands import Commands, Writing
from app.services.desk.sign_in import SignedIn
from app.store.desk import DeskStore
from app.values.card import refuse_card_digits
from app.values.clock import Clock
from app.values.errors import Refusal
from app.values.identity import ContactId, OrderId, PersonId
from app.values.order_life import ContactOutcome, ContactReason
from app.values.vocabulary import CallOutcome, CommandKind
from app.wire.contacts import Contact, EndContact, IdentityChecked, NoteContact, OpenContact
from app.wire.message import Nothing, decode, encode

LONGEST_CONTACT = timedelta(hours=12)
ORDERS_MOST = CHECKS_MOST = 100

_ONE = select(ContactRow.__table__).where(
    ContactRow.contact_id == bindparam("wanted", type_=Uuid())
)
_OPEN = (
    select(ContactRow.__table__)
    .where(ContactRow.ended_at.is_(None))
    .order_by(ContactRow.started_at.desc(), ContactRow.contact_id)
)


@dataclass(frozen=True, slots=True)
class _Ending:
    """What is said of a contact at its end."""

    reason: ContactReason
    outcome: ContactOutcome
    resolved: bool
    note: str = ""


_OF_CALLS = {
    CallOutcome.ORDER_PLACED: (ContactOutcome.ORDER_PLACED, True),
    CallOutcome.CALL_BACK_PROMISED: (ContactOutcome.CALL_BACK_PROMISED, False),
    CallOutcome.COMPLAINT_OPENED: (ContactOutcome.PASSED_ON, False),
    CallOutcome.CALL_DROPPED: (ContactOutcome.CALL_DROPPED, False),
}
"""What the end of a call about a placed order says of its contact."""


class ContactService:
    """The contacts of one seat."""

    def __init__(self, commands: Commands, signed_in: SignedIn, clock: Clock) -> None:
        self._commands = commands
        self._signed_in = signed_in
        self._clock = clock

    @property
    def _store(self) -> DeskStore:
        return self._commands.records.store

    def note(self, request: NoteContact) -> OpenContact:
        """Begin a contact, or keep what more is known of it; on the disk when this returns."""
        person_id = self._signed_in.session.person.person_id
        with self._store.write() as connection:
            row = connection.execute(_ONE, {"wanted": request.contact_id}).one_or_none()
            if row is not None and row.ended_at is not None:
                return decode(row.document, OpenContact)
            before = None if row is None else decode(row.document, OpenContact)
            contact = _with(before or _begun(request), request, self._clock.now())
            if row is None:
                connection.execute(
                    insert(ContactRow),
                    {
                        "contact_id": contact.contact_id,
                        "person_id": person_id,
                        "document": encode(contact),
                        "started_at": contact.started_at,
                        "ended_at": None,
                    },
                )
            else:
                _keep(connection, contact)
        return contact

    def end(self, request: EndContact) -> Nothing:
        """Say what a contact was for and what came of it; the first time counts.

        Raises Refusal `card_digits` or `contact_unknown`.
        """
        refuse_card_digits(request.note, "note")
        ending = _Ending(request.reason, request.outcome, request.resolved, request.note.strip())
        with self._commands.writing() as writing:
            row = writing.connection.execute(_ONE, {"wanted": request.contact_id}).one_or_none()
            if row is None:
                raise Refusal("contact_unknown", "There is no such contact at this desk.")
            if row.ended_at is None:
                contact = _answered(decode(row.document, OpenContact))
                self._end(writing, contact, ending, row.person_id, self._clock.now())
        return Nothing()

    def took(self, connection: Connection, order_id: OrderId) -> ContactId | None:
        """The contact in which an order is being placed, which is then about it; None without."""
        contact = self._current(connection)
        if contact is None:
            return None
        self._about(
            connection, contact, order_id, ContactReason.NEW_ORDER, ContactOutcome.ORDER_PLACED
        )
        return contact.contact_id

    def changed(
        self,
        connection: Connection,
        order_id: OrderId,
        reason: ContactReason,
        outcome: ContactOutcome,
    ) -> ContactId | None:
        """The contact in which an order is being changed, which is then about it; None without."""
        contact = self._current(connection)
        if contact is None:
            return None
        self._about(connection, contact, order_id, reason, outcome)
        return contact.contact_id

    def end_with_call(
        self,
        writing: Writing,
        order_id: UUID,
        how: tuple[CallOutcome, str],
        *,
        left: bool = False,
    ) -> None:
        """End the contact in which an order was placed, as its call ended.

        `left`: nobody ended the call, so it lasted as long as anything was heard of it.
        """
        call_outcome, note = how
        outcome, resolved = _OF_CALLS[call_outcome]
        is_complaint = call_outcome is CallOutcome.COMPLAINT_OPENED
        for row in writing.connection.execute(_OPEN).all():
            contact = decode(row.document, OpenContact)
            if order_id not in contact.orders:
                continue
            reason = ContactReason.COMPLAINT if is_complaint else ContactReason.NEW_ORDER
            ended_at = contact.noted_at if left else self._clock.now()
            ending = _Ending(reason, outcome, resolved, note)
            self._end(writing, _answered(contact), ending, row.person_id, ended_at)

    def end_left(self, *, at_start: bool = False) -> int:
        """End the contacts that nobody ended, as dropped; gives how many.

        At a start whoever was on the line is gone, unless an order of theirs waits for its number
        to be told: its call is taken up again.
        """
        before = self._clock.now() - LONGEST_CONTACT
        with self._store.read() as connection:
            if not self._left(connection, before, at_start=at_start):
                return 0
        with self._commands.writing() as writing:
            left = self._left(writing.connection, before, at_start=at_start)
            for contact, person_id in left:
                reason = contact.reason or ContactReason.OTHER
                ending = _Ending(reason, ContactOutcome.CALL_DROPPED, resolved=False)
                self._end(writing, contact, ending, person_id, contact.noted_at)
        return len(left)

    def _left(
        self, connection: Connection, before: datetime, *, at_start: bool
    ) -> list[tuple[OpenContact, UUID]]:
        not_told = select(PlacedOrderRow.order_id).where(PlacedOrderRow.number_shown_at.is_(None))
        found: list[tuple[OpenContact, UUID]] = []
        waiting: set[UUID] | None = None
        for row in connection.execute(_OPEN).all():
            contact = decode(row.document, OpenContact)
            if contact.noted_at >= before:
                if waiting is None:
                    waiting = set(connection.execute(not_told).scalars())
                if not at_start or not waiting.isdisjoint(contact.orders):
                    continue
            found.append((contact, row.person_id))
        return found

    def _current(self, connection: Connection) -> OpenContact | None:
        """The contact that began last and has not ended, of who is signed in."""
        person_id = self._signed_in.session.person.person_id
        query = _OPEN.where(ContactRow.person_id == person_id).limit(1)
        row = connection.execute(query).one_or_none()
        return None if row is None else decode(row.document, OpenContact)

    def _about(
        self,
        connection: Connection,
        contact: OpenContact,
        order_id: OrderId,
        reason: ContactReason,
        outcome: ContactOutcome,
    ) -> None:
        now = self._clock.now()
        orders = _added(contact.orders, (order_id,))
        _keep(
            connection,
            replace(contact, orders=orders, reason=reason, outcome=outcome, noted_at=now),
        )

    def _end(
        self,
        writing: Writing,
        contact: OpenContact,
        ending: _Ending,
        person_id: UUID,
        ended_at: datetime,
    ) -> None:
        ended_at = max(ended_at, contact.started_at)
        body = Contact(
            contact_id=contact.contact_id,
            channel=contact.channel,
            caller_number=contact.caller_number,
            customer_id=contact.customer_id,
            orders=contact.orders,
            reason=ending.reason,
            outcome=ending.outcome,
            resolved=ending.resolved,
            note=ending.note,
            checks=contact.checks,
            started_at=contact.started_at,
            answered_at=contact.answered_at,
            ended_at=ended_at,
        )
        writing.capture(
            CommandKind.NOTE_CONTACT,
            contact.contact_id,
            body,
            person_id=PersonId(person_id),
            at=self._clock.now(),
        )
        _keep(
            writing.connection,
            replace(contact, reason=ending.reason, outcome=ending.outcome, ended_at=ended_at),
        )


def mark_noted_ended(connection: Connection) -> None:
    """A contact whose command is here has ended, whatever a row of before says."""
    noted = select(CommandRow.body).where(CommandRow.kind == CommandKind.NOTE_CONTACT)
    for body in connection.execute(noted).scalars().all():
        contact = decode(body, Contact)
        connection.execute(
            update(ContactRow)
            .where(ContactRow.contact_id == contact.contact_id, ContactRow.ended_at.is_(None))
            .values(ended_at=contact.ended_at)
        )


def forget_old(connection: Connection, before: datetime) -> None:
    """Remove contacts that ended before an instant; their commands have gone by then."""
    connection.execute(delete(ContactRow).where(ContactRow.ended_at < before))


def _begun(request: NoteContact) -> OpenContact:
    return OpenContact(
        contact_id=request.contact_id,
        started_at=request.started_at,
        noted_at=request.started_at,
    )


def _with(contact: OpenContact, request: NoteContact, now: datetime) -> OpenContact:
    """What was known before and what was noted now."""
    about = {(check.order_id, check.customer_id) for check in request.checks}
    kept = tuple(c for c in contact.checks if (c.order_id, c.customer_id) not in about)
    checks: tuple[IdentityChecked, ...] = (*kept, *request.checks)
    return replace(
        contact,
        channel=request.channel or contact.channel,
        caller_number=request.caller_number or contact.caller_number,
        customer_id=request.customer_id or contact.customer_id,
        orders=_added(contact.orders, request.orders),
        checks=checks[-CHECKS_MOST:],
        reason=request.reason or contact.reason,
        outcome=request.outcome or contact.outcome,
        answered_at=request.answered_at or contact.answered_at,
        noted_at=max(now, contact.noted_at),
    )


def _added(orders: tuple[OrderId, ...], more: tuple[OrderId, ...]) -> tuple[OrderId, ...]:
    return tuple(dict.fromkeys((*orders, *more)))[-ORDERS_MOST:]


def _answered(contact: OpenContact) -> OpenContact:
    """Who says how it ended has spoken with somebody."""
    if contact.answered_at is not None:
        return contact
    return replace(contact, answered_at=contact.started_at)


def _keep(connection: Connection, contact: OpenContact) -> None:
    connection.execute(
        update(ContactRow)
        .where(ContactRow.contact_id == contact.contact_id)
        .values(document=encode(contact), ended_at=contact.ended_at)
    )
