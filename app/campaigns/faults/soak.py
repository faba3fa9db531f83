"""Nothing is broken: desks take calls for hours, and nothing may grow or become slower.

Every process is looked at from outside, once a minute, as Linux shows it: memory of its own,
handles, threads. The connections to the database are counted, and the desks' logs say how long each
number took.
What the second quarter of the time shows is held against the last quarter; the first one warms up.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import ClassVar

import psycopg

from app.campaigns.bench.figures import spread
from app.campaigns.faults.ledger import Placing, Shown, count, read_log
from app.campaigns.faults.shift import Shift
from app.campaigns.faults.site import Centre, Ground, enrolled_seat
from app.campaigns.faults.table import RowResult, counted

DESKS, DESKS_SHORT = 50, 2
_PACE_MS, _PACE_SHORT_MS = 12_000, 50
"""A CSR takes six seconds a line on average: an order every three minutes at each desk."""
_MINUTE_S, _MINUTE_SHORT_S = 60.0, 0.5
_MEMORY_GROWS, _MEMORY_MORE = 1.1, 8_000_000
_HANDLES_MORE = 4
_THREADS_MORE = 2
_CONNECTIONS_MORE = 2
_SLOWER, _SLOWER_MS = 1.5, 5.0
_PRIVATE = re.compile(r"^Private_(?:Clean|Dirty):\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Look:
    """One process at one moment; `memory` in bytes that no other process shares."""

    memory: int
    handles: int
    threads: int


@dataclass(frozen=True, slots=True)
class Minute:
    """Everything at one moment: processes by name, and connections to the database."""

    looks: dict[str, Look]
    connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Something measured in the second quarter of the time and in the last."""

    name: str
    earlier: float
    later: float
    most: float
    unit: str

    @property
    def is_flat(self) -> bool:
        """Whether it did not grow beyond what is allowed."""
        return self.later <= self.most

    def __str__(self) -> str:
        verdict = "" if self.is_flat else f", more than {self.most:,.1f} is not flat"
        return f"{self.name}: {self.earlier:,.1f}, then {self.later:,.1f} {self.unit}{verdict}"


class Soak:
    """Row `soak`; a round is a minute."""

    name: ClassVar[str] = "soak"
    fault: ClassVar[str] = "nothing: many desks take calls for hours, each round is a minute"
    rounds: ClassVar[int] = 480
    rounds_short: ClassVar[int] = 8

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def run(self, rounds: int, seed: int) -> RowResult:
        """Take calls for so many minutes, at least four."""
        short = self._ground.is_short
        url, folder = self._ground.database(), self._ground.own_folder(self.name)
        desks, pace_ms = (DESKS_SHORT, _PACE_SHORT_MS) if short else (DESKS, _PACE_MS)
        with Centre(folder, url) as centre:
            address = centre.address()
            seats = [enrolled_seat(folder, f"desk-{n}", url, address) for n in range(desks)]
            with Shift(self._ground, seats, address, seed, pace_ms) as shift:
                programs = {"central service": centre.pids, "desk": shift.pids}
                began = time.monotonic()
                minutes = _watched(
                    url,
                    _named(programs),
                    max(rounds, 4),
                    _MINUTE_SHORT_S if short else _MINUTE_S,
                    shift.require_alive,
                )
                ended = time.monotonic()
                problems = shift.finish()
        found = count(url, shift.logs)
        took = [each for log in shift.logs for each in placings(read_log(log))]
        stretches = (*grown(minutes), *slower(took, began, ended))
        notes = (
            f"{desks} desks; in the second quarter of the time, and in the last:",
            *map(str, stretches),
            *problems,
        )
        flat = short or all(stretch.is_flat for stretch in stretches)
        return counted(self, rounds, found, notes, holds=flat and not problems)


def placings(entries: Iterable[object]) -> list[tuple[float, float]]:
    """When each number was shown, and how many milliseconds after it was asked for."""
    asked: dict[str, float] = {}
    took: list[tuple[float, float]] = []
    for entry in entries:
        if isinstance(entry, Placing):
            asked[entry.call] = entry.at
        elif isinstance(entry, Shown) and entry.call in asked:
            took.append((entry.at, (entry.at - asked.pop(entry.call)) * 1_000))
    return took


def grown(minutes: Sequence[Minute]) -> tuple[Stretch, ...]:
    """Of each kind of process the one that grew most, and the connections."""
    earlier, later = minutes[len(minutes) // 4 : len(minutes) // 2], minutes[-len(minutes) // 4 :]
    kinds = sorted({name.rstrip(" 0123456789") for name in minutes[0].looks})
    found: list[Stretch] = []
    for kind in kinds:
        names = [name for name in minutes[0].looks if name.startswith(kind)]
        found += [
            max((_memory(name, earlier, later) for name in names), key=_growth),
            max(
                (_level(name, "handles", _HANDLES_MORE, earlier, later) for name in names),
                key=_growth,
            ),
            max(
                (_level(name, "threads", _THREADS_MORE, earlier, later) for name in names),
                key=_growth,
            ),
        ]
    before, after = (max(one.connections for one in part) for part in (earlier, later))
    found.append(
        Stretch(
            name="connections to the database",
            earlier=before,
            later=after,
            most=before + _CONNECTIONS_MORE,
            unit="",
        )
    )
    return tuple(found)


def slower(took: Sequence[tuple[float, float]], began: float, ended: float) -> tuple[Stretch, ...]:
    """How long numbers took, at the 99th of a hundred; nothing where too few were shown."""
    quarter = (ended - began) / 4
    earlier = [ms for at, ms in took if began + quarter <= at < began + 2 * quarter]
    later = [ms for at, ms in took if ended - quarter <= at < ended]
    if not earlier or not later:
        return ()
    before, after = spread(earlier).p99, spread(later).p99
    return (
        Stretch(
            name="from placing to the number, p99",
            earlier=before,
            later=after,
            most=before * _SLOWER + _SLOWER_MS,
            unit="ms",
        ),
    )


def _named(programs: dict[str, tuple[int, ...]]) -> dict[str, Path]:
    return {
        f"{kind} {place}": Path("/proc", str(pid))
        for kind, pids in programs.items()
        for place, pid in enumerate(pids)
    }


def _watched(
    url: str,
    processes: dict[str, Path],
    minutes: int,
    minute_s: float,
    require_alive: Callable[[], None],
) -> list[Minute]:
    """What was seen at the end of each minute. Raises Fault where a desk has ended."""
    seen: list[Minute] = []
    due = time.monotonic()
    for _ in range(minutes):
        due += minute_s
        time.sleep(max(0.0, due - time.monotonic()))
        require_alive()
        looks = {name: _look(process) for name, process in processes.items()}
        seen.append(Minute(looks, _connections(url)))
    return seen


def _look(process: Path) -> Look:
    own = _PRIVATE.findall((process / "smaps_rollup").read_text())
    threads = sum(1 for _ in (process / "task").iterdir())
    return Look(sum(map(int, own)) * 1024, sum(1 for _ in (process / "fd").iterdir()), threads)


def _connections(url: str) -> int:
    """Connections to this database, but for the one that asks."""
    with psycopg.connect(url, autocommit=True) as connection:
        asked = connection.execute(
            "SELECT count(*) - 1 FROM pg_stat_activity WHERE datname = current_database()"
        ).fetchone()
    return int(asked[0]) if asked else 0


def _memory(name: str, earlier: Sequence[Minute], later: Sequence[Minute]) -> Stretch:
    before, after = (median(one.looks[name].memory for one in part) for part in (earlier, later))
    most = before * _MEMORY_GROWS + _MEMORY_MORE
    return Stretch(
        name=f"memory of {name}",
        earlier=before / 1e6,
        later=after / 1e6,
        most=most / 1e6,
        unit="MB",
    )


def _level(
    name: str, what: str, more: int, earlier: Sequence[Minute], later: Sequence[Minute]
) -> Stretch:
    """What is usual in either part: what leaks raises it.

    The most of any minute says less: while products change the finder's index has six threads more,
    for a second, at one desk or another.
    """
    before, after = (
        median(int(getattr(one.looks[name], what)) for one in part) for part in (earlier, later)
    )
    return Stretch(
        name=f"{what} of {name}", earlier=before, later=after, most=before + more, unit=""
    )


def _growth(stretch: Stretch) -> float:
    return stretch.later - stretch.most
