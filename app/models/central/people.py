"""People, what proves them, the seats they sit at, and their sessions.

Secrets are kept as hashes only; the one thing that could open desk stores, the escrow private key,
lies in a table of its own that the service role cannot read (`installation.EscrowKey`).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.central.table import CentralTable
from app.values.vocabulary import Role


class Person(CentralTable):
    """Someone who may sign in; never deleted, because orders and audit name them."""

    __tablename__ = "person"
    __table_args__ = (
        one_of("role", Role),
        CheckConstraint("login <> '' AND login = lower(btrim(login))", name="login_tidy"),
        UniqueConstraint("login"),
    )

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    login: Mapped[str]
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(Word(Role))
    team: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Credential(CentralTable):
    """A person's password (argon2id) and how often it was tried in vain since it was last right."""

    __tablename__ = "credential"
    __table_args__ = (
        CheckConstraint("password_hash LIKE '$argon2id$%'", name="hash_argon2id"),
        CheckConstraint("failed_tries >= 0", name="tries_not_negative"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"), primary_key=True)
    password_hash: Mapped[str]
    failed_tries: Mapped[int]
    locked_until: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class Device(CentralTable):
    """A seat; `public_key` (P-256, PEM) and `incarnation` are None until it is first enrolled."""

    __tablename__ = "device"
    __table_args__ = (
        CheckConstraint("name <> '' AND name = btrim(name)", name="name_tidy"),
        CheckConstraint(
            "num_nulls(public_key, incarnation, enrolled_at) IN (0, 3)", name="enrolled_whole"
        ),
        UniqueConstraint("name"),
    )

    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    extension: Mapped[str | None]
    public_key: Mapped[str | None]
    incarnation: Mapped[UUID | None]
    created_at: Mapped[datetime]
    enrolled_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class DeviceIncarnation(CentralTable):
    """Every enrolment a seat has had; orders of an older one are still taken.

    `sealed_store_key` is that store's key, sealed to the escrow key; kept when the seat is enrolled
    again, because the orders that still wait are in the older store.
    """

    __tablename__ = "device_incarnation"

    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.device_id"), primary_key=True)
    incarnation: Mapped[UUID] = mapped_column(primary_key=True)
    enrolled_at: Mapped[datetime]
    sealed_store_key: Mapped[str | None]


class SeatState(CentralTable):
    """How a seat was when it was last heard.

    `runs` are starts of its program, the one heard last in front. `returns` counts how often an
    earlier one was heard again, which one computer alone does not do; `copied_at` is when that was
    last certain.
    """

    __tablename__ = "seat_state"
    __table_args__ = (
        CheckConstraint(
            "waiting >= 0 AND needs_person >= 0 AND returns >= 0", name="counts_not_negative"
        ),
    )

    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.device_id"), primary_key=True)
    seen_at: Mapped[datetime]
    waiting: Mapped[int]
    oldest_waiting_at: Mapped[datetime | None]
    needs_person: Mapped[int]
    version: Mapped[str]
    runs: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    returns: Mapped[int]
    copied_at: Mapped[datetime | None]


class EnrolmentCode(CentralTable):
    """A one-time code for one seat, kept as its SHA-256."""

    __tablename__ = "enrolment_code"
    __table_args__ = (
        CheckConstraint("octet_length(code_hash) = 32", name="hash_sha256"),
        CheckConstraint("expires_at > created_at", name="expires_later"),
    )

    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.device_id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SessionRow(CentralTable):
    """A person signed in at a seat; the token is kept as its SHA-256."""

    __tablename__ = "session"
    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", name="hash_sha256"),
        CheckConstraint("expires_at > opened_at", name="expires_later"),
        UniqueConstraint("token_hash"),
    )

    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"), index=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.device_id"), index=True)
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
