"""Orders on their way to the warehouse, what it reports, parcels, and the money taken for them.

A message is a row before it is sent, and holds no copy of the order: that is its version. A report
is kept whatever it says, also where the order is unknown here, so it names no foreign key.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.central.table import CentralTable
from app.values.warehouse import (
    CaptureState,
    EventOutcome,
    EventSource,
    HandOverKind,
    HandOverState,
    ShipmentState,
    WarehouseEventKind,
)


class WarehouseMessage(CentralTable):
    """One version of an order for the warehouse; `seq` is the order in which they were written.

    `due_at`: when it is sent next, or how long whoever sends it has it. `sentence` is what the
    warehouse said, or why it could not be sent.
    """

    __tablename__ = "warehouse_message"
    __table_args__ = (
        one_of("kind", HandOverKind),
        one_of("state", HandOverState),
        CheckConstraint("(state = 'waiting') = (due_at IS NOT NULL)", name="waiting_is_due"),
        UniqueConstraint("order_id", "revision", "kind"),
        Index("ix_warehouse_message_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            "ix_warehouse_message_unsettled",
            "seq",
            postgresql_where=text("state IN ('waiting', 'received', 'too_late', 'refused')"),
        ),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(Identity(always=True))
    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.order_id"))
    revision: Mapped[int]
    kind: Mapped[HandOverKind] = mapped_column(Word(HandOverKind))
    state: Mapped[HandOverState] = mapped_column(Word(HandOverState))
    sentence: Mapped[str]
    written_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    tries: Mapped[int]
    settled_at: Mapped[datetime | None]


class WarehouseEventRow(CentralTable):
    """A report as it came; insert-only but for what became of it.

    Two that say different things under one id are two rows. `document` is the wire WarehouseEvent.
    """

    __tablename__ = "warehouse_event"
    __table_args__ = (
        one_of("kind", WarehouseEventKind),
        one_of("source", EventSource),
        one_of("outcome", EventOutcome),
        CheckConstraint("octet_length(sha256) = 32", name="sha256_length"),
        Index("ix_warehouse_event_order_id", "order_id"),
        Index(
            "ix_warehouse_event_kept",
            "received_at",
            postgresql_where=text("outcome IN ('part', 'kept', 'clash')"),
        ),
    )

    event_id: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[bytes] = mapped_column(primary_key=True)
    order_id: Mapped[UUID | None]
    kind: Mapped[WarehouseEventKind] = mapped_column(Word(WarehouseEventKind))
    source: Mapped[EventSource] = mapped_column(Word(EventSource))
    outcome: Mapped[EventOutcome] = mapped_column(Word(EventOutcome))
    sentence: Mapped[str]
    document: Mapped[dict[str, Any]]
    person_id: Mapped[UUID | None]
    device_id: Mapped[UUID | None]
    at: Mapped[datetime]
    received_at: Mapped[datetime]


class Shipment(CentralTable):
    """A parcel, or some that travel together, that the warehouse said it has sent."""

    __tablename__ = "shipment"
    __table_args__ = (
        one_of("state", ShipmentState),
        CheckConstraint("shipment_id <> ''", name="named"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.order_id"), primary_key=True)
    shipment_id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[ShipmentState] = mapped_column(Word(ShipmentState))
    carrier: Mapped[str]
    tracking: Mapped[str]
    note: Mapped[str]
    shipped_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]


class ShipmentLine(CentralTable):
    """Pieces of a line in a parcel; `counted` are those of them that could be true."""

    __tablename__ = "shipment_line"
    __table_args__ = (
        CheckConstraint("counted BETWEEN 0 AND told", name="counted_of_told"),
        ForeignKeyConstraint(
            ["order_id", "shipment_id"], ["shipment.order_id", "shipment.shipment_id"]
        ),
    )

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    shipment_id: Mapped[str] = mapped_column(primary_key=True)
    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    told: Mapped[int]
    counted: Mapped[int]


class OrderAtWarehouse(CentralTable):
    """How far an order is there, and what is due for it.

    `capture_due_at`: when money may have to be taken. `completes_at`: when nothing more is expected
    of anybody.
    """

    __tablename__ = "order_at_warehouse"
    __table_args__ = (
        Index(
            "ix_order_at_warehouse_capture_due_at",
            "capture_due_at",
            postgresql_where=text("capture_due_at IS NOT NULL"),
        ),
        Index(
            "ix_order_at_warehouse_completes_at",
            "completes_at",
            postgresql_where=text("completes_at IS NOT NULL"),
        ),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.order_id"), primary_key=True)
    told_at: Mapped[datetime | None]
    allocated_at: Mapped[datetime | None]
    picking_at: Mapped[datetime | None]
    completes_at: Mapped[datetime | None]
    capture_due_at: Mapped[datetime | None]
    capture_tries: Mapped[int]


class OrderCapture(CentralTable):
    """Money of one authorisation, taken for what was sent; its id is that of the movement."""

    __tablename__ = "order_capture"
    __table_args__ = (
        one_of("state", CaptureState),
        CheckConstraint("amount_minor >= 1", name="amount_positive"),
        Index("ix_order_capture_order_id", "order_id"),
    )

    movement_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.order_id"))
    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("card_attempt.attempt_id"), index=True)
    amount_minor: Mapped[int]
    state: Mapped[CaptureState] = mapped_column(Word(CaptureState))
    refusal_code: Mapped[str]
    asked_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
