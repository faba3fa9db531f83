"""What is said in both regions: open questions, zero and not oh, plain words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from app.services.rules.read_back import Spoken
from app.services.rules.speech_sentences import SENTENCES
from app.settings import resource_folder

FOLDER = resource_folder() / "speech"
FILES = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.toml")}
BOTH = pytest.mark.parametrize("region", sorted(FILES))
OPEN = re.compile(r"^(Which|Could you|What|How)\b")
LONGEST = 110


def texts(region: str) -> Iterator[tuple[str, str]]:
    """Everything of a book that is said, with its place."""
    said: dict[str, Any] = {key: FILES[region][key] for key in ("sentences", "waits", "payments")}
    for table, words in said.items():
        yield from ((f"{table}.{key}", text) for key, text in words.items())
    for buyer, rights in FILES[region]["rights"].items():
        yield from ((f"rights.{buyer}", text) for text in rights)


@BOTH
def test_nobody_is_asked_whether_it_is_so(region: str) -> None:
    asked = [
        key
        for key, text in texts(region)
        if re.search(r"\b(is it|is that|isn't)\b", text, re.IGNORECASE)
    ]
    assert not asked


@BOTH
def test_what_the_caller_speaks_is_asked_for_openly(region: str) -> None:
    sentences = FILES[region]["sentences"]
    asking = [key for key in sentences if key.startswith("ask_") and key != "ask_obligation"]
    assert len(asking) == 9
    for key in asking:
        last = sentences[key].split(". ")[-1]
        assert OPEN.match(last), key
        assert last.endswith("?")


@BOTH
def test_an_open_question_does_not_hold_its_answer(region: str) -> None:
    asking = [key for key in SENTENCES if key.startswith("ask_") and key != "ask_meaning"]
    assert all(not SENTENCES[key] for key in asking)


@BOTH
def test_a_zero_is_no_oh(region: str) -> None:
    assert FILES[region]["words"]["ones"][0] == "zero"
    assert not [
        key for key, text in texts(region) if re.search(r"\b(oh|nought)\b", text, re.IGNORECASE)
    ]


@BOTH
def test_a_sentence_is_short(region: str) -> None:
    assert not [key for key, text in texts(region) if len(text) > LONGEST]


@BOTH
def test_everything_that_may_have_to_be_spoken_can_be_waited_for(region: str) -> None:
    parts = {"quantity", "description", "postcode", "street", "city", "item"}
    assert len(Spoken) == 5
    assert parts <= FILES[region]["waits"].keys()


@BOTH
def test_ambiguous_words_are_written_as_they_are_compared(region: str) -> None:
    for phrases in FILES[region]["ambiguous"].values():
        assert all(re.fullmatch(r"[a-z]+( [a-z]+)*", phrase) for phrase in phrases)
        assert len(set(phrases)) == len(phrases)


def test_each_region_speaks_its_own_english() -> None:
    british, american = (" ".join(text for _, text in texts(name)) for name in ("gb", "us"))
    assert "postcode" in british
    assert "ZIP code" in american
    assert "fourteen days" in british
    assert "full refund" in american
    assert "VAT" not in american
    assert "house number" not in american
