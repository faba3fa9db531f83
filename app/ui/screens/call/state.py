"""What the call screen shows beside its panes.

Where the call stands, what it comes to, what is still missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.services.rules.readiness import Caution, Missing
from app.ui.payment.payment_state import CardScript
from app.values.vocabulary import PaymentMethod
from app.wire.customers import OrderSummary
from app.wire.orders import OrderDocument, Totals


class Phase(StrEnum):
    """Where the call stands."""

    IDLE = "idle"
    TAKING = "taking"
    PLACING = "placing"


class Topic(StrEnum):
    """The rows of the checklist, in the order of the talk; values are the panes they lead to."""

    CUSTOMER = "customer"
    ITEMS = "items"
    DELIVERY = "delivery"
    BILLING = "billing"
    ARRIVAL = "arrival"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRow:
    """How one topic stands; `asking` marks the one that is due now."""

    topic: Topic
    done: bool
    asking: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallState:
    """One frozen picture of the call.

    `reason_why_not` says in words why the order cannot be placed yet; `to_read_back` are the
    checkpoints that do not hold, once the read-back has begun. `to_pay` says what the payment still
    needs, `wants_card` that a card is next, `script` what is said while it is taken.
    """

    phase: Phase = Phase.IDLE
    document: OrderDocument | None = None
    totals: Totals | None = None
    tax_label: str = ""
    missing: tuple[Missing, ...] = ()
    cautions: tuple[Caution, ...] = ()
    topics: tuple[TopicRow, ...] = ()
    say: str = ""
    reason_why_not: str = ""
    can_undo: bool = False
    asking_to_repeat: OrderSummary | None = None
    read_back_holds: bool = False
    to_read_back: tuple[str, ...] = ()
    to_pay: str = ""
    wants_card: bool = False
    script: CardScript | None = None

    @property
    def needed(self) -> tuple[str, ...]:
        """What the strip lists: what is missing and to be read back, or what a card needs."""
        if self.script is not None and self.script.needed:
            return self.script.needed
        return (*(one.sentence for one in self.missing), *self.to_read_back)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing; the order may still have to be read back."""
        return self.phase is Phase.TAKING and not self.missing

    @property
    def can_place(self) -> bool:
        """Whether Ctrl+Enter places the order now."""
        return self.is_complete and self.read_back_holds and not self.to_pay

    @property
    def can_take_card(self) -> bool:
        """Whether F9 opens the card fields now."""
        return self.is_complete and self.read_back_holds and self.wants_card

    @property
    def is_change(self) -> bool:
        """Whether an order that has its number is being changed, and no new one taken."""
        return self.document is not None and self.document.amends is not None

    @property
    def is_paid_later(self) -> bool:
        """Whether something is to pay and nobody has said by what: it stays outstanding."""
        is_later = self.document is not None and self.document.payment is PaymentMethod.LATER
        return is_later and self.totals is not None and self.totals.total.minor > 0
