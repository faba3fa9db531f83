"""How a seat keeps changes of placed orders: the draft's beginning, the command, what came of it.

Reads and writes inside somebody else's transaction; asks nobody. Any thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Select, delete, insert, select

from app.models.desk.order_change import OrderChangeRow
from app.models.desk.tables import CommandRow, DraftRow, PlacedOrderRow
from app.services.desk.records import close_document, packed, unpacked
from app.values.identity import OrderId
from app.values.order_life import ChangeState, ChangeWhat
from app.values.vocabulary import CommandKind, CommandState, DraftState
from app.wire.message import decode
from app.wire.order_changes import Amendment, Cancellation, OrderChange, Undo
from app.wire.orders import Amends, OrderDocument, PlacedOrder

_ANSWERED = (CommandState.ACKED, CommandState.SETTLED, CommandState.NEEDS_REVIEW)
_WORDS: dict[type, ChangeWhat] = {
    Amendment: ChangeWhat.AMENDMENT,
    Cancellation: ChangeWhat.CANCELLATION,
    Undo: ChangeWhat.UNDO,
}
_DECIDED = (ChangeState.APPLIED, ChangeState.REJECTED, ChangeState.WITHDRAWN)
_WITH_PERSON = (CommandState.STUCK, CommandState.QUARANTINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a change so far. `state` None: nobody has answered; `is_stuck`: nor will."""

    state: ChangeState | None
    reasons: tuple[str, ...] = ()
    sentence: str = ""
    is_stuck: bool = False


def note_begun(
    connection: Connection, amends: Amends, draft: OrderDocument, base: OrderDocument | None
) -> None:
    """Write that a change was begun here or by a colleague, or begun anew from a later version.

    `base` is the order as it was then; None: the colleague's desk is too old to tell.
    """
    connection.execute(
        delete(OrderChangeRow).where(
            OrderChangeRow.change_id == draft.order_id, OrderChangeRow.position.is_(None)
        )
    )
    connection.execute(
        insert(OrderChangeRow).values(
            change_id=draft.order_id,
            order_id=amends.order_id,
            number=amends.number,
            base_revision=amends.revision,
            what=ChangeWhat.AMENDMENT,
            position=None,
            base=packed(base) if base is not None else None,
        )
    )


def base_of(connection: Connection, change_id: UUID) -> OrderDocument | None:
    """The order as it was when a draft of a change was begun."""
    query = select(OrderChangeRow.base).where(OrderChangeRow.change_id == change_id)
    base = connection.execute(query).scalar_one_or_none()
    return unpacked(base) if base is not None else None


def order_of(connection: Connection, change_id: UUID) -> OrderId | None:
    """The order that a draft is a change of; None: it is a new order."""
    query = select(OrderChangeRow.order_id).where(OrderChangeRow.change_id == change_id)
    found = connection.execute(query).scalar_one_or_none()
    return OrderId(found) if found is not None else None


def open_draft_of(connection: Connection, order_id: UUID) -> OrderDocument | None:
    """The draft of a change of this order that is open at this seat, if there is one."""
    query = (
        select(DraftRow.document)
        .join(OrderChangeRow, OrderChangeRow.change_id == DraftRow.order_id)
        .where(
            OrderChangeRow.order_id == order_id,
            DraftRow.state.in_((DraftState.OPEN, DraftState.PARKED)),
        )
        .order_by(DraftRow.saved_at.desc())
        .limit(1)
    )
    kept = connection.execute(query).scalar_one_or_none()
    return unpacked(kept) if kept is not None else None


def insert_change(connection: Connection, position: int, change: OrderChange) -> None:
    """Write what follows from the command at a position; the draft of an amendment is closed."""
    connection.execute(delete(OrderChangeRow).where(OrderChangeRow.change_id == change.change_id))
    connection.execute(
        insert(OrderChangeRow).values(
            change_id=change.change_id,
            order_id=change.order_id,
            number=change.number,
            base_revision=change.base_revision,
            what=_WORDS[type(change.what)],
            position=position,
            base=None,
        )
    )
    if isinstance(change.what, Amendment):
        document = msgspec.structs.replace(change.what.document, order_id=OrderId(change.change_id))
        close_document(connection, document, change.asked_at)


def sent_before(connection: Connection, change_id: UUID) -> OrderChange | None:
    """The change as it was captured, if it was."""
    query = (
        select(CommandRow.body)
        .join(OrderChangeRow, OrderChangeRow.position == CommandRow.position)
        .where(OrderChangeRow.change_id == change_id)
    )
    body = connection.execute(query).scalar_one_or_none()
    return decode(body, OrderChange) if body is not None else None


def outcome_of(connection: Connection, change_id: UUID) -> Outcome:
    """What the centre said of it."""
    query = (
        select(CommandRow.state, CommandRow.reasons, CommandRow.sentence, CommandRow.decision)
        .join(OrderChangeRow, OrderChangeRow.position == CommandRow.position)
        .where(OrderChangeRow.change_id == change_id)
    )
    row = connection.execute(query).one_or_none()
    return Outcome(state=None) if row is None else _outcome(row)


def _outcome(row: Sequence[Any]) -> Outcome:
    """As it was decided later, else as it was answered: reasons come only with what is kept."""
    stood, named, sentence, decision = row
    reasons = tuple(filter(None, named.split(",")))
    if decision in _DECIDED:
        return Outcome(state=ChangeState(decision), reasons=reasons, sentence=sentence)
    if stood in _ANSWERED:
        state = ChangeState.OPEN if reasons else ChangeState.APPLIED
        return Outcome(state=state, reasons=reasons, sentence=sentence)
    return Outcome(state=None, reasons=reasons, sentence=sentence, is_stuck=stood in _WITH_PERSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOrder:
    """An order as this seat last knew it: as it was placed here, with what was changed here since.

    `is_on_its_way`: a change of another kind was captured and not answered for, so nobody here can
    say what is left of it.
    """

    placed: PlacedOrder
    revision: int
    changes: tuple[Amendment, ...] = ()
    is_on_its_way: bool = False


def known_order(connection: Connection, order_id: UUID) -> KnownOrder | None:
    """An order placed at this seat; None where it was placed elsewhere, or long ago."""
    body = connection.execute(
        select(CommandRow.body)
        .join(PlacedOrderRow, PlacedOrderRow.position == CommandRow.position)
        .where(PlacedOrderRow.order_id == order_id)
    ).scalar_one_or_none()
    if body is None:
        return None
    rows = connection.execute(
        select(
            CommandRow.body,
            CommandRow.state,
            CommandRow.reasons,
            CommandRow.sentence,
            CommandRow.decision,
        )
        .join(OrderChangeRow, OrderChangeRow.position == CommandRow.position)
        .where(OrderChangeRow.order_id == order_id)
        .order_by(CommandRow.position)
    ).all()
    known = KnownOrder(placed=decode(body, PlacedOrder), revision=1)
    for body, *answer in rows:
        if _outcome(answer).state in {None, ChangeState.APPLIED}:
            known = _changed(known, decode(body, OrderChange))
    return known


def _changed(known: KnownOrder, change: OrderChange) -> KnownOrder:
    what, revision = change.what, change.base_revision + 1
    if not isinstance(what, Amendment):
        return KnownOrder(
            placed=known.placed, revision=revision, changes=known.changes, is_on_its_way=True
        )
    placed = msgspec.structs.replace(
        known.placed,
        document=msgspec.structs.replace(what.document, amends=None),
        totals=what.totals,
        guidance=what.guidance,
        read_back=what.read_back,
    )
    return KnownOrder(
        placed=placed,
        revision=revision,
        changes=(*known.changes, what),
        is_on_its_way=known.is_on_its_way,
    )


def forget_changes(connection: Connection, old: Select[int]) -> None:
    """Remove what belongs to the commands at these positions, and to drafts that are gone."""
    connection.execute(delete(OrderChangeRow).where(OrderChangeRow.position.in_(old)))
    connection.execute(
        delete(OrderChangeRow).where(
            OrderChangeRow.position.is_(None),
            OrderChangeRow.change_id.not_in(select(DraftRow.order_id)),
        )
    )


def add_changes_without_row(connection: Connection) -> None:
    """A command that could be read tells all of its change; the row beside it may be lost."""
    lost = select(CommandRow.position, CommandRow.body).where(
        CommandRow.kind == CommandKind.CHANGE_ORDER,
        CommandRow.position.not_in(
            select(OrderChangeRow.position).where(OrderChangeRow.position.is_not(None))
        ),
    )
    for position, body in connection.execute(lost).all():
        insert_change(connection, position, decode(body, OrderChange))
