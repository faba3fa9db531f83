"""A draft was opened: stock and changed prices of its products, a few at a time. GUI thread."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Lane
from app.ui.notices import notice_of
from app.ui.screens.call import repeating
from app.ui.screens.call.lines import LinesPresenter
from app.ui.screens.call.order_in_hand import OrderInHand
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId, ProductCode
from app.wire.catalogue import ProductView

PRODUCTS_AT_A_TIME = 50


class FreshProducts(QObject):
    """Asks on the READ lane until the lines know all their products."""

    notice = Signal(object)

    def __init__(
        self,
        order: OrderInHand,
        lines: LinesPresenter,
        caller: Caller,
        background: Background,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._order = order
        self._lines = lines
        self._caller = caller
        self._background = background

    def ask(self) -> None:
        """The next few, until there are none."""
        codes = self._lines.book.unknown_codes()[:PRODUCTS_AT_A_TIME]
        if not codes:
            return
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
        if self._order.is_open and self._order.document.order_id == order_id:
            self._lines.learn(products, asked_for=codes)
            self.ask()

    def _complain(self, error: Refusal | Fault) -> None:
        self.notice.emit(notice_of(error))
