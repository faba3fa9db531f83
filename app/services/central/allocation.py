"""Stock of an order that arrives: holds become allocations, what is lacking follows later.

Part of the transaction that keeps the order, in two steps: what there is is taken before the order
is judged, because a shortage is a reason to look at it, and written behind the order. An order is
never turned away for want of stock. Nothing is asked where no product of it is tracked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.services.central.stock_rows import TrackedCodes, lock_levels, take_for_order
from app.services.central.transaction import Transaction
from app.services.rules.review import MORE, ReviewReason
from app.values.identity import OrderId
from app.values.vocabulary import ProductKind
from app.wire.orders import OrderDocument, OrderLine

SHORT_NAMED_MOST = 20
"""So many short lines are reasons of their own; the rest are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocations:
    """What an order gets of its tracked products.

    `allocated` and `back_ordered` are pieces by code; `short` are positions of lines that lack
    pieces which the caller was not told about. `reserved_more` is what the levels gain by it.
    """

    allocated: Mapping[str, int] = field(default_factory=dict)
    back_ordered: Mapping[str, int] = field(default_factory=dict)
    short: tuple[int, ...] = ()
    reserved_more: Mapping[str, int] = field(default_factory=dict)

    @property
    def reasons(self) -> list[str]:
        """Why a person should look at the order."""
        reason = ReviewReason.STOCK_SHORT
        found = [reason.about(str(position)) for position in self.short[:SHORT_NAMED_MOST]]
        rest = len(self.short) - len(found)
        return [*found, reason.about(f"{MORE}:{rest}")] if rest else found

    @property
    def facts(self) -> dict[str, Any]:
        """What the event of the order tells of it: pieces by code."""
        found: dict[str, Any] = {}
        if any(self.allocated.values()):
            found["allocated"] = {code: n for code, n in self.allocated.items() if n}
        if any(self.back_ordered.values()):
            found["back_ordered"] = {code: n for code, n in self.back_ordered.items() if n}
        return found


NOTHING = Allocations()


def allocate(tx: Transaction, document: OrderDocument, tracked: Collection[str]) -> Allocations:
    """Take what there is for the order; `tracked` are products of its lines and its holds.

    Its levels stay locked, and wrong, until `keep_allocations`.
    """
    if not tracked:
        return NOTHING
    levels = lock_levels(tx, tracked)
    taken = take_for_order(tx, document.order_id, levels)
    there = {code: level.free + taken.get(code, 0) for code, level in levels.items()}
    lines = _tracked_lines(document, levels)
    allocated: Counter[str] = Counter()
    back_ordered: Counter[str] = Counter()
    short = []
    for position, code, line in lines:
        told = min(line.back_ordered, line.quantity)
        wanted = line.quantity - told
        got = min(wanted, max(there[code] - allocated[code], 0))
        allocated[code] += got
        back_ordered[code] += line.quantity - got
        if got < wanted:
            short.append(position)
    return Allocations(
        allocated=allocated,
        back_ordered=back_ordered,
        short=tuple(short),
        reserved_more={code: allocated[code] - taken.get(code, 0) for code in levels},
    )


def _tracked_lines(
    document: OrderDocument, levels: Collection[str]
) -> list[tuple[int, str, OrderLine]]:
    """Lines of goods with position and product; a charge is never out of stock."""
    tracked = TrackedCodes(levels)
    return [
        (position, code, line)
        for position, line in enumerate(document.lines, start=1)
        if line.kind is not ProductKind.CHARGE and (code := tracked.named(line.code)) is not None
    ]


_KEEP = """
    WITH given AS (
        SELECT * FROM unnest(%(codes)s::text[], %(allocated)s::bigint[], %(back)s::bigint[])
            AS g (code, allocated, back_ordered)
    ), kept AS (
        INSERT INTO order_allocation (order_id, code, allocated, back_ordered)
        SELECT %(order)s, g.code, g.allocated, g.back_ordered FROM given g
        WHERE g.allocated + g.back_ordered > 0
    )
    UPDATE stock_level s SET reserved = s.reserved + c.more
    FROM unnest(%(codes)s::text[], %(more)s::bigint[]) AS c (code, more)
    WHERE s.code = c.code AND c.more <> 0
"""


def keep_allocations(tx: Transaction, order_id: OrderId, given: Allocations) -> None:
    """Write what was taken, once the order is there."""
    codes = list(given.reserved_more)
    if not codes:
        return
    values = {
        "order": order_id,
        "codes": codes,
        "allocated": [given.allocated[code] for code in codes],
        "back": [given.back_ordered[code] for code in codes],
        "more": [given.reserved_more[code] for code in codes],
    }
    tx.connection.exec_driver_sql(_KEEP, values)
