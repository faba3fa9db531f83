"""Opens a seat's store and journal: sets aside what is damaged and brings the two copies together.

Afterwards a command is in both copies or in neither. Nothing is deleted, and what was set aside is
named in a sentence. Needs no network.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    Connection,
    Row,
    Uuid,
    bindparam,
    delete,
    select,
    text,
    type_coerce,
    update,
)

from app.models.base import UtcInstant
from app.models.desk.tables import (
    ENDS_CALL,
    CommandRow,
    DraftRow,
    NumberRow,
    PlacedOrderRow,
    ReadBackEntryRow,
)
from app.services.desk import memory
from app.services.desk.change_records import insert_change
from app.services.desk.contacts import mark_noted_ended
from app.services.desk.records import (
    CLOSING,
    Agreement,
    Captured,
    Entry,
    Records,
    Shown,
    add_entries,
    command_of,
    entries_of,
    insert_command,
    insert_placed,
    remember_agreement,
)
from app.services.desk.salvaging import salvaged
from app.services.desk.seat import STORE_KEY, Seat, write_durably
from app.services.ports import KeyStore
from app.services.rules.escrow import seal_store_key
from app.store.desk import BALLAST, KEY_BYTES, DeskStore, StoreDamaged, open_store, set_aside
from app.store.journal import (
    Journal,
    JournalUnreadable,
    Reading,
    create_journal,
    open_journal,
    read_journal,
    records_at_most,
    sync_folder,
)
from app.values.clock import Clock
from app.values.errors import Fault
from app.values.identity import OrderId
from app.values.vocabulary import CommandKind, CommandState, DraftState
from app.wire.contacts import Contact
from app.wire.message import decode, encode
from app.wire.order_changes import OrderChange
from app.wire.orders import PlacedOrder
from app.wire.payments import GivenUpOrder
from app.wire.read_back import ClosedCall, ReadBackEntry
from app.wire.sync import Command

STORE = "desk.store"
JOURNAL = "desk.journal"
SEALED_KEY = "store-key.sealed"
_READ_ANEW_AT_MOST = 200
"""Entries read at a start before the place from which to read next time is noted at once."""
_LONGEST_JOURNAL_BYTES = 32 * 1024 * 1024
_OLDEST_JOURNAL = timedelta(days=30)
"""A longer or older journal is written anew with what the store still keeps."""
_PLACED_AT_MOST_SINCE_TIDIED = 50
"""Numbers that may have been told in what a log lost; it is folded back each quarter of an hour."""

_entries = msgspec.json.Decoder(Entry)


def open_records(seat: Seat, keys: KeyStore, clock: Clock) -> Records:
    """Open, mend and reconcile what the seat keeps.

    Raises Refusal `store_newer`, Fault `keyring_unavailable`, `store_unreadable` or
    `journal_unwritable`.
    """
    has_ballast = (seat.folder / BALLAST).exists()
    try:
        return Opening(seat, keys, clock).run()
    except Fault as fault:
        # The store has given its ballast back; there is room for what was not written now.
        if fault.code != "disk_full" or not has_ballast:
            raise
        return Opening(seat, keys, clock).run()


class Opening:
    """One opening, step by step."""

    def __init__(self, seat: Seat, keys: KeyStore, clock: Clock) -> None:
        self._seat = seat
        self._keys = keys
        self._clock = clock
        self._store_path = seat.folder / STORE
        self._journal_path = seat.folder / JOURNAL
        self._sealed_path = seat.folder / SEALED_KEY
        self._sentences: list[str] = []
        self._entries_read = 0
        self._is_rebuilt = False

    def run(self) -> Records:
        """Do them all; raises as `open_records` does."""
        key = self._key()
        store = self._store(key)
        try:
            reading = self._reading(store, key)
            missing = self._reconciled(store, reading)
            journal = self._journal(store, key, reading, missing)
            sealed = self._sealed(store, key)
            with store.read() as connection:
                floor = memory.recalled(connection, memory.SEQUENCE_FLOOR, int) or 0
        except BaseException:
            store.close()
            raise
        return Records(store, journal, sealed, floor, self._sentences)

    def _key(self) -> bytes:
        key = self._keys.get(STORE_KEY)
        if key is None or len(key) != KEY_BYTES:
            key = secrets.token_bytes(KEY_BYTES)
            self._keys.put(STORE_KEY, key)
            self._set_aside_sealed_key()
        return key

    def _store(self, key: bytes) -> DeskStore:
        try:
            store = open_store(self._store_path, key, self._clock)
        except StoreDamaged:
            aside = self._set_aside(self._store_path)
            store = open_store(self._store_path, key, self._clock)
            drafts, orders = salvaged(store, aside, key)
            self._is_rebuilt = True
            self._sentences.append(
                f"The orders kept at this desk were damaged. The file was kept as {aside.name}; "
                f"{drafts} drafts and {orders} orders could still be read from it, and what was "
                "missing was taken from the second copy."
            )
            return store
        if store.was_cut_off:
            self._sentences.append(
                "The last change at this desk was cut off in the middle; please check what was "
                "typed last."
            )
        return store

    def _reading(self, store: DeskStore, key: bytes) -> Reading | None:
        """What the journal says; None where there is none that could be gone on with."""
        if not self._journal_path.exists():
            return None
        try:
            reading = read_journal(self._journal_path, key)
        except JournalUnreadable:
            self._give_up_journal(store, "its head")
            return None
        if reading.damaged:
            first = ", ".join(str(position) for position in reading.damaged[:5])
            self._give_up_journal(store, f"entry {first}")
        elif reading.rest:
            self._sentences.append(
                "The last entry of the second copy of the orders was unfinished; no order is lost."
            )
        return reading

    def _give_up_journal(self, store: DeskStore, where: str) -> None:
        floor = records_at_most(self._journal_path)
        aside = self._set_aside(self._journal_path)
        self._sentences.append(
            f"The second copy of the orders was broken at {where}. It was kept as {aside.name}, "
            "and a new one was made."
        )
        with store.write() as connection:
            memory.remember(connection, memory.SEQUENCE_FLOOR, floor)

    def _set_aside(self, path: Path) -> Path:
        """Set a file aside, with a copy of the sealed key that may open it."""
        aside = set_aside(path, self._clock)
        if self._sealed_path.exists():
            shutil.copyfile(self._sealed_path, aside.with_name(f"{aside.name}.key"))
        return aside

    def _set_aside_sealed_key(self) -> None:
        """A new key makes the sealed one worthless here, but not for the files it belongs to."""
        for path in (self._store_path, self._journal_path):
            if path.exists():
                return  # it is copied when they turn out to be unreadable
        if self._sealed_path.exists():
            set_aside(self._sealed_path, self._clock)

    def _reconciled(self, store: DeskStore, reading: Reading | None) -> list[Row[Any]]:
        """Bring into the store what only the journal has; give the commands only the store has."""
        with store.write() as connection:
            agreement = memory.recalled(connection, memory.AGREEMENT, Agreement)
            known, after = _agreed(agreement, reading)
            entries = [_entries.decode(r) for r in reading.records[known:]] if reading else []
            captured = {e.command.command_id: e.command for e in entries if isinstance(e, Captured)}
            shown = {e.order_id: e.shown_at for e in entries if isinstance(e, Shown)}
            missing = _not_in(connection, captured, after)
            restored, left_out = _restore(connection, captured.values())
            if restored or self._is_rebuilt:
                _mend_read_backs(connection)
                mark_noted_ended(connection)
            if not _is_whole(reading) and (self._is_rebuilt or store.was_cut_off):
                self._own_up(connection)
            _mark_shown(connection, shown)
            connection.execute(_ON_THEIR_WAY)
        if restored:
            self._sentences.append(f"{_counted(restored)} restored from the second copy.")
        if left_out:
            self._sentences.append(
                f"The second copy holds another order under the number {', '.join(left_out)}; "
                "please tell your team lead."
            )
        self._entries_read = len(entries)
        return missing

    def _own_up(self, connection: Connection) -> None:
        """Neither copy is whole: numbers that look free may have been told, so they go unused."""
        free = select(NumberRow.position).where(NumberRow.order_id.is_(None))
        doubtful = free.order_by(NumberRow.position)
        if not self._is_rebuilt:
            doubtful = doubtful.limit(_PLACED_AT_MOST_SINCE_TIDIED)
        connection.execute(delete(NumberRow).where(NumberRow.position.in_(doubtful)))
        self._sentences.append(
            "Both copies were damaged. An order of this desk that had not reached the central "
            "service may be missing; please tell your team lead before you go on."
            if self._is_rebuilt
            else "Both copies end in the middle of a change, as after a power cut. If there was "
            "none, an order may be missing: then please tell your team lead."
        )

    def _journal(
        self, store: DeskStore, key: bytes, reading: Reading | None, missing: list[Row[Any]]
    ) -> Journal:
        """The journal, with what it lacked; written anew where it cannot be gone on with."""
        if reading is None or reading.damaged or self._is_outgrown(store, reading):
            return self._written_anew(store, key)
        journal = open_journal(self._journal_path, key, reading.end)
        if len(missing) > 1:
            counted = _counted([row.kind for row in missing])
            self._sentences.append(f"{counted} missing from the second copy, and added to it now.")
        for row in missing:
            journal.append_lazily(encode(Captured(command=command_of(row))))
        if missing:
            journal.flush()
        if self._entries_read > _READ_ANEW_AT_MOST:
            remember_agreement(store, journal.end)
        return journal

    def _is_outgrown(self, store: DeskStore, reading: Reading) -> bool:
        """Whether the journal is long or old enough to hold mostly what is settled and gone."""
        with store.read() as connection:
            begun = memory.recalled(connection, memory.JOURNAL_BEGUN, datetime)
        is_old = begun is not None and self._clock.now() - begun > _OLDEST_JOURNAL
        return is_old or reading.end.offset > _LONGEST_JOURNAL_BYTES

    def _written_anew(self, store: DeskStore, key: bytes) -> Journal:
        """A new journal with all that the store keeps, put in place when it is whole."""
        fresh = self._journal_path.with_name(f"{JOURNAL}.new")
        fresh.unlink(missing_ok=True)
        journal = create_journal(fresh, key)
        with store.read() as connection:
            for row in connection.execute(select(CommandRow.__table__).order_by("position")):
                journal.append_lazily(encode(Captured(command=command_of(row))))
            for order_id, shown_at in connection.execute(_SHOWN):
                shown = Shown(order_id=OrderId(order_id), shown_at=shown_at)
                journal.append_lazily(encode(shown))
        journal.flush()
        end = journal.end
        journal.close()
        with store.write() as connection:
            memory.remember(connection, memory.JOURNAL_BEGUN, self._clock.now())
        fresh.replace(self._journal_path)
        sync_folder(self._seat.folder)
        remember_agreement(store, end)
        return open_journal(self._journal_path, key, end)

    def _sealed(self, store: DeskStore, key: bytes) -> str:
        """The store key as only the centre's owner can open it, kept beside the store."""
        recipient = self._seat.identity.escrow_public_key
        with store.read() as connection:
            sealed_for = memory.recalled(connection, memory.SEALED_FOR, str)
        if sealed_for == recipient and self._sealed_path.exists():
            return self._sealed_path.read_text(encoding="ascii")
        sealed = seal_store_key(key, recipient)
        write_durably(self._sealed_path, sealed.encode("ascii"))
        with store.write() as connection:
            memory.remember(connection, memory.SEALED_FOR, recipient)
        return sealed


def _is_whole(reading: Reading | None) -> bool:
    """Whether the journal tells all it ever told; what was cut off looks like an unfinished end."""
    return reading is not None and not reading.damaged and not reading.rest


def _agreed(agreement: Agreement | None, reading: Reading | None) -> tuple[int, int]:
    """How many records and which positions are known to be in both copies.

    Nothing is, where a copy was damaged, exchanged or cut since.
    """
    if agreement is None or reading is None or reading.damaged:
        return 0, 0
    mark = agreement.mark
    if mark.file_id != reading.end.file_id or mark.records > reading.end.records:
        return 0, 0
    return mark.records, agreement.position


_SHOWN = select(
    PlacedOrderRow.order_id, type_coerce(PlacedOrderRow.number_shown_at, UtcInstant)
).where(PlacedOrderRow.number_shown_at.is_not(None))


_GIVE_UP = (
    update(DraftRow)
    .where(
        DraftRow.order_id == bindparam("given_up", type_=Uuid()),
        DraftRow.state.in_((DraftState.OPEN, DraftState.PARKED)),
    )
    .values(state=DraftState.VOIDED)
)
_ON_THEIR_WAY = (
    update(CommandRow)
    .where(CommandRow.state == CommandState.SENDING)
    .values(state=CommandState.PENDING)
)
"""Whatever was under way when the program ended goes out again; the centre knows what it has."""


def _restore(
    connection: Connection, commands: Iterable[Command]
) -> tuple[list[CommandKind], list[str]]:
    """Write the commands that the store lacks; the centre answers for those it has already.

    Gives their kinds, and the numbers of orders that stay out because another one has their number.
    """
    known = {row.command_id for row in connection.execute(select(CommandRow.command_id))}
    numbers: set[str] = set(connection.execute(select(PlacedOrderRow.number)).scalars())
    ended = set(connection.execute(select(CommandRow.order_id).where(text(ENDS_CALL))).scalars())
    restored: list[CommandKind] = []
    left_out: list[str] = []
    for command in commands:
        if command.command_id in known:
            continue
        if command.kind is CommandKind.CLOSE_CALL:
            order_id = decode(command.body, ClosedCall).order_id
            if order_id in ended:
                continue
            insert_command(connection, command, order_id, CommandState.PENDING)
            ended.add(order_id)
        elif command.kind is CommandKind.GIVE_UP_ORDER:
            order_id = decode(command.body, GivenUpOrder).order_id
            insert_command(connection, command, order_id, CommandState.PENDING)
            connection.execute(_GIVE_UP, {"given_up": order_id})
        elif command.kind is CommandKind.CHANGE_ORDER:
            change = decode(command.body, OrderChange)
            position = insert_command(connection, command, change.order_id, CommandState.PENDING)
            insert_change(connection, position, change)
        elif command.kind is CommandKind.NOTE_CONTACT:
            contact = decode(command.body, Contact)
            insert_command(connection, command, contact.contact_id, CommandState.PENDING)
        else:
            placed = decode(command.body, PlacedOrder)
            if placed.number in numbers:
                left_out.append(str(placed.number))
                continue
            insert_placed(connection, command, placed, CommandState.PENDING)
            numbers.add(placed.number)
        restored.append(command.kind)
    return restored, left_out


def _mend_read_backs(connection: Connection) -> None:
    """Give each placed order the record that its commands hold, whatever was lost beside them."""
    before: dict[UUID, tuple[ReadBackEntry, ...]] = {}
    closing: dict[UUID, tuple[ReadBackEntry, ...]] = {}
    commands = select(CommandRow.order_id, CommandRow.kind, CommandRow.body)
    for order_id, kind, body in connection.execute(commands):
        if kind is CommandKind.CLOSE_CALL:
            closing[order_id] = decode(body, ClosedCall).entries
        elif kind is CommandKind.PLACE_ORDER:
            before[order_id] = decode(body, PlacedOrder).read_back
    for order_id, entries in before.items():
        kept = entries_of(connection, order_id)
        last = closing.get(order_id) or tuple(e for e in kept if isinstance(e, CLOSING))
        if kept != entries + last:
            connection.execute(
                delete(ReadBackEntryRow).where(ReadBackEntryRow.order_id == order_id)
            )
            add_entries(connection, order_id, 0, entries + last)


_NAMED = {
    CommandKind.PLACE_ORDER: ("{count} order", "{count} orders"),
    CommandKind.CLOSE_CALL: ("the end of {count} call", "the end of {count} calls"),
    CommandKind.GIVE_UP_ORDER: ("{count} draft given up", "{count} drafts given up"),
    CommandKind.CHANGE_ORDER: ("{count} change of an order", "{count} changes of orders"),
    CommandKind.NOTE_CONTACT: ("the note of {count} contact", "the notes of {count} contacts"),
}


def _counted(kinds: Sequence[CommandKind]) -> str:
    """`1 order was`, `2 orders and the end of 1 call were`, and so on."""
    named = [
        words[count > 1].format(count=count)
        for kind, words in _NAMED.items()
        if (count := sum(one is kind for one in kinds))
    ]
    words = " and ".join(named)
    return f"{words[0].upper()}{words[1:]} {'was' if len(kinds) == 1 else 'were'}"


def _mark_shown(connection: Connection, shown: Mapping[OrderId, datetime]) -> None:
    for order_id, shown_at in shown.items():
        connection.execute(
            update(PlacedOrderRow)
            .where(PlacedOrderRow.order_id == order_id, PlacedOrderRow.number_shown_at.is_(None))
            .values(number_shown_at=shown_at)
        )


def _not_in(connection: Connection, captured: Mapping[Any, Command], after: int) -> list[Row[Any]]:
    """Commands of the store behind a position that the journal does not hold."""
    query = select(CommandRow.__table__).where(CommandRow.position > after).order_by("position")
    return [row for row in connection.execute(query) if row.command_id not in captured]
