"""What could be sent in place of a product that is short: its lookalikes, and what is called alike.

Blocks: for the READ lane.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.services.ports import Caller
from app.ui.screens.call import lookalikes
from app.ui.screens.call.finder import FinderRow
from app.values.errors import Refusal
from app.values.vocabulary import ProductKind
from app.wire import operations
from app.wire.catalogue import FindLookalikes, FindProducts, Match, ProductView
from app.wire.orders import OrderLine

MOST = 12
_TELLING_WORDS = 2
_LEAST_LETTERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitutes:
    """Rows for the finder, and the words they were found by."""

    text: str
    rows: tuple[FinderRow, ...]


def substitutes_for(caller: Caller, line: OrderLine) -> Substitutes:
    """Products like that of a line which can be sent, as far as the desk knows."""
    text = _what_it_is(line.description)
    found = [*_lookalikes(caller, line), *_called_alike(caller, text)]
    kept: dict[str, ProductView] = {}
    for product in found:
        if product.code != line.code and _can_be_sent(product):
            kept.setdefault(product.code, product)
    products = list(kept.values())[:MOST]
    told = lookalikes.told_apart(products)
    rows = tuple(
        FinderRow(product=product, match=Match.WORDS, told=one)
        for product, one in zip(products, told, strict=True)
    )
    return Substitutes(text=text, rows=rows)


def _lookalikes(caller: Caller, line: OrderLine) -> list[ProductView]:
    try:
        found = caller.call(operations.FIND_LOOKALIKES, FindLookalikes(code=line.code))
    except Refusal:  # the product is not in the catalogue any more
        return []
    return [other.product for other in found.others]


def _called_alike(caller: Caller, text: str) -> list[ProductView]:
    if not text:
        return []
    found = caller.call(operations.FIND_PRODUCTS, FindProducts(text=text, limit=MOST * 2))
    return [hit.product for hit in found.hits]


def _what_it_is(description: str) -> str:
    """The last words that are neither colour nor size: what kind of thing it is."""
    words = [
        word.strip(".,;:()\"'").casefold()
        for word in description.split()
        if lookalikes.tells_what(word)
    ]
    kept = [word for word in words if len(word) >= _LEAST_LETTERS and word.isalpha()]
    return " ".join(kept[-_TELLING_WORDS:])


def _can_be_sent(product: ProductView) -> bool:
    is_there = product.available is None or product.available > 0
    return product.kind is ProductKind.GOODS and not product.withdrawn and is_there
