"""Drafts that wait for a call back, and drafts that this seat gave to a colleague."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.desk.table import DeskTable
from app.values.vocabulary import Handing


class ParkedDraftRow(DeskTable):
    """When to call back about a draft; counts while the draft is parked."""

    __tablename__ = "parked_draft"
    __table_args__ = (Index(None, "call_back_at"),)

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    parked_at: Mapped[datetime]
    call_back_at: Mapped[datetime | None]
    phone: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(1_000))


class HandedDraftRow(DeskTable):
    """A draft that may not be changed here, because a colleague has it or may take it.

    The row goes when the draft is this seat's again.
    """

    __tablename__ = "handed_draft"
    __table_args__ = (one_of("state", Handing),)

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    handover_id: Mapped[UUID] = mapped_column(unique=True)
    state: Mapped[Handing] = mapped_column(Word(Handing))
    to_name: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(String(200))
