"""Conversations with customers, from the first ring on: what for, what about, what came of it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from app.values.identity import ContactId, CustomerId, OrderId
from app.values.order_life import ContactOutcome, ContactReason, IdentityFact, IdentityLevel
from app.values.vocabulary import Channel
from app.wire.message import FreeText, Instant, ShortText, View


class IdentityChecked(View, frozen=True, kw_only=True):
    """How it was made sure whose order it is: what was asked, what was right; never the answers."""

    order_id: OrderId | None = None
    customer_id: CustomerId | None = None
    asked: tuple[IdentityFact, ...]
    passed: tuple[IdentityFact, ...]
    level: IdentityLevel
    at: Instant


class Contact(View, frozen=True, kw_only=True):
    """One conversation; the body of the command `contact.note`. The first word about it counts.

    `orders` are those it was about; an enquiry may be about none. `answered_at` None: nobody did.
    """

    contact_id: ContactId
    channel: Channel = Channel.PHONE
    caller_number: ShortText = ""
    customer_id: CustomerId | None = None
    orders: Annotated[tuple[OrderId, ...], Meta(max_length=100)] = ()
    reason: ContactReason
    outcome: ContactOutcome
    resolved: bool
    note: FreeText = ""
    checks: Annotated[tuple[IdentityChecked, ...], Meta(max_length=100)] = ()
    started_at: Instant
    answered_at: Instant | None = None
    ended_at: Instant
