"""The tables of one seat's encrypted store: drafts, read-backs, outbox, orders, numbers, people.

Documents are kept as the exact bytes of their message; the columns beside them are what is
searched for.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.desk.table import DeskTable
from app.values.vocabulary import CommandKind, CommandState, DraftState, Role

WAITING = (CommandState.CAPTURED, CommandState.PENDING, CommandState.SENDING, CommandState.STUCK)
"""The centre does not have these yet."""

NEEDS_PERSON = (CommandState.NEEDS_REVIEW, CommandState.STUCK, CommandState.QUARANTINED)
"""Someone has to look at these."""

ENDS_CALL = "kind = 'call.close'"
"""Spelled out in index and query alike: SQLite sees no other way that the index will do."""


class DraftRow(DeskTable):
    """An order while it is taken; placed and voided ones stay for the record until housekeeping."""

    __tablename__ = "draft"
    __table_args__ = (one_of("state", DraftState), Index(None, "state", "saved_at"))

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[DraftState] = mapped_column(Word(DraftState))
    document: Mapped[bytes]
    started_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    taken_by: Mapped[UUID]
    void_reason: Mapped[str] = mapped_column(String(200))


class ReadBackEntryRow(DeskTable):
    """One entry of a read-back; the store refuses to change one. `position` counts from 1."""

    __tablename__ = "read_back_entry"
    __table_args__ = (CheckConstraint("position >= 1", name="position_counts"),)

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    document: Mapped[bytes]


class CommandRow(DeskTable):
    """One command of the outbox, with the bytes that the centre gets however often it is sent.

    `position` counts up at this desk for ever, `sequence` from one with each incarnation. `tries`
    counts sendings. `decision` is the centre's word for the order since somebody decided about it.
    """

    __tablename__ = "command"
    __table_args__ = (
        one_of("state", CommandState),
        CheckConstraint("sequence >= 1", name="sequence_counts"),
        UniqueConstraint("incarnation", "sequence"),
        Index(None, "state", "position"),
        Index("ix_command_ends_call", "order_id", unique=True, sqlite_where=text(ENDS_CALL)),
    )

    position: Mapped[int] = mapped_column(primary_key=True)
    incarnation: Mapped[UUID]
    sequence: Mapped[int]
    command_id: Mapped[UUID] = mapped_column(unique=True)
    order_id: Mapped[UUID]
    kind: Mapped[CommandKind] = mapped_column(Word(CommandKind))
    person_id: Mapped[UUID]
    captured_at: Mapped[datetime]
    clock_offset_ms: Mapped[int]
    body: Mapped[bytes]
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[CommandState] = mapped_column(Word(CommandState))
    failures: Mapped[int]
    answered_at: Mapped[datetime | None]
    reasons: Mapped[str]
    sentence: Mapped[str]
    tries: Mapped[int] = mapped_column(server_default="0")
    decided_revision: Mapped[int] = mapped_column(server_default="0")
    decision: Mapped[str] = mapped_column(server_default="")


class PlacedOrderRow(DeskTable):
    """An order that has its number; the document is the body of the command that placed it."""

    __tablename__ = "placed_order"

    position: Mapped[int] = mapped_column(ForeignKey("command.position"), primary_key=True)
    order_id: Mapped[UUID] = mapped_column(unique=True)
    number: Mapped[str] = mapped_column(String(10), unique=True)
    placed_at: Mapped[datetime]
    number_shown_at: Mapped[datetime | None]


class NumberRow(DeskTable):
    """One leased order number, used from the lowest position on; used ones stay for a while."""

    __tablename__ = "order_number"
    __table_args__ = (
        Index("ix_order_number_free", "position", sqlite_where=text("order_id IS NULL")),
    )

    position: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(10), unique=True)
    leased_at: Mapped[datetime]
    order_id: Mapped[UUID | None]


class PersonRow(DeskTable):
    """Someone who signed in here, and what it takes to let them in while the centre is away.

    `verifier` is an argon2id hash and goes when the centre turns the password down.
    """

    __tablename__ = "person"
    __table_args__ = (one_of("role", Role),)

    login: Mapped[str] = mapped_column(String(200), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(Word(Role))
    team: Mapped[str] = mapped_column(String(200))
    verifier: Mapped[str | None]
    signed_in_at: Mapped[datetime]
    failures: Mapped[int]
    locked_until: Mapped[datetime | None]


class SettingRow(DeskTable):
    """One thing the desk remembers, as JSON."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    document: Mapped[bytes]
