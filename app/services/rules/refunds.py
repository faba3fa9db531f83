"""How money goes back: always to where it came from, never more than came. Pure.

What is there of each tender is worked out in one place, also for the account of an order. What is
planned and not sent yet can be planned anew: `settlement` of the same facts changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import msgspec

from app.services.rules.payments import HOLDS_MONEY, IS_PAID
from app.values.errors import Refusal
from app.values.identity import AttemptId, LinkId, RefundId
from app.values.money import Currency, Money
from app.values.order_life import RefundState, RefundWay
from app.values.vocabulary import AttemptState
from app.wire.order_changes import RefundView
from app.wire.payments import CardAttempt, PayLink

UNDER_WAY = frozenset({RefundState.DUE, RefundState.STARTED})
"""It is on its way back, and cannot go back a second time."""

_COUNTS = UNDER_WAY | {RefundState.DONE}
_CAN_BE_TAKEN = frozenset({AttemptState.AUTHORISED, AttemptState.CAPTURED})
_NOT_TAKEN = frozenset({RefundWay.VOID, RefundWay.RELEASE})


class Held(Enum):
    """Where money of a tender is: at the customer's bank, with us by card, with us by link."""

    RESERVED = "reserved"
    TAKEN = "taken"
    BY_LINK = "by_link"


class Tendered(msgspec.Struct, frozen=True, kw_only=True):
    """Attempts and links of an order, also those of its applied changes, and all its refunds."""

    attempts: tuple[CardAttempt, ...] = ()
    links: tuple[PayLink, ...] = ()
    refunds: tuple[RefundView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tender:
    """What can still go back of a tender, in minor units.

    `is_whole`: nothing of an authorisation was taken. `refused`: the gateway gives nothing back.
    """

    held: Held
    minor: int
    at: datetime
    attempt_id: AttemptId | None = None
    link_id: LinkId | None = None
    is_whole: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way of money back, to be made a row of `order_refund`."""

    way: RefundWay
    amount: Money
    attempt_id: AttemptId | None = None
    link_id: LinkId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What makes what is held fit what is owed.

    `undo` are refunds that were due and are not wanted like that any more, `ways` new ones.
    """

    to_pay: Money
    undo: tuple[RefundId, ...] = ()
    ways: tuple[Way, ...] = ()


def settlement(owed: Money, tendered: Tendered) -> Settlement:
    """What is still to be paid, or how what is too much goes back; what is due is planned anew.

    `owed` may be nothing and is never below it.
    """
    waiting = [one for one in tendered.refunds if one.state is RefundState.DUE]
    others = tuple(one for one in tendered.refunds if one.state is not RefundState.DUE)
    without = msgspec.structs.replace(tendered, refunds=others)
    there = held_minor(tenders(without, owed.currency))
    nothing = Money(0, owed.currency)
    surplus = Money(max(there - max(owed.minor, 0), 0), owed.currency)
    ways = list(plan(surplus, without))
    undo = []
    for one in waiting:
        same = Way(way=one.way, amount=one.amount, attempt_id=one.attempt_id, link_id=one.link_id)
        if same in ways:
            ways.remove(same)
        else:
            undo.append(one.refund_id)
    to_pay = Money(max(owed.minor - there, 0), owed.currency) if owed.minor > 0 else nothing
    return Settlement(to_pay=to_pay, undo=tuple(undo), ways=tuple(ways))


def plan(due: Money, tendered: Tendered) -> tuple[Way, ...]:
    """The ways by which `due` goes back: whole authorisations, parts of them, what was taken.

    The newest tender first; links and what a gateway refused go by hand. Raises Refusal
    `refund_above_paid` where there is less.
    """
    left = due.minor
    found: list[Way] = []
    for way, tender in _in_turn(tenders(tendered, due.currency)):
        given = _given(way, tender, left, found)
        if given:
            found.append(
                Way(
                    way=way,
                    amount=Money(given, due.currency),
                    attempt_id=tender.attempt_id,
                    link_id=tender.link_id,
                )
            )
            left -= given
    if left > 0:
        there = Money(due.minor - left, due.currency)
        sentence = f"{due} cannot go back: {there} of it is paid or authorised."
        raise Refusal("refund_above_paid", sentence, "amount")
    return tuple(found)


def tenders(tendered: Tendered, currency: Currency) -> tuple[Tender, ...]:
    """What can still go back of each, the newest first; nothing of another currency."""
    back = tendered.refunds
    found = [
        *(one for a in tendered.attempts if _is_in(a, currency) for one in _of_attempt(a, back)),
        *(_of_link(link, back) for link in tendered.links if _is_in(link, currency)),
    ]
    return tuple(sorted((one for one in found if one.minor > 0), key=_at, reverse=True))


def held_minor(found: Iterable[Tender]) -> int:
    """What there is in all."""
    return sum(one.minor for one in found)


def _is_in(tender: CardAttempt | PayLink, currency: Currency) -> bool:
    is_there = tender.state in (HOLDS_MONEY if isinstance(tender, CardAttempt) else IS_PAID)
    return is_there and tender.amount.currency is currency


def _of_attempt(attempt: CardAttempt, back: Iterable[RefundView]) -> Iterator[Tender]:
    own = [one for one in back if one.attempt_id == attempt.attempt_id]
    approved = (attempt.approved if attempt.approved is not None else attempt.amount).minor
    captured = attempt.captured.minor if attempt.captured is not None else 0
    refunded = attempt.refunded.minor if attempt.refunded is not None else 0
    if attempt.state in _CAN_BE_TAKEN:
        released = sum(one.amount.minor for one in own if _counts(one, _NOT_TAKEN))
        yield Tender(
            held=Held.RESERVED,
            minor=approved - captured - released,
            at=attempt.at,
            attempt_id=attempt.attempt_id,
            is_whole=not captured,
            refused=any(_is_refused(one, RefundWay.VOID) for one in own),
        )
    going = sum(one.amount.minor for one in own if _is_going(one))
    yield Tender(
        held=Held.TAKEN,
        minor=captured - refunded - going,
        at=attempt.at,
        attempt_id=attempt.attempt_id,
        refused=any(_is_refused(one, RefundWay.REFUND) for one in own),
    )


def _of_link(link: PayLink, back: Iterable[RefundView]) -> Tender:
    gone = sum(
        one.amount.minor for one in back if one.link_id == link.link_id and one.state in _COUNTS
    )
    return Tender(
        held=Held.BY_LINK,
        minor=link.amount.minor - gone,
        at=link.paid_at or link.sent_at,
        link_id=link.link_id,
    )


def _counts(refund: RefundView, ways: frozenset[RefundWay]) -> bool:
    return refund.way in ways and refund.state in _COUNTS


def _is_refused(refund: RefundView, way: RefundWay) -> bool:
    return refund.way is way and refund.state is RefundState.REFUSED


def _is_going(refund: RefundView) -> bool:
    """Whether it lessens what was taken and the attempt does not tell of it (yet)."""
    if refund.way is RefundWay.REFUND:
        return refund.state in UNDER_WAY
    return refund.way is RefundWay.BY_HAND and refund.state in _COUNTS


def _in_turn(found: tuple[Tender, ...]) -> Iterator[tuple[RefundWay, Tender]]:
    """The ways in which tenders are asked; an authorisation is voided or released, not both."""
    reserved = [one for one in found if one.held is Held.RESERVED]
    for one in reserved:
        if one.is_whole and not one.refused:
            yield RefundWay.VOID, one
    for one in reserved:
        yield RefundWay.RELEASE, one
    taken = [one for one in found if one.held is Held.TAKEN]
    for one in taken:
        if not one.refused:
            yield RefundWay.REFUND, one
    for one in found:
        if one.held is Held.BY_LINK or (one.held is Held.TAKEN and one.refused):
            yield RefundWay.BY_HAND, one


def _given(way: RefundWay, tender: Tender, left: int, found: Iterable[Way]) -> int:
    """So much of what is left to give; an authorisation is voided whole or not at all."""
    if way is RefundWay.VOID:
        return tender.minor if tender.minor <= left else 0
    if way is RefundWay.RELEASE and any(
        one.way is RefundWay.VOID and one.attempt_id == tender.attempt_id for one in found
    ):
        return 0
    return min(tender.minor, left)


def _at(tender: Tender) -> datetime:
    return tender.at
