"""The desk's copy of what the change feed carries, and how far it has been followed.

Plain SQLite beside the search index: a catalogue is no secret and can be fetched again.
"""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.desk.table import ReplicaTable


class ReplicaRow(ReplicaTable):
    """One thing as the centre last told it; a deleted one stays, so that the index can follow.

    `touched` numbers the replica's transaction that wrote the row, `generation` the snapshot
    that last held it.
    """

    __tablename__ = "replica"
    __table_args__ = (Index(None, "touched"), {"sqlite_with_rowid": False})

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    revision: Mapped[int]
    deleted: Mapped[bool]
    document: Mapped[bytes]
    touched: Mapped[int]
    generation: Mapped[int]


class ReplicaMark(ReplicaTable):
    """What the follower must know to go on after a restart, as JSON."""

    __tablename__ = "mark"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    document: Mapped[bytes]
