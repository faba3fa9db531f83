"""The desk's side of a pause: asks for it, keeps it, and ends it; opens the card fields or not.

Only a positive confirmation opens them, any doubt locks them, and ending is always wipe, lock,
release. Time counts from when the last good renewal was SENT. GUI thread; touches no widget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.services.ports import Caller
from app.ui.background import Background, Lane
from app.ui.payment import words
from app.ui.payment.pause_state import PauseShown, PauseStage
from app.ui.payment.releases import Releases
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import Ids, LeaseId, OrderId
from app.values.vocabulary import CALL_ENDS_ENTRY, CallEventKind, PauseEnd
from app.wire import card_operations
from app.wire.recording import (
    AcquirePause,
    CallEvents,
    PauseHeld,
    PauseRenewed,
    PauseTimes,
    ReleasePause,
    RenewPause,
    WatchCall,
)

A = TypeVar("A")

TICK_MS = 250
CONFIRM_WITHIN_S = 10.0
"""A pause that was not confirmed by then is given up, and undone should it come late."""
WATCH_PAUSE_S = 1.0
"""An answer without news that came sooner than this is not asked for again before the next tick."""
REFERENCE_NEEDED = "reference_needed"
_RUNS_AGAIN = frozenset({CallEventKind.RESUMED, CallEventKind.RESUME_UNCONFIRMED})
_OF_THE_CALL = frozenset({CallEventKind.HANGUP, CallEventKind.TRANSFER, CallEventKind.HOLD})


@dataclass(frozen=True, slots=True)
class _Sent(Generic[A]):
    """An answer, and the monotonic time at which its question went out."""

    at: float
    answer: A


@dataclass(slots=True)
class _Lease:
    """The lease in hand. `deadline`: by then the fields are locked, whatever is heard."""

    lease_id: LeaseId
    asked: float
    times: PauseTimes
    idle_s: float
    deadline: float = 0.0
    held: float = 0.0
    last_key: float = 0.0
    renew_due: float = 0.0
    is_renewing: bool = False
    seen: int = 0
    watch_due: float = 0.0
    is_watching: bool = False
    first_digit_at: datetime | None = None
    last_digit_at: datetime | None = None


class PausePresenter(QObject):
    """Holds one PauseShown; `wipe_asked` comes before every lock, and is done when it returns.

    Runs on its own timer; `on_tick` may be called at any other time as well.
    """

    state_changed = Signal(object)
    hung_up = Signal()
    wipe_asked = Signal()

    def __init__(
        self,
        caller: Caller,
        background: Background,
        *,
        clock: Clock,
        ids: Ids,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._caller = caller
        self._background = background
        self._clock = clock
        self._ids = ids
        self._lease: _Lease | None = None
        self._ending: LeaseId | None = None
        self._state = PauseShown()
        self.releases = Releases(caller, background, clock, self)
        self.releases.changed.connect(self._show_releases)
        self.releases.ended.connect(self._resumed)
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self.on_tick)

    @property
    def state(self) -> PauseShown:
        """What is shown now."""
        return self._state

    @property
    def lease_id(self) -> LeaseId | None:
        """The lease in hand, while one is."""
        return self._lease.lease_id if self._lease is not None else None

    def begin(self, order_id: OrderId, idle_s: float, reference: str = "") -> None:
        """F9: ask for a pause of its own. Does nothing while one is under way."""
        if self._state.is_busy:
            return
        lease = _Lease(
            LeaseId(self._ids.new()), self._clock.monotonic(), PauseTimes(), idle_s=idle_s
        )
        self._lease = lease
        self.wipe_asked.emit()
        self._show(PauseShown(stage=PauseStage.PAUSING))
        request = AcquirePause(lease_id=lease.lease_id, order_id=order_id, reference=reference)
        self._tick.start()
        self._background.run(
            Lane.NETWORK,
            partial(
                self._sending, partial(self._caller.call, card_operations.ACQUIRE_PAUSE, request)
            ),
            owner=self,
            then=partial(self._confirmed, lease),
            failed=partial(self._not_confirmed, lease),
        )

    def key_pressed(self) -> None:
        """Somebody is there: the idle time starts anew, unless it is too late for any key."""
        if self._lease is not None and self._state.is_open:
            self._look_at(self._lease)
        if self._lease is not None:
            self._lease.last_key = self._clock.monotonic()

    def digit_typed(self) -> None:
        """A digit of the card was typed; when, is for the evidence."""
        self.key_pressed()
        if self._lease is not None:
            now = self._clock.now()
            self._lease.first_digit_at = self._lease.first_digit_at or now
            self._lease.last_digit_at = now

    def end(self, end: PauseEnd, sentence: str = "") -> None:
        """Wipe, lock, release: the CSR leaves, submits, or turns to something else."""
        if self._lease is not None:
            self._release(self._lease, end, sentence)

    def put_away(self) -> None:
        """The pane is left: what is still to be released goes on by itself."""
        self.end(PauseEnd.CANCELLED)
        if self._state.stage in {PauseStage.DONE, PauseStage.FAILED}:
            self._show(PauseShown())

    def write_out(self) -> None:
        """The program ends: wipe and lock, and send the release before it does."""
        lease, self._lease = self._lease, None
        if lease is not None:
            self.wipe_asked.emit()
            self._show(PauseShown(stage=PauseStage.LOCKED))
            self.releases.release(_releasing(lease, PauseEnd.WINDOW))
        self._tick.stop()
        self.releases.write_out()

    @Slot()
    def on_tick(self) -> None:
        """Time has passed: renew, lock what may no longer be open, ask again what is due."""
        lease = self._lease
        if lease is not None and self._state.stage is PauseStage.PAUSING:
            if self._clock.monotonic() - lease.asked >= CONFIRM_WITHIN_S:
                self._fail(lease, PauseEnd.NOT_PAUSED, words.no_answer())
        elif lease is not None:
            self._look_at(lease)
        self.releases.on_tick()
        if self._lease is None and self.releases.is_idle:
            self._tick.stop()

    def _sending(self, ask: Callable[[], A]) -> _Sent[A]:
        """On the lane: the time is taken before the question goes out."""
        at = self._clock.monotonic()
        return _Sent(at, ask())

    def _confirmed(self, lease: _Lease, sent: _Sent[PauseHeld]) -> None:
        held, now = sent.answer, self._clock.monotonic()
        if lease is not self._lease:
            # It was given up while the answer was on its way: whatever it did is undone.
            self.releases.release(_releasing(lease, PauseEnd.NOT_PAUSED))
            self._tick.start()
            return
        if held.lease_id != lease.lease_id or not held.recordings:
            self._fail(lease, PauseEnd.NOT_PAUSED, words.nothing_recorded())
            return
        lease.times, lease.seen = held.times, held.events_from
        lease.deadline = _deadline(sent.at, held.times)
        lease.held = lease.last_key = now
        lease.renew_due = sent.at + held.times.renew_s
        if now >= lease.deadline:
            self._fail(lease, PauseEnd.NOT_PAUSED, words.no_answer())
            return
        self._show(
            PauseShown(
                stage=PauseStage.PAUSED,
                confirmed_at=held.confirmed_at,
                recordings=len(held.recordings),
            )
        )
        self._watch(lease)

    def _not_confirmed(self, lease: _Lease, error: Refusal | Fault) -> None:
        if lease is not self._lease:
            # Released already; the question may have been carried out since, so once more.
            self.releases.release(_releasing(lease, PauseEnd.NOT_PAUSED))
            self._tick.start()
            return
        self._fail(
            lease,
            PauseEnd.NOT_PAUSED,
            words.not_paused(error),
            needs_reference=error.code == REFERENCE_NEEDED,
        )

    def _fail(
        self, lease: _Lease, end: PauseEnd, sentence: str, *, needs_reference: bool = False
    ) -> None:
        self._lease = None
        self.wipe_asked.emit()
        self._show(
            PauseShown(stage=PauseStage.FAILED, sentence=sentence, needs_reference=needs_reference)
        )
        self.releases.release(_releasing(lease, end))

    def _look_at(self, lease: _Lease) -> None:
        """I1: open only while the lease cannot have run out; then what else the time says."""
        now = self._clock.monotonic()
        paused_s = now - lease.held
        if now >= lease.deadline:
            self._release(lease, PauseEnd.DOUBT, words.renewal_late())
        elif paused_s >= lease.times.longest_s:
            self._release(lease, PauseEnd.LONGEST, words.too_long())
        elif now - lease.last_key >= lease.idle_s:
            self._release(lease, PauseEnd.IDLE, words.idle())
        else:
            self._show_time(lease, paused_s)
            if now >= lease.renew_due and not lease.is_renewing:
                self._renew(lease)
            if now >= lease.watch_due and not lease.is_watching and lease is self._lease:
                self._watch(lease)

    def _show_time(self, lease: _Lease, paused_s: float) -> None:
        is_near = paused_s >= lease.times.warn_s
        left_s = int(lease.times.longest_s - paused_s) if is_near else None
        state = replace(self._state, paused_s=int(paused_s), left_s=left_s)
        if state != self._state:
            self._show(state)

    def _renew(self, lease: _Lease) -> None:
        lease.is_renewing = True
        request = RenewPause(lease_id=lease.lease_id)
        self._background.run(
            Lane.RENEWAL,
            partial(
                self._sending, partial(self._caller.call, card_operations.RENEW_PAUSE, request)
            ),
            owner=self,
            then=partial(self._renewed, lease),
            failed=partial(self._not_renewed, lease),
        )

    def _renewed(self, lease: _Lease, sent: _Sent[PauseRenewed]) -> None:
        lease.is_renewing = False
        if lease is self._lease and sent.answer.lease_id == lease.lease_id:
            lease.deadline = max(lease.deadline, _deadline(sent.at, lease.times))
            lease.renew_due = sent.at + lease.times.renew_s
            self._look_at(lease)

    def _not_renewed(self, lease: _Lease, error: Refusal | Fault) -> None:
        """A refusal is certain: it is no longer held. Silence is tried again until the deadline."""
        lease.is_renewing = False
        if lease is not self._lease:
            return
        if isinstance(error, Refusal):
            self._release(lease, PauseEnd.DOUBT, words.lease_over())
            return
        lease.renew_due = self._clock.monotonic() + TICK_MS / 1_000
        self._look_at(lease)

    def _watch(self, lease: _Lease) -> None:
        lease.is_watching = True
        request = WatchCall(lease_id=lease.lease_id, since=lease.seen)
        self._background.run(
            Lane.NETWORK,
            partial(self._sending, partial(self._caller.call, card_operations.WATCH_CALL, request)),
            owner=self,
            then=partial(self._heard, lease),
            failed=partial(self._heard_nothing, lease),
        )

    def _heard(self, lease: _Lease, sent: _Sent[CallEvents]) -> None:
        lease.is_watching = False
        for event in sent.answer.events:
            lease.seen = max(lease.seen, event.seq)
            if event.kind is CallEventKind.HANGUP:
                self.hung_up.emit()
            if lease is self._lease and event.kind in CALL_ENDS_ENTRY | _RUNS_AGAIN:
                end = PauseEnd.CALL_CHANGED if event.kind in _OF_THE_CALL else PauseEnd.DOUBT
                self._release(lease, end, words.call_changed(event.kind))
        if lease is not self._lease:
            return
        if sent.answer.over:
            self._release(lease, PauseEnd.DOUBT, words.lease_over())
            return
        now = self._clock.monotonic()
        if sent.answer.events or now - sent.at >= WATCH_PAUSE_S:
            self._watch(lease)
        else:
            lease.watch_due = now + WATCH_PAUSE_S

    def _heard_nothing(self, lease: _Lease, _error: Refusal | Fault) -> None:
        """Deaf to the call: it may have ended or moved on, so the fields are not left open."""
        lease.is_watching = False
        if lease is self._lease:
            self._release(lease, PauseEnd.DOUBT, words.line_lost())

    def _release(self, lease: _Lease, end: PauseEnd, sentence: str) -> None:
        """Wipe, lock, release, in this order and in no other."""
        self._lease = None
        self._ending = lease.lease_id
        self.wipe_asked.emit()
        self._show(PauseShown(stage=PauseStage.LOCKED, sentence=sentence))
        self._show(PauseShown(stage=PauseStage.RESUMING, sentence=sentence))
        self._tick.start()
        self.releases.release(_releasing(lease, end))

    @Slot()
    def _show_releases(self) -> None:
        state = replace(self._state, is_doubtful=self.releases.are_doubtful)
        is_own = self._ending is not None and self.releases.is_doubtful(self._ending)
        if is_own and state.stage is PauseStage.RESUMING:
            state = replace(state, stage=PauseStage.RESUME_UNCONFIRMED)
        if state != self._state:
            self._show(state)

    @Slot(object)
    def _resumed(self, lease_id: LeaseId) -> None:
        if lease_id != self._ending:
            return
        self._ending = None
        if self._state.stage in {PauseStage.RESUMING, PauseStage.RESUME_UNCONFIRMED}:
            self._show(replace(self._state, stage=PauseStage.DONE))

    def _show(self, state: PauseShown) -> None:
        self._state = replace(state, is_doubtful=self.releases.are_doubtful)
        self.state_changed.emit(self._state)


def _deadline(sent: float, times: PauseTimes) -> float:
    return sent + times.ttl_s - times.margin_s


def _releasing(lease: _Lease, end: PauseEnd) -> ReleasePause:
    return ReleasePause(
        lease_id=lease.lease_id,
        end=end,
        first_digit_at=lease.first_digit_at,
        last_digit_at=lease.last_digit_at,
    )
