"""Hands the entries of a read-back to the desk's store, in order and never twice.

One request is under way at a time; what failed stays first in line and is tried again, so that the
record on disk is always a beginning of the record on screen. Runs on the GUI thread, writes on the
WRITE lane; touches no widget.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Debounce, Lane
from app.ui.notices import notice_of
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId
from app.wire import operations
from app.wire.read_back import ENTRIES_MOST, Noted, NoteReadBack, ReadBackEntry

TRY_AGAIN_MS = 5_000
_MENDED_BY_SIGNING_IN = frozenset({"not_signed_in", "session_over", "permission_missing"})


class EntryNotes(QObject):
    """Entries of several orders on their way to the disk; `moved` when there are fewer of them.

    `refused` when the desk turned some down for good: what they answered is open again.

    With `again_ms` None a failed note waits until it is told to go on, for campaigns.
    """

    moved = Signal()
    refused = Signal()
    notice = Signal(object)

    def __init__(
        self,
        caller: Caller,
        background: Background,
        *,
        again_ms: int | None = TRY_AGAIN_MS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._waiting: list[tuple[OrderId, ReadBackEntry]] = []
        self._under_way = 0
        self._again = Debounce(self, again_ms, self.go_on) if again_ms is not None else None

    @property
    def is_idle(self) -> bool:
        """Whether every entry is on disk."""
        return not self._waiting

    def add(self, order_id: OrderId, entry: ReadBackEntry) -> None:
        """Keep an entry, after all that came before it."""
        self._waiting.append((order_id, entry))
        self.go_on()

    def go_on(self) -> None:
        """Write what waits, unless a note is under way."""
        if self._under_way or not self._waiting:
            return
        order_id, entries = self._next()
        self._under_way = len(entries)
        request = NoteReadBack(order_id=order_id, entries=entries)
        self._background.run(
            Lane.WRITE,
            partial(self._caller.call, operations.NOTE_READ_BACK, request),
            owner=self,
            then=self._done,
            failed=self._fail,
        )

    def write_out(self) -> None:
        """The program ends: the WRITE lane gets all there is and finishes it."""
        del self._waiting[: self._under_way]
        while self._waiting:
            order_id, entries = self._next()
            del self._waiting[: len(entries)]
            request = NoteReadBack(order_id=order_id, entries=entries)
            self._background.run(
                Lane.WRITE,
                partial(self._caller.call, operations.NOTE_READ_BACK, request),
                owner=self,
                then=self._written_out,
                failed=self._complain,
            )
        self._under_way = 0

    def _next(self) -> tuple[OrderId, tuple[ReadBackEntry, ...]]:
        """The oldest entries, all of one order."""
        order_id = self._waiting[0][0]
        entries: list[ReadBackEntry] = []
        for owner, entry in self._waiting[:ENTRIES_MOST]:
            if owner != order_id:
                break
            entries.append(entry)
        return order_id, tuple(entries)

    def _done(self, _noted: Noted) -> None:
        del self._waiting[: self._under_way]
        self._under_way = 0
        self.moved.emit()
        self.go_on()

    def _fail(self, error: Refusal | Fault) -> None:
        """Nothing is lost: the entries stay first in line, unless the desk will never take them."""
        never = isinstance(error, Refusal) and error.code not in _MENDED_BY_SIGNING_IN
        if never:
            del self._waiting[: self._under_way]
        self._under_way = 0
        self._complain(error)
        if never:
            self.refused.emit()
            self.go_on()
        elif self._again is not None:
            self._again.poke()

    def _written_out(self, _noted: Noted) -> None:
        """Nobody is left who would want to know."""

    def _complain(self, error: Refusal | Fault) -> None:
        self.notice.emit(notice_of(error))
