"""Paying for an order: card attempts, pay links, and what of them stands.

Card data are only ever inside `envelope`, a JWE that neither the desk nor the centre can open. What
comes back is brand and last four. The attempt's id is made at the desk and makes it idempotent.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from app.values.identity import AttemptId, LeaseId, LinkId, MovementId, OrderId
from app.values.money import Money
from app.values.vocabulary import (
    AttemptState,
    CheckResult,
    DeclineReason,
    LinkState,
    PaymentState,
)
from app.wire.message import Instant, Request, ShortText, View

ENVELOPE_LONGEST = 4_096
Envelope = Annotated[
    str,
    Meta(max_length=ENVELOPE_LONGEST, pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){4}$"),
]
"""A compact JWE (RFC 7516): five parts in base64url."""


class AskCardKey(Request, frozen=True, kw_only=True):
    """The public key to seal card data to."""


class CardKey(View, frozen=True, kw_only=True):
    """An RSA public key of the card vault (or gateway), signed by the vault's root key.

    `modulus` and `exponent` are base64url as in a JWK (RFC 7518, 6.3.1); `signature` is Ed25519
    over `services.rules.card_keys.to_sign(...)`, base64url.
    """

    kid: ShortText
    modulus: Annotated[str, Meta(max_length=1_500)]
    exponent: Annotated[str, Meta(max_length=16)]
    not_before: Instant
    expires_at: Instant
    signature: Annotated[str, Meta(max_length=200)]


class BillingCheck(View, frozen=True, kw_only=True):
    """What the bank compares with what it knows of the cardholder (AVS)."""

    address_line: ShortText = ""
    postcode: ShortText = ""
    country: ShortText = ""


class AuthoriseCard(Request, frozen=True, kw_only=True):
    """Ask the card's bank for `amount`. Live only: never kept, never in the outbox.

    The same attempt id is never carried out twice; another body under it is refused.
    """

    attempt_id: AttemptId
    order_id: OrderId
    lease_id: LeaseId
    amount: Money
    envelope: Envelope
    billing: BillingCheck = BillingCheck()


class CardAttempt(View, frozen=True, kw_only=True):
    """What came of an attempt. `approved` may be less than `amount` (partial approval).

    UNKNOWN: the bank did not answer in time; ask for the attempt before anything is tried again.
    `lease_id`: the pause of the recording that the card was heard in.
    """

    attempt_id: AttemptId
    order_id: OrderId
    state: AttemptState
    amount: Money
    approved: Money | None = None
    captured: Money | None = None
    refunded: Money | None = None
    brand: ShortText = ""
    last_four: Annotated[str, Meta(pattern=r"^([0-9]{4})?$")] = ""
    decline: DeclineReason | None = None
    address_check: CheckResult = CheckResult.NOT_GIVEN
    postcode_check: CheckResult = CheckResult.NOT_GIVEN
    code_check: CheckResult = CheckResult.NOT_GIVEN
    lease_id: LeaseId | None = None
    at: Instant


class AskAttempt(Request, frozen=True, kw_only=True):
    """How an attempt stands; the centre asks the gateway where it does not know.

    Refused `attempt_unknown` where the centre never had it: then nothing was taken, and the id is
    closed, so that a copy that comes late is refused.
    """

    attempt_id: AttemptId


class VoidAttempt(Request, frozen=True, kw_only=True):
    """Give an authorisation back, or the attempt up. Repeatable."""

    attempt_id: AttemptId
    reason: ShortText


class CaptureAttempt(Request, frozen=True, kw_only=True):
    """Take the money that was authorised, or a part of it. Repeatable by `movement_id`."""

    movement_id: MovementId
    attempt_id: AttemptId
    amount: Money


class RefundAttempt(Request, frozen=True, kw_only=True):
    """Give back what was captured, never more. Repeatable by `movement_id`."""

    movement_id: MovementId
    attempt_id: AttemptId
    amount: Money
    reason: ShortText


class SendPayLink(Request, frozen=True, kw_only=True):
    """Let the caller pay on a page of the gateway; repeatable by `link_id`.

    A link of the same order that is still open is replaced. `send_to` is an e-mail address or a
    telephone number.
    """

    link_id: LinkId
    order_id: OrderId
    amount: Money
    send_to: ShortText


class PayLink(View, frozen=True, kw_only=True):
    """A pay link. `url` is what the CSR reads out or mails: the centre itself sends nothing yet."""

    link_id: LinkId
    order_id: OrderId
    state: LinkState
    amount: Money
    url: Annotated[str, Meta(max_length=1_000)]
    send_to: ShortText
    sent_at: Instant
    expires_at: Instant
    opened_at: Instant | None = None
    paid_at: Instant | None = None


class AskPayLink(Request, frozen=True, kw_only=True):
    """How a link stands; the centre asks the gateway."""

    link_id: LinkId


class CancelPayLink(Request, frozen=True, kw_only=True):
    """Let a link be used no more. Refused `link_paid` once it is paid."""

    link_id: LinkId


class AskPayments(Request, frozen=True, kw_only=True):
    """Everything about the payment of an order at the centre."""

    order_id: OrderId


class Payments(View, frozen=True, kw_only=True):
    """Attempts and links of an order, oldest first; `state` None: it is not placed yet."""

    attempts: tuple[CardAttempt, ...] = ()
    links: tuple[PayLink, ...] = ()
    state: PaymentState | None = None


class TakeCard(Request, frozen=True, kw_only=True):
    """Authorise a card, asked of the desk, which notes the attempt before it is sent."""

    attempt_id: AttemptId
    order_id: OrderId
    lease_id: LeaseId
    amount: Money
    envelope: Envelope
    billing: BillingCheck = BillingCheck()


class AskTenders(Request, frozen=True, kw_only=True):
    """What this desk knows of an order's payment; `refresh`: ask the centre for what is open."""

    order_id: OrderId
    refresh: bool = False


class Tenders(View, frozen=True, kw_only=True):
    """Attempts and links of an order at this desk, oldest first."""

    attempts: tuple[CardAttempt, ...] = ()
    links: tuple[PayLink, ...] = ()


class VoidTender(Request, frozen=True, kw_only=True):
    """Give an authorisation of this order back, asked of the desk."""

    order_id: OrderId
    attempt_id: AttemptId
    reason: ShortText


class GivenUpOrder(View, frozen=True, kw_only=True):
    """A draft with card attempts or links was given up; a command of its own, by the outbox."""

    order_id: OrderId
    reason: ShortText
    given_up_at: Instant
