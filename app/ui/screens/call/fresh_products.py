"""Products of the order in hand as the catalogue holds them by now, a few at a time. GUI thread.

A draft that was opened asks until all are known. While the call goes on all are looked up again and
again in the desk's own replica, which follows the centre: a price that changed or a product that
was withdrawn meanwhile is shown and told once, and what the caller was quoted stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.services.ports import Caller
from app.services.rules.pricing import unit_price_for
from app.ui import formatting
from app.ui.background import Background, Lane
from app.ui.notices import Kind, Notice, notice_of
from app.ui.screens.call import repeating
from app.ui.screens.call.lines import LinesPresenter
from app.ui.screens.call.order_in_hand import OrderInHand
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId, ProductCode
from app.wire.catalogue import ProductView

PRODUCTS_AT_A_TIME = 50
EVERY_TICKS = 3
"""So many seconds between two looks at a few products: the replica is no further behind."""
TOLD_MOST = 2
"""Changes that are told one by one; more of them are counted."""


class FreshProducts(QObject):
    """Asks on the READ lane until the lines know all their products, and then again and again."""

    notice = Signal(object)

    def __init__(
        self,
        order: OrderInHand,
        lines: LinesPresenter,
        caller: Caller,
        background: Background,
        parent: QObject,
        *,
        tick_ms: int | None = None,
    ) -> None:
        """`tick_ms` None: nothing is looked up again by itself."""
        super().__init__(parent)
        self._order = order
        self._lines = lines
        self._caller = caller
        self._background = background
        self._place = 0
        self._is_asking = False
        self._tick = QTimer(self)
        self._tick.timeout.connect(self.look_again)
        if tick_ms is not None:
            self._tick.start(tick_ms * EVERY_TICKS)

    def ask(self) -> None:
        """The next few that are not known yet, until there are none."""
        codes = self._lines.book.unknown_codes()[:PRODUCTS_AT_A_TIME]
        if codes:
            self._look_up(codes)

    @Slot()
    def look_again(self) -> None:
        """The next few of those that are known; after the last of them the first."""
        if not self._order.is_open or self._is_asking:
            return
        codes = self._lines.book.codes()
        if not codes:
            return
        self._place = self._place if self._place < len(codes) else 0
        few = codes[self._place : self._place + PRODUCTS_AT_A_TIME]
        self._place += len(few)
        self._is_asking = True
        self._look_up(few)

    def _look_up(self, codes: tuple[ProductCode, ...]) -> None:
        self._background.run(
            Lane.READ,
            partial(repeating.products_of, self._caller, codes),
            owner=self,
            then=partial(self._learn, self._order.document.order_id, codes),
            failed=self._complain,
        )

    def _learn(
        self, order_id: OrderId, codes: tuple[ProductCode, ...], products: tuple[ProductView, ...]
    ) -> None:
        self._is_asking = False
        if not self._order.is_open or self._order.document.order_id != order_id:
            return
        book = self._lines.book
        has_unknown = any(book.product(code) is None for code in codes)
        others = tuple(one for one in products if one != book.product(one.code))
        told = tuple(self._changes(others))
        if others or has_unknown:
            self._lines.learn(others, asked_for=codes)
        self._tell(told)
        if has_unknown:
            self.ask()

    def _changes(self, products: tuple[ProductView, ...]) -> Iterator[Notice]:
        """What became of products since they were last looked up, as far as the caller minds."""
        for product in products:
            before, row = (
                self._lines.book.product(product.code),
                self._lines.book.row_with(product.code),
            )
            if before is None or row is None:
                continue
            name = f"{product.code} {product.description}"
            if product.withdrawn and not before.withdrawn:
                words = self.tr(
                    "{name} was withdrawn just now. This caller can still have it; somebody will "
                    "check the order."
                )
                yield Notice(kind=Kind.WARN, sentence=words.format(name=name))
            price = unit_price_for(product, row.line.quantity)
            if price not in {unit_price_for(before, row.line.quantity), row.line.list_price}:
                words = self.tr(
                    "{name} costs {new} from now on. This caller was told {old}, and that holds."
                )
                new, old = map(formatting.unit_price, (price, row.line.told_price))
                yield Notice(kind=Kind.INFO, sentence=words.format(name=name, new=new, old=old))

    def _tell(self, told: tuple[Notice, ...]) -> None:
        if len(told) <= TOLD_MOST:
            for notice in told:
                self.notice.emit(notice)
            return
        words = self.tr(
            "{count} products of this order have just changed. Their lines are marked; what the "
            "caller was told holds."
        )
        self.notice.emit(Notice(kind=Kind.WARN, sentence=words.format(count=len(told))))

    def _complain(self, error: Refusal | Fault) -> None:
        self._is_asking = False
        self.notice.emit(notice_of(error))
