"""Giving a draft to a colleague and taking theirs, with the centre between: never offline.

The draft is closed here before the centre is asked. Where nobody knows whether an offer arrived it
is taken back, and is this seat's again once the centre has said so: two never go on with one draft.
Any lane but the GUI thread; `look` is a job of the line.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from app.models.desk.parking import HandedDraftRow
from app.models.desk.table import DeskTable
from app.models.desk.tables import DraftRow, ReadBackEntryRow
from app.services.desk.change_records import base_of, note_begun
from app.services.desk.parking import call_back_of, note_call_back, refuse_handed
from app.services.desk.records import add_entries, entries_of, packed, unpacked
from app.services.desk.seat import Seat
from app.services.desk.sign_in import SignedIn
from app.services.desk.standing import Standing
from app.services.desk.tenders import tenders_of
from app.services.ports import Centre
from app.services.rules.payments import IS_PAID, STILL_OPEN
from app.store.desk import DeskStore
from app.values.clock import Clock
from app.values.errors import Fault, Refusal, Unreachable
from app.values.identity import HandoverId, Ids, OrderId
from app.values.vocabulary import AttemptState, DraftState, Handing, HandoverState
from app.wire.handover import (
    HANDOVERS_MOST,
    AskHandovers,
    ClaimDraft,
    ClaimedDraft,
    DraftReceived,
    HandOver,
    HandoverStanding,
    OfferDraft,
    TakeBack,
    TakeBackDraft,
    TakeOver,
)
from app.wire.handover_operations import (
    CLAIM_DRAFT,
    DRAFT_RECEIVED,
    HANDOVER_STANDINGS,
    OFFER_DRAFT,
    TAKE_BACK_DRAFT,
)
from app.wire.message import Nothing
from app.wire.orders import OrderDocument

EVERY_SECONDS = 10.0
TOLD_FOR = timedelta(hours=24)
"""So long the list says that a colleague has taken a draft over."""

HANDED_OVER = "handed over"
"""Why a draft that became a colleague's is closed here."""

_GOING_ON = (DraftState.OPEN, DraftState.PARKED)
_HOLDS_NOTHING = {AttemptState.DECLINED, AttemptState.FAILED, AttemptState.VOIDED}
_DRAFT = insert_or(DeskTable.metadata.tables["draft"])

A = TypeVar("A")


class HandingOver:
    """The hand-overs of one seat, both ways."""

    def __init__(
        self,
        store: DeskStore,
        centre: Centre,
        seat: Seat,
        signed_in: SignedIn,
        standing: Standing,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._store = store
        self._centre = centre
        self._seat = seat
        self._signed_in = signed_in
        self._standing = standing
        self._clock = clock
        self._ids = ids
        self._lock = threading.Lock()
        self._offering: set[UUID] = set()
        self._fetched: set[HandoverId] = set()
        self._looked_at: float | None = None
        self._when_given: list[Callable[[OrderId], None]] = []

    def when_given(self, listener: Callable[[OrderId], None]) -> None:
        """Call `listener` with every draft that now waits for a colleague."""
        self._when_given.append(listener)

    def hand_over(self, request: HandOver) -> Nothing:
        """Offer a draft of this seat to a colleague; from now on it is closed here.

        Raises Refusal `signed_in_offline`, `handover_needs_centre`, `handover_not_sure`,
        `draft_unknown`, `draft_closed`, `draft_handed_over`, `payment_open` or the centre's.
        """
        self._signed_in.refuse_offline()
        if not self._standing.is_online:
            raise _needs_centre()
        handover_id = HandoverId(self._ids.new())
        with self._lock:
            self._offering.add(handover_id)
        try:
            self._offer(handover_id, request)
        finally:
            with self._lock:
                self._offering.discard(handover_id)
        for listener in self._when_given:
            listener(request.order_id)
        return Nothing()

    def _offer(self, handover_id: HandoverId, request: HandOver) -> None:
        offer = self._closed_for(handover_id, request)
        try:
            self._centre.call(OFFER_DRAFT, offer)
        except Refusal:
            self._standing.heard()
            self._open_again(offer.handover_id)
            raise
        except Fault as fault:
            self._missed(fault)
            raise Refusal(
                "handover_not_sure",
                "The central service did not answer. The order is yours again as soon as it does; "
                "nothing of it is lost.",
            ) from fault
        self._standing.heard()
        with self._store.write() as connection:
            connection.execute(
                update(HandedDraftRow)
                .where(HandedDraftRow.handover_id == offer.handover_id)
                .values(state=Handing.OFFERED)
            )

    def bring_back(self, request: TakeBack) -> Nothing:
        """The draft is this seat's again, unless a colleague was quicker.

        Raises Refusal `handover_needs_centre` or `draft_handed_over`.
        """
        with self._store.read() as connection:
            row = _handed(connection, request.order_id)
        if row is not None and row.state is not Handing.TAKEN:
            self._apply(self._asked(lambda: self._take_back(row.handover_id)))
        with self._store.read() as connection:
            refuse_handed(connection, request.order_id)
        return Nothing()

    def take_over(self, request: TakeOver) -> OrderDocument:
        """Take a colleague's draft; it is on this disk when this returns.

        Raises Refusal `signed_in_offline`, `handover_needs_centre`, `draft_closed` or the centre's.
        """
        self._signed_in.refuse_offline()
        claim = ClaimDraft(handover_id=request.handover_id)
        document = self._kept(self._asked(lambda: self._centre.call(CLAIM_DRAFT, claim)))
        with self._lock:
            self._fetched.add(request.handover_id)
        with suppress(Refusal, Fault):  # the line says it later; the centre keeps its copy so long
            self._say_fetched()
        return document

    def look_when_due(self) -> None:
        """As `look`, every few seconds. Raises Unreachable."""
        now = self._clock.monotonic()
        if self._looked_at is None or now - self._looked_at >= EVERY_SECONDS:
            self._looked_at = now
            self.look()

    def look(self) -> None:
        """Ask what became of what was given away, and say what was fetched. Raises Unreachable."""
        self._say_fetched()
        with self._store.read() as connection:
            rows = connection.execute(
                select(HandedDraftRow.__table__).order_by(HandedDraftRow.at)
            ).all()
        for row in rows:
            if row.state is Handing.OFFERING and self._is_unknown(row.handover_id):
                self._apply(self._take_back(row.handover_id))
        offered = [row.handover_id for row in rows if row.state is Handing.OFFERED]
        for at in range(0, len(offered), HANDOVERS_MOST):
            asked = AskHandovers(handover_ids=tuple(offered[at : at + HANDOVERS_MOST]))
            for standing in self._centre.call(HANDOVER_STANDINGS, asked).standings:
                self._apply(standing)
        if rows:
            self._forget_old()

    def _closed_for(self, handover_id: HandoverId, request: HandOver) -> OfferDraft:
        """Close the draft; what is to be offered of it."""
        now = self._clock.now()
        with self._store.write() as connection:
            document = self._document(connection, request.order_id)
            refuse_handed(connection, request.order_id)
            _refuse_paying(connection, request.order_id)
            connection.execute(
                insert(HandedDraftRow).values(
                    order_id=request.order_id,
                    handover_id=handover_id,
                    state=Handing.OFFERING,
                    to_name=request.to_name,
                    at=now,
                    by_name="",
                )
            )
            connection.execute(
                update(DraftRow)
                .where(DraftRow.order_id == request.order_id)
                .values(state=DraftState.PARKED)
            )
            return OfferDraft(
                handover_id=handover_id,
                to_person=request.to_person,
                document=document,
                entries=entries_of(connection, request.order_id),
                call_back=call_back_of(connection, request.order_id),
                base=base_of(connection, request.order_id),
            )

    def _document(self, connection: Connection, order_id: UUID) -> OrderDocument:
        query = select(DraftRow.document, DraftRow.state).where(DraftRow.order_id == order_id)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise Refusal("draft_unknown", "There is no such draft at this desk.")
        if row.state not in _GOING_ON:
            refuse_handed(connection, order_id)
            raise _closed()
        document = unpacked(row.document)
        return msgspec.structs.replace(document, device_id=self._seat.identity.device_id)

    def _kept(self, copy: ClaimedDraft) -> OrderDocument:
        """Write a colleague's draft here; one that is here and open already stays as it is."""
        order_id, now = copy.document.order_id, self._clock.now()
        document = msgspec.structs.replace(
            copy.document,
            device_id=self._seat.identity.device_id,
            taken_by=self._signed_in.session.person.person_id,
        )
        row = {
            "order_id": order_id,
            "state": DraftState.PARKED,
            "document": packed(document),
            "started_at": document.started_at,
            "saved_at": now,
            "taken_by": document.taken_by,
            "void_reason": "",
        }
        with self._store.write() as connection:
            before = _before(connection, order_id)
            if before is not None and not before.was_given:
                if before.state in _GOING_ON:
                    return unpacked(before.document)
                raise _closed()
            connection.execute(delete(HandedDraftRow).where(HandedDraftRow.order_id == order_id))
            connection.execute(
                _DRAFT.on_conflict_do_update(index_elements=["order_id"], set_=row), row
            )
            known = len(entries_of(connection, order_id))
            last = select(ReadBackEntryRow.position).where(ReadBackEntryRow.order_id == order_id)
            after = max(connection.execute(last).scalars().all(), default=0)
            add_entries(connection, order_id, after, copy.entries[known:])
            note_call_back(connection, order_id, copy.call_back, now)
            if document.amends is not None:
                note_begun(connection, document.amends, document, copy.base)
        return document

    def _apply(self, standing: HandoverStanding) -> None:
        """What the centre says of a hand-over holds here, too."""
        if standing.state is HandoverState.OFFERED:
            return
        if standing.state is not HandoverState.CLAIMED:
            self._open_again(standing.handover_id)
            return
        with self._store.write() as connection:
            row = connection.execute(
                select(HandedDraftRow.order_id).where(
                    HandedDraftRow.handover_id == standing.handover_id,
                    HandedDraftRow.state != Handing.TAKEN,
                )
            ).one_or_none()
            if row is None:
                return
            connection.execute(
                update(HandedDraftRow)
                .where(HandedDraftRow.handover_id == standing.handover_id)
                .values(state=Handing.TAKEN, at=standing.at, by_name=standing.by_name)
            )
            connection.execute(
                update(DraftRow)
                .where(DraftRow.order_id == row.order_id, DraftRow.state.in_(_GOING_ON))
                .values(state=DraftState.VOIDED, void_reason=HANDED_OVER)
            )

    def _open_again(self, handover_id: UUID) -> None:
        with self._store.write() as connection:
            connection.execute(
                delete(HandedDraftRow).where(
                    HandedDraftRow.handover_id == handover_id,
                    HandedDraftRow.state != Handing.TAKEN,
                )
            )

    def _is_unknown(self, handover_id: UUID) -> bool:
        """Whether nobody knows what came of an offer; while the centre is asked it is too early."""
        with self._lock:
            if handover_id in self._offering:
                return False
        # Asked in this order: an offer that ended between the two stands otherwise by now.
        query = select(HandedDraftRow.state).where(HandedDraftRow.handover_id == handover_id)
        with self._store.read() as connection:
            return connection.execute(query).scalar_one_or_none() is Handing.OFFERING

    def _take_back(self, handover_id: UUID) -> HandoverStanding:
        request = TakeBackDraft(handover_id=HandoverId(handover_id))
        return self._centre.call(TAKE_BACK_DRAFT, request)

    def _asked(self, ask: Callable[[], A]) -> A:
        """The centre's answer. Raises its Refusal, or `handover_needs_centre`."""
        try:
            answer = ask()
        except Refusal:
            self._standing.heard()
            raise
        except Fault as fault:
            self._missed(fault)
            raise _needs_centre() from fault
        self._standing.heard()
        return answer

    def _missed(self, fault: Fault) -> None:
        if isinstance(fault, Unreachable):
            self._standing.missed()

    def _say_fetched(self) -> None:
        with self._lock:
            fetched = sorted(self._fetched)
        for handover_id in fetched:
            self._centre.call(DRAFT_RECEIVED, DraftReceived(handover_id=handover_id))
            with self._lock:
                self._fetched.discard(handover_id)

    def _forget_old(self) -> None:
        before: datetime = self._clock.now() - TOLD_FOR
        with self._store.write() as connection:
            connection.execute(
                delete(HandedDraftRow).where(
                    HandedDraftRow.state == Handing.TAKEN, HandedDraftRow.at < before
                )
            )


def _handed(connection: Connection, order_id: UUID) -> Row[Any] | None:
    query = select(HandedDraftRow.__table__).where(HandedDraftRow.order_id == order_id)
    return connection.execute(query).one_or_none()


def _before(connection: Connection, order_id: UUID) -> Row[DraftState, bytes, bool] | None:
    """The draft of this id that is here; `was_given`: by this seat to a colleague."""
    handed = select(HandedDraftRow.order_id).where(HandedDraftRow.order_id == order_id).exists()
    query = select(
        DraftRow.state,
        DraftRow.document,
        (handed | (DraftRow.void_reason == HANDED_OVER)).label("was_given"),
    ).where(DraftRow.order_id == order_id)
    return connection.execute(query).one_or_none()


def _refuse_paying(connection: Connection, order_id: UUID) -> None:
    """Money that hangs on a draft stays with the desk that asked for it."""
    tenders = tenders_of(connection, order_id)
    is_held = any(one.state not in _HOLDS_NOTHING for one in tenders.attempts)
    is_linked = any(one.state in STILL_OPEN | IS_PAID for one in tenders.links)
    if is_held or is_linked:
        raise Refusal(
            "payment_open",
            "A payment for this order is under way. Please finish it, or give it back first.",
        )


def _needs_centre() -> Refusal:
    return Refusal(
        "handover_needs_centre",
        "The central service does not answer, so nothing can be handed over now. "
        "The order can be parked here instead.",
    )


def _closed() -> Refusal:
    return Refusal("draft_closed", "This order was placed or given up; it cannot be changed here.")
