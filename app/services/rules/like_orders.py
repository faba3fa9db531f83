"""How alike two orders of one customer are. Pure; desk and centre ask the same way.

Every product of either order counts the same: by how far its two quantities agree, nothing where
only one has it. Charges (postage) count for nothing. From half on two orders are alike: the same
lines, one line more, or a single product in half the quantity; a few pieces more of one product
among others are no reason to pass over it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from app.values.identity import ProductCode
from app.values.vocabulary import ProductKind
from app.wire.clashes import SameItem
from app.wire.orders import OrderLine

LIKE_PERCENT = 50

Items = Mapping[str, int]
"""Pieces by product code in capitals."""


def items_of(lines: Iterable[OrderLine]) -> dict[str, int]:
    """What an order asks for, over all its lines."""
    items: Counter[str] = Counter()
    for line in lines:
        if line.kind is ProductKind.GOODS:
            items[line.code.upper()] += line.quantity
    return dict(items)


def likeness(one: Items, other: Items) -> int:
    """From 0, nothing in common, to 100, the same; never asks which order came first."""
    codes = one.keys() | other.keys()
    return _agreeing(one, other) // len(codes) if codes else 0


def are_alike(one: Items, other: Items) -> bool:
    """Whether somebody should ask before the second is placed."""
    codes = one.keys() | other.keys()
    return bool(codes) and _agreeing(one, other) >= LIKE_PERCENT * len(codes)


def same_items(here: Items, there: Items) -> tuple[SameItem, ...]:
    """What both have, by code."""
    return tuple(
        SameItem(code=ProductCode(code), here=here[code], there=there[code])
        for code in sorted(here.keys() & there.keys())
    )


def _agreeing(one: Items, other: Items) -> int:
    """In percent of one product, added up."""
    pairs = ((one[code], other[code]) for code in one.keys() & other.keys())
    return sum(100 * min(pair) // max(pair) for pair in pairs)
