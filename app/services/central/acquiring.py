"""Takes a pause lease: every recording of a call stands still, with proof, or nothing holds.

The lease is a row before any recorder is asked, and each recording before it is told to pause, so
that whatever happens here another replica can undo it. The fields may open only when the evidence
of the confirmations is committed. Runs on the threads of sagas.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from app.models.central.recording import RecordingLease
from app.services.central.pause_rows import (
    LIVE,
    PAUSED,
    begin_to_resume,
    end_lease,
    events_after,
    evidence,
    instant,
    lease_over,
    locked_known,
    named_by,
    newest_events,
    note_answers,
    note_recordings,
    recordings_of,
    reopen,
    require_own,
)
from app.services.central.pause_settings import PauseSettings
from app.services.central.pausing import Asked, FoundCall, Recorders
from app.services.central.recorder import Call, CallSought, Recording
from app.services.central.resuming import Resuming
from app.services.central.transaction import Actor, Saga, Transaction
from app.services.rules.evidence import EvidenceKind
from app.values.card import refuse_card_digits
from app.values.errors import Fault, Refusal
from app.values.identity import LeaseId
from app.values.vocabulary import CALL_ENDS_ENTRY, PauseEnd, PauseState
from app.wire.recording import AcquirePause, PausedRecording, PauseHeld, PauseTimes

LOOKS_MOST = 4
"""How often a call is looked over for recordings that began meanwhile."""
_BUSY_LOOK_S = 0.05
_WARNS_BEFORE_S = 25.0
_LOCKS_BEFORE_S = 5.0


class Acquiring:
    """Answers `recording.acquire`."""

    def __init__(self, recorders: Recorders, resuming: Resuming, settings: PauseSettings) -> None:
        self._recorders = recorders
        self._resuming = resuming
        self._settings = settings
        self._stopping = threading.Event()

    def close(self) -> None:
        """Wait for nobody any more."""
        self._stopping.set()

    def acquire(self, saga: Saga, actor: Actor, request: AcquirePause) -> PauseHeld:
        """Repeatable by the lease's id. Raises Refusal for whatever keeps the fields locked."""
        wanted = sought(actor, request.reference)
        state = saga.write(partial(self._request, actor=actor, request=request))
        for _ in range(int(self._settings.pausing_s / _BUSY_LOOK_S)):
            if state is not PauseState.PAUSING or self._stopping.wait(_BUSY_LOOK_S):
                break
            state = saga.write(partial(self._request, actor=actor, request=request))
        if state is PauseState.PAUSING:
            raise Refusal("pause_under_way", "The recording is being paused. Please try again.")
        if state is PauseState.HELD:
            found, recordings = saga.read(partial(_as_noted, lease_id=request.lease_id))
        else:
            found, recordings = self._named(saga, request.lease_id, wanted)
        return self._confirmed(saga, request.lease_id, found, recordings)

    # -------------------------------------------------------------- which call

    def _request(self, tx: Transaction, actor: Actor, request: AcquirePause) -> PauseState | None:
        """None for a new lease. Raises the refusal that was given before, or `lease_over`."""
        seat = actor.seat
        row = {
            "lease_id": request.lease_id,
            "state": PauseState.PAUSING,
            "call_reference": "",
            "order_id": request.order_id,
            "device_id": seat.device_id,
            "person_id": actor.signed_in.person_id,
            "workstation": seat.name,
            "extension": seat.extension,
            "requested_at": tx.at,
            "pausing_until": self._pausing_until(tx),
            "refused_code": "",
            "refused_sentence": "",
            "tries": 0,
            "keeps_paused": False,
        }
        made = tx.connection.execute(
            insert(RecordingLease).on_conflict_do_nothing().returning(RecordingLease.lease_id), row
        ).one_or_none()
        lease = locked_known(tx, request.lease_id)
        if made is not None:
            evidence(tx, lease, EvidenceKind.REQUESTED, {"typed_reference": request.reference})
            return None
        require_own(lease, seat.device_id)
        is_late = lease.expires_at is not None and lease.expires_at <= tx.at
        if lease.state not in PAUSED or is_late:
            raise _as_before(lease)
        return lease.state

    def _named(
        self, saga: Saga, lease_id: LeaseId, wanted: CallSought
    ) -> tuple[FoundCall, tuple[Recording, ...]]:
        """The call and its recordings, noted; nothing was told to pause yet."""
        try:
            found = self._recorders.find_call(wanted)
            if found.on_hold:
                raise Refusal(
                    "call_on_hold",
                    "The call is on hold. Please take it back before you take the card.",
                )
            recordings = self._recorders.recordings(found)
            name = partial(self._name, lease_id=lease_id, found=found, recordings=recordings)
            try:
                saga.write(name)
            except IntegrityError as cause:
                raise _already_paused(PauseState.PAUSING) from cause
        except Refusal as refusal:
            self._give_up(saga, lease_id, (), refusal)
            raise
        return found, recordings

    def _name(
        self, tx: Transaction, lease_id: LeaseId, found: FoundCall, recordings: Sequence[Recording]
    ) -> None:
        lease = locked_known(tx, lease_id)
        if lease.state is not PauseState.PAUSING:
            raise lease_over()
        other = tx.connection.execute(
            select(RecordingLease.state, RecordingLease.keeps_paused).where(
                RecordingLease.call_reference == found.reference,
                RecordingLease.state.in_(LIVE),
                RecordingLease.lease_id != lease_id,
            )
        ).one_or_none()
        if other is not None:
            raise _already_paused(other.state, keeps_paused=other.keeps_paused)
        lease.call_reference = found.reference
        lease.pausing_until = self._pausing_until(tx)
        tx.session.flush()
        note_recordings(tx, lease_id, recordings)

    # -------------------------------------------------------------- pausing

    def _confirmed(
        self, saga: Saga, lease_id: LeaseId, found: FoundCall, recordings: Sequence[Recording]
    ) -> PauseHeld:
        answers: dict[Recording, Asked] = {}
        try:
            self._pause_all(saga, lease_id, found, recordings, answers)
            return saga.write(partial(self._hold, lease_id=lease_id, answers=answers.values()))
        except Refusal as refusal:
            self._give_up(saga, lease_id, tuple(answers.values()), refusal)
            raise
        except BaseException:  # the database, or a bug: nothing may stay paused for either
            self._resume_unwritten(lease_id, answers)
            raise

    def _pause_all(
        self,
        saga: Saga,
        lease_id: LeaseId,
        found: FoundCall,
        recordings: Sequence[Recording],
        answers: dict[Recording, Asked],
    ) -> None:
        """Until a look at the call finds nothing that was not paused; fills `answers`."""
        for _ in range(LOOKS_MOST):
            for answer in self._recorders.pause(recordings, lease_id):
                answers[answer.recording] = answer
            _require_confirmed(answers.values())
            there = self._recorders.recordings(found)
            recordings = [recording for recording in there if recording not in answers]
            if not recordings:
                return
            saga.write(partial(self._note_more, lease_id=lease_id, recordings=recordings))
        raise Refusal(
            "pause_not_confirmed",
            "New recordings of this call begin all the time. The card fields stay locked.",
        )

    def _note_more(
        self, tx: Transaction, lease_id: LeaseId, recordings: Sequence[Recording]
    ) -> None:
        """Raises Refusal `lease_over`: nothing is told to pause for a lease that is over."""
        lease = locked_known(tx, lease_id)
        if lease.state not in PAUSED:
            raise lease_over()
        if lease.state is PauseState.PAUSING:
            lease.pausing_until = self._pausing_until(tx)
        note_recordings(tx, lease_id, recordings)

    def _pausing_until(self, tx: Transaction) -> datetime:
        """When another replica may take it over: this one was at it just now."""
        return tx.at + timedelta(seconds=self._settings.pausing_s)

    def _hold(self, tx: Transaction, lease_id: LeaseId, answers: Iterable[Asked]) -> PauseHeld:
        """HELD and its evidence in one.

        Raises Refusal `lease_over`, `call_changed` or `pause_not_confirmed`.
        """
        lease = locked_known(tx, lease_id)
        if lease.state not in PAUSED:
            raise lease_over()
        if any(event.kind in CALL_ENDS_ENTRY for event in events_after(tx, lease_id, 0)):
            raise Refusal(
                "call_changed",
                "The call was put on hold, transferred or lost while its recording was being"
                " paused. Please start again.",
            )
        note_answers(tx, lease_id, answers)
        rows = [row for row in recordings_of(tx, lease_id) if row.may_be_paused]
        unconfirmed = [row.recorder for row in rows if row.confirmed_by is None or row.is_doubtful]
        if unconfirmed or not rows:
            raise _not_confirmed(unconfirmed)
        longest_s = self._recorders.longest_pause_s(
            self._settings.longest_s, self._settings.native_spare_s
        )
        is_new = lease.held_at is None
        held_at = lease.held_at or tx.at
        lease.state = PauseState.HELD
        lease.held_at = held_at
        lease.pausing_until = None
        lease.longest_at = lease.longest_at or held_at + timedelta(seconds=longest_s)
        ttl = timedelta(seconds=self._settings.times.ttl_s)
        lease.expires_at = min(lease.longest_at, tx.at + ttl)
        paused = tuple(
            PausedRecording(
                recorder=row.recorder, recording=row.recording, confirmed_by=row.confirmed_by
            )
            for row in rows
            if row.confirmed_by is not None
        )
        if is_new:
            facts = {
                "requested_at": instant(lease.requested_at),
                "recordings": [msgspec.to_builtins(recording) for recording in paused],
            }
            evidence(tx, lease, EvidenceKind.CONFIRMED, facts)
        return PauseHeld(
            lease_id=lease_id,
            reference=lease.call_reference,
            confirmed_at=held_at,
            recordings=paused,
            times=self._times(longest_s),
            events_from=newest_events(tx, [lease_id]).get(lease_id, 0),
        )

    def _times(self, longest_s: float) -> PauseTimes:
        """As the settings say, unless a recorder would end the pause by itself before that."""
        times = self._settings.times
        locks_s = min(times.longest_s, longest_s - _LOCKS_BEFORE_S)
        warns_s = times.warn_s if locks_s == times.longest_s else locks_s - _WARNS_BEFORE_S
        return msgspec.structs.replace(times, longest_s=locks_s, warn_s=max(0.0, warns_s))

    # -------------------------------------------------------------- giving up

    def _give_up(
        self, saga: Saga, lease_id: LeaseId, answers: tuple[Asked, ...], refusal: Refusal
    ) -> None:
        """Let go on what was paused, and what may still be: a late pause is undone too."""
        note = partial(self._note_refused, lease_id=lease_id, answers=answers, refusal=refusal)
        try:
            is_claimed = saga.write(note)
        except (Fault, SQLAlchemyError):
            self._resume_unwritten(lease_id, {answer.recording: answer for answer in answers})
            raise
        if is_claimed:
            self._resuming.try_now(lease_id)

    def _note_refused(
        self, tx: Transaction, lease_id: LeaseId, answers: tuple[Asked, ...], refusal: Refusal
    ) -> bool:
        lease = locked_known(tx, lease_id)
        note_answers(tx, lease_id, answers)
        lease.pausing_until = None
        is_left = any(row.may_be_paused for row in recordings_of(tx, lease_id))
        if lease.state is PauseState.ENDED:
            return is_left and reopen(tx, lease, self._resuming.claim)
        if lease.state in PAUSED:
            begin_to_resume(lease, PauseEnd.REFUSED, tx.at, self._resuming.claim)
            lease.refused_code, lease.refused_sentence = refusal.code, refusal.sentence
            unproved = sorted({a.recording.recorder for a in answers if a.confirmed_by is None})
            evidence(tx, lease, EvidenceKind.REFUSED, {"code": refusal.code, "recorders": unproved})
        lease.next_try_at = tx.at + self._resuming.claim
        if not is_left:
            end_lease(tx, lease)
        return is_left

    def _resume_unwritten(self, lease_id: LeaseId, answers: dict[Recording, Asked]) -> None:
        """Nothing can be written, so nothing may stay paused; the rows are for the watchdog."""
        touched = [a.recording for a in answers.values() if a.confirmed_by or a.is_unknown]
        self._recorders.resume(touched, lease_id)


def sought(actor: Actor, reference: str) -> CallSought:
    """The call that is meant by who asks. Raises Refusal `card_digits`: references are kept."""
    seat = actor.seat
    typed = refuse_card_digits(reference.strip(), "reference")
    return CallSought(workstation=seat.name, extension=seat.extension, reference=typed)


def _as_noted(tx: Transaction, lease_id: LeaseId) -> tuple[FoundCall, tuple[Recording, ...]]:
    """The call and recordings of a lease that is held, from its rows."""
    lease = tx.session.get_one(RecordingLease, lease_id)
    rows = recordings_of(tx, lease_id)
    calls = {
        row.recorder: Call(
            reference=row.call, extension=lease.extension, workstation=lease.workstation
        )
        for row in rows
    }
    found = FoundCall(reference=lease.call_reference, by_recorder=calls)
    return found, tuple(named_by(row) for row in rows if row.may_be_paused)


def _as_before(lease: RecordingLease) -> Refusal:
    if lease.refused_code:
        return Refusal(lease.refused_code, lease.refused_sentence)
    return lease_over()


def _already_paused(state: PauseState, *, keeps_paused: bool = False) -> Refusal:
    if keeps_paused:
        return Refusal(
            "already_paused",
            "A desk went away while it took a card on this call, so the recording stays paused"
            " until the call is over. Please take the payment in another way, or call back.",
        )
    if state is PauseState.RESUMING:
        return Refusal(
            "already_paused",
            "The recording of this call was paused before and does not run again yet."
            " Please wait a moment.",
        )
    return Refusal("already_paused", "The recording of this call is paused already.")


def _require_confirmed(answers: Iterable[Asked]) -> None:
    unproved = [answer for answer in answers if answer.confirmed_by is None]
    if unproved:
        raise _not_confirmed(
            [answer.recording.recorder for answer in unproved],
            next((a.problem.sentence for a in unproved if a.problem is not None), ""),
        )


def _not_confirmed(recorders: Iterable[str], why: str = "") -> Refusal:
    names = " and ".join(sorted(set(recorders))) or "The recorder"
    sentence = f"{names} did not confirm the pause, so the card fields stay locked. {why}"
    return Refusal("pause_not_confirmed", sentence.strip())
