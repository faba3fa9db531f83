"""What the centre keeps of paying: card attempts, movements of money, pay links, orders given up.

An attempt or a link is a row before the gateway is asked, and may come before its order, so orders
are named without a foreign key. Never an envelope, never a digit of a card but the last four.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.central.table import CentralTable
from app.values.money import Currency
from app.values.vocabulary import AttemptState, CheckResult, DeclineReason, LinkState


class VoidCause(StrEnum):
    """Why an authorisation is given back."""

    ASKED = "asked"
    GIVEN_UP = "given_up"
    ORPHAN = "orphan"
    """Its order never came."""


class MovementKind(StrEnum):
    """Which way money of an authorisation goes."""

    CAPTURE = "capture"
    REFUND = "refund"
    VOID = "void"


class MovementState(StrEnum):
    """STARTED: the gateway may have done it, and is asked again until it says so."""

    STARTED = "started"
    DONE = "done"
    REFUSED = "refused"


class CardAttemptRow(CentralTable):
    """One attempt to charge a card; amounts in minor units of `currency`.

    `digest` is the SHA-256 of the request, which holds an envelope and so cannot be tried out.
    `approved_minor` None: the outcome is not known, or nothing was authorised. `due_at` is when the
    watchdog next looks at it, None when nothing is left to do; `tries` counts its looks.
    """

    __tablename__ = "card_attempt"
    __table_args__ = (
        one_of("state", AttemptState),
        one_of("currency", Currency),
        one_of("decline", DeclineReason),
        one_of("address_check", CheckResult),
        one_of("postcode_check", CheckResult),
        one_of("code_check", CheckResult),
        one_of("void_cause", VoidCause),
        CheckConstraint("amount_minor >= 1", name="amount_positive"),
        CheckConstraint("approved_minor BETWEEN 0 AND amount_minor", name="approved_in_range"),
        CheckConstraint(
            "captured_minor BETWEEN 0 AND coalesce(approved_minor, 0)", name="captured_in_range"
        ),
        CheckConstraint("refunded_minor BETWEEN 0 AND captured_minor", name="refunded_in_range"),
        CheckConstraint("last_four ~ '^([0-9]{4})?$'", name="last_four_only"),
        CheckConstraint("octet_length(digest) = 32", name="digest_sha256"),
        Index("ix_card_attempt_due_at", "due_at", postgresql_where="due_at IS NOT NULL"),
    )

    attempt_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(index=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.device_id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"), index=True)
    lease_id: Mapped[UUID] = mapped_column(unique=True)
    gateway: Mapped[str]
    digest: Mapped[bytes]
    amount_minor: Mapped[int]
    currency: Mapped[Currency] = mapped_column(Word(Currency))
    state: Mapped[AttemptState] = mapped_column(Word(AttemptState))
    approved_minor: Mapped[int | None]
    captured_minor: Mapped[int]
    refunded_minor: Mapped[int]
    reference: Mapped[str]
    token: Mapped[str]
    brand: Mapped[str]
    last_four: Mapped[str]
    decline: Mapped[DeclineReason | None] = mapped_column(Word(DeclineReason))
    address_check: Mapped[CheckResult] = mapped_column(Word(CheckResult))
    postcode_check: Mapped[CheckResult] = mapped_column(Word(CheckResult))
    code_check: Mapped[CheckResult] = mapped_column(Word(CheckResult))
    refusal_code: Mapped[str]
    refusal_sentence: Mapped[str]
    void_cause: Mapped[VoidCause | None] = mapped_column(Word(VoidCause))
    started_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    tries: Mapped[int]


class ClosedAttempt(CentralTable):
    """The id of an attempt that was asked about and had never come: a late copy is refused."""

    __tablename__ = "closed_attempt"

    attempt_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.device_id"), index=True)
    closed_at: Mapped[datetime]


class CardMovement(CentralTable):
    """One capture, refund or void of an authorisation; a void has no amount, and there is one.

    `person_id` None: the service did it by itself, or an administrator on the command line.
    """

    __tablename__ = "card_movement"
    __table_args__ = (
        one_of("kind", MovementKind),
        one_of("state", MovementState),
        CheckConstraint("(kind = 'void') = (amount_minor IS NULL)", name="void_without_amount"),
        CheckConstraint("amount_minor >= 1", name="amount_positive"),
        Index(
            "ix_card_movement_one_void", "attempt_id", unique=True, postgresql_where="kind = 'void'"
        ),
        Index("ix_card_movement_due_at", "due_at", postgresql_where="due_at IS NOT NULL"),
    )

    movement_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("card_attempt.attempt_id"), index=True)
    kind: Mapped[MovementKind] = mapped_column(Word(MovementKind))
    amount_minor: Mapped[int | None]
    reason: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"), index=True)
    state: Mapped[MovementState] = mapped_column(Word(MovementState))
    refusal_code: Mapped[str]
    refusal_sentence: Mapped[str]
    asked_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    tries: Mapped[int]


class PayLinkRow(CentralTable):
    """One pay link. `url` is empty until the gateway has made the page; `paid` counts payments.

    `due_at` and `tries` as with attempts.
    """

    __tablename__ = "pay_link"
    __table_args__ = (
        one_of("state", LinkState),
        one_of("currency", Currency),
        CheckConstraint("amount_minor >= 1", name="amount_positive"),
        CheckConstraint("paid >= 0", name="paid_not_negative"),
        CheckConstraint("last_four ~ '^([0-9]{4})?$'", name="last_four_only"),
        CheckConstraint("expires_at > sent_at", name="expires_later"),
        Index("ix_pay_link_due_at", "due_at", postgresql_where="due_at IS NOT NULL"),
    )

    link_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(index=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.device_id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"), index=True)
    gateway: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[Currency] = mapped_column(Word(Currency))
    send_to: Mapped[str]
    state: Mapped[LinkState] = mapped_column(Word(LinkState))
    url: Mapped[str]
    paid: Mapped[int]
    brand: Mapped[str]
    last_four: Mapped[str]
    reference: Mapped[str]
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    tries: Mapped[int]


class GivenUpOrderRow(CentralTable):
    """A desk gave a draft up whose payment had begun; one row per command."""

    __tablename__ = "given_up_order"

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(
        ForeignKey("device.device_id"), primary_key=True, index=True
    )
    command_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    reason: Mapped[str]
    given_up_at: Mapped[datetime]
    received_at: Mapped[datetime]
