"""The answers that come with the program: said in plain words, and found by callers' words."""

from __future__ import annotations

import csv
import gzip
import re
import tomllib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from app.services.rules.answers import AnswerIndex
from app.settings import resource_folder
from app.wire.guidance import Answer

MOST_LINES = 3
PLAIN_GRADE = 7.0
"""A reader of twelve."""
RIGHT_IN_THREE = 0.95
EVERY = 40
SPOKEN = {"{company}": "Mill Lane", "{csr}": "Dana", "{phone}": "this number", "{email}": "us"}


def load() -> tuple[Answer, ...]:
    document = tomllib.loads((resource_folder() / "answers" / "en.toml").read_text("utf-8"))
    return tuple(msgspec.convert(answer, Answer) for answer in document["answers"])


ANSWERS = load()
KEYS = tuple(answer.key for answer in ANSWERS)


def said(answer: Answer) -> str:
    words = " ".join(answer.say)
    for placeholder, spoken in SPOKEN.items():
        words = words.replace(placeholder, spoken)
    return words


def syllables(word: str) -> int:
    """Groups of vowels, a silent e at the end left out."""
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1
    return max(1, groups - silent)


def reading_grade(text: str) -> float:
    """Years of school that it takes. Source: Kincaid et al. 1975."""
    sentences = len(re.findall(r"[.!?:]+", text))
    words = re.findall(r"[a-z']+", text.lower())
    spoken = sum(syllables(word) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * spoken / len(words) - 15.59


def plainly(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.lower().replace("'", "")))


def rows(folder: Path) -> Iterator[dict[str, str]]:
    with gzip.open(folder / "support_intents.csv.gz", "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def is_held_out(text: str) -> bool:
    return sha256(text.encode()).digest()[0] % 2 == 0


def test_a_hard_text_has_a_higher_grade_than_a_plain_one() -> None:
    plain = "We send it now. It comes in two days."
    hard = "Notwithstanding contractual obligations, dispatch is anticipated imminently."

    assert reading_grade(plain) < PLAIN_GRADE < reading_grade(hard)


@pytest.mark.parametrize("answer", ANSWERS, ids=KEYS)
def test_an_answer_is_said_in_plain_words(answer: Answer) -> None:
    assert reading_grade(said(answer)) <= PLAIN_GRADE


@pytest.mark.parametrize("answer", ANSWERS, ids=KEYS)
def test_an_answer_has_three_lines_at_most_and_knows_where_it_comes_from(answer: Answer) -> None:
    assert 1 <= len(answer.say) <= MOST_LINES
    assert answer.know
    assert 15 <= len(answer.asked) <= 40


@pytest.mark.parametrize("answer", ANSWERS, ids=KEYS)
def test_only_known_placeholders_stand_in_an_answer(answer: Answer) -> None:
    assert "{" not in said(answer)


def test_no_key_and_no_question_stands_there_twice() -> None:
    questions = [plainly(text) for answer in ANSWERS for text in answer.asked]

    assert len({answer.key for answer in ANSWERS}) == len(ANSWERS)
    assert len(set(questions)) == len(questions)


@pytest.mark.parametrize("answer", ANSWERS, ids=KEYS)
def test_every_example_finds_its_answer_among_the_first_three(answer: Answer) -> None:
    index = AnswerIndex(ANSWERS)

    assert all(answer in index.find(text, 3) for text in answer.asked)


@pytest.mark.real_data
def test_our_questions_are_our_own_and_every_intent_has_an_answer(real_data: Path) -> None:
    taken = {plainly(row["text"]) for row in rows(real_data)}

    assert [t for answer in ANSWERS for t in answer.asked if plainly(t) in taken] == []
    assert {row["intent"] for row in rows(real_data)} <= {answer.key for answer in ANSWERS}


@pytest.mark.real_data
def test_questions_held_out_find_their_answer_among_the_first_three(real_data: Path) -> None:
    index = AnswerIndex(ANSWERS)
    held_out = [row for row in rows(real_data) if is_held_out(row["text"])][::EVERY]

    right = [
        row["intent"] in {answer.key for answer in index.find(row["text"], 3)} for row in held_out
    ]

    assert len(right) > 400
    assert sum(right) / len(right) >= RIGHT_IN_THREE
