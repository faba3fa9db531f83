"""What one installation has once: feed epoch, keys, and the counter of order numbers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.central.table import CentralTable


class Installation(CentralTable):
    """The one row about this database. A restore changes epoch, system identifier and timeline.

    `number_key` permutes the counter into order numbers. `escrow_public_key` is X25519, base64.
    """

    __tablename__ = "installation"
    __table_args__ = (
        CheckConstraint("singleton = 1", name="one_row"),
        CheckConstraint("octet_length(number_key) = 32", name="number_key_length"),
    )

    singleton: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    feed_epoch: Mapped[str]
    number_key: Mapped[bytes]
    escrow_public_key: Mapped[str]
    system_identifier: Mapped[str]
    timeline: Mapped[int]
    created_at: Mapped[datetime]


class EscrowKey(CentralTable):
    """The private half (X25519, base64) that opens sealed store keys; not for the service role."""

    __tablename__ = "escrow_key"
    __table_args__ = (CheckConstraint("singleton = 1", name="one_row"),)

    singleton: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    private_key: Mapped[str]


class NumberCounter(CentralTable):
    """The next counter value; every value below it is leased or given up."""

    __tablename__ = "number_counter"
    __table_args__ = (
        CheckConstraint("singleton = 1", name="one_row"),
        CheckConstraint("next_value BETWEEN 0 AND 100000000", name="in_range"),
    )

    singleton: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    next_value: Mapped[int]


class NumberLease(CentralTable):
    """Counter values from `first_value`, `size` of them, that belong to a seat; none overlap.

    Without a seat: they were leased in what a restore lost, and hold for whoever was given them.
    """

    __tablename__ = "number_lease"
    __table_args__ = (
        CheckConstraint("size >= 1", name="size_positive"),
        CheckConstraint("first_value >= 0 AND first_value + size <= 100000000", name="in_range"),
        ExcludeConstraint(
            (text("int8range(first_value, first_value + size)"), "&&"),
            name="ex_number_lease_values",
            using="gist",
        ),
        Index("ix_number_lease_device_id_leased_at", "device_id", "leased_at"),
    )

    first_value: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("device.device_id"))
    leased_at: Mapped[datetime]
