"""Counters and ledger of an order: made when it is first touched after it was placed.

Part of the transaction it is given. Whoever changes an order has its row of `sales_order` locked
first, and levels of stock after that in the order of their codes, so that nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import insert, select

from app.models.central.order import SalesOrder
from app.models.central.order_life import LedgerEntry, OrderProgress
from app.services.central.transaction import Transaction
from app.services.rules.ledger import Entry, Sum, due, entries
from app.services.rules.regions import RegionRules
from app.values.identity import LineId
from app.values.order_life import LedgerCause, LedgerPart
from app.values.vocabulary import ProductKind
from app.wire.orders import OrderDocument

_OPEN_PROGRESS = """
    INSERT INTO order_progress (order_id, line_id, kind, code, description, ordered, cancelled,
                                shipped, delivered, returned)
    SELECT l.order_id, l.line_id, l.kind, l.code, l.description, l.quantity, 0, 0, 0, 0
    FROM order_line l
    WHERE l.order_id = %(order)s
      AND NOT EXISTS (SELECT FROM order_progress p WHERE p.order_id = %(order)s)
"""


def opened(tx: Transaction, order_id: UUID) -> SalesOrder | None:
    """The order, locked until the transaction is over, with its counters there.

    None where there is no such order (yet). Its ledger is made by `open_ledger`, which needs the
    rules of its region.
    """
    tx.session.flush()
    row = tx.session.get(SalesOrder, order_id, with_for_update=True, populate_existing=True)
    if row is None:
        return None
    tx.connection.exec_driver_sql(_OPEN_PROGRESS, {"order": order_id})
    return row


def progress_of(tx: Transaction, order_id: UUID) -> dict[UUID, OrderProgress]:
    """Counters of an order by line, also of lines that are gone; empty where it was not opened."""
    rows = select(OrderProgress).where(OrderProgress.order_id == order_id)
    return {row.line_id: row for row in tx.session.scalars(rows)}


class Counted(NamedTuple):
    """Pieces of a line, as `OrderProgress` has them."""

    line_id: UUID
    kind: ProductKind
    code: str
    description: str
    ordered: int
    cancelled: int
    shipped: int
    delivered: int
    returned: int


def counted(tx: Transaction, order_id: UUID) -> dict[UUID, Counted]:
    """The same counters for reading: of a long order mapped rows take most of the time."""
    rows = tx.connection.execute(_COUNTED.where(OrderProgress.order_id == order_id))
    return {row[0]: Counted(*row) for row in rows}


_COUNTED = select(*(getattr(OrderProgress, name) for name in Counted._fields))


def ledger_of(
    tx: Transaction, order_id: UUID, document: OrderDocument, rules: RegionRules
) -> tuple[Entry, ...]:
    """The ledger of an order; where it has none yet, what it would begin with.

    `document` is the order as it stands, which is as it was placed where it has none.
    """
    rows = _LEDGER.where(LedgerEntry.order_id == order_id)
    found = tuple(_entry(*row) for row in tx.connection.execute(rows))
    return found or entries((), due(document, rules), 1, LedgerCause.PLACED)


def open_ledger(
    tx: Transaction, order_id: UUID, document: OrderDocument, rules: RegionRules
) -> tuple[Entry, ...]:
    """The ledger of an order that is locked, begun where it has none yet."""
    found = ledger_of(tx, order_id, document, rules)
    begun = select(LedgerEntry.seq).where(LedgerEntry.order_id == order_id).limit(1)
    if tx.connection.execute(begun).first() is None:
        keep_entries(tx, order_id, found)
    return found


def keep_entries(
    tx: Transaction,
    order_id: UUID,
    new: Iterable[Entry],
    *,
    change_id: UUID | None = None,
    person_id: UUID | None = None,
) -> None:
    """Add to the ledger of an order."""
    by = {"order_id": order_id, "at": tx.at, "change_id": change_id, "person_id": person_id}
    rows: list[Mapping[str, object]] = [
        {
            **by,
            "revision": one.revision,
            "part": one.part,
            "line_id": one.line_id,
            "quantity": one.sum.quantity,
            "amount_minor": one.sum.minor,
            "tax_minor": one.sum.tax_minor,
            "cause": one.cause,
        }
        for one in new
    ]
    if rows:
        tx.connection.execute(insert(LedgerEntry), rows)


_LEDGER = select(
    LedgerEntry.revision,
    LedgerEntry.part,
    LedgerEntry.line_id,
    LedgerEntry.quantity,
    LedgerEntry.amount_minor,
    LedgerEntry.tax_minor,
    LedgerEntry.cause,
).order_by(LedgerEntry.seq)


def _entry(
    revision: int,
    part: LedgerPart,
    line_id: UUID | None,
    quantity: int,
    minor: int,
    tax_minor: int,
    cause: LedgerCause,
) -> Entry:
    return Entry(
        revision=revision,
        part=part,
        line_id=LineId(line_id) if line_id else None,
        sum=Sum(quantity, minor, tax_minor),
        cause=cause,
    )
