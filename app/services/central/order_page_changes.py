"""The changes of one order for its page: what of it was changed, in words.

What differed stands nowhere but in the versions themselves, so versions are read for it; of a very
long order only those of its newest changes. Part of the snapshot it is given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Text, cast, select

from app.models.central.order import OrderVersion
from app.models.central.order_life import OrderChangeRow
from app.services.central.order_changes_facts import OrderNow
from app.services.central.transaction import Transaction
from app.services.rules.differences import differences
from app.services.rules.order_acts import UndoState
from app.values.identity import ChangeId, PersonId
from app.values.money import Money
from app.values.order_life import ChangeState, LedgerPart, OrderAct
from app.wire.message import decode, read_document
from app.wire.order_changes import (
    Amendment,
    Cancellation,
    ChangeView,
    Difference,
    OrderChange,
)
from app.wire.order_page import VersionSummary
from app.wire.orders import OrderDocument

CHANGES_MOST = 100
LINES_MOST = 6_000
"""Of all versions that are read for one page, more or less."""

DIFFERENCES_MOST = 20

Documents = Mapping[int, OrderDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Every change that was asked for, and every version, oldest first and not too many."""

    changes: tuple[ChangeView, ...]
    versions: tuple[VersionSummary, ...]


def history_of(tx: Transaction, now: OrderNow) -> History:
    """What became of the order, with what differed as far as that is not too long ago."""
    rows = (
        select(OrderChangeRow)
        .where(OrderChangeRow.order_id == now.row.order_id)
        .order_by(OrderChangeRow.received_at.desc(), OrderChangeRow.change_id.desc())
        .limit(CHANGES_MOST)
    )
    newest_first = tx.session.scalars(rows).all()
    documents = _documents(tx, now, tuple(_wanted(newest_first, now)))
    return History(
        changes=tuple(_view(row, now, documents) for row in reversed(newest_first)),
        versions=tuple(_versions(tx, now, documents)),
    )


def _versions(tx: Transaction, now: OrderNow, documents: Documents) -> Iterator[VersionSummary]:
    """Without their documents, each of which may be a megabyte: the ledger knows what each came to.

    The delivery date is told of those that are read anyway.
    """
    rows = (
        select(
            OrderVersion.revision,
            OrderVersion.recorded_at,
            OrderVersion.recorded_by,
            OrderVersion.change_id,
        )
        .where(OrderVersion.order_id == now.row.order_id)
        .order_by(OrderVersion.revision.desc())
        .limit(CHANGES_MOST)
    )
    came_to: dict[int, int] = defaultdict(int)
    for entry in now.ledger:
        if entry.part is not LedgerPart.GOODWILL:
            came_to[entry.revision] += entry.sum.minor
    for revision, at, by, change_id in reversed(tx.session.execute(rows).all()):
        document = documents.get(revision)
        total = sum(minor for since, minor in came_to.items() if since <= revision)
        yield VersionSummary(
            revision=revision,
            at=at,
            by=PersonId(by) if by is not None else None,
            total=Money(total, now.currency),
            promised_on=document.delivery.promised_on if document is not None else None,
            change_id=ChangeId(change_id) if change_id is not None else None,
        )


def _wanted(rows: Collection[OrderChangeRow], now: OrderNow) -> Iterator[int]:
    """The versions that tell what changed, the newest first, until there are enough lines."""
    left = LINES_MOST
    for row in rows:
        for revision in _compared(row):
            if revision != now.row.revision and left > 0:
                left -= max(1, now.row.line_count)
                yield revision


def _compared(row: OrderChangeRow) -> tuple[int, ...]:
    """Before and after; of a request only what it was made from."""
    if row.revision is not None:
        return (row.revision, row.revision - 1)
    return (row.base_revision,)


def _documents(tx: Transaction, now: OrderNow, revisions: Collection[int]) -> Documents:
    found = {now.row.revision: now.placed.document}
    if revisions:
        rows = select(OrderVersion.revision, cast(OrderVersion.document["document"], Text)).where(
            OrderVersion.order_id == now.row.order_id, OrderVersion.revision.in_(set(revisions))
        )
        for revision, document in tx.session.execute(rows):
            found[revision] = decode(document.encode(), OrderDocument)
    return found


def _view(row: OrderChangeRow, now: OrderNow, documents: Documents) -> ChangeView:
    newest = now.newest.change_id if now.newest is not None else None
    can_undo = row.change_id == newest and now.undo is UndoState.POSSIBLE
    return ChangeView(
        change_id=ChangeId(row.change_id),
        what=row.what,
        state=row.state,
        base_revision=row.base_revision,
        revision=row.revision,
        reasons=tuple(row.reasons),
        differences=tuple(_differences(row, documents))[:DIFFERENCES_MOST],
        at=row.captured_at,
        by=PersonId(row.person_id),
        can_undo_until=now.can_undo_until if can_undo else None,
    )


def _differences(row: OrderChangeRow, documents: Documents) -> tuple[Difference, ...]:
    """What was changed, or what was to be changed; nothing where that is too long ago to say."""
    if row.revision is not None:
        before, after = documents.get(row.revision - 1), documents.get(row.revision)
        return differences(before, after) if before is not None and after is not None else ()
    base = documents.get(row.base_revision)
    if base is None or row.state is ChangeState.APPLIED:
        return ()
    what = read_document(row.document, OrderChange).what
    match what:
        case Amendment():
            return differences(base, what.document)
        case Cancellation():
            return tuple(_to_cancel(what, base))
        case _:
            return ()


def _to_cancel(what: Cancellation, base: OrderDocument) -> Iterator[Difference]:
    if not what.lines:
        yield Difference(act=OrderAct.CANCEL_ORDER, what="The whole order", old="", new="")
    pieces: dict[UUID, int] = {one.line_id: one.quantity for one in what.lines}
    for at, line in enumerate(base.lines, 1):
        if line.line_id in pieces:
            name = f"Line {at}, {line.description or line.code}"
            left = max(0, line.quantity - pieces[line.line_id])
            new = str(left) if left else ""
            yield Difference(act=OrderAct.CANCEL_LINE, what=name, old=str(line.quantity), new=new)
