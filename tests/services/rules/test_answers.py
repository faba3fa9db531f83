"""Which answer is found by which words."""

from __future__ import annotations

import pytest

from app.services.rules.answers import AnswerIndex
from app.wire.guidance import Answer


def an_answer(key: str, *asked: str) -> Answer:
    return Answer(key=key, title=f"About {key}", say=("So it is.",), asked=asked)


ANSWERS = (
    an_answer("cancel", "I want to cancel my order", "call off a purchase"),
    an_answer("refund", "give me my money back", "when do I get a refund"),
    an_answer("track", "where is my order", "my parcel has not come"),
    an_answer("address", "change the delivery address", "I moved house"),
)
INDEX = AnswerIndex(ANSWERS)


def found(text: str, limit: int = 3) -> list[str]:
    return [answer.key for answer in INDEX.find(text, limit)]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("cancelling an order please", "cancel"),
        ("I'd like my MONEY back!", "refund"),
        ("has the parcel come", "track"),
        ("we have moved", "address"),
    ],
)
def test_other_forms_of_the_words_of_an_example_find_its_answer(text: str, key: str) -> None:
    assert found(text)[0] == key


@pytest.mark.parametrize("slip", ["cancle", "cancell", "canel", "cnacel", "xancel"])
def test_a_word_with_a_slip_is_read_as_the_word_it_is_near(slip: str) -> None:
    assert found(f"{slip} my purchase")[0] == "cancel"


def test_two_words_that_were_typed_as_one_are_told_apart() -> None:
    assert found("myparcel please")[0] == "track"


@pytest.mark.parametrize("typed", ["ref", "refu", "refun", "refund"])
def test_the_beginning_of_the_last_word_is_enough(typed: str) -> None:
    assert "refund" in found(f"what about the {typed}")


@pytest.mark.parametrize("text", ["", "   ", "!?", "12 34", "zebra xylophone", "can you help me"])
def test_words_that_tell_nothing_find_nothing(text: str) -> None:
    assert found(text) == []


def test_no_more_are_given_than_were_asked_for() -> None:
    assert len(found("order", 1)) == 1


def test_asking_somebody_else_is_not_what_the_question_is_about() -> None:
    index = AnswerIndex((*ANSWERS, an_answer("agent", "get me an agent", "speak to a person")))

    (best,) = index.find("could you ask an agent where my order is", 1)

    assert best.key == "track"


def test_of_equally_good_answers_the_one_chosen_more_often_comes_first() -> None:
    twins = AnswerIndex(
        (an_answer("a", "opening hours monday"), an_answer("b", "opening hours friday"))
    )

    assert [answer.key for answer in twins.find("opening hours", 2)] == ["a", "b"]
    assert [answer.key for answer in twins.find("opening hours", 2, {"b": 3})] == ["b", "a"]


def test_use_lifts_no_answer_over_a_better_one() -> None:
    assert INDEX.find("cancel my order", 1, {"refund": 1_000})[0].key == "cancel"


def test_an_edition_without_answers_finds_nothing() -> None:
    assert AnswerIndex(()).find("anything", 3) == ()
