"""Where a read-back comes from: the newest checklists, and the answers a draft already has.

Asks the desk on the READ lane; touches no widget.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Lane, Latest
from app.ui.notices import notice_of
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId
from app.wire import operations
from app.wire.guidance import Guidance
from app.wire.read_back import AskReadBack, ReadBackEntry, ReadBackKept
from app.wire.sync import AskStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """An edition of the checklists, and the entries that were kept."""

    guidance: Guidance
    entries: tuple[ReadBackEntry, ...]


class RecordSource(QObject):
    """`found(Sources)` when both are there, again with each newer edition; `failed(Notice)`."""

    found = Signal(object)
    failed = Signal(object)

    def __init__(
        self, caller: Caller, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._questions = Latest()
        self._order_id: OrderId | None = None
        self._entries: tuple[ReadBackEntry, ...] | None = None
        self.sources: Sources | None = None

    def begin(self, order_id: OrderId, *, is_kept: bool) -> None:
        """Another order: one that was kept may have answers."""
        self.forget()
        self._order_id = order_id
        self._entries = None if is_kept else ()
        self.ask()

    def forget(self) -> None:
        """No order is in hand; answers under way are dropped."""
        self._questions.forget()
        self._order_id, self._entries, self.sources = None, None, None

    def ask(self) -> None:
        """Ask for what is not there, and for newer checklists."""
        if self._order_id is None:
            return
        self._background.run(
            Lane.READ,
            partial(_read, self._caller, self._order_id, self._entries),
            owner=self,
            then=self._take,
            failed=self._fail,
            question=self._questions.ask(),
        )

    def _take(self, sources: Sources) -> None:
        self._entries = sources.entries
        self.sources = sources
        self.found.emit(sources)

    def _fail(self, error: Refusal | Fault) -> None:
        self.failed.emit(notice_of(error))


def _read(caller: Caller, order_id: OrderId, entries: tuple[ReadBackEntry, ...] | None) -> Sources:
    """Blocks."""
    if entries is None:
        kept: ReadBackKept = caller.call(operations.ASK_READ_BACK, AskReadBack(order_id=order_id))
        entries = kept.entries
    guidance: Guidance = caller.call(operations.GET_GUIDANCE, AskStatus())
    return Sources(guidance=guidance, entries=entries)
