"""What the centre remembers of what was asked: applied commands, audit and its seal, changes.

All of it but changes is insert-only for the service. `xid` is the writing transaction's id: rows
whose xid lies below the oldest running transaction are final, and (xid, seq) is then their order
for ever.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Identity, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.central.table import CentralTable, TransactionId
from app.values.vocabulary import ChangeKind


class AppliedCommand(CentralTable):
    """A command that was carried out, kept for ever: asked again it gives the same answer.

    `asker` is the device, or the nil UUID for an enrolment. `answer` is the JSON of the response
    (for commands of an outbox: of their CommandOutcome). `incarnation` and `sequence` are those of
    an outbox; not unique, because a cloned desk may repeat them and its orders still count.
    """

    __tablename__ = "applied_command"
    __table_args__ = (
        CheckConstraint("octet_length(sha256) = 32", name="sha256_length"),
        CheckConstraint("num_nulls(incarnation, sequence) IN (0, 2)", name="sequence_whole"),
        CheckConstraint("sequence >= 1", name="sequence_positive"),
        Index("ix_applied_command_outbox", "asker", "incarnation", "sequence"),
    )

    asker: Mapped[UUID] = mapped_column(primary_key=True)
    command_id: Mapped[UUID] = mapped_column(primary_key=True)
    operation: Mapped[str]
    sha256: Mapped[bytes]
    answer: Mapped[bytes]
    applied_at: Mapped[datetime]
    incarnation: Mapped[UUID | None]
    sequence: Mapped[int | None]


class Audit(CentralTable):
    """Who did what to what, by ids only. `outcome` is `done` or the code of a refusal."""

    __tablename__ = "audit"
    __table_args__ = (
        CheckConstraint("operation <> '' AND outcome <> ''", name="named"),
        Index("ix_audit_xid_seq", "xid", "seq", unique=True),
        Index("ix_audit_subject_seq", "subject", "seq"),
        Index("ix_audit_person_id_seq", "person_id", "seq"),
        Index("ix_audit_restored", "seq", postgresql_where="operation = 'admin.restored'"),
    )

    seq: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    xid: Mapped[int] = mapped_column(TransactionId, server_default=func.pg_current_xact_id())
    at: Mapped[datetime]
    operation: Mapped[str]
    outcome: Mapped[str]
    person_id: Mapped[UUID | None]
    device_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    command_id: Mapped[UUID | None]
    subject: Mapped[UUID | None]
    facts: Mapped[dict[str, Any]]


class AuditSeal(CentralTable):
    """One link of the chain: `digest` covers the audit row (xid, seq) and the digest before it."""

    __tablename__ = "audit_seal"
    __table_args__ = (
        CheckConstraint("octet_length(digest) = 32", name="digest_sha256"),
        CheckConstraint("position >= 1", name="position_positive"),
        UniqueConstraint("seq"),
    )

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    xid: Mapped[int] = mapped_column(TransactionId)
    seq: Mapped[int]
    digest: Mapped[bytes]
    sealed_at: Mapped[datetime]


class ChangeRow(CentralTable):
    """Something desks keep a copy of is at this revision now; the feed reads the thing itself.

    `device_id`: only this seat is told. Rows older than the feed goes back are cleared away.
    """

    __tablename__ = "change"
    __table_args__ = (
        one_of("kind", ChangeKind),
        CheckConstraint("key <> ''", name="key_not_empty"),
        CheckConstraint("revision >= 1", name="revision_positive"),
        CheckConstraint("(kind = 'order') = (device_id IS NOT NULL)", name="order_of_a_seat"),
        Index("ix_change_xid_seq", "xid", "seq", unique=True),
    )

    seq: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    xid: Mapped[int] = mapped_column(TransactionId, server_default=func.pg_current_xact_id())
    kind: Mapped[ChangeKind] = mapped_column(Word(ChangeKind))
    key: Mapped[str]
    revision: Mapped[int]
    deleted: Mapped[bool]
    device_id: Mapped[UUID | None]


class FeedMark(CentralTable):
    """Where the head of the feed was at an instant, so that rows have an age.

    `is_floor`: rows up to here are cleared away; a cursor below it is not known any more.
    """

    __tablename__ = "feed_mark"

    at: Mapped[datetime] = mapped_column(primary_key=True)
    xid: Mapped[int] = mapped_column(TransactionId)
    seq: Mapped[int]
    is_floor: Mapped[bool]
