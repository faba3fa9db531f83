"""Bits are flipped and files cut short in what a desk left when it was killed, over and over.

What is damaged has to be found and said, set aside byte for byte, and made good from the other
copy; no order may come out other than it was shown. Where both copies are damaged at once, what is
gone has to be said, and what was sent is with the centre.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import psycopg

from app.campaigns.dice import Dice
from app.campaigns.faults.desk_program import FINISH, DeskTask, Sent, take_calls
from app.campaigns.faults.ledger import Changed, Shown, read_log
from app.campaigns.faults.opened_seat import Opened, opened
from app.campaigns.faults.programs import Program
from app.campaigns.faults.site import (
    KEY_FILE,
    Centre,
    Ground,
    SeatPlace,
    enrolled_seat,
)
from app.campaigns.faults.table import RowResult
from app.services.desk.recovery import JOURNAL, STORE
from app.store.pages import LOG_SUFFIX
from app.values.clock import SystemClock
from app.values.errors import Fault, Refusal

_LOG = STORE + LOG_SUFFIX
_TARGETS: tuple[tuple[str, ...], ...] = (
    (STORE,),
    (_LOG,),
    (JOURNAL,),
    (STORE, _LOG),
    (STORE, JOURNAL),
    (_LOG, JOURNAL),
)
_SENT, _UNSENT = 8, 8
_PACE_MS = 30
_SLOW_MS = 2_000
_PATIENCE_S = 60.0
_GLANCE_S = 0.02
_SURELY_KEPT_S = 1.0
_SECTOR = 512
_SET_ASIDE = "set-aside"
_ALL_WAYS = 4


@dataclass(frozen=True, slots=True)
class _Left:
    """What a killed desk left: its files, what it had shown, what it held, what was sent."""

    seat: SeatPlace
    shown: tuple[Shown, ...]
    whole: Opened
    sent: frozenset[str]


@dataclass(slots=True)
class _Tally:
    """What the damages came to."""

    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    wrong_total: int = 0
    said: int = 0
    harmless: int = 0
    gone_of_both: int = 0
    gone_everywhere: int = 0
    drafts_kept: int = 0
    drafts: int = 0
    faults: list[str] = field(default_factory=list)
    targets: Counter[str] = field(default_factory=Counter)


class BitFlips:
    """Row `bit-flips`."""

    name: ClassVar[str] = "bit-flips"
    fault: ClassVar[str] = "bits flipped, sectors blanked, ends cut off in store, log and journal"
    rounds: ClassVar[int] = 200
    rounds_short: ClassVar[int] = 6

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def run(self, rounds: int, seed: int) -> RowResult:
        """Damage what one killed desk left so many times."""
        began = time.monotonic()
        folder = self._ground.own_folder(self.name)
        url = self._ground.database()
        with Centre(folder, url) as centre:
            left = self._left(folder, centre, url, seed)
        tally, dice = _Tally(), Dice(seed)
        for place in range(rounds):
            _Round(left, folder / "damaged", dice, place).run(tally)
        holds = not (tally.lost or tally.twice or tally.wrong_total or tally.faults)
        return RowResult(
            row=self.name,
            fault=self.fault,
            rounds=rounds,
            acknowledged=tally.acknowledged,
            lost=tally.lost,
            twice=tally.twice,
            wrong_total=tally.wrong_total,
            seconds=time.monotonic() - began,
            notes=tuple(_notes(tally)),
            ok=holds and tally.acknowledged > 0,
        )

    def _left(self, folder: Path, centre: Centre, url: str, seed: int) -> _Left:
        """A seat with orders that were sent, and orders and a draft behind them that were not."""
        seat = enrolled_seat(folder, "desk-1", url, centre.address())
        with Program(take_calls, self._task(seat, centre, seed, 0, _SENT), seat.said) as desk:
            while not isinstance(desk.heard(), Sent):
                pass
            desk.tell(FINISH)
            desk.heard()
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT number FROM sales_order").fetchall()
        with Program(take_calls, self._task(seat, centre, seed, 1, None), seat.said) as desk:
            until = time.monotonic() + _PATIENCE_S
            while len(_shown(seat)) < _SENT + _UNSENT:
                _wait(until, desk)
            desk.kill()
        slowly = self._task(seat, centre, seed, 2, None, pace_ms=_SLOW_MS)
        with Program(take_calls, slowly, seat.said) as desk:
            until = time.monotonic() + _PATIENCE_S
            while not _is_typing(seat):
                _wait(until, desk)
            desk.kill()
        whole = folder / "whole"
        shutil.copytree(seat.folder, whole)
        kept = opened(whole, whole / KEY_FILE, SystemClock())
        return _Left(seat, tuple(_shown(seat)), kept, frozenset(row[0] for row in rows))

    def _task(
        self,
        seat: SeatPlace,
        centre: Centre,
        seed: int,
        run: int,
        most: int | None,
        pace_ms: int = _PACE_MS,
    ) -> DeskTask:
        return DeskTask(
            settings=seat.settings(centre.address()),
            log=seat.log,
            calls=self._ground.calls,
            run=run,
            seed=seed + run,
            serial=20_000 + 1_000 * run,
            pace_ms=pace_ms,
            calls_most=most,
        )


@dataclass(frozen=True, slots=True)
class _Round:
    """One damage to a copy of what was left."""

    left: _Left
    folder: Path
    dice: Dice
    place: int

    def run(self, tally: _Tally) -> None:
        """Damage, open twice, and hold what is there against what was shown."""
        targets = _TARGETS[self.place % len(_TARGETS)]
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.left.seat.folder, self.folder)
        how = [self._damage(self.folder / name) for name in targets]
        after = {name: (self.folder / name).read_bytes() for name in targets}
        words = f"round {self.place} ({', '.join(how)})"
        tally.targets[" and ".join(targets)] += 1
        try:
            found = opened(self.folder, self.folder / KEY_FILE, SystemClock())
            again = opened(self.folder, self.folder / KEY_FILE, SystemClock())
        except (Fault, Refusal, OSError, ValueError) as problem:
            tally.faults.append(f"{words}: not opened: {problem!r}")
            return
        if again.sentence or again.orders != found.orders:
            tally.faults.append(f"{words}: the second opening differs: {again.sentence}")
        is_one_copy = JOURNAL not in targets or len(targets) == 1
        self._judge(tally, found, words, is_one_copy=is_one_copy)
        tally.faults += self._not_kept(found, after, words)

    def _judge(self, tally: _Tally, found: Opened, words: str, *, is_one_copy: bool) -> None:
        left = self.left
        gone = {one.number for one in found.lacking(left.shown)}
        tally.acknowledged += len(left.shown)
        tally.twice += found.doubled() + found.would_double(left.shown)
        tally.wrong_total += found.wrong_total(left.shown)
        tally.faults += [f"{words}: {broken}" for broken in found.broken]
        tally.drafts += len(left.whole.drafts)
        tally.drafts_kept += sum(call in found.drafts for call in left.whole.drafts)
        is_as_before = found.orders == left.whole.orders and found.drafts == left.whole.drafts
        tally.said += bool(found.sentence)
        tally.harmless += not found.sentence
        if not found.sentence and not is_as_before:
            tally.faults.append(f"{words}: something is gone, and nothing was said")
        if is_one_copy:
            tally.lost += len(gone)
            return
        tally.gone_of_both += len(gone)
        tally.gone_everywhere += len(gone - left.sent)
        if gone and "tell your team lead" not in found.sentence:
            tally.faults.append(f"{words}: {len(gone)} orders are gone, and it was not said")

    def _not_kept(self, found: Opened, after: dict[str, bytes], words: str) -> Iterator[str]:
        """Files that are said to be set aside, and are not as they were."""
        if _SET_ASIDE not in found.sentence:
            return
        kept = {path.read_bytes() for path in self.folder.glob(f"*{_SET_ASIDE}*")}
        for name, content in after.items():
            stands_for = STORE if name == _LOG else name
            stem, suffix = stands_for.split(".")
            is_said = f"{stem}-{_SET_ASIDE}" in found.sentence and f".{suffix}" in found.sentence
            if is_said and content and content not in kept:
                yield f"{words}: {name} was not kept as it was"

    def _damage(self, path: Path) -> str:
        """Flip bits, blank a sector or cut the end off; what was done."""
        content = bytearray(path.read_bytes())
        if not content:
            return f"{path.name} is empty"
        at = self.dice.below(len(content))
        match self.dice.below(_ALL_WAYS):
            case 0:
                del content[at:]
                how = f"{path.name} cut at {at}"
            case 1:
                start = at // _SECTOR * _SECTOR
                piece = content[start : start + _SECTOR]
                content[start : start + _SECTOR] = bytes(len(piece))
                how = f"{path.name} blank at {start}"
            case _:
                content[at] ^= 1 << self.dice.below(8)
                how = f"{path.name} flipped at {at}"
        path.write_bytes(content)
        return how


def _wait(until: float, desk: Program) -> None:
    if time.monotonic() > until:
        raise Fault("campaign_stuck", f"The desk is too slow: {desk.complaint()}")
    time.sleep(_GLANCE_S)


def _is_typing(seat: SeatPlace) -> bool:
    """Whether the order in hand of the slow desk has a line that is surely kept."""
    entries = read_log(seat.log)
    last = entries[-1] if entries else None
    if not isinstance(last, Changed) or "/2/" not in last.call:
        return False
    typed = [e.at for e in entries if isinstance(e, Changed) and e.call == last.call and e.lines]
    return bool(typed) and time.monotonic() - typed[0] > _SURELY_KEPT_S


def _shown(seat: SeatPlace) -> list[Shown]:
    return [one for one in read_log(seat.log) if isinstance(one, Shown)]


def _notes(tally: _Tally) -> Iterator[str]:
    yield ", ".join(f"{count} times {name}" for name, count in sorted(tally.targets.items()))
    yield (
        f"said in {tally.said:,} rounds; in {tally.harmless:,} the damage lay where nothing is"
        " kept any more, and all is as it was"
    )
    yield f"of {tally.drafts:,} drafts under way {tally.drafts_kept:,} were still there"
    yield (
        f"both copies damaged at once: {tally.gone_of_both:,} orders are gone from the desk, and it"
        f" says so; {tally.gone_everywhere:,} of them had not been sent"
    )
    yield from tally.faults[:10]
