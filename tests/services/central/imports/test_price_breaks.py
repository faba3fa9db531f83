from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.services.central.imports.price_breaks import Break, Sold, derive_breaks, typical_quantity

sold_lines = st.lists(
    st.builds(
        Sold,
        st.dates().map(str),
        st.integers(1, 100_000),
        st.integers(1, 1_000_000),
    ),
    min_size=1,
    max_size=80,
)


def lines(*groups: tuple[str, int, int, int]) -> list[Sold]:
    """Lines by (month, how many, quantity, price), a day apart."""
    return [
        Sold(f"2011-{month}-{day + 1:02d}", quantity, price)
        for month, count, quantity, price in groups
        for day in range(count)
    ]


def test_one_line_is_its_own_price() -> None:
    assert derive_breaks([Sold("2011-01-01", 7, 295)]) == (Break(1, 295),)


def test_a_lower_price_from_a_quantity_on_is_a_break() -> None:
    sold = lines(("03", 20, 2, 295), ("03", 10, 12, 295), ("03", 8, 32, 255), ("03", 3, 64, 255))
    assert derive_breaks(sold) == (Break(1, 295), Break(32, 255))


def test_two_breaks_are_told_apart() -> None:
    sold = lines(("03", 28, 2, 295), ("03", 10, 12, 255), ("03", 10, 48, 230))
    assert derive_breaks(sold) == (Break(1, 295), Break(12, 255), Break(48, 230))


def test_the_list_price_is_the_one_that_held_last() -> None:
    sold = lines(("03", 28, 2, 295), ("04", 28, 2, 325), ("05", 20, 2, 325))
    assert derive_breaks(sold) == (Break(1, 325),)


def test_a_break_of_an_older_list_is_forgotten() -> None:
    sold = lines(("03", 25, 2, 295), ("03", 25, 24, 255), ("05", 28, 2, 195), ("05", 28, 24, 195))
    assert derive_breaks(sold) == (Break(1, 195),)


def test_a_price_for_one_customer_is_no_break() -> None:
    sold = lines(("03", 28, 2, 295), ("03", 14, 24, 295), ("03", 6, 6, 230))
    assert derive_breaks(sold) == (Break(1, 295),)


def test_a_higher_price_for_more_is_no_break() -> None:
    sold = lines(("03", 28, 2, 295), ("03", 10, 24, 330))
    assert derive_breaks(sold) == (Break(1, 295),)


def test_two_lines_are_too_few_for_a_break() -> None:
    sold = lines(("03", 28, 2, 295), ("03", 2, 24, 255))
    assert derive_breaks(sold) == (Break(1, 295),)


@given(sold_lines)
def test_breaks_rise_in_quantity_and_fall_in_price(sold: list[Sold]) -> None:
    breaks = derive_breaks(sold)
    assert breaks[0].from_quantity == 1
    assert {b.price for b in breaks} <= {line.price for line in sold}
    for one, next_one in pairwise(breaks):
        assert one.from_quantity < next_one.from_quantity
        assert one.price > next_one.price


@given(sold_lines)
def test_the_order_of_lines_of_a_file_does_not_matter_between_days(sold: list[Sold]) -> None:
    by_day = {line.at: line for line in sold}
    once_a_day = list(by_day.values())
    assert derive_breaks(once_a_day) == derive_breaks(once_a_day[::-1])


def test_the_usual_quantity_is_one_that_somebody_ordered() -> None:
    assert typical_quantity([1, 1, 6, 12, 24, 100]) == 6


def test_a_single_slip_makes_no_quantity_usual() -> None:
    assert typical_quantity([80_995]) is None
