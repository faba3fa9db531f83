"""A past order once more: its products as the catalogue holds them today, the rest in words.

Asks on a background lane; nothing here touches the order, a widget or the GUI thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from app.services.ports import Caller
from app.services.rules.pricing import unit_price_for
from app.ui.formatting import counted
from app.values.errors import Refusal
from app.values.identity import ProductCode
from app.values.vocabulary import ProductKind
from app.wire import operations
from app.wire.catalogue import GetProduct, ProductView
from app.wire.orders import OrderLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """What can be ordered again, and what cannot. `dearer` and `cheaper` count changed prices."""

    products: tuple[tuple[ProductView, int], ...]
    gone: tuple[ProductCode, ...]
    charges: tuple[ProductCode, ...]
    dearer: int
    cheaper: int

    @property
    def is_the_same(self) -> bool:
        """Whether every line is there at the price of then."""
        return not (self.gone or self.charges or self.dearer or self.cheaper)


def products_of(caller: Caller, codes: Iterable[ProductCode]) -> tuple[ProductView, ...]:
    """The products that are in the catalogue. Blocks."""
    found = (_product(caller, code) for code in codes)
    return tuple(product for product in found if product is not None)


def look_up(caller: Caller, lines: Sequence[OrderLine]) -> Repeated:
    """Every line of a past order in today's catalogue.

    Charges of then are not carried over. Blocks.
    """
    products: list[tuple[ProductView, int]] = []
    gone: list[ProductCode] = []
    dearer = cheaper = 0
    for line in lines:
        if line.kind is ProductKind.CHARGE:
            continue
        product = _product(caller, line.code)
        if product is None or product.withdrawn:
            gone.append(line.code)
            continue
        price = unit_price_for(product, line.quantity)
        dearer += price > line.told_price
        cheaper += price < line.told_price
        products.append((product, line.quantity))
    return Repeated(
        products=tuple(products),
        gone=tuple(gone),
        charges=tuple(line.code for line in lines if line.kind is ProductKind.CHARGE),
        dearer=dearer,
        cheaper=cheaper,
    )


def in_words(repeated: Repeated) -> str:
    """One notice for all of it."""
    count = len(repeated.products)
    sentences = [
        counted(
            count,
            _tr("1 line added at today's price."),
            _tr("{count} lines added at today's prices."),
        )
    ]
    if repeated.dearer:
        one, many = _tr("1 costs more than then."), _tr("{count} cost more than then.")
        sentences.append(counted(repeated.dearer, one, many))
    if repeated.cheaper:
        one, many = _tr("1 costs less than then."), _tr("{count} cost less than then.")
        sentences.append(counted(repeated.cheaper, one, many))
    if repeated.gone:
        sentences.append(_tr("No longer sold: {codes}.").format(codes=", ".join(repeated.gone)))
    if repeated.charges:
        codes = ", ".join(repeated.charges)
        sentences.append(_tr("Charges of then are left out: {codes}.").format(codes=codes))
    return " ".join(sentences)


def _tr(words: str) -> str:
    return QCoreApplication.translate("Repeating", words)


def _product(caller: Caller, code: ProductCode) -> ProductView | None:
    try:
        return caller.call(operations.GET_PRODUCT, GetProduct(code=code))
    except Refusal:
        return None
