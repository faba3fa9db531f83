"""Rows of stock: locking products, giving back what is held, and whether the sums are right.

Part of the transaction it is given. Holds and allocations of a product are changed only by whoever
has its level locked; levels are locked in the order of their codes, so that two who want the same
products never wait for each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.services.central.transaction import Transaction

_LOCK = """
    SELECT s.code, s.on_hand, s.reserved, s.expected_on FROM stock_level s
    WHERE s.code = ANY (%(codes)s) ORDER BY s.code FOR NO KEY UPDATE
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A tracked product while nobody else changes it."""

    code: str
    on_hand: int
    reserved: int
    expected_on: date | None

    @property
    def free(self) -> int:
        """Below zero where more was promised than there is."""
        return self.on_hand - self.reserved


def lock_levels(tx: Transaction, codes: Collection[str]) -> dict[str, Level]:
    """Levels of tracked products by code, as they stand once all others are done with them."""
    if not codes:
        return {}
    rows = tx.connection.exec_driver_sql(_LOCK, {"codes": list(codes)})
    return {
        code: Level(code=code, on_hand=on_hand, reserved=reserved, expected_on=expected_on)
        for code, on_hand, reserved, expected_on in rows
    }


_CHANGE = """
    UPDATE stock_level s SET reserved = s.reserved + c.more
    FROM unnest(%(codes)s::text[], %(more)s::bigint[]) AS c (code, more)
    WHERE s.code = c.code AND c.more <> 0
"""


def change_reserved(tx: Transaction, more: Mapping[str, int]) -> None:
    """So many pieces more are spoken for, or fewer, of products that are locked."""
    if any(more.values()):
        values = {"codes": list(more), "more": list(more.values())}
        tx.connection.exec_driver_sql(_CHANGE, values)


class TrackedCodes:
    """Finds the tracked product that a code names, whatever its capitals."""

    def __init__(self, codes: Collection[str]) -> None:
        self._codes = frozenset(codes)
        self._folded = {code.upper(): code for code in codes}

    def named(self, code: str) -> str | None:
        """None where it is not tracked."""
        return code if code in self._codes else self._folded.get(code.upper())


_OF_ORDERS = "h.order_id = ANY (%(orders)s::uuid[])"
_OF_SEAT = _OF_ORDERS + " AND h.device_id = %(device)s"
_EXPIRED = "h.expires_at <= %(at)s"
CODES_AT_ONCE = 200
"""Products whose expired holds are given back in one transaction."""

_HELD_CODES = "SELECT DISTINCT h.code FROM stock_hold h WHERE {} ORDER BY h.code LIMIT %(most)s"
_TAKE = (
    "DELETE FROM stock_hold h WHERE h.code = ANY (%(codes)s) AND ({}) RETURNING h.code, h.quantity"
)


def release_seat(tx: Transaction, device_id: UUID, orders: Collection[UUID]) -> int:
    """Give back what a seat holds for these orders; how many pieces."""
    return _give_back(tx, _OF_SEAT, device=device_id, orders=list(orders))


def release_orders(tx: Transaction, orders: Collection[UUID]) -> int:
    """Give back what any seat holds for these orders; how many pieces."""
    return _give_back(tx, _OF_ORDERS, orders=list(orders))


def release_expired(tx: Transaction) -> int:
    """Give back what ran out, of some products; how many pieces, 0 when there is nothing left."""
    return _give_back(tx, _EXPIRED, most=CODES_AT_ONCE)


_MOVE = """
    UPDATE stock_hold h SET device_id = %(other)s
    WHERE h.order_id = ANY (%(orders)s::uuid[]) AND h.device_id = %(device)s
      AND NOT EXISTS (SELECT FROM stock_hold o WHERE o.code = h.code AND o.order_id = h.order_id
                                                 AND o.device_id = %(other)s)
"""


def move_holds(tx: Transaction, order_id: UUID, device_id: UUID, other_id: UUID) -> int:
    """What one seat holds for an order, another one holds from now on; of how many products."""
    values = {"orders": [order_id], "device": device_id, "other": other_id, "most": None}
    held = tx.connection.exec_driver_sql(_HELD_CODES.format(_OF_SEAT), values)
    found = held.scalars().all()
    if not found or device_id == other_id:
        return 0
    lock_levels(tx, found)
    return tx.connection.exec_driver_sql(_MOVE, values).rowcount


_TAKE_FOR_ORDERS = f"""
    DELETE FROM stock_hold h WHERE h.code = ANY (%(codes)s) AND ({_OF_ORDERS} OR {_EXPIRED})
    RETURNING CASE WHEN {_EXPIRED} THEN NULL ELSE h.order_id END, h.code, h.quantity
"""  # noqa: S608 - the names above


def take_for_orders(
    tx: Transaction, orders: Collection[UUID], codes: Collection[str]
) -> dict[UUID | None, Counter[str]]:
    """Remove holds of orders, and all that ran out, of locked products; pieces by order and code.

    What ran out is under None. `reserved` still counts them all: what orders get instead is for
    the caller to say.
    """
    named = {"orders": list(orders), "at": tx.at, "codes": list(codes)}
    taken: defaultdict[UUID | None, Counter[str]] = defaultdict(Counter)
    for order_id, code, quantity in tx.connection.exec_driver_sql(_TAKE_FOR_ORDERS, named):
        taken[order_id][code] += quantity
    return taken


def _give_back(tx: Transaction, which: str, most: int | None = None, **values: object) -> int:
    named = {**values, "at": tx.at, "most": most}
    found = tx.connection.exec_driver_sql(_HELD_CODES.format(which), named).scalars().all()
    if not found:
        return 0
    # What was held when we looked may be gone by the time its product is locked: what is removed
    # now is what counts.
    locked = lock_levels(tx, found)
    removed = _removed(tx, which, locked, **values)
    change_reserved(tx, {code: -pieces for code, pieces in removed.items()})
    return sum(removed.values())


def _removed(
    tx: Transaction, which: str, codes: Collection[str], **values: object
) -> dict[str, int]:
    named = {**values, "at": tx.at, "codes": list(codes)}
    pieces: dict[str, int] = {}
    for code, quantity in tx.connection.exec_driver_sql(_TAKE.format(which), named):
        pieces[code] = pieces.get(code, 0) + quantity
    return pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class StockSum:
    """What is spoken for of a product, counted in two ways."""

    code: str
    reserved: int
    held: int
    allocated: int


_WRONG_SUMS = """
    SELECT s.code, s.reserved, coalesce(h.pieces, 0)::bigint, coalesce(a.pieces, 0)::bigint
    FROM stock_level s
    LEFT JOIN (SELECT code, sum(quantity) AS pieces FROM stock_hold GROUP BY code) h USING (code)
    LEFT JOIN (SELECT code, sum(allocated) AS pieces FROM order_allocation GROUP BY code) a
        USING (code)
    WHERE s.reserved <> coalesce(h.pieces, 0) + coalesce(a.pieces, 0)
    ORDER BY s.code
"""


def wrong_sums(tx: Transaction) -> tuple[StockSum, ...]:
    """Products whose `reserved` is not what holds and allocations come to: none, or a bug."""
    rows = tx.connection.exec_driver_sql(_WRONG_SUMS)
    return tuple(
        StockSum(code=code, reserved=reserved, held=held, allocated=allocated)
        for code, reserved, held, allocated in rows
    )
