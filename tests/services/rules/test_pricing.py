"""Prices and totals: whole numbers, the list's price by quantity, and what was told stays told."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rules.pricing import (
    is_overridden,
    line_for,
    next_break,
    totals,
    unit_price_for,
    with_quantity,
    with_told_price,
)
from app.services.rules.regions import RegionRules, load_regions
from app.settings import resource_folder
from app.values.errors import Refusal
from app.values.identity import LineId
from app.values.money import Currency, Money
from app.values.vocabulary import Region, TaxCategory
from app.wire.orders import OrderDocument, OrderLine, Totals
from tests.builders import (
    A_MORNING,
    a_line,
    a_price,
    a_product,
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

RULES = load_regions(resource_folder() / "regions")
HOLDER = a_product("85123A", "2.95", breaks={32: "2.55", 96: "2.40"})
LATER = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)


def a_new_line(quantity: int = 6) -> OrderLine:
    return line_for(HOLDER, quantity, line_id=LineId(an_id(1)), now=A_MORNING)


# ---------------------------------------------------------------- a line


@pytest.mark.parametrize(
    ("quantity", "price"),
    [(1, "2.95"), (31, "2.95"), (32, "2.55"), (95, "2.55"), (96, "2.40"), (80_995, "2.40")],
)
def test_the_price_of_a_piece_depends_on_how_many(quantity: int, price: str) -> None:
    assert unit_price_for(HOLDER, quantity) == a_price(price)


def test_breaks_in_any_order_give_the_same_price() -> None:
    mixed = msgspec.structs.replace(HOLDER, breaks=HOLDER.breaks[::-1])
    assert unit_price_for(mixed, 40) == a_price("2.55")


def test_the_next_break_can_be_told() -> None:
    ahead = next_break(HOLDER, 6)
    assert ahead is not None
    assert (ahead.from_quantity, ahead.price) == (32, a_price("2.55"))
    assert next_break(HOLDER, 96) is None


def test_a_new_line_holds_what_the_list_held() -> None:
    line = a_new_line(32)
    assert (line.code, line.quantity, line.quoted_at) == ("85123A", 32, A_MORNING)
    assert line.list_price == line.told_price == a_price("2.55")
    assert not is_overridden(line)
    assert line.total == Money(8_160, Currency.GBP)


def test_a_withdrawn_product_is_refused_with_its_code() -> None:
    with pytest.raises(Refusal, match="product_withdrawn: 85123A"):
        line_for(
            msgspec.structs.replace(HOLDER, withdrawn=True),
            1,
            line_id=LineId(an_id(1)),
            now=A_MORNING,
        )


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001])
def test_a_quantity_that_cannot_be_sent_is_refused(quantity: int) -> None:
    with pytest.raises(Refusal, match="quantity_"):
        a_new_line(quantity)
    with pytest.raises(Refusal, match="quantity_"):
        with_quantity(a_new_line(), HOLDER, quantity)


def test_another_quantity_brings_the_price_that_goes_with_it() -> None:
    line = with_quantity(a_new_line(6), HOLDER, 96)
    assert line.list_price == line.told_price == a_price("2.40")
    assert with_quantity(line, HOLDER, 6) == a_new_line(6)


@pytest.mark.parametrize("price", ["2.00", "0"])
def test_a_told_price_survives_another_quantity_with_its_reason(price: str) -> None:
    told = with_told_price(a_new_line(6), a_price(price), " damaged box ")
    line = with_quantity(told, HOLDER, 96)
    assert line.told_price == a_price(price)
    assert line.told_reason == "damaged box"
    assert line.list_price == a_price("2.40")


def test_a_told_price_stays_told_even_where_the_list_comes_to_meet_it() -> None:
    told = with_told_price(a_new_line(6), a_price("2.40"), "promised by letter")
    there_and_back = with_quantity(with_quantity(told, HOLDER, 96), HOLDER, 6)
    assert there_and_back == told


def test_another_price_needs_a_reason() -> None:
    with pytest.raises(Refusal, match="price_reason_missing"):
        with_told_price(a_new_line(), a_price("2.00"), "  ")


def test_going_back_to_the_list_price_needs_none() -> None:
    told = with_told_price(a_new_line(), a_price("2.00"), "promised")
    back = with_told_price(told, told.list_price, "")
    assert back == a_new_line()


def test_a_list_that_changed_meanwhile_is_quoted_anew_with_its_version_and_time() -> None:
    dearer = msgspec.structs.replace(a_product("85123A", "3.25"), price_version=2)
    line = with_quantity(a_new_line(), dearer, 7, now=LATER)
    assert (line.price_version, line.quoted_at) == (2, LATER)
    assert line.told_price == a_price("3.25")
    assert with_quantity(a_new_line(), HOLDER, 7, now=LATER).quoted_at == A_MORNING


# ---------------------------------------------------------------- totals


def test_a_british_total_holds_its_vat(britain: RegionRules) -> None:
    order = an_order(
        with_line("22423", 12, "12.75"),
        with_line("47566", 15, "4.95"),
        with_line("84879", 16, "1.69"),
        with_line("20725", 10, "1.65"),
        with_line("22720", 2, "4.95"),
    )
    gbp = Currency.GBP
    assert totals(order, britain) == Totals(
        goods=Money(28_069, gbp),
        delivery=Money(495, gbp),
        tax=Money(4_761, gbp),
        tax_included=True,
        total=Money(28_564, gbp),
    )


def test_charges_are_goods_and_zero_rated_lines_hold_no_vat(britain: RegionRules) -> None:
    order = an_order(with_charge("POST", "18.00"), zero_rated("BOOK-1", 2, "10.00"))
    sums = totals(order, britain)
    assert sums.goods.minor == 3_800
    assert sums.tax.minor == 383  # a sixth of 18.00 and 4.95
    assert sums.total.minor == 4_295


def test_vat_is_rounded_once_per_rate_and_not_per_line(britain: RegionRules) -> None:
    pennies = [with_line(f"P{n}", 1, "0.02") for n in range(100)]
    order = an_order(*pennies, with_delivery(charge=Money(0, Currency.GBP)))
    assert totals(order, britain).tax.minor == 33


def test_goods_that_leave_the_country_hold_no_vat(britain: RegionRules) -> None:
    abroad = an_address("FR", street=("1 rue",), city="PARIS", postcode="75001")
    order = an_order(with_line("TEA-1", 10), delivered_to(abroad))
    sums = totals(order, britain)
    assert sums.tax.minor == 0
    assert sums.total.minor == 2_950 + 495


def test_vat_of_an_old_order_is_that_of_its_day(britain: RegionRules) -> None:
    new_year = datetime(2011, 1, 3, 12, 0, tzinfo=UTC)
    order = an_order(
        with_line("TEA-1", 1, "117.50"),
        with_delivery(charge=Money(0, Currency.GBP)),
        changed(started_at=new_year),
    )
    assert totals(order, britain).tax.minor == 1_750


def test_american_tax_comes_on_top_of_the_goods(america: RegionRules) -> None:
    order = an_order(with_line("TEA-1", 3, "100.00"), region=Region.US)
    usd = Currency.USD
    assert totals(order, america) == Totals(
        goods=Money(30_000, usd),
        delivery=Money(795, usd),
        tax=Money(1_875, usd),
        tax_included=False,
        total=Money(32_670, usd),
    )


@pytest.mark.parametrize(
    ("area", "postcode", "tax"), [("OR", "97201", 0), ("MN", "55401", 2_063), ("PR", "00601", 0)]
)
def test_american_tax_is_that_of_the_state_the_goods_go_to(
    america: RegionRules, area: str, postcode: str, tax: int
) -> None:
    address = an_address("US", area=area, postcode=postcode)
    order = an_order(with_line("TEA-1", 3, "100.00"), delivered_to(address), region=Region.US)
    assert totals(order, america).tax.minor == tax


def test_zero_rated_goods_bear_no_american_tax(america: RegionRules) -> None:
    order = an_order(zero_rated("BOOK-1", 1, "100.00"), region=Region.US)
    assert totals(order, america).tax.minor == 0


def test_an_order_without_anything_comes_to_its_delivery(britain: RegionRules) -> None:
    sums = totals(an_order(delivered_to(None)), britain)
    assert (sums.goods.minor, sums.total.minor) == (0, 495)


lines = st.builds(
    a_line,
    quantity=st.integers(1, 100_000),
    price=st.integers(0, 999_999).map(lambda n: f"{n // 10_000}.{n % 10_000:04d}"),
    told=st.none() | st.sampled_from(["0", "0.001", "7.77", "12.3456"]),
    tax_category=st.sampled_from(TaxCategory),
)
orders = st.builds(
    lambda region, some: an_order(changed(lines=tuple(some)), region=region),
    st.sampled_from(Region),
    st.lists(lines, max_size=12),
)


@given(orders)
def test_a_total_is_the_sum_of_its_parts(order: OrderDocument) -> None:
    sums = totals(order, RULES[order.region])
    assert sums.goods.minor == sum(line.total.minor for line in order.lines)
    added = 0 if sums.tax_included else sums.tax.minor
    assert sums.total.minor == sums.goods.minor + sums.delivery.minor + added
    assert 0 <= sums.tax.minor <= sums.total.minor
    assert all(isinstance(m.minor, int) for m in (sums.goods, sums.tax, sums.total))


@given(orders, st.randoms(use_true_random=False))
def test_the_order_of_the_lines_makes_no_difference(
    order: OrderDocument, chance: random.Random
) -> None:
    mixed = list(order.lines)
    chance.shuffle(mixed)
    rules = RULES[order.region]
    assert totals(changed(lines=tuple(mixed))(order), rules) == totals(order, rules)


@given(orders, lines)
def test_one_line_more_is_never_cheaper(order: OrderDocument, line: OrderLine) -> None:
    rules = RULES[order.region]
    more = totals(changed(lines=(*order.lines, line))(order), rules)
    assert more.total.minor >= totals(order, rules).total.minor
    assert more.goods.minor == totals(order, rules).goods.minor + line.total.minor
