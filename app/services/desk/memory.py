"""Small things the desk remembers in its store, each under a name, as a message."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from app.models.desk.tables import SettingRow
from app.wire.message import decode, encode

T = TypeVar("T")

POLICY = "policy"
AGREEMENT = "agreement"
JOURNAL_BEGUN = "journal_begun"
SEQUENCE_FLOOR = "sequence_floor"
SEALED_FOR = "sealed_for"
KEY_DEPOSITED = "key_deposited"


def recalled(connection: Connection, name: str, kind: type[T]) -> T | None:
    """What was last remembered under the name, if anything."""
    query = select(SettingRow.document).where(SettingRow.name == name)
    document = connection.execute(query).scalar_one_or_none()
    return None if document is None else decode(document, kind)


def remember(connection: Connection, name: str, value: object) -> None:
    """Keep a value under the name; it replaces what was there."""
    document = encode(value)
    statement = insert(SettingRow).values(name=name, document=document)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"document": document})
    )
