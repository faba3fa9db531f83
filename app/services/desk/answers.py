"""Finds the answer to what a caller asks, and notes which searches helped and which did not.

Searches lie in the seat's store until the centre has them; those that chose an answer raise it in
the ranking of this seat. Never keeps who searched. Any thread may find and note; `report` runs on
the line's worker thread.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from sqlalchemy import Connection, delete, func, insert, not_, select, update

from app.models.desk.answers import AnswerSearchRow
from app.services.desk.guidance import GuidanceService
from app.services.ports import Centre
from app.services.rules.answers import AnswerIndex
from app.store.desk import DeskStore
from app.values.card import refuse_card_digits
from app.values.clock import Clock
from app.values.errors import Refusal
from app.values.wording import tidy
from app.wire.guidance import (
    Answer,
    AnswerSearch,
    AnswersFound,
    FindAnswers,
    NoteSearch,
    ReportSearches,
)
from app.wire.message import Nothing
from app.wire.operations import REPORT_SEARCHES
from app.wire.sync import AskStatus

KEPT = timedelta(days=90)
"""As long a use counts in the ranking."""
REPORTED_MOST = 200
_AFTER_REFUSAL_SECONDS = 3_600.0


class AnswerService:
    """Answers at one desk."""

    def __init__(
        self, store: DeskStore, guidance: GuidanceService, centre: Centre, clock: Clock
    ) -> None:
        self._store = store
        self._guidance = guidance
        self._centre = centre
        self._clock = clock
        self._indexed: tuple[tuple[Answer, ...], AnswerIndex] = ((), AnswerIndex(()))
        self._uses = self._counted()
        self._not_before = 0.0

    def find(self, request: FindAnswers) -> AnswersFound:
        """The best answers of the newest edition, best first. Raises Fault `guidance_unknown`."""
        answers = self._guidance.get(AskStatus()).answers
        indexed, index = self._indexed
        if answers != indexed:
            index = AnswerIndex(answers)
            self._indexed = answers, index
        found = index.find(request.text, request.limit, self._uses)
        return AnswersFound(text=request.text, answers=found)

    def note(self, request: NoteSearch) -> Nothing:
        """Note what a search led to. Raises Refusal `card_digits` or `text_missing`."""
        text = refuse_card_digits(tidy(request.text), "text")
        chosen = refuse_card_digits(request.chosen, "chosen")
        if not text:
            raise Refusal("text_missing", "Type what the caller asks.", "text")
        with self._store.write() as connection:
            last = connection.execute(select(func.max(AnswerSearchRow.position))).scalar_one()
            connection.execute(
                insert(AnswerSearchRow).values(
                    position=(last or 0) + 1,
                    text=text,
                    chosen=chosen,
                    at=self._clock.now(),
                    reported=False,
                )
            )
            if chosen:
                self._uses = self._uses + Counter((chosen,))
        return Nothing()

    def report(self) -> None:
        """Send the centre what it does not have; what could not be sent waits.

        A refusal is no reason to hold up the line: it is tried again an hour later. Raises
        Unreachable.
        """
        if self._clock.monotonic() < self._not_before:
            return
        while waiting := self._waiting():
            searches = tuple(search for _, search in waiting)
            try:
                self._centre.call(REPORT_SEARCHES, ReportSearches(searches=searches))
            except Refusal:
                self._not_before = self._clock.monotonic() + _AFTER_REFUSAL_SECONDS
                return
            with self._store.write() as connection:
                self._mark_reported(connection, waiting[-1][0])
            if len(waiting) < REPORTED_MOST:
                return

    def _waiting(self) -> list[tuple[int, AnswerSearch]]:
        """The oldest searches that were not reported, with their positions."""
        row = AnswerSearchRow
        query = (
            select(row.position, row.text, row.chosen, row.at)
            .where(not_(row.reported))
            .order_by(row.position)
            .limit(REPORTED_MOST)
        )
        with self._store.read() as connection:
            found = connection.execute(query).all()
        return [
            (one.position, AnswerSearch(text=one.text, chosen=one.chosen, at=one.at))
            for one in found
        ]

    def _mark_reported(self, connection: Connection, position: int) -> None:
        """Up to this position; what is reported and old goes, but for the last one."""
        reported = AnswerSearchRow.position <= position
        connection.execute(update(AnswerSearchRow).where(reported).values(reported=True))
        old = AnswerSearchRow.at < self._clock.now() - KEPT
        connection.execute(delete(AnswerSearchRow).where(old, AnswerSearchRow.position < position))

    def _counted(self) -> Counter[str]:
        """How often each answer was chosen at this seat."""
        query = (
            select(AnswerSearchRow.chosen, func.count().label("times"))
            .where(AnswerSearchRow.chosen != "")
            .group_by(AnswerSearchRow.chosen)
        )
        with self._store.read() as connection:
            return Counter({row.chosen: row.times for row in connection.execute(query)})
