"""How well contacts go: first contact resolution, handling time, repeats by reason. Pure.

First contact resolution (FCR) = 1 - (resolved first contacts that the same customer followed with
another about the same order or topic, within 7 days, by any channel) / (resolved first contacts).
A dropped call that was dialled again within 5 minutes is no contact of its own; a contact whose 7
days are not over yet is not judged. Handling time (AHT) = talk, hold and the work after the call,
until its end was noted, over the contacts that were answered. None of these ranks a person.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.values.order_life import ContactOutcome, ContactReason

WINDOW = timedelta(days=7)
DIALLED_AGAIN = timedelta(minutes=5)
_Z = 1.959964
"""95 % of a normal distribution lies within so many deviations. Source: NIST/SEMATECH 7.2.4.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One contact that has ended. `who` tells one customer from another; empty: nobody knows."""

    who: str
    orders: frozenset[str] = frozenset()
    reason: ContactReason
    outcome: ContactOutcome
    resolved: bool
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the interval (Wilson, 95 %) in which the true rate lies."""

    count: int
    of: int

    @property
    def rate(self) -> float | None:
        """None of nothing."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """From 0 to 1 where there is nothing to go by."""
        if not self.of:
            return 0.0, 1.0
        rate, spread = self.count / self.of, _Z**2 / self.of
        centre = (rate + spread / 2) / (1 + spread)
        half = _Z * math.sqrt(rate * (1 - rate) / self.of + spread / (4 * self.of)) / (1 + spread)
        return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFigures:
    """What a span of time came to.

    `too_recent` resolved first contacts are not judged yet, `dialled_again` calls count with the
    one that followed. `repeats` are by the reason of the later contact, of `contacts` by reason.
    """

    contacts: int
    answered: int
    dialled_again: int
    resolved_first: Share
    too_recent: int
    handling_p50: timedelta | None
    handling_p90: timedelta | None
    by_reason: Mapping[ContactReason, int] = field(default_factory=dict)
    repeats: Mapping[ContactReason, int] = field(default_factory=dict)
    by_outcome: Mapping[ContactOutcome, int] = field(default_factory=dict)


def figures(
    conversations: Iterable[Conversation], since: datetime, until: datetime, now: datetime
) -> ContactFigures:
    """Of the contacts that began from `since` up to `until`, without it.

    `conversations` are to reach 7 days further on both sides, as far as there are any.
    """
    in_order = sorted(conversations, key=lambda one: (one.started_at, one.ended_at))
    judged = [
        place
        for thread in _threads(in_order)
        for place in _places(thread)
        if since <= place.one.started_at < until
    ]
    counted = [place.one for place in judged]
    firsts = [place for place in judged if place.one.resolved and not place.is_repeat]
    over = [place for place in firsts if place.one.started_at + WINDOW <= now]
    handled = sorted(one.ended_at - one.answered_at for one in counted if one.answered_at)
    began = sum(since <= one.started_at < until for one in in_order)
    return ContactFigures(
        contacts=len(counted),
        answered=len(handled),
        dialled_again=began - len(counted),
        resolved_first=Share(sum(not place.is_followed for place in over), len(over)),
        too_recent=len(firsts) - len(over),
        handling_p50=_quantile(handled, 0.5),
        handling_p90=_quantile(handled, 0.9),
        by_reason=Counter(one.reason for one in counted),
        repeats=Counter(place.one.reason for place in judged if place.is_repeat),
        by_outcome=Counter(one.outcome for one in counted),
    )


def is_about_the_same(one: Conversation, other: Conversation) -> bool:
    """Of the same order; where one of them knows of none, of the same topic."""
    if one.orders and other.orders:
        return not one.orders.isdisjoint(other.orders)
    return one.reason is other.reason


@dataclass(frozen=True, slots=True)
class _Place:
    """A contact among those of its customer: whether one about the same came before, or after."""

    one: Conversation
    is_repeat: bool
    is_followed: bool


def _places(thread: Sequence[Conversation]) -> Iterator[_Place]:
    for at, one in enumerate(thread):
        before, after = thread[:at], thread[at + 1 :]
        yield _Place(
            one,
            any(is_about_the_same(it, one) and _is_near(it, one) for it in before),
            any(is_about_the_same(one, it) and _is_near(one, it) for it in after),
        )


def _is_near(one: Conversation, later: Conversation) -> bool:
    return later.started_at - one.started_at <= WINDOW


def _threads(in_order: Iterable[Conversation]) -> list[list[Conversation]]:
    """All contacts of each customer, in time, without calls that were dialled again."""
    by_customer: defaultdict[str, list[Conversation]] = defaultdict(list)
    alone: list[list[Conversation]] = []
    for one in in_order:
        if one.who:
            by_customer[one.who].append(one)
        else:
            alone.append([one])
    return [*map(_without_redials, by_customer.values()), *alone]


def _without_redials(contacts: Sequence[Conversation]) -> list[Conversation]:
    last = len(contacts) - 1
    return [
        one
        for at, one in enumerate(contacts)
        if one.outcome is not ContactOutcome.CALL_DROPPED
        or at == last
        or contacts[at + 1].started_at - one.ended_at >= DIALLED_AGAIN
    ]


def _quantile(spans: Sequence[timedelta], share: float) -> timedelta | None:
    """The smallest span that so large a share does not exceed; `spans` in order."""
    return spans[max(0, math.ceil(share * len(spans)) - 1)] if spans else None
