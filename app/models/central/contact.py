"""Conversations with customers, what they were about, and how it was made sure whose order it is.

What a desk sent is never refused for what it names, so orders and persons are kept as they came,
without a foreign key. Answers to questions about identity are kept nowhere.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.central.table import CentralTable
from app.values.order_life import ContactOutcome, ContactReason, IdentityLevel
from app.values.vocabulary import Channel


class ContactRow(CentralTable):
    """One conversation: a call, a fax, a letter.

    `order_id` is the order that was placed in it, written with the order; what it was about as a
    whole is in `contact_order`. `reason`, `outcome` and `resolved` are None until it has ended.
    """

    __tablename__ = "contact"
    __table_args__ = (
        one_of("channel", Channel),
        one_of("reason", ContactReason),
        one_of("outcome", ContactOutcome),
        CheckConstraint("ended_at >= started_at", name="ends_after_start"),
        CheckConstraint("answered_at >= started_at", name="answered_after_start"),
        CheckConstraint("num_nonnulls(reason, outcome, resolved) IN (0, 3)", name="noted_whole"),
        Index(None, "started_at"),
    )

    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.customer_id"), index=True)
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("sales_order.order_id"), index=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.device_id"), index=True)
    person_id: Mapped[UUID]
    caller_number: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    reason: Mapped[ContactReason | None] = mapped_column(Word(ContactReason))
    outcome: Mapped[ContactOutcome | None] = mapped_column(Word(ContactOutcome))
    resolved: Mapped[bool | None]
    note: Mapped[str]


class ContactOrder(CentralTable):
    """An order that a conversation was about."""

    __tablename__ = "contact_order"

    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contact.contact_id"), primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)


class IdentityCheck(CentralTable):
    """How it was made sure whose order it is; `skipped` is why nothing could be asked."""

    __tablename__ = "identity_check"
    __table_args__ = (
        one_of("level", IdentityLevel),
        CheckConstraint("position >= 1", name="position_counts"),
        CheckConstraint("wrong >= 0", name="wrong_counts"),
    )

    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contact.contact_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[UUID | None] = mapped_column(index=True)
    customer_id: Mapped[UUID | None]
    asked: Mapped[list[str]] = mapped_column(ARRAY(Text))
    passed: Mapped[list[str]] = mapped_column(ARRAY(Text))
    level: Mapped[IdentityLevel] = mapped_column(Word(IdentityLevel))
    wrong: Mapped[int]
    skipped: Mapped[str]
    at: Mapped[datetime]
