"""Opens what a fault left of a seat, as a desk does at its start, and reads what it then holds.

Orders are read in plain SQL and plain JSON, and held against what the CSR was shown; the journal
has to hold the same. No thread.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from app.adapters.key_file import KeyFile
from app.campaigns.faults.ledger import Shown, call_of
from app.services.desk.records import Captured, Entry, unpacked
from app.services.desk.recovery import JOURNAL, STORE, open_records
from app.services.desk.seat import STORE_KEY, open_seat
from app.store.desk import connect_read_only
from app.store.journal import read_journal
from app.values.clock import Clock
from app.values.errors import Fault

_ORDERS = """
    SELECT p.number, p.order_id, c.command_id, c.body, c.sha256, d.state
    FROM placed_order p JOIN command c USING (position) LEFT JOIN draft d ON d.order_id = p.order_id
"""
_FREE_NUMBERS = "SELECT number FROM order_number WHERE order_id IS NULL"
_WAITING_DRAFTS = "SELECT document FROM draft WHERE state IN ('open', 'parked')"
_entries = msgspec.json.Decoder(Entry)


class KeptOrder(msgspec.Struct, frozen=True):
    """One order as it stands at the desk."""

    number: str
    order_id: str
    total_minor: int
    lines: int
    call: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a seat holds. `broken` are orders of which a part is missing or other, in words."""

    orders: tuple[KeptOrder, ...]
    drafts: dict[str, int]
    free_numbers: frozenset[str]
    sentence: str
    broken: tuple[str, ...]

    def lacking(self, shown: Iterable[Shown]) -> list[Shown]:
        """Which of the shown numbers are not there, or are another order."""
        known = {(order.number, order.order_id) for order in self.orders}
        return [one for one in shown if (one.number, str(UUID(one.order_id))) not in known]

    def doubled(self) -> int:
        """How many calls or numbers have more than one order."""
        calls = len(self.orders) - len({order.call for order in self.orders})
        return calls + len(self.orders) - len({order.number for order in self.orders})

    def would_double(self, shown: Iterable[Shown]) -> int:
        """How many of the shown numbers would be given to another order."""
        return len(self.free_numbers & {one.number for one in shown})

    def wrong_total(self, shown: Iterable[Shown]) -> int:
        """How many orders have another total or other lines than was shown."""
        told = {one.number: (one.total_minor, one.lines) for one in shown}
        kept = {order.number: (order.total_minor, order.lines) for order in self.orders}
        return sum(number in kept and kept[number] != sums for number, sums in told.items())


def opened(folder: Path, key_file: Path, clock: Clock) -> Opened:
    """Open, mend and close the seat's records, then read them.

    Raises whatever the opening raises: a campaign counts that as unreadable.
    """
    keys = KeyFile(key_file)
    seat = open_seat(folder, keys)
    try:
        records = open_records(seat, keys, clock)
        sentence = " ".join(records.sentences)
        records.close()
    finally:
        seat.close()
    key = keys.get(STORE_KEY)
    if key is None:
        raise Fault("campaign_stuck", "The seat has no store key after it was opened.")
    connection = connect_read_only(folder / STORE, key)
    try:
        rows = connection.execute(_ORDERS).fetchall()
        free = {row[0] for row in connection.execute(_FREE_NUMBERS)}
        documents = [unpacked(row[0]) for row in connection.execute(_WAITING_DRAFTS)]
    finally:
        connection.close()
    broken = [words for row in rows if (words := _what_is_broken(row))]
    broken += _apart(folder, key, {UUID(row[2]) for row in rows})
    return Opened(
        orders=tuple(_kept(row) for row in rows),
        drafts={call_of(one.internal_note): len(one.lines) for one in documents},
        free_numbers=frozenset(free),
        sentence=sentence,
        broken=tuple(broken),
    )


def _kept(row: tuple[Any, ...]) -> KeptOrder:
    body = msgspec.json.decode(row[3])
    document = body["document"]
    return KeptOrder(
        number=row[0],
        order_id=str(UUID(row[1])),
        total_minor=body["totals"]["total"]["minor"],
        lines=len(document["lines"]),
        call=call_of(document["internal_note"]),
    )


def _what_is_broken(row: tuple[Any, ...]) -> str:
    number, order_id, _, body, sha256, state = row
    if hashlib.sha256(body).hexdigest() != sha256:
        return f"order {number} has another body than was captured"
    placed = msgspec.json.decode(body)
    if placed["number"] != number or UUID(placed["document"]["order_id"]) != UUID(order_id):
        return f"order {number} stands beside the body of another"
    return "" if state == "placed" else f"the draft of order {number} is {state or 'gone'}"


def _apart(folder: Path, key: bytes, in_store: set[UUID]) -> list[str]:
    """Orders that only one of the two copies has after an opening."""
    reading = read_journal(folder / JOURNAL, key)
    if reading.damaged:
        return ["the journal is damaged after the opening"]
    entries = map(_entries.decode, reading.records)
    captured = {e.command.command_id for e in entries if isinstance(e, Captured)}
    return [f"command {one} is in the store only" for one in in_store - captured]
