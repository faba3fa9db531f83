"""Reasons why a person looks at an order, in words for the lead's screen."""

from __future__ import annotations

import pytest

from app.services.rules.review import MORE, ReviewReason, sentence_for
from app.values.vocabulary import CheckpointKind


@pytest.mark.parametrize("reason", ReviewReason)
def test_every_reason_is_a_whole_sentence(reason: ReviewReason) -> None:
    sentence = sentence_for(reason.value)
    assert sentence != reason.value
    assert sentence[0].isupper()
    assert sentence.endswith(".")


def test_no_two_reasons_say_the_same() -> None:
    sentences = {sentence_for(reason) for reason in ReviewReason}
    assert len(sentences) == len(ReviewReason)


@pytest.mark.parametrize(
    ("subject", "named"),
    [
        ("2", "line 2"),
        ("1114", "line 1114"),
        ("price", "the prices"),
        ("delivery", "the delivery address"),
        ("obligation", "the order to pay"),
        ("extra:age", "the item age"),
        ("more:12", "12 more items"),
        ("more:1", "1 more item"),
    ],
)
def test_an_open_checkpoint_is_named(subject: str, named: str) -> None:
    reason = ReviewReason.READ_BACK_OPEN.about(subject)
    assert reason == f"read_back_open:{subject}"
    assert sentence_for(reason) == f"The read-back of {named} does not match the order."


@pytest.mark.parametrize(
    "kind", [k for k in CheckpointKind if k not in {CheckpointKind.LINE, CheckpointKind.EXTRA}]
)
def test_every_kind_of_checkpoint_has_words(kind: CheckpointKind) -> None:
    assert f"of {kind.value} does" not in sentence_for(ReviewReason.READ_BACK_OPEN.about(kind))


def test_more_is_no_kind_of_checkpoint() -> None:
    assert MORE not in set(CheckpointKind)


@pytest.mark.parametrize("reason", ["never_heard_of", "never_heard_of:price", ""])
def test_a_reason_of_a_newer_centre_is_shown_as_it_is(reason: str) -> None:
    assert sentence_for(reason) == reason


def test_a_subject_where_none_belongs_does_not_hide_the_reason() -> None:
    assert sentence_for("no_lines:3") == sentence_for("no_lines")
