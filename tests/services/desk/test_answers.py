"""Answers at a desk: found in the newest edition, noted, ranked by use and reported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from app.models.desk.answers import AnswerSearchRow
from app.services.desk import memory
from app.services.desk.answers import KEPT, REPORTED_MOST, AnswerService
from app.services.desk.guidance import GuidanceService
from app.store.desk import DeskStore, open_store
from app.values.errors import Fault, Refusal, Unreachable
from app.wire.guidance import (
    Answer,
    AnswerSearch,
    FindAnswers,
    Guidance,
    NoteSearch,
    ReportSearches,
)
from app.wire.message import Nothing
from tests.builders import A_MORNING
from tests.fakes import FixedClock

KEY = bytes(range(32))
A_CARD_NUMBER = "4111 1111 1111 1111"


def an_answer(key: str, *asked: str) -> Answer:
    return Answer(key=key, title="About it", say=("So it is.",), asked=asked)


EDITION = Guidance(
    revision=1,
    checklists=(),
    answers=(
        an_answer("refund", "money back", "is the parcel refundable"),
        an_answer("late", "days over", "is the parcel late"),
    ),
)


class ListeningCentre:
    """Takes reports of searches, unless it is away or refuses."""

    clock_offset_ms = 0

    def __init__(self) -> None:
        self.reports: list[tuple[AnswerSearch, ...]] = []
        self.trouble: Refusal | Unreachable | None = None

    def call(self, _operation: object, request: Any) -> Any:  # noqa: ANN401 - one operation only
        assert isinstance(request, ReportSearches)
        if self.trouble is not None:
            raise self.trouble
        self.reports.append(request.searches)
        return Nothing()

    def use_session(self, token: str | None) -> None:
        """Nobody signs in here."""

    def close(self) -> None:
        """Nothing to let go."""


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def centre() -> ListeningCentre:
    return ListeningCentre()


@pytest.fixture
def store(tmp_path: Path, clock: FixedClock) -> Iterator[DeskStore]:
    opened = open_store(tmp_path / "desk.db", KEY, clock)
    yield opened
    opened.close()


@pytest.fixture
def answers(store: DeskStore, centre: ListeningCentre, clock: FixedClock) -> AnswerService:
    publish(store, EDITION)
    return service(store, centre, clock)


def service(store: DeskStore, centre: ListeningCentre, clock: FixedClock) -> AnswerService:
    return AnswerService(store, GuidanceService(store), centre, clock)


def publish(store: DeskStore, edition: Guidance) -> None:
    with store.write() as connection:
        memory.remember(connection, memory.GUIDANCE, edition)


def keys(answers: AnswerService, text: str) -> list[str]:
    return [answer.key for answer in answers.find(FindAnswers(text=text)).answers]


def kept(store: DeskStore) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(AnswerSearchRow)).scalar_one()


def test_answers_come_with_the_text_they_answer(answers: AnswerService) -> None:
    found = answers.find(FindAnswers(text="my money back"))

    assert found.text == "my money back"
    assert found.answers[0] == EDITION.answers[0]


def test_no_more_answers_come_than_were_asked_for(answers: AnswerService) -> None:
    assert len(answers.find(FindAnswers(text="the parcel", limit=1)).answers) == 1


def test_a_new_edition_is_searched_as_soon_as_it_is_there(
    answers: AnswerService, store: DeskStore
) -> None:
    assert keys(answers, "gift wrapping") == []

    gift = an_answer("gift", "do you wrap gifts")
    publish(store, msgspec.structs.replace(EDITION, revision=2, answers=(gift,)))

    assert keys(answers, "gift wrapping") == ["gift"]


def test_before_an_edition_has_arrived_that_is_said(
    store: DeskStore, centre: ListeningCentre, clock: FixedClock
) -> None:
    with pytest.raises(Fault, match="have not arrived"):
        keys(service(store, centre, clock), "money")


def test_an_answer_that_was_chosen_more_often_comes_first_of_its_equals(
    answers: AnswerService, store: DeskStore, centre: ListeningCentre, clock: FixedClock
) -> None:
    before = keys(answers, "parcel")

    answers.note(NoteSearch(text="parcel", chosen=before[-1]))

    assert keys(answers, "parcel") == before[::-1]
    assert keys(service(store, centre, clock), "parcel") == before[::-1]


def test_card_digits_are_refused_and_not_kept(answers: AnswerService, store: DeskStore) -> None:
    with pytest.raises(Refusal) as refused:
        answers.note(NoteSearch(text=f"is {A_CARD_NUMBER} charged"))

    assert refused.value.code == "card_digits"
    assert kept(store) == 0


def test_an_empty_text_is_not_noted(answers: AnswerService) -> None:
    with pytest.raises(Refusal, match="Type what"):
        answers.note(NoteSearch(text="  "))


def test_what_was_noted_is_reported_once(
    answers: AnswerService, centre: ListeningCentre, clock: FixedClock
) -> None:
    answers.note(NoteSearch(text="do you sell stamps"))
    clock.advance(seconds=5)
    answers.note(NoteSearch(text="money back", chosen="refund"))

    answers.report()
    answers.report()

    assert centre.reports == [
        (
            AnswerSearch(text="do you sell stamps", chosen="", at=A_MORNING),
            AnswerSearch(text="money back", chosen="refund", at=A_MORNING + timedelta(seconds=5)),
        )
    ]


def test_what_could_not_be_sent_is_sent_later(
    answers: AnswerService, centre: ListeningCentre
) -> None:
    answers.note(NoteSearch(text="do you sell stamps"))
    centre.trouble = Unreachable("centre_away", "The central service does not answer.")
    with pytest.raises(Unreachable):
        answers.report()

    centre.trouble = None
    answers.report()

    assert len(centre.reports) == 1


def test_a_refused_report_holds_up_nothing_and_is_tried_again_an_hour_later(
    answers: AnswerService, centre: ListeningCentre, clock: FixedClock
) -> None:
    answers.note(NoteSearch(text="do you sell stamps"))
    centre.trouble = Refusal("operation_unknown", "That is not known here.")
    answers.report()
    centre.trouble = None
    answers.report()
    assert centre.reports == []

    clock.advance(hours=1)
    answers.report()

    assert len(centre.reports) == 1


def test_many_searches_are_reported_in_several_messages(
    answers: AnswerService, centre: ListeningCentre
) -> None:
    for number in range(REPORTED_MOST + 1):
        answers.note(NoteSearch(text=f"question {number}"))

    answers.report()

    assert [len(report) for report in centre.reports] == [REPORTED_MOST, 1]


def test_old_searches_go_once_the_centre_has_them(
    answers: AnswerService, store: DeskStore, clock: FixedClock
) -> None:
    answers.note(NoteSearch(text="do you sell stamps"))
    clock.advance(seconds=KEPT.total_seconds() + 1)
    assert kept(store) == 1
    answers.note(NoteSearch(text="do you sell envelopes"))

    answers.report()

    assert kept(store) == 1
