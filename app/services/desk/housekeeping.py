"""Lets go of what a desk no longer needs, so that it keeps few customers and stays quick.

Only what the centre has answered for goes, a month later. Runs on the line's worker thread.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, and_, delete, func, not_, select, text

from app.models.desk.tables import (
    ENDS_CALL,
    CommandRow,
    DraftRow,
    NumberRow,
    PlacedOrderRow,
    ReadBackEntryRow,
)
from app.models.desk.tenders import TenderRow
from app.services.desk.calls import CallService
from app.services.desk.papers import PaperService
from app.store.desk import DeskStore
from app.values.clock import Clock
from app.values.vocabulary import CommandState, DraftState

KEPT = timedelta(days=30)
_EVERY_SECONDS = 900.0
_CLOSED = (DraftState.PLACED, DraftState.VOIDED)


class Housekeeping:
    """The housekeeping of one seat."""

    def __init__(
        self, store: DeskStore, papers: PaperService, calls: CallService, clock: Clock
    ) -> None:
        self._store = store
        self._papers = papers
        self._calls = calls
        self._clock = clock
        self._run_at: float | None = None

    def run_when_due(self) -> None:
        """Run, unless it ran in the last quarter of an hour."""
        now = self._clock.monotonic()
        if self._run_at is None or now - self._run_at >= _EVERY_SECONDS:
            self._run_at = now
            self.run()

    def run(self) -> None:
        """End forgotten calls, remove what is settled and old, fold the log into the file."""
        self._calls.end_left()
        with self._store.write() as connection:
            self._remove_settled(connection)
        self._papers.remove_old()
        self._store.tidy()
        self._store.lay_ballast()

    def _remove_settled(self, connection: Connection) -> None:
        """The last command stays, whatever its age: positions are counted from it."""
        before = self._clock.now() - KEPT
        old = select(CommandRow.position).where(
            CommandRow.state == CommandState.SETTLED,
            CommandRow.answered_at < before,
            CommandRow.position < select(func.max(CommandRow.position)).scalar_subquery(),
        )
        shown = PlacedOrderRow.number_shown_at.is_not(None)
        connection.execute(delete(PlacedOrderRow).where(PlacedOrderRow.position.in_(old), shown))
        # The end of a call goes with its order: without it the call would be ended again.
        ends_kept_call = and_(
            text(ENDS_CALL), CommandRow.order_id.in_(select(PlacedOrderRow.order_id))
        )
        connection.execute(
            delete(CommandRow).where(
                CommandRow.position.in_(old),
                CommandRow.position.not_in(select(PlacedOrderRow.position)),
                not_(ends_kept_call),
            )
        )
        connection.execute(
            delete(DraftRow).where(DraftRow.state.in_(_CLOSED), DraftRow.saved_at < before)
        )
        connection.execute(
            delete(ReadBackEntryRow).where(
                ReadBackEntryRow.at < before,
                ReadBackEntryRow.order_id.not_in(select(PlacedOrderRow.order_id)),
                ReadBackEntryRow.order_id.not_in(select(DraftRow.order_id)),
            )
        )
        connection.execute(
            delete(TenderRow).where(
                TenderRow.noted_at < before,
                TenderRow.void_reason == "",
                TenderRow.order_id.not_in(select(PlacedOrderRow.order_id)),
                TenderRow.order_id.not_in(select(DraftRow.order_id)),
            )
        )
        connection.execute(
            delete(NumberRow).where(
                NumberRow.order_id.is_not(None),
                NumberRow.order_id.not_in(select(PlacedOrderRow.order_id)),
            )
        )
