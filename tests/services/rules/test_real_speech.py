"""The whole real catalogue, said aloud: no two products alike, no sentence too full."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from app.services.rules.confusables import as_heard, must_say
from app.services.rules.hearing import heard
from app.services.rules.read_back import MustSpeak, Spoken, house_number
from app.services.rules.speech import FACTS_MOST, turns
from app.services.rules.spoken_words import spelled
from app.values.contact import PostalAddress
from app.values.identity import ProductCode
from app.values.vocabulary import CheckpointKind, Region
from tests.builders import a_product, an_order, with_line
from tests.services.rules.speaking import (
    MODES,
    REGIONS,
    book_of,
    point_of,
    rules_of,
    texts_of,
    totals_of,
)

pytestmark = pytest.mark.real_data


def products(folder: Path) -> dict[str, str]:
    """Description by code; codes that differ only in capitals are one product."""
    found: dict[str, str] = {}
    for row in rows(folder / "online_retail_2011.csv.gz"):
        code = row["StockCode"].strip().casefold()
        if code not in found or not found[code]:
            found[code] = row["Description"].strip()
    return found


def rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@REGIONS
@MODES
def test_no_two_products_of_the_real_catalogue_are_said_alike(
    real_data: Path, region: Region, slow: bool
) -> None:
    order = an_order(with_line("A", 2), region=region)
    totals, rules, book = totals_of(order), rules_of(region), book_of(region)
    point = point_of(order, CheckpointKind.LINE)
    said: dict[tuple[str, ...], str] = {}
    for code, description in products(real_data).items():
        line = msgspec.structs.replace(
            order.lines[0], code=ProductCode(code), description=description
        )
        one = msgspec.structs.replace(order, lines=(line,))
        found = turns(point, one, totals, rules, book, slow=slow)
        assert all(turn.facts <= (1 if slow else FACTS_MOST) for turn in found)
        text = tuple(texts_of(found))
        assert text not in said, (code, said[text])
        said[text] = code
        assert spelled(code, book) in " ".join(text)
    assert len(said) > 3_900


@REGIONS
def test_what_tells_one_real_twin_from_the_other_is_never_heard_for_it(
    real_data: Path, region: Region
) -> None:
    book, compared = book_of(region), 0
    for row in rows(real_data / "confusable_pairs_2011.csv.gz"):
        if row["kind"] != "desc_one_word":
            continue
        own, other = words_of(row["desc_a"]), words_of(row["desc_b"])
        mine, theirs = own - other, other - own
        if not mine or not theirs or {plain(word) for word in mine} & {plain(w) for w in theirs}:
            continue
        expected = MustSpeak(part="description", kind=Spoken.WORDS, value=" ".join(sorted(mine)))
        (said,) = heard([expected], row["desc_a"], book)
        assert said.matched is True, row
        (wrong,) = heard([expected], row["desc_b"], book)
        assert wrong.matched is False, row
        (told,) = heard([expected], " ".join(sorted(theirs)) + " please", book)
        assert not told.matched, row
        compared += 1
    assert compared > 2_000


def words_of(description: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", description.casefold()))


def plain(word: str) -> str:
    return word.rstrip("s")


@REGIONS
def test_what_the_caller_must_say_is_heard_of_a_product_and_never_of_its_twin(
    real_data: Path, region: Region
) -> None:
    book, compared = book_of(region), 0
    for row in rows(real_data / "confusable_pairs_2011.csv.gz"):
        if not row["kind"].startswith("desc_"):
            continue
        one, other = (
            a_product(row[f"code_{which}"], description=row[f"desc_{which}"]) for which in "ab"
        )
        telling = must_say(one.code, as_heard(one), [as_heard(other)])
        expected = [MustSpeak(part="description", kind=Spoken.WORDS, value=telling)]
        for text in (telling, f"{one.description}, {one.code}"):
            assert heard(expected, text, book)[0].matched is True, (telling, text)
        text = f"{other.description}, {other.code}"
        assert not heard(expected, text, book)[0].matched, (telling, text)
        compared += 1
    assert compared > 2_400


@REGIONS
def test_a_code_one_digit_away_is_never_heard_for_it(real_data: Path, region: Region) -> None:
    book, compared = book_of(region), 0
    for row in rows(real_data / "confusable_pairs_2011.csv.gz"):
        if row["kind"] not in {"code_transposed", "desc_identical", "desc_sounds_alike"}:
            continue
        expected = MustSpeak(part="description", kind=Spoken.WORDS, value=row["code_a"])
        for spoken in (row["code_a"], spelled(row["code_a"], book)):
            (said,) = heard([expected], spoken, book)
            assert said.matched is True, (row, spoken)
        for spoken in (row["code_b"], spelled(row["code_b"], book)):
            (said,) = heard([expected], spoken, book)
            assert said.matched is False, (row, spoken)
        compared += 1
    assert compared > 1_900


def test_american_stores_are_found_by_the_number_they_begin_with(real_data: Path) -> None:
    found = 0
    with (real_data / "us_store_addresses.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            begins = re.match(r"(\d+)\s+[A-Za-z]", row["address"])
            if begins:
                street = tuple(part for part in (row["address"], row["address2"]) if part)
                assert house_number(PostalAddress(country="US", street=street)) == begins[1], row
                found += 1
    assert found > 1_200
