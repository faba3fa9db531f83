"""Keeps in touch with the centre: outbox up, order numbers down, the sealed key deposited once.

One step after another on one worker thread, which is woken when an order was placed or the centre
answers again.
"""

from __future__ import annotations

from datetime import timedelta

from app.services.desk import memory
from app.services.desk.numbers import Numbers
from app.services.desk.outbox import Outbox
from app.services.desk.records import Records, digest
from app.services.desk.standing import Standing
from app.services.desk.worker import BackOff
from app.services.ports import Centre
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.wire.operations import DEPOSIT_STORE_KEY, HEARTBEAT
from app.wire.people import DepositStoreKey
from app.wire.sync import Heartbeat

BEAT_SECONDS = 30.0
_TIDY_EVERY = timedelta(minutes=5)
_TOPIC = "line"


class Line:
    """One seat's line to the centre. `version` is this program's."""

    def __init__(
        self,
        records: Records,
        outbox: Outbox,
        numbers: Numbers,
        centre: Centre,
        standing: Standing,
        clock: Clock,
        back_off: BackOff,
        version: str,
    ) -> None:
        self._records = records
        self._outbox = outbox
        self._numbers = numbers
        self._centre = centre
        self._standing = standing
        self._clock = clock
        self._back_off = back_off
        self._version = version
        self._is_stopping = False
        self._beaten_at: float | None = None
        self._tidied_at = clock.now()

    def stop(self) -> None:
        """Send nothing more; what waits is sent after the next start."""
        self._is_stopping = True

    def step(self) -> float:
        """Do what there is to do; gives the seconds to wait before the next time."""
        self._tidy()
        try:
            while self._outbox.send_batch():
                if self._is_stopping:
                    return 0.0
            self._numbers.top_up()
            self._deposit_key()
            self._beat()
        except Refusal as refusal:
            self._standing.say(_TOPIC, refusal.sentence)
            return self._back_off.failed()
        except Fault:
            self._standing.missed()
            return self._back_off.failed()
        self._standing.heard()
        self._standing.say(_TOPIC, "")
        if self._outbox.waiting():
            return self._back_off.failed()
        self._back_off.succeeded()
        return BEAT_SECONDS

    def _deposit_key(self) -> None:
        """Give the centre the sealed store key, once for each that was made."""
        mark = digest(self._records.sealed_key.encode("ascii"))
        with self._records.store.read() as connection:
            if memory.recalled(connection, memory.KEY_DEPOSITED, str) == mark:
                return
        request = DepositStoreKey(sealed_key=self._records.sealed_key)
        self._centre.call(DEPOSIT_STORE_KEY, request)
        with self._records.store.write() as connection:
            memory.remember(connection, memory.KEY_DEPOSITED, mark)

    def _beat(self) -> None:
        now = self._clock.monotonic()
        if self._beaten_at is not None and now - self._beaten_at < BEAT_SECONDS:
            return
        self._centre.call(
            HEARTBEAT,
            Heartbeat(
                waiting=self._outbox.waiting(),
                oldest_waiting_at=self._outbox.oldest_waiting_at(),
                version=self._version,
            ),
        )
        self._beaten_at = now

    def _tidy(self) -> None:
        """Now and then, fold the store's log where nobody waits for it."""
        now = self._clock.now()
        if now - self._tidied_at >= _TIDY_EVERY:
            self._tidied_at = now
            self._records.store.tidy()
