"""The ledger of an order: what it comes to, part by part, whatever became of it."""

from __future__ import annotations

from copy import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.services.rules.ledger import LineSums, Part, Sum, due, entries, goodwill, line_sums, sums
from app.services.rules.pricing import totals
from app.services.rules.regions import load_regions
from app.settings import resource_folder
from app.values.errors import Refusal
from app.values.identity import LineId
from app.values.money import Currency, Money
from app.values.order_life import LedgerCause, LedgerPart, RefundState, RefundWay
from app.values.vocabulary import OrderType, Region
from app.wire.orders import OrderDocument
from tests.builders import (
    an_address,
    an_id,
    an_order,
    changed,
    delivered_to,
    with_charge,
    with_delivery,
    with_line,
    zero_rated,
)
from tests.services.rules.money_story import Story

RULES = load_regions(resource_folder() / "regions")
BRITAIN, AMERICA = RULES[Region.GB], RULES[Region.US]
FIRST, SECOND = LineId(an_id(1)), LineId(an_id(2))


def an_order_of_two_lines() -> Story:
    return Story(an_order(with_line("MUG", 6, "2.95"), with_line("CLOCK", 2, "0.335")), BRITAIN)


# ---------------------------------------------------------------- what an order comes to


def test_a_british_order_comes_to_its_lines_and_delivery_with_the_tax_inside() -> None:
    document = an_order(with_line("MUG", 3, "0.335"), zero_rated("BOOK", 1, "9.99"))

    found = due(document, BRITAIN)

    assert found[LedgerPart.LINE, FIRST] == Sum(3, 101, 17)
    assert found[LedgerPart.LINE, SECOND] == Sum(1, 999, 0)
    assert found[LedgerPart.DELIVERY, None] == Sum(0, 495, 83)
    # VAT is rounded once for the order: 99 for 5.96; what its parts make differs by a penny.
    assert found[LedgerPart.TAX, None] == Sum(0, 0, -1)


def test_an_american_order_bears_its_tax_as_a_part_of_its_own() -> None:
    document = an_order(with_line("MUG", 3, "10.00"), region=Region.US)

    found = due(document, AMERICA)

    tax = totals(document, AMERICA).tax.minor
    assert tax > 0
    assert found[LedgerPart.TAX, None] == Sum(0, tax, tax)
    assert found[LedgerPart.LINE, FIRST] == Sum(3, 3_000, 0)


def test_pieces_of_a_rounded_line_are_credited_by_what_the_total_becomes_less() -> None:
    story = an_order_of_two_lines()  # two clocks at 0.335 are 67 pence, one is 34

    story.cancel(place=1, pieces=1)

    assert line_sums(story.ledger)[SECOND] == LineSums(quantity=1, charged=67, credited=33)


def test_the_whole_order_is_cancelled_with_its_delivery_charge() -> None:
    story = an_order_of_two_lines()

    story.cancel(place=0, pieces=0)

    assert story.owed.minor == 0
    assert sums(story.ledger)[LedgerPart.DELIVERY, None] == Sum()
    assert {one.quantity for one in line_sums(story.ledger).values()} == {0}


def test_what_was_undone_is_neither_charged_nor_credited() -> None:
    story = an_order_of_two_lines()
    before = line_sums(story.ledger)

    story.cancel(place=0, pieces=4)
    assert line_sums(story.ledger)[FIRST].credited == 1_180
    story.undo()

    assert line_sums(story.ledger) == before
    assert story.ledger[-1].cause is LedgerCause.UNDONE


def test_an_increase_that_was_undone_is_no_credit() -> None:
    story = an_order_of_two_lines()
    before = line_sums(story.ledger)

    story.amend_line(0, 12, "2.95")
    story.undo()

    assert line_sums(story.ledger) == before


# ---------------------------------------------------------------- sent back


def test_a_consumer_in_britain_gets_the_cheapest_delivery_back_with_the_last_piece() -> None:
    document = an_order(with_line(quantity=2), with_delivery(charge=Money(795, Currency.GBP)))

    half = due(document, BRITAIN, {FIRST: 1})
    whole = due(document, BRITAIN, {FIRST: 2})

    assert half[LedgerPart.DELIVERY, None].minor == 795
    assert whole[LedgerPart.DELIVERY, None].minor == 795 - 495
    assert (LedgerPart.LINE, FIRST) not in whole


@pytest.mark.parametrize(
    ("region", "kind"), [(Region.GB, OrderType.TRADE), (Region.US, OrderType.NEW)]
)
def test_without_the_british_right_the_delivery_charge_stays(
    region: Region, kind: OrderType
) -> None:
    document = an_order(with_line(), changed(order_type=kind), region=region)

    found = due(document, RULES[region], {FIRST: 1})

    assert found[LedgerPart.DELIVERY, None].minor == document.delivery.charge.minor


# ---------------------------------------------------------------- goodwill


def test_goodwill_stands_beside_the_lines_and_is_never_more_than_is_left() -> None:
    story = an_order_of_two_lines()
    total = story.owed

    story.please(500)

    assert story.owed == total - Money(500, Currency.GBP)
    assert story.account.goodwill.minor == 500
    assert story.account.charged == total
    with pytest.raises(Refusal) as refused:
        goodwill(story.ledger, total, 2)
    assert refused.value.code == "goodwill_too_much"
    with pytest.raises(Refusal) as malformed:
        goodwill(story.ledger, Money(0, Currency.GBP), 2)
    assert malformed.value.code == "goodwill_malformed"


def test_who_cancels_after_goodwill_gets_no_more_than_they_paid() -> None:
    story = an_order_of_two_lines()
    story.pay_by_card()
    story.please(500)
    paid = story.tendered.attempts[0].amount

    story.cancel(place=0, pieces=0)

    assert story.owed.minor == 0
    assert story.account.returning == paid


# ---------------------------------------------------------------- the account


def test_the_account_says_what_is_to_be_paid_and_what_is_on_its_way_back() -> None:
    story = an_order_of_two_lines()
    assert story.account.to_pay == story.account.charged == Money(2_332, Currency.GBP)

    story.pay_by_card()
    story.capture(100)
    assert (story.account.taken.minor, story.account.to_pay.minor) == (2_332, 0)

    story.cancel(place=0, pieces=2)

    found = story.account
    assert (found.returning.minor, found.to_refund.minor, found.to_pay.minor) == (590, 0, 0)
    story.carry_out(refuses=False)
    assert (story.account.refunded.minor, story.account.returning.minor) == (590, 0)


def test_an_amount_of_another_currency_is_nobodys() -> None:
    story = an_order_of_two_lines()
    story.pay_by_card()
    other = replace(story.tendered.attempts[0], amount=Money(1_000, Currency.USD))
    story.tendered = replace(story.tendered, attempts=(other,))

    assert story.account.authorised.minor == 0


# ---------------------------------------------------------------- whatever happens


PLACES, PIECES = st.integers(0, 4), st.integers(0, 9)
PRICES = st.sampled_from(["0.00", "0.335", "0.005", "2.95", "12.75", "1.9999"])
STEPS = st.one_of(
    st.tuples(st.just("amend_line"), PLACES, PIECES, PRICES),
    st.tuples(st.just("add_line"), PIECES, PRICES),
    st.tuples(st.just("send_faster"), st.sampled_from([0, 495, 795])),
    st.tuples(st.just("cancel"), PLACES, PIECES),
    st.tuples(st.just("give_back"), PLACES, PIECES),
    st.tuples(st.just("please"), st.integers(1, 900)),
    st.tuples(st.just("move"), st.sampled_from(["GB", "US"])),
    st.sampled_from([("undo",), ("pay_by_card",), ("pay_by_card",), ("pay_by_link",)]),
    st.tuples(st.just("capture"), st.integers(1, 100)),
    st.tuples(st.just("carry_out"), st.booleans()),
)


@settings(max_examples=70)
@given(st.sampled_from(Region), st.lists(STEPS, min_size=1, max_size=14))
def test_the_ledger_is_right_after_every_step_of_every_life(
    region: Region, steps: list[tuple[object, ...]]
) -> None:
    lines = (with_line("A", 6, "2.95"), zero_rated("B", 3, "0.335"), with_charge("POST", "3.99"))
    story = Story(an_order(*lines, region=region), RULES[region])
    for name, *arguments in steps:
        before, parts = story.document, sums(story.ledger)
        _take(story, str(name), arguments)
        _hold_the_ledger(story)
        _hold_the_money(story)
        if story.document != before and story.before is not None:
            _hold_undo(story, parts)


def _take(story: Story, name: str, arguments: list[object]) -> None:
    if name == "carry_out":
        story.carry_out(refuses=bool(arguments[0]))
    else:
        getattr(story, name)(*arguments)


def _hold_the_ledger(story: Story) -> None:
    """The sum of the entries is what the order comes to, tax and all."""
    found = sums(story.ledger)
    found.pop((LedgerPart.GOODWILL, None), None)
    kept = _kept(story.document, story.returned)
    total = totals(kept, story.rules)
    ours = sum(one.minor for one in found.values())
    given_back = any(story.returned.values()) and not kept.lines
    if not given_back:  # then delivery is by the law, which has tests of its own
        assert ours == total.total.minor
        assert sum(one.tax_minor for one in found.values()) == total.tax.minor
    for one in line_sums(story.ledger).values():
        assert 0 <= one.refundable == one.charged - one.credited
        assert one.credited >= 0
        assert one.quantity >= 0


def _kept(document: OrderDocument, returned: dict[LineId, int]) -> OrderDocument:
    lines = tuple(
        replace(line, quantity=line.quantity - returned.get(line.line_id, 0))
        for line in document.lines
        if line.quantity > returned.get(line.line_id, 0)
    )
    return replace(document, lines=lines)


def _hold_the_money(story: Story) -> None:
    """Nothing goes back above what came, and what is planned is just what is too much."""
    paid = sum(a.amount.minor for a in story.tendered.attempts)
    paid += sum(one.amount.minor for one in story.tendered.links)
    back = sum(
        one.amount.minor
        for one in story.tendered.refunds
        if one.state in {RefundState.DUE, RefundState.DONE}
    )
    found = story.account
    assert back <= paid
    assert found.to_refund.minor == 0
    assert paid - back == story.owed.minor - found.to_pay.minor
    again = story.settle()
    assert not again.undo
    assert not again.ways
    for link in story.tendered.links:
        by_hand = [one for one in story.tendered.refunds if one.link_id == link.link_id]
        assert all(one.way is RefundWay.BY_HAND for one in by_hand)


def _hold_undo(story: Story, then: dict[Part, Sum]) -> None:
    """Taking a change back restores every part, to the penny and the tax."""
    twin = copy(story)
    twin.ledger = list(story.ledger)
    twin.undo()
    there = sums(twin.ledger)
    for part in {*there, *then}:
        assert there.get(part, Sum()) == then.get(part, Sum())


def test_goods_that_leave_the_country_take_their_tax_along_without_a_penny_of_change() -> None:
    story = an_order_of_two_lines()
    total = story.owed

    story.move("US")

    assert story.owed == total
    assert sum(one.tax_minor for one in sums(story.ledger).values()) == 0


def test_the_same_due_adds_nothing() -> None:
    document = an_order(with_line(), delivered_to(an_address()))
    first = entries((), due(document, BRITAIN), 1, LedgerCause.PLACED)

    assert entries(first, due(document, BRITAIN), 2, LedgerCause.AMENDED) == ()
