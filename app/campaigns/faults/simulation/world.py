"""One seed: desks, callers, replicas and everything that goes wrong, then quiet, then the checks.

The same seed and the same program give the same trace, line by line.
"""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from app.campaigns.faults.simulation import invariants
from app.campaigns.faults.simulation.cast import Cast
from app.campaigns.faults.simulation.csr import Csr
from app.campaigns.faults.simulation.orders import wishes
from app.campaigns.faults.simulation.schedule import SeededIds
from app.campaigns.faults.simulation.seats import FEED, LINE, SeatParts, Secrets, SimulatedSeat
from app.campaigns.faults.simulation.stage import (
    DESKS,
    LOGINS,
    NOTHING_PLANTED,
    Planted,
    Stage,
)

ORDERS = 20
_LONGEST_MS = 90 * 60_000
_QUIET_MS = 60_000
_QUIET_A_COMMAND_MS = 100
"""I10: so long after the network is healed an outbox may hold something."""

_FOLLOWING_MS = 60_000
_GLANCE_MS = 3_000
_SKEWS_S = (0, 0, 0, 2, -40, 200, 86_400, -86_400, 13 * 3_600)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedResult:
    """What came of one seed. `digest` is of the whole trace; `lines` are its last ones."""

    seed: int
    digest: str
    violations: tuple[str, ...]
    acknowledged: int
    lost: int
    twice: int
    wrong_total: int
    virtual_seconds: float
    counts: dict[str, int] = field(default_factory=dict)
    lines: tuple[str, ...] = ()


class World(Cast):
    """The world of one seed."""

    def __init__(self, stage: Stage, seed: int, planted: Planted = NOTHING_PLANTED) -> None:
        super().__init__(stage, seed, planted)
        self.seats += [self._seat(number, name) for number, name in enumerate(DESKS)]
        self.csrs = [self._csr(number, seat) for number, seat in enumerate(self.seats)]
        self._weather = True

    def run(self) -> SeedResult:
        """From the first call to the last check."""
        try:
            self._run()
        except Exception as bug:  # noqa: BLE001 - whatever the program raises here is a finding
            where = traceback.extract_tb(bug.__traceback__)[-1]
            self.seen.broken(f"bug: {type(bug).__name__} {bug} in {where.filename}:{where.lineno}")
            self.seen.counts["bugs"] += 1
            self.schedule.trace.lines.extend(traceback.format_exception(bug))
        finally:
            self._close()
        return self._result()

    def _run(self) -> None:
        for seat, csr in zip(self.seats, self.csrs, strict=True):
            seat.open()
            csr.sit_down(self.chance.between(50, 2_000))
        self.old_desk.begin()
        self._later(self._background, 5_000)
        self._later(self._misfortune, 1_500)
        self.acts.begin()
        if not self.schedule.run(_LONGEST_MS, self._calls_are_over):
            self.seen.broken("the callers were not served in an hour and a half")
            return
        self._heal()
        self._require_quiet()
        self._let_the_late_come()
        invariants.check(self)

    def _calls_are_over(self) -> bool:
        return (
            all(csr.is_done for csr in self.csrs)
            and all(seat.is_running for seat in self.seats)
            and self.old_desk.is_done
            and not self.network.restoring
        )

    def _heal(self) -> None:
        """From here on nothing goes wrong any more."""
        self.schedule.note("healed")
        self._weather = False
        self.network.heal()
        self.acts.end()
        for seat in self.seats:
            seat.fuse.light(None)

    def _require_quiet(self) -> None:
        """I10: what waits is sent in bounded time, by itself."""
        waiting = sum(seat.running.outbox.waiting() for seat in self.seats)
        bound = _QUIET_MS + _QUIET_A_COMMAND_MS * waiting
        self.seen.counts["waiting when healed"] += waiting
        before = self.schedule.now_ms
        if not self.schedule.run(before + bound, self._outboxes_are_empty):
            left = {seat.name: seat.running.outbox.waiting() for seat in self.seats}
            self.seen.broken(f"I10: {left} still wait {bound} ms after the network was healed")
        self.seen.counts["ms until quiet"] += self.schedule.now_ms - before
        self._let_desks_follow()

    def _outboxes_are_empty(self) -> bool:
        return self.old_desk.is_done and not any(
            seat.running.outbox.waiting() for seat in self.seats
        )

    def _let_desks_follow(self) -> None:
        """Until every desk has what the centre has, and no longer than a minute."""
        until = self.schedule.now_ms + _FOLLOWING_MS
        while self.schedule.now_ms < until and not invariants.all_is_settled(self):
            self.schedule.run(self.schedule.now_ms + _GLANCE_MS)

    def _let_the_late_come(self) -> None:
        """Late twins arrive, up to a quarter of an hour later; desks rest meanwhile."""
        self.schedule.keep_only("late")
        self.schedule.run(self.schedule.now_ms + 20 * 60_000, lambda: self.network.late == 0)
        for replica in self.replicas:
            replica.work()
        for seat in self.seats:
            seat.rest()
            seat.wake(LINE)
            seat.wake(FEED)
        self.schedule.run(self.schedule.now_ms + _GLANCE_MS)
        self._let_desks_follow()

    def _background(self) -> None:
        """What replicas do by themselves, now one, now the other."""
        living = [replica for replica in self.replicas if replica.is_alive]
        if living and not self.network.restoring:
            self.chance.one_of(living).work()
        self._later(self._background, self.chance.between(6_000, 20_000))

    def _misfortune(self) -> None:
        """Something breaks that is no request: a desk, a replica, a line, a clock."""
        if not self._weather:
            return
        seat = self.chance.one_of(self.seats)
        kind = self.chance.below(100)
        if kind < 40:
            self._end_desk(seat)
        elif kind < 60:
            self.network.cut_off(seat.name, self.chance.between(3_000, 80_000))
        elif kind < 70:
            self._end_replica()
        elif kind < 80:
            seat.clock.off = timedelta(seconds=self.chance.one_of(_SKEWS_S))
            self.schedule.note(f"{seat.name} has its clock set {seat.clock.off}")
            self.schedule.happened("desk: clock set")
        self._later(self._misfortune, self.chance.between(1_000, 9_000))

    def _end_desk(self, seat: SimulatedSeat) -> None:
        if not seat.is_running:
            return
        kind = self.chance.below(100)
        if kind < 45:
            seat.fuse.light(self.chance.between(0, 9), at_command=True)
            return
        if kind < 80:
            seat.fuse.light(self.chance.between(0, 40))
            return
        seat.crash("at once")

    def _end_replica(self) -> None:
        replica = self.chance.one_of(self.replicas)
        if replica.is_alive:
            self.network.bury(replica)

    def desk_ended(self, number: int) -> None:
        """A desk's program is gone; somebody starts it again."""
        self.csrs[number].leave()
        self.seen.counts["desk crashes"] += 1
        after_ms = self.chance.between(500, 15_000)
        self.schedule.after(
            after_ms, f"{self.seats[number].name} start", partial(self._start, number)
        )

    def _start(self, number: int) -> None:
        seat = self.seats[number]
        if not seat.is_running:
            if self._weather and self.chance.happens(150):
                seat.fuse.light(self.chance.between(0, 8))
            seat.open()
        if seat.is_running:
            self.schedule.note(f"{seat.name} starts: {seat.running.records.sentences}")
            self.csrs[number].sit_down(self.chance.between(200, 5_000))

    def _later(self, act: Callable[[], None], after_ms: int) -> None:
        self.schedule.after(after_ms, act.__name__, act)

    def _seat(self, number: int, name: str) -> SimulatedSeat:
        parts = SeatParts(
            name=name,
            folder=self.stage.seat_folder(name, self.folder),
            keys=Secrets(self.stage.keys[name]),
            schedule=self.schedule,
            chance=self.chance,
            network=self.network,
            ids=SeededIds(self.schedule, 10 + number, self.seed),
            regions=self.stage.regions,
            port=self.planted.port,
            store=self.planted.store,
        )
        return SimulatedSeat(parts, partial(self.desk_ended, number))

    def _csr(self, number: int, seat: SimulatedSeat) -> Csr:
        share = ORDERS // len(DESKS) + (1 if number < ORDERS % len(DESKS) else 0)
        return Csr(
            seat=seat,
            schedule=self.schedule,
            chance=self.chance,
            seen=self.seen,
            ids=SeededIds(self.schedule, 20 + number, self.seed),
            logins=LOGINS,
            wishes=list(wishes(self.chance, share)),
        )

    def _close(self) -> None:
        for seat in self.seats:
            seat.discard()
        self.old_desk.close()
        self.acts.close()
        for replica in self.replicas:
            replica.close()
        self.stage.drop(self.database)
        shutil.rmtree(self.folder)

    def _result(self) -> SeedResult:
        seen, trace = self.seen, self.schedule.trace
        return SeedResult(
            seed=self.seed,
            digest=trace.digest,
            violations=tuple(seen.violations),
            acknowledged=len(seen.shown),
            lost=seen.counts.pop("lost", 0),
            twice=seen.counts.pop("twice", 0),
            wrong_total=seen.counts.pop("wrong total", 0),
            virtual_seconds=self.schedule.now_ms / 1_000,
            counts=dict(seen.counts),
            lines=tuple(trace.lines) if seen.violations else (),
        )
