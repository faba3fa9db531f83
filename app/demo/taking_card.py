"""The card of the demo's call, by key events: a card that is declined, a second hearing, a yes.

The numbers are published test numbers; each hearing has a pause of the recording of its own. Runs
on the thread of the rehearsal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from app.demo.reading_back import ReadingBack
from app.ui.main_window import MainWindow
from app.ui.payment.payment_state import PaymentShown
from app.ui.rehearsal import Rehearsal
from app.values.vocabulary import AttemptState, PaymentMethod

DECLINED_NUMBER = "4000000000009995"
"""Insufficient funds, by Stripe's table of test numbers."""
APPROVED_NUMBER = "4242424242424242"
EXPIRY, CODE = "1230", "123"
PAUSE_OF_A_CALLER_S = 1.2
"""So long the caller takes to find the card: there is something to hear in the recording."""


@dataclass(slots=True)
class TakingCard:
    """Takes two cards; `look` leaves a picture under a name, `wait` lets the call go on."""

    hands: Rehearsal
    window: MainWindow
    reading: ReadingBack
    look: Callable[[str], None]
    wait: Callable[[float], None]
    outcomes: list[str] = field(default_factory=list)

    def take(self) -> None:
        """From F9 until the bank has said yes."""
        self._choose_card()
        self._type(DECLINED_NUMBER)
        self.look("typed")
        self._submit(AttemptState.DECLINED)
        self.look("declined")
        self._type(APPROVED_NUMBER)
        self._submit(AttemptState.AUTHORISED)
        self.wait(PAUSE_OF_A_CALLER_S)

    def _choose_card(self) -> None:
        """F9 makes it an order by card, which the caller has to agree to first."""
        call = self.window.call
        self.hands.press("F9")
        self.hands.wait_until(
            lambda: call.order.document.payment is PaymentMethod.CARD, "the order is by card"
        )
        self.reading.agree()
        self.hands.wait_until(lambda: call.state.can_take_card, "the card may be taken")

    def _type(self, number: str) -> None:
        """A pause of its own, then the digits as the caller says them."""
        payment = self.window.call.payment
        self.wait(PAUSE_OF_A_CALLER_S)
        self.hands.press("F9")
        self.hands.wait_until(
            lambda: payment.pause.state.is_open and payment.key.key is not None,
            "the recording is paused",
        )
        self.look("paused")
        for digits in (number, EXPIRY, CODE):
            self.hands.write(digits)

    def _submit(self, expected: AttemptState) -> None:
        payment = self.window.call.payment
        self.hands.press("Ctrl+Return")
        self.hands.wait_until(lambda: _is_told(payment.state, expected), f"the card is {expected}")
        self.hands.wait_until(lambda: not payment.pause.state.is_busy, "the recording goes on")
        self.outcomes.append(expected.value)


def _is_told(state: PaymentShown, expected: AttemptState) -> bool:
    return bool(state.attempts) and state.attempts[-1].state is expected
