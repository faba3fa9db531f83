"""What waits for a person: every state has a way out, and nobody lets through what they may not."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from msgspec.structs import replace as with_

from app.services.rules.parked import (
    Parked,
    acts,
    after,
    may_go_out,
    needs_second,
    refuse_release,
)
from app.services.rules.worklist_words import hints_for, why_waits
from app.values.errors import Refusal
from app.values.identity import PersonId
from app.values.money import Currency, Money
from app.values.order_life import Fulfilment, OrderState
from app.values.vocabulary import PaymentState
from app.values.worklist import HoldCode, WorkAct, WorkKind
from app.wire.guidance import Checklist, When
from tests.builders import an_id, an_order

ANNA, BERT = PersonId(an_id(1)), PersonId(an_id(2))
IN_REVIEW = Parked(state=OrderState.NEEDS_REVIEW)
UNPAID = Parked(state=OrderState.ACCEPTED, payment=PaymentState.OUTSTANDING)
EVERY_STATE = tuple(
    Parked(
        state=state,
        fulfilment=fulfilment,
        payment=payment,
        hold=hold,
        unpaid_agreed=agreed,
        needs_second=second,
        goes_anyway=anyway,
    )
    for state, fulfilment, payment, hold, agreed, second, anyway in product(
        OrderState, Fulfilment, PaymentState, (None, *HoldCode), *[(False, True)] * 3
    )
)


def of_itself(now: Parked) -> set[Parked]:
    """What becomes of an open pay link: it is paid, or it runs out."""
    if now.payment is not PaymentState.LINK_SENT:
        return set()
    ran_out = replace(now, payment=PaymentState.OUTSTANDING, state=OrderState.NEEDS_REVIEW)
    return {replace(now, payment=PaymentState.PAID), ran_out}


def reached(start: Parked) -> set[Parked]:
    """Everything that decisions, and its customer, can make of it."""
    seen, todo = {start}, [start]
    while todo:
        now = todo.pop()
        found = ({after(now, act) for act in acts(now)} | of_itself(now)) - seen
        seen |= found
        todo += found
    return seen


def test_every_parked_order_can_go_out_or_be_cancelled() -> None:
    for start in EVERY_STATE:
        if not start.is_final:
            ends = [one for one in reached(start) if one.is_final]
            assert start.goes_anyway or any(may_go_out(one) for one in ends)
            on_its_way = start.fulfilment not in {Fulfilment.WAITING, Fulfilment.ALLOCATED}
            assert on_its_way or any(one.state is OrderState.CANCELLED for one in ends)


def test_what_is_odd_after_it_was_sent_is_looked_at_and_not_rejected() -> None:
    paid_twice = replace(IN_REVIEW, fulfilment=Fulfilment.SHIPPED)
    assert acts(paid_twice) == (WorkAct.RELEASE,)
    assert after(paid_twice, WorkAct.RELEASE).is_final


def test_what_was_sent_and_not_paid_for_is_still_collected() -> None:
    owed = Parked(
        state=OrderState.ACCEPTED,
        fulfilment=Fulfilment.DELIVERED,
        payment=PaymentState.OUTSTANDING,
    )
    assert (owed.waits_for, acts(owed)) == (WorkKind.PAYMENT, (WorkAct.COLLECT, WorkAct.BILL))
    assert after(owed, WorkAct.BILL).is_final


def test_a_cancelled_order_that_the_warehouse_could_not_stop_is_seen_to_and_stays_cancelled() -> (
    None
):
    gone = Parked(state=OrderState.CANCELLED, fulfilment=Fulfilment.SHIPPED, goes_anyway=True)
    assert (gone.waits_for, acts(gone)) == (WorkKind.REVIEW, (WorkAct.SETTLE,))
    refuse_release(gone, unpaid=False, by=ANNA, took_part=[ANNA])
    ended = after(gone, WorkAct.SETTLE)
    assert ended.is_final
    assert ended.state is OrderState.CANCELLED
    assert "call the customer" in hints_for(gone)[0]


def test_what_is_final_offers_nothing() -> None:
    assert all(not acts(one) for one in EVERY_STATE if one.is_final)


def test_what_waits_offers_something_and_says_why() -> None:
    for one in EVERY_STATE:
        if one.waits_for is not None:
            assert acts(one)
            assert why_waits(one.waits_for, one.hold, "")


def test_nothing_goes_out_that_is_stopped_odd_cancelled_or_unpaid() -> None:
    for one in EVERY_STATE:
        if may_go_out(one) and one.fulfilment is Fulfilment.WAITING:
            assert one.hold is None
            assert one.state in {OrderState.ACCEPTED, OrderState.RELEASED}
            assert one.unpaid_agreed or one.payment not in {
                PaymentState.OUTSTANDING,
                PaymentState.LINK_SENT,
            }


def test_an_act_that_is_not_offered_cannot_be_done() -> None:
    with pytest.raises(ValueError, match="unhold"):
        after(IN_REVIEW, WorkAct.UNHOLD)


@pytest.mark.parametrize(
    ("parked", "code"),
    [
        (Parked(state=OrderState.CANCELLED), "order_cancelled"),
        (Parked(state=OrderState.NEEDS_REVIEW, hold=HoldCode.FRAUD), "order_held"),
        (Parked(state=OrderState.ACCEPTED), "not_waiting"),
        (
            Parked(state=OrderState.NEEDS_REVIEW, payment=PaymentState.OUTSTANDING),
            "payment_open",
        ),
    ],
)
def test_it_is_not_released(parked: Parked, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        refuse_release(parked, unpaid=False, by=BERT, took_part=[ANNA])
    assert refusal.value.code == code


def test_who_took_a_risky_order_may_not_release_it_but_a_colleague_may() -> None:
    risky = Parked(state=OrderState.NEEDS_REVIEW, needs_second=True)
    with pytest.raises(Refusal, match="second_person_needed"):
        refuse_release(risky, unpaid=False, by=ANNA, took_part=[ANNA])
    refuse_release(risky, unpaid=False, by=BERT, took_part=[ANNA])


def test_an_unpaid_order_is_released_by_who_answers_for_it() -> None:
    refuse_release(UNPAID, unpaid=True, by=BERT, took_part=[ANNA])
    assert may_go_out(after(UNPAID, WorkAct.BILL))


def test_an_order_that_is_collected_waits_for_its_link_and_not_for_a_person() -> None:
    collected = after(UNPAID, WorkAct.COLLECT)
    assert collected.waits_for is None
    assert not may_go_out(collected)


def test_a_checklist_asks_for_a_second_person() -> None:
    document, total = an_order(), Money(60_000, Currency.GBP)
    dear = Checklist(name="dear", when=When(total_from=50_000), items=(), second_person=True)
    assert needs_second(document, total, [dear])
    assert not needs_second(document, Money(100, Currency.GBP), [dear])
    assert not needs_second(document, total, [with_(dear, second_person=False)])


def test_it_says_what_has_to_come_first() -> None:
    stopped = Parked(state=OrderState.NEEDS_REVIEW, hold=HoldCode.FRAUD)
    assert hints_for(stopped) == ("It can be released once the hold is lifted.",)
    assert hints_for(UNPAID)[0].startswith("It goes out once money is held")
    assert why_waits(WorkKind.HOLD, HoldCode.FRAUD, "") == ("Stopped: it may be fraud.",)
    assert why_waits(WorkKind.REFUND, None, "The card has expired.")[1] == "The card has expired."
