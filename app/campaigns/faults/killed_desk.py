"""The desk's process is killed at a random moment, over and over, while it takes orders.

Each kill is one round. The next process opens what the killed one left, shows the numbers that were
never shown, goes on with drafts or gives them up, and takes the next calls. At the end one desk
sends everything, and the ledger counts.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import ClassVar

from app.campaigns.dice import Dice
from app.campaigns.faults.desk_program import FINISH, DeskTask, Kept, Sent, take_calls
from app.campaigns.faults.ledger import Changed, count, read_log, run_of
from app.campaigns.faults.programs import Program
from app.campaigns.faults.site import Centre, Ground, SeatPlace, enrolled_seat
from app.campaigns.faults.table import RowResult, counted
from app.values.errors import Fault

LOST_TYPING_S = 0.5
OPENED_S = 3.0
SEND_S = 120.0
_WHILE_OPENING = 4
_LONGEST_LIFE_MS = 1_200
_PACES_MS = (5, 20, 120)
"""How long the CSR takes over a line at most: a fast order, a usual one, a slow one."""
_CALLS = 40
_TAIL_BYTES = 200_000


@dataclass(slots=True)
class _Seen:
    """What restarts showed."""

    opened_s: list[float] = field(default_factory=list)
    lost_typing_s: list[float] = field(default_factory=list)
    not_given: int = 0
    sentences: set[str] = field(default_factory=set)


class KilledDesk:
    """Row `killed-desk`."""

    name: ClassVar[str] = "killed-desk"
    fault: ClassVar[str] = "kill -9 of the desk at a random moment while orders are placed"
    rounds: ClassVar[int] = 1_000
    rounds_short: ClassVar[int] = 4

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def run(self, rounds: int, seed: int) -> RowResult:
        """Kill so many desks at one seat."""
        url, folder = self._ground.database(), self._ground.own_folder(self.name)
        seen = _Seen()
        with Centre(folder, url) as centre:
            seat = enrolled_seat(folder, "desk-1", url, centre.address())
            killer = _Killer(self._ground, seat, centre.address(), seed, seen)
            for place in range(rounds):
                killer.kill_one(place)
            killer.finish(rounds)
        found = count(url, [seat.log])
        typing, opened = max(seen.lost_typing_s, default=0.0), max(seen.opened_s, default=0.0)
        usual = median(seen.opened_s) if seen.opened_s else 0.0
        in_time = self._ground.is_short or (typing <= LOST_TYPING_S and opened <= OPENED_S)
        notes = (
            f"{len(seen.lost_typing_s):,} orders were cut off while they were typed",
            f"at most {typing:.2f} s of typing was lost of one ({LOST_TYPING_S} allowed)",
            f"{seen.not_given:,} orders were placed and not shown, and shown after the restart",
            f"opened again after {usual:.2f} s, {opened:.2f} s at most ({OPENED_S} allowed)",
            *sorted(seen.sentences),
        )
        return counted(self, rounds, found, notes, holds=in_time)


@dataclass(frozen=True, slots=True)
class _Cut:
    """An order that was being typed when the desk was killed: its changes, oldest first."""

    changes: tuple[Changed, ...]
    killed_at: float

    def lost_s(self, drafts: dict[str, int]) -> float:
        """Seconds of typing that the next process did not find again."""
        saved = drafts.get(self.changes[0].call, 0)
        gone = [change.at for change in self.changes if change.lines > saved]
        return max(0.0, self.killed_at - gone[0]) if gone else 0.0


class _Killer:
    """Starts desks at one seat and kills them."""

    def __init__(
        self, ground: Ground, seat: SeatPlace, centre_url: str, seed: int, seen: _Seen
    ) -> None:
        self._ground = ground
        self._seat = seat
        self._centre_url = centre_url
        self._seed = seed
        self._dice = Dice(seed)
        self._seen = seen
        self._cut: _Cut | None = None

    def kill_one(self, place: int) -> None:
        """One process from its start to its sudden end: while it opens, or later at work."""
        is_at_work = self._dice.below(_WHILE_OPENING) > 0
        lives_s = self._dice.below(_LONGEST_LIFE_MS) / 1_000
        with self._started(place) as desk:
            if is_at_work:
                self._look(desk.heard())
            time.sleep(lives_s)
            if not desk.is_running:
                raise Fault("campaign_stuck", f"The desk ended by itself: {desk.complaint()}")
            killed_at = time.monotonic()
            desk.kill()
            words = desk.last_words()  # none: it did not come so far as to see what there was
            for kept in words:
                self._look(kept)
            if words or is_at_work:
                self._cut = _cut_off(self._seat.log, place, killed_at)

    def finish(self, place: int) -> None:
        """The last process takes no more calls and sends everything. Raises Fault."""
        with self._started(place) as desk:
            desk.tell(FINISH)
            self._look(desk.heard())
            sent = desk.heard(SEND_S)
            if not isinstance(sent, Sent) or sent.waiting or sent.needs_person:
                raise Fault("campaign_stuck", f"The desk could not send everything: {sent}")
            desk.heard()

    def _started(self, place: int) -> Program:
        calls = self._ground.calls
        first = place * 7 % len(calls)
        task = DeskTask(
            settings=self._seat.settings(self._centre_url),
            log=self._seat.log,
            calls=(calls[first:] + calls[:first])[:_CALLS],
            run=place,
            seed=self._seed * 1_000_003 + place,
            serial=place * 1_000,
            pace_ms=_PACES_MS[self._dice.below(len(_PACES_MS))],
        )
        return Program(take_calls, task, self._seat.said)

    def _look(self, kept: Kept) -> None:
        seen = self._seen
        seen.opened_s.append(kept.opened_s)
        seen.not_given += kept.not_given
        if kept.sentence:
            seen.sentences.add(kept.sentence)
        if self._cut is not None:
            seen.lost_typing_s.append(self._cut.lost_s(kept.drafts))
            self._cut = None


def _cut_off(log: Path, run: int, killed_at: float) -> _Cut | None:
    """The order that this run was typing; None where it had none in the middle of being typed."""
    entries = read_log(log, last_bytes=_TAIL_BYTES)
    last = entries[-1] if entries else None
    if not isinstance(last, Changed) or run_of(last.call) != run:
        return None
    own = (one for one in entries if isinstance(one, Changed) and one.call == last.call)
    return _Cut(tuple(own), killed_at)
