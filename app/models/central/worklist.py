"""What waits for a person: holds of orders, who looked at an order, and who is at an item just now.

The list itself has no table: an item is what some other row says, as long as it says so.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.central.table import CentralTable
from app.values.worklist import HoldCode, WorkKind


class OrderHold(CentralTable):
    """An order that was stopped; there is one standing hold of an order at most."""

    __tablename__ = "order_hold"
    __table_args__ = (
        one_of("code", HoldCode),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_whole"),
        Index(
            "ix_order_hold_standing",
            "order_id",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    hold_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.order_id"), index=True)
    code: Mapped[HoldCode] = mapped_column(Word(HoldCode))
    note: Mapped[str]
    held_at: Mapped[datetime]
    held_by: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"), index=True)
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"), index=True)


class OrderCheck(CentralTable):
    """A person looked at an order and let it go on; insert-only. `reasons` are in its event."""

    __tablename__ = "order_check"
    __table_args__ = (CheckConstraint("revision >= 1", name="revision_positive"),)

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.order_id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("person.person_id"), primary_key=True, index=True
    )
    note: Mapped[str]
    unpaid: Mapped[bool]
    at: Mapped[datetime] = mapped_column(primary_key=True)


class WorkClaim(CentralTable):
    """Who is at an item, until then at the latest."""

    __tablename__ = "work_claim"
    __table_args__ = (one_of("kind", WorkKind),)

    kind: Mapped[WorkKind] = mapped_column(Word(WorkKind), primary_key=True)
    subject: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"), index=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.device_id"), index=True)
    until: Mapped[datetime]
