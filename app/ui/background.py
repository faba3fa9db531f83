"""Lanes for everything that may wait: the store and the network never run on the GUI thread.

Work goes in as a plain callable and comes back on the GUI thread, by queued signal, as the very
value it returned. Work must touch no widget; `then` and `failed` run on the GUI thread and are
skipped when their owner has died.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from app.ui.notices import Incidents
from app.values.errors import Fault, Refusal

LOG = logging.getLogger("readback.ui")
T = TypeVar("T")


class Lane(StrEnum):
    """A queue with its own threads; work in one lane never waits for another lane."""

    READ = "read"
    WRITE = "write"
    NETWORK = "network"
    RENEWAL = "renewal"


THREADS = {Lane.READ: 1, Lane.WRITE: 1, Lane.NETWORK: 4, Lane.RENEWAL: 1}


class Question:
    """One numbered question; stale as soon as a newer one is asked."""

    def __init__(self, latest: "Latest", number: int) -> None:
        self._latest = latest
        self._number = number

    def is_stale(self) -> bool:
        """Whether a newer question was asked, or the answer is no longer wanted."""
        return self._number != self._latest.number


class Latest:
    """Numbers the questions of one asker, so that only the latest one is answered."""

    def __init__(self) -> None:
        self.number = 0

    def ask(self) -> Question:
        """A new question; every older one is stale from now on."""
        self.number += 1
        return Question(self, self.number)

    def forget(self) -> None:
        """No question is open any more; answers under way are dropped."""
        self.number += 1


class Background(Protocol):
    """Runs work off the GUI thread and delivers the outcome on it."""

    def run(
        self,
        lane: Lane,
        work: Callable[[], T],
        *,
        owner: QObject,
        then: Callable[[T], None],
        failed: Callable[[Refusal | Fault], None],
        question: Question | None = None,
    ) -> None:
        """Do `work` in a lane, then call `then(result)` or `failed(error)` while `owner` lives.

        With a question that went stale the work is not begun, and its outcome is not delivered.
        """
        ...

    def close(self) -> None:
        """Finish what is to be written, drop what is only asked, and end the threads."""
        ...


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[], object]
    owner: QObject
    then: Callable[[object], None]
    failed: Callable[[Refusal | Fault], None]
    question: Question | None

    def is_wanted(self) -> bool:
        return self.question is None or not self.question.is_stale()

    def outcome(self, incidents: Incidents) -> Callable[[], None]:
        """Do the work here and now; what is left is to be called on the GUI thread."""
        try:
            result = self.work()
        except (Refusal, Fault) as error:
            return _Outcome(self, failure=incidents.fault_of(error))
        except Exception as error:  # noqa: BLE001 - the one place a lane may meet a bug
            return _Outcome(self, failure=incidents.fault_of(error))
        return _Outcome(self, result=result)


class _Outcome:
    """What came of a job; calling it hands it over, unless nobody waits for it any more."""

    def __init__(
        self, job: _Job, *, result: object = None, failure: Refusal | Fault | None = None
    ) -> None:
        self._job = job
        self._result = result
        self._failure = failure

    def __call__(self) -> None:
        if not shiboken6.isValid(self._job.owner) or not self._job.is_wanted():
            return
        if self._failure is None:
            self._job.then(self._result)
        else:
            self._job.failed(self._failure)


class _Delivery(QObject):
    """Lives on the GUI thread; turns an emit on any thread into a call there."""

    arrived = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.arrived.connect(self._hand_over, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def _hand_over(self, outcome: Callable[[], None]) -> None:
        outcome()


class ThreadedBackground:
    """The lanes of the running desk: plain threads, one queue per lane.

    Made and closed on the GUI thread.
    """

    def __init__(self, incidents: Incidents, patience_s: float = 10.0) -> None:
        self._incidents = incidents
        self._patience_s = patience_s
        self._delivery = _Delivery()
        self._closed = False
        self._queues: dict[Lane, SimpleQueue[_Job | None]] = {lane: SimpleQueue() for lane in Lane}
        self._threads = [
            threading.Thread(target=self._serve, args=(lane,), name=f"{lane}-{number}", daemon=True)
            for lane in Lane
            for number in range(THREADS[lane])
        ]
        for thread in self._threads:
            thread.start()

    def run(
        self,
        lane: Lane,
        work: Callable[[], T],
        *,
        owner: QObject,
        then: Callable[[T], None],
        failed: Callable[[Refusal | Fault], None],
        question: Question | None = None,
    ) -> None:
        if self._closed:
            LOG.info("work after close dropped lane=%s", lane)
            return
        self._queues[lane].put(_Job(work, owner, then, failed, question))  # type: ignore[arg-type]

    def close(self) -> None:
        """End the threads; a call that hangs is left behind after the patience, and logged."""
        self._closed = True
        for lane in Lane:
            if lane is not Lane.WRITE:
                self._drop_waiting(lane)
            for _ in range(THREADS[lane]):
                self._queues[lane].put(None)
        until = time.monotonic() + self._patience_s
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
            if thread.is_alive():
                LOG.warning("lane did not end thread=%s", thread.name)

    def _drop_waiting(self, lane: Lane) -> None:
        try:
            while True:
                self._queues[lane].get_nowait()
        except Empty:
            return

    def _serve(self, lane: Lane) -> None:
        queue = self._queues[lane]
        while (job := queue.get()) is not None:
            if job.is_wanted() and (lane is Lane.WRITE or shiboken6.isValid(job.owner)):
                outcome = job.outcome(self._incidents)
                if not self._closed:
                    self._delivery.arrived.emit(outcome)


class InlineBackground:
    """Does everything at once on the calling thread: for tests and campaigns without event loop."""

    def __init__(self, incidents: Incidents) -> None:
        self._incidents = incidents

    def run(
        self,
        lane: Lane,
        work: Callable[[], T],
        *,
        owner: QObject,
        then: Callable[[T], None],
        failed: Callable[[Refusal | Fault], None],
        question: Question | None = None,
    ) -> None:
        job = _Job(work, owner, then, failed, question)  # type: ignore[arg-type]
        if job.is_wanted():
            job.outcome(self._incidents)()

    def close(self) -> None:
        """Nothing is left to end."""


class Debounce(QObject):
    """Calls `act` once things have been quiet for a while.

    With a delay of 0 it acts at once, without a timer and so without an event loop.
    """

    def __init__(self, owner: QObject, delay_ms: int, act: Callable[[], None]) -> None:
        super().__init__(owner)
        self._act = act
        self._delay_ms = delay_ms
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._fire)

    def poke(self) -> None:
        """Something changed; wait anew."""
        if self._delay_ms == 0:
            self._act()
        else:
            self._timer.start(self._delay_ms)

    def is_waiting(self) -> bool:
        """Whether an act is due."""
        return self._timer.isActive()

    def flush(self) -> None:
        """Act now if an act is due."""
        if self._timer.isActive():
            self._timer.stop()
            self._act()

    def cancel(self) -> None:
        """Forget what was due."""
        self._timer.stop()

    @Slot()
    def _fire(self) -> None:
        self._act()
