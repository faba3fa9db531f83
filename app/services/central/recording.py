"""Pause leases: the recording of a call stands still while a desk takes a card.

A lease is a row before any recorder is asked. Held only when every recorder on the call has
confirmed; a desk that goes away is noticed by the watchdog of any replica. Service threads.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from app.services.central.recorder import Recorder
from app.services.central.transaction import Actor, Handlers, Hold, Saga, Transaction, Transactions
from app.services.ports import EventLog
from app.values.errors import Fault
from app.wire import card_operations
from app.wire.recording import (
    AcquirePause,
    AskPause,
    CallEvents,
    CallMarked,
    CallOnLine,
    FindCall,
    MarkSpoken,
    PauseHeld,
    PauseRenewed,
    PauseTimes,
    PauseView,
    ReleasePause,
    RenewPause,
    WatchCall,
)


class OnExpiry(StrEnum):
    """What becomes of a recording whose desk has gone away."""

    RESUME = "resume"
    STAY_PAUSED = "stay_paused_until_hangup"


class PauseSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[centre.recording]` table. Seconds; the defaults are those of a LAN."""

    times: PauseTimes = PauseTimes()
    longest_s: float = 180.0
    resume_alarm_s: float = 10.0
    watchdog_s: float = 0.5
    on_expiry: OnExpiry = OnExpiry.RESUME


class Pauses:
    """Answers `recording.*`."""

    def __init__(
        self,
        transactions: Transactions,
        recorders: tuple[Recorder, ...],
        settings: PauseSettings,
        log: EventLog,
    ) -> None:
        self._transactions = transactions
        self._recorders = recorders
        self._settings = settings
        self._log = log

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add_saga(card_operations.FIND_CALL, self.find_call)
        handlers.add_saga(card_operations.ACQUIRE_PAUSE, self.acquire)
        handlers.add(card_operations.RENEW_PAUSE, self.renew)
        handlers.add_saga(card_operations.RELEASE_PAUSE, self.release)
        handlers.add(card_operations.ASK_PAUSE, self.status)
        handlers.add_wait(card_operations.WATCH_CALL, self.watch)
        handlers.add_saga(card_operations.MARK_SPOKEN, self.mark_spoken)

    def start(self) -> None:
        """Begin to listen to the recorders."""

    def close(self) -> None:
        """Let the recorders go."""

    def look_after(self) -> None:
        """The watchdog's round: leases that ran out, recordings that do not run again yet."""

    def find_call(self, saga: Saga, actor: Actor, request: FindCall) -> CallOnLine:
        """The call at the seat's extension."""
        raise _not_there()

    def acquire(self, saga: Saga, actor: Actor, request: AcquirePause) -> PauseHeld:
        """Pause every recorder on the call."""
        raise _not_there()

    def renew(self, tx: Transaction, actor: Actor, request: RenewPause) -> PauseRenewed:
        """Hold it for another while."""
        raise _not_there()

    def release(self, saga: Saga, actor: Actor, request: ReleasePause) -> PauseView:
        """Record again."""
        raise _not_there()

    def status(self, tx: Transaction, actor: Actor, request: AskPause) -> PauseView:
        """How a lease stands."""
        raise _not_there()

    async def watch(self, hold: Hold, actor: Actor, request: WatchCall) -> CallEvents:
        """What happens to the call of a lease."""
        raise _not_there()

    def mark_spoken(self, saga: Saga, actor: Actor, request: MarkSpoken) -> CallMarked:
        """Card digits were said before the pause."""
        raise _not_there()


def _not_there() -> Fault:
    return Fault("not_there", "This part of the service is not there yet.")
