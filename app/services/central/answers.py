"""What CSRs searched for in the answers, and what they did not find: for a lead to mend."""

from __future__ import annotations

from app.services.central.transaction import Actor, Handlers, Transaction
from app.values.errors import Fault
from app.wire import operations
from app.wire.guidance import AskUnanswered, ReportSearches, UnansweredSearches
from app.wire.message import Nothing


class Answers:
    """Answers `answers.report` and `answers.unanswered`."""

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(operations.REPORT_SEARCHES, self.report)
        handlers.add(operations.ASK_UNANSWERED, self.unanswered)

    def report(self, tx: Transaction, actor: Actor, request: ReportSearches) -> Nothing:
        """Keep a seat's searches."""
        raise Fault("not_there", f"{tx.at} {actor.command_id} {len(request.searches)}")

    def unanswered(
        self, tx: Transaction, actor: Actor, request: AskUnanswered
    ) -> UnansweredSearches:
        """Texts that led to nothing."""
        raise Fault("not_there", f"{tx.at} {actor.command_id} {request.limit}")
