"""What a seat keeps of its orders: the encrypted store, and the journal as its second copy.

How commands and read-backs are written and read; `commands` captures new ones, `recovery` brings
the copies together at a start. Any thread.
"""

from __future__ import annotations

import hashlib
import threading
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Row, Uuid, bindparam, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from app.models.desk.table import DeskTable
from app.models.desk.tables import CommandRow, ReadBackEntryRow
from app.services.desk import memory
from app.store.desk import DeskStore
from app.store.journal import Journal, Mark
from app.values.errors import Fault
from app.values.identity import CommandId, OrderId
from app.values.vocabulary import CommandState, DraftState
from app.wire.message import Instant, View, decode, encode
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.read_back import NumberSaidBack, ReadBackEntry, Told
from app.wire.sync import Command

CLOSING = (NumberSaidBack, Told)
"""Entries of the end of a call; all others come before the order is placed."""

_LONG_BYTES = 16_000
"""From about sixty lines on, packing costs less than the pages it saves."""


class Captured(View, frozen=True, kw_only=True, tag="captured"):
    """A command was captured; a later one with the same id only gives it another place in line."""

    command: Command


class Shown(View, frozen=True, kw_only=True, tag="shown"):
    """The number of an order was on screen."""

    order_id: OrderId
    shown_at: Instant


Entry = Captured | Shown


@dataclass(slots=True)
class Records:
    """Both copies, opened. `sentences` tell the CSR what had to be mended.

    `sealed_key` is for the centre. `placing` is held while a command is in one copy only;
    `unwritten` are commands that the journal could not take yet. Sequences lie above `floor`.
    """

    store: DeskStore
    journal: Journal
    sealed_key: str
    floor: int = 0
    sentences: list[str] = field(default_factory=list)
    placing: threading.Lock = field(default_factory=threading.Lock)
    unwritten: dict[CommandId, Command] = field(default_factory=dict)

    def write_journal(self) -> None:
        """Give the journal what it lacks, oldest first. Raises Fault `journal_unwritable`."""
        try:
            self._write_journal()
        except Fault:
            if not self.store.drop_ballast():
                raise
            self._write_journal()

    def _write_journal(self) -> None:
        for command_id, command in list(self.unwritten.items()):
            self.journal.append(encode(Captured(command=command)))
            del self.unwritten[command_id]

    def close(self) -> None:
        """Remember how far the copies agree, and let go of both files."""
        with self.placing:
            try:
                if not self.unwritten:
                    remember_agreement(self.store, self.journal.end)
            except Fault:
                pass  # the next opening reads more of the journal, that is all
            self.journal.close()
            self.store.close()


class Agreement(View, frozen=True, kw_only=True):
    """Every command up to `position` stands in the journal before `mark`."""

    mark: Mark
    position: int


def remember_agreement(store: DeskStore, mark: Mark) -> None:
    """Note that the copies hold the same; the next opening reads the journal from here."""
    with store.write() as connection:
        last = connection.execute(select(func.max(CommandRow.position))).scalar_one() or 0
        memory.remember(connection, memory.AGREEMENT, Agreement(mark=mark, position=last))


_COMMAND = DeskTable.metadata.tables["command"]
_ORDER = DeskTable.metadata.tables["placed_order"]
_NUMBER = DeskTable.metadata.tables["order_number"]
_DRAFT = DeskTable.metadata.tables["draft"]
_READ_BACK = DeskTable.metadata.tables["read_back_entry"]

# Built once: a statement with parameters costs a tenth of one that is built each time.
_INSERT_COMMAND = insert(_COMMAND).inline()
_INSERT_ORDER = insert(_ORDER)
_USE_NUMBER = (
    update(_NUMBER)
    .where(_NUMBER.c.number == bindparam("used"))
    .values(order_id=bindparam("used_by", type_=_NUMBER.c.order_id.type))
)
_INSERT_DRAFT = insert_or(_DRAFT)
_CLOSE_DRAFT = _INSERT_DRAFT.on_conflict_do_update(
    index_elements=["order_id"],
    set_={
        "state": _INSERT_DRAFT.excluded.state,
        "document": _INSERT_DRAFT.excluded.document,
        "saved_at": _INSERT_DRAFT.excluded.saved_at,
        "taken_by": _INSERT_DRAFT.excluded.taken_by,
    },
)
_ADD_ENTRY = insert(_READ_BACK)
_ENTRIES = (
    select(ReadBackEntryRow.document)
    .where(ReadBackEntryRow.order_id == bindparam("wanted", type_=Uuid()))
    .order_by(ReadBackEntryRow.position)
)
_entry: msgspec.json.Decoder[ReadBackEntry] = msgspec.json.Decoder(ReadBackEntry)


def insert_placed(
    connection: Connection, command: Command, placed: PlacedOrder, state: CommandState
) -> None:
    """Write a command, its order and its number, and close the draft."""
    position = insert_command(connection, command, placed.document.order_id, state)
    insert_order_of(connection, position, placed)


def insert_command(
    connection: Connection, command: Command, order_id: UUID, state: CommandState
) -> int:
    """Write a command; gives its position."""
    done = connection.execute(
        _INSERT_COMMAND,
        {
            "incarnation": command.incarnation,
            "sequence": command.sequence,
            "command_id": command.command_id,
            "order_id": order_id,
            "kind": command.kind,
            "person_id": command.person_id,
            "captured_at": command.captured_at,
            "clock_offset_ms": command.clock_offset_ms,
            "body": bytes(command.body),
            "sha256": command.sha256,
            "state": state,
            "failures": 0,
            "answered_at": None,
            "reasons": "",
            "sentence": "",
        },
    )
    position: int = done.lastrowid
    return position


def insert_order_of(connection: Connection, position: int, placed: PlacedOrder) -> None:
    """Write what follows from the command at a position: its order, its number, draft closed."""
    document = placed.document
    connection.execute(
        _INSERT_ORDER,
        {
            "position": position,
            "order_id": document.order_id,
            "number": placed.number,
            "placed_at": placed.placed_at,
            "number_shown_at": None,
        },
    )
    connection.execute(_USE_NUMBER, {"used": placed.number, "used_by": document.order_id})
    close_draft(connection, placed)


def close_draft(connection: Connection, placed: PlacedOrder) -> None:
    """Leave the draft of a placed order as what was placed, whatever it was."""
    close_document(connection, placed.document, placed.placed_at)


def close_document(connection: Connection, document: OrderDocument, at: datetime) -> None:
    """Leave a draft as what was placed, or sent as a change."""
    connection.execute(
        _CLOSE_DRAFT,
        {
            "order_id": document.order_id,
            "state": DraftState.PLACED,
            "document": packed(document),
            "started_at": document.started_at,
            "saved_at": at,
            "taken_by": document.taken_by,
            "void_reason": "",
        },
    )


def add_entries(
    connection: Connection, order_id: UUID, after: int, entries: Iterable[ReadBackEntry]
) -> None:
    """Add to the record of a read-back behind position `after`."""
    rows = [
        {"order_id": order_id, "position": position, "at": entry.at, "document": encode(entry)}
        for position, entry in enumerate(entries, start=after + 1)
    ]
    if rows:
        connection.execute(_ADD_ENTRY, rows)


def entries_of(connection: Connection, order_id: UUID) -> tuple[ReadBackEntry, ...]:
    """The record of a read-back as far as it has come."""
    documents = connection.execute(_ENTRIES, {"wanted": order_id}).scalars()
    return tuple(map(_entry.decode, documents))


def command_of(row: Row[Any]) -> Command:
    """The message of a row of `select(CommandRow.__table__)`, byte for byte as it was captured."""
    return Command(
        command_id=row.command_id,
        incarnation=row.incarnation,
        sequence=row.sequence,
        kind=row.kind,
        person_id=row.person_id,
        captured_at=row.captured_at,
        clock_offset_ms=row.clock_offset_ms,
        body=msgspec.Raw(row.body),
        sha256=row.sha256,
    )


def packed(document: OrderDocument) -> bytes:
    """A document as a draft row keeps it; long ones small, to spare the disk."""
    body = encode(document)
    return zlib.compress(body, 1) if len(body) > _LONG_BYTES else body


def unpacked(kept: bytes) -> OrderDocument:
    """The document of a draft row."""
    body = kept if kept.startswith(b"{") else zlib.decompress(kept)
    return decode(body, OrderDocument)


def digest(body: bytes) -> str:
    """SHA-256 of a command's body, in hex."""
    return hashlib.sha256(body).hexdigest()
