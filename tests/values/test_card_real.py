"""Every published test number of the gateways, and the real orders, products and addresses."""

from __future__ import annotations

import csv
import gzip
from itertools import islice
from pathlib import Path

import pytest

from app.values.card import find_card_number, find_split
from app.values.card_brands import brand_of, passes_luhn
from tests.values.test_card import WRITINGS, pieces, unseen

pytestmark = pytest.mark.real_data


class Numbers(tuple[str, ...]):
    """Test numbers that a failure does not print."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} test numbers>"


def rows_of(path: Path) -> list[dict[str, str]]:
    packed = path.read_bytes()
    plain = gzip.decompress(packed) if path.suffix == ".gz" else packed
    return list(csv.DictReader(plain.decode("utf-8").splitlines()))


@pytest.fixture
def published(real_data: Path) -> Numbers:
    rows = rows_of(real_data / "gateway_test_cards.csv")
    numbers = {row["card_number"] for row in rows if passes_luhn(row["card_number"])} - {""}
    assert len(numbers) == 46
    return Numbers(sorted(numbers))


@pytest.mark.parametrize("writing", sorted(WRITINGS))
def test_every_published_test_number_is_found(writing: str, published: Numbers) -> None:
    assert unseen(writing, published) == []


def test_every_published_test_number_is_found_over_two_fields(published: Numbers) -> None:
    missed = [
        len(number)
        for number in published
        if find_split(pieces(number[:8], 4, " "), "at home", pieces(number[8:], 4, " ")) is None
    ]
    assert missed == []


def test_every_brand_is_the_one_the_gateway_names(real_data: Path) -> None:
    rows = rows_of(real_data / "gateway_test_cards.csv")
    named = [(row["brand"], brand_of(row["card_number"])) for row in rows if row["card_number"]]
    wrong = [name for name, brand in named if brand is None or brand.name.split()[0] not in name]
    assert wrong == []


def test_the_range_table_agrees_with_its_source(real_data: Path) -> None:
    wrong = [
        row["prefix_from"]
        for row in rows_of(real_data / "card_brand_ranges.csv")
        for prefix in (row["prefix_from"], row["prefix_to"])
        if (brand := brand_of(prefix.ljust(8, "0"))) is None
        or (brand.code != row["brand"] and len(prefix) > 2)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "name", ["us_store_addresses.csv", "uk_business_addresses.csv.gz", "bestbuy_products.csv.gz"]
)
def test_real_addresses_and_products_are_let_through(real_data: Path, name: str) -> None:
    rows = rows_of(real_data / name)
    stopped = [
        row
        for row in rows
        for between in (" ", "\n")
        if find_card_number(between.join(map(str, row.values())))
    ]
    assert stopped == []


def test_real_order_lines_are_let_through(real_data: Path) -> None:
    with gzip.open(real_data / "online_retail_2011.csv.gz", "rt", encoding="utf-8") as file:
        stopped = [row for row in islice(file, 20_000) if find_card_number(row)]
    assert stopped == []
