"""How the payment of the order in hand stands, as one frozen picture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.services.rules.payment_words import Advice
from app.services.rules.payments import Cover
from app.values.vocabulary import PaymentMethod
from app.wire.payments import CardAttempt, PayLink


class PayStage(StrEnum):
    """What is going on. UNKNOWN: nobody knows yet what became of a card."""

    RESTING = "resting"
    ASKING = "asking"
    UNKNOWN = "unknown"
    SENDING_LINK = "sending-link"


class Mood(StrEnum):
    """How good the news is; decides shape and colour."""

    GOOD = "good"
    WAIT = "wait"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentShown:
    """One picture of the payment.

    `advice` is the news: what happened, what to say, what can be done. `reason_why_not` says why
    the order cannot be placed with this payment.
    """

    stage: PayStage = PayStage.RESTING
    method: PaymentMethod = PaymentMethod.LATER
    cover: Cover | None = None
    attempts: tuple[CardAttempt, ...] = ()
    links: tuple[PayLink, ...] = ()
    advice: Advice | None = None
    mood: Mood = Mood.WAIT
    reason_why_not: str = ""

    @property
    def has_tenders(self) -> bool:
        """Whether anything was tried yet."""
        return bool(self.attempts or self.links)

    @property
    def is_asking(self) -> bool:
        """Whether the bank has the question now."""
        return self.stage is PayStage.ASKING

    @property
    def is_undecided(self) -> bool:
        """Whether a card was tried and nobody knows what came of it."""
        return self.stage in {PayStage.ASKING, PayStage.UNKNOWN}

    @property
    def wants_card(self) -> bool:
        """Whether a card is the next thing to take."""
        left = self.cover is not None and self.cover.left.minor > 0
        return self.method is PaymentMethod.CARD and left and not self.is_undecided


@dataclass(frozen=True, slots=True, kw_only=True)
class CardScript:
    """What to say while a card is taken, what to wait for, and which fields are still open."""

    say: str = ""
    hint: str = ""
    needed: tuple[str, ...] = ()
