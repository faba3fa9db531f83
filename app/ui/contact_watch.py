"""Notices by what is done on the screens that somebody is in contact, who, and what about.

Everything it sees it tells the presenter of the contact; it asks for nothing. GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from app.services.rules.contacts import OnScreen
from app.ui.presenters import Presenters
from app.ui.screens.call.amending import Changed
from app.ui.screens.call.answers import AnswersState
from app.ui.screens.call.customer_state import CustomerState
from app.ui.screens.call.finder import FinderState
from app.ui.screens.order.presenter import OrderPageState
from app.ui.screens.orders.presenter import OrdersState
from app.values.order_life import ChangeState, ContactOutcome, ContactReason
from app.wire.customers import CustomerView
from app.wire.order_page import OrderPage
from app.wire.orders import OrderDocument
from app.wire.recording import CallOnLine


class ContactWatch(QObject):
    """Follows the screens of one window for as long as it is there."""

    def __init__(self, presenters: Presenters, parent: QObject) -> None:
        super().__init__(parent)
        self._contact = presenters.contact
        self._call = presenters.call
        self._line_dropped = False
        self._looked_up = False
        self._change: Changed | None = None
        self._reference = self._over = ""
        self._contact.screen = self._on_screen
        call = presenters.call
        call.order.settled.connect(self._follow_order)
        call.customer.state_changed.connect(self._follow_customer)
        call.customer.chosen.connect(self._know_customer)
        call.finder.state_changed.connect(self._follow_lookup)
        call.answers.state_changed.connect(self._follow_lookup)
        call.on_line.found.connect(self._rung)
        call.payment.pause.hung_up.connect(self._drop)
        call.placed.connect(self._contact.ends_with_order)
        call.changed.connect(self._remember_change)
        call.parking.parked.connect(self._parked)
        call.parking.given.connect(self._given)
        presenters.placed.finished.connect(self._told)
        presenters.orders.state_changed.connect(self._follow_lookup_of_orders)
        presenters.order.state_changed.connect(self._follow_number)
        presenters.order.opened.connect(self._look_at)
        self._contact.state_changed.connect(self._follow_contact)

    @Slot(object)
    def _remember_change(self, changed: Changed) -> None:
        self._change = changed

    @Slot()
    def _told(self) -> None:
        """All was said of an order: the desk ends the contact of a new one with its call."""
        changed, self._change = self._change, None
        if changed is None:
            self._contact.is_over()
            return
        is_done = changed.sent.state is ChangeState.APPLIED
        outcome = ContactOutcome.ORDER_CHANGED if is_done else ContactOutcome.PASSED_ON
        self._contact.end_as(ContactReason.CHANGE, outcome)

    def _on_screen(self) -> OnScreen:
        order = self._call.order
        document = order.document if order.is_open else None
        return OnScreen(
            lines=len(document.lines) if document is not None else 0,
            amending=document is not None and document.amends is not None,
            line_dropped=self._line_dropped,
            looked_up=self._looked_up,
        )

    @Slot()
    def _follow_contact(self) -> None:
        if self._contact.contact_id is None:
            self._line_dropped = self._looked_up = False
            self._over, self._reference = self._reference or self._over, ""

    @Slot()
    def _follow_order(self) -> None:
        """Something of the order was said."""
        self._contact.touch()
        if self._call.order.is_open:
            self._contact.came_by(self._call.order.document.channel)

    @Slot(object)
    def _follow_customer(self, state: CustomerState) -> None:
        if state.text:
            self._contact.touch()

    @Slot(object)
    def _know_customer(self, customer: CustomerView) -> None:
        self._contact.of_customer(customer.customer_id)

    @Slot(object)
    def _follow_lookup(self, state: FinderState | AnswersState) -> None:
        if state.text:
            self._looked_up = True
            self._contact.touch()

    @Slot(object)
    def _follow_lookup_of_orders(self, state: OrdersState) -> None:
        if state.text:
            self._contact.touch()

    @Slot(object)
    def _follow_number(self, state: OrderPageState) -> None:
        """The number of an order is typed: somebody told it."""
        if state.asking and state.number_text:
            self._contact.touch()

    @Slot(object)
    def _look_at(self, page: OrderPage) -> None:
        """An order is looked at; between calls that is no contact."""
        document = page.order.placed.document
        if self._contact.contact_id is not None:
            customer = document.customer
            self._contact.about(
                document.order_id, customer.customer_id if customer is not None else None
            )

    @Slot(object)
    def _rung(self, call: CallOnLine) -> None:
        """The recorder may still hold a call whose contact has ended: that is not the next one."""
        if call.reference and call.reference == self._over:
            return
        self._reference = call.reference
        self._contact.rung_by(call.caller_number)

    @Slot()
    def _drop(self) -> None:
        self._line_dropped = True

    def go_on_with(self, document: OrderDocument) -> None:
        """A draft is taken up: its caller is on the line."""
        self._contact.touch()
        if document.customer is not None:
            self._contact.of_customer(document.customer.customer_id)

    @Slot()
    def _parked(self) -> None:
        self._contact.end_as(ContactReason.NEW_ORDER, ContactOutcome.CALL_BACK_PROMISED)

    @Slot()
    def _given(self) -> None:
        self._contact.end_as(ContactReason.NEW_ORDER, ContactOutcome.PASSED_ON)
