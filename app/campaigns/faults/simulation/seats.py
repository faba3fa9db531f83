"""A seat of the simulation: the real desk in its own folder, opened, ended and opened again.

The desk's two threads are not started: the schedule does their steps when they ask for it or are
woken. A crash leaves the folder as it was at that instant, and a new program opens it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher

from app.campaigns.faults.simulation.engines import share_compiled
from app.campaigns.faults.simulation.network import DeskLine, Network
from app.campaigns.faults.simulation.plain_copies import PlainIndex, PlainReplica
from app.campaigns.faults.simulation.schedule import Chance, Schedule, SeededIds, VirtualClock
from app.campaigns.faults.simulation.seams import DeskDied, Fuse, FusedJournal
from app.services.desk.desk import Desk, DeskParts
from app.services.desk.records import Records
from app.services.desk.recovery import JOURNAL, STORE, Opening
from app.services.desk.seat import STORE_KEY, Seat, open_seat
from app.services.desk.worker import Worker
from app.services.ports import Centre, KeyStore
from app.services.rules.regions import RegionRules
from app.store.catalogue_replica import CatalogueReplica
from app.store.desk import DeskStore
from app.store.product_search import ProductIndex
from app.transport.client import RemoteCaller, SeatKey
from app.values.clock import Clock
from app.values.errors import Fault
from app.values.vocabulary import Region
from app.wire.addresses import AddressSuggestions, LookUpAddress

CATALOGUE = "catalogue"
REPLICA = "replica.db"
_CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
_NOT_COPIED = {"seat.lock", f"{STORE}-shm", f"{REPLICA}-shm"}
_AT_ONCE_MS = 3
_LONG_POLL_MS = (500, 30_000)
LINE, FEED = "line", "feed"


class Secrets:
    """Keeps the keys of a seat for as long as the simulation runs."""

    def __init__(self, kept: Mapping[str, bytes] | None = None) -> None:
        self.kept = dict(kept or {})

    def get(self, name: str) -> bytes | None:
        """The secret, if there is one."""
        return self.kept.get(name)

    def put(self, name: str, secret: bytes) -> None:
        """Keep it."""
        self.kept[name] = secret

    def warning(self) -> str:
        """Nobody sees this one."""
        return ""


class NoAddresses:
    """Knows no address."""

    def look_up(self, request: LookUpAddress) -> AddressSuggestions:
        """Nothing."""
        del request
        return AddressSuggestions(source="nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatParts:
    """What a seat of the simulation is made of.

    `port` and `store` give what stands in front of the real ones: nothing, or a planted bug.
    """

    name: str
    folder: Path
    keys: KeyStore
    schedule: Schedule
    chance: Chance
    network: Network
    ids: SeededIds
    regions: Mapping[Region, RegionRules]
    port: Callable[[RemoteCaller], Centre]
    store: Callable[[DeskStore, Fuse], DeskStore]


class MortalOpening(Opening):
    """The real opening of store and journal, in whose transactions the program may end."""

    def __init__(self, seat: Seat, parts: SeatParts, clock: Clock, fuse: Fuse) -> None:
        super().__init__(seat, parts.keys, clock)
        self._parts = parts
        self._fuse = fuse

    def _store(self, key: bytes) -> DeskStore:
        real = super()._store(key)
        share_compiled(real._engine, real._writing)  # noqa: SLF001 - of a store that was just opened
        return self._parts.store(real, self._fuse)


def _nobody_minds() -> None:
    """A crash is nobody else's business."""


class ScheduledWorker(Worker):
    """A worker without a thread: the schedule does its steps, and hears when it is woken."""

    def __init__(
        self,
        name: str,
        step: Callable[[], float | None],
        clock: Clock,
        woken: Callable[[str], None],
    ) -> None:
        super().__init__(name, step, clock)
        self._woken = woken

    def wake(self) -> None:
        """Let the schedule do the next step now."""
        self._woken(self.name)


class SimulatedDesk(Desk):
    """The real desk; the schedule is told when one of its threads would be woken."""

    def __init__(
        self,
        parts: DeskParts,
        records: Records,
        replica: CatalogueReplica,
        index: ProductIndex,
        woken: Callable[[str], None],
    ) -> None:
        self._woken = woken
        super().__init__(parts, records, replica, index)

    def _make_threads(self) -> None:
        super()._make_threads()
        clock = self._parts.clock
        self._line_worker = ScheduledWorker(LINE, self.line.step, clock, self._woken)
        self._feed_worker = ScheduledWorker(FEED, self.feed.step, clock, self._woken)

    def vanish(self) -> None:
        """What the operating system does for a program that has ended: files are closed."""
        self._index.rest()
        self._replica.close()
        self.records.journal.close()
        self.records.store.close()
        self._parts.seat.close()


class SimulatedSeat:
    """One seat, whose program comes and goes."""

    def __init__(self, parts: SeatParts, ended: Callable[[], None] = _nobody_minds) -> None:
        """`ended` is told when its program has crashed."""
        self.parts = parts
        self._ended = ended
        self.name = parts.name
        self.folder = parts.folder
        self.clock = VirtualClock(parts.schedule)
        self.fuse = Fuse(self._keep_image)
        self.desk: SimulatedDesk | None = None
        self.seat: Seat | None = None
        self.journal: FusedJournal | None = None
        self.crashes = 0
        self._run = 0
        self._image: Path | None = None
        self._images = 0
        self._next: dict[str, int] = {}

    @property
    def is_running(self) -> bool:
        """Whether its program runs."""
        return self.desk is not None

    @property
    def running(self) -> SimulatedDesk:
        """The program. Raises DeskDied when it does not run."""
        if self.desk is None:
            raise DeskDied
        return self.desk

    def open(self) -> None:
        """Start the program; its threads begin at once. It may end before, where a fuse is lit."""
        parts = self.parts
        self._run += 1
        run = self._run

        def require_running() -> None:
            if self._run != run:
                raise DeskDied

        seat = open_seat(self.folder, parts.keys)
        line = DeskLine(parts.network, self.name, require_running)
        caller = RemoteCaller(line, self.clock, parts.ids)
        caller.use_seat(SeatKey(device_id=seat.identity.device_id, sign=seat.sign))
        desk_parts = DeskParts(
            seat=seat,
            keys=parts.keys,
            centre=parts.port(caller),
            addresses=NoAddresses(),
            regions=parts.regions,
            clock=self.clock,
            ids=parts.ids,
            chance=parts.chance.share,
            version="simulated",
            hasher=_CHEAP,
        )
        self.journal = None
        try:
            records = MortalOpening(seat, parts, self.clock, self.fuse).run()
            self.journal = FusedJournal(records.journal, self.fuse)
            records.journal = self.journal
            catalogue = self.folder / CATALOGUE
            replica, index = PlainReplica(catalogue / REPLICA), PlainIndex()
            self.seat = seat
            self.desk = SimulatedDesk(desk_parts, records, replica, index, self.wake)
        except DeskDied:
            seat.close()
            self._die_opening()
            return
        except BaseException:
            seat.close()
            raise
        self._next.clear()
        self.wake(LINE)
        self.wake(FEED)

    def crash(self, why: str) -> None:
        """End the program where it stands; nothing of it is written any more."""
        desk, self.desk = self.desk, None
        if desk is None:
            return
        self.crashes += 1
        self.parts.schedule.note(f"{self.name} dies {why}")
        self.parts.schedule.happened(f"desk: ends {self.fuse.place or 'while it waits or rests'}")
        self.fuse.place = ""
        self._run += 1
        self.fuse.light(None)
        if self._image is None:
            self._keep_image()
        desk.vanish()
        self._go_on_with_image()

    def _die_opening(self) -> None:
        """The program has ended before it ran."""
        self.crashes += 1
        self.parts.schedule.note(f"{self.name} dies {self.fuse.place}, opening")
        self.parts.schedule.happened("desk: ends while it opens")
        self.fuse.place = ""
        self._run += 1
        self._go_on_with_image()

    def _go_on_with_image(self) -> None:
        image, self._image = self._image, None
        if image is None:
            raise Fault("simulation_broken", "A crash has left no image.")
        shutil.rmtree(self.folder)
        self.folder = image
        self._ended()

    def close(self) -> None:
        """End the program in order."""
        desk, self.desk = self.desk, None
        self._run += 1
        if desk is not None:
            desk.close()

    def discard(self) -> None:
        """The simulation is over: nothing is kept."""
        desk, self.desk = self.desk, None
        self._run += 1
        if desk is not None:
            desk.vanish()
        shutil.rmtree(self.folder)

    def rest(self) -> None:
        """The steps it was to do were taken away; it does the next when it is woken."""
        self._next.clear()

    def store_key(self) -> bytes:
        """What opens its store and journal."""
        key = self.parts.keys.get(STORE_KEY)
        if key is None:
            raise Fault("simulation_broken", "A seat has lost its key.")
        return key

    def wake(self, thread: str) -> None:
        """Let a thread do its next step now."""
        self._come(thread, _AT_ONCE_MS)

    def _come(self, thread: str, after_ms: int) -> None:
        """Let a thread do its next step so much later, unless it comes sooner."""
        schedule = self.parts.schedule
        at_ms = schedule.now_ms + after_ms
        if self._next.get(thread, at_ms + 1) <= at_ms:
            return
        self._next[thread] = at_ms
        run = self._run

        def step() -> None:
            if self._run == run and self._next.get(thread) == at_ms:
                del self._next[thread]
                self._step(thread, run)

        schedule.after(after_ms, f"{self.name} {thread}", step)

    def _step(self, thread: str, run: int) -> None:
        desk = self.running
        try:
            pause = desk.line.step() if thread == LINE else desk.feed.step()
        except DeskDied:
            if self._run == run:
                self.crash(f"{self.fuse.place}, {thread}")
            return
        if self._run != run:
            return
        chance = self.parts.chance
        if thread == FEED and not pause:
            # A long poll answers at once here; the time it would have been open is spent now.
            self._come(thread, chance.between(*_LONG_POLL_MS))
        elif pause is not None:
            self._come(thread, max(round(pause * 1_000), _AT_ONCE_MS))

    def _keep_image(self) -> None:
        """A copy of the folder as it is; what the journal had not synced may be lost."""
        self._images += 1
        image = self.folder.with_name(f"{self.parts.folder.name}-{self._images}")
        _copy(self.folder, image)
        journal, path = self.journal, image / JOURNAL
        if journal is not None and path.exists():
            size = path.stat().st_size
            os.truncate(path, self.parts.chance.between(min(journal.synced, size), size))
        self._image = image


def _copy(source: Path, target: Path) -> None:
    """Copy a folder in which somebody may be tidying up just now."""
    target.mkdir()
    for entry in sorted(source.iterdir()):
        if entry.name in _NOT_COPIED:
            continue
        if entry.is_dir():
            _copy(entry, target / entry.name)
            continue
        try:
            shutil.copyfile(entry, target / entry.name)
        except FileNotFoundError:
            continue
