"""Pause leases: the recording of a call stands still while a desk takes a card.

A lease is a row before any recorder is asked. Held only when every recorder on the call has
confirmed; a desk that goes away is noticed by the watchdog of any replica. Service threads, threads
of sagas for what speaks to recorders.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import func, literal, update
from sqlalchemy.dialects.postgresql import insert

from app.models.central.recording import RecordingLease
from app.services.central.acquiring import Acquiring, sought
from app.services.central.call_flags import flag_spoken
from app.services.central.evidence import evidence_end
from app.services.central.pause_events import RecorderEvents
from app.services.central.pause_rows import (
    PAUSED,
    begin_to_resume,
    evidence,
    evidence_once,
    instant,
    lease_over,
    locked_known,
    require_own,
    view_of,
)
from app.services.central.pause_settings import PauseSettings
from app.services.central.pause_watch import CallWatch
from app.services.central.pausing import Recorders
from app.services.central.recorder import Recorder
from app.services.central.resuming import Resuming
from app.services.central.transaction import Actor, Handlers, Hold, Saga, Transaction, Transactions
from app.services.ports import EventLog
from app.services.rules.evidence import EvidenceKind
from app.values.errors import Refusal
from app.values.vocabulary import PauseState
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
    PauseView,
    ReleasePause,
    RenewPause,
    WatchCall,
)


class Pauses:
    """Answers `recording.*`."""

    def __init__(
        self,
        transactions: Transactions,
        recorders: tuple[Recorder, ...],
        settings: PauseSettings,
        log: EventLog,
    ) -> None:
        """Raises Refusal `settings_malformed` for times with which nothing would be safe."""
        settings.require_sound()
        self._settings = settings
        self._recorders = Recorders(recorders, settings.answer_s)
        self._resuming = Resuming(transactions, self._recorders, settings, log)
        self._acquiring = Acquiring(self._recorders, self._resuming, settings)
        self._events = RecorderEvents(transactions, self._recorders, self._resuming, settings, log)
        self._watch = CallWatch()
        self._transactions = transactions
        self._log = log
        self._logged = 0

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
        self._events.start()

    def require_alive(self) -> None:
        """Raises Fault `background_ended` when nobody listens to a recorder any more."""
        self._events.require_alive()

    def close(self) -> None:
        """Let the recorders go."""
        self._acquiring.close()
        self._recorders.close()
        self._events.close()
        self._resuming.close()

    def look_after(self) -> None:
        """The watchdog's round: leases that ran out, recordings that do not run again yet.

        The head of the evidence goes to the log as well, because what is cut off at the chain's end
        is only found with a head that was kept elsewhere.
        """
        self._resuming.look_after()
        end = self._transactions.read(evidence_end)
        if end.position != self._logged:
            self._logged = end.position
            self._log.write("evidence_sealed", position=end.position, digest=end.digest.hex())

    def find_call(self, saga: Saga, actor: Actor, request: FindCall) -> CallOnLine:
        """The call at the seat's extension, also when nothing records it.

        Raises Refusal `no_recorder`, `reference_needed`, `no_call` or a recorder's own code.
        """
        del saga
        found = self._recorders.find_call(sought(actor, request.reference))
        return CallOnLine(
            reference=found.reference,
            caller_number=found.caller_number,
            recordings=self._recorders.count(found),
            on_hold=found.on_hold,
        )

    def acquire(self, saga: Saga, actor: Actor, request: AcquirePause) -> PauseHeld:
        """Pause every recorder on the call. Raises Refusal for whatever keeps the fields locked."""
        saga.about(request.order_id, lease=str(request.lease_id))
        return self._acquiring.acquire(saga, actor, request)

    def renew(self, tx: Transaction, actor: Actor, request: RenewPause) -> PauseRenewed:
        """Hold it for another while, counted from now. Raises Refusal `lease_over`."""
        lease = RecordingLease
        ttl = timedelta(seconds=self._settings.times.ttl_s)
        renewed = tx.connection.execute(
            update(lease)
            .where(
                lease.lease_id == request.lease_id,
                lease.device_id == actor.seat.device_id,
                lease.state == PauseState.HELD,
                lease.expires_at > tx.at,
            )
            .values(
                expires_at=func.least(literal(tx.at + ttl, lease.expires_at.type), lease.longest_at)
            )
        )
        if renewed.rowcount != 1:
            raise lease_over()
        return PauseRenewed(lease_id=request.lease_id)

    def release(self, saga: Saga, actor: Actor, request: ReleasePause) -> PauseView:
        """Record again; the desk has wiped and locked. A lease never seen can then never be."""
        saga.about(request.lease_id, end=str(request.end))
        if saga.write(partial(self._let_go, actor=actor, request=request)):
            self._resuming.try_now(request.lease_id)
        return saga.read(partial(_view, actor=actor, request=AskPause(lease_id=request.lease_id)))

    def status(self, tx: Transaction, actor: Actor, request: AskPause) -> PauseView:
        """How a lease stands; one never seen is over. Raises Refusal `not_yours`."""
        return _view(tx, actor, request)

    async def watch(self, hold: Hold, actor: Actor, request: WatchCall) -> CallEvents:
        """What happens to the call of a lease."""
        return await self._watch.watch(hold, actor, request)

    def mark_spoken(self, saga: Saga, actor: Actor, request: MarkSpoken) -> CallMarked:
        """Card digits were said before the pause: listed, whatever the recorder says."""
        saga.about(request.order_id)
        wanted = sought(actor, request.reference)
        reference = wanted.reference
        if not reference:
            try:
                reference = self._recorders.find_call(wanted).reference
            except Refusal:
                reference = ""
        at = saga.write(partial(flag_spoken, reference=reference, order_id=request.order_id))
        return CallMarked(reference=reference, at=at)

    def _let_go(self, tx: Transaction, actor: Actor, request: ReleasePause) -> bool:
        """Whether this release is the one to let the recordings go on."""
        row = {
            "lease_id": request.lease_id,
            "state": PauseState.ENDED,
            "call_reference": "",
            "device_id": actor.seat.device_id,
            "workstation": actor.seat.name,
            "extension": actor.seat.extension,
            "requested_at": tx.at,
            "ended_at": tx.at,
            "end_reason": request.end,
            "refused_code": "",
            "refused_sentence": "",
            "tries": 0,
            "keeps_paused": False,
        }
        tx.connection.execute(insert(RecordingLease).on_conflict_do_nothing(), row)
        lease = locked_known(tx, request.lease_id)
        require_own(lease, actor.seat.device_id)
        if lease.state in PAUSED:
            begin_to_resume(lease, request.end, tx.at, self._resuming.claim)
            facts = {"end": str(request.end), "held_at": instant(lease.held_at)}
            evidence(tx, lease, EvidenceKind.RELEASED, facts | _digits(request))
            return True
        if lease.held_at is not None and request.first_digit_at is not None:
            evidence_once(tx, lease, EvidenceKind.REPORTED, _digits(request))
        is_due = lease.next_try_at is not None and lease.next_try_at <= tx.at
        if lease.state is PauseState.RESUMING and (is_due or lease.keeps_paused):
            lease.keeps_paused = False
            lease.next_try_at = tx.at + self._resuming.claim
            return True
        return False


def _digits(request: ReleasePause) -> dict[str, str]:
    return {
        "first_digit_at": instant(request.first_digit_at),
        "last_digit_at": instant(request.last_digit_at),
    }


def _view(tx: Transaction, actor: Actor, request: AskPause) -> PauseView:
    lease = tx.session.get(RecordingLease, request.lease_id)
    if lease is None:
        return PauseView(lease_id=request.lease_id, state=PauseState.ENDED)
    require_own(lease, actor.seat.device_id)
    return view_of(lease)
