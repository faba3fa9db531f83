"""What the centre keeps of read-backs: editions of the guidance, entries, overrides, closings.

All of it is insert-only for the service. What a desk sent is never refused for what it names, so a
closing names its order without a foreign key; an override is asked for before there is an order.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.central.table import CentralTable
from app.values.vocabulary import CallOutcome, CorrectionCause, How


class GuidanceVersion(CentralTable):
    """An edition of checklists, scripts and answers (wire Guidance as JSON), kept for ever.

    The highest revision holds; orders name the one they were read back by. `set_by` is the login of
    who published it, None for the first.
    """

    __tablename__ = "guidance_version"
    __table_args__ = (CheckConstraint("revision >= 1", name="revision_positive"),)

    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]]
    set_at: Mapped[datetime]
    set_by: Mapped[str | None]


class ReadBackEntryRow(CentralTable):
    """One entry of an order's record, for figures; `position` from 1, the closing's after the rest.

    `kind` is the tag of the entry in the wire; `document` the whole entry.
    """

    __tablename__ = "read_back_entry"
    __table_args__ = (
        one_of("how", How),
        one_of("cause", CorrectionCause),
        CheckConstraint("position >= 1", name="position_positive"),
        CheckConstraint("kind <> ''", name="kind_not_empty"),
        CheckConstraint("took_ms >= 0", name="took_not_negative"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.order_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    checkpoint: Mapped[str | None]
    how: Mapped[How | None] = mapped_column(Word(How))
    cause: Mapped[CorrectionCause | None] = mapped_column(Word(CorrectionCause))
    part: Mapped[str | None]
    at: Mapped[datetime]
    person_id: Mapped[UUID]
    took_ms: Mapped[int | None]
    document: Mapped[dict[str, Any]]


class ReadBackOverride(CentralTable):
    """A lead's word that checkpoints may stay open; `checkpoints` is a list of wire Stood."""

    __tablename__ = "read_back_override"
    __table_args__ = (CheckConstraint("reason <> ''", name="reason_given"),)

    override_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(index=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.device_id"), index=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"), index=True)
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"), index=True)
    checkpoints: Mapped[list[Any]] = mapped_column(JSONB)
    reason: Mapped[str]
    at: Mapped[datetime]


class CallClosing(CentralTable):
    """How a call about an order ended; one row per command, so that a second one is kept too.

    The order may be unknown here, or another seat's.
    """

    __tablename__ = "call_closing"
    __table_args__ = (one_of("outcome", CallOutcome),)

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(
        ForeignKey("device.device_id"), primary_key=True, index=True
    )
    command_id: Mapped[UUID] = mapped_column(primary_key=True)
    outcome: Mapped[CallOutcome] = mapped_column(Word(CallOutcome))
    note: Mapped[str]
    closed_at: Mapped[datetime]
    closed_by: Mapped[UUID]
    document: Mapped[dict[str, Any]]


class AnswerSearch(CentralTable):
    """What was searched for in the answers, and which was chosen; empty: none was any good."""

    __tablename__ = "answer_search"
    __table_args__ = (Index("ix_answer_search_unanswered", "text", postgresql_where="chosen = ''"),)

    seq: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    text: Mapped[str]
    chosen: Mapped[str]
    at: Mapped[datetime]
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.device_id"), index=True)
