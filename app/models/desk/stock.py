"""What the centre last said an order cannot have of a product: placing looks at it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.desk.table import DeskTable


class StockAnswerRow(DeskTable):
    """A product that is short for an order, with what is held of it; enough has no row.

    Counts from `told_at` until `ends_at`, both by the desk's clock: when the hold runs out, nobody
    knows any more.
    """

    __tablename__ = "stock_answer"
    __table_args__ = (CheckConstraint("held >= 0", name="held_counts"), Index(None, "ends_at"))

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(200), primary_key=True)
    held: Mapped[int]
    expected_on: Mapped[date | None] = mapped_column(Date)
    told_at: Mapped[datetime]
    ends_at: Mapped[datetime]
