"""What the centre asks of a card gateway: the card vault's HTTP contract, and our gateway port.

The vault opens the envelope, hands the digits to its provider and forgets them. Everything else
goes by the provider's `reference`. Each request carries an id that makes it repeatable.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from app.values.identity import AttemptId, LinkId, MovementId, OrderId
from app.values.money import Money
from app.values.vocabulary import AttemptState, CheckResult, DeclineReason, LinkState
from app.wire.message import Instant, Request, ShortText, View
from app.wire.payments import BillingCheck, CardKey, Envelope


class CardKeys(View, frozen=True, kw_only=True):
    """Keys that may be sealed to now, the newest first; `root_key` is Ed25519, base64url."""

    keys: tuple[CardKey, ...]
    root_key: ShortText


class Authorise(Request, frozen=True, kw_only=True):
    """Open the envelope and ask for the amount. Order, attempt and amount are bound into it."""

    attempt_id: AttemptId
    order_id: OrderId
    amount: Money
    envelope: Envelope
    billing: BillingCheck = BillingCheck()


class Attempted(View, frozen=True, kw_only=True):
    """What the provider said. STARTED or UNKNOWN: ask again later."""

    attempt_id: AttemptId
    state: AttemptState
    reference: ShortText = ""
    token: ShortText = ""
    approved: Money | None = None
    captured: Money | None = None
    refunded: Money | None = None
    brand: ShortText = ""
    last_four: Annotated[str, Meta(pattern=r"^([0-9]{4})?$")] = ""
    decline: DeclineReason | None = None
    address_check: CheckResult = CheckResult.NOT_GIVEN
    postcode_check: CheckResult = CheckResult.NOT_GIVEN
    code_check: CheckResult = CheckResult.NOT_GIVEN


class AskAttempted(Request, frozen=True, kw_only=True):
    """What became of an attempt. Refused `attempt_unknown`, and then the id is closed for ever."""

    attempt_id: AttemptId


class MoveMoney(Request, frozen=True, kw_only=True):
    """Capture, void or refund of an authorisation; a void has no amount."""

    movement_id: MovementId
    attempt_id: AttemptId
    reference: ShortText
    amount: Money | None = None


class OfferLink(Request, frozen=True, kw_only=True):
    """Make a page on which the amount can be paid until `expires_at`."""

    link_id: LinkId
    order_id: OrderId
    amount: Money
    payee: ShortText
    expires_at: Instant


class AskLink(Request, frozen=True, kw_only=True):
    """How a link stands."""

    link_id: LinkId


class LinkOffered(View, frozen=True, kw_only=True):
    """A link as the provider knows it; `paid` counts payments, of which one is due."""

    link_id: LinkId
    url: Annotated[str, Meta(max_length=1_000)]
    state: LinkState
    paid: int = 0
    brand: ShortText = ""
    last_four: Annotated[str, Meta(pattern=r"^([0-9]{4})?$")] = ""
    reference: ShortText = ""
    opened_at: Instant | None = None
    paid_at: Instant | None = None
