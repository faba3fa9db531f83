"""What CSRs searched for in the answers, and what they did not find: for a lead to mend."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Interval, and_, exists, func, insert, literal, select
from sqlalchemy.orm import aliased

from app.models.central.read_back import AnswerSearch as AnswerSearchRow
from app.services.central.transaction import Actor, Handlers, Transaction
from app.values.card import mask_card_digits
from app.values.wording import tidy
from app.wire import operations
from app.wire.guidance import AskUnanswered, ReportSearches, Unanswered, UnansweredSearches
from app.wire.message import Nothing

FOUND_AFTER_ALL = timedelta(minutes=1)
"""A seat that chose an answer so soon after had put its question in other words."""
LISTED = timedelta(days=90)
"""Older searches are not listed: what was lacking then may be there by now."""


class Answers:
    """Answers `answers.report` and `answers.unanswered`."""

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(operations.REPORT_SEARCHES, self.report)
        handlers.add(operations.ASK_UNANSWERED, self.unanswered)

    def report(self, tx: Transaction, actor: Actor, request: ReportSearches) -> Nothing:
        """Keep a seat's searches, card digits masked.

        A report whose answer was lost comes again with another key: what is kept already is not
        kept twice.
        """
        device = actor.seat.device_id
        wanted = dict.fromkeys(
            (search.at, _as_kept(search.text), _as_kept(search.chosen))
            for search in request.searches
        )
        row = AnswerSearchRow
        query = select(row.at, row.text, row.chosen).where(
            row.device_id == device, row.at.in_([at for at, _, _ in wanted])
        )
        kept = {(one.at, one.text, one.chosen) for one in tx.connection.execute(query)}
        rows = [
            {"at": at, "text": text, "chosen": chosen, "device_id": device}
            for at, text, chosen in wanted
            if (at, text, chosen) not in kept
        ]
        if rows:
            tx.connection.execute(insert(row), rows)
        return Nothing()

    def unanswered(
        self, tx: Transaction, actor: Actor, request: AskUnanswered
    ) -> UnansweredSearches:
        """Texts that led to nothing, the most frequent first, small and capital letters as one."""
        del actor
        row, later = AnswerSearchRow, aliased(AnswerSearchRow)
        found_after_all = exists().where(
            and_(
                later.device_id == row.device_id,
                later.chosen != "",
                later.at.between(row.at, row.at + literal(FOUND_AFTER_ALL, Interval())),
            )
        )
        times, last_at = func.count().label("times"), func.max(row.at).label("last_at")
        folded = func.lower(row.text)
        query = (
            select(func.max(row.text).label("words"), times, last_at)
            .where(row.chosen == "", row.at >= tx.at - LISTED, ~found_after_all)
            .group_by(folded)
            .order_by(times.desc(), last_at.desc(), folded)
            .limit(request.limit)
        )
        return UnansweredSearches(
            searches=tuple(
                Unanswered(text=one.words, times=one.times, last_at=one.last_at)
                for one in tx.connection.execute(query)
            )
        )


def _as_kept(text: str) -> str:
    """Without card digits, nor signs that PostgreSQL keeps nowhere."""
    return mask_card_digits(tidy(text))
