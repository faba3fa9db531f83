"""Brings the identity box onto the page of an order, and what it found into the contact.

Between calls nobody has to show anything. GUI thread; asks for nothing.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from app.ui.contact import ContactPresenter, ContactState
from app.ui.pages import Pages
from app.ui.presenters import Presenters
from app.ui.screens.order.identity_box import IdentityBox
from app.ui.screens.order.screen import OrderScreen
from app.values.identity import ContactId, OrderId
from app.wire.order_page import OrderPage
from app.wire.orders import PlacedOrder


def digits_of(text: str) -> str:
    """The digits of what was typed, whatever stands between them."""
    return "".join(filter(str.isdigit, text))


class OrderIdentity(QObject):
    """Follows the page of an order, and the contact, of one window."""

    def __init__(self, pages: Pages, presenters: Presenters, parent: QObject) -> None:
        super().__init__(parent)
        self._pages = pages
        self._identity = presenters.identity
        self._order = presenters.order
        self._orders = presenters.orders
        self._call = presenters.call
        self._contact: ContactPresenter = presenters.contact
        self._in_contact: ContactId | None = None
        self._placed_in_it: set[OrderId] = set()
        self._box: IdentityBox | None = None
        presenters.order.opened.connect(self._begin)
        presenters.call.placed.connect(self._remember)
        self._identity.level_changed.connect(presenters.order.set_level)
        self._identity.checked.connect(self._contact.checked)
        self._contact.state_changed.connect(self._follow_contact)

    @property
    def box(self) -> IdentityBox:
        """The box; it stands on the page from the first order on."""
        if self._box is None:
            self._box = IdentityBox(self._identity, self._pages.order)
            self._pages.order.identity_place.addWidget(self._box)
        return self._box

    @Slot(object)
    def _begin(self, page: OrderPage) -> None:
        box = self.box
        if self._contact.contact_id is None:
            self._identity.end()
        else:
            placed = page.order.placed
            order_id = placed.document.order_id
            typed = digits_of(self._orders.state.text)
            self._identity.begin(
                page,
                caller_number=self._call.caller_number,
                number_told=self._order.state.asking or typed == placed.number,
                placed_now=order_id in self._placed_in_it,
            )
        self._order.set_level(self._identity.state.level)
        box.take_focus()

    @Slot(object)
    def _remember(self, placed: PlacedOrder) -> None:
        """Who placed an order just now has shown that it is theirs."""
        self._placed_in_it.add(placed.document.order_id)

    @Slot(object)
    def _follow_contact(self, state: ContactState) -> None:
        contact_id = state.contact.contact_id if state.contact is not None else None
        if contact_id == self._in_contact:
            return
        if self._in_contact is not None:
            self._placed_in_it.clear()
            self._identity.forget()
        self._in_contact = contact_id
        page = self._order.state.page
        if contact_id is not None and page is not None and self._is_in_view():
            self._begin(page)  # it was looked at when the telephone rang

    def _is_in_view(self) -> bool:
        return self._pages.shows(OrderScreen)
