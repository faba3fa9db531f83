"""What a caller is told before their order is changed: whole sentences, true for their region."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from app.services.rules.cancelling import cancelled
from app.services.rules.change_words import Changing, preview_words
from app.services.rules.refunds import Tendered, plan
from app.services.rules.regions import RegionRules
from app.values.money import Currency, Money
from app.values.order_life import CancelReason, Fulfilment
from app.values.vocabulary import AttemptState, LinkState, OrderType, Region
from app.wire.order_changes import Cancellation
from app.wire.orders import OrderDocument
from tests.builders import A_MORNING, a_link, an_attempt, an_order, with_delivery, with_line

ORDER = an_order(with_line("MUG", 6, "2.95"))
OLD = Money(2_265, Currency.GBP)
NOTHING = Money(0, Currency.GBP)
WHOLE = Cancellation(reason=CancelReason.CHANGED_MIND)


def money(minor: int) -> Money:
    return Money(minor, Currency.GBP)


def to_another(
    after: OrderDocument,
    new: Money,
    **different: Any,  # noqa: ANN401 - a test names what differs
) -> Changing:
    usual: dict[str, Any] = {"before": ORDER, "after": after, "old_total": OLD, "to_pay": NOTHING}
    return Changing(new_total=new, **(usual | different))


def by_ways(amount: Money, tendered: Tendered) -> dict[str, Any]:
    return {"ways": plan(amount, tendered), "tendered": tendered}


def test_more_is_said_with_what_is_still_to_be_paid_and_the_new_day(britain: RegionRules) -> None:
    after = with_delivery(promised_on=date(2026, 11, 26))(ORDER)

    assert preview_words(to_another(after, money(2_560), to_pay=money(295)), britain) == (
        "The order came to £22.65, and now comes to £25.60.",
        "So £2.95 is still to be paid.",
        "It now arrives on Thursday 26 November, not on Tuesday 24 November.",
        "You can still cancel up to fourteen days after it arrives.",
    )


def test_less_says_to_which_card_it_goes_back_and_by_when(britain: RegionRules) -> None:
    taken = an_attempt(OLD, AttemptState.CAPTURED, captured=OLD, last_four="4242")
    ways = by_ways(money(590), Tendered(attempts=(taken,)))

    said = preview_words(to_another(ORDER, money(1_675), **ways), britain)

    assert said[1:4] == (
        "So £5.90 comes back to you.",
        "£5.90 goes back to the card ending in 4242.",
        "It is with you within fourteen days, and there is no fee.",
    )


def test_what_was_only_set_aside_does_not_come_back_but_is_not_taken(britain: RegionRules) -> None:
    ways = by_ways(money(590), Tendered(attempts=(an_attempt(OLD),)))

    said = preview_words(to_another(ORDER, money(1_675), **ways), britain)

    assert said[2].startswith("£5.90 was only set aside on your card: it is not taken")
    assert not any("fourteen days, and" in one for one in said)


def test_what_came_by_link_is_sent_by_a_colleague(britain: RegionRules) -> None:
    link = a_link(OLD, LinkState.PAID, paid_at=A_MORNING)
    ways = by_ways(OLD, Tendered(links=(link,)))

    said = preview_words(to_another(cancelled(ORDER, WHOLE), NOTHING, **ways), britain)

    assert said == (
        "The whole order is cancelled, and nothing of it is sent.",
        "So £22.65 comes back to you.",
        "The delivery charge of £4.95 is part of that.",
        "£22.65 is sent back by a colleague, the way you paid it.",
        "It is with you within fourteen days, and there is no fee.",
    )


def test_an_american_hears_of_working_days_and_of_no_right_to_cancel(america: RegionRules) -> None:
    order = an_order(with_line("MUG", 6, "2.95"), region=Region.US)
    paid = Money(2_565, Currency.USD)
    taken = an_attempt(paid, AttemptState.CAPTURED, captured=paid)
    tendered = Tendered(attempts=(taken,))
    change = Changing(
        before=order,
        after=cancelled(order, WHOLE),
        old_total=paid,
        new_total=Money(0, Currency.USD),
        to_pay=Money(0, Currency.USD),
        ways=plan(paid, tendered),
        tendered=tendered,
    )

    said = preview_words(change, america)

    assert "The whole order is canceled, and nothing of it is sent." in said
    assert said[-1] == "It is with you within seven working days."
    kept = preview_words(_same(order), america)
    assert not any("still cancel" in one for one in kept)


def _same(order: OrderDocument) -> Changing:
    total = Money(2_565, order.currency)
    return Changing(
        before=order,
        after=order,
        old_total=total,
        new_total=total,
        to_pay=Money(0, order.currency),
    )


def test_what_costs_nothing_is_said_so(britain: RegionRules) -> None:
    assert preview_words(_same(ORDER), britain)[:2] == (
        "The order still comes to £25.65.",
        "There is nothing to pay, and nothing comes back.",
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (None, date(2026, 11, 24), "It arrives on Tuesday 24 November."),
        (
            date(2026, 11, 24),
            None,
            "It no longer arrives on Tuesday 24 November; the day is not agreed yet.",
        ),
    ],
)
def test_a_day_may_be_new_or_gone(
    old: date | None, new: date | None, sentence: str, britain: RegionRules
) -> None:
    before, after = (with_delivery(promised_on=day)(ORDER) for day in (old, new))

    assert sentence in preview_words(to_another(after, OLD, before=before), britain)


def test_of_a_request_nothing_is_promised_but_that_it_is_kept(britain: RegionRules) -> None:
    change = to_another(ORDER, money(2_560), to_pay=money(295), is_kept=True)

    assert preview_words(change, britain) == (
        "I can keep this as a request; a colleague looks at it, and we call you.",
    )


def test_who_has_the_goods_hears_how_to_send_them_back(britain: RegionRules) -> None:
    said = preview_words(to_another(ORDER, OLD, fulfilment=Fulfilment.DELIVERED), britain)

    assert said[-1].startswith("Tell us within fourteen days after it arrives, then send it back")


def test_a_business_hears_of_no_right_to_cancel(britain: RegionRules) -> None:
    trade = replace(ORDER, order_type=OrderType.TRADE)

    assert not any("cancel" in one for one in preview_words(_same(trade), britain))
