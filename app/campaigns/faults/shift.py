"""Several desks that take calls at once while something else is broken, and then send everything.

Each is a process of its own with a seat of its own. A context manager that ends them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from app.campaigns.faults.desk_program import FINISH, GIVE_UP, DeskTask, Sent, take_calls
from app.campaigns.faults.ledger import Shown, read_log
from app.campaigns.faults.programs import Program
from app.campaigns.faults.site import Ground, SeatPlace
from app.values.errors import Fault

DRAIN_S = 60.0
DRAIN_EACH_S = 0.1
"""Reliability I10: so long after everything is well again, and for each order that waits."""
_PACE_MS = 150
_GLANCE_S = 0.05
_SERIALS = 100_000


class Shift:
    """The desks of a row."""

    def __init__(
        self,
        ground: Ground,
        seats: Sequence[SeatPlace],
        centre_url: str,
        seed: int,
        pace_ms: int = _PACE_MS,
    ) -> None:
        self._ground = ground
        self._seats = tuple(seats)
        self._centre_url = centre_url
        self._seed = seed
        self._pace_ms = pace_ms
        self._ends = ExitStack()
        self._desks: list[Program] = []
        self.drained_s = 0.0

    def __enter__(self) -> Self:
        try:
            for place, seat in enumerate(self._seats):
                desk = Program(take_calls, self._task(place, seat), seat.said)
                self._desks.append(self._ends.enter_context(desk))
            for desk in self._desks:
                desk.heard()
        except BaseException:
            self._ends.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ends.close()

    @property
    def logs(self) -> tuple[Path, ...]:
        """What each CSR saw."""
        return tuple(seat.log for seat in self._seats)

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes of the desks."""
        return tuple(desk.pid for desk in self._desks)

    def shown(self) -> int:
        """How many numbers were shown until now, by the desks' own logs."""
        return sum(isinstance(one, Shown) for log in self.logs for one in read_log(log))

    def await_shown(self, more: int, seconds: float = 60.0) -> None:
        """Go on when so many more orders were placed. Raises Fault `campaign_stuck`."""
        until, wanted = time.monotonic() + seconds, self.shown() + more
        while self.shown() < wanted:
            self.require_alive()
            if time.monotonic() > until:
                raise Fault("campaign_stuck", f"No order was placed for {seconds:.0f} s.")
            time.sleep(_GLANCE_S)

    def require_alive(self) -> None:
        """Raises Fault `campaign_stuck` when a desk has ended by itself."""
        for desk in self._desks:
            if not desk.is_running:
                raise Fault("campaign_stuck", f"A desk ended by itself: {desk.complaint()}")

    def finish(self) -> tuple[str, ...]:
        """No more calls: everything is sent. What did not hold, in words.

        `drained_s` is how long it took from now.
        """
        began = time.monotonic()
        for desk in self._desks:
            desk.tell(FINISH)
        until = began + DRAIN_S + DRAIN_EACH_S * self.shown()
        problems: list[str] = []
        for desk in self._desks:
            sent = _sent(desk, max(0.0, until - time.monotonic()))
            if sent.waiting:
                problems.append(f"{sent.waiting:,} commands were never sent: {sent.sentence}")
            if sent.needs_person:
                problems.append(f"{sent.needs_person:,} commands wait for a person at the desk")
        self.drained_s = time.monotonic() - began
        return tuple(problems)

    def _task(self, place: int, seat: SeatPlace) -> DeskTask:
        calls = self._ground.calls
        first = place * 41 % len(calls)
        return DeskTask(
            settings=seat.settings(self._centre_url),
            log=seat.log,
            calls=calls[first:] + calls[:first],
            seed=self._seed * 1_009 + place,
            serial=place * _SERIALS,
            pace_ms=self._pace_ms,
        )


def _sent(desk: Program, seconds: float) -> Sent:
    """What became of a desk's outbox. Raises Fault `program_failed`."""
    if not desk.can_be_heard(seconds):
        desk.tell(GIVE_UP)
    sent = desk.heard()
    if not isinstance(sent, Sent):
        raise Fault("campaign_stuck", f"A desk said something else: {sent}")
    return sent
