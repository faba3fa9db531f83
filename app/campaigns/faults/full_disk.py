"""The disk of a desk is full from the first, second, ... write of placing an order on.

The disk is full for a real desk process by the library that also records: it answers ENOSPC as the
kernel does, at exactly the write that is asked for. What is refused is refused in words and can be
done as soon as there is room; in every other round the room that a desk sets aside is enough.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import ClassVar

import msgspec

from app.campaigns.bench.desk import (
    BenchDesk,
    follow_the_feed,
    key_file,
    seat_folder,
    signed_in_desk,
)
from app.campaigns.bench.given import Given as BenchGiven
from app.campaigns.faults.calls import Call, CallTaker, documents, made_calls, notings
from app.campaigns.faults.ledger import DeskLog, Shown, read_log
from app.campaigns.faults.opened_seat import opened
from app.campaigns.faults.recorded_desk import preloaded
from app.campaigns.faults.site import Ground
from app.campaigns.faults.table import RowResult
from app.store.desk import BALLAST
from app.values.clock import SystemClock
from app.values.errors import Fault
from app.values.vocabulary import Region
from app.wire import operations
from app.wire.orders import NumberShown, OrderDocument, PlacedOrder, PlaceOrder, SaveDraft
from app.wire.sync import AskStatus

_ROOM = struct.Struct("=q")
_FOR_ALL = -1
_LONGEST_S = 300.0
_ARRIVES_S = 30.0
_GLANCE_S = 0.05
_WRITES_MOST = 60
"""Placing an order of a few lines writes about so often, the folding of the log left out."""
_IN_WORDS = {"disk_full", "journal_unwritable"}


class FullTask(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk is to do: so many orders, in `folder`, `log` and `room` beside it."""

    folder: Path
    log: Path
    room: Path
    rounds: int
    calls: tuple[Call, ...]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk went through. `faults` is what did not hold."""

    refused: dict[str, int]
    by_ballast: int
    faults: tuple[str, ...]


class FullDisk:
    """Row `full-disk`."""

    name: ClassVar[str] = "full-disk"
    fault: ClassVar[str] = "the disk of the desk is full at each write of placing"
    rounds: ClassVar[int] = 60
    rounds_short: ClassVar[int] = 6

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def run(self, rounds: int, seed: int) -> RowResult:
        """Place so many orders, each on a disk that is full from another write on."""
        began = time.monotonic()
        folder = self._ground.own_folder(self.name)
        task = FullTask(
            folder=folder / "desk",
            log=folder / "desk.shown.jsonl",
            room=folder / "room",
            rounds=rounds,
            calls=made_calls(seed),
        )
        task.folder.mkdir()
        task.room.write_bytes(_ROOM.pack(_FOR_ALL))
        more = {
            "FAULTS_RECORD_FOLDER": str(seat_folder(task.folder)),
            "FAULTS_ROOM": str(task.room),
        }
        with preloaded(__spec__.name, folder, more) as desk:
            desk.send(task)
            found = msgspec.json.decode(desk.heard(_LONGEST_S), type=Found)
        shown = [one for one in read_log(task.log) if isinstance(one, Shown)]
        kept = opened(seat_folder(task.folder), key_file(task.folder), SystemClock())
        unasked = len(kept.orders) - len(shown)
        faults = [*found.faults, *kept.broken]
        if unasked:
            faults.append(f"{unasked} orders are there that were never shown")
        lost, twice = len(kept.lacking(shown)), kept.doubled() + kept.would_double(shown)
        wrong = kept.wrong_total(shown)
        refused = sum(found.refused.values())
        return RowResult(
            row=self.name,
            fault=self.fault,
            rounds=rounds,
            acknowledged=len(shown),
            lost=lost,
            twice=twice,
            wrong_total=wrong,
            seconds=time.monotonic() - began,
            notes=(
                f"refused {refused:,} times ({_words(found.refused)}), placed when there was room",
                f"finished with the room set aside {found.by_ballast:,} times",
                *faults[:10],
            ),
            ok=not (lost or twice or wrong or faults) and len(shown) == rounds and refused > 0,
        )


def _words(refused: dict[str, int]) -> str:
    return ", ".join(f"{code} {count:,}" for code, count in sorted(refused.items()))


class _Desk:
    """In the process: a desk with a disk whose room is told."""

    def __init__(self, at: BenchDesk, task: FullTask, room: mmap.mmap, log: DeskLog) -> None:
        self._at = at
        self._task = task
        self._room = room
        self._log = log
        self._refused: Counter[str] = Counter()
        self._by_ballast = 0
        self._faults: list[str] = []
        self._taker = CallTaker(
            person_id=at.person.person_id,
            device_id=at.device_id,
            rules=at.regions[Region.GB],
            ids=at.ids,
        )

    def run(self) -> Found:
        """One order after the other."""
        for place in range(self._task.rounds):
            self._take(place)
        return Found(
            refused=dict(self._refused), by_ballast=self._by_ballast, faults=tuple(self._faults)
        )

    def _take(self, place: int) -> None:
        call = msgspec.structs.replace(self._task.calls[place % len(self._task.calls)], place=place)
        *_, document = documents(self._taker, call, f"full/{place}", self._at.clock.now())
        caller = self._at.caller
        caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
        for noting in notings(caller, self._taker, document):
            caller.call(operations.NOTE_READ_BACK, noting)
        ballast = seat_folder(self._task.folder) / BALLAST
        ballast.unlink(missing_ok=True)
        if place % 2:
            ballast.write_bytes(b"ballast")
        self._set_room(place % _WRITES_MOST)
        placed = self._tried(place, partial(self._place, document))
        self._by_ballast += bool(place % 2) and not ballast.exists()
        self._tried(place, partial(self._save_another, document))
        self._set_room(_FOR_ALL)
        again = self._place(document)
        if placed is not None and again.number != placed.number:
            self._faults.append(f"round {place}: the order got a second number")
        self._show(document, again)

    def _tried(self, place: int, work: Callable[[], PlacedOrder | None]) -> PlacedOrder | None:
        """What is refused in words is noted; whatever else it raises ends the row."""
        try:
            return work()
        except Fault as fault:
            self._refused[fault.code] += 1
            if fault.code not in _IN_WORDS or not fault.sentence:
                self._faults.append(f"round {place}: {fault.code}: {fault.sentence}")
        return None

    def _place(self, document: OrderDocument) -> PlacedOrder:
        return self._at.caller.call(operations.PLACE_ORDER, PlaceOrder(document=document))

    def _save_another(self, document: OrderDocument) -> None:
        """The next caller's draft, while the disk is still full; it is given up with the round."""
        draft = msgspec.structs.replace(document, order_id=self._taker.ids.new())
        self._at.caller.call(operations.SAVE_DRAFT, SaveDraft(document=draft))

    def _show(self, document: OrderDocument, placed: PlacedOrder) -> None:
        shown = Shown(
            call=document.internal_note.rpartition(" ")[2],
            order_id=str(document.order_id),
            number=placed.number,
            total_minor=placed.totals.total.minor,
            lines=len(document.lines),
        )
        self._log.write(shown)
        self._at.caller.call(operations.NUMBER_SHOWN, NumberShown(order_id=document.order_id))

    def _set_room(self, writes: int) -> None:
        _ROOM.pack_into(self._room, 0, writes)


def _await_guidance(at: BenchDesk) -> None:
    until = time.monotonic() + _ARRIVES_S
    while True:
        try:
            at.caller.call(operations.GET_GUIDANCE, AskStatus())
        except Fault:
            if time.monotonic() > until:
                raise
            time.sleep(_GLANCE_S)
        else:
            return


def main() -> None:
    """In the new process."""
    line = Connection(int(sys.argv[1]))
    task: FullTask = line.recv()
    file = os.open(task.room, os.O_RDWR)
    with (
        mmap.mmap(file, _ROOM.size) as room,
        DeskLog(task.log) as log,
        signed_in_desk(task.folder) as at,
    ):
        follow_the_feed(BenchGiven(folder=task.folder), at, 0)
        _await_guidance(at)
        # Here it is of the module __main__, which the parent does not have.
        line.send(msgspec.json.encode(_Desk(at, task, room, log).run()))


if __name__ == "__main__":
    main()
