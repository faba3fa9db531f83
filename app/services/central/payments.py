"""Card attempts and pay links: what the gateway said, kept with the order.

Each attempt is a row before the gateway is asked. Envelopes pass through and are never kept.
Service threads.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from app.services.central.card_gateway import CardGateway
from app.services.central.transaction import Actor, Handlers, Saga, Transaction, Transactions
from app.services.ports import EventLog
from app.values.errors import Fault
from app.wire import card_operations
from app.wire.payments import (
    AskAttempt,
    AskCardKey,
    AskPayLink,
    AskPayments,
    AuthoriseCard,
    CancelPayLink,
    CaptureAttempt,
    CardAttempt,
    CardKey,
    PayLink,
    Payments,
    RefundAttempt,
    SendPayLink,
    VoidAttempt,
)


class PaymentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[centre.payments]` table: when an authorisation without an order is given back."""

    orphan_hours: int = 72
    link_hours: int = 72
    watchdog_s: float = 5.0

    @property
    def orphan_age(self) -> timedelta:
        """As a span of time."""
        return timedelta(hours=self.orphan_hours)


class CardPayments:
    """Answers `payments.*`. Without a gateway no card is taken and no link is sent."""

    def __init__(
        self,
        transactions: Transactions,
        gateway: CardGateway | None,
        settings: PaymentSettings,
        log: EventLog,
    ) -> None:
        self._transactions = transactions
        self._gateway = gateway
        self._settings = settings
        self._log = log

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add_saga(card_operations.ASK_CARD_KEY, self.card_key)
        handlers.add_saga(card_operations.AUTHORISE_CARD, self.authorise)
        handlers.add_saga(card_operations.ASK_ATTEMPT, self.attempt)
        handlers.add_saga(card_operations.VOID_ATTEMPT, self.void)
        handlers.add_saga(card_operations.CAPTURE_ATTEMPT, self.capture)
        handlers.add_saga(card_operations.REFUND_ATTEMPT, self.refund)
        handlers.add_saga(card_operations.SEND_PAY_LINK, self.send_link)
        handlers.add_saga(card_operations.ASK_PAY_LINK, self.link)
        handlers.add_saga(card_operations.CANCEL_PAY_LINK, self.cancel_link)
        handlers.add(card_operations.ASK_PAYMENTS, self.payments)

    def close(self) -> None:
        """Let the gateway go."""

    def look_after(self) -> None:
        """The watchdog's round: outcomes nobody knows, what has to be given back, links."""

    def card_key(self, saga: Saga, actor: Actor, request: AskCardKey) -> CardKey:
        """The newest key to seal to."""
        raise _not_there()

    def authorise(self, saga: Saga, actor: Actor, request: AuthoriseCard) -> CardAttempt:
        """Ask the card's bank."""
        raise _not_there()

    def attempt(self, saga: Saga, actor: Actor, request: AskAttempt) -> CardAttempt:
        """How an attempt stands."""
        raise _not_there()

    def void(self, saga: Saga, actor: Actor, request: VoidAttempt) -> CardAttempt:
        """Give an authorisation back."""
        raise _not_there()

    def capture(self, saga: Saga, actor: Actor, request: CaptureAttempt) -> CardAttempt:
        """Take what was authorised."""
        raise _not_there()

    def refund(self, saga: Saga, actor: Actor, request: RefundAttempt) -> CardAttempt:
        """Give back what was captured."""
        raise _not_there()

    def send_link(self, saga: Saga, actor: Actor, request: SendPayLink) -> PayLink:
        """Let the caller pay on a page."""
        raise _not_there()

    def link(self, saga: Saga, actor: Actor, request: AskPayLink) -> PayLink:
        """How a link stands."""
        raise _not_there()

    def cancel_link(self, saga: Saga, actor: Actor, request: CancelPayLink) -> PayLink:
        """Let a link be used no more."""
        raise _not_there()

    def payments(self, tx: Transaction, actor: Actor, request: AskPayments) -> Payments:
        """Everything about the payment of an order."""
        raise _not_there()


def _not_there() -> Fault:
    return Fault("not_there", "This part of the service is not there yet.")
