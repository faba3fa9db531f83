"""What a replica does about stock every few seconds: give back what ran out, and tell desks.

One replica does it at a time. Holds leave no change rows; what comes of many of them is told in
one, where a product has more or less to give than desks were told last. Both work in portions, each
in a transaction of its own, so that nobody waits long for a product.
"""

from __future__ import annotations

from functools import partial

from sqlalchemy import func, select

from app.services.central.stock_rows import lock_levels, release_expired
from app.services.central.transaction import Transaction, Transactions
from app.values.vocabulary import ChangeKind

STOCK_SECONDS = 3.0
"""How long desks may not know of a change of stock, and a hold that ran out may stand."""
TOLD_AT_ONCE = 500
_WATCH_LOCK = 0x726573746F636B
"""One replica does it at a time; any constant that nobody else uses."""
_TRY_LOCK = select(func.pg_try_advisory_xact_lock(_WATCH_LOCK))


class StockWatch:
    """Looks after the stock."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def look_after(self) -> None:
        """Everything there is to do just now, unless another replica is at it."""
        while self._transactions.write(give_back_expired):
            pass
        # Each product once, however fast it changes meanwhile.
        last: str | None = ""
        while last is not None:
            last = self._transactions.write(partial(tell_desks, after=last))


def give_back_expired(tx: Transaction) -> int:
    """Give back holds that ran out, of some products; how many pieces."""
    return release_expired(tx) if _is_alone(tx) else 0


_UNTOLD = """
    SELECT s.code FROM stock_level s
    WHERE s.code > %(after)s AND (s.told IS DISTINCT FROM s.on_hand - s.reserved
                                  OR s.told_expected_on IS DISTINCT FROM s.expected_on)
    ORDER BY s.code LIMIT %(most)s
"""
_TELL = """
    UPDATE stock_level s
    SET told = s.on_hand - s.reserved, told_expected_on = s.expected_on, told_at = %(at)s,
        revision = s.revision + 1
    WHERE s.code = ANY (%(codes)s)
      AND (s.told IS DISTINCT FROM s.on_hand - s.reserved
           OR s.told_expected_on IS DISTINCT FROM s.expected_on)
    RETURNING s.code, s.revision
"""


def tell_desks(tx: Transaction, after: str = "") -> str | None:
    """Leave change rows for products after a code that stand otherwise than desks know.

    The code to go on from; None when there are no more.
    """
    if not _is_alone(tx):
        return None
    wanted = {"after": after, "most": TOLD_AT_ONCE}
    found = tx.connection.exec_driver_sql(_UNTOLD, wanted).scalars().all()
    if not found:
        return None
    locked = lock_levels(tx, found)
    told = tx.connection.exec_driver_sql(_TELL, {"codes": list(locked), "at": tx.at}).all()
    for code, revision in sorted(told):
        tx.changed(ChangeKind.STOCK, code, revision)
    return found[-1] if len(found) == TOLD_AT_ONCE else None


def _is_alone(tx: Transaction) -> bool:
    """Whether no other replica is at it, until the transaction ends."""
    alone: bool = tx.connection.execute(_TRY_LOCK).scalar_one()
    return alone
