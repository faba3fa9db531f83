"""Keeps in touch with the centre: outbox up, order numbers down, the sealed key deposited once.

One step after another on one worker thread, which is woken when an order was placed or the centre
answers again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from app.services.desk import memory
from app.services.desk.outbox import Outbox
from app.services.desk.records import Records, digest
from app.services.desk.standing import Standing
from app.services.desk.worker import BackOff
from app.services.ports import Centre
from app.values.clock import Clock
from app.values.errors import Fault, Refusal, Unreachable
from app.wire.operations import DEPOSIT_STORE_KEY, HEARTBEAT
from app.wire.people import DepositStoreKey
from app.wire.sync import Heartbeat

BEAT_SECONDS = 30.0
LONGEST_SECONDS = 120.0
"""No call to the centre lasts longer, tried again and signed anew included."""

_TOPIC, _CENTRE_TOPIC = "line", "centre"
_SEAT_REFUSED = {"device_revoked", "device_unknown", "signature_wrong"}
_LATE_AFTER = timedelta(minutes=5)
_LATE = "Some orders could not be sent for more than five minutes. Please tell your team lead."


class Line:
    """One seat's line to the centre.

    `jobs` are done after each emptying of the outbox and decide themselves whether they are due.
    `tell` says how this desk is. `progress`, once it is set, is called between any two acts and
    may raise, where another line has taken over.
    """

    def __init__(
        self,
        outbox: Outbox,
        jobs: tuple[Callable[[], None], ...],
        centre: Centre,
        standing: Standing,
        clock: Clock,
        back_off: BackOff,
        tell: Callable[[], Heartbeat],
    ) -> None:
        self._tell = tell
        self._outbox = outbox
        self._jobs = jobs
        self._centre = centre
        self._standing = standing
        self._clock = clock
        self._back_off = back_off
        self.progress: Callable[[], None] | None = None
        self._is_stopping = False
        self._beaten_at: float | None = None

    def stop(self) -> None:
        """Send nothing more; what waits is sent after the next start."""
        self._is_stopping = True

    def hurry(self) -> None:
        """Somebody asked for it now: what was set back is tried, too, and waits are short again."""
        self._outbox.try_all()
        self._back_off.succeeded()

    def step(self) -> float:
        """Do what there is to do; gives the seconds to wait before the next time."""
        try:
            while self._outbox.send_batch():
                if self._is_stopping:
                    return 0.0
                self._come_along()
            for job in self._jobs:
                job()
                self._come_along()
            self._beat()
        except Unreachable:
            self._standing.missed()
            return self._back_off.failed()
        except Refusal as refusal:
            self._standing.heard()
            self._standing.say(_TOPIC, self._refused(refusal))
            return self._back_off.failed()
        except Fault as fault:
            self._standing.say(_TOPIC, fault.sentence)
            return self._back_off.failed()
        self._standing.say(_TOPIC, "")
        oldest = self._outbox.oldest_waiting_at()
        is_late = oldest is not None and self._clock.now() - oldest > _LATE_AFTER
        self._standing.say("late", _LATE if is_late else "")
        if oldest is not None:
            return self._back_off.failed()
        self._back_off.succeeded()
        return BEAT_SECONDS

    def _beat(self) -> None:
        """Say that this desk lives, now and then and whenever the centre was away."""
        now = self._clock.monotonic()
        is_fresh = self._beaten_at is not None and now - self._beaten_at < BEAT_SECONDS
        if is_fresh and self._standing.is_online:
            return
        told = self._centre.call(HEARTBEAT, self._tell())
        self._beaten_at = now
        self._standing.heard()
        self._standing.say(_CENTRE_TOPIC, told.sentence)

    def _refused(self, refusal: Refusal) -> str:
        """What a seat that may not send any more is told: nothing is lost by it."""
        if refusal.code not in _SEAT_REFUSED:
            return refusal.sentence
        waiting = self._outbox.waiting()
        kept = "1 order is" if waiting == 1 else f"{waiting:,} orders are"
        told = f" {kept} kept here and will be sent once it may." if waiting else ""
        return (
            f"{refusal.sentence}{told} Orders can still be drafted; ask your administrator before "
            "you place one."
        )

    def _come_along(self) -> None:
        if self.progress is not None:
            self.progress()


def deposit_key(records: Records, centre: Centre) -> None:
    """Give the centre the sealed store key, once for each that was made."""
    mark = digest(records.sealed_key.encode("ascii"))
    with records.store.read() as connection:
        if memory.recalled(connection, memory.KEY_DEPOSITED, str) == mark:
            return
    centre.call(DEPOSIT_STORE_KEY, DepositStoreKey(sealed_key=records.sealed_key))
    with records.store.write() as connection:
        memory.remember(connection, memory.KEY_DEPOSITED, mark)
