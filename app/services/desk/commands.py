"""Captures what is done here for the centre: in the store with what belongs to it, then journaled.

One way for all kinds of commands, whether the centre answers or not; the outbox takes it from here.
Any lane.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from app.models.desk.tables import CommandRow
from app.services.desk.records import Records, digest, insert_command
from app.services.desk.seat import Seat
from app.services.ports import Centre
from app.values.identity import CommandId, Ids, PersonId
from app.values.vocabulary import CommandKind, CommandState
from app.wire.message import encode
from app.wire.sync import Command

_LAST = select(func.max(CommandRow.sequence)).where(
    CommandRow.incarnation == bindparam("incarnation", type_=CommandRow.incarnation.type)
)


class Commands:
    """The capturing of one seat's commands."""

    def __init__(self, records: Records, seat: Seat, centre: Centre, ids: Ids) -> None:
        self.records = records
        self._seat = seat
        self._centre = centre
        self._ids = ids
        self._listeners: list[Callable[[], None]] = []

    def when_captured(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each writing, on the thread that did it."""
        self._listeners.append(listener)

    @contextmanager
    def writing(self) -> Generator[Writing]:
        """One transaction; what is captured in it is on the disk twice when the block ends.

        Raises Fault `disk_full`, `store_damaged` or `journal_unwritable`; after the last, what was
        captured is kept all the same and journaled with the next.
        """
        with self.records.placing:
            captured: list[CommandId] = []
            try:
                with self.records.store.write() as connection:
                    yield Writing(self, connection, captured)
            except BaseException:
                # What the store has not kept, the journal must not have either.
                for command_id in captured:
                    self.records.unwritten.pop(command_id, None)
                raise
            self.records.write_journal()
        for listener in self._listeners:
            listener()

    def made(
        self,
        connection: Connection,
        kind: CommandKind,
        message: object,
        person_id: PersonId,
        at: datetime,
    ) -> Command:
        """The next command of this seat."""
        incarnation = self._seat.identity.incarnation
        last = connection.execute(_LAST, {"incarnation": incarnation}).scalar_one() or 0
        body = encode(message)
        return Command(
            command_id=CommandId(self._ids.new()),
            incarnation=incarnation,
            sequence=max(last, self.records.floor) + 1,
            kind=kind,
            person_id=person_id,
            captured_at=at,
            clock_offset_ms=self._centre.clock_offset_ms,
            body=msgspec.Raw(body),
            sha256=digest(body),
        )


class Writing:
    """A transaction in which commands are captured."""

    def __init__(
        self, commands: Commands, connection: Connection, captured: list[CommandId]
    ) -> None:
        self._commands = commands
        self.connection = connection
        self._captured = captured

    def capture(
        self,
        kind: CommandKind,
        order_id: UUID,
        message: object,
        *,
        person_id: PersonId,
        at: datetime,
    ) -> int:
        """Keep a command about an order; gives its position."""
        command = self._commands.made(self.connection, kind, message, person_id, at)
        position = insert_command(self.connection, command, order_id, CommandState.CAPTURED)
        # Noted before anyone can see it in the store, so that the outbox leaves it alone.
        self._commands.records.unwritten[command.command_id] = command
        self._captured.append(command.command_id)
        return position
