"""The short form of the campaign: real processes, a few rounds of each row.

How long something took is told in the notes and not held against it here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from app.adapters.local_postgres import LocalPostgres
from app.campaigns.faults.bad_line import BadLine
from app.campaigns.faults.bit_flips import BitFlips
from app.campaigns.faults.failover import Failover
from app.campaigns.faults.full_disk import FullDisk
from app.campaigns.faults.killed_desk import KilledDesk
from app.campaigns.faults.killed_replica import KilledReplica
from app.campaigns.faults.power_cut import PowerCut
from app.campaigns.faults.racing import Racing
from app.campaigns.faults.recorded_desk import compiler
from app.campaigns.faults.restored import Restored
from app.campaigns.faults.site import Given, Ground
from app.campaigns.faults.soak import Soak
from app.campaigns.faults.table import Row
from app.campaigns.faults.wrong_clock import WrongClock
from tests.central_fixtures import short_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills by SIGKILL")


@pytest.fixture(scope="module")
def ground(postgres_server: LocalPostgres) -> Iterator[Ground]:
    said: list[str] = []
    with short_folder() as folder:
        given = Given(folder=folder, say=said.append, is_short=True, server=postgres_server)
        with Ground(given) as made:
            yield made


@pytest.mark.parametrize(
    "row",
    [KilledDesk, KilledReplica, Failover, Restored, BadLine, BitFlips, Racing],
    ids=["killed-desk", "killed-replica", "failover", "restored", "bad-line", "flips", "racing"],
)
def test_nothing_is_lost_and_nothing_is_there_twice(row: type[Row], ground: Ground) -> None:
    result = row(ground).run(row.rounds_short, seed=1)
    assert result.ok, result


@pytest.mark.skipif(compiler() is None, reason="no C compiler: the library is made when it runs")
@pytest.mark.skipif(sys.platform != "linux", reason="a library is preloaded")
@pytest.mark.parametrize(
    "row", [PowerCut, FullDisk, WrongClock], ids=["power-cut", "full-disk", "wrong-clock"]
)
def test_a_desk_whose_machine_fails_it_loses_nothing(row: type[Row], ground: Ground) -> None:
    result = row(ground).run(row.rounds_short, seed=1)
    assert result.ok, result


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked at in /proc")
def test_a_day_of_calls_is_watched(ground: Ground) -> None:
    result = Soak(ground).run(Soak.rounds_short, seed=1)
    assert result.ok, result
    assert any("memory of central service" in note for note in result.notes)
