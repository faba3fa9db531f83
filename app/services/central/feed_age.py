"""Keeps the change feed as long as a desk may be away, and clears older rows away.

Change rows have no time of their own: now and then the head is written down with the instant, and
everything up to a mark is as old as the mark. The newest mark that is old enough is the floor; a
desk whose cursor lies below it takes a fresh copy. One replica at a time.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, insert, select, update

from app.models.central.record import FeedMark
from app.services.central.feed import head_of_feed
from app.services.central.transaction import Transaction

KEPT_FOR = timedelta(days=90)
MARKED_EVERY = timedelta(hours=12)
ROWS_MOST = 10_000
LOCK = 0x72656164666565
"""One replica at a time; any constant that nobody else uses."""

_CLEAR = """
    DELETE FROM change WHERE seq IN (
        SELECT c.seq FROM change c WHERE (c.xid, c.seq) <= (%(transaction)s::text::xid8, %(row)s)
        ORDER BY c.xid, c.seq LIMIT %(limit)s
    )
"""


def keep_age(tx: Transaction) -> bool:
    """Mark the head when it is time, clear away what is too old; whether more is to be cleared."""
    locked = tx.connection.execute(select(func.pg_try_advisory_xact_lock(LOCK))).scalar_one()
    if not locked:
        return False
    newest = tx.session.scalars(select(func.max(FeedMark.at))).one()
    if newest is None or tx.at - newest >= MARKED_EVERY:
        head = head_of_feed(tx)
        tx.connection.execute(
            insert(FeedMark).values(at=tx.at, xid=head.transaction, seq=head.row, is_floor=False)
        )
    return _clear(tx)


def _clear(tx: Transaction) -> bool:
    floor = tx.session.scalars(
        select(FeedMark)
        .where(FeedMark.at <= tx.at - KEPT_FOR)
        .order_by(FeedMark.at.desc())
        .limit(1)
    ).one_or_none()
    if floor is None:
        return False
    tx.connection.execute(delete(FeedMark).where(FeedMark.at < floor.at))
    tx.connection.execute(update(FeedMark).where(FeedMark.at == floor.at).values(is_floor=True))
    values = {"transaction": str(floor.xid), "row": floor.seq, "limit": ROWS_MOST}
    return tx.connection.exec_driver_sql(_CLEAR, values).rowcount == ROWS_MOST
