"""Small things the desk remembers in its store, each under a name, as a message."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from app.models.desk.table import DeskTable
from app.models.desk.tables import SettingRow
from app.wire.message import decode, encode

T = TypeVar("T")

POLICY = "policy"
GUIDANCE = "guidance"
AGREEMENT = "agreement"
JOURNAL_BEGUN = "journal_begun"
SEQUENCE_FLOOR = "sequence_floor"
SEALED_FOR = "sealed_for"
KEY_DEPOSITED = "key_deposited"
CARD_ROOT_KEY = "card_root_key"
COPIED_AT = "copied_at"


_RECALL = select(SettingRow.document).where(SettingRow.name == bindparam("wanted"))
_INSERT = insert(DeskTable.metadata.tables["setting"])
_REMEMBER = _INSERT.on_conflict_do_update(
    index_elements=["name"], set_={"document": _INSERT.excluded.document}
)


def recalled(connection: Connection, name: str, kind: type[T]) -> T | None:
    """What was last remembered under the name, if anything."""
    document = written(connection, name)
    return None if document is None else decode(document, kind)


def written(connection: Connection, name: str) -> bytes | None:
    """The same, as it is written."""
    document: bytes | None = connection.execute(_RECALL, {"wanted": name}).scalar_one_or_none()
    return document


def remember(connection: Connection, name: str, value: object) -> None:
    """Keep a value under the name; it replaces what was there."""
    connection.execute(_REMEMBER, {"name": name, "document": encode(value)})
