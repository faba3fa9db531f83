"""Drafts put by for later: when to call back, and whose they are meanwhile. Any lane.

Kept beside the draft, never in its document. What waits at a colleague's, or is theirs by now, is
refused to whoever would change it here.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, Uuid, bindparam, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from app.models.desk.parking import HandedDraftRow, ParkedDraftRow
from app.models.desk.table import DeskTable
from app.models.desk.tables import DraftRow
from app.services.desk.records import unpacked
from app.store.desk import DeskStore
from app.values.card import refuse_card_digits
from app.values.clock import Clock
from app.values.errors import Refusal
from app.values.identity import OrderId
from app.values.vocabulary import DraftState, Handing
from app.wire.handover import DUE_MOST, AskCallBacks, CallBackDue, CallBacks
from app.wire.orders import CallBack

_INSERT = insert(DeskTable.metadata.tables["parked_draft"])
_PARK = _INSERT.on_conflict_do_update(
    index_elements=["order_id"],
    set_={
        "parked_at": _INSERT.excluded.parked_at,
        "call_back_at": _INSERT.excluded.call_back_at,
        "phone": _INSERT.excluded.phone,
        "note": _INSERT.excluded.note,
    },
)
_HANDED = select(HandedDraftRow.state, HandedDraftRow.to_name, HandedDraftRow.by_name).where(
    HandedDraftRow.order_id == bindparam("wanted", type_=Uuid())
)
"""Built once: a statement with parameters costs a tenth of one that is built each time."""


def note_call_back(
    connection: Connection, order_id: UUID, call_back: CallBack, at: datetime
) -> None:
    """Write when to call back; it takes the place of what was there. Raises Refusal."""
    refuse_card_digits(call_back.note, "note")
    connection.execute(
        _PARK,
        {
            "order_id": order_id,
            "parked_at": at,
            "call_back_at": call_back.at,
            "phone": call_back.phone,
            "note": call_back.note,
        },
    )


def call_back_of(connection: Connection, order_id: UUID) -> CallBack:
    """When to call back about a draft, if anything was said of it."""
    query = select(ParkedDraftRow.__table__).where(ParkedDraftRow.order_id == order_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        return CallBack()
    return CallBack(at=row.call_back_at, phone=row.phone, note=row.note)


def refuse_handed(connection: Connection, order_id: UUID) -> None:
    """Raises Refusal `draft_handed_over` where a colleague has the draft, or may take it."""
    row = connection.execute(_HANDED, {"wanted": order_id}).one_or_none()
    if row is None:
        return
    if row.state is Handing.TAKEN:
        sentence = f"{row.by_name} has taken this order over. It cannot be changed here any more."
    else:
        sentence = f"This order is with {row.to_name}. Take it back first to go on with it here."
    raise Refusal("draft_handed_over", sentence)


def forget_ended(connection: Connection) -> None:
    """Remove call backs of drafts that are gone."""
    connection.execute(
        delete(ParkedDraftRow).where(ParkedDraftRow.order_id.not_in(select(DraftRow.order_id)))
    )


class CallBackService:
    """Whom to call back."""

    def __init__(self, store: DeskStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def due(self, request: AskCallBacks) -> CallBacks:
        """Those whose time has come, the longest overdue first."""
        del request
        waiting = (
            select(DraftRow.document, ParkedDraftRow.call_back_at, ParkedDraftRow.phone)
            .join(ParkedDraftRow, ParkedDraftRow.order_id == DraftRow.order_id)
            .where(
                DraftRow.state == DraftState.PARKED,
                DraftRow.order_id.not_in(select(HandedDraftRow.order_id)),
            )
        )
        has_come = waiting.where(ParkedDraftRow.call_back_at <= self._clock.now())
        has_come = has_come.order_by(ParkedDraftRow.call_back_at).limit(DUE_MOST)
        with self._store.read() as connection:
            count = select(func.count()).select_from(waiting.subquery())
            parked = connection.execute(count).scalar_one()
            rows = connection.execute(has_come).all()
        return CallBacks(due=tuple(map(_due, rows)), parked=parked)


def _due(row: Row[bytes, datetime | None, str]) -> CallBackDue:
    document = unpacked(row.document)
    return CallBackDue(
        order_id=OrderId(document.order_id),
        customer_name=document.customer.name if document.customer else "",
        phone=row.phone,
        at=row.call_back_at,
    )
