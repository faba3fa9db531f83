"""The power is cut at a random moment while orders are taken, over and over.

One recording of a real desk serves many cuts: for each, a disk is worked out on which what was not
synced is lost or torn, and the desk's own recovery opens it. In some, one of the two copies is gone
as a whole: the other has every order that was shown. A desk whose store is less careful has to lose
orders in the same test, or the test proves nothing.
"""

from __future__ import annotations

import shutil
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import msgspec

from app.campaigns.dice import Dice
from app.campaigns.faults.desk_program import DeskTask
from app.campaigns.faults.disk_image import Disk, Kind, Note
from app.campaigns.faults.ledger import Changed, Entry, Placing, Shown
from app.campaigns.faults.opened_seat import Opened, opened
from app.campaigns.faults.recorded_desk import Recording, is_recorded, record
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

LOST_TYPING_S = 0.5
_CALLS, _CALLS_SHORT = 60, 8
_PACE_MS = 40
_ENTRY = msgspec.json.Decoder(Entry)
_ONE_COPY_IN = 4
"""In one cut of so many the store is gone, in another one the journal."""
_STORE_FILES = (STORE, STORE + LOG_SUFFIX)


@dataclass(slots=True)
class _Tally:
    """What the cuts came to."""

    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    wrong_total: int = 0
    unreadable: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    typing_s: list[float] = field(default_factory=list)
    one_copy: int = 0
    said: int = 0
    said_both: int = 0


@dataclass(frozen=True, slots=True)
class _Told:
    """What the CSR's log said, and behind which note."""

    place: int
    entry: Entry


class PowerCut:
    """Row `power-cut`."""

    name: ClassVar[str] = "power-cut"
    fault: ClassVar[str] = "power cut at the desk: unsynced sectors, lengths and names are lost"
    rounds: ClassVar[int] = 500
    rounds_short: ClassVar[int] = 8

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def run(self, rounds: int, seed: int) -> RowResult:
        """Record one desk, cut its power so many times; then one whose store is less careful."""
        began = time.monotonic()
        folder = self._ground.own_folder(self.name)
        with Centre(folder, self._ground.database()) as centre:
            seat, recording = self._recorded(centre, folder / "careful", seed)
            weak_seat, weak = self._recorded(centre, folder / "careless", seed, "NORMAL")
        tally, control = _Tally(), _Tally()
        for cut in _Cuts(seat, recording, folder / "image").of(rounds, seed):
            cut.judge(tally)
        for cut in _Cuts(weak_seat, weak, folder / "image").of(max(4, rounds // 10), seed):
            cut.judge(control, without=(JOURNAL,))
        return self._result(rounds, tally, control, recording, time.monotonic() - began)

    def _recorded(
        self, centre: Centre, folder: Path, seed: int, synchronous: str = ""
    ) -> tuple[SeatPlace, Recording]:
        recorded, scratch = folder / "disk", folder / "scratch"
        recorded.mkdir(parents=True)
        scratch.mkdir()
        seat = enrolled_seat(recorded, folder.name, centre.url, centre.address())
        short = self._ground.is_short
        task = DeskTask(
            settings=seat.settings(centre.address()),
            log=seat.log,
            calls=self._ground.calls[:_CALLS],
            seed=seed,
            serial=0 if synchronous else 10_000,
            pace_ms=_PACE_MS,
            calls_most=_CALLS_SHORT if short or synchronous else _CALLS,
        )
        return seat, record(recorded, task, scratch, synchronous=synchronous)

    def _result(
        self, rounds: int, tally: _Tally, control: _Tally, recording: Recording, seconds: float
    ) -> RowResult:
        typing = max(tally.typing_s, default=0.0)
        in_time = self._ground.is_short or typing <= LOST_TYPING_S
        holds = not (tally.lost or tally.twice or tally.wrong_total)
        whole = not (tally.unreadable or tally.broken)
        return RowResult(
            row=self.name,
            fault=self.fault,
            rounds=rounds,
            acknowledged=tally.acknowledged,
            lost=tally.lost,
            twice=tally.twice,
            wrong_total=tally.wrong_total,
            seconds=seconds,
            notes=(
                f"{len(recording.notes):,} writes, syncs and names recorded",
                f"{len(tally.unreadable):,} seats could not be opened afterwards",
                f"in {tally.one_copy:,} cuts one of the two copies was gone as a whole",
                (
                    f"{len(tally.typing_s):,} drafts were cut off in the middle; the most that was"
                    f" lost of one is {typing:.2f} s of typing ({LOST_TYPING_S} allowed)"
                ),
                (
                    f"the same with synchronous = NORMAL and no journal loses {control.lost:,} of"
                    f" {control.acknowledged:,} (it has to lose some)"
                ),
                (
                    f"of the {rounds - tally.one_copy:,} others {tally.said:,} were told to the"
                    f" CSR, {tally.said_both:,} as possibly more than a power cut"
                ),
                *tally.unreadable[:5],
                *sorted(tally.broken)[:5],
            ),
            ok=holds and whole and in_time and tally.acknowledged > 0 and control.lost > 0,
        )


class _Cuts:
    """The power cuts of one recording."""

    def __init__(self, seat: SeatPlace, recording: Recording, image: Path) -> None:
        self._seat = seat
        self._recording = recording
        self._image = image
        self._told = list(_told(recording.notes, seat.log.name))

    def of(self, rounds: int, seed: int) -> Iterator[_Cut]:
        """So many cuts, earliest first: half of them at any moment, half just behind a number."""
        dice = Dice(seed)
        notes = self._recording.notes
        shown = [told.place for told in self._told if isinstance(told.entry, Shown)]
        if not shown:
            raise Fault("campaign_stuck", "The recorded desk showed no number.")
        places = sorted(
            dice.below(len(notes)) if at % 2 else shown[dice.below(len(shown))] + dice.below(4)
            for at in range(rounds)
        )
        disk = Disk(self._recording.before)
        for before, place in pairwise((-1, *(min(place, len(notes) - 1) for place in places))):
            for note in notes[before + 1 : place + 1]:
                if is_recorded(note.path):
                    disk.do(note)
            self._lay(disk.after_cut(dice))
            told = self._told[: bisect_left(self._told, place + 1, key=_place)]
            yield _Cut(self._seat, self._image, told, notes[place].at, dice.below(2 * _ONE_COPY_IN))

    def _lay(self, files: dict[str, bytes]) -> None:
        shutil.rmtree(self._image, ignore_errors=True)
        for path, content in files.items():
            file = self._image / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            file.chmod(0o600)


@dataclass(frozen=True, slots=True)
class _Cut:
    """One power cut: the disk lies in `image`, and `told` is what the CSR had seen by then."""

    seat: SeatPlace
    image: Path
    told: Sequence[_Told]
    at: float
    chance: int

    def judge(self, tally: _Tally, without: tuple[str, ...] = ()) -> None:
        """Open it twice, and hold what is there against what was shown."""
        shown = [told.entry for told in self.told if isinstance(told.entry, Shown)]
        tally.acknowledged += len(shown)
        gone = without or {0: _STORE_FILES, 1: (JOURNAL,)}.get(self.chance, ())
        tally.one_copy += bool(gone)
        folder = self.image / self.seat.folder.name
        for name in gone:
            (folder / name).unlink(missing_ok=True)
        key_file = folder / KEY_FILE
        try:
            first = opened(folder, key_file, SystemClock())
            again = opened(folder, key_file, SystemClock())
        except (Fault, Refusal, OSError, ValueError) as problem:
            tally.unreadable.append(f"cut at {self.at:.3f}: {problem}")
            tally.lost += len(shown)
            return
        self._count(tally, first, shown)
        if again.sentence or again.orders != first.orders or again.drafts != first.drafts:
            tally.broken.add(f"the second opening differs: {again.sentence}")
        if not gone:
            tally.said += bool(first.sentence)
            tally.said_both += "Both copies" in first.sentence
            tally.typing_s += self._lost_typing(first)

    def _count(self, tally: _Tally, found: Opened, shown: list[Shown]) -> None:
        tally.lost += len(found.lacking(shown))
        tally.twice += found.doubled()
        tally.wrong_total += found.wrong_total(shown)
        tally.broken.update(found.broken)

    def _lost_typing(self, found: Opened) -> list[float]:
        """Seconds of typing that are gone of the order that was in hand, if one was."""
        entries = [told.entry for told in self.told]
        last = entries[-1] if entries else None
        if not isinstance(last, Changed | Placing):
            return []
        placed = {order.call for order in found.orders}
        if last.call in placed:
            return []
        kept = found.drafts.get(last.call, 0)
        changes = [e for e in entries if isinstance(e, Changed) and e.call == last.call]
        gone = [change.at for change in changes if change.lines > kept]
        return [max(0.0, self.at - gone[0])] if gone else [0.0]


def _told(notes: Sequence[Note], log: str) -> Iterator[_Told]:
    """The lines of the CSR's log, each with the note that wrote it."""
    for note in notes:
        if note.path == log and note.kind is Kind.WRITTEN:
            yield _Told(note.place, _ENTRY.decode(note.content.strip()))


def _place(told: _Told) -> int:
    return told.place
