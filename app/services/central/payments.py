"""Card attempts and pay links: what the gateway said, kept with the order.

Answers `payments.*` and runs the watchdog. Each attempt is a row before the gateway is asked.
Envelopes pass through and are never kept. Threads of the sagas, and one of the background.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import msgspec

from app.models.central.payment import VoidCause
from app.services.central.card_attempts import CardAttempts, begin_void
from app.services.central.card_gateway import CardGateway
from app.services.central.card_movements import CardMovements
from app.services.central.card_watch import CardWatch
from app.services.central.pay_links import PayLinks
from app.services.central.payment_rows import (
    is_placed,
    known_or_closed,
    locked,
    payments_of,
    unknown_attempt,
)
from app.services.central.transaction import Actor, Handlers, Saga, Transaction, Transactions
from app.services.ports import EventLog
from app.services.rules.payments import UNDECIDED
from app.values.errors import Refusal
from app.values.identity import AttemptId
from app.values.vocabulary import AttemptState
from app.wire import card_operations, worklist_operations
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
from app.wire.worklist import GiveBackOrphan

_UNSETTLED = UNDECIDED | {AttemptState.VOIDING}


class PaymentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[centre.payments]` table: when an authorisation without an order is given back."""

    orphan_hours: int = 72
    link_hours: int = 72
    watchdog_s: float = 5.0

    @property
    def orphan_age(self) -> timedelta:
        """As a span of time."""
        return timedelta(hours=self.orphan_hours)

    @property
    def link_life(self) -> timedelta:
        """As a span of time."""
        return timedelta(hours=self.link_hours)


class CardPayments:
    """Answers `payments.*`. Without a gateway no card is taken and no link is sent."""

    def __init__(
        self,
        transactions: Transactions,
        gateway: CardGateway | None,
        settings: PaymentSettings,
        log: EventLog,
    ) -> None:
        """Raises Refusal `settings_malformed` for hours below one."""
        if min(settings.orphan_hours, settings.link_hours) < 1:
            raise Refusal("settings_malformed", "[centre.payments] hours are one or more.")
        self._transactions = transactions
        self._gateway = gateway
        self._settings = settings
        self._log = log

    @property
    def movements(self) -> CardMovements | None:
        """For whoever moves money by itself; None without a gateway."""
        return CardMovements(self._gateway, self._log) if self._gateway is not None else None

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add_saga(card_operations.ASK_CARD_KEY, self.card_key)
        handlers.add_saga(card_operations.AUTHORISE_CARD, self.authorise)
        handlers.add_saga(card_operations.ASK_ATTEMPT, self.attempt)
        handlers.add_saga(card_operations.VOID_ATTEMPT, self.void)
        handlers.add_saga(worklist_operations.GIVE_BACK_ORPHAN, self.give_back_orphan)
        handlers.add_saga(card_operations.CAPTURE_ATTEMPT, self.capture)
        handlers.add_saga(card_operations.REFUND_ATTEMPT, self.refund)
        handlers.add_saga(card_operations.SEND_PAY_LINK, self.send_link)
        handlers.add_saga(card_operations.ASK_PAY_LINK, self.link)
        handlers.add_saga(card_operations.CANCEL_PAY_LINK, self.cancel_link)
        handlers.add(card_operations.ASK_PAYMENTS, self.payments)

    def close(self) -> None:
        """Let the gateway go."""
        if self._gateway is not None:
            self._gateway.close()

    def look_after(self) -> None:
        """The watchdog's round: outcomes nobody knows, what has to be given back, links."""
        if self._gateway is not None:
            watch = CardWatch(self._attempts(), self._movements(), self._links())
            watch.round(Saga(self._transactions, Actor()))

    def card_key(self, saga: Saga, actor: Actor, request: AskCardKey) -> CardKey:
        """The newest key to seal to. Raises Refusal `no_card_gateway` or `no_card_key`."""
        del saga, actor, request
        keys = self._require_gateway().keys().keys
        if not keys:
            raise Refusal("no_card_key", "There is no key to seal cards with just now.")
        return keys[0]

    def authorise(self, saga: Saga, actor: Actor, request: AuthoriseCard) -> CardAttempt:
        """Ask the card's bank; an answer that did not come is the state UNKNOWN, not an error."""
        amount, currency = request.amount.minor, request.amount.currency.value
        saga.about(request.attempt_id, order=str(request.order_id))
        attempt = self._attempts().authorise(saga, actor, request)
        saga.about(request.attempt_id, state=attempt.state.value, amount=amount, currency=currency)
        return attempt

    def attempt(self, saga: Saga, actor: Actor, request: AskAttempt) -> CardAttempt:
        """How an attempt stands. Raises Refusal `attempt_unknown`, and its id is closed."""
        attempt = self._known(saga, actor, request.attempt_id)
        if attempt.state not in _UNSETTLED or self._gateway is None:
            return attempt
        if attempt.state is AttemptState.VOIDING:
            return self._attempts().give_back(saga, request.attempt_id)
        return self._attempts().settle(saga, request.attempt_id)

    def void(self, saga: Saga, actor: Actor, request: VoidAttempt) -> CardAttempt:
        """Give an authorisation back; VOIDING where the gateway is away: it is tried until done."""
        self._known(saga, actor, request.attempt_id)
        return self.give_back(saga, request.attempt_id, request.reason)

    def give_back(self, saga: Saga, attempt_id: AttemptId, reason: str) -> CardAttempt:
        """The same for an administrator, who has no seat. Raises Refusal as `begin_void`."""
        attempts = self._attempts()
        void = partial(begin_void, attempt_id=attempt_id, cause=VoidCause.ASKED, reason=reason)
        attempt = saga.write(void)
        if attempt.state is AttemptState.VOIDING:
            attempt = attempts.give_back(saga, attempt_id)
        saga.about(attempt_id, order=str(attempt.order_id), state=attempt.state.value)
        return attempt

    def give_back_orphan(self, saga: Saga, actor: Actor, request: GiveBackOrphan) -> CardAttempt:
        """A lead gives money back whose order never came. Raises Refusal `order_known` and more."""
        del actor
        saga.write(partial(_require_orphan, attempt_id=request.attempt_id))
        return self.give_back(saga, request.attempt_id, request.reason)

    def capture(self, saga: Saga, actor: Actor, request: CaptureAttempt) -> CardAttempt:
        """Take what was authorised."""
        del actor
        attempt = self._movements().capture(saga, request)
        _about_movement(saga, attempt, request)
        return attempt

    def refund(self, saga: Saga, actor: Actor, request: RefundAttempt) -> CardAttempt:
        """Give back what was captured."""
        del actor
        attempt = self._movements().refund(saga, request)
        _about_movement(saga, attempt, request)
        return attempt

    def send_link(self, saga: Saga, actor: Actor, request: SendPayLink) -> PayLink:
        """Let the caller pay on a page."""
        link = self._links().send(saga, actor, request)
        saga.about(
            request.link_id,
            order=str(request.order_id),
            amount=request.amount.minor,
            currency=request.amount.currency.value,
        )
        return link

    def link(self, saga: Saga, actor: Actor, request: AskPayLink) -> PayLink:
        """How a link stands."""
        return self._links().ask(saga, actor, request.link_id)

    def cancel_link(self, saga: Saga, actor: Actor, request: CancelPayLink) -> PayLink:
        """Let a link be used no more."""
        link = self._links().cancel(saga, actor, request.link_id)
        saga.about(request.link_id, order=str(link.order_id), state=link.state.value)
        return link

    def payments(self, tx: Transaction, actor: Actor, request: AskPayments) -> Payments:
        """Everything about the payment of an order."""
        del actor
        return payments_of(tx, request.order_id)

    def _known(self, saga: Saga, actor: Actor, attempt_id: AttemptId) -> CardAttempt:
        found = saga.write(partial(known_or_closed, actor=actor, attempt_id=attempt_id))
        if found is None:
            raise unknown_attempt()
        return found

    def _require_gateway(self) -> CardGateway:
        if self._gateway is None:
            raise Refusal(
                "no_card_gateway",
                "Cards and pay links cannot be taken here. Please choose another way to pay.",
            )
        return self._gateway

    def _attempts(self) -> CardAttempts:
        return CardAttempts(self._require_gateway(), self._settings.orphan_age, self._log)

    def _movements(self) -> CardMovements:
        return CardMovements(self._require_gateway(), self._log)

    def _links(self) -> PayLinks:
        return PayLinks(self._require_gateway(), self._settings.link_life, self._log)


def _require_orphan(tx: Transaction, attempt_id: AttemptId) -> None:
    if is_placed(tx, locked(tx, attempt_id).order_id):
        raise Refusal("order_known", "The order of this payment is here. Cancel it instead.")


def _about_movement(
    saga: Saga, attempt: CardAttempt, request: CaptureAttempt | RefundAttempt
) -> None:
    saga.about(
        request.attempt_id,
        order=str(attempt.order_id),
        movement=str(request.movement_id),
        amount=request.amount.minor,
        currency=request.amount.currency.value,
    )
