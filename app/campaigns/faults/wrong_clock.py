"""The clock on the wall of a desk is a day ahead, a day behind, and jumps while an order is taken.

The desk is a real process with a real line to the centre; only the time that the operating system
tells it is wrong. Nothing may run out that has not, the orders arrive in the order in which they
were shown, and each has the right time at the centre, or is marked as one whose time is in doubt.
"""

from __future__ import annotations

import struct
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import msgspec
import psycopg

from app.campaigns.dice import Dice
from app.campaigns.faults.desk_program import FINISH, DeskTask, Sent
from app.campaigns.faults.ledger import Count, Refused, Shown, count, read_log
from app.campaigns.faults.recorded_desk import RECORDED_DESK, Preloaded, preloaded
from app.campaigns.faults.site import Centre, Ground, SeatPlace, enrolled_seat
from app.campaigns.faults.table import RowResult
from app.values.errors import Fault

_OFFSET = struct.Struct("=q")
_DAY = timedelta(days=1)
_OFFSETS = (_DAY, -_DAY, timedelta(), timedelta(minutes=-90), timedelta(hours=12), 400 * _DAY)
_PACE_MS = 20
_STEADY_MS = (100, 900)
_SEND_S = 120.0
_RIGHT_WITHIN_S = 60
_TOLD_WRONG = "clock_wrong"


class WrongClock:
    """Row `wrong-clock`."""

    name: ClassVar[str] = "wrong-clock"
    fault: ClassVar[str] = "the clock of the desk a day ahead, a day behind, jumping in an order"
    rounds: ClassVar[int] = 50
    rounds_short: ClassVar[int] = 4

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def run(self, rounds: int, seed: int) -> RowResult:
        """Set the clock so many times while orders are taken."""
        began = time.monotonic()
        folder, url = self._ground.own_folder(self.name), self._ground.database()
        clock = folder / "clock"
        _set(clock, timedelta())
        with Centre(folder, url) as centre:
            seat = enrolled_seat(folder, "desk-1", url, centre.address())
            with preloaded(RECORDED_DESK, folder, {"FAULTS_CLOCK": str(clock)}) as desk:
                desk.send((self._task(seat, centre, seed), ""))
                desk.heard(_SEND_S)
                _disturb(clock, Dice(seed), rounds)
                desk.send(FINISH)
                sent = _all_sent(desk)
        return self._result(rounds, url, seat, sent, time.monotonic() - began)

    def _task(self, seat: SeatPlace, centre: Centre, seed: int) -> DeskTask:
        return DeskTask(
            settings=seat.settings(centre.address()),
            log=seat.log,
            calls=self._ground.calls,
            seed=seed,
            serial=40_000,
            pace_ms=_PACE_MS,
        )

    def _result(
        self, rounds: int, url: str, seat: SeatPlace, sent: Sent, seconds: float
    ) -> RowResult:
        found: Count = count(url, [seat.log])
        entries = read_log(seat.log)
        refused = Counter(one.code for one in entries if isinstance(one, Refused))
        shown = [one.number for one in entries if isinstance(one, Shown)]
        with psycopg.connect(url) as connection:
            rows = connection.execute(_ORDERS).fetchall()
        in_turn = [row[0] for row in rows if row[0] in set(shown)] == shown
        wrong = [number for number, off, doubted in rows if off > _RIGHT_WITHIN_S and not doubted]
        doubted = sum(1 for _, off, is_doubted in rows if off > _RIGHT_WITHIN_S and is_doubted)
        holds = found.holds and in_turn and not (refused or wrong or sent.waiting)
        return RowResult(
            row=self.name,
            fault=self.fault,
            rounds=rounds,
            acknowledged=found.acknowledged,
            lost=found.lost,
            twice=found.twice,
            wrong_total=found.wrong_total,
            seconds=seconds,
            notes=(
                f"refused: {dict(refused) or 'nothing'}; still waiting: {sent.waiting}",
                f"in the order in which they were shown: {'yes' if in_turn else 'NO'}",
                (
                    f"another time than the right one and not marked: {len(wrong):,}; marked, taken"
                    f" between a jump and the next word of the centre: {doubted:,}"
                ),
                *([sent.sentence] if sent.sentence else []),
                *found.torn,
            ),
            ok=holds and found.acknowledged > 0,
        )


_ORDERS = f"""
    SELECT number, abs(extract(epoch FROM received_at - placed_at)),
           review_reasons::text LIKE '%{_TOLD_WRONG}%'
    FROM sales_order ORDER BY received_at
"""  # noqa: S608 - put together from what stands above


def _disturb(clock: Path, dice: Dice, rounds: int) -> None:
    """Set the clock so many times, each at a moment of its own, and leave it wrong."""
    least, most = _STEADY_MS
    for place in range(rounds):
        _set(clock, _OFFSETS[(place + dice.below(2)) % len(_OFFSETS)])
        time.sleep((least + dice.below(most - least)) / 1_000)
    _set(clock, _DAY)


def _set(clock: Path, wrong_by: timedelta) -> None:
    nanoseconds = wrong_by // timedelta(microseconds=1) * 1_000
    if not clock.exists():
        clock.write_bytes(bytes(_OFFSET.size))
    with clock.open("r+b") as file:
        file.write(_OFFSET.pack(nanoseconds))


def _all_sent(desk: Preloaded) -> Sent:
    """What the desk says when it has sent all. Raises Fault."""
    said = desk.heard(_SEND_S)
    if not isinstance(said, Sent):
        raise Fault("campaign_stuck", f"The desk said {msgspec.json.encode(said)!r}.")
    return said
