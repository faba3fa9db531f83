"""Counters and ledger of an order: made when it is first touched after it was placed.

Part of the transaction it is given. Whoever changes an order has its row of `sales_order` locked
first, and levels of stock after that in the order of their codes, so that nobody waits in a circle.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.models.central.order import SalesOrder
from app.models.central.order_life import OrderProgress
from app.services.central.transaction import Transaction

_OPEN_PROGRESS = """
    INSERT INTO order_progress (order_id, line_id, kind, code, description, ordered, cancelled,
                                shipped, delivered, returned)
    SELECT l.order_id, l.line_id, l.kind, l.code, l.description, l.quantity, 0, 0, 0, 0
    FROM order_line l
    WHERE l.order_id = %(order)s
      AND NOT EXISTS (SELECT FROM order_progress p WHERE p.order_id = %(order)s)
"""


def opened(tx: Transaction, order_id: UUID) -> SalesOrder | None:
    """The order, locked until the transaction is over, with its counters and its ledger there.

    None where there is no such order (yet).
    """
    tx.session.flush()
    row = tx.session.get(SalesOrder, order_id, with_for_update=True, populate_existing=True)
    if row is None:
        return None
    tx.connection.exec_driver_sql(_OPEN_PROGRESS, {"order": order_id})
    return row


def progress_of(tx: Transaction, order_id: UUID) -> dict[UUID, OrderProgress]:
    """Counters of an opened order by line, also of lines that are gone."""
    rows = select(OrderProgress).where(OrderProgress.order_id == order_id)
    return {row.line_id: row for row in tx.session.scalars(rows)}
