"""Stock of an order that arrives: holds become allocations, what is lacking follows later.

Part of the transaction that keeps the order, in two steps: what there is is taken before the order
is judged, because a shortage is a reason to look at it, and written with the order. An order is
never turned away for want of stock. Nothing is asked where no product of it is tracked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.services.central.stock_rows import TrackedCodes, lock_levels, take_for_orders
from app.services.central.transaction import Transaction
from app.services.rules.review import MORE, ReviewReason
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


@dataclass(frozen=True, slots=True)
class Wanting:
    """An order that wants stock; `tracked` are products of its lines and its holds."""

    document: OrderDocument
    tracked: Collection[str]


def allocate(tx: Transaction, orders: Sequence[Wanting]) -> list[Allocations]:
    """Take what there is for each, the first first.

    Their levels stay locked, and wrong, until the orders are kept.
    """
    tracked = {code for order in orders for code in order.tracked}
    if not tracked:
        return [NOTHING] * len(orders)
    levels = lock_levels(tx, tracked)
    taken = take_for_orders(tx, [order.document.order_id for order in orders], levels)
    free = Counter({code: level.free for code, level in levels.items()})
    expired = taken.pop(None, Counter())
    return [_allocated(order, free, taken[order.document.order_id], expired) for order in orders]


def _allocated(
    order: Wanting, free: Counter[str], held: Counter[str], expired: Counter[str]
) -> Allocations:
    """`free` is what is there before it, and then what is left; `expired` goes to it whole.

    Products are taken in the order of their codes, with those that were held since facts were asked
    and are locked for another order.
    """
    codes = [code for code in free if code in order.tracked or held[code]]
    given_back = {code: held[code] + expired.pop(code, 0) for code in codes}
    free.update(given_back)
    allocated: Counter[str] = Counter()
    back_ordered: Counter[str] = Counter()
    short = []
    for position, code, line in _tracked_lines(order.document, codes):
        told = min(line.back_ordered, line.quantity)
        wanted = line.quantity - told
        got = min(wanted, max(free[code], 0))
        free[code] -= got
        allocated[code] += got
        back_ordered[code] += line.quantity - got
        if got < wanted:
            short.append(position)
    return Allocations(
        allocated=allocated,
        back_ordered=back_ordered,
        short=tuple(short),
        reserved_more={code: allocated[code] - given_back[code] for code in codes},
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
