"""What a seat keeps of its orders: the encrypted store, and the journal as its second copy.

How a command is written to both and read from both; `recovery` brings them together at a start.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from app.models.desk.tables import CommandRow, CommandState, DraftRow, NumberRow, PlacedOrderRow
from app.services.desk import memory
from app.store.desk import DeskStore
from app.store.journal import Journal, Mark
from app.values.identity import CommandId, Incarnation, OrderId
from app.wire.message import Instant, View, encode
from app.wire.orders import DraftState, PlacedOrder
from app.wire.sync import Command


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
    `unwritten` are commands that the journal could not take yet.
    """

    store: DeskStore
    journal: Journal
    sealed_key: str
    sentences: list[str] = field(default_factory=list)
    placing: threading.Lock = field(default_factory=threading.Lock)
    unwritten: dict[CommandId, Command] = field(default_factory=dict)

    def write_journal(self) -> None:
        """Give the journal what it lacks, oldest first. Raises Fault `journal_unwritable`."""
        for command_id, command in list(self.unwritten.items()):
            self.journal.append(encode(Captured(command=command)))
            del self.unwritten[command_id]

    def close(self) -> None:
        """Remember how far the copies agree, and let go of both files."""
        with self.placing:
            if not self.unwritten:
                remember_agreement(self.store, self.journal.end)
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


def next_sequence(connection: Connection, incarnation: Incarnation) -> int:
    """The place in line of the next command."""
    last = connection.execute(
        select(func.max(CommandRow.sequence)).where(CommandRow.incarnation == incarnation)
    ).scalar_one()
    floor = memory.recalled(connection, memory.SEQUENCE_FLOOR, int)
    return max(last or 0, floor or 0) + 1


def insert_placed(
    connection: Connection, command: Command, placed: PlacedOrder, state: CommandState
) -> None:
    """Write a command, its order and its number, and close the draft."""
    body = bytes(command.body)
    connection.execute(
        insert(CommandRow).values(
            incarnation=command.incarnation,
            sequence=command.sequence,
            command_id=command.command_id,
            order_id=placed.document.order_id,
            kind=command.kind,
            person_id=command.person_id,
            captured_at=command.captured_at,
            clock_offset_ms=command.clock_offset_ms,
            body=body,
            sha256=command.sha256,
            state=state,
            failures=0,
            answered_at=None,
            reasons="",
            sentence="",
        )
    )
    insert_order_of(connection, command.command_id, placed)


def insert_order_of(connection: Connection, command_id: CommandId, placed: PlacedOrder) -> None:
    """Write what follows from a command that is there: its order, its number, its draft closed."""
    order_id = placed.document.order_id
    connection.execute(
        insert(PlacedOrderRow).values(
            order_id=order_id,
            number=placed.number,
            command_id=command_id,
            placed_at=placed.placed_at,
            number_shown_at=None,
        )
    )
    connection.execute(
        update(NumberRow).where(NumberRow.number == placed.number).values(order_id=order_id)
    )
    _close_draft(connection, placed, encode(placed.document))


def _close_draft(connection: Connection, placed: PlacedOrder, document: bytes) -> None:
    values = {
        "state": DraftState.PLACED,
        "document": document,
        "saved_at": placed.placed_at,
        "taken_by": placed.document.taken_by,
    }
    statement = insert_or(DraftRow).values(
        order_id=placed.document.order_id,
        started_at=placed.document.started_at,
        void_reason="",
        **values,
    )
    connection.execute(statement.on_conflict_do_update(index_elements=["order_id"], set_=values))


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


def digest(body: bytes) -> str:
    """SHA-256 of a command's body, in hex."""
    return hashlib.sha256(body).hexdigest()
