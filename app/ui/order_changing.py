"""Leads from the page of an order to changing it and back: amending, cancelling, goodwill.

The only place that knows the call screen, the order page and the screen of what was placed
together for this. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.services.rules.payments import apart
from app.ui.background import Lane
from app.ui.notices import notice_of
from app.ui.pages import Pages
from app.ui.presenters import Means, Presenters
from app.ui.screens.call.amending import Changed
from app.ui.screens.order.cancel_panel import CancelPanel
from app.ui.screens.order.cancel_presenter import CancelPresenter
from app.ui.screens.order.goodwill_panel import GoodwillPanel
from app.ui.screens.order.goodwill_presenter import GoodwillPresenter
from app.ui.screens.order.panel import OrderPanel
from app.ui.screens.order.presenter import OrderPageState
from app.ui.screens.placed.state import ChangeTold
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId
from app.values.order_life import IdentityLevel
from app.wire.order_changes import BeginAmendment
from app.wire.order_operations import BEGIN_AMENDMENT
from app.wire.order_page import OrderPage
from app.wire.orders import Amends, OrderDocument, PlacedOrder


class OrderChanging(QObject):
    """`begun(OrderDocument)`: a draft of a change is to be worked on in the call screen.

    `collecting` follows it where what is open of the order is to be paid by card.
    `changed(PlacedOrder, ChangeTold)`: a change was sent, and the caller is told.
    """

    begun = Signal(object)
    collecting = Signal()
    changed = Signal(object, object)
    notice = Signal(object)

    def __init__(
        self,
        pages: Pages,
        presenters: Presenters,
        means: Means,
        show_order: Callable[[Amends], None],
    ) -> None:
        super().__init__(pages)
        self._pages = pages
        self._presenters = presenters
        self._means = means
        self._show_order = show_order
        self._to_cancel: OrderId | None = None
        self._is_beginning = False
        self._cancel_panel: CancelPanel | None = None
        self._goodwill_panel: GoodwillPanel | None = None
        self.cancelling = CancelPresenter(
            means.caller, means.background, means.clock, means.ids, self
        )
        self.giving = GoodwillPresenter(means.caller, means.background, means.ids, self)
        order = presenters.order
        for asking in (self.cancelling, self.giving):
            asking.notice.connect(self.notice)
            asking.done.connect(order.refresh)
        order.amend_asked.connect(partial(self._begin, then=self._begun))
        order.collect_asked.connect(partial(self._begin, then=self._to_collect))
        order.cancel_asked.connect(self._cancel)
        order.undo_asked.connect(self._undo)
        order.goodwill_asked.connect(self._give)
        order.state_changed.connect(self._follow)
        presenters.call.changed.connect(self._changed)
        presenters.call.amending.cancel_asked.connect(self._cancel_instead)

    def _begin(self, page: OrderPage, then: Callable[[OrderDocument], None]) -> None:
        """A draft of the order as it now stands; the order in hand stays as a draft.

        One at a time: a key that is struck twice makes no second draft.
        """
        if self._is_beginning:
            return
        self._is_beginning = True
        request = BeginAmendment(order_id=OrderId(page.order.placed.document.order_id))
        self._means.background.run(
            Lane.NETWORK,
            partial(self._means.caller.call, BEGIN_AMENDMENT, request),
            owner=self,
            then=then,
            failed=self._not_begun,
        )

    def _to_collect(self, document: OrderDocument) -> None:
        self._begun(document)
        self.collecting.emit()

    def _begun(self, document: OrderDocument) -> None:
        self._is_beginning = False
        self.begun.emit(document)

    def _not_begun(self, error: Refusal | Fault) -> None:
        self._is_beginning = False
        self._complain(error)

    @Slot(object)
    def _cancel(self, page: OrderPage) -> None:
        self._make_cancel_panel()
        self.cancelling.open(page)

    @Slot(object)
    def _undo(self, page: OrderPage) -> None:
        self._make_cancel_panel()
        self.cancelling.open_undo(page)

    @Slot(object)
    def _give(self, page: OrderPage) -> None:
        """One panel at a time has the keys."""
        self.cancelling.close()
        if self._goodwill_panel is None:
            self._goodwill_panel = GoodwillPanel(self.giving, self._pages.order)
            self._place(self._goodwill_panel)
        self.giving.open(page)

    @Slot(object)
    def _cancel_instead(self, amends: Amends) -> None:
        """Nothing would be left of the order: the draft stays, the order page asks."""
        self._to_cancel = amends.order_id
        self._show_order(amends)

    @Slot(object)
    def _follow(self, state: OrderPageState) -> None:
        self.cancelling.follow(state.page)
        self.giving.follow(state.page)
        if state.page is None or state.loading:
            return
        self.cancelling.take_page(state.page)
        is_wanted = self._to_cancel == state.page.order.placed.document.order_id
        if is_wanted and state.level is IdentityLevel.ALL:
            self._to_cancel = None
            self._cancel(state.page)

    def _make_cancel_panel(self) -> None:
        """Once it is wanted; one panel at a time has the keys."""
        self.giving.close()
        if self._cancel_panel is None:
            self._cancel_panel = CancelPanel(self.cancelling, self._pages.order)
            self._cancel_panel.choosing.connect(self._pages.order.give_way)
            self._place(self._cancel_panel)

    def _place(self, panel: OrderPanel) -> None:
        """Below the lines, in view, with Esc for itself while it is open."""
        screen = self._pages.order
        screen.panel_place.addWidget(panel)
        panel.opened.connect(partial(screen.back_key.setEnabled, False))
        panel.opened.connect(partial(screen.bring_in_view, panel))
        panel.closed.connect(self._panel_closed)

    @Slot()
    def _panel_closed(self) -> None:
        screen = self._pages.order
        screen.back_key.setEnabled(True)
        screen.begin()

    @Slot(object)
    def _changed(self, changed: Changed) -> None:
        placed = PlacedOrder(
            number=changed.amends.number,
            document=changed.document,
            totals=changed.totals,
            placed_at=self._means.clock.now(),
            placed_by=changed.document.taken_by,
            attempts=changed.attempts,
            links=changed.links,
        )
        to_pay, goes_back = apart(changed.totals.total, changed.amends.held)
        told = ChangeTold(
            revision=changed.amends.revision,
            was=changed.amends.total,
            to_pay=to_pay,
            goes_back=goes_back,
            cards=changed.amends.last_fours,
            state=changed.sent.state,
            sentence=changed.sent.sentence,
        )
        self.changed.emit(placed, told)

    def _complain(self, error: Refusal | Fault) -> None:
        self.notice.emit(notice_of(error))
