"""The simulation as a row of the campaign: seed after seed, in as many processes as cores.

Each process has a stage of its own, PostgreSQL included, so that no seed sees anything of another.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import ClassVar

from app.campaigns.faults.simulation.network import Fault
from app.campaigns.faults.simulation.planted import BUGS, Bug
from app.campaigns.faults.simulation.replicas import End
from app.campaigns.faults.simulation.stage import Stage
from app.campaigns.faults.simulation.world import SeedResult, World
from app.campaigns.faults.site import Ground
from app.campaigns.faults.table import RowResult

AT_ONCE = 50
"""So many seeds a process takes with one stage; making the stage costs as much as one or two."""

FOUND_WITHIN = 25
"""A planted bug is looked for in so many seeds at most."""

KINDS = (
    *(f"request: {fault.value}" for fault in Fault),
    *(f"replica: {end.value}" for end in End),
    "desk: ends inside a transaction",
    "desk: ends before the commit",
    "desk: ends after the commit",
    "desk: ends before the journal",
    "desk: ends in the journal, not synced",
    "desk: ends after the journal",
    "desk: ends while it waits or rests",
    "desk: ends while it opens",
    "desk: a number that was not given yet",
    "desk: cut off",
    "desk: clock set",
    "request: arrives late",
    "refused: place: stock_short",
    "refused: place: near_duplicate",
    "refused: place: no_numbers_left",
    "refused: place: session_over",
    "refused: line: product_withdrawn",
    "refused: sign-in: sign_in_wrong",
    "signed in offline",
    "replayed",
    "restores",
)
"""What forty seeds or more have to have met; the row does not hold where they have not."""

_KINDS_AFTER = 40
_TOLD_MOST = 5


class Simulation:
    """Row `simulation`."""

    name: ClassVar[str] = "simulation"
    fault: ClassVar[str] = (
        "seeded simulation: real desks and replicas, everything at once, I1 to I12"
    )
    rounds: ClassVar[int] = 5_000
    rounds_short: ClassVar[int] = 8

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def run(self, rounds: int, seed: int) -> RowResult:
        """So many seeds from `seed` on, and in the long form the planted bugs, too."""
        began = time.monotonic()
        results: list[SeedResult] = []
        for part in run_seeds(range(seed, seed + rounds)):
            results += part
            taken = time.monotonic() - began
            speed = len(results) / taken
            self._ground.say(f"{len(results):,} of {rounds:,} seeds, {speed:.2f} a second")
        taken = time.monotonic() - began
        missed = [] if self._ground.is_short else self._look_for_bugs(seed)
        return self._result(results, missed, taken)

    def _look_for_bugs(self, seed: int) -> list[str]:
        """Planted bugs that were not found; it tests the test."""
        with Stage() as stage:
            found = {bug.name: first_seed_that_finds(stage, bug, seed) for bug in BUGS}
        for name, at in found.items():
            self._ground.say(f"planted: {name}: {'not found' if at is None else f'seed {at}'}")
        return [f"planted and not found: {name}" for name, at in found.items() if at is None]

    def _result(
        self, results: Sequence[SeedResult], missed: Sequence[str], taken: float
    ) -> RowResult:
        broken = [one for one in results if one.violations]
        counts = Counter[str]()
        for one in results:
            counts.update(one.counts)
        enough = len(results) >= _KINDS_AFTER
        missed = [*missed, *(f"never met: {kind}" for kind in KINDS if enough and not counts[kind])]
        told = [f"seed {one.seed}: {one.violations[0]}" for one in broken[:_TOLD_MOST]]
        virtual = sum(one.virtual_seconds for one in results) / 3_600
        return RowResult(
            row=self.name,
            fault=self.fault,
            rounds=len(results),
            acknowledged=sum(one.acknowledged for one in results),
            lost=sum(one.lost for one in results),
            twice=sum(one.twice for one in results),
            wrong_total=sum(one.wrong_total for one in results),
            notes=(
                f"{len(results) / taken:.2f} seeds a second, {virtual:.1f} hours of virtual time",
                ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items())),
                *told,
                *missed,
            ),
            ok=not broken and not missed,
        )


def run_seeds(seeds: Sequence[int]) -> Iterator[list[SeedResult]]:
    """The results of all seeds, some at a time, in their order."""
    workers = min(os.cpu_count() or 1, len(seeds))
    each = min(AT_ONCE, -(-len(seeds) // workers))
    parts = [seeds[at : at + each] for at in range(0, len(seeds), each)]
    # Not forked: a process that has threads, as a test's may, cannot be copied safely.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from pool.map(_run_part, parts)


def first_seed_that_finds(stage: Stage, bug: Bug, first: int) -> int | None:
    """The seed at which a planted bug breaks an invariant; None when none does."""
    for seed in range(first, first + FOUND_WITHIN):
        if World(stage, seed, bug.plant()).run().violations:
            return seed
    return None


def _run_part(seeds: Sequence[int]) -> list[SeedResult]:
    """In a process of its own."""
    with Stage() as stage:
        gc.collect()
        gc.freeze()  # what the program is made of is not looked through again and again
        return [replace(World(stage, seed).run(), lines=()) for seed in seeds]
