"""A call in the desk's own window up to where F9 opens the card, and from its end to the next.

What the CSR types before and after a card, through the same intents that keys call; the card itself
is typed from outside. Runs on the thread of the rehearsal.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from app.services.ports import Caller
from app.ui.main_window import MainWindow
from app.ui.payment.payment_state import PayStage
from app.ui.rehearsal import Rehearsal
from app.ui.screens.call.guide_state import Stage
from app.ui.screens.placed.said_back import Heard
from app.values.contact import PostalAddress
from app.values.errors import Fault
from app.values.vocabulary import ChangeKind, PaymentMethod, ProductKind
from app.wire import operations
from app.wire.catalogue import ProductView
from app.wire.message import PAGE_ROWS_MOST, decode
from app.wire.sync import TakeSnapshot

NAME, PHONE = "Eleanor Whitcombe", "0113 496 0107"
ADDRESS = PostalAddress(
    country="GB", name=NAME, street=("1 Scan Street",), city="Leeds", postcode="LS1 1UR"
)
_QUANTITIES = (2, 1)
_MOST_ANSWERS = 60


@dataclass(slots=True)
class CallToCard:
    """One CSR at one window."""

    hands: Rehearsal
    window: MainWindow
    caller: Caller

    def sign_in(self, login: str, password: str) -> None:
        """Until an order is open and the desk has what it sells."""
        hands, sign_in, status = self.hands, self.window.sign_in, self.window.status
        hands.see(partial(sign_in.set_login, login))
        hands.see(partial(sign_in.sign_in, password))
        hands.wait_until(lambda: self.window.call.order.is_open, "an order is open")
        hands.wait_until(
            lambda: (
                status.state is not None
                and status.state.catalogue_at is not None
                and status.state.numbers_left > 0
            ),
            "the desk has its catalogue and order numbers",
        )

    def take_order(self) -> None:
        """Somebody new, some goods, an address, all read back and agreed: F9 may be pressed."""
        hands, call = self.hands, self.window.call
        hands.see(self._type_customer)
        for product, quantity in zip(self._goods(), _QUANTITIES, strict=True):
            hands.see(partial(call.add_product, product, quantity))
            hands.see(call.lines.stop_editing)
        hands.see(lambda: call.delivery_address.take(ADDRESS))
        hands.see(lambda: call.set_payment(PaymentMethod.CARD))
        hands.wait_until(lambda: not call.state.missing, "nothing is missing")
        self._read_back()
        hands.wait_until(lambda: call.state.can_take_card, "the card may be taken")

    def place(self) -> None:
        """The card is authorised: place it, hear the number, and take the next call."""
        hands, placed = self.hands, self.window.placed
        hands.wait_until(lambda: self.window.call.state.can_place, "the order may be placed")
        hands.press("Ctrl+Return")
        hands.wait_until(lambda: placed.state.number_is_safe, "the number is on the screen")
        order = hands.see(lambda: placed.state.placed)
        if order is None:
            raise Fault("scan_stuck", "No order was placed.")
        hands.write(order.number)
        hands.wait_until(lambda: placed.state.said_back.heard is Heard.MATCHED, "it is said back")
        for _ in hands.see(lambda: placed.state.steps):
            if hands.see(lambda: placed.state.asked is not None):
                hands.press("Return")
        hands.wait_until(lambda: not placed.state.open_steps, "everything was said")
        hands.see(self.window.new_call)
        hands.wait_until(lambda: self.window.call.order.is_open, "another order is open")

    def await_open_fields(self) -> None:
        """The recording is paused, and there is a key to seal to."""
        payment = self.window.call.payment
        self.hands.wait_until(
            lambda: payment.pause.state.is_open and payment.key.key is not None,
            "the recording is paused",
        )

    def authorise(self) -> None:
        """Ctrl+Return, and the card is on its way to the bank."""
        payment = self.window.call.payment
        self.hands.press("Ctrl+Return")
        self.hands.wait_until(lambda: payment.state.is_undecided, "the bank is asked")

    def await_answer(self) -> None:
        """The bank has said yes or no, and the recording goes on."""
        payment = self.window.call.payment
        self.hands.wait_until(lambda: not payment.state.is_undecided, "the bank has answered")
        self.hands.wait_until(lambda: not payment.pause.state.is_busy, "the recording goes on")

    def await_doubt(self) -> None:
        """Nobody knows what became of the card: the centre has given up, after half a minute."""
        payment = self.window.call.payment
        with suppress(Fault):
            self.hands.wait_until(lambda: payment.state.stage is PayStage.UNKNOWN, "it is lost")
        self.hands.wait_until(lambda: payment.state.stage is PayStage.UNKNOWN, "the answer is lost")

    def _type_customer(self) -> None:
        customer = self.window.call.customer
        customer.type_new()
        customer.set_name(NAME)
        customer.set_phone(PHONE)
        customer.set_no_email(has_none=True)
        customer.finish()

    def _goods(self) -> tuple[ProductView, ...]:
        """The first that are sold."""
        ask = TakeSnapshot(kind=ChangeKind.PRODUCT, limit=PAGE_ROWS_MOST)
        page = self.caller.call(operations.TAKE_SNAPSHOT, ask)
        products = [decode(row.document, ProductView) for row in page.rows]
        goods = [one for one in products if one.kind is ProductKind.GOODS and not one.withdrawn]
        return tuple(goods[: len(_QUANTITIES)])

    def _read_back(self) -> None:
        """The caller agrees to everything, and says what has to be said."""
        hands, guide = self.hands, self.window.call.read_back
        hands.press("F8")
        for _ in range(_MOST_ANSWERS):
            hands.wait_until(
                lambda: guide.state.stage in {Stage.ASKING, Stage.DONE}, "the read-back goes on"
            )
            if hands.see(lambda: guide.state.stage is Stage.DONE):
                return
            hands.see(self._answer)
        raise Fault("scan_stuck", "The read-back came to no end.")

    def _answer(self) -> None:
        guide = self.window.call.read_back
        state = guide.state
        if state.hearing and state.point is not None:
            guide.hear(
                " ".join(one.value for one in state.point.must_speak if one.part in state.due)
            )
        else:
            guide.confirm()
