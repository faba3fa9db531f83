"""The files of what is said: right in every place, or refused with file, key and reason."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from app.services.rules.speech_book import Piece, Template, load_book, load_speech
from app.settings import resource_folder
from app.values.errors import Refusal
from app.values.vocabulary import Region

FOLDER = resource_folder() / "speech"


def test_every_region_has_its_words() -> None:
    assert set(load_speech(FOLDER)) == set(Region)


def test_a_sentence_is_filled_in_and_what_stands_between_stars_is_strong() -> None:
    pieces = Template.of("Line {number}: *{quantity}* of it.").pieces(number="one", quantity="two")
    assert pieces == (
        Piece("Line "),
        Piece("one"),
        Piece(": "),
        Piece("two", strong=True),
        Piece(" of it."),
    )


def test_stars_and_braces_in_a_value_are_only_text() -> None:
    assert Template.of("So: {text}.").text(text="*{text}*") == "So: *{text}*."


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    path = tmp_path / "gb.toml"
    path.write_text((FOLDER / "gb.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("{quantity}*, {digits}, of", "{quantity}*, of", "sentences.line", "does not say {digits}"),
        ("Line {number}: the", "Line {number} {price}: the", "sentences.line_item", "{price} is"),
        ('goods = "Goods are {amount}."', "", "sentences.goods", "is missing"),
        ('goods = "', 'goodies = "x"\ngoods = "', "sentences.goodies", "is not known here"),
        ("Goods are {amount}", "Goods are {amounts}", "sentences.goods", "{amounts} is nothing"),
        ("Goods are {amount}", "Goods are {}{amount}", "sentences.goods", "{} is nothing"),
        ("Goods are {amount}", "Goods *are {amount}", "sentences.goods", "a star without"),
        ('B = "Bravo"', 'B = "Alpha"', "letters", "Alpha is there twice"),
        ('Z = "Zulu"', "", "letters.Z", "is missing"),
        ('"thirteen"', '"thirty"', "words.ones", "thirty is there twice"),
        ('"Sunday"]', '"Sunday", "Funday"]', "words.weekdays", "length"),
        ('city = "the town"', "", "waits.city", "is missing"),
        ('later = "after this call"', "", "payments.later", "is missing"),
        ('region = "gb"', 'region = "us"', "region", "the file is named gb"),
        ('region = "gb"', 'region = "fr"', "region", "Invalid enum value"),
        ('region = "gb"', 'region = ["gb"', "the file", ""),
        ("minor_is_named = false", 'minor_is_named = "no"', "currencies", "bool"),
        ("consumer = [", 'consumer = ["one", "two", "three", ', "rights.consumer", "length"),
    ],
)
def test_a_wrong_file_is_refused_with_key_and_reason(
    spoilt: Path, old: str, new: str, key: str, reason: str
) -> None:
    change(spoilt, old, new)
    with pytest.raises(Refusal) as refused:
        load_book(spoilt)
    assert refused.value.code == "speech_malformed"
    assert refused.value.sentence.startswith("gb.toml: ")
    assert key in refused.value.sentence
    assert reason in refused.value.sentence


def test_a_missing_file_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"gb\.toml"):
        load_speech(tmp_path)


def test_both_books_have_the_same_tables() -> None:
    tables = [tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8")) for name in ("gb", "us")]
    keys = [
        {(name, key) for name in table.keys() - {"region", "domains"} for key in table[name]}
        for table in tables
    ]
    assert keys[0] == keys[1]
