"""Ends of pauses on their way to the centre: each is asked again until it is known to be done.

A pause that was ever asked for is released, whatever became of the question; nothing here waits for
the card pane. GUI thread; asks on the NETWORK lane, and on the WRITE lane when the program ends,
because that lane finishes what it was given.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.services.ports import Caller
from app.ui.background import Background, Lane
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import LeaseId
from app.values.vocabulary import PauseState
from app.wire import card_operations
from app.wire.recording import AskPause, PauseView, ReleasePause

AGAIN_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""How long to wait before each further try; the last holds from then on."""
ALARM_S = 5.0
"""A release that is not confirmed by then is told, although its answer may still come."""


@dataclass(slots=True)
class _Release:
    """One lease that has to end. `is_heard`: the centre has the release, and goes on by itself."""

    request: ReleasePause
    since: float
    due: float = 0.0
    tries: int = 0
    is_heard: bool = False
    is_asking: bool = False
    is_doubtful: bool = False


class Releases(QObject):
    """All leases that are to end. `ended(LeaseId)`: its recordings run again, or the call is over.

    `changed` tells that the picture is another one.
    """

    changed = Signal()
    ended = Signal(object)

    def __init__(
        self, caller: Caller, background: Background, clock: Clock, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._clock = clock
        self._open: dict[LeaseId, _Release] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to end."""
        return not self._open

    @property
    def are_doubtful(self) -> bool:
        """Whether a recording may still be paused, or may be paused late."""
        return any(one.is_doubtful for one in self._open.values())

    def is_doubtful(self, lease_id: LeaseId) -> bool:
        """Whether it is late to be confirmed that a lease has ended."""
        one = self._open.get(lease_id)
        return one is not None and one.is_doubtful

    def release(self, request: ReleasePause) -> None:
        """End a lease; asked for a second time it is released once more, and its end stays."""
        known = self._open.get(request.lease_id)
        if known is None:
            known = _Release(request, self._clock.monotonic())
            self._open[request.lease_id] = known
        known.is_heard = False
        if not known.is_asking:
            self._ask(known)

    def write_out(self) -> None:
        """The program ends: what the centre has not heard is sent before it does."""
        for one in tuple(self._open.values()):
            if not one.is_heard:
                self._ask(one, Lane.WRITE)

    def on_tick(self) -> None:
        """Time has passed: ask again what is due."""
        now = self._clock.monotonic()
        for one in tuple(self._open.values()):
            if not one.is_doubtful and now - one.since >= ALARM_S:
                self._doubt(one)
            if not one.is_asking and now >= one.due:
                self._ask(one)

    def _ask(self, one: _Release, lane: Lane = Lane.NETWORK) -> None:
        one.is_asking = True
        lease_id = one.request.lease_id
        if one.is_heard:
            work = partial(
                self._caller.call, card_operations.ASK_PAUSE, AskPause(lease_id=lease_id)
            )
        else:
            work = partial(self._caller.call, card_operations.RELEASE_PAUSE, one.request)
        self._background.run(
            lane,
            work,
            owner=self,
            then=partial(self._answered, one),
            failed=partial(self._failed, one),
        )

    def _answered(self, one: _Release, view: PauseView) -> None:
        lease_id = one.request.lease_id
        if self._open.get(lease_id) is not one:
            return
        if view.resumed_at is not None or view.state is PauseState.ENDED:
            del self._open[lease_id]
            self.changed.emit()
            self.ended.emit(lease_id)
            return
        one.is_heard = True
        self._again(one)

    def _failed(self, one: _Release, _error: Refusal | Fault) -> None:
        """Nobody knows whether it was heard: it is said once more, and never given up."""
        self._again(one)

    def _again(self, one: _Release) -> None:
        one.is_asking = False
        one.due = self._clock.monotonic() + AGAIN_S[min(one.tries, len(AGAIN_S) - 1)]
        one.tries += 1
        self._doubt(one)

    def _doubt(self, one: _Release) -> None:
        if not one.is_doubtful:
            one.is_doubtful = True
            self.changed.emit()
