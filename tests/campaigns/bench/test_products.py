"""Products for the benches are the same in every run, and look like what people search for."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.campaigns.bench.importing import HEADER
from app.campaigns.bench.products import listed_in, products, sample_catalogue
from app.campaigns.dice import Dice
from app.values.errors import Refusal


def test_the_same_number_gives_the_same_products() -> None:
    assert list(products(1_000, None)) == list(products(1_000, None))


def test_the_products_of_the_file_come_first_and_made_ones_after() -> None:
    listed = [product.code for product in listed_in(sample_catalogue())]
    found = [product.code for product in products(len(listed) + 100, None)]
    assert found[: len(listed)] == listed
    assert len(found) == len(set(found)) == len(listed) + 100


def test_made_products_are_described_in_words_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("code,description,price\nT1,green tea,2.50\n", encoding="utf-8")
    *_, last = products(20, file)
    assert {"green", "tea"} & set(last.description.split())


def test_a_file_of_order_lines_gives_the_products_that_were_sold(tmp_path: Path) -> None:
    file = tmp_path / "lines.csv"
    row = "536365,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom"
    file.write_text(f"{','.join(HEADER)}\n{row}\n", encoding="utf-8")
    assert [product.code for product in listed_in(file)] == ["85123A"]


def test_a_file_without_products_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("code,description,price\n", encoding="utf-8")
    with pytest.raises(Refusal, match="no product"):
        list(products(5, file))


def test_dice_favour_what_comes_first() -> None:
    dice, words = Dice(1), [str(number) for number in range(100)]
    thrown = [dice.of(words) for _ in range(1_000)]
    assert thrown.count("0") > 5 * thrown.count("50")
    assert {dice.below(6) for _ in range(1_000)} == {0, 1, 2, 3, 4, 5}
