"""The part of a small desk that answers callers' questions, and keeps what found no answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.services.rules.answers import AnswerIndex
from app.wire import operations
from app.wire.guidance import (
    AnswersFound,
    AskUnanswered,
    FindAnswers,
    Guidance,
    NoteSearch,
    Unanswered,
    UnansweredSearches,
)
from app.wire.message import Nothing


class FakeAnswers:
    """`searched` are the searches that were noted, `unanswered` those a lead is shown."""

    guidance: Guidance

    def __init__(self) -> None:
        super().__init__()
        self.searched: list[NoteSearch] = []
        self.unanswered: tuple[Unanswered, ...] = ()

    def answer_handlers(self) -> dict[str, Callable[[Any], Any]]:
        return {
            operations.FIND_ANSWERS.name: self._find_answers,
            operations.NOTE_SEARCH.name: self._note_search,
            operations.ASK_UNANSWERED.name: self._unanswered_searches,
        }

    def _find_answers(self, request: FindAnswers) -> AnswersFound:
        answers = AnswerIndex(self.guidance.answers).find(request.text, request.limit)
        return AnswersFound(text=request.text, answers=answers)

    def _note_search(self, request: NoteSearch) -> Nothing:
        self.searched.append(request)
        return Nothing()

    def _unanswered_searches(self, _request: AskUnanswered) -> UnansweredSearches:
        return UnansweredSearches(searches=self.unanswered)
