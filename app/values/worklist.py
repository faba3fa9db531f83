"""Closed sets of words about what waits for a person; as in `vocabulary` none is ever changed."""

from __future__ import annotations

from enum import StrEnum


class WorkKind(StrEnum):
    """What waits, by what has to be decided about it."""

    REVIEW = "review"
    """An order that was taken in, and something about it is odd."""
    PAYMENT = "payment"
    """An order that nobody holds money for."""
    HOLD = "hold"
    """An order that somebody stopped."""
    CHANGE = "change"
    """A change of an order that could not be carried out as it was asked for."""
    REFUND = "refund"
    """Money that a person has to send back."""
    ORPHAN = "orphan"
    """Money that is held or was paid for an order that never came."""
    TWIN = "twin"
    """Two customers who may be one."""
    CUSTOMER = "customer"
    """A customer of whom two calls told different things."""


class HoldCode(StrEnum):
    """Why an order is stopped."""

    FRAUD = "fraud"
    PAYMENT = "payment"
    ADDRESS = "address"
    STOCK = "stock"
    CUSTOMER_ASKED = "customer_asked"
    OTHER = "other"


class WorkAct(StrEnum):
    """What can be done about something that waits."""

    RELEASE = "release"
    REJECT = "reject"
    HOLD = "hold"
    UNHOLD = "unhold"
    COLLECT = "collect"
    """Send a pay link, or take a card on the telephone."""
    BILL = "bill"
    """Let it go on account, or be paid later: a lead answers for it."""
    APPLY = "apply"
    GIVE_BACK = "give_back"
    SENT_BY_HAND = "sent_by_hand"
    MERGE = "merge"
    KEEP_APART = "keep_apart"
    SETTLE = "settle"
