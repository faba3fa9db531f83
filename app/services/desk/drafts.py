"""Drafts: orders without a number, each under its own id, each save one transaction on the disk.

There is no current order here. What was placed or given up is not changed any more. The centre
hears of a draft given up only where it may hold money for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert

from app.models.desk.table import DeskTable
from app.models.desk.tables import CommandRow, DraftRow, PlacedOrderRow
from app.services.desk.commands import Commands
from app.services.desk.records import packed, unpacked
from app.services.desk.seat import Seat
from app.services.desk.sign_in import SignedIn
from app.services.desk.tenders import must_be_given_up
from app.services.rules.free_text import refuse_cards_in
from app.services.rules.pricing import totals
from app.services.rules.regions import RegionRules
from app.values.clock import Clock
from app.values.errors import Refusal
from app.values.identity import OrderId, PersonId
from app.values.vocabulary import CommandKind, DraftState, Region
from app.wire.message import Nothing, decode
from app.wire.orders import (
    Drafts,
    DraftSaved,
    DraftSummary,
    ListDrafts,
    OpenDraft,
    OrderDocument,
    PlacedOrder,
    SaveDraft,
    VoidDraft,
)
from app.wire.payments import GivenUpOrder

_GOING_ON = (DraftState.OPEN, DraftState.PARKED)
_DRAFT = DeskTable.metadata.tables["draft"]
_INSERT = insert(_DRAFT)
_SAVE = _INSERT.on_conflict_do_update(
    index_elements=["order_id"],
    set_={
        "state": _INSERT.excluded.state,
        "document": _INSERT.excluded.document,
        "saved_at": _INSERT.excluded.saved_at,
        "taken_by": _INSERT.excluded.taken_by,
    },
    where=_DRAFT.c.state.in_(_GOING_ON),
)
"""Built once: a statement with parameters costs a tenth of one that is built each time."""


class DraftService:
    """The drafts of one seat."""

    def __init__(
        self,
        commands: Commands,
        signed_in: SignedIn,
        seat: Seat,
        regions: Mapping[Region, RegionRules],
        clock: Clock,
    ) -> None:
        self._commands = commands
        self._store = commands.records.store
        self._signed_in = signed_in
        self._seat = seat
        self._regions = regions
        self._clock = clock

    def save(self, request: SaveDraft) -> DraftSaved:
        """Keep the document; it is on the disk when this returns.

        Raises Refusal `card_digits`, `other_seat` or `draft_closed`.
        """
        document = request.document
        self.refuse_others(document)
        refuse_cards_in(document)
        saved_at = self._clock.now()
        row = {
            "order_id": document.order_id,
            "state": DraftState.OPEN,
            "document": packed(document),
            "started_at": document.started_at,
            "saved_at": saved_at,
            "taken_by": document.taken_by,
            "void_reason": "",
        }
        with self._store.write() as connection:
            if connection.execute(_SAVE, row).rowcount == 0:
                raise _closed()
        return DraftSaved(saved_at=saved_at)

    def list(self, request: ListDrafts) -> Drafts:
        """Drafts to go on with, newest first, and orders whose number was never shown."""
        newest = (
            select(DraftRow.document, DraftRow.saved_at)
            .where(DraftRow.state.in_(_GOING_ON))
            .order_by(DraftRow.saved_at.desc())
            .limit(request.limit)
        )
        not_given = (
            select(CommandRow.body)
            .join(PlacedOrderRow, PlacedOrderRow.position == CommandRow.position)
            .where(PlacedOrderRow.number_shown_at.is_(None))
            .order_by(CommandRow.position)
        )
        with self._store.read() as connection:
            rows = connection.execute(newest).all()
            bodies = connection.execute(not_given).scalars().all()
        return Drafts(
            drafts=tuple(self._summary(row.document, row.saved_at) for row in rows),
            number_not_given=tuple(decode(body, PlacedOrder) for body in bodies),
        )

    def open(self, request: OpenDraft) -> OrderDocument:
        """A draft to go on with. Raises Refusal `draft_unknown` or `draft_closed`."""
        query = select(DraftRow.document, DraftRow.state).where(
            DraftRow.order_id == request.order_id
        )
        with self._store.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise Refusal("draft_unknown", "There is no such draft at this desk.")
        if row.state not in _GOING_ON:
            raise _closed()
        document = unpacked(row.document)
        return msgspec.structs.replace(document, device_id=self._seat.identity.device_id)

    def void(self, request: VoidDraft) -> Nothing:
        """Give a draft up, and with it what was authorised for it.

        Doing it twice changes nothing. Raises Refusal `draft_closed`.
        """
        person_id, now = self._signed_in.session.person.person_id, self._clock.now()
        with self._commands.writing() as writing:
            connection = writing.connection
            done = connection.execute(
                update(DraftRow)
                .where(
                    DraftRow.order_id == request.order_id,
                    DraftRow.state.in_((*_GOING_ON, DraftState.VOIDED)),
                )
                .values(
                    state=DraftState.VOIDED,
                    void_reason=request.reason,
                    saved_at=now,
                )
            )
            known = select(DraftRow.order_id).where(DraftRow.order_id == request.order_id)
            if done.rowcount == 0 and connection.execute(known).first():
                raise _closed()
            if must_be_given_up(connection, request.order_id):
                given_up = GivenUpOrder(
                    order_id=request.order_id, reason=request.reason, given_up_at=now
                )
                writing.capture(
                    CommandKind.GIVE_UP_ORDER,
                    request.order_id,
                    given_up,
                    person_id=person_id,
                    at=now,
                )
        return Nothing()

    def refuse_others(self, document: OrderDocument) -> None:
        """Raises Refusal `other_seat` for a document that belongs to another seat."""
        if document.device_id != self._seat.identity.device_id:
            raise Refusal("other_seat", "This order belongs to another desk.")

    def _summary(self, body: bytes, saved_at: datetime) -> DraftSummary:
        document = unpacked(body)
        return DraftSummary(
            order_id=OrderId(document.order_id),
            customer_name=document.customer.name if document.customer else "",
            line_count=len(document.lines),
            total=totals(document, self._regions[document.region]).total,
            saved_at=saved_at,
            taken_by=PersonId(document.taken_by),
        )


def _closed() -> Refusal:
    return Refusal("draft_closed", "This order was placed or given up; it cannot be changed here.")
