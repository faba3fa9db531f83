"""Conversations at one seat: open ones in full, ended ones until housekeeping."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.desk.table import DeskTable


class ContactRow(DeskTable):
    """One conversation as far as it has come; `ended_at` None while it lasts.

    An ended one stays so that it cannot end twice, and so that its order can still name it.
    """

    __tablename__ = "contact"
    __table_args__ = (Index(None, "ended_at"),)

    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    document: Mapped[bytes]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
