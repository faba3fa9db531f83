"""Lets recordings go on once a pause is over, and looks for pauses whose desk or replica went away.

Works from the rows alone, so that any replica can do it. Whoever moves a lease's `next_try_at` on
has it to itself until then; nobody speaks to a recorder within a transaction. Saga threads and the
watchdog's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.exc import SQLAlchemyError

from app.models.central.recording import RecordingLease, RecordingPause
from app.services.central.call_flags import flag_lease
from app.services.central.pause_rows import (
    add_event,
    begin_to_resume,
    end_lease,
    evidence,
    instant,
    locked_known,
    named_by,
    recordings_of,
    to_resume,
)
from app.services.central.pause_settings import OnExpiry, PauseSettings
from app.services.central.pausing import Asked, Recorders, side_by_side
from app.services.central.transaction import Transaction, Transactions
from app.services.ports import EventLog
from app.services.rules.evidence import EvidenceKind
from app.values.errors import Fault
from app.values.identity import LeaseId
from app.values.vocabulary import CallEventKind, CallFlag, PauseEnd, PauseState

AT_ONCE = 16
"""Leases that one round of the watchdog lets go on side by side."""
_ROUND_MOST = 64
_PATIENCE_S = 1.5
"""So long a round waits for tries: those at a recorder that hangs go on without it."""
_SLOWEST_S = 30.0


class Resuming:
    """Records again, for as long as it takes."""

    def __init__(
        self,
        transactions: Transactions,
        recorders: Recorders,
        settings: PauseSettings,
        log: EventLog,
    ) -> None:
        self._transactions = transactions
        self._recorders = recorders
        self._settings = settings
        self._log = log
        self._news = threading.Condition()
        self._under_way = 0

    def close(self) -> None:
        """Wait for tries that a round has left behind: they use the database."""
        with self._news:
            self._news.wait_for(self._is_idle, 2 * self._settings.answer_s)

    @property
    def claim(self) -> timedelta:
        """How long one try may take: no other replica begins one meanwhile."""
        return timedelta(seconds=2 * self._settings.answer_s + 1)

    def run(self, lease_id: LeaseId) -> None:
        """One try, by whoever has claimed it."""
        wanted = self._transactions.read(partial(to_resume, lease_id=lease_id))
        answers = self._recorders.resume(wanted, lease_id) if wanted else ()
        self._transactions.write(partial(self._note, lease_id=lease_id, answers=answers))

    def look_after(self) -> None:
        """The watchdog's round."""
        due = self._transactions.write(self._claim_what_is_due)
        works = [partial(self.try_now, lease_id) for lease_id in due]
        kept = self._transactions.write(self._claim_what_stays_paused)
        works += [partial(self._safely, self._end_if_over, lease_id) for lease_id in kept]
        for begin in range(0, len(works), AT_ONCE):
            side_by_side(works[begin : begin + AT_ONCE], _PATIENCE_S)

    def try_now(self, lease_id: LeaseId) -> None:
        """As `run`; where the database fails it is tried again once the claim is over."""
        self._safely(self.run, lease_id)

    def _safely(self, work: Callable[[LeaseId], None], lease_id: LeaseId) -> None:
        with self._news:
            self._under_way += 1
        try:
            work(lease_id)
        except (Fault, SQLAlchemyError) as problem:
            self._log.write("resume_failed", error=type(problem).__name__)
        finally:
            with self._news:
                self._under_way -= 1
                self._news.notify_all()

    def _is_idle(self) -> bool:
        return not self._under_way

    # -------------------------------------------------------------- the watchdog

    def _claim_what_is_due(self, tx: Transaction) -> list[LeaseId]:
        """Leases to let go on now; those that other replicas are at are passed over."""
        lease = RecordingLease
        due = or_(
            and_(lease.state == PauseState.HELD, lease.expires_at <= tx.at),
            and_(lease.state == PauseState.PAUSING, lease.pausing_until <= tx.at),
            and_(
                lease.state == PauseState.RESUMING,
                lease.keeps_paused.is_(False),
                lease.next_try_at <= tx.at,
            ),
            self._is_alarming(tx),
        )
        found = tx.session.scalars(
            select(lease)
            .where(due, lease.state != PauseState.ENDED)
            # Those that were tried before come last: a recorder that hangs keeps none waiting.
            .order_by(lease.state == PauseState.RESUMING, lease.requested_at)
            .limit(_ROUND_MOST)
            .with_for_update(skip_locked=True)
        ).all()
        return [LeaseId(one.lease_id) for one in found if self._is_claimed(tx, one)]

    def _is_alarming(self, tx: Transaction) -> ColumnElement[bool]:
        lease = RecordingLease
        return and_(
            lease.state == PauseState.RESUMING,
            lease.keeps_paused.is_(False),
            lease.alarmed_at.is_(None),
            lease.resuming_at <= tx.at - timedelta(seconds=self._settings.resume_alarm_s),
        )

    def _is_claimed(self, tx: Transaction, lease: RecordingLease) -> bool:
        if lease.state is PauseState.HELD:
            return self._expire(tx, lease)
        if lease.state is PauseState.PAUSING:
            self._take_over(tx, lease)
            return True
        alarms_from = tx.at - timedelta(seconds=self._settings.resume_alarm_s)
        if lease.alarmed_at is None and _is_reached(lease.resuming_at, alarms_from):
            self._raise_alarm(tx, lease)
        if not _is_reached(lease.next_try_at, tx.at):
            return False
        lease.next_try_at = tx.at + self.claim
        return True

    def _expire(self, tx: Transaction, lease: RecordingLease) -> bool:
        """The desk was not heard of; False where the recording is to stay paused all the same."""
        begin_to_resume(lease, PauseEnd.EXPIRED, tx.at, self.claim)
        lease.keeps_paused = self._settings.on_expiry is OnExpiry.STAY_PAUSED
        self._log.write("pause_expired", state=str(self._settings.on_expiry))
        add_event(tx, lease, CallEventKind.EXPIRED, "expired")
        flag_lease(tx, lease, CallFlag.RESUMED_BY_EXPIRY)
        facts = {"held_at": instant(lease.held_at), "on_expiry": str(self._settings.on_expiry)}
        evidence(tx, lease, EvidenceKind.EXPIRED, facts)
        if lease.keeps_paused:
            lease.next_try_at = tx.at + timedelta(seconds=_SLOWEST_S)
        return not lease.keeps_paused

    def _take_over(self, tx: Transaction, lease: RecordingLease) -> None:
        """The replica that was pausing it is gone; whatever it paused is let go."""
        begin_to_resume(lease, PauseEnd.NOT_PAUSED, tx.at, self.claim)
        lease.pausing_until = None
        self._log.write("pause_taken_over")
        evidence(tx, lease, EvidenceKind.REFUSED, {"code": "replica_lost"})

    def _raise_alarm(self, tx: Transaction, lease: RecordingLease) -> None:
        lease.alarmed_at = tx.at
        waiting = [row for row in recordings_of(tx, lease.lease_id) if row.may_be_paused]
        self._log.write("resume_unconfirmed", count=len(waiting))
        recorder = waiting[0].recorder if waiting else ""
        add_event(tx, lease, CallEventKind.RESUME_UNCONFIRMED, "resume_unconfirmed", recorder)
        flag_lease(tx, lease, CallFlag.RESUME_UNCONFIRMED)

    def _claim_what_stays_paused(self, tx: Transaction) -> list[LeaseId]:
        lease = RecordingLease
        found = tx.session.scalars(
            select(lease)
            .where(
                lease.state == PauseState.RESUMING,
                lease.keeps_paused.is_(True),
                lease.next_try_at <= tx.at,
            )
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        ).all()
        for one in found:
            one.next_try_at = tx.at + timedelta(seconds=_SLOWEST_S)
        return [LeaseId(one.lease_id) for one in found]

    def _end_if_over(self, lease_id: LeaseId) -> None:
        """Stop keeping it paused once its call is over: then what is left of it may go on."""
        wanted = self._transactions.read(partial(to_resume, lease_id=lease_id))
        is_over = self._recorders.is_over(wanted)
        if self._transactions.write(partial(self._let_go, lease_id=lease_id, is_over=is_over)):
            self.run(lease_id)

    def _let_go(self, tx: Transaction, lease_id: LeaseId, *, is_over: bool) -> bool:
        lease = locked_known(tx, lease_id)
        is_old = tx.at - lease.requested_at > timedelta(hours=self._settings.give_up_hours)
        if lease.state is not PauseState.RESUMING or not (is_over or is_old):
            return False
        lease.keeps_paused = False
        lease.next_try_at = tx.at + self.claim
        return True

    # -------------------------------------------------------------- what came of a try

    def _note(self, tx: Transaction, lease_id: LeaseId, answers: Sequence[Asked]) -> None:
        lease = locked_known(tx, lease_id)
        if lease.state is not PauseState.RESUMING:
            return
        by_recording = {answer.recording: answer for answer in answers}
        rows = recordings_of(tx, lease_id)
        is_pausing = lease.pausing_until is not None and lease.pausing_until > tx.at
        for row in rows:
            answer = by_recording.get(named_by(row))
            if answer is not None and row.may_be_paused:
                self._note_answer(tx, row, answer, is_pausing=is_pausing)
        lease.tries += 1
        left = [row for row in rows if row.may_be_paused]
        if left or is_pausing:
            self._try_later(tx, lease, left)
        else:
            self._end(tx, lease, rows)

    def _note_answer(
        self, tx: Transaction, row: RecordingPause, answer: Asked, *, is_pausing: bool
    ) -> None:
        """A pause that may still be on its way undoes a resume, so that one is asked for twice."""
        row.attempts += 1
        row.problem = answer.problem.code if answer.problem is not None else ""
        if answer.is_gone:
            row.may_be_paused = row.is_doubtful = False
        elif answer.confirmed_by is not None and not is_pausing:
            if row.is_doubtful:
                row.is_doubtful = False
            else:
                row.may_be_paused = False
                row.resumed_by, row.resumed_at = answer.confirmed_by, tx.at

    def _try_later(
        self, tx: Transaction, lease: RecordingLease, left: Sequence[RecordingPause]
    ) -> None:
        if tx.at - lease.requested_at > timedelta(hours=self._settings.give_up_hours):
            self._log.write("resume_given_up", count=len(left))
            end_lease(tx, lease)
            add_event(tx, lease, CallEventKind.RESUME_UNCONFIRMED, "given_up")
            return
        settling = all(not row.problem for row in left)
        wait_s = self._settings.settle_s if settling else backoff_s(lease.tries)
        lease.next_try_at = tx.at + timedelta(seconds=wait_s)

    def _end(self, tx: Transaction, lease: RecordingLease, rows: Sequence[RecordingPause]) -> None:
        lease.resumed_at = tx.at
        end_lease(tx, lease)
        add_event(tx, lease, CallEventKind.RESUMED, "resumed")
        facts = {
            "end": str(lease.end_reason),
            "tries": lease.tries,
            "recordings": [
                {
                    "recorder": row.recorder,
                    "recording": row.recording,
                    "resumed_by": str(row.resumed_by) if row.resumed_by is not None else "",
                    "resumed_at": instant(row.resumed_at),
                }
                for row in rows
            ],
        }
        evidence(tx, lease, EvidenceKind.RESUMED, facts)


def _is_reached(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def backoff_s(tries: int) -> float:
    """0.5, 1, 2, 4 .. 30 seconds after the first, second ... try."""
    return float(min(_SLOWEST_S, 0.5 * 2.0 ** min(tries - 1, 10)))
