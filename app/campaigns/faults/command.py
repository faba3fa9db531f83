"""The fault campaign as a whole: which rows there are, and running those that are asked for.

A row is added to `ROWS`; nothing else changes. Rows run one after the other, and one that cannot go
on does not keep the others from running.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import msgspec

from app.campaigns.faults.bad_line import BadLine
from app.campaigns.faults.bit_flips import BitFlips
from app.campaigns.faults.failover import Failover
from app.campaigns.faults.full_centre import FullCentre
from app.campaigns.faults.full_disk import FullDisk
from app.campaigns.faults.killed_desk import KilledDesk
from app.campaigns.faults.killed_replica import KilledReplica
from app.campaigns.faults.power_cut import PowerCut
from app.campaigns.faults.racing import Racing
from app.campaigns.faults.restored import Restored
from app.campaigns.faults.simulation.row import Simulation
from app.campaigns.faults.site import Given, Ground
from app.campaigns.faults.soak import Soak
from app.campaigns.faults.table import Row, RowResult
from app.campaigns.faults.wrong_clock import WrongClock
from app.values.errors import Fault, Refusal

ROWS: tuple[type[Row], ...] = (
    KilledDesk,
    PowerCut,
    KilledReplica,
    Failover,
    Restored,
    BadLine,
    FullDisk,
    FullCentre,
    WrongClock,
    BitFlips,
    Racing,
    Simulation,
    Soak,
)


def run_rows(
    given: Given, names: Sequence[str], rounds: int | None, seed: int
) -> Iterator[RowResult]:
    """Each row as it is done; all of them where none is named.

    `rounds` None: as many as a row has for itself. Raises Refusal `row_unknown`.
    """
    rows = tuple(_row(name) for name in names) or ROWS
    with Ground(given) as ground:
        for row in rows:
            own = row.rounds_short if given.is_short else row.rounds
            ground.say(f"{row.name}: {row.fault}, {rounds or own:,} rounds")
            yield _ran(row, ground, rounds or own, seed)


def _row(name: str) -> type[Row]:
    for row in ROWS:
        if row.name == name:
            return row
    known = ", ".join(row.name for row in ROWS)
    raise Refusal("row_unknown", f"There is no row {name}; there are {known}.")


def _ran(row: type[Row], ground: Ground, rounds: int, seed: int) -> RowResult:
    began = time.monotonic()
    try:
        result = row(ground).run(rounds, seed)
    except Fault as fault:
        note = f"It could not go on: {fault.sentence}"
        result = RowResult(row=row.name, fault=row.fault, rounds=rounds, notes=(note,), ok=False)
    return msgspec.structs.replace(result, seconds=round(time.monotonic() - began, 1))
