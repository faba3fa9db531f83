"""The customer card and the last orders below it.

Passive: shows a CustomerState, hands on what was typed.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.ui import formatting, theme
from app.ui.screens.call import focus
from app.ui.screens.call.customer import CustomerPresenter
from app.ui.screens.call.customer_note import customer_note
from app.ui.screens.call.customer_state import CustomerField, CustomerState, Mode
from app.ui.screens.call.pick_list import Pick, PickList, Steering, take_enter
from app.ui.screens.call.presenter import CallPresenter
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import PlainButton, StepButton, ToggleChip
from app.ui.widgets.card import Card
from app.ui.widgets.chip import Chip, ChipKind
from app.ui.widgets.fields import CheckField, LabelledField
from app.ui.widgets.text import ElidedLabel, Part, label, wrapped
from app.values.telephone import shown_phone
from app.wire.customers import CustomerView, OrderSummary

MOST_ROWS = 5
ROW_PX = 24


class CustomerPane(Card):
    """Search, the form of a new customer, or who it is; one of the three."""

    def __init__(self, presenter: CustomerPresenter, parent: QWidget | None = None) -> None:
        super().__init__("", Action.CUSTOMER, parent=parent)
        self.set_title(self.tr("Customer"))
        self._presenter = presenter
        self._search = _Search(self)
        self._form = _Form(self)
        self._who = _Who(self)
        for part in (self._search, self._form, self._who):
            self.body.addWidget(part)
        self._mode: Mode | None = None
        self._connect()
        presenter.state_changed.connect(self.show_state)
        self.show_state(presenter.state)

    def _connect(self) -> None:
        search, form, presenter = self._search, self._form, self._presenter
        search.field.edited.connect(presenter.search)
        search.field.entered.connect(presenter.enter)
        search.steering.moved.connect(presenter.move)
        search.picks.clicked.connect(presenter.choose)
        form.name.edited.connect(presenter.set_name)
        form.phone.edited.connect(presenter.set_phone)
        form.email.edited.connect(presenter.set_email)
        for field, key in form.fields():
            field.edit.editingFinished.connect(partial(presenter.finish_field, key))
        form.name.entered.connect(form.phone.setFocus)
        form.phone.entered.connect(form.email.setFocus)
        form.email.entered.connect(presenter.finish)
        form.no_phone.clicked.connect(self._say_no_phone)
        form.no_email.clicked.connect(self._say_no_email)
        form.relay.clicked.connect(self._say_relay)
        form.again.clicked.connect(presenter.search_again)
        self._who.change.clicked.connect(presenter.amend)
        self._who.relay.clicked.connect(self._say_relay)

    def take_focus(self) -> None:
        """Put the cursor where the next word about the customer belongs."""
        {
            Mode.SEARCH: self._search.field,
            Mode.TYPING: self._form.first_open(),
            Mode.CHOSEN: self._who.change,
        }[self._presenter.state.mode].setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot(object)
    def show_state(self, state: CustomerState) -> None:
        """Show a state; the same state twice changes nothing."""
        had_focus = self.focusWidget() is not None
        changed = state.mode is not self._mode
        self._mode = state.mode
        theme.set_shown(self._search, state.mode is Mode.SEARCH)
        theme.set_shown(self._form, state.mode is Mode.TYPING)
        theme.set_shown(self._who, state.mode is Mode.CHOSEN)
        match state.mode:
            case Mode.SEARCH:
                self._search.show_state(state, self._presenter.country)
            case Mode.TYPING:
                self._form.show_state(state)
            case Mode.CHOSEN:
                self._who.show_state(state, self._presenter.country)
        if changed and had_focus and state.mode is not Mode.CHOSEN:
            self.take_focus()

    @Slot(bool)
    def _say_no_email(self, ticked: bool) -> None:
        self._presenter.set_no_email(has_none=ticked)

    @Slot(bool)
    def _say_no_phone(self, ticked: bool) -> None:
        self._presenter.set_no_phone(has_none=ticked)

    @Slot(bool)
    def _say_relay(self, ticked: bool) -> None:
        self._presenter.set_text_relay(used=ticked)


class _Search(QWidget):
    """The one field for telephone digits, name or postcode, and who was found."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.field = LabelledField(
            self.tr("Telephone, name or postcode"),
            placeholder=self.tr("Last digits, name or postcode"),
            parent=self,
        )
        self.field.setObjectName("customer-search")
        self.field.hide_label()
        self.steering = Steering(self.field.edit)
        self.picks = PickList(self.tr("Customers found"), MOST_ROWS, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.field)
        layout.addWidget(self.picks)

    def show_state(self, state: CustomerState, country: str) -> None:
        is_new = state.text != self.field.edit.text()
        self.field.set_text(state.text)
        if is_new and self.field.edit.hasFocus():
            self.field.edit.selectAll()  # who rings was put in: the next key is of a name
        self.picks.show_picks([_pick_of(view, country) for view in state.rows], state.current)
        hint = self.tr("Enter choose") if state.rows else ""
        more = self.tr("There are more; type more of it.") if state.more else ""
        self.picks.show_sentence(theme.Tone.MUTED, more if state.rows else "", hint)
        theme.set_shown(self.picks, bool(state.rows))
        self.field.edit.setAccessibleDescription(self.picks.current() or state.sentence)
        if state.sentence and state.offline:
            self.field.show_warning(state.sentence)
        elif state.sentence:
            self.field.show_hint(state.sentence)
        elif state.searching and not state.rows:
            self.field.show_hint(self.tr("Searching"))
        else:
            self.field.clear_message()


def _pick_of(view: CustomerView, country: str) -> Pick:
    phones = [shown_phone(phone, country) for phone in view.phones[:1]]
    towns = [f"{a.address.postcode} {a.address.city}".strip() for a in view.addresses[:1]]
    return Pick(
        words=(Part(view.name, strong=True),), below="  \u00b7  ".join(filter(None, phones + towns))
    )


class _Form(QWidget):
    """A new customer: name, telephone, e-mail or none, text relay."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = LabelledField(self.tr("Name"), parent=self)
        self.phone = LabelledField(self.tr("Telephone"), parent=self)
        self.email = LabelledField(self.tr("E-mail"), parent=self)
        self.no_phone = CheckField(self.tr("No telephone"), self)
        self.no_email = CheckField(self.tr("No e-mail"), self)
        self.relay = CheckField(self.tr("Text relay"), self)
        self.again = PlainButton(self.tr("Search again"), parent=self)
        for part, name in (
            (self.name, "customer-name"),
            (self.phone, "customer-phone"),
            (self.email, "customer-email"),
            (self.no_phone, "customer-no-phone"),
            (self.no_email, "customer-no-email"),
            (self.relay, "customer-relay"),
        ):
            part.setObjectName(name)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        ticks, foot = QHBoxLayout(), QHBoxLayout()
        for field in (self.name, self.phone, self.email):
            layout.addWidget(field)
        for tick in (self.no_phone, self.no_email):
            ticks.addWidget(tick)
        ticks.addStretch(1)
        foot.addWidget(self.relay)
        foot.addStretch(1)
        foot.addWidget(self.again)
        layout.addLayout(ticks)
        layout.addLayout(foot)

    def fields(self) -> tuple[tuple[LabelledField, CustomerField], ...]:
        """The fields and what they hold."""
        return (
            (self.name, CustomerField.NAME),
            (self.phone, CustomerField.PHONE),
            (self.email, CustomerField.EMAIL),
        )

    def first_open(self) -> QWidget:
        """The first field that still wants an answer."""
        if not self.name.text().strip():
            return self.name
        if not self.phone.text().strip():
            return self.phone
        return self.email

    def show_state(self, state: CustomerState) -> None:
        customer = state.customer
        if customer is None:
            return
        self.name.set_text(customer.name)
        self.phone.set_text(state.phone_text)
        self.email.set_text(state.email_text)
        self.no_phone.setChecked(customer.no_phone)
        self.no_email.setChecked(state.no_email)
        self.relay.setChecked(customer.text_relay)
        for field, key in self.fields():
            sentence = state.problem(key)
            field.show_error(sentence) if sentence else field.clear_message()


class _Who(QWidget):
    """The customer in three lines, as in the picture."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._name = ElidedLabel("", theme.Text.NAME, parent=self)
        self._reach = wrapped("", tone=theme.Tone.MUTED, parent=self)
        self._note = wrapped("", theme.Text.SMALL, theme.Tone.WARN, self)
        self._note.setObjectName("customer-note")
        self._new = Chip(parent=self)
        self.relay = ToggleChip(self.tr("Text relay"), parent=self)
        self.change = PlainButton(self.tr("Change"), parent=self)
        self.change.setObjectName("customer-change")
        chips = QHBoxLayout()
        chips.setSpacing(4)
        for part in (self._new, self.relay):
            chips.addWidget(part)
        chips.addStretch(1)
        chips.addWidget(self.change)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self._name)
        layout.addWidget(self._reach)
        layout.addWidget(self._note)
        layout.addLayout(chips)

    def show_state(self, state: CustomerState, country: str) -> None:
        customer = state.customer
        if customer is None:
            return
        self._name.setText(customer.name)
        email = customer.email or self.tr("no e-mail")
        phone = shown_phone(customer.phone, country) if customer.phone else self.tr("no telephone")
        self._reach.setText(f"{phone}  \u00b7  {email}")
        self._new.show_state(ChipKind.OK, self.tr("New") if customer.base_revision is None else "")
        self.relay.setChecked(customer.text_relay)
        note = customer_note(state.known) if state.known is not None else ""
        self._note.setText(note)
        theme.set_shown(self._note, bool(note))


class _OrderRow(QPushButton):
    """One past order: date, total, lines, and how it stands. Enter or a click opens it."""

    opened = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        theme.set_style_properties(self, {"kind": "row"})
        self.setAutoDefault(False)
        self._order: OrderSummary | None = None
        self._day = label("", theme.Text.SMALL_STRONG, parent=self)
        self._what = ElidedLabel("", theme.Text.SMALL, parent=self)
        self._state = label("", theme.Text.SMALL, theme.Tone.MUTED, self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2, 0, 2, 0)
        layout.setSpacing(6)
        layout.addWidget(self._day)
        layout.addWidget(self._what, 1)
        layout.addWidget(self._state)
        self.setMinimumHeight(ROW_PX)
        self.setToolTip(self.tr("How it was read back"))
        self.clicked.connect(self._open)
        take_enter(self)

    def show_order(self, order: OrderSummary) -> None:
        """Show another order."""
        self._order = order
        self._day.setText(formatting.short_date(order.placed_at.astimezone().date()))
        lines = formatting.counted(order.line_count, self.tr("1 line"), self.tr("{count} lines"))
        self._what.setText(f"{formatting.money(order.total)}  \u00b7  {lines}")
        self._state.setText(order.state.replace("_", " ").capitalize())
        words = f"{self._day.text()} {self._what.text()} {self._state.text()}"
        self.setAccessibleName(self.tr("Order of {words}").format(words=words))

    @Slot()
    def _open(self) -> None:
        if self._order is not None:
            self.opened.emit(self._order)


class LastOrdersCard(Card):
    """The newest orders of the customer; Ctrl+R repeats the first, after a question.

    `order_chosen(OrderSummary)`: how it was read back is wanted.
    """

    order_chosen = Signal(object)

    def __init__(self, presenter: CallPresenter, parent: QWidget | None = None) -> None:
        super().__init__("", Action.REPEAT_ORDER, parent=parent)
        self.set_title(self.tr("Last orders"))
        self._presenter = presenter
        self._rows = [_OrderRow(self) for _ in range(3)]
        self._sentence = wrapped("", theme.Text.SMALL, theme.Tone.MUTED, self)
        self._question = wrapped("", theme.Text.STRONG, parent=self)
        self._yes = StepButton(self.tr("Repeat it"), parent=self)
        self._yes.setObjectName("repeat-yes")
        self._no = StepButton(self.tr("No"), parent=self)
        buttons = QHBoxLayout()
        buttons.addWidget(self._yes)
        buttons.addWidget(self._no)
        buttons.addStretch(1)
        for row in self._rows:
            self.body.addWidget(row)
            row.opened.connect(self.order_chosen)
        for part in (self._sentence, self._question):
            self.body.addWidget(part)
        self.body.addLayout(buttons)
        self._yes.clicked.connect(presenter.repeat)
        self._no.clicked.connect(presenter.do_not_repeat)
        take_enter(self._yes, self._no)
        presenter.customer.state_changed.connect(self.show_state)
        self.show_state(presenter.customer.state)
        self.show_question(None)

    def rows(self) -> tuple[QPushButton, ...]:
        """The orders on show, newest first."""
        return tuple(row for row in self._rows if not row.isHidden())

    @Slot(object)
    def show_state(self, state: CustomerState) -> None:
        """Show the orders of a customer."""
        for at, row in enumerate(self._rows):
            theme.set_shown(row, at < len(state.last_orders))
        for row, order in zip(self._rows, state.last_orders, strict=False):
            row.show_order(order)
        self._sentence.setText(state.last_orders_sentence)
        theme.set_shown(self._sentence, bool(state.last_orders_sentence))
        theme.set_shown(self, bool(state.last_orders or state.last_orders_sentence))

    def show_question(self, order: OrderSummary | None) -> None:
        """Ask whether an order is to be repeated, or take the question away."""
        was_asked = not self._question.isHidden()
        for part in (self._question, self._yes, self._no):
            theme.set_shown(part, order is not None)
        if order is None or was_asked:
            return
        day = formatting.short_date(order.placed_at.astimezone().date())
        words = self.tr("Add the items of {day} at today's prices?")
        self._question.setText(words.format(day=day))
        focus.go_to(self._yes)
