"""Hears what happens to calls while they are paused, keeps them paused, and tells their desks.

Every replica hears every event; rows are added once. One thread per recorder does the work, so that
neither an adapter's reader nor another recorder ever waits for one that hangs.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from queue import SimpleQueue

from sqlalchemy.exc import SQLAlchemyError

from app.models.central.recording import RecordingLease
from app.services.central.call_flags import flag_lease
from app.services.central.pause_rows import (
    PAUSED,
    LeaseOfCall,
    add_event,
    begin_to_resume,
    leases_of,
    locked_known,
    named_by,
    note_answers,
    note_recordings,
    recordings_of,
    reopen,
)
from app.services.central.pause_settings import PauseSettings
from app.services.central.pausing import Asked, Recorders
from app.services.central.recorder import Recorder, RecorderEvent, Recording
from app.services.central.resuming import Resuming
from app.services.central.transaction import Transaction, Transactions
from app.services.ports import EventLog
from app.values.errors import Fault
from app.values.identity import LeaseId
from app.values.vocabulary import CallEventKind, CallFlag, PauseEnd, PauseState

TRIES_MOST = 40
AGAIN_S = 0.5
"""How often, and how long after, an event is tried again that could not be looked up or written."""
_STOP_S = 10.0


class RecorderEvents:
    """Listens to all recorders while the service runs."""

    def __init__(
        self,
        transactions: Transactions,
        recorders: Recorders,
        resuming: Resuming,
        settings: PauseSettings,
        log: EventLog,
    ) -> None:
        handler = _Handler(transactions, recorders, resuming, settings)
        self._ears = tuple(_Ear(recorder, handler, log) for recorder in recorders.all)

    def start(self) -> None:
        """Begin to listen."""
        for ear in self._ears:
            ear.start()

    def require_alive(self) -> None:
        """Raises Fault `background_ended` when a bug has ended one."""
        if not all(ear.is_alive() for ear in self._ears):
            raise Fault("background_ended", "A part of the service has ended by itself.")

    def close(self) -> None:
        """Finish what was heard, and end."""
        for ear in self._ears:
            ear.stop()


class _Ear:
    """One recorder's events, one after another."""

    def __init__(self, recorder: Recorder, handler: _Handler, log: EventLog) -> None:
        self._recorder = recorder
        self._handler = handler
        self._log = log
        self._heard: SimpleQueue[RecorderEvent | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"events of {recorder.name}")
        self._is_started = False
        self._stopping = threading.Event()

    def start(self) -> None:
        self._is_started = True
        self._thread.start()
        self._recorder.listen(self._heard.put)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        self._stopping.set()
        self._heard.put(None)
        if self._is_started:
            self._thread.join(_STOP_S)

    def _run(self) -> None:
        while (event := self._heard.get()) is not None:
            try:
                self._handle(event)
            except BaseException as bug:
                self._log.write(
                    "background_ended", operation=self._thread.name, error=type(bug).__name__
                )
                raise

    def _handle(self, event: RecorderEvent) -> None:
        """A database that is away for a moment loses no event, and none overtakes another."""
        for _ in range(TRIES_MOST):
            try:
                self._handler.handle(event)
            except (Fault, SQLAlchemyError) as problem:
                error = type(problem).__name__
                self._log.write("recorder_event_failed", kind=str(event.kind), error=error)
            else:
                return
            if self._stopping.wait(AGAIN_S):
                return


class _Handler:
    """What is done about an event."""

    def __init__(
        self,
        transactions: Transactions,
        recorders: Recorders,
        resuming: Resuming,
        settings: PauseSettings,
    ) -> None:
        self._transactions = transactions
        self._recorders = recorders
        self._resuming = resuming
        self._late_s = settings.late_s

    def handle(self, event: RecorderEvent) -> None:
        """Keep paused first, where it began to record; else tell first, because the desk locks."""
        for lease in self._transactions.read(partial(leases_of, event=event)):
            match event.kind:
                case CallEventKind.HANGUP:
                    end = partial(self._hang_up, event=event, lease_id=lease.lease_id)
                    self._transactions.write(end)
                case CallEventKind.RECORDER_LOST:
                    self._tell(lease, event)
                case CallEventKind.RECORDER_STARTED | CallEventKind.RESUMED:
                    self._pause_what_began(lease, event)
                case _:
                    self._tell(lease, event)
                    self._pause_again(lease, event)

    def _tell(self, lease: LeaseOfCall, event: RecorderEvent) -> None:
        if lease.state in PAUSED:
            note = partial(
                _note_event, lease_id=lease.lease_id, kind=event.kind, event=event, suffix=""
            )
            self._transactions.write(note)

    def _hang_up(self, tx: Transaction, event: RecorderEvent, lease_id: LeaseId) -> None:
        """The watchdog does the rest: a screen recorder has to go on although the call is over."""
        lease = locked_known(tx, lease_id)
        if lease.state is PauseState.ENDED:
            return
        if lease.state in PAUSED:
            begin_to_resume(lease, PauseEnd.HANGUP, tx.at, self._resuming.claim)
            lease.next_try_at = tx.at
        elif lease.keeps_paused:
            lease.keeps_paused = False
            lease.next_try_at = tx.at
        add_event(tx, lease, event.kind, event.identity, event.recorder)

    def _pause_what_began(self, lease: LeaseOfCall, event: RecorderEvent) -> None:
        """A recording that begins during a pause is paused at once, or the desk has to lock."""
        if event.key:
            recording = Recording(recorder=event.recorder, call=event.call, key=event.key)
            self._pause(lease, event, (recording,), began=True)
        else:
            self._pause_again(lease, event)

    def _pause_again(self, lease: LeaseOfCall, event: RecorderEvent) -> None:
        """Hold, retrieve and transfer may start recordings, or end a pause."""
        if lease.state not in PAUSED:
            return
        noted = self._transactions.read(partial(_noted_at, lease=lease, recorder=event.recorder))
        there = self._recorders.found_by(event.recorder, event.call)
        if there is None:
            self._lose(lease, event)
            return
        new = tuple(recording for recording in there if recording not in noted)
        self._pause(lease, event, noted, began=False)
        if new:
            self._pause(lease, event, new, began=True)

    def _pause(
        self,
        lease: LeaseOfCall,
        event: RecorderEvent,
        recordings: Sequence[Recording],
        *,
        began: bool,
    ) -> None:
        note = partial(_note_if_paused, lease_id=lease.lease_id, recordings=recordings)
        if not recordings or not self._transactions.write(note):
            return
        answers = self._recorders.pause(recordings, lease.lease_id, self._late_s)
        note_again = partial(
            self._note_paused_again, lease=lease, event=event, answers=answers, began=began
        )
        if self._transactions.write(note_again):
            self._resuming.try_now(lease.lease_id)

    def _note_paused_again(
        self,
        tx: Transaction,
        lease: LeaseOfCall,
        event: RecorderEvent,
        answers: Sequence[Asked],
        *,
        began: bool,
    ) -> bool:
        """Whether the lease had ended meanwhile, so that what was just paused is to go on."""
        row = locked_known(tx, lease.lease_id)
        note_answers(tx, lease.lease_id, answers)
        if row.state is PauseState.RESUMING:
            row.next_try_at = tx.at
        if row.state in PAUSED:
            _tell_what_began(tx, row, event, answers, began=began)
        is_left = any(one.confirmed_by is not None or one.is_unknown for one in answers)
        is_ended = row.state is PauseState.ENDED
        return is_ended and is_left and reopen(tx, row, self._resuming.claim)

    def _lose(self, lease: LeaseOfCall, event: RecorderEvent) -> None:
        lost = CallEventKind.RECORDER_LOST
        self._transactions.write(
            partial(_note_event, lease_id=lease.lease_id, kind=lost, event=event, suffix=":lost")
        )


def _note_event(
    tx: Transaction, lease_id: LeaseId, kind: CallEventKind, event: RecorderEvent, suffix: str
) -> None:
    lease = locked_known(tx, lease_id)
    if lease.state in PAUSED:
        add_event(tx, lease, kind, event.identity + suffix, event.recorder)


def _noted_at(tx: Transaction, lease: LeaseOfCall, recorder: str) -> tuple[Recording, ...]:
    rows = recordings_of(tx, lease.lease_id)
    return tuple(named_by(r) for r in rows if r.recorder == recorder and r.may_be_paused)


def _note_if_paused(tx: Transaction, lease_id: LeaseId, recordings: Sequence[Recording]) -> bool:
    """Whether the lease is still to keep them paused; they are noted before they are told."""
    lease = locked_known(tx, lease_id)
    if lease.state not in PAUSED:
        return False
    note_recordings(tx, lease_id, recordings)
    told = {(recording.recorder, recording.key) for recording in recordings}
    for row in recordings_of(tx, lease_id):
        # Paused twice: a release in between has to let it go on twice.
        row.is_doubtful = row.is_doubtful or (row.recorder, row.recording) in told
    return True


def _tell_what_began(
    tx: Transaction,
    row: RecordingLease,
    event: RecorderEvent,
    answers: Sequence[Asked],
    *,
    began: bool,
) -> None:
    """The desk has to lock for what is not paused; what is, is kept on the list."""
    lost = [one for one in answers if one.confirmed_by is None and not one.is_gone]
    paused = [one for one in answers if one.confirmed_by is not None]
    if lost:
        kind = CallEventKind.RECORDER_LOST
        keys = [one.recording.key for one in lost]
        add_event(tx, row, kind, f"{event.identity}:lost", event.recorder, keys)
    elif began and paused and row.state is PauseState.HELD:
        kind = CallEventKind.RECORDER_STARTED
        keys = [one.recording.key for one in paused]
        if add_event(tx, row, kind, f"{event.identity}:began", event.recorder, keys):
            flag_lease(tx, row, CallFlag.RECORDER_STARTED)
