"""The outbox in words and figures for its screen: a page at a time, read and never changed here.

Any lane.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, literal, or_, select, tuple_

from app.models.desk.tables import NEEDS_PERSON, CommandRow, PersonRow, PlacedOrderRow
from app.services.desk.outbox import Outbox, follows_held_back
from app.services.desk.standing import Standing
from app.store.desk import DeskStore
from app.values.clock import Clock
from app.values.identity import CommandId, OrderId
from app.values.money import Money
from app.values.order_number import OrderNumber
from app.values.vocabulary import CommandKind, CommandState
from app.wire.message import View, decode
from app.wire.outbox import AskOutbox, OutboxEntry, OutboxPage, OutboxPlace

_RANK = case((CommandRow.state.in_(NEEDS_PERSON), 0), else_=1)
_GOES_BY_ITSELF = (CommandState.CAPTURED, CommandState.PENDING)
_OPEN = tuple(state for state in CommandState if state is not CommandState.SETTLED)


class _Named(View, frozen=True, kw_only=True):
    """As much of a customer as a list shows."""

    name: str = ""


class _Ordered(View, frozen=True, kw_only=True):
    customer: _Named | None = None


class _Sum(View, frozen=True, kw_only=True):
    total: Money


class _Sketch(View, frozen=True, kw_only=True):
    """As much of a placed order as a list shows; a long one has a thousand lines."""

    number: OrderNumber
    document: _Ordered
    totals: _Sum


class _Change(View, frozen=True, kw_only=True):
    """As much of a change as a list shows; its order may have been placed elsewhere."""

    number: OrderNumber


class OutboxList:
    """The list of one seat. `seconds_to_next` until the sender tries again, while it waits."""

    def __init__(
        self,
        store: DeskStore,
        outbox: Outbox,
        standing: Standing,
        seconds_to_next: Callable[[], float | None],
        clock: Clock,
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._standing = standing
        self._seconds_to_next = seconds_to_next
        self._clock = clock

    def page(self, request: AskOutbox) -> OutboxPage:
        """What needs a person first, then the newest."""
        query = self._query(request)
        with self._store.read() as connection:
            set_back = sorted(self._outbox.set_back)
            rows = connection.execute(query, {"set_back": set_back}).all()
            found = connection.execute(_bodies({row.order_id for row in rows})).all()
        sketches = {row.order_id: decode(row.body, _Sketch) for row in found}
        shown, due = rows[: request.limit], self._due()
        return OutboxPage(
            entries=tuple(_entry(row, sketches.get(row.order_id), due) for row in shown),
            more=len(rows) > len(shown),
            online=self._standing.is_online,
            waiting=self._outbox.waiting(),
            needs_person=self._outbox.needing_person(),
            sentence=self._standing.sentence(),
        )

    def _query(self, request: AskOutbox) -> Select[Any]:
        """One row more than asked for, to know whether there are more."""
        wanted: ColumnElement[bool] = CommandRow.state.in_(_OPEN)
        if request.with_settled:
            today = (
                CommandRow.state == CommandState.SETTLED,
                CommandRow.answered_at >= self._midnight(),
            )
            wanted = or_(wanted, and_(*today))
        query = (
            select(
                CommandRow.__table__,
                _RANK.label("rank"),
                follows_held_back().label("is_held"),
                PersonRow.name.label("taken_by"),
            )
            .outerjoin(PersonRow, PersonRow.person_id == CommandRow.person_id)
            .where(wanted)
        )
        after = request.after
        if after is not None:
            place = tuple_(_RANK, -CommandRow.position)
            query = query.where(place > tuple_(literal(after.rank), literal(-after.position)))
        return query.order_by(_RANK, CommandRow.position.desc()).limit(request.limit + 1)

    def _midnight(self) -> datetime:
        """When today began on the clock of this desk."""
        here = self._clock.now().astimezone()
        return here.replace(hour=0, minute=0, second=0, microsecond=0)

    def _due(self) -> datetime | None:
        seconds = self._seconds_to_next()
        return None if seconds is None else self._clock.now() + timedelta(seconds=seconds)


def _bodies(order_ids: set[UUID]) -> Select[UUID, bytes]:
    """What placed the orders."""
    return (
        select(PlacedOrderRow.order_id, CommandRow.body)
        .join(CommandRow, CommandRow.position == PlacedOrderRow.position)
        .where(PlacedOrderRow.order_id.in_(order_ids))
    )


def _number(row: Row[Any], sketch: _Sketch | None) -> OrderNumber | None:
    if sketch is not None:
        return sketch.number
    if row.kind is CommandKind.CHANGE_ORDER:
        return decode(row.body, _Change).number
    return None


def _entry(row: Row[Any], sketch: _Sketch | None, due: datetime | None) -> OutboxEntry:
    customer = sketch.document.customer if sketch is not None else None
    return OutboxEntry(
        place=OutboxPlace(rank=row.rank, position=row.position),
        command_id=CommandId(row.command_id),
        order_id=OrderId(row.order_id),
        kind=row.kind,
        state=row.state,
        number=_number(row, sketch),
        customer=customer.name if customer is not None else "",
        total=sketch.totals.total if sketch is not None else None,
        taken_at=row.captured_at,
        taken_by=row.taken_by or "",
        tries=row.tries,
        next_try_at=due if row.state in _GOES_BY_ITSELF else None,
        answered_at=row.answered_at,
        is_held=bool(row.is_held) and row.state in _GOES_BY_ITSELF,
        reasons=tuple(filter(None, row.reasons.split(","))),
        sentence=row.sentence,
        decision=row.decision,
    )
