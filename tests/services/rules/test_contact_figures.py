"""First contact resolution, handling time and repeats, by small histories that can be counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.services.rules.contact_figures import (
    ContactFigures,
    Conversation,
    Share,
    figures,
    is_about_the_same,
)
from app.services.rules.contacts import Ending, OnScreen, likeliest
from app.values.identity import ContactId, OrderId
from app.values.order_life import ContactOutcome, ContactReason, IdentityLevel
from app.wire.contacts import IdentityChecked, OpenContact
from tests.builders import A_MORNING, an_id

R = ContactReason
To = ContactOutcome
MUCH_LATER = A_MORNING + timedelta(days=60)


def a_conversation(
    who: str = "anna",
    *,
    day: float = 0,
    orders: tuple[str, ...] = (),
    about: tuple[R, To] = (R.WHERE_IS_IT, To.ANSWERED),
    resolved: bool = True,
    minutes: float = 4,
    answered: bool = True,
) -> Conversation:
    start = A_MORNING + timedelta(days=day)
    return Conversation(
        who=who,
        orders=frozenset(orders),
        reason=about[0],
        outcome=about[1],
        resolved=resolved,
        started_at=start,
        answered_at=start if answered else None,
        ended_at=start + timedelta(minutes=minutes),
    )


def of(*conversations: Conversation, now: datetime = MUCH_LATER) -> ContactFigures:
    return figures(conversations, A_MORNING, A_MORNING + timedelta(days=30), now)


def test_a_call_that_nobody_followed_was_resolved_at_first_contact() -> None:
    assert of(a_conversation()).resolved_first == Share(1, 1)


def test_one_that_was_followed_within_seven_days_was_not() -> None:
    found = of(a_conversation(), a_conversation(day=6.9))
    assert found.resolved_first == Share(0, 1)
    assert found.repeats == {R.WHERE_IS_IT: 1}


def test_after_seven_days_it_is_another_matter() -> None:
    assert of(a_conversation(), a_conversation(day=7.1)).resolved_first == Share(2, 2)


def test_another_customer_or_another_order_follows_nothing() -> None:
    found = of(
        a_conversation(orders=("a",)),
        a_conversation("ben", day=1, orders=("a",)),
        a_conversation(day=2, orders=("b",)),
    )
    assert found.resolved_first == Share(3, 3)


def test_the_same_order_is_the_same_matter_whatever_it_was_about() -> None:
    found = of(
        a_conversation(orders=("a",), about=(R.NEW_ORDER, To.ORDER_PLACED)),
        a_conversation(day=2, orders=("a", "b"), about=(R.CANCEL, To.ORDER_CANCELLED)),
    )
    assert found.resolved_first == Share(0, 1)
    assert found.repeats == {R.CANCEL: 1}


def test_where_no_order_is_known_the_topic_tells() -> None:
    asked = a_conversation(about=(R.PRODUCT_QUESTION, To.ANSWERED))
    assert is_about_the_same(asked, a_conversation(orders=("a",), about=asked_again()))
    assert not is_about_the_same(asked, a_conversation(orders=("a",)))


def asked_again() -> tuple[R, To]:
    return R.PRODUCT_QUESTION, To.ANSWERED


def test_what_was_not_resolved_is_no_resolved_first_contact() -> None:
    assert of(a_conversation(resolved=False)).resolved_first == Share(0, 0)


def test_a_call_of_nobody_known_stands_alone() -> None:
    assert of(a_conversation(""), a_conversation("", day=1)).resolved_first == Share(2, 2)


def test_a_dropped_call_dialled_again_at_once_is_no_contact_of_its_own() -> None:
    dropped = a_conversation(about=(R.OTHER, To.CALL_DROPPED), resolved=False, minutes=1)
    again = a_conversation(day=3 / 24 / 60)
    found = of(dropped, again)
    assert (found.contacts, found.dialled_again) == (1, 1)
    assert found.resolved_first == Share(1, 1)
    late = a_conversation(day=10 / 24 / 60)
    assert of(dropped, late).contacts == 2


def test_one_whose_week_is_not_over_is_not_judged_yet() -> None:
    found = of(a_conversation(), now=A_MORNING + timedelta(days=5))
    assert (found.resolved_first, found.too_recent) == (Share(0, 0), 1)


def test_contacts_beyond_the_span_only_follow_and_precede() -> None:
    found = of(a_conversation(day=-3), a_conversation(day=1), a_conversation(day=29))
    assert found.contacts == 2
    assert found.repeats == {R.WHERE_IS_IT: 1}
    assert of(a_conversation(day=29), a_conversation(day=31)).resolved_first == Share(0, 1)


def test_handling_time_is_of_answered_contacts_by_median_and_ninetieth_percentile() -> None:
    calls = [a_conversation(f"c{n}", minutes=n) for n in range(1, 11)]
    missed = a_conversation("x", minutes=99, answered=False)
    found = of(*calls, missed)
    assert (found.contacts, found.answered) == (11, 10)
    assert found.handling_p50 == timedelta(minutes=5)
    assert found.handling_p90 == timedelta(minutes=9)
    assert of().handling_p50 is None


@pytest.mark.parametrize(
    ("share", "least", "most"),
    [(Share(0, 30), 0.0, 0.113), (Share(1, 100), 0.002, 0.055), (Share(5, 500), 0.004, 0.023)],
)
def test_the_interval_is_that_of_wilson(share: Share, least: float, most: float) -> None:
    found = share.interval
    assert found == pytest.approx((least, most), abs=6e-4)


def test_of_nothing_nothing_is_known() -> None:
    assert (Share(0, 0).rate, Share(0, 0).interval) == (None, (0.0, 1.0))


# -- what a contact most likely came to


def an_open(**known: Any) -> OpenContact:  # noqa: ANN401 - fields of OpenContact
    return OpenContact(
        contact_id=ContactId(an_id(1)), started_at=A_MORNING, noted_at=A_MORNING, **known
    )


def test_what_was_noted_counts_most() -> None:
    changed = an_open(reason=R.CHANGE, outcome=To.ORDER_CHANGED)
    assert likeliest(changed, OnScreen(lines=3)) == Ending(
        reason=R.CHANGE, outcome=To.ORDER_CHANGED, resolved=True
    )


@pytest.mark.parametrize(
    ("screen", "reason", "outcome"),
    [
        (OnScreen(), R.OTHER, To.ANSWERED),
        (OnScreen(looked_up=True), R.PRODUCT_QUESTION, To.ANSWERED),
        (OnScreen(lines=2), R.NEW_ORDER, To.CALL_BACK_PROMISED),
        (OnScreen(line_dropped=True), R.OTHER, To.CALL_DROPPED),
    ],
)
def test_then_what_stands_on_the_screen(screen: OnScreen, reason: R, outcome: To) -> None:
    found = likeliest(an_open(), screen)
    assert (found.reason, found.outcome) == (reason, outcome)
    assert found.resolved is (outcome is To.ANSWERED)


def test_an_order_that_was_looked_at_was_asked_for() -> None:
    found = likeliest(an_open(orders=(OrderId(an_id(2)),)), OnScreen())
    assert (found.reason, found.outcome) == (R.WHERE_IS_IT, To.ANSWERED)


def test_who_could_not_show_that_it_is_theirs_was_told_nothing() -> None:
    check = IdentityChecked(asked=(), passed=(), level=IdentityLevel.NOTHING, wrong=3, at=A_MORNING)
    assert likeliest(an_open(checks=(check,)), OnScreen()).outcome is To.NOT_ALLOWED
