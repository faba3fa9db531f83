"""Lets go of what a desk no longer needs, so that it keeps few customers and stays quick.

Only what the centre has answered for goes, a month later. Once a day, when nobody takes an order,
the store is copied whole. Runs on the line's worker thread.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

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
from app.services.desk import memory
from app.services.desk.calls import CallService
from app.services.desk.change_records import forget_changes
from app.services.desk.contacts import forget_old
from app.services.desk.papers import PaperService
from app.services.desk.parking import forget_ended
from app.store.desk import DeskStore
from app.store.journal import sync_folder
from app.values.clock import Clock
from app.values.vocabulary import CommandState, DraftState

KEPT = timedelta(days=30)
_EVERY_SECONDS = 900.0
_CLOSED = (DraftState.PLACED, DraftState.VOIDED)

COPIES = "copies"
COPIES_KEPT = 3
_COPIED_EVERY = timedelta(hours=20)
_QUIET = timedelta(minutes=5)
_OVERDUE = timedelta(days=2)
"""After so long the copy is made though orders are being taken."""

_ROOM_LEFT_BYTES = 64 * 1024 * 1024
_NO_ROOM = (
    "The daily copy of the orders at this desk cannot be made: the disk of this computer is nearly "
    "full. Please tell your administrator."
)


class Housekeeping:
    """The housekeeping of one seat."""

    def __init__(
        self,
        folder: Path,
        store: DeskStore,
        papers: PaperService,
        calls: CallService,
        clock: Clock,
        say: Callable[[str], None],
    ) -> None:
        """`folder` is the seat's; `say` is told what people should know, or that there is nothing.

        Copies are for support: put in the place of a store that is beyond reading, one of them is
        brought up to date from the journal at the next start.
        """
        self._folder = folder
        self._say = say
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
        """End forgotten calls and contacts, remove what is old and settled, fold the log back."""
        self._calls.end_left()
        with self._store.write() as connection:
            self._remove_settled(connection)
        self._papers.remove_old()
        self._store.tidy()
        self._store.lay_ballast()
        self._copy_when_due()

    def _copy_when_due(self) -> None:
        """Once a day, while nothing is being typed."""
        now = self._clock.now()
        with self._store.read() as connection:
            copied_at = memory.recalled(connection, memory.COPIED_AT, datetime)
            saved_at = connection.execute(select(func.max(DraftRow.saved_at))).scalar_one()
        since = None if copied_at is None else abs(now - copied_at)
        if since is not None and since < _COPIED_EVERY:
            return
        is_quiet = saved_at is None or abs(now - saved_at) >= _QUIET
        if is_quiet or (since is not None and since >= _OVERDUE):
            self._copy(now)

    def _copy(self, now: datetime) -> None:
        folder = self._folder / COPIES
        folder.mkdir(mode=0o700, exist_ok=True)
        for unfinished in folder.glob("*.part"):
            unfinished.unlink()
        copies = sorted(folder.glob("desk-*.store"))
        largest = max((path.stat().st_size for path in self._folder.glob("desk.store*")), default=0)
        if shutil.disk_usage(folder).free < 2 * largest + _ROOM_LEFT_BYTES:
            self._say(_NO_ROOM)
            return
        copy = folder / f"desk-{now:%Y%m%d-%H%M%S}.store"
        part = copy.with_name(f"{copy.name}.part")
        self._store.copy_to(part)
        part.chmod(0o600)
        part.replace(copy)
        sync_folder(folder)
        for old in copies[: max(0, len(copies) + 1 - COPIES_KEPT)]:
            old.unlink()
        with self._store.write() as connection:
            memory.remember(connection, memory.COPIED_AT, now)
        self._say("")

    def _remove_settled(self, connection: Connection) -> None:
        """The last command stays, whatever its age: positions are counted from it."""
        before = self._clock.now() - KEPT
        old = select(CommandRow.position).where(
            CommandRow.state == CommandState.SETTLED,
            CommandRow.answered_at < before,
            CommandRow.position < select(func.max(CommandRow.position)).scalar_subquery(),
        )
        forget_changes(connection, old)
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
        forget_ended(connection)
        forget_old(connection, before)
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
