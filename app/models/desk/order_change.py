"""Changes of placed orders that were begun or sent at one seat."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.desk.table import DeskTable
from app.values.order_life import ChangeWhat


class OrderChangeRow(DeskTable):
    """A change of an order; what came of it stands with its command.

    `position` None: it is a draft, and `base` the order as it was when the draft began, so that
    what others changed meanwhile can be taken in.
    """

    __tablename__ = "order_change"
    __table_args__ = (one_of("what", ChangeWhat), Index(None, "order_id"))

    change_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    number: Mapped[str] = mapped_column(String(10))
    base_revision: Mapped[int]
    what: Mapped[ChangeWhat] = mapped_column(Word(ChangeWhat))
    position: Mapped[int | None] = mapped_column(ForeignKey("command.position"), unique=True)
    base: Mapped[bytes | None]
