"""How alike two orders are: by how far the quantities of each product agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rules.like_orders import are_alike, items_of, likeness, same_items
from tests.builders import an_order, with_charge, with_line

ITEMS = st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 1_000_000), max_size=5)


@pytest.mark.parametrize(
    ("one", "other", "percent"),
    [
        ({"A": 2}, {"A": 2}, 100),
        ({"A": 1, "B": 1}, {"A": 2, "B": 1}, 75),
        ({"A": 2}, {"A": 4}, 50),
        ({"A": 1}, {"A": 3}, 33),
        ({"A": 100, "B": 1}, {"A": 100, "C": 1}, 33),
        ({"A": 1, "B": 1}, {"A": 1}, 50),
        ({"A": 1}, {"B": 1}, 0),
        ({}, {}, 0),
    ],
)
def test_likeness_is_how_far_the_quantities_of_each_product_agree(
    one: dict[str, int], other: dict[str, int], percent: int
) -> None:
    assert likeness(one, other) == percent
    assert are_alike(one, other) == (percent >= 50)


@given(one=ITEMS, other=ITEMS)
def test_it_is_the_same_from_both_sides(one: dict[str, int], other: dict[str, int]) -> None:
    assert likeness(one, other) == likeness(other, one)
    assert are_alike(one, other) == are_alike(other, one)


@given(items=ITEMS)
def test_an_order_is_like_itself_if_it_has_goods(items: dict[str, int]) -> None:
    assert are_alike(items, items) == bool(items)


@given(one=ITEMS, other=ITEMS)
def test_nothing_in_common_is_never_alike(one: dict[str, int], other: dict[str, int]) -> None:
    apart = {code.lower(): quantity for code, quantity in other.items()}
    assert not are_alike(one, apart)


def test_items_are_pieces_over_all_lines_whatever_the_case_and_charges_count_for_nothing() -> None:
    document = an_order(with_line("tea-1", 2), with_line("TEA-1", 3), with_charge())
    assert items_of(document.lines) == {"TEA-1": 5}


def test_what_both_have_is_told_with_both_quantities() -> None:
    (same,) = same_items({"A": 2, "B": 1}, {"A": 3, "C": 1})
    assert (same.code, same.here, same.there) == ("A", 2, 3)
