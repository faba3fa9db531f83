"""The pages that are looked at beside a call (outbox, read-back of an order), and the way back.

Each page leads back to where it was opened, with the keyboard where it was. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable

import shiboken6
from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from app.ui import shortcuts
from app.ui.command_palette import Command
from app.ui.pages import Pages
from app.ui.presenters import Presenters
from app.ui.shortcuts import Action
from app.values.identity import OrderId
from app.values.order_number import OrderNumber, grouped
from app.wire.clashes import LikeOrder
from app.wire.customers import OrderSummary
from app.wire.order_page import OrderPage
from app.wire.order_search import FoundOrder
from app.wire.orders import Amends, PlacedOrder
from app.wire.people import PERMISSIONS, Permission, PersonView


class WayBack:
    """Where somebody was before each page that is only looked at.

    A page stands in it once: who comes to it again is where they were, so that no two pages lead
    back to each other for ever. `home` where nobody knows any more where it began.
    """

    def __init__(self, go_to: Callable[[QWidget], None], home: Callable[[], QWidget]) -> None:
        self._go_to = go_to
        self._home = home
        self._steps: list[tuple[QWidget, QWidget, QWidget | None]] = []

    def begin(self, at: QWidget, focused: QWidget | None, to: QWidget) -> None:
        """Go to a page; asked on that page itself, the way back stays as it is."""
        pages = [page for page, _at, _focused in self._steps]
        if at not in pages:
            self._steps.clear()  # it was left by another way
        if to in pages:
            del self._steps[pages.index(to) + 1 :]
        elif at is not to:
            self._steps.append((to, at, focused))
        self._go_to(to)

    def end(self) -> None:
        """Back to where it began, with the keyboard where it was."""
        if not self._steps:
            self._go_to(self._home())
            return
        _page, at, focused = self._steps.pop()
        self._go_to(at)
        if focused is not None and shiboken6.isValid(focused):
            focused.setFocus()


class SideTrips(QObject):
    """Leads to the pages that are looked at; `person` is who is signed in."""

    def __init__(
        self, pages: Pages, presenters: Presenters, go_to: Callable[[QWidget], None]
    ) -> None:
        super().__init__(pages)
        self._pages = pages
        self._presenters = presenters
        self._way = WayBack(go_to, pages.home)
        self.person: PersonView | None = None
        presenters.call.placing.same.connect(self.show_protocol_at_centre)
        presenters.placed.protocol_asked.connect(self.show_protocol_of)
        presenters.outbox.order_asked.connect(self.show_order_of)
        presenters.order.protocol_asked.connect(self.show_protocol_of)
        presenters.order.protocol_at_centre.connect(self._show_protocol_of_page)
        pages.order_chosen.connect(self.show_order)
        pages.protocol_left.connect(self.back)
        pages.outbox_left.connect(self.back)
        pages.order_left.connect(self.back)
        pages.orders_left.connect(self.back)
        pages.worklist_left.connect(self.back)
        presenters.worklist.order_chosen.connect(self._show_numbered)
        presenters.orders.order_chosen.connect(self.show_order)
        presenters.orders.placed_chosen.connect(self.show_order_of)

    def commands(self) -> tuple[Command, ...]:
        """What the palette offers everywhere; of an order that was just placed its page."""
        placed = self._presenters.placed.state.placed
        number = grouped(placed.number) if placed is not None else ""
        just_placed = self._pages.currentWidget() is self._pages.placed and bool(number)
        here = Command(self.tr("Order page of {number}").format(number=number), self._show_placed)
        return (
            *((here,) if just_placed else ()),
            Command(shortcuts.label(Action.FIND_ORDER), self.find_order, Action.FIND_ORDER),
            *self._of_leads(),
            Command(shortcuts.label(Action.OUTBOX), self.show_outbox, Action.OUTBOX),
            Command(self.tr("Order page of \u2026"), self.ask_for_order),
            Command(self.tr("Read-back of an order \u2026"), self.ask_for_protocol),
        )

    @Slot()
    def back(self) -> None:
        """Where it began."""
        self._way.end()

    @Slot()
    def show_outbox(self) -> None:
        """What was done here, and how far it has come."""
        if self._open(self._pages.outbox):
            self._pages.outbox.begin()

    @Slot()
    def find_order(self) -> None:
        """Whatever the caller still knows of it."""
        if self._open(self._pages.orders):
            self._pages.orders.begin()

    @Slot()
    def show_worklist(self) -> None:
        """What needs a person; for whoever may decide about orders."""
        if self.person is not None and self._decides and self._open(self._pages.worklist):
            self._pages.worklist.begin(self.person.person_id)

    @property
    def _decides(self) -> bool:
        return self.person is not None and (
            Permission.REVIEW_ORDERS in PERMISSIONS[self.person.role]
        )

    def _of_leads(self) -> tuple[Command, ...]:
        label = shortcuts.label(Action.WORKLIST)
        return (Command(label, self.show_worklist, Action.WORKLIST),) if self._decides else ()

    @Slot()
    def ask_for_protocol(self) -> None:
        """By palette: the number of an order is typed there."""
        self._presenters.protocol.ask()
        self._open_protocol()

    @Slot(object)
    def show_protocol_of(self, placed: PlacedOrder) -> None:
        """How an order of this desk was read back."""
        self._presenters.protocol.show_placed(placed, self.person)
        self._open_protocol()

    @Slot(object)
    def show_protocol_at_centre(self, order: OrderSummary | LikeOrder) -> None:
        """How an order was read back that the centre holds."""
        self._presenters.protocol.show_order(order.order_id, order.number)
        self._open_protocol()

    @Slot(object)
    def _show_protocol_of_page(self, page: OrderPage) -> None:
        placed = page.order.placed
        self._presenters.protocol.show_order(placed.document.order_id, placed.number)
        self._open_protocol()

    @Slot()
    def ask_for_order(self) -> None:
        """By palette: the number of an order is typed there."""
        self._presenters.order.ask()
        self._open_order()

    @Slot(object)
    def show_order(self, order: OrderSummary | FoundOrder | Amends) -> None:
        """The page of an order that the centre holds."""
        self._presenters.order.show_order(order.order_id, order.number)
        self._open_order()

    @Slot(object, object)
    def _show_numbered(self, order_id: OrderId, number: OrderNumber) -> None:
        self._presenters.order.show_order(order_id, number)
        self._open_order()

    @Slot(object)
    def show_order_of(self, placed: PlacedOrder) -> None:
        """The page of an order of this desk."""
        self._presenters.order.show_placed(placed, self.person)
        self._open_order()

    @Slot()
    def _show_placed(self) -> None:
        placed = self._presenters.placed.state.placed
        if placed is not None:
            self.show_order_of(placed)

    def _open_order(self) -> None:
        if self._open(self._pages.order):
            self._pages.order.begin()

    def _open_protocol(self) -> None:
        if self._open(self._pages.protocol):
            self._pages.protocol.begin()

    def _open(self, page: QWidget) -> bool:
        """Whether it was gone to: behind a lock nothing is. What was typed is written first."""
        at = self._pages.currentWidget()
        if at is None or at is self._pages.sign_in:
            return False
        self._presenters.call.keeper.save_now()
        self._way.begin(at, self._pages.window().focusWidget(), page)
        return True
