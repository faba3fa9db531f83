"""Ends the call about a placed order: how it ended goes to the centre as a command of its own.

The contact in which the order was placed ends with it, and nobody is asked twice.

A call that nobody ended is ended as dropped, at the next start or half a day later, so that what
was said at its close reaches the centre all the same. Any lane.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Uuid, bindparam, exists, or_, select, text
from sqlalchemy.orm import aliased

from app.models.desk.tables import ENDS_CALL, CommandRow, PlacedOrderRow, ReadBackEntryRow
from app.services.desk.commands import Commands, Writing
from app.services.desk.contacts import ContactService
from app.services.desk.records import CLOSING, entries_of
from app.services.desk.sign_in import SignedIn
from app.values.card import refuse_card_digits
from app.values.clock import Clock
from app.values.errors import Refusal
from app.values.identity import OrderId, PersonId
from app.values.order_number import OrderNumber
from app.values.vocabulary import CallOutcome, CommandKind
from app.wire.message import Nothing
from app.wire.read_back import CloseCall, ClosedCall

LONGEST_CALL = timedelta(hours=12)

_ENDED = select(CommandRow.order_id).where(text(ENDS_CALL))
_IS_ENDED = exists(_ENDED.where(CommandRow.order_id == bindparam("wanted", type_=Uuid())))
_PLACED = select(PlacedOrderRow.number, _IS_ENDED.label("is_ended")).where(
    PlacedOrderRow.order_id == bindparam("wanted", type_=Uuid())
)
_PLACING = aliased(CommandRow)
_LEFT = (
    select(PlacedOrderRow.order_id, PlacedOrderRow.number, _PLACING.person_id)
    .join(_PLACING, _PLACING.position == PlacedOrderRow.position)
    .where(
        PlacedOrderRow.order_id.not_in(_ENDED),
        # Orders of a program that knew no read-back have no call to end.
        PlacedOrderRow.order_id.in_(select(ReadBackEntryRow.order_id)),
    )
    .order_by(PlacedOrderRow.position)
)


class CallService:
    """The calls of one seat."""

    def __init__(
        self, commands: Commands, contacts: ContactService, signed_in: SignedIn, clock: Clock
    ) -> None:
        self._commands = commands
        self._contacts = contacts
        self._signed_in = signed_in
        self._clock = clock

    def close(self, request: CloseCall) -> Nothing:
        """Note how the call ended; the first time counts.

        Raises Refusal `card_digits` or `not_placed`.
        """
        person_id = self._signed_in.session.person.person_id
        refuse_card_digits(request.note, "note")
        with self._commands.writing() as writing:
            found = writing.connection.execute(_PLACED, {"wanted": request.order_id}).one_or_none()
            if found is None:
                raise Refusal("not_placed", "This order has not been placed at this desk.")
            if not found.is_ended:
                self._end(writing, request, OrderNumber(found.number), person_id)
                how = request.outcome, request.note.strip()
                self._contacts.end_with_call(writing, request.order_id, how)
        return Nothing()

    def end_left(self, *, at_start: bool = False) -> int:
        """End the calls and contacts that nobody ended, as dropped; gives how many calls.

        At a start whoever was on the line is gone, unless the number was never shown: such an order
        is taken up again.
        """
        ended = self._end_left(at_start=at_start)
        self._contacts.end_left(at_start=at_start)
        return ended

    def _end_left(self, *, at_start: bool) -> int:
        before = self._clock.now() - LONGEST_CALL
        is_over = [PlacedOrderRow.placed_at < before]
        if at_start:
            is_over.append(PlacedOrderRow.number_shown_at.is_not(None))
        query = _LEFT.where(or_(*is_over))
        with self._commands.records.store.read() as connection:
            if connection.execute(query.limit(1)).first() is None:
                return 0
        with self._commands.writing() as writing:
            rows = writing.connection.execute(query).all()
            for row in rows:
                request = CloseCall(
                    order_id=OrderId(row.order_id), outcome=CallOutcome.CALL_DROPPED
                )
                self._end(writing, request, OrderNumber(row.number), PersonId(row.person_id))
                how = request.outcome, request.note
                self._contacts.end_with_call(writing, row.order_id, how, left=True)
        return len(rows)

    def _end(
        self, writing: Writing, request: CloseCall, number: OrderNumber, person_id: PersonId
    ) -> None:
        now = self._clock.now()
        entries = entries_of(writing.connection, request.order_id)
        closed = ClosedCall(
            order_id=request.order_id,
            number=number,
            outcome=request.outcome,
            note=request.note,
            entries=tuple(entry for entry in entries if isinstance(entry, CLOSING)),
            closed_at=now,
            closed_by=person_id,
        )
        writing.capture(
            CommandKind.CLOSE_CALL, request.order_id, closed, person_id=person_id, at=now
        )
