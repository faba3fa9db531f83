"""How long until an order is on the disk, beside writes of the same bytes and nothing else.

All of it goes through the desk's caller into the real encrypted store and journal. The bare write
appends to an open file and has the disk keep it, in turns with ours, because a busy disk is ten
times slower than a quiet one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from app.campaigns.bench.desk import BenchDesk, follow_the_feed, signed_in_desk
from app.campaigns.bench.figures import Figure, beside, in_turns, timed, within
from app.campaigns.bench.given import Given, require
from app.campaigns.bench.orders import an_order, goods, read_back, with_other_quantity
from app.services.ports import Caller
from app.services.rules.pricing import totals
from app.wire import operations
from app.wire.message import encode
from app.wire.orders import (
    NumberShown,
    OpenDraft,
    OrderDocument,
    PlacedOrder,
    PlaceOrder,
    SaveDraft,
)
from app.wire.sync import AskStatus

SAVE_MOST_MS = 20
PLACE_TIMES = 3
PLACED_LINES = 15
_WARM_UP = 5


def draft_save(given: Given, *, lines: int, saves: int = 200) -> tuple[Figure, ...]:
    """Save an order of so many lines again and again, another quantity each time."""
    given.tell(f"Saving an order of {lines:,} lines")
    listed = goods(given, lines)
    with signed_in_desk(given.folder) as at, _bare_file(given.folder / "bare") as bare:
        document = an_order(at, listed, lines)
        versions = [
            with_other_quantity(document, place % lines, 2 + place % 5)
            for place in range(_WARM_UP + saves)
        ]
        ours = (partial(_save, at.caller, version) for version in versions)
        bares = (partial(_write, bare, encode(version)) for version in versions)
        mine, theirs = in_turns(ours, bares)
        kept = at.caller.call(operations.OPEN_DRAFT, OpenDraft(order_id=document.order_id))
        require(kept == versions[-1], "The draft on the disk is not the one saved last.")
    name = f"draft-save-{lines}"
    return (within(name, mine[_WARM_UP:], SAVE_MOST_MS, bare=theirs[_WARM_UP:]),)


def place(given: Given, *, orders: int = 150) -> tuple[Figure, ...]:
    """Place orders of 15 lines, each a draft before; the numbers were leased in advance."""
    given.tell(f"Placing {orders:,} orders of {PLACED_LINES} lines")
    listed = goods(given, PLACED_LINES)
    with (
        signed_in_desk(given.folder, listed) as at,
        _bare_file(given.folder / "bare-1") as first,
        _bare_file(given.folder / "bare-2") as second,
    ):
        follow_the_feed(given, at, len(listed), numbers=_WARM_UP + orders)
        mine: list[float] = []
        theirs: list[float] = []
        placed: list[PlacedOrder] = []
        for _ in range(_WARM_UP + orders):
            document = an_order(at, listed, PLACED_LINES)
            _save(at.caller, document)
            read_back(at, document)
            took, order = timed(partial(_place, at.caller, document))
            mine.append(took)
            placed.append(order)
            theirs.append(timed(partial(_write_both, first, second, encode(order)))[0])
            shown = NumberShown(order_id=document.order_id)
            at.caller.call(operations.NUMBER_SHOWN, shown)
        _check(at, placed)
    ours, bare = mine[_WARM_UP:], theirs[_WARM_UP:]
    return (beside("place", ours, bare, PLACE_TIMES, quantile="p50", than="two bare writes"),)


def _check(at: BenchDesk, placed: list[PlacedOrder]) -> None:
    """Every order has a number of its own and its right total, and waits to be sent."""
    require(len({order.number for order in placed}) == len(placed), "A number was given twice.")
    for order in placed:
        sums = totals(order.document, at.regions[order.document.region])
        require(order.totals == sums, f"The total of order {order.number} is wrong.")
    waiting = at.caller.call(operations.ASK_STATUS, AskStatus()).waiting
    require(waiting == len(placed), f"{waiting:,} orders wait to be sent, not {len(placed):,}.")


def _save(caller: Caller, document: OrderDocument) -> None:
    caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))


def _place(caller: Caller, document: OrderDocument) -> PlacedOrder:
    return caller.call(operations.PLACE_ORDER, PlaceOrder(document=document))


@contextmanager
def _bare_file(path: Path) -> Generator[int]:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
    try:
        yield file
    finally:
        os.close(file)


def _write(file: int, content: bytes) -> None:
    written = os.write(file, content)
    require(written == len(content), "The bare write was cut short.")
    _sync(file)


def _write_both(first: int, second: int, content: bytes) -> None:
    """One after the other into two files, as store and journal are two."""
    _write(first, content)
    _write(second, content)


_sync: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)
"""The quicker of the two where there is a choice: SQLite and the journal take it as well."""
