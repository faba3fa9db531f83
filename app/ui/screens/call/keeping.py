"""Keeps the order in hand on disk: within 400 ms of a change, at once when a field is finished.

The document is encoded and written on the WRITE lane; while one save is under way the next waits
and takes only the newest document. A save that failed is tried again with the next change and by
`save_now`. Touches no widget.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Debounce, Lane
from app.ui.notices import notice_of
from app.values.errors import Fault, Refusal
from app.values.identity import OrderId
from app.wire import operations
from app.wire.orders import DraftSaved, OrderDocument, SaveDraft

SAVE_WITHIN_MS = 300
"""Quiet time before a save; the rest of the 400 ms is for writing it."""


class Kept(StrEnum):
    """How safe the order in hand is."""

    EMPTY = "empty"
    WAITING = "waiting"
    SAVED = "saved"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepingState:
    """What the call bar says about the draft."""

    kept: Kept = Kept.EMPTY
    saved_at: datetime | None = None


class DraftKeeper(QObject):
    """Saves one draft after another.

    With `quiet_ms` None it writes only when told to, for campaigns.
    """

    state_changed = Signal(object)
    notice = Signal(object)

    def __init__(
        self,
        caller: Caller,
        background: Background,
        *,
        quiet_ms: int | None = SAVE_WITHIN_MS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._quiet = Debounce(self, quiet_ms, self.save_now) if quiet_ms is not None else None
        self._unsaved: dict[OrderId, OrderDocument] = {}
        self._forgotten: set[OrderId] = set()
        self._saving = False
        self._at_once = False
        self._in_hand: OrderId | None = None
        self._state = KeepingState()

    @property
    def state(self) -> KeepingState:
        """How safe the order in hand is now."""
        return self._state

    @property
    def is_idle(self) -> bool:
        """Whether everything that was handed over is on disk."""
        return not self._unsaved and not self._saving

    def begin(self, order_id: OrderId, saved_at: datetime | None = None) -> None:
        """Another order is in hand.

        `saved_at` when it is on disk already. What waits of others is still written.
        """
        self._in_hand = order_id
        self._forgotten.discard(order_id)
        kept = Kept.EMPTY if saved_at is None else Kept.SAVED
        self._show(KeepingState(kept=kept, saved_at=saved_at))

    def keep(self, document: OrderDocument) -> None:
        """The order changed; it is written soon."""
        self._unsaved[document.order_id] = document
        self._show(replace(self._state, kept=Kept.WAITING))
        if self._quiet is not None and not self._quiet.is_waiting():
            # Also while a save is under way: the time counts from the change, not from its end.
            self._quiet.poke()

    def field_finished(self) -> None:
        """A field was committed: write at once, unless writing waits to be told."""
        if self._quiet is not None:
            self.save_now()

    def forget(self, order_id: OrderId) -> None:
        """This order is placed or given up: what waits of it is not to be written any more."""
        self._forgotten.add(order_id)
        self._unsaved.pop(order_id, None)

    def remember(self, document: OrderDocument) -> None:
        """It was not placed after all: keep it as the draft it was."""
        self._forgotten.discard(document.order_id)
        self.keep(document)
        self.field_finished()

    def write_out(self) -> None:
        """The program ends.

        Hand everything to the WRITE lane now, which finishes what it was given.
        """
        if self._quiet is not None:
            self._quiet.cancel()
        while self._unsaved:
            self._write(self._unsaved.popitem()[1])

    def save_now(self) -> None:
        """Write what is not written yet, without waiting for quiet."""
        if self._quiet is not None:
            self._quiet.cancel()
        self._at_once = self._saving
        if not self._unsaved or self._saving:
            return
        self._write(self._unsaved.popitem()[1])

    def _write(self, document: OrderDocument) -> None:
        self._saving = True
        self._background.run(
            Lane.WRITE,
            partial(self._caller.call, operations.SAVE_DRAFT, SaveDraft(document=document)),
            owner=self,
            then=partial(self._done, document.order_id),
            failed=partial(self._fail, document),
        )

    def _done(self, order_id: OrderId, saved: DraftSaved) -> None:
        self._saving = False
        if order_id == self._in_hand:
            kept = Kept.WAITING if order_id in self._unsaved else Kept.SAVED
            self._show(KeepingState(kept=kept, saved_at=saved.saved_at))
        if self._at_once:
            self.save_now()
        elif self._unsaved and self._quiet is not None and not self._quiet.is_waiting():
            self._quiet.poke()

    def _fail(self, document: OrderDocument, error: Refusal | Fault) -> None:
        self._saving = False
        if document.order_id not in self._forgotten:
            self._unsaved.setdefault(document.order_id, document)
        self._show(replace(self._state, kept=Kept.FAILED))
        self.notice.emit(notice_of(error))

    def _show(self, state: KeepingState) -> None:
        if state == self._state:
            return
        self._state = state
        self.state_changed.emit(state)
