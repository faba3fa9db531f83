"""What this seat knows of the payment of its orders: card attempts and pay links, never a card."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.desk.table import DeskTable

VOID_WANTED = "void_reason <> ''"
"""Spelled out in index and query alike: SQLite sees no other way that the index will do."""


class TenderKind(StrEnum):
    """What a tender is."""

    CARD = "card"
    LINK = "link"


class TenderRow(DeskTable):
    """One attempt or link, written before it is sent; `document` is the latest that is known of it.

    A link that was asked for and never answered has no document. `void_reason` stands until the
    centre has given the amount back.
    """

    __tablename__ = "tender"
    __table_args__ = (
        one_of("kind", TenderKind),
        Index(None, "order_id"),
        Index("ix_tender_void_wanted", "tender_id", sqlite_where=text(VOID_WANTED)),
    )

    tender_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    kind: Mapped[TenderKind] = mapped_column(Word(TenderKind))
    noted_at: Mapped[datetime]
    document: Mapped[bytes | None]
    void_reason: Mapped[str] = mapped_column(String(200))
