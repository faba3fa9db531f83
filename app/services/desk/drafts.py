"""Drafts: orders without a number, each under its own id, each save one transaction on the disk.

There is no current order here. What was placed, given up or handed to a colleague is not changed
any more. The centre hears of a draft given up only where it may hold money for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, Row, and_, case, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from app.models.desk.parking import HandedDraftRow, ParkedDraftRow
from app.models.desk.table import DeskTable
from app.models.desk.tables import CommandRow, DraftRow, PlacedOrderRow
from app.services.desk.commands import Commands
from app.services.desk.parking import note_call_back, refuse_handed
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
from app.values.vocabulary import CommandKind, DraftState, Handing, Region
from app.wire.handover import ParkDraft
from app.wire.message import Nothing, decode
from app.wire.orders import (
    CallBack,
    Drafts,
    DraftSaved,
    DraftSummary,
    HandedAway,
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
    where=and_(
        _DRAFT.c.state.in_(_GOING_ON),
        _DRAFT.c.order_id.not_in(select(HandedDraftRow.order_id)),
    ),
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
        saved_at = self._clock.now()
        self.refuse_others(request.document)
        refuse_cards_in(request.document)
        with self._store.write() as connection:
            self._keep(connection, request.document, DraftState.OPEN, saved_at)
        return DraftSaved(saved_at=saved_at)

    def park(self, request: ParkDraft) -> Nothing:
        """Put an order by until its caller is called back; it is on the disk when this returns.

        Raises Refusal as `save`.
        """
        now = self._clock.now()
        self.refuse_others(request.document)
        refuse_cards_in(request.document)
        with self._store.write() as connection:
            self._keep(connection, request.document, DraftState.PARKED, now)
            note_call_back(connection, request.document.order_id, request.call_back, now)
        return Nothing()

    def keep(self, connection: Connection, document: OrderDocument) -> None:
        """Write a draft in somebody else's transaction. Raises Refusal `draft_closed`."""
        self._keep(connection, document, DraftState.OPEN, self._clock.now())

    def _keep(
        self, connection: Connection, document: OrderDocument, state: DraftState, at: datetime
    ) -> None:
        row = {
            "order_id": document.order_id,
            "state": state,
            "document": packed(document),
            "started_at": document.started_at,
            "saved_at": at,
            "taken_by": document.taken_by,
            "void_reason": "",
        }
        if connection.execute(_SAVE, row).rowcount == 0:
            refuse_handed(connection, document.order_id)
            raise _closed()

    def list(self, request: ListDrafts) -> Drafts:
        """Drafts to go on with, the most urgent first, and orders whose number was never shown."""
        not_given = (
            select(CommandRow.body)
            .join(PlacedOrderRow, PlacedOrderRow.position == CommandRow.position)
            .where(PlacedOrderRow.number_shown_at.is_(None))
            .order_by(CommandRow.position)
        )
        with self._store.read() as connection:
            rows = connection.execute(_LISTED.limit(request.limit)).all()
            bodies = connection.execute(not_given).scalars().all()
        return Drafts(
            drafts=tuple(map(self._summary, rows)),
            number_not_given=tuple(decode(body, PlacedOrder) for body in bodies),
        )

    def open(self, request: OpenDraft) -> OrderDocument:
        """A draft to go on with. Raises Refusal `draft_unknown` or `draft_closed`."""
        query = select(DraftRow.document, DraftRow.state).where(
            DraftRow.order_id == request.order_id
        )
        with self._store.read() as connection:
            row = connection.execute(query).one_or_none()
            refuse_handed(connection, request.order_id)
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
            refuse_handed(connection, request.order_id)
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

    def _summary(self, row: Row[tuple[bytes, datetime, DraftState]]) -> DraftSummary:
        document = unpacked(row.document)
        is_parked = row.state is DraftState.PARKED
        call_back = CallBack(at=row.call_back_at, phone=row.phone or "", note=row.note or "")
        handed = None
        if row.handing is not None:
            handed = HandedAway(
                state=row.handing, to_name=row.to_name, at=row.handed_at, by_name=row.by_name
            )
        return DraftSummary(
            order_id=OrderId(document.order_id),
            customer_name=document.customer.name if document.customer else "",
            line_count=len(document.lines),
            total=totals(document, self._regions[document.region]).total,
            changes=document.amends.number if document.amends is not None else None,
            saved_at=row.saved_at,
            taken_by=PersonId(document.taken_by),
            call_back=call_back if is_parked else None,
            handed=handed,
        )


_CALL_BACK_AT = case((DraftRow.state == DraftState.PARKED, ParkedDraftRow.call_back_at))
_LISTED = (
    select(
        DraftRow.document,
        DraftRow.saved_at,
        DraftRow.state,
        _CALL_BACK_AT.label("call_back_at"),
        ParkedDraftRow.phone,
        ParkedDraftRow.note,
        HandedDraftRow.state.label("handing"),
        HandedDraftRow.to_name,
        HandedDraftRow.at.label("handed_at"),
        HandedDraftRow.by_name,
    )
    .outerjoin(ParkedDraftRow, ParkedDraftRow.order_id == DraftRow.order_id)
    .outerjoin(HandedDraftRow, HandedDraftRow.order_id == DraftRow.order_id)
    .where(or_(DraftRow.state.in_(_GOING_ON), HandedDraftRow.state == Handing.TAKEN))
    .order_by(
        HandedDraftRow.order_id.is_not(None),
        _CALL_BACK_AT.is_(None),
        _CALL_BACK_AT,
        DraftRow.saved_at.desc(),
    )
)


def _closed() -> Refusal:
    return Refusal("draft_closed", "This order was placed or given up; it cannot be changed here.")
