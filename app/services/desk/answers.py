"""Finds the answer to what a caller asks, and notes which searches helped and which did not."""

from __future__ import annotations

from app.values.errors import Fault
from app.wire.guidance import AnswersFound, FindAnswers, NoteSearch
from app.wire.message import Nothing


class AnswerService:
    """Answers at one desk."""

    def find(self, request: FindAnswers) -> AnswersFound:
        """The best answers, best first."""
        raise Fault("not_there", request.text)

    def note(self, request: NoteSearch) -> Nothing:
        """Note what a search led to."""
        raise Fault("not_there", request.text)
