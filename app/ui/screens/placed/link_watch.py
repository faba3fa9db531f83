"""Follows the pay links of a placed order while its caller is still on the line.

Asks now and then, and no longer once every link is paid or over. GUI thread; asks on the NETWORK
lane. A line that is down is no news: the centre follows links on its own.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.services.ports import Caller
from app.services.rules.payments import STILL_OPEN
from app.ui.background import Background, Lane, Latest
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId
from app.wire import card_operations
from app.wire.orders import PlacedOrder
from app.wire.payments import AskTenders, Tenders

EVERY_MS = 5_000


class LinkWatch(QObject):
    """`heard(Tenders)`: what the bank knows of the payment now."""

    heard = Signal(object)

    def __init__(self, caller: Caller, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._questions = Latest()
        self._order_id: OrderId | None = None
        self._tick = QTimer(self)
        self._tick.setInterval(EVERY_MS)
        self._tick.timeout.connect(self.ask)

    def begin(self, placed: PlacedOrder | None) -> None:
        """Follow this order, where a link of it may still be paid; None: no order any more."""
        self._questions.forget()
        is_open = placed is not None and any(one.state in STILL_OPEN for one in placed.links)
        self._order_id = placed.document.order_id if placed is not None and is_open else None
        self._keep_on(is_open=is_open)

    @Slot()
    def ask(self) -> None:
        """Ask how it stands."""
        if self._order_id is None:
            return
        request = AskTenders(order_id=self._order_id, refresh=True)
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, card_operations.ASK_TENDERS, request),
            owner=self,
            then=self._take,
            failed=self._pass_over,
            question=self._questions.ask(),
        )

    def _take(self, tenders: Tenders) -> None:
        self._keep_on(is_open=any(one.state in STILL_OPEN for one in tenders.links))
        self.heard.emit(tenders)

    def _pass_over(self, _error: Refusal | Fault) -> None:
        """It is asked again."""

    def _keep_on(self, *, is_open: bool) -> None:
        if is_open:
            self._tick.start()
        else:
            self._tick.stop()
