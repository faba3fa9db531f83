"""Who is calling: found by telephone, name or postcode, or typed in anew.

The search asks the centre on the NETWORK lane; where it is away that is said in words and a new
customer is typed in. What is typed goes into the order at once; what is wrong with it stands beside
its field. Touches no widget.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Debounce, Lane, Latest
from app.ui.notices import notice_of
from app.ui.screens.call import card_guard
from app.ui.screens.call.customer_state import CustomerField, CustomerState, Mode
from app.ui.screens.call.order_in_hand import OrderInHand
from app.values.contact import EmailAddress, search_digits
from app.values.errors import Fault, Refusal, Unreachable
from app.values.identity import CustomerId, Ids
from app.values.telephone import PhoneNumber, shown_phone
from app.wire import operations
from app.wire.customers import (
    CustomersFound,
    FindCustomers,
    LastOrders,
    LastOrdersOf,
)
from app.wire.orders import OrderCustomer

QUIET_MS = 120
"""Between the last key and the question; the centre is asked per pause, not per key."""
FEWEST_LETTERS = 2
LONGEST_TEXT = 200
_FEWEST_PHONE_DIGITS = 4


class CustomerPresenter(QObject):
    """Holds one CustomerState.

    `chosen(CustomerView)` tells who was picked; `finished` that the next field is due.
    """

    state_changed = Signal(object)
    notice = Signal(object)
    chosen = Signal(object)
    recognised = Signal(object)
    finished = Signal()

    def __init__(
        self,
        order: OrderInHand,
        caller: Caller,
        background: Background,
        ids: Ids,
        *,
        quiet_ms: int | None = QUIET_MS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._order = order
        self._caller = caller
        self._background = background
        self._ids = ids
        self._quiet_ms = quiet_ms
        self._quiet = Debounce(self, quiet_ms or 0, self._ask)
        self._questions = Latest()
        self._histories = Latest()
        self._answered: str | None = None
        self._take_when_answered = False
        self.country = "GB"
        self._name_held = ""
        self._state = CustomerState()

    @property
    def state(self) -> CustomerState:
        """What is shown now."""
        return self._state

    def begin(self, country: str) -> None:
        """Another order is in hand; `country` says whose national telephone numbers are meant."""
        self.country = country
        self._stop_asking()
        self._histories.forget()
        self._state = CustomerState()
        self.follow()
        customer = self._order.document.customer
        if customer is not None and customer.base_revision is not None:
            self._ask_again(customer)

    def follow(self) -> None:
        """The order changed, here or by undo; show its customer."""
        customer = self._order.document.customer
        state = self._state
        if customer is state.customer:
            self.state_changed.emit(state)
            return
        if customer is None:
            self._show(CustomerState(text=state.text))
            return
        known = (
            state.known if state.known and state.known.customer_id == customer.customer_id else None
        )
        if state.customer is None or state.customer.customer_id != customer.customer_id:
            self._show_typed(customer)
        mode = Mode.CHOSEN if self._state.mode is Mode.SEARCH else self._state.mode
        self._show(replace(self._state, mode=mode, customer=customer, known=known))

    def search(self, text: str) -> None:
        """The search text changed; the centre is asked once the keys are quiet."""
        judged = card_guard.while_typing(text[:LONGEST_TEXT])
        if judged.sentence:
            self._stop_asking()
            self._show(replace(CustomerState(), sentence=judged.sentence))
            return
        text = judged.text
        if text == self._state.text:
            return
        self._take_when_answered = False
        self._questions.forget()
        if len(text.strip()) < FEWEST_LETTERS:
            self._stop_asking()
            self._show(replace(CustomerState(), text=text))
            return
        self._show(replace(self._state, text=text, searching=True, sentence=""))
        self._quiet.poke()

    def move(self, step: int) -> None:
        """Go up or down the rows."""
        count = len(self._state.rows)
        if not count:
            return
        here = self._state.current
        there = (
            (0 if step > 0 else count - 1) if here is None else min(max(here + step, 0), count - 1)
        )
        self._show(replace(self._state, current=there))

    def enter(self) -> None:
        """Take the marked row; with none to take, the text becomes a new customer."""
        state = self._state
        if not state.text.strip():
            self.type_new()
        elif self._answered != state.text and len(state.text.strip()) >= FEWEST_LETTERS:
            self._take_when_answered = True
            self._quiet.flush()
        elif state.current is not None:
            self.choose(state.current)
        elif not state.rows:
            self.type_new()
        else:
            self._show(
                replace(state, sentence=self.tr("Choose with the arrow keys, then press Enter."))
            )

    def choose(self, place: int) -> None:
        """This row is the caller."""
        view = self._state.rows[place]
        digits = search_digits(self._state.text)
        phone = next(
            (p for p in view.phones if digits and p.endswith(digits)), *view.phones[:1] or ("",)
        )
        self._stop_asking()
        customer = OrderCustomer(
            customer_id=view.customer_id,
            base_revision=view.revision,
            name=view.name,
            phone=phone,
            email=view.email,
            text_relay=view.text_relay,
            on_account=view.on_account,
        )
        self._state = CustomerState(known=view)
        self._order.settle()
        self._order.change("customer", customer=customer)
        self._order.settle()
        self._ask_last_orders(view.customer_id)
        self.chosen.emit(view)
        self.finished.emit()

    def type_new(self) -> None:
        """A new customer; what was searched for fills the field it looks like."""
        text = self._state.text.strip()
        self._stop_asking()
        is_phone = len(search_digits(text)) >= _FEWEST_PHONE_DIGITS
        customer = OrderCustomer(
            customer_id=CustomerId(self._ids.new()), name="" if is_phone else text
        )
        self._state = CustomerState(mode=Mode.TYPING)
        self._order.settle()
        self._order.change("customer", customer=customer)
        if is_phone:
            self.set_phone(text)

    def amend(self) -> None:
        """Something about the customer has changed: open the form."""
        if self._state.customer is not None:
            self._show_typed(self._state.customer)
            self._show(replace(self._state, mode=Mode.TYPING, left=frozenset()))

    def close(self) -> None:
        """Put the form away without going on; what was typed and right is in the order."""
        customer = self._state.customer
        if self._state.mode is Mode.TYPING and customer is not None and customer.name.strip():
            self._order.settle()
            self._show(replace(self._state, mode=Mode.CHOSEN, problems=()))

    def finish_field(self, field: CustomerField) -> None:
        """The field was left: from here on what is wrong with it is said."""
        if field is CustomerField.NAME and self._name_held:
            held, self._name_held = self._name_held, ""
            judged = card_guard.when_left(held)
            self._change(CustomerField.NAME, judged.sentence, name=judged.text)
        self._order.settle()
        self._show(replace(self._state, left=self._state.left | {field}))

    def finish(self) -> None:
        """The form is done.

        An e-mail left empty means none. With something wrong it stays open and says so.
        """
        self._order.settle()
        customer = self._state.customer
        no_email = self._state.no_email or not self._state.email_text.strip()
        self._state = replace(self._state, left=frozenset(CustomerField), no_email=no_email)
        if customer is None or self._state.problems or not customer.name.strip():
            self._show(self._state)
            return
        self._show(replace(self._state, mode=Mode.CHOSEN))
        self.finished.emit()

    def search_again(self) -> None:
        """Somebody else: back to the search. Undo brings the customer back."""
        self._stop_asking()
        self._histories.forget()
        self._state = CustomerState()
        self._order.settle()
        self._order.change("customer", customer=None)
        self._order.settle()

    def set_name(self, text: str) -> None:
        """The name, as typed so far."""
        judged = card_guard.while_typing(text[:LONGEST_TEXT])
        self._name_held = judged.text if judged.held else ""
        if judged.held:
            return
        missing = "" if text.strip() else self.tr("The name is missing.")
        if judged.sentence:
            self._state = replace(self._state, left=self._state.left | {CustomerField.NAME})
        self._change(CustomerField.NAME, judged.sentence or missing, name=judged.text)

    def set_phone(self, text: str) -> None:
        """The telephone number as typed so far; kept as E.164 as soon as it is one."""
        phone, sentence = self._phone_of(text)
        if sentence == card_guard.refusal():
            text = ""
        self._state = replace(self._state, phone_text=text)
        self._change(CustomerField.PHONE, sentence, phone=phone, no_phone=False)

    def _phone_of(self, text: str) -> tuple[str, str]:
        """The number as E.164, or why it is none."""
        if not text.strip():
            return "", ""
        if card_guard.when_left(text).sentence:
            return "", card_guard.refusal()
        try:
            return PhoneNumber.parse(text, self.country).e164, ""
        except Refusal as refusal:
            return "", refusal.sentence

    def set_email(self, text: str) -> None:
        """The e-mail address as typed so far; kept as soon as it is one."""
        email, sentence = None, ""
        if text.strip():
            try:
                email = str(EmailAddress.parse(text))
            except Refusal as refusal:
                sentence = refusal.sentence
        self._state = replace(self._state, email_text=text, no_email=False)
        self._change(CustomerField.EMAIL, sentence, email=email)

    def set_no_phone(self, *, has_none: bool) -> None:
        """The caller has no telephone number, or gives none: a real answer."""
        self._state = replace(self._state, phone_text="")
        self._change(CustomerField.PHONE, phone="", no_phone=has_none)
        self._order.settle()

    def set_no_email(self, *, has_none: bool) -> None:
        """The caller has no e-mail address: a real answer."""
        self._state = replace(self._state, email_text="", no_email=has_none)
        self._change(CustomerField.EMAIL, email=None)
        self._order.settle()

    def set_text_relay(self, *, used: bool) -> None:
        """The caller speaks through a text relay."""
        customer = self._state.customer
        if customer is not None and customer.text_relay != used:
            self._order.settle()
            self._order.change(
                "customer", customer=msgspec.structs.replace(customer, text_relay=used)
            )

    def _change(self, field: CustomerField, sentence: str = "", **parts: Any) -> None:  # noqa: ANN401 - fields of OrderCustomer
        customer = self._state.customer
        if customer is None:
            return
        problems = tuple(pair for pair in self._state.problems if pair[0] is not field)
        if sentence:
            problems = (*problems, (field, sentence))
        self._state = replace(self._state, problems=problems)
        changed = msgspec.structs.replace(customer, **parts)
        if changed == customer:
            self._show(self._state)
        else:
            self._order.change(f"customer {field}", customer=changed)

    def _show_typed(self, customer: OrderCustomer) -> None:
        """Fill the fields from the order, for a draft that was opened or an undo."""
        phone = customer.phone
        shown = PhoneNumber(phone).shown_in(self.country) if phone.startswith("+") else phone
        self._state = replace(
            self._state,
            text="",
            rows=(),
            current=None,
            phone_text=shown,
            email_text=customer.email or "",
            no_email=customer.base_revision is not None and customer.email is None,
            problems=(),
        )

    def _ask(self) -> None:
        text = self._state.text
        request = FindCustomers(text=text.strip())
        self._background.run(
            Lane.NETWORK,
            partial(self._caller.call, operations.FIND_CUSTOMERS, request),
            owner=self,
            then=partial(self._answer, text),
            failed=partial(self._fail, text),
            question=self._questions.ask(),
        )

    def _answer(self, text: str, found: CustomersFound) -> None:
        self._answered = text
        sentence = "" if found.customers else self._nobody(text)
        self._show(
            replace(
                CustomerState(),
                text=text,
                rows=found.customers,
                more=found.more,
                current=0 if len(found.customers) == 1 else None,
                sentence=sentence,
            )
        )
        if self._take_when_answered:
            self._take_when_answered = False
            self.enter()

    def _fail(self, text: str, error: Refusal | Fault) -> None:
        self._answered = text
        late, self._take_when_answered = self._take_when_answered, False
        if isinstance(error, Unreachable):
            self._show(replace(CustomerState(), text=text, offline=True, sentence=self._away(text)))
        elif isinstance(error, Refusal):
            self._show(replace(CustomerState(), text=text, sentence=error.sentence))
        else:
            self._show(replace(CustomerState(), text=text, sentence=self._away(text)))
            self.notice.emit(notice_of(error))
        if late:
            self.type_new()

    def _ask_again(self, customer: OrderCustomer) -> None:
        """A draft was opened.

        Its customer's addresses and last orders, where the centre can be asked.
        """
        self._background.run(
            Lane.NETWORK,
            partial(
                self._caller.call,
                operations.FIND_CUSTOMERS,
                FindCustomers(text=customer.phone or customer.name),
            ),
            owner=self,
            then=partial(self._know, customer.customer_id),
            failed=self._pass_over,
            question=self._questions.ask(),
        )
        self._ask_last_orders(customer.customer_id)

    def _know(self, customer_id: CustomerId, found: CustomersFound) -> None:
        known = next((c for c in found.customers if c.customer_id == customer_id), None)
        customer = self._state.customer
        if known is not None and customer is not None and customer.customer_id == customer_id:
            self._show(replace(self._state, known=known))
            self.recognised.emit(known)

    def _pass_over(self, error: Refusal | Fault) -> None:
        """What is only a comfort may be missing; the call bar tells that the centre is away."""

    def _ask_last_orders(self, customer_id: CustomerId) -> None:
        self._background.run(
            Lane.NETWORK,
            partial(
                self._caller.call, operations.LAST_ORDERS, LastOrdersOf(customer_id=customer_id)
            ),
            owner=self,
            then=self._show_last_orders,
            failed=self._no_last_orders,
            question=self._histories.ask(),
        )

    def _show_last_orders(self, answer: LastOrders) -> None:
        sentence = "" if answer.orders else self.tr("No orders yet.")
        self._show(replace(self._state, last_orders=answer.orders, last_orders_sentence=sentence))

    def _no_last_orders(self, error: Refusal | Fault) -> None:
        sentence = self.tr("Not available while the central service is away.")
        self._show(replace(self._state, last_orders=(), last_orders_sentence=sentence))

    def _stop_asking(self) -> None:
        self._quiet.cancel()
        self._questions.forget()
        self._answered = None
        self._take_when_answered = False

    def _nobody(self, text: str) -> str:
        text = text.strip()
        if not any(letter.isalpha() for letter in text):
            words = self.tr("Nobody was found. Enter takes {number} for a new customer.")
            return words.format(number=shown_phone(text, self.country))
        words = self.tr("Nobody was found. Enter takes “{text}” as a new customer.")
        return words.format(text=text)

    def _away(self, text: str) -> str:
        return self.tr(
            "Customers cannot be searched while the central service is away. "
            "Enter takes “{text}” as a new customer."
        ).format(text=text.strip())

    def _show(self, state: CustomerState) -> None:
        self._state = state
        self.state_changed.emit(state)
