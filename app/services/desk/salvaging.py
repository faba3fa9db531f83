"""Puts what a damaged store still gives into the new one, whole rows only.

Each is held against the types of its columns and against its message; one that does not hold is
left out, and what the journal has of it comes from there. Runs at a start.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, select, update

from app.models.desk.contact import ContactRow
from app.models.desk.order_change import OrderChangeRow
from app.models.desk.parking import HandedDraftRow, ParkedDraftRow
from app.models.desk.table import DeskTable
from app.models.desk.tables import (
    CommandRow,
    DraftRow,
    NumberRow,
    PersonRow,
    PlacedOrderRow,
    ReadBackEntryRow,
    SettingRow,
)
from app.models.desk.tenders import TenderKind, TenderRow
from app.services.desk import memory
from app.services.desk.change_records import add_changes_without_row
from app.services.desk.records import close_draft, digest, insert_order_of, unpacked
from app.store.desk import DeskStore
from app.store.salvage import SalvagedRow, salvage, whole
from app.values.errors import Refusal
from app.values.order_number import holds
from app.values.vocabulary import CommandKind, DraftState
from app.wire.contacts import Contact, OpenContact
from app.wire.guidance import Guidance
from app.wire.message import View, decode
from app.wire.order_changes import OrderChange
from app.wire.orders import PlacedOrder
from app.wire.payments import CardAttempt, GivenUpOrder, PayLink
from app.wire.read_back import ClosedCall, ReadBackEntry
from app.wire.sync import Policy

_Columns = Mapping[str, Any]

_KEPT_SETTINGS: dict[str, type[View | str]] = {
    memory.POLICY: Policy,
    memory.GUIDANCE: Guidance,
    memory.CARD_ROOT_KEY: str,
}
_BODIES: dict[CommandKind, type[View]] = {
    CommandKind.PLACE_ORDER: PlacedOrder,
    CommandKind.CLOSE_CALL: ClosedCall,
    CommandKind.GIVE_UP_ORDER: GivenUpOrder,
    CommandKind.NOTE_CONTACT: Contact,
    CommandKind.CHANGE_ORDER: OrderChange,
}
_TENDERS: dict[TenderKind, type[View]] = {TenderKind.CARD: CardAttempt, TenderKind.LINK: PayLink}
_entry: msgspec.json.Decoder[ReadBackEntry] = msgspec.json.Decoder(ReadBackEntry)


def salvaged(store: DeskStore, damaged: Path, key: bytes) -> tuple[int, int]:
    """Copy what the damaged file still gives; how many drafts and orders that were."""
    counts: dict[str, int] = {}
    with salvage(damaged, key) as read, store.write() as connection:
        for kind, says in _SALVAGED:
            table = DeskTable.metadata.tables[kind.__tablename__]
            rows = _holding(table, read(table), says)
            if kind in {PlacedOrderRow, OrderChangeRow}:
                rows = _with_command(connection, rows)
            counts[table.name] = sum(row.put_into(connection, table) for row in rows)
        for name, value in _settings(read(DeskTable.metadata.tables[SettingRow.__tablename__])):
            memory.remember(connection, name, value)
        _add_orders_without_row(connection)
        add_changes_without_row(connection)
        _mark_numbers_used(connection)
        _close_drafts(connection)
        orders = connection.execute(select(PlacedOrderRow.position)).all()
    return counts[DraftRow.__tablename__], len(orders)


def _holding(
    table: Table, rows: Iterable[SalvagedRow], says: Callable[[_Columns], object]
) -> Iterator[SalvagedRow]:
    """The rows whose values are of their columns' types and whose message can be read."""
    for row in rows:
        columns = whole(row, table)
        if columns is not None and _can_be_read(says, columns):
            yield row


def _can_be_read(says: Callable[[_Columns], object], columns: _Columns) -> bool:
    try:
        says(columns)
    except (msgspec.MsgspecError, zlib.error, Refusal, ValueError, LookupError):
        return False
    return True


def _settings(rows: Iterable[SalvagedRow]) -> Iterator[tuple[str, object]]:
    for row in rows:
        kind = _KEPT_SETTINGS.get(row.values["name"])
        if kind is None:
            continue
        try:
            yield row.values["name"], decode(row.values["document"], kind)
        except Refusal:
            continue  # the centre sends it anew


def _command(columns: _Columns) -> None:
    if digest(columns["body"]) != columns["sha256"]:
        message = "the body is not the one that was captured"
        raise ValueError(message)
    decode(columns["body"], _BODIES[columns["kind"]])


def _tender(columns: _Columns) -> None:
    if columns["document"] is not None:
        decode(columns["document"], _TENDERS[columns["kind"]])


def _contact(columns: _Columns) -> None:
    if decode(columns["document"], OpenContact).contact_id != columns["contact_id"]:
        message = "the document is another contact's"
        raise ValueError(message)


def _draft(columns: _Columns) -> None:
    if unpacked(columns["document"]).order_id != columns["order_id"]:
        message = "the document is another draft's"
        raise ValueError(message)


def _read_back(columns: _Columns) -> None:
    _entry.decode(columns["document"])


def _number(columns: _Columns) -> None:
    if not holds(columns["number"]):
        message = "the number has other check digits"
        raise ValueError(message)


def _nothing(columns: _Columns) -> None:
    """The columns say it all."""


_SALVAGED: tuple[tuple[type[DeskTable], Callable[[_Columns], object]], ...] = (
    (PersonRow, _nothing),
    (NumberRow, _number),
    (DraftRow, _draft),
    (ParkedDraftRow, _nothing),
    (HandedDraftRow, _nothing),
    (ReadBackEntryRow, _read_back),
    (TenderRow, _tender),
    (ContactRow, _contact),
    (CommandRow, _command),
    (PlacedOrderRow, _number),
    (OrderChangeRow, _number),
)


def _with_command(connection: Connection, rows: Iterable[SalvagedRow]) -> Iterator[SalvagedRow]:
    """An order whose command could not be read comes whole from the journal, or not at all."""
    positions = {None, *connection.execute(select(CommandRow.position)).scalars()}
    return (row for row in rows if row.values["position"] in positions)


def _add_orders_without_row(connection: Connection) -> None:
    """A command that could be read tells all of its order; the row beside it may be lost."""
    lost = select(CommandRow.position, CommandRow.body).where(
        CommandRow.kind == CommandKind.PLACE_ORDER,
        CommandRow.position.not_in(select(PlacedOrderRow.position)),
    )
    for position, body in connection.execute(lost).all():
        insert_order_of(connection, position, decode(body, PlacedOrder))


def _close_drafts(connection: Connection) -> None:
    """The draft of a placed order may be lost, or stand on a page of before it was placed."""
    placed = select(DraftRow.order_id).where(DraftRow.state == DraftState.PLACED)
    bodies = (
        select(CommandRow.body)
        .join(PlacedOrderRow, PlacedOrderRow.position == CommandRow.position)
        .where(PlacedOrderRow.order_id.not_in(placed))
    )
    for body in connection.execute(bodies).scalars().all():
        close_draft(connection, decode(body, PlacedOrder))


def _mark_numbers_used(connection: Connection) -> None:
    """A page of an earlier time may still hold a number as free that an order has."""
    used_by = (
        select(PlacedOrderRow.order_id)
        .where(PlacedOrderRow.number == NumberRow.number)
        .scalar_subquery()
    )
    connection.execute(
        update(NumberRow)
        .where(NumberRow.order_id.is_(None), NumberRow.number.in_(select(PlacedOrderRow.number)))
        .values(order_id=used_by)
    )
