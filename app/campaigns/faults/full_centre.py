"""The disk of the centre's database is full, data and log alike, while a desk takes orders.

The database lies on a small file system in memory, which only an administrator of the machine can
make. The desk has to go on; what it sends is taken as soon as there is room, once. Where PostgreSQL
ends because it cannot write its log, it is started again, as whoever supervises it would do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import psycopg

from app.adapters.local_postgres import LocalPostgres
from app.campaigns.dice import Dice
from app.campaigns.faults.desk_program import FINISH, DeskTask, Sent, take_calls
from app.campaigns.faults.ledger import Shown, count, read_log
from app.campaigns.faults.programs import Program
from app.campaigns.faults.site import Centre, Ground, SeatPlace, enrolled_seat
from app.campaigns.faults.table import RowResult
from app.values.errors import Fault

_SIZE = "320m"
_DATABASE = "readback"
_SETTINGS = {"max_wal_size": "64MB", "min_wal_size": "32MB", "wal_recycle": "off"}
_PACE_MS = 20
_FULL_MS = (300, 1_500)
_PIECE = 256 * 1024
_PATIENCE_S = 90.0
_GLANCE_S = 0.1


def can_make_small_disks() -> bool:
    """Whether this process may mount a file system."""
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("mount") is not None


class FullCentre:
    """Row `full-centre`."""

    name: ClassVar[str] = "full-centre"
    fault: ClassVar[str] = "the disk of the centre's database is full while orders arrive"
    rounds: ClassVar[int] = 20
    rounds_short: ClassVar[int] = 2

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def run(self, rounds: int, seed: int) -> RowResult:
        """Fill the disk so many times. Raises Fault `no_small_disk`."""
        began = time.monotonic()
        folder = self._ground.own_folder(self.name)
        with _small_disk(folder / "disk") as disk, _database(folder, disk) as server:
            url = server.ensure_database(_DATABASE)
            self._ground.fill(url)
            with Centre(folder, url) as centre:
                seat = enrolled_seat(folder, "desk-1", url, centre.address())
                with Program(take_calls, self._task(seat, centre, seed), seat.said) as desk:
                    filling = _Filling(disk, server, url, seat, desk)
                    desk.heard()
                    dice = Dice(seed)
                    for _ in range(rounds):
                        filling.fill_once(dice)
                    desk.tell(FINISH)
                    sent = desk.heard(_PATIENCE_S)
                    desk.heard()
            found = count(url, [seat.log])
        is_sent = isinstance(sent, Sent) and not (sent.waiting or sent.needs_person)
        return RowResult(
            row=self.name,
            fault=self.fault,
            rounds=rounds,
            acknowledged=found.acknowledged,
            lost=found.lost,
            twice=found.twice,
            wrong_total=found.wrong_total,
            seconds=time.monotonic() - began,
            notes=(
                f"{filling.while_full:,} orders were placed while the disk was full",
                f"PostgreSQL ended {filling.restarts:,} times and was started again",
                f"taken again {filling.longest_s:.1f} s after there was room, at most",
                *found.torn,
            ),
            ok=found.holds and is_sent and filling.while_full > 0,
        )

    def _task(self, seat: SeatPlace, centre: Centre, seed: int) -> DeskTask:
        return DeskTask(
            settings=seat.settings(centre.address()),
            log=seat.log,
            calls=self._ground.calls,
            seed=seed,
            serial=50_000,
            pace_ms=_PACE_MS,
        )


class _Filling:
    """Fills the disk and makes room again."""

    def __init__(
        self, disk: Path, server: LocalPostgres, url: str, seat: SeatPlace, desk: Program
    ) -> None:
        self._disk = disk
        self._server = server
        self._url = url
        self._seat = seat
        self._desk = desk
        self.while_full = 0
        self.restarts = 0
        self.longest_s = 0.0

    def fill_once(self, dice: Dice) -> None:
        """One round; ends when an order that was placed since is at the centre."""
        fill = self._disk / "fill"
        before = self._shown()
        _fill(fill)
        least, most = _FULL_MS
        time.sleep((least + dice.below(most - least)) / 1_000)
        self.while_full += self._shown() - before
        fill.unlink()
        began = time.monotonic()
        wanted = self._shown()
        while self._kept() < wanted:
            if time.monotonic() - began > _PATIENCE_S:
                raise Fault("campaign_stuck", f"The centre takes nothing: {self._desk.complaint()}")
            time.sleep(_GLANCE_S)
        self.longest_s = max(self.longest_s, time.monotonic() - began)

    def _shown(self) -> int:
        return sum(isinstance(one, Shown) for one in read_log(self._seat.log))

    def _kept(self) -> int:
        """How many orders the centre has; starts a database that has ended."""
        try:
            with psycopg.connect(self._url, connect_timeout=5) as connection:
                row = connection.execute("SELECT count(*) FROM sales_order").fetchone()
                return int(row[0]) if row else 0
        except psycopg.OperationalError:
            if not self._server.is_running:
                self._server.stop()
                self._server.start()
                self.restarts += 1
            return -1


def _fill(path: Path) -> None:
    """Take all the room that is left."""
    with path.open("wb", buffering=0) as file:
        for size in (_PIECE, 4_096):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


@contextmanager
def _small_disk(folder: Path) -> Generator[Path]:
    """A file system of its own, in memory; gone with the block."""
    if not can_make_small_disks():
        raise Fault("no_small_disk", "Only root can make the small disk that this row fills.")
    folder.mkdir()
    options = f"size={_SIZE},mode=0711"
    mounting = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(mounting, capture_output=True, text=True, check=False)  # noqa: S603 - a path of our own
    if done.returncode:
        raise Fault("no_small_disk", f"The small disk could not be made: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)  # noqa: S603, S607 - as above


@contextmanager
def _database(folder: Path, disk: Path) -> Generator[LocalPostgres]:
    """A server whose data lie on the small disk, and its programs beside it."""
    place, programs = disk / "server-0", folder / "server-programs"
    place.mkdir()
    programs.mkdir()
    (place / "server").symlink_to(programs, target_is_directory=True)
    server = LocalPostgres(place, settings=_SETTINGS, socket_folder=folder / "s0")
    server.start()
    try:
        yield server
    finally:
        server.stop()
