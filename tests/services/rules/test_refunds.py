"""How money goes back: to where it came from, and to the penny."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.rules.refunds import (
    Tendered,
    Way,
    held_minor,
    plan,
    settlement,
    tenders,
)
from app.values.errors import Refusal
from app.values.identity import AttemptId, LinkId, RefundId
from app.values.money import Currency, Money
from app.values.order_life import RefundState, RefundWay
from app.values.vocabulary import AttemptState, LinkState
from app.wire.order_changes import RefundView
from app.wire.payments import CardAttempt, PayLink
from tests.builders import A_MORNING, a_link, an_attempt, an_id


def pounds(amount: int) -> Money:
    return Money(amount * 100, Currency.GBP)


def authorised(amount: int, number: int = 1) -> CardAttempt:
    at = A_MORNING + timedelta(minutes=number)
    return an_attempt(pounds(amount), number=number, at=at)


def taken(amount: int, number: int = 1, of: int | None = None) -> CardAttempt:
    at = A_MORNING + timedelta(minutes=number)
    whole = pounds(of if of is not None else amount)
    state = AttemptState.CAPTURED
    return an_attempt(whole, state, number=number, at=at, captured=pounds(amount))


def paid_by_link(amount: int, number: int = 1) -> PayLink:
    return a_link(pounds(amount), LinkState.PAID, number=number, paid_at=A_MORNING)


def a_refund(
    way: RefundWay, amount: int, state: RefundState = RefundState.DUE, **tender: object
) -> RefundView:
    of = {"attempt_id": AttemptId(an_id(5_001))} | tender
    return RefundView(
        refund_id=RefundId(an_id(8_001)),
        way=way,
        amount=pounds(amount),
        state=state,
        at=A_MORNING,
        **of,  # type: ignore[arg-type] # a test names what differs
    )


def ways(found: tuple[Way, ...]) -> list[tuple[RefundWay, str]]:
    return [(one.way, str(one.amount)) for one in found]


# ---------------------------------------------------------------- a plan


def test_whole_authorisations_are_voided_and_a_part_is_simply_not_taken() -> None:
    tendered = Tendered(attempts=(authorised(20), authorised(5, number=2)))

    found = plan(pounds(8), tendered)

    assert ways(found) == [(RefundWay.VOID, "£5.00"), (RefundWay.RELEASE, "£3.00")]
    assert found[0].attempt_id == an_id(5_002)


def test_what_was_taken_goes_back_to_the_newest_card_first() -> None:
    tendered = Tendered(attempts=(taken(20), taken(5, number=2)))

    found = plan(pounds(8), tendered)

    assert ways(found) == [(RefundWay.REFUND, "£5.00"), (RefundWay.REFUND, "£3.00")]
    assert [one.attempt_id for one in found] == [an_id(5_002), an_id(5_001)]


def test_of_a_card_that_was_taken_in_part_the_rest_is_released_before_anything_is_refunded() -> (
    None
):
    found = plan(pounds(15), Tendered(attempts=(taken(12, of=20),)))

    assert ways(found) == [(RefundWay.RELEASE, "£8.00"), (RefundWay.REFUND, "£7.00")]


def test_what_came_by_link_goes_back_by_hand_after_the_cards() -> None:
    tendered = Tendered(attempts=(taken(4),), links=(paid_by_link(10),))

    found = plan(pounds(6), tendered)

    assert ways(found) == [(RefundWay.REFUND, "£4.00"), (RefundWay.BY_HAND, "£2.00")]
    assert found[1].link_id == an_id(6_001)


def test_a_card_that_the_gateway_refused_is_given_back_by_hand() -> None:
    refused = a_refund(RefundWay.REFUND, 6, RefundState.REFUSED)

    found = plan(pounds(6), Tendered(attempts=(taken(20),), refunds=(refused,)))

    assert ways(found) == [(RefundWay.BY_HAND, "£6.00")]
    assert found[0].attempt_id == an_id(5_001)


def test_an_authorisation_that_cannot_be_voided_is_not_taken() -> None:
    refused = a_refund(RefundWay.VOID, 20, RefundState.REFUSED)

    found = plan(pounds(20), Tendered(attempts=(authorised(20),), refunds=(refused,)))

    assert ways(found) == [(RefundWay.RELEASE, "£20.00")]


def test_more_than_was_paid_never_goes_back() -> None:
    tendered = Tendered(attempts=(taken(20),), refunds=(a_refund(RefundWay.REFUND, 15),))

    with pytest.raises(Refusal) as refused:
        plan(pounds(6), tendered)

    assert refused.value.code == "refund_above_paid"
    assert "£5.00" in refused.value.sentence


@pytest.mark.parametrize(
    "state",
    [AttemptState.DECLINED, AttemptState.VOIDED, AttemptState.UNKNOWN, AttemptState.STARTED],
)
def test_a_card_that_holds_nothing_gives_nothing(state: AttemptState) -> None:
    attempt = an_attempt(pounds(20), state)

    assert tenders(Tendered(attempts=(attempt,)), Currency.GBP) == ()


# ---------------------------------------------------------------- planned anew


def test_what_is_due_and_still_right_stays() -> None:
    due = a_refund(RefundWay.REFUND, 8)

    found = settlement(pounds(12), Tendered(attempts=(taken(20),), refunds=(due,)))

    assert (found.undo, found.ways, found.to_pay.minor) == ((), (), 0)


def test_a_refund_that_is_due_is_taken_back_before_anybody_pays_again() -> None:
    due = a_refund(RefundWay.REFUND, 8)

    found = settlement(pounds(23), Tendered(attempts=(taken(20),), refunds=(due,)))

    assert found.undo == (due.refund_id,)
    assert found.to_pay == pounds(3)


def test_a_refund_that_has_begun_stands() -> None:
    begun = a_refund(RefundWay.REFUND, 8, RefundState.STARTED)

    found = settlement(pounds(20), Tendered(attempts=(taken(20),), refunds=(begun,)))

    assert (found.undo, found.to_pay) == ((), pounds(8))


def test_an_order_that_nothing_was_paid_for_gives_nothing_back() -> None:
    found = settlement(pounds(0), Tendered())

    assert (found.ways, found.to_pay.minor) == ((), 0)


# ---------------------------------------------------------------- whatever was paid


AMOUNTS = st.integers(1, 40)


@st.composite
def whatever_was_paid(draw: st.DrawFn) -> Tendered:
    attempts = []
    for number in range(1, draw(st.integers(0, 4)) + 1):
        amount = draw(AMOUNTS)
        part = draw(st.integers(0, amount))
        attempts.append(taken(part, number, of=amount) if part else authorised(amount, number))
    links = tuple(paid_by_link(draw(AMOUNTS), n) for n in range(1, draw(st.integers(0, 2)) + 1))
    refused = [
        a_refund(RefundWay.REFUND, 1, RefundState.REFUSED, attempt_id=one.attempt_id)
        for one in attempts
        if draw(st.booleans())
    ]
    return Tendered(attempts=tuple(attempts), links=links, refunds=tuple(refused))


@settings(max_examples=60)
@given(whatever_was_paid(), st.integers(0, 4_000))
def test_a_plan_comes_to_what_is_due_and_no_tender_gives_more_than_it_has(
    tendered: Tendered, minor: int
) -> None:
    there = tenders(tendered, Currency.GBP)
    due = Money(min(minor, held_minor(there)), Currency.GBP)

    found = plan(due, tendered)

    assert sum(one.amount.minor for one in found) == due.minor
    assert all(one.amount.minor > 0 for one in found)
    _hold_each_to_what_it_has(found, tendered)


def _hold_each_to_what_it_has(found: tuple[Way, ...], tendered: Tendered) -> None:
    given: Counter[tuple[AttemptId | LinkId | None, bool]] = Counter()
    for one in found:
        is_taken = one.way in {RefundWay.REFUND, RefundWay.BY_HAND}
        given[one.attempt_id or one.link_id, is_taken] += one.amount.minor
    for attempt in tendered.attempts:
        assert attempt.approved is not None
        captured = attempt.captured.minor if attempt.captured else 0
        assert given[attempt.attempt_id, True] <= captured
        assert given[attempt.attempt_id, False] <= attempt.approved.minor - captured
        voids = [w for w in found if (w.attempt_id, w.way) == (attempt.attempt_id, RefundWay.VOID)]
        assert all(not captured and w.amount == attempt.approved for w in voids)
    for link in tendered.links:
        assert given[link.link_id, True] <= link.amount.minor
