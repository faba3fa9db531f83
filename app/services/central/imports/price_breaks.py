"""What a price list must have said, told from the lines that were sold by it.

Pure. A shop's list changes over time, big quantities cost less, and some customers have prices of
their own; what comes out is the list price that held last and the quantities from which it fell.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

SMALL_SHARE = 0.25
"""The quarter of the lines with the smallest quantities shows the list price without breaks."""
NEWEST_LINES = 60
NEWEST_SMALL_LINES = 20
FEWEST_BREAK_LINES = (3, 6, 6)
LEAST_ACCURACY = (0.9, 0.97, 0.97)
"""Of the lines at either price, the share the quantity must explain; more for a second break."""
COMMON_SHARE = 0.5
"""Of two lower prices that are nearly as common, the higher one is the next break."""
FEWEST_TYPICAL_LINES = 5
LEAST_PURITY = 0.8
"""Of the lines from the limit on, the share that must have paid the lower price."""


class Sold(NamedTuple):
    """One line: day (or instant) as sortable text, quantity, unit price in 1/10,000."""

    at: str
    quantity: int
    price: int


class Break(NamedTuple):
    """From this quantity on, this price."""

    from_quantity: int
    price: int


def derive_breaks(lines: Sequence[Sold]) -> tuple[Break, ...]:
    """Price breaks from quantity 1 upwards, told from at least one line."""
    in_order = sorted(lines, key=lambda line: line.at)
    list_price = _commonest_lately(_small(in_order[-NEWEST_LINES:])[-NEWEST_SMALL_LINES:])
    since = _start_of_reign(_small(in_order), list_price)
    reign = [line for line in in_order if line.at >= since]
    breaks = [Break(1, list_price)]
    for fewest, accuracy in zip(FEWEST_BREAK_LINES, LEAST_ACCURACY, strict=True):
        lower = _next_break(reign, breaks[-1], fewest, accuracy)
        if lower is None:
            break
        breaks.append(lower)
    return tuple(breaks)


def typical_quantity(quantities: Sequence[int]) -> int | None:
    """The lower median, a quantity somebody did order; None where few lines tell."""
    if len(quantities) < FEWEST_TYPICAL_LINES:
        return None
    return sorted(quantities)[(len(quantities) - 1) // 2]


def _small(lines: Sequence[Sold]) -> list[Sold]:
    """The lines with small quantities, in the same order."""
    quantities = sorted(line.quantity for line in lines)
    most = quantities[int((len(quantities) - 1) * SMALL_SHARE)]
    return [line for line in lines if line.quantity <= most]


def _commonest_lately(lines: Sequence[Sold]) -> int:
    """The price of most lines; among equals the one used last."""
    counts = Counter(line.price for line in lines)
    used_last = {line.price: index for index, line in enumerate(lines)}
    return max(counts, key=lambda price: (counts[price], used_last[price]))


def _start_of_reign(small: Sequence[Sold], list_price: int) -> str:
    """Since when the price holds: counted back from the newest line, where it wins most clearly."""
    lead = best = 0
    since = ""
    for line in reversed(small):
        lead += 1 if line.price == list_price else -1
        if lead >= best:
            best, since = lead, line.at
    return since


def _next_break(reign: Sequence[Sold], above: Break, fewest: int, accuracy: float) -> Break | None:
    """The next lower price that a quantity explains, of the commonest ones, or None."""
    eligible = [line for line in reign if line.quantity >= above.from_quantity]
    at_list = sorted(line.quantity for line in eligible if line.price == above.price)
    lower = Counter(line.price for line in eligible if line.price < above.price)
    for price in _candidates(lower, fewest) if at_list else ():
        at_break = sorted(line.quantity for line in eligible if line.price == price)
        limit, right = _best_limit(at_list, at_break)
        paid_break = len(at_break) - bisect_left(at_break, limit)
        paid_list = len(at_list) - bisect_left(at_list, limit)
        if (
            limit > above.from_quantity
            and paid_break >= fewest
            and right >= accuracy * (len(at_list) + len(at_break))
            and paid_break >= LEAST_PURITY * (paid_break + paid_list)
        ):
            return Break(limit, price)
    return None


def _candidates(lower: Counter[int], fewest: int) -> list[int]:
    """The two commonest prices; the higher one first where it is not much rarer."""
    commonest = [(price, count) for price, count in lower.most_common(2) if count >= fewest]
    prices = [price for price, _ in commonest]
    if len(commonest) == 2 and commonest[1][1] >= COMMON_SHARE * commonest[0][1]:
        prices.sort(reverse=True)
    return prices


def _best_limit(at_list: Sequence[int], at_break: Sequence[int]) -> tuple[int, int]:
    """The quantity that best parts two sorted lists, and how many it puts on the right side."""
    best_limit = best_right = 0
    for limit in sorted({*at_list, *at_break}):
        right = bisect_left(at_list, limit) + len(at_break) - bisect_left(at_break, limit)
        if right > best_right:
            best_limit, best_right = limit, right
    return best_limit, best_right
