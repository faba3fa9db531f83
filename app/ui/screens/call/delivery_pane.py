"""Where the goods go and how, where the bill goes, and the words that go with the order.

Passive: three cards over the presenters of address, delivery and texts.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui import formatting, theme
from app.ui.screens.call import focus
from app.ui.screens.call.address import AddressPresenter
from app.ui.screens.call.address_pane import AddressPane, narrow
from app.ui.screens.call.delivery import DeliveryOption, DeliveryPresenter, DeliveryState, Words
from app.ui.screens.call.presenter import CallPresenter
from app.ui.screens.call.state import CallState
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import PlainButton
from app.ui.widgets.card import Card
from app.ui.widgets.fields import ChoiceField, TextAreaField
from app.ui.widgets.text import label, wrapped
from app.values.vocabulary import Channel

HOME = "GB"


class DeliveryPane(AddressPane):
    """The delivery address with the way of delivery below it."""

    def __init__(
        self,
        address: AddressPresenter,
        delivery: DeliveryPresenter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", address, HOME, Action.DELIVERY, parent)
        self.set_title(self.tr("Deliver to"))
        self._delivery = delivery
        self.method: ChoiceField[str] = ChoiceField(self.tr("Delivery"), parent=self)
        self.method.setObjectName("delivery-method")
        self.method.hide_label()
        narrow(self.method)
        self.body.addWidget(self.method)
        self.method.chosen.connect(self._choose)
        self._options: tuple[DeliveryOption, ...] = ()
        delivery.state_changed.connect(self.show_delivery)
        self.show_delivery(delivery.state)

    @Slot(object)
    def show_delivery(self, state: DeliveryState) -> None:
        """Show the ways of delivery and the one that is chosen."""
        if state.options != self._options:
            self._options = state.options
            self.method.set_options([(o.method.code, _words(o)) for o in state.options])
        if state.delivery is not None:
            self.method.set_value(state.delivery.method)

    @Slot(object)
    def _choose(self, code: object) -> None:
        self._delivery.choose(str(code))


def _words(option: DeliveryOption) -> str:
    day = formatting.short_date(option.promised_on)
    charge = formatting.money(option.method.charge)
    return f"{option.method.label}  \u00b7  {day}  \u00b7  {charge}"


class BillingPane(AddressPane):
    """Where the bill goes: the same address until the caller says otherwise."""

    def __init__(self, presenter: CallPresenter, parent: QWidget | None = None) -> None:
        super().__init__("", presenter.billing_address, HOME, parent=parent)
        self.set_title(self.tr("Bill to"))
        self._call = presenter
        self._same = label(self.tr("Same as delivery"), parent=self)
        self.other = PlainButton(self.tr("Other address"), parent=self)
        self.other.setObjectName("billing-other")
        self.back = PlainButton(self.tr("Same as delivery"), parent=self)
        self.back.setObjectName("billing-same")
        row = QHBoxLayout()
        row.addWidget(self._same, 1)
        row.addWidget(self.other)
        row.addWidget(self.back)
        self.body.addLayout(row)
        self.other.clicked.connect(self.bill_elsewhere)
        self.back.clicked.connect(presenter.bill_to_delivery)
        presenter.billing_address.state_changed.connect(self._show_same)
        self._show_same()

    @Slot()
    def bill_elsewhere(self) -> None:
        """Open the form of a billing address."""
        self._call.bill_elsewhere()
        focus.go_to(self.form.first_open())

    @Slot()
    def _show_same(self) -> None:
        own = self._presenter.state.address is not None
        theme.set_shown(self.summary, own and not self._presenter.state.editing)
        for part in (self._same, self.other):
            theme.set_shown(part, not own)
        theme.set_shown(self.back, own)


class NotesPane(Card):
    """Instructions, gift message and internal note; a summary until F7 opens the fields."""

    def __init__(self, presenter: DeliveryPresenter, parent: QWidget | None = None) -> None:
        super().__init__("", Action.NOTES, parent=parent)
        self.set_title(self.tr("Notes"))
        self._presenter = presenter
        self._titles = {
            Words.INSTRUCTIONS: self.tr("Delivery instructions"),
            Words.GIFT_MESSAGE: self.tr("Gift message"),
            Words.INTERNAL_NOTE: self.tr("Internal note, not read to the caller"),
        }
        self._summary = wrapped("", theme.Text.SMALL, parent=self)
        self._form = QWidget(self)
        self.fields = {words: self._field(words) for words in Words}
        layout = QVBoxLayout(self._form)
        layout.setContentsMargins(0, 0, 0, 0)
        for field in self.fields.values():
            layout.addWidget(field)
        self.body.addWidget(self._summary)
        self.body.addWidget(self._form)
        theme.set_shown(self._form, False)
        presenter.state_changed.connect(self.show_state)
        self.show_state(presenter.state)

    def _field(self, words: Words) -> TextAreaField:
        field = TextAreaField(self._titles[words], lines=2, parent=self._form)
        field.setObjectName(words.value.replace("_", "-"))
        field.edited.connect(partial(self._presenter.set_text, words))
        field.edit.left.connect(partial(self._presenter.finish_text, words))
        return field

    def take_focus(self) -> None:
        """F7: open the fields; the first empty one gets the keyboard."""
        theme.set_shown(self._form, True)
        theme.set_shown(self._summary, False)
        fields = list(self.fields.values())
        focus.go_to(next((f for f in fields if not f.text()), fields[-1]))

    def close_form(self) -> None:
        """Back to the summary; everything typed is in the order already."""
        for words in Words:
            self._presenter.finish_text(words)
        theme.set_shown(self._form, False)
        self.show_state(self._presenter.state)

    def is_open(self) -> bool:
        """Whether the fields are to be seen."""
        return not self._form.isHidden()

    @Slot(object)
    def show_state(self, state: DeliveryState) -> None:
        """Show the texts of the order."""
        for words, field in self.fields.items():
            field.set_text(state.text(words))
            problem = state.problem(words)
            field.show_error(problem) if problem else field.clear_message()
        said = [(self._titles[w].split(",")[0], state.text(w)) for w in Words if state.text(w)]
        lines = [f"{title}: {_short(text)}" for title, text in said]
        self._summary.setText("\n".join(lines) or self.tr("None yet."))
        theme.dress(self._summary, tone=theme.Tone.NORMAL if said else theme.Tone.MUTED)
        theme.set_shown(self._summary, not self.is_open())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.is_open():
            self.close_form()
        else:
            super().keyPressEvent(event)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 120 else f"{line[:119]}\u2026"


class ChannelField(ChoiceField[Channel]):
    """How the order reached us."""

    def __init__(self, presenter: CallPresenter, parent: QWidget | None = None) -> None:
        super().__init__("", parent=parent)
        self.set_label(self.tr("Came by"))
        self.setObjectName("channel")
        self.set_options(channel_names())
        self._presenter = presenter
        self.chosen.connect(presenter.set_channel)

    def show_channel(self, state: CallState) -> None:
        """Show the channel of the order."""
        if state.document is not None:
            self.set_value(state.document.channel)


def channel_names() -> tuple[tuple[Channel, str], ...]:
    """Every channel with its name."""
    translate = QCoreApplication.translate
    return (
        (Channel.PHONE, translate("Channel", "Phone")),
        (Channel.FAX, translate("Channel", "Fax")),
        (Channel.EMAIL, translate("Channel", "E-mail")),
        (Channel.POST, translate("Channel", "Post")),
        (Channel.COUNTER, translate("Channel", "Counter")),
        (Channel.WEB_CART, translate("Channel", "Web cart")),
    )
