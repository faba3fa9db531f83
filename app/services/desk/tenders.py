"""How a seat keeps attempts and links: written before they are sent, mended when more is known.

Reads and writes inside somebody else's transaction; asks nobody. Any thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    Connection,
    Row,
    Uuid,
    bindparam,
    delete,
    exists,
    insert,
    select,
    text,
    update,
)

from app.models.desk.tables import CommandRow, DraftRow
from app.models.desk.tenders import VOID_WANTED, TenderKind, TenderRow
from app.services.desk.parking import refuse_handed
from app.values.errors import Refusal
from app.values.identity import AttemptId, LinkId, OrderId
from app.values.vocabulary import AttemptState, CommandKind, DraftState, LinkState
from app.wire.message import decode, encode
from app.wire.payments import CardAttempt, PayLink, Tenders

_OF_ORDER = (
    select(TenderRow.__table__)
    .where(TenderRow.order_id == bindparam("wanted", type_=Uuid()))
    .order_by(TenderRow.noted_at, TenderRow.tender_id)
)
"""Built once: a statement with parameters costs a tenth of one that is built each time."""

_NOBODY_IN_FLIGHT: frozenset[UUID] = frozenset()
_NOT_GIVEN_BACK_YET = {AttemptState.STARTED, AttemptState.UNKNOWN, AttemptState.AUTHORISED}
_OPEN_LINK = {LinkState.SENT, LinkState.OPENED}


def tenders_of(
    connection: Connection, order_id: UUID, in_flight: Iterable[UUID] = _NOBODY_IN_FLIGHT
) -> Tenders:
    """Attempts and links of an order, oldest first.

    An attempt that was begun, and is not `in_flight` now, was left behind when the desk ended:
    nobody knows what came of it. A link that was never answered is not among them.
    """
    attempts: list[CardAttempt] = []
    links: list[PayLink] = []
    for row in rows_of(connection, order_id):
        if row.document is None:
            continue
        if row.kind is TenderKind.LINK:
            links.append(decode(row.document, PayLink))
        else:
            attempts.append(_as_known(decode(row.document, CardAttempt), in_flight))
    return Tenders(attempts=tuple(attempts), links=tuple(links))


def rows_of(connection: Connection, order_id: UUID) -> list[Row[Any]]:
    """The rows of an order, oldest first."""
    return list(connection.execute(_OF_ORDER, {"wanted": order_id}))


def row_of(connection: Connection, tender_id: UUID) -> Row[Any] | None:
    """One row, if it is there."""
    query = select(TenderRow.__table__).where(TenderRow.tender_id == tender_id)
    return connection.execute(query).one_or_none()


def add_attempt(connection: Connection, attempt: CardAttempt) -> None:
    """Write an attempt that is about to be sent."""
    _add(connection, attempt.attempt_id, attempt.order_id, TenderKind.CARD, attempt.at, attempt)


def add_link(connection: Connection, link_id: LinkId, order_id: OrderId, at: datetime) -> None:
    """Write that a link is about to be asked for."""
    _add(connection, link_id, order_id, TenderKind.LINK, at, None)


def save_attempt(connection: Connection, attempt: CardAttempt) -> CardAttempt:
    """Write what is known of an attempt now; gives it as it stands here.

    One that is to be given back is so until the centre says that it was.
    """
    row = row_of(connection, attempt.attempt_id)
    if row is not None and row.void_reason and attempt.state in _NOT_GIVEN_BACK_YET:
        attempt = msgspec.structs.replace(attempt, state=AttemptState.VOIDING)
    if row is not None and attempt.lease_id is None and row.document is not None:
        before = decode(row.document, CardAttempt)
        attempt = msgspec.structs.replace(attempt, lease_id=before.lease_id)
    still_wanted = attempt.state is AttemptState.VOIDING and row is not None
    reason = row.void_reason if row is not None and still_wanted else ""
    _write(connection, attempt.attempt_id, document=encode(attempt), void_reason=reason)
    return attempt


def want_void(connection: Connection, attempt: CardAttempt, reason: str) -> None:
    """Write that an attempt is to be given back, however often it has to be asked for."""
    voiding = msgspec.structs.replace(attempt, state=AttemptState.VOIDING)
    _write(connection, attempt.attempt_id, document=encode(voiding), void_reason=reason)


def end_void(connection: Connection, attempt: CardAttempt) -> None:
    """Write that the centre has taken over, or will not give it back: the attempt as it stands."""
    _write(connection, attempt.attempt_id, document=encode(attempt), void_reason="")


def wanted_voids(connection: Connection) -> list[Row[Any]]:
    """Attempts that are to be given back and were not yet, oldest first."""
    query = (
        select(TenderRow.__table__)
        .where(text(VOID_WANTED))
        .order_by(TenderRow.noted_at, TenderRow.tender_id)
    )
    return list(connection.execute(query))


def save_link(connection: Connection, link: PayLink) -> None:
    """Write what is known of a link; a new one takes the place of those that were open."""
    _write(connection, link.link_id, document=encode(link))
    if link.state not in _OPEN_LINK:
        return
    for row in rows_of(connection, link.order_id):
        if row.kind is not TenderKind.LINK or row.document is None:
            continue
        other = decode(row.document, PayLink)
        is_older = other.link_id != link.link_id and other.sent_at <= link.sent_at
        if is_older and other.state in _OPEN_LINK:
            replaced = msgspec.structs.replace(other, state=LinkState.REPLACED)
            _write(connection, other.link_id, document=encode(replaced))


def forget(connection: Connection, tender_id: UUID) -> None:
    """Take a link out that the centre never had."""
    connection.execute(delete(TenderRow).where(TenderRow.tender_id == tender_id))


def refuse_closed(connection: Connection, order_id: UUID) -> None:
    """Raises Refusal `draft_closed` where an order was placed or given up, `draft_handed_over`."""
    refuse_handed(connection, order_id)
    state = connection.execute(
        select(DraftRow.state).where(DraftRow.order_id == order_id)
    ).scalar_one_or_none()
    if state in {DraftState.PLACED, DraftState.VOIDED}:
        raise Refusal(
            "draft_closed", "This order was placed or given up; its payment cannot be changed here."
        )


def must_be_given_up(connection: Connection, order_id: UUID) -> bool:
    """Whether the centre has to hear that an order will never come: it may hold money for it."""
    is_said = exists(
        select(CommandRow.position).where(
            CommandRow.kind == CommandKind.GIVE_UP_ORDER, CommandRow.order_id == order_id
        )
    )
    has_any = exists(select(TenderRow.tender_id).where(TenderRow.order_id == order_id))
    found = connection.execute(select(has_any.label("has_any"), is_said.label("is_said"))).one()
    return bool(found.has_any and not found.is_said)


def _as_known(attempt: CardAttempt, in_flight: Iterable[UUID]) -> CardAttempt:
    if attempt.state is AttemptState.STARTED and attempt.attempt_id not in in_flight:
        return msgspec.structs.replace(attempt, state=AttemptState.UNKNOWN)
    return attempt


def _add(
    connection: Connection,
    tender_id: AttemptId | LinkId,
    order_id: OrderId,
    kind: TenderKind,
    at: datetime,
    document: CardAttempt | None,
) -> None:
    connection.execute(
        insert(TenderRow).values(
            tender_id=tender_id,
            order_id=order_id,
            kind=kind,
            noted_at=at,
            document=encode(document) if document is not None else None,
            void_reason="",
        )
    )


def _write(connection: Connection, tender_id: UUID, **values: object) -> None:
    connection.execute(update(TenderRow).where(TenderRow.tender_id == tender_id).values(**values))
