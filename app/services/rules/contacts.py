"""What a contact most likely was about and came to, so that its end takes one key. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from app.services.rules.identity_check import WRONG_MOST
from app.values.order_life import ContactOutcome, ContactReason, IdentityLevel
from app.wire.contacts import OpenContact

_RESOLVED = frozenset(
    {
        ContactOutcome.ORDER_PLACED,
        ContactOutcome.ORDER_CHANGED,
        ContactOutcome.ORDER_CANCELLED,
        ContactOutcome.ANSWERED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnScreen:
    """What stands on the screen when a contact ends.

    `lines` of the order in hand, which is a change of one that has its number where `amending`;
    `line_dropped`: the telephone said that the caller is gone;
    `looked_up`: products or answers were looked for.
    """

    lines: int = 0
    amending: bool = False
    line_dropped: bool = False
    looked_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a contact ended."""

    reason: ContactReason
    outcome: ContactOutcome
    resolved: bool


def likeliest(contact: OpenContact, screen: OnScreen) -> Ending:
    """What was noted counts most, then what stands on the screen."""
    reason = contact.reason or _reason(contact, screen)
    outcome = contact.outcome or _outcome(contact, reason, screen)
    return Ending(reason=reason, outcome=outcome, resolved=resolves(outcome))


def resolves(outcome: ContactOutcome) -> bool:
    """Whether nothing more is owed to the caller after such an outcome, unless somebody says so."""
    return outcome in _RESOLVED


def _reason(contact: OpenContact, screen: OnScreen) -> ContactReason:
    if screen.amending:
        return ContactReason.CHANGE
    if screen.lines:
        return ContactReason.NEW_ORDER
    if contact.orders or contact.checks:
        return ContactReason.WHERE_IS_IT
    if screen.looked_up:
        return ContactReason.PRODUCT_QUESTION
    return ContactReason.OTHER


def _outcome(contact: OpenContact, reason: ContactReason, screen: OnScreen) -> ContactOutcome:
    if screen.line_dropped:
        return ContactOutcome.CALL_DROPPED
    last = contact.checks[-1] if contact.checks else None
    if last is not None and last.wrong >= WRONG_MOST and last.level is IdentityLevel.NOTHING:
        return ContactOutcome.NOT_ALLOWED
    if reason is ContactReason.NEW_ORDER:
        return ContactOutcome.CALL_BACK_PROMISED
    return ContactOutcome.ANSWERED
