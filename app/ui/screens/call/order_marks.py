"""How the order is paid, what kind it is and how urgent: field, chips and commands.

Passive: shows a CallState.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui import theme
from app.ui.command_palette import Command
from app.ui.screens.call.delivery_pane import channel_names
from app.ui.screens.call.presenter import CallPresenter
from app.ui.screens.call.state import CallState
from app.ui.widgets.chip import Chip, ChipKind
from app.ui.widgets.fields import ChoiceField
from app.values.vocabulary import OrderType, PaymentMethod, Priority

W = TypeVar("W", OrderType, Priority)


class OrderMarks(QWidget):
    """Chips beside the channel for all that is not the usual; takes no room otherwise."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._order_type = Chip(parent=self)
        self._priority = Chip(parent=self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 0, 0)
        layout.setSpacing(4)
        for chip in (self._order_type, self._priority):
            layout.addWidget(chip)

    def show_marks(self, state: CallState) -> None:
        """Show what is not the usual about the order."""
        document = state.document
        if document is None:
            return
        order_type = _of(order_type_names(), document.order_type, OrderType.NEW)
        priority = _of(priority_names(), document.priority, Priority.NORMAL)
        self._order_type.show_state(ChipKind.INFO, order_type)
        self._priority.show_state(ChipKind.WARN, priority)
        theme.set_shown(self, bool(order_type or priority))

    def words(self) -> tuple[str, ...]:
        """What is shown."""
        chips = (self._order_type, self._priority)
        return tuple(chip.words() for chip in chips if chip.words())


class PaymentField(ChoiceField[PaymentMethod]):
    """How the order is to be paid, which the caller agrees to at the end of the read-back."""

    def __init__(self, presenter: CallPresenter, parent: QWidget | None = None) -> None:
        super().__init__("", parent=parent)
        self.set_label(self.tr("Payment"))
        self.setObjectName("payment-method")
        self.set_options(tuple(payment_names().items()))
        self._presenter = presenter
        self.chosen.connect(self._choose_method)

    def show_method(self, state: CallState) -> None:
        """Show how the order is paid."""
        if state.document is not None:
            self.set_value(state.document.payment)

    @Slot(object)
    def _choose_method(self, method: PaymentMethod) -> None:
        document = self._presenter.state.document
        if document is not None and method is not document.payment:
            self._presenter.set_payment(method)


def marks_commands(presenter: CallPresenter) -> tuple[Command, ...]:
    """How the order came by, what kind it is, how urgent and how paid, for the palette."""
    came_by, kind = _tr("Order came by: {channel}"), _tr("Order type: {name}")
    urgency, paid = _tr("Priority: {name}"), _tr("Payment: {name}")
    return (
        *(
            Command(came_by.format(channel=name), partial(presenter.set_channel, channel))
            for channel, name in channel_names()
        ),
        *(
            Command(kind.format(name=name), partial(presenter.set_order_type, order_type))
            for order_type, name in order_type_names().items()
        ),
        *(
            Command(urgency.format(name=name), partial(presenter.set_priority, priority))
            for priority, name in priority_names().items()
        ),
        *(
            Command(paid.format(name=name), partial(presenter.set_payment, payment))
            for payment, name in payment_names().items()
        ),
    )


def order_type_names() -> dict[OrderType, str]:
    """Every kind of order with its name."""
    return {
        OrderType.NEW: _tr("New order"),
        OrderType.REORDER: _tr("Reorder"),
        OrderType.GIFT: _tr("Gift"),
        OrderType.TRADE: _tr("Trade"),
        OrderType.AMENDMENT: _tr("Amendment"),
    }


def priority_names() -> dict[Priority, str]:
    """Every priority with its name."""
    return {Priority.NORMAL: _tr("Normal"), Priority.URGENT: _tr("Urgent")}


def payment_names() -> dict[PaymentMethod, str]:
    """Every way to pay with its name."""
    return {
        PaymentMethod.CARD: _tr("Card"),
        PaymentMethod.PAY_LINK: _tr("Pay link"),
        PaymentMethod.INVOICE: _tr("On account"),
        PaymentMethod.LATER: _tr("Payment outstanding"),
    }


def _of(names: Mapping[W, str], value: W, usual: W) -> str:
    return "" if value is usual else names[value]


def _tr(words: str) -> str:
    return QCoreApplication.translate("OrderMarks", words)
