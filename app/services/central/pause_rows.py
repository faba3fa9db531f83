"""The rows of pause leases: what the parts that pause, resume and listen read and write of them.

Functions over one transaction each; none speaks to a recorder. A lease is locked before anything of
it is changed, and the evidence is added last, because its head is what all of them wait for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert

from app.models.central.recording import RecordingEvent, RecordingLease, RecordingPause
from app.services.central.evidence import add_evidence, tells_any
from app.services.central.pausing import Asked
from app.services.central.recorder import RecorderEvent, Recording
from app.services.central.transaction import Transaction
from app.services.rules.evidence import EVENT, EvidenceKind
from app.values.errors import Refusal
from app.values.identity import LeaseId
from app.values.vocabulary import CallEventKind, PauseEnd, PauseState
from app.wire.recording import CallEvent, PauseView

LIVE = (PauseState.PAUSING, PauseState.HELD, PauseState.RESUMING)
PAUSED = (PauseState.PAUSING, PauseState.HELD)
_HAS_OWN_EVIDENCE = (CallEventKind.RESUMED, CallEventKind.EXPIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseOfCall:
    """A live lease that an event is about."""

    lease_id: LeaseId
    state: PauseState


def locked(tx: Transaction, lease_id: UUID) -> RecordingLease | None:
    """The lease, which nobody else changes until commit."""
    return tx.session.get(RecordingLease, lease_id, with_for_update=True)


def locked_known(tx: Transaction, lease_id: UUID) -> RecordingLease:
    """As `locked`, for a lease that is known to be there: none is ever deleted."""
    return tx.session.scalars(
        select(RecordingLease).where(RecordingLease.lease_id == lease_id).with_for_update()
    ).one()


def require_own(lease: RecordingLease, device_id: UUID) -> None:
    """Raises Refusal `not_yours`."""
    if lease.device_id != device_id:
        raise Refusal("not_yours", "This belongs to another seat.")


def lease_over() -> Refusal:
    """The refusal of a lease that holds no more."""
    return Refusal(
        "lease_over",
        "The recording is no longer held still, so the card fields are locked. Please start again.",
    )


def recordings_of(tx: Transaction, lease_id: UUID) -> tuple[RecordingPause, ...]:
    """Every recording of a lease."""
    query = select(RecordingPause).where(RecordingPause.lease_id == lease_id)
    return tuple(
        tx.session.scalars(query.order_by(RecordingPause.recorder, RecordingPause.recording))
    )


def named_by(row: RecordingPause) -> Recording:
    """The recording as its recorder is told of it."""
    return Recording(recorder=row.recorder, call=row.call, key=row.recording)


def to_resume(tx: Transaction, lease_id: UUID) -> tuple[Recording, ...]:
    """What may still be paused because of this lease."""
    return tuple(named_by(row) for row in recordings_of(tx, lease_id) if row.may_be_paused)


def note_recordings(tx: Transaction, lease_id: UUID, recordings: Iterable[Recording]) -> None:
    """Note what will be paused, before it is; doubtful until its recorder has answered."""
    rows = [
        {
            "lease_id": lease_id,
            "recorder": recording.recorder,
            "recording": recording.key,
            "call": recording.call,
            "asked_at": tx.at,
            "may_be_paused": True,
            "is_doubtful": True,
            "attempts": 0,
            "problem": "",
        }
        for recording in recordings
    ]
    if rows:
        tx.connection.execute(insert(RecordingPause).on_conflict_do_nothing(), rows)


def note_answers(tx: Transaction, lease_id: UUID, answers: Iterable[Asked]) -> None:
    """Note what recorders said to being told to pause; one that was paused stays so in doubt."""
    rows = {(row.recorder, row.recording): row for row in recordings_of(tx, lease_id)}
    for answer in answers:
        # Not by its call: that of a recording may change its name when it is transferred.
        row = rows[answer.recording.recorder, answer.recording.key]
        was_paused = row.confirmed_by is not None and row.may_be_paused
        row.problem = answer.problem.code if answer.problem is not None else ""
        row.is_doubtful = answer.is_unknown
        row.may_be_paused = answer.confirmed_by is not None or (
            answer.is_unknown or (was_paused and not answer.is_gone)
        )
        if answer.confirmed_by is not None:
            row.confirmed_by, row.confirmed_at = answer.confirmed_by, tx.at


def add_event(
    tx: Transaction,
    lease: RecordingLease,
    kind: CallEventKind,
    identity: str,
    recorder: str = "",
    recordings: Sequence[str] = (),
) -> bool:
    """Tell the desk, with evidence; False when another replica has told it already."""
    tx.session.flush()
    row = {
        "lease_id": lease.lease_id,
        "kind": kind,
        "recorder": recorder,
        "identity": identity,
        "at": tx.at,
    }
    added = tx.connection.execute(
        insert(RecordingEvent).on_conflict_do_nothing().returning(RecordingEvent.seq), row
    ).one_or_none()
    if added is not None and kind not in _HAS_OWN_EVIDENCE:
        facts = {"recorder": recorder, "recordings": list(recordings)}
        evidence(tx, lease, f"{EVENT}{kind}", facts)
    return added is not None


def events_after(tx: Transaction, lease_id: UUID, since: int) -> tuple[CallEvent, ...]:
    """What happened to the call after an event, in order."""
    rows = tx.session.scalars(
        select(RecordingEvent)
        .where(RecordingEvent.lease_id == lease_id, RecordingEvent.seq > since)
        .order_by(RecordingEvent.seq)
    )
    return tuple(
        CallEvent(seq=row.seq, kind=row.kind, at=row.at, recorder=row.recorder) for row in rows
    )


def newest_events(tx: Transaction, leases: Sequence[UUID]) -> dict[UUID, int]:
    """The newest event of each of these leases that has any."""
    query = (
        select(RecordingEvent.lease_id, func.max(RecordingEvent.seq).label("newest"))
        .where(RecordingEvent.lease_id.in_(leases))
        .group_by(RecordingEvent.lease_id)
    )
    return {row.lease_id: row.newest for row in tx.connection.execute(query)}


def leases_of(tx: Transaction, event: RecorderEvent) -> tuple[LeaseOfCall, ...]:
    """Live leases that an event is about; all of its recorder's where it names no call."""
    of_recorder = select(RecordingPause.lease_id).where(RecordingPause.recorder == event.recorder)
    query = select(RecordingLease.lease_id, RecordingLease.state).where(
        RecordingLease.state.in_(LIVE)
    )
    if event.call:
        known_as = of_recorder.where(RecordingPause.call == event.call)
        query = query.where(
            or_(RecordingLease.call_reference == event.call, RecordingLease.lease_id.in_(known_as))
        )
    else:
        query = query.where(RecordingLease.lease_id.in_(of_recorder))
    return tuple(
        LeaseOfCall(lease_id=LeaseId(lease_id), state=state)
        for lease_id, state in tx.connection.execute(query)
    )


def begin_to_resume(
    lease: RecordingLease, end: PauseEnd, at: datetime, claimed_for: timedelta
) -> None:
    """From now on it is to record again; whoever asked has `claimed_for` to do it alone."""
    lease.state = PauseState.RESUMING
    lease.end_reason = end
    lease.resuming_at = at
    lease.next_try_at = at + claimed_for


def reopen(tx: Transaction, lease: RecordingLease, claimed_for: timedelta) -> bool:
    """A pause came through after its lease had ended, so it has to be let go on once more.

    False where another lease has the call by now: that one lets all of it go on.
    """
    other = select(RecordingLease.lease_id).where(
        RecordingLease.call_reference == lease.call_reference, RecordingLease.state.in_(LIVE)
    )
    if tx.connection.execute(other).first() is not None:
        return False
    lease.state, lease.ended_at = PauseState.RESUMING, None
    lease.resuming_at = tx.at
    lease.next_try_at = tx.at + claimed_for
    return True


def end_lease(tx: Transaction, lease: RecordingLease) -> None:
    """It is over: nothing of it is paused any more, as far as anyone can tell."""
    lease.state = PauseState.ENDED
    lease.pausing_until = lease.next_try_at = None
    lease.ended_at = tx.at


def evidence(
    tx: Transaction, lease: RecordingLease, kind: EvidenceKind | str, facts: dict[str, Any]
) -> None:
    """Add a row about this lease."""
    tx.session.flush()
    document = {
        "reference": lease.call_reference,
        "order_id": _text(lease.order_id),
        "device_id": _text(lease.device_id),
        "person_id": _text(lease.person_id),
        "extension": lease.extension or "",
        **facts,
    }
    add_evidence(tx, lease.lease_id, str(kind), document)


def evidence_once(
    tx: Transaction, lease: RecordingLease, kind: EvidenceKind, facts: dict[str, Any]
) -> None:
    """As `evidence`, unless the desk has told its end of it before."""
    told = (EvidenceKind.RELEASED, EvidenceKind.REPORTED)
    if not tells_any(tx, lease.lease_id, told):
        evidence(tx, lease, kind, facts)


def instant(at: datetime | None) -> str:
    """An instant as the evidence holds it; empty where there was none."""
    return at.isoformat(timespec="microseconds") if at is not None else ""


def view_of(lease: RecordingLease) -> PauseView:
    """How a lease stands."""
    return PauseView(
        lease_id=LeaseId(lease.lease_id),
        state=lease.state,
        end=lease.end_reason,
        held_at=lease.held_at,
        resumed_at=lease.resumed_at,
    )


def _text(value: UUID | None) -> str:
    return str(value) if value is not None else ""
