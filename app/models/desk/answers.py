"""What was searched for in the answers at one seat, and which answer it led to; never by whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.desk.table import DeskTable


class AnswerSearchRow(DeskTable):
    """One search; an empty `chosen`: no answer was any good. Reported ones stay for the ranking."""

    __tablename__ = "answer_search"
    __table_args__ = (
        Index("ix_answer_search_unreported", "position", sqlite_where=text("NOT reported")),
    )

    position: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(200))
    chosen: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reported: Mapped[bool]
