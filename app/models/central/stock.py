"""Stock that is spoken for: held for a call that goes on, or allocated to an order that is here.

Whoever changes a hold or an allocation of a product has its `stock_level` row locked, and keeps
`reserved` there equal to the sum of both. Several products are locked in the order of their codes.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.central.table import CentralTable


class StockHold(CentralTable):
    """Pieces that a seat holds for an order it is taking, until then at the latest.

    The order is not here yet, and the seat is proved by its signature: neither is a foreign key.
    """

    __tablename__ = "stock_hold"
    __table_args__ = (
        CheckConstraint("quantity >= 1", name="quantity_positive"),
        Index("ix_stock_hold_code_expires_at", "code", "expires_at"),
    )

    code: Mapped[str] = mapped_column(ForeignKey("stock_level.code"), primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    quantity: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class OrderAllocation(CentralTable):
    """Of one product in one order, all its lines together: what it has, and what follows later.

    Only products that were tracked when the order came have one.
    """

    __tablename__ = "order_allocation"
    __table_args__ = (
        CheckConstraint("allocated >= 0", name="allocated_not_negative"),
        CheckConstraint("back_ordered >= 0", name="back_ordered_not_negative"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.order_id"), primary_key=True)
    code: Mapped[str] = mapped_column(ForeignKey("stock_level.code"), primary_key=True, index=True)
    allocated: Mapped[int]
    back_ordered: Mapped[int]
