"""A past order once more: its products as the catalogue holds them today, the rest in words.

Asks on a background lane; touches no widget.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Signal

from app.services.ports import Caller
from app.services.rules.pricing import unit_price_for
from app.ui.background import Background, Lane
from app.ui.formatting import counted
from app.ui.notices import Kind, Notice, notice_of
from app.ui.screens.call.lines import LinesPresenter
from app.ui.screens.call.order_in_hand import OrderInHand
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId, ProductCode
from app.values.vocabulary import OrderType, ProductKind
from app.wire import operations
from app.wire.catalogue import GetProduct, ProductView
from app.wire.customers import GetOrder
from app.wire.orders import OrderLine, OrderView


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


class Repeating(QObject):
    """Adds the products of a past order to the one in hand."""

    notice = Signal(object)

    def __init__(
        self,
        order: OrderInHand,
        lines: LinesPresenter,
        caller: Caller,
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._order = order
        self._lines = lines
        self._caller = caller
        self._background = background

    def add(self, order_id: OrderId) -> None:
        """Ask for the order, look its products up and add them at today's prices."""
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, operations.GET_ORDER, GetOrder(order_id=order_id)),
            owner=self,
            then=self._look_up,
            failed=self._complain,
        )

    def _look_up(self, view: OrderView) -> None:
        self._background.run(
            Lane.READ,
            partial(look_up, self._caller, view.placed.document.lines),
            owner=self,
            then=self._add,
            failed=self._complain,
        )

    def _add(self, repeated: Repeated) -> None:
        if not self._order.is_open:
            return
        if repeated.products:
            self._lines.add_lines(repeated.products)
            if self._order.document.order_type is OrderType.NEW:
                self._order.follow_up(order_type=OrderType.REORDER)
        kind = Kind.INFO if repeated.is_the_same else Kind.WARN
        self.notice.emit(Notice(kind=kind, sentence=in_words(repeated)))

    def _complain(self, error: Refusal | Fault) -> None:
        self.notice.emit(notice_of(error))


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
