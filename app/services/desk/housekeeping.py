"""Lets go of what a desk no longer needs, so that it keeps few customers and stays quick.

Only what the centre has answered for goes, a month later. Runs on the line's worker thread.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, func, select

from app.models.desk.tables import CommandRow, CommandState, DraftRow, NumberRow, PlacedOrderRow
from app.services.desk.papers import PaperService
from app.store.desk import DeskStore
from app.values.clock import Clock
from app.values.vocabulary import DraftState

KEPT = timedelta(days=30)
_EVERY_SECONDS = 900.0
_CLOSED = (DraftState.PLACED, DraftState.VOIDED)


class Housekeeping:
    """The housekeeping of one seat."""

    def __init__(self, store: DeskStore, papers: PaperService, clock: Clock) -> None:
        self._store = store
        self._papers = papers
        self._clock = clock

        self._run_at: float | None = None

    def run_when_due(self) -> None:
        """Run, unless it ran in the last quarter of an hour."""
        now = self._clock.monotonic()
        if self._run_at is None or now - self._run_at >= _EVERY_SECONDS:
            self._run_at = now
            self.run()

    def run(self) -> None:
        """Remove what is settled and old, and fold the store's log into its file."""
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
        kept = select(PlacedOrderRow.position)
        connection.execute(
            delete(CommandRow).where(CommandRow.position.in_(old), CommandRow.position.not_in(kept))
        )
        connection.execute(
            delete(DraftRow).where(DraftRow.state.in_(_CLOSED), DraftRow.saved_at < before)
        )
        connection.execute(
            delete(NumberRow).where(
                NumberRow.order_id.is_not(None),
                NumberRow.order_id.not_in(select(PlacedOrderRow.order_id)),
            )
        )
