"""What can clash about customers: their earlier versions, who may be whom, and what was merged.

A merge moves nothing: it says under whom a customer is found, so that undoing it leaves everything
where it was.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.central.table import CentralTable
from app.values.vocabulary import CustomerTaskKind


class TaskOutcome(StrEnum):
    """What a person decided."""

    MERGED = "merged"
    KEPT_APART = "kept_apart"
    SETTLED = "settled"


class CustomerVersion(CentralTable):
    """A customer as they were at an earlier revision; insert-only. The newest is the row itself."""

    __tablename__ = "customer_version"
    __table_args__ = (CheckConstraint("revision >= 1", name="revision_positive"),)

    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customer.customer_id", ondelete="CASCADE"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None]
    text_relay: Mapped[bool]
    on_account: Mapped[bool]
    phones: Mapped[list[str]] = mapped_column(ARRAY(Text))
    replaced_at: Mapped[datetime]


class CustomerKey(CentralTable):
    """A telephone number (`tel:+44...`) or folded e-mail address (`mail:...`) and who had it first.

    The primary key lets two replicas that take the same new customer at once find out.
    """

    __tablename__ = "customer_key"
    __table_args__ = (CheckConstraint("key ~ '^(tel|mail):.'", name="key_kind"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customer.customer_id", ondelete="CASCADE"), index=True
    )


class CustomerMerge(CentralTable):
    """A customer who is found under another, until it is undone."""

    __tablename__ = "customer_merge"
    __table_args__ = (
        CheckConstraint("customer_id <> survivor_id", name="two_customers"),
        Index(
            "ix_customer_merge_standing",
            "customer_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
    )

    merge_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customer.customer_id", ondelete="CASCADE"), index=True
    )
    survivor_id: Mapped[UUID] = mapped_column(
        ForeignKey("customer.customer_id", ondelete="CASCADE"), index=True
    )
    merged_at: Mapped[datetime]
    merged_by: Mapped[UUID | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None]


class CustomerTask(CentralTable):
    """Something about a customer that a person decides; kept when it was, so that none comes twice.

    Of a pair the lower id comes first. `fields` says in what two are the same, or what was told
    otherwise: field, base, present, said. `order_id` told it; there may be no such order yet.
    """

    __tablename__ = "customer_task"
    __table_args__ = (
        one_of("kind", CustomerTaskKind),
        one_of("outcome", TaskOutcome),
        CheckConstraint("(kind = 'twin') = (other_id IS NOT NULL)", name="twin_has_other"),
        CheckConstraint("customer_id < other_id", name="pair_in_order"),
        CheckConstraint("num_nulls(outcome, settled_at) IN (0, 2)", name="settled_whole"),
        UniqueConstraint("customer_id", "other_id"),
        Index("ix_customer_task_open", "task_id", postgresql_where=text("outcome IS NULL")),
    )

    task_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[CustomerTaskKind] = mapped_column(Word(CustomerTaskKind))
    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customer.customer_id", ondelete="CASCADE")
    )
    other_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("customer.customer_id", ondelete="CASCADE"), index=True
    )
    order_id: Mapped[UUID | None]
    fields: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    opened_at: Mapped[datetime]
    outcome: Mapped[TaskOutcome | None] = mapped_column(Word(TaskOutcome))
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None]
