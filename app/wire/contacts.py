"""Conversations with customers, from the first ring on: what for, what about, what came of it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from app.values.identity import ContactId, CustomerId, OrderId
from app.values.order_life import ContactOutcome, ContactReason, IdentityFact, IdentityLevel
from app.values.vocabulary import Channel
from app.wire.message import FreeText, Instant, Request, ShortText, View


class IdentityChecked(View, frozen=True, kw_only=True):
    """How it was made sure whose order it is: what was asked, what was right; never the answers.

    `wrong` counts wrong answers. `skipped` is why nothing could be asked; empty: it was.
    """

    order_id: OrderId | None = None
    customer_id: CustomerId | None = None
    asked: tuple[IdentityFact, ...]
    passed: tuple[IdentityFact, ...]
    level: IdentityLevel
    wrong: Annotated[int, Meta(ge=0, le=1_000)] = 0
    skipped: ShortText = ""
    at: Instant


_Orders = Annotated[tuple[OrderId, ...], Meta(max_length=100)]
_Checks = Annotated[tuple[IdentityChecked, ...], Meta(max_length=100)]


class Contact(View, frozen=True, kw_only=True):
    """One conversation; the body of the command `contact.note`. The first word about it counts.

    `orders` are those it was about; an enquiry may be about none. `answered_at` None: nobody did.
    """

    contact_id: ContactId
    channel: Channel = Channel.PHONE
    caller_number: ShortText = ""
    customer_id: CustomerId | None = None
    orders: _Orders = ()
    reason: ContactReason
    outcome: ContactOutcome
    resolved: bool
    note: FreeText = ""
    checks: _Checks = ()
    started_at: Instant
    answered_at: Instant | None = None
    ended_at: Instant


class NoteContact(Request, frozen=True, kw_only=True):
    """Somebody is in contact, or more is known of it; asked of the desk, on its disk at once.

    The first word begins it. Later ones add orders and checks (the latest of an order counts), and
    set what they name: None and empty leave what is there. `reason` and `outcome` are what it looks
    like so far. `contact_id` of one that has ended changes nothing.
    """

    contact_id: ContactId
    started_at: Instant
    answered_at: Instant | None = None
    channel: Channel | None = None
    caller_number: ShortText = ""
    customer_id: CustomerId | None = None
    orders: _Orders = ()
    checks: _Checks = ()
    reason: ContactReason | None = None
    outcome: ContactOutcome | None = None


class OpenContact(View, frozen=True, kw_only=True):
    """A contact as far as it has come; `noted_at` was the last word of it, `ended_at` its end."""

    contact_id: ContactId
    channel: Channel = Channel.PHONE
    caller_number: ShortText = ""
    customer_id: CustomerId | None = None
    orders: _Orders = ()
    checks: _Checks = ()
    reason: ContactReason | None = None
    outcome: ContactOutcome | None = None
    started_at: Instant
    answered_at: Instant | None = None
    noted_at: Instant
    ended_at: Instant | None = None


class EndContact(Request, frozen=True, kw_only=True):
    """A contact is over: what it was for, and what came of it. The first word about it counts."""

    contact_id: ContactId
    reason: ContactReason
    outcome: ContactOutcome
    resolved: bool
    note: FreeText = ""
