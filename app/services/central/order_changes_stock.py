"""Stock of an order that is changed: fewer pieces are given back, more are taken of what is free.

Part of the transaction of the change, whose order is locked already. What is lacking follows later
and is a reason to look at the order, never one to refuse the change. What was promised to others is
theirs, also where they still wait for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from app.services.central.stock_rows import (
    TrackedCodes,
    change_reserved,
    lock_levels,
    take_for_orders,
)
from app.services.central.transaction import Transaction
from app.services.rules.review import ReviewReason
from app.values.vocabulary import ProductKind
from app.wire.orders import OrderDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class StockChange:
    """An order before and after; `shipped` are pieces by line, `change_id` has the holds."""

    order_id: UUID
    change_id: UUID
    before: OrderDocument
    after: OrderDocument
    shipped: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Of one product in an order: still to come, and how much of that the caller knows is late."""

    to_come: int = 0
    told_late: int = 0


@dataclass(frozen=True, slots=True)
class _Has:
    """What an order has of one product, and what it waits for."""

    allocated: int = 0
    back_ordered: int = 0


def follow(tx: Transaction, change: StockChange) -> list[str]:
    """Bring allocations and levels up to date; reasons for lines that now lack pieces."""
    before, after = _by_product(change.before, change), _by_product(change.after, change)
    touched = [code for code in before | after if before.get(code) != after.get(code)]
    codes = _tracked(tx, touched, change.change_id)
    if not codes:
        return []
    levels = lock_levels(tx, codes)
    taken = take_for_orders(tx, [change.change_id], levels)
    had = _allocations(tx, change.order_id, levels)
    short, reserved, has = set(), {}, {}
    for code, level in levels.items():
        held = taken[change.change_id][code] + taken[None][code]
        was, folded = had.get(code, _Has()), code.upper()
        pieces = before.get(folded, _Pieces()), after.get(folded, _Pieces())
        now = _given(level.free + held, was, *pieces)
        reserved[code] = now.allocated - was.allocated - held
        if now != was:
            has[code] = now
        if _lacking(now, pieces[1]) > _lacking(was, pieces[0]):
            short.add(code)
    change_reserved(tx, reserved)
    _keep(tx, change.order_id, has)
    return _reasons(change.after, short)


def _given(free: int, was: _Has, before: _Pieces, after: _Pieces) -> _Has:
    """Pieces that were never counted, because the product was not tracked then, stay uncounted."""
    counted = was.allocated + was.back_ordered
    more = after.to_come - before.to_come
    counts = counted + more if more > 0 else min(counted, after.to_come)
    kept = min(was.allocated, counts)
    wanted = max(0, counts - after.told_late - kept)
    allocated = kept + min(wanted, max(free, 0))
    return _Has(allocated, counts - allocated)


def _lacking(has: _Has, pieces: _Pieces) -> int:
    """Pieces that wait though the caller was not told so."""
    return max(0, has.back_ordered - pieces.told_late)


def _by_product(document: OrderDocument, change: StockChange) -> dict[str, _Pieces]:
    """By code in capitals; a charge is never out of stock."""
    found: dict[str, _Pieces] = {}
    for line in document.lines:
        if line.kind is ProductKind.CHARGE:
            continue
        code = line.code.upper()
        so_far = found.get(code, _Pieces())
        to_come = max(0, line.quantity - change.shipped.get(line.line_id, 0))
        late = min(line.back_ordered, to_come)
        found[code] = _Pieces(so_far.to_come + to_come, so_far.told_late + late)
    return found


_TRACKED = """
    SELECT s.code FROM product p JOIN stock_level s ON s.code = p.code
    WHERE upper(p.code) = ANY (%(codes)s)
    UNION SELECT h.code FROM stock_hold h WHERE h.order_id = %(change)s
"""


def _tracked(tx: Transaction, touched: Collection[str], change_id: UUID) -> Collection[str]:
    """Tracked products among these, and those that the change holds."""
    values = {"codes": list(touched), "change": change_id}
    found: list[str] = list(tx.connection.exec_driver_sql(_TRACKED, values).scalars())
    return found


_ALLOCATIONS = """
    SELECT a.code, a.allocated, a.back_ordered FROM order_allocation a
    WHERE a.order_id = %(order)s AND a.code = ANY (%(codes)s)
"""


def _allocations(tx: Transaction, order_id: UUID, codes: Collection[str]) -> dict[str, _Has]:
    values = {"order": order_id, "codes": list(codes)}
    rows = tx.connection.exec_driver_sql(_ALLOCATIONS, values)
    return {code: _Has(allocated, back_ordered) for code, allocated, back_ordered in rows}


_KEEP = """
    INSERT INTO order_allocation (order_id, code, allocated, back_ordered)
    SELECT %(order)s, g.code, g.allocated, g.back_ordered
    FROM unnest(%(codes)s::text[], %(allocated)s::bigint[], %(back_ordered)s::bigint[])
        AS g (code, allocated, back_ordered)
    ON CONFLICT (order_id, code) DO UPDATE
    SET allocated = excluded.allocated, back_ordered = excluded.back_ordered
"""


def _keep(tx: Transaction, order_id: UUID, has: Mapping[str, _Has]) -> None:
    values = {
        "order": order_id,
        "codes": list(has),
        "allocated": [one.allocated for one in has.values()],
        "back_ordered": [one.back_ordered for one in has.values()],
    }
    tx.connection.exec_driver_sql(_KEEP, values)


def _reasons(document: OrderDocument, short: Collection[str]) -> list[str]:
    """The last line of each product that is short: what was asked for last is what lacks."""
    tracked = TrackedCodes(short)
    last = {
        code: position
        for position, line in enumerate(document.lines, start=1)
        if line.kind is not ProductKind.CHARGE and (code := tracked.named(line.code)) is not None
    }
    return [ReviewReason.STOCK_SHORT.about(str(position)) for position in sorted(last.values())]
