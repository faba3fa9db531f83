"""Drafts on their way from one CSR to another.

The copy is there only while somebody may still need it; what stays of a hand-over is who gave what
to whom and when, by ids.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.central.table import CentralTable
from app.values.vocabulary import HandoverState


class Handover(CentralTable):
    """One hand-over of one draft; an order is offered once at a time.

    `draft` is the copy as it was offered, `summary` what of it is listed; both go together. One
    that was taken back before it arrived names no order and nobody, and is refused when it comes.
    """

    __tablename__ = "handover"
    __table_args__ = (
        one_of("state", HandoverState),
        CheckConstraint(
            "num_nulls(order_id, from_person, to_person, expires_at) IN (0, 4)",
            name="offered_whole",
        ),
        CheckConstraint("num_nulls(draft, summary) IN (0, 2)", name="copy_whole"),
        CheckConstraint(
            "num_nulls(claimed_by, claimed_device) = (state <> 'claimed')::int * 2",
            name="claimed_whole",
        ),
        CheckConstraint("(state = 'offered') = (ended_at IS NULL)", name="ended_whole"),
        CheckConstraint("state <> 'offered' OR draft IS NOT NULL", name="offered_has_copy"),
        Index(
            "ix_handover_offered",
            "order_id",
            unique=True,
            postgresql_where=text("state = 'offered'"),
        ),
        Index("ix_handover_copied", "expires_at", postgresql_where=text("draft IS NOT NULL")),
    )

    handover_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.device_id"), index=True)
    order_id: Mapped[UUID | None]
    from_person: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"), index=True)
    to_person: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"), index=True)
    state: Mapped[HandoverState] = mapped_column(Word(HandoverState))
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    claimed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"), index=True)
    claimed_device: Mapped[UUID | None] = mapped_column(ForeignKey("device.device_id"), index=True)
    draft: Mapped[bytes | None]
    summary: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
