"""Rows of the table of operations: conversations with customers, and whose order it is."""

from __future__ import annotations

from typing import Any

from app.wire import contacts
from app.wire.message import Nothing
from app.wire.operation import Home, Kind, Operation, Ownership
from app.wire.people import Permission

NOTE_CONTACT = Operation(
    name="contacts.note",
    request=contacts.NoteContact,
    response=contacts.OpenContact,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
END_CONTACT = Operation(
    name="contacts.end",
    request=contacts.EndContact,
    response=Nothing,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)

ROWS: tuple[Operation[Any, Any], ...] = tuple(
    row for row in list(globals().values()) if isinstance(row, Operation)
)
