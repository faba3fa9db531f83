"""Keeps the page of an order up to date while somebody looks at it.

Asked again at once when the desk heard something about its orders, else now and then: what happens
to orders of other desks is told to those alone. Goes by the answers of the desk. GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from app.ui.pages import Pages
from app.ui.screens.order.presenter import OrderPresenter
from app.ui.screens.order.screen import OrderScreen
from app.wire.sync import DeskStatus

ASKED_EVERY = 10
"""Of so many answers of the desk: every twenty seconds."""


class OrderWatch(QObject):
    """Follows one window's page of an order; nothing is asked while it is out of view."""

    def __init__(self, pages: Pages, order: OrderPresenter, parent: QObject) -> None:
        super().__init__(parent)
        self._pages = pages
        self._order = order
        self._decided = 0
        self._left = ASKED_EVERY
        order.opened.connect(self._begin)

    @Slot()
    def _begin(self) -> None:
        """It was asked for just now."""
        self._left = ASKED_EVERY

    @Slot(object)
    def hear(self, status: DeskStatus) -> None:
        """The desk has answered."""
        is_news, self._decided = status.decided != self._decided, status.decided
        if not self._pages.shows(OrderScreen) or self._pages.window().isMinimized():
            self._left = 0  # once it is looked at again
            return
        self._left -= 1
        if is_news or self._left <= 0:
            self._left = ASKED_EVERY
            self._order.follow()
