"""What becomes of an order after it has its number: changes, counters, ledger, refunds.

Rows of `order_progress` and `order_ledger` are made when an order is first touched after placing
(taking an order stays one statement); until then its lines say the same.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.central.table import CentralTable
from app.values.order_life import (
    ChangeState,
    ChangeWhat,
    LedgerCause,
    LedgerPart,
    RefundState,
    RefundWay,
)
from app.values.vocabulary import ProductKind


class OrderProgress(CentralTable):
    """How many pieces of a line were ordered, and what became of them; also of a line that is gone.

    What is still to come is ordered - cancelled - shipped. Returned pieces were shipped before.
    """

    __tablename__ = "order_progress"
    __table_args__ = (
        one_of("kind", ProductKind),
        CheckConstraint(
            "ordered >= 0 AND cancelled >= 0 AND shipped >= 0 AND cancelled + shipped <= ordered",
            name="pieces_add_up",
        ),
        CheckConstraint("delivered BETWEEN 0 AND shipped", name="delivered_was_shipped"),
        CheckConstraint("returned BETWEEN 0 AND shipped", name="returned_was_shipped"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.order_id"), primary_key=True)
    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[ProductKind] = mapped_column(Word(ProductKind))
    code: Mapped[str]
    description: Mapped[str]
    ordered: Mapped[int]
    cancelled: Mapped[int]
    shipped: Mapped[int]
    delivered: Mapped[int]
    returned: Mapped[int]


class LedgerEntry(CentralTable):
    """What the customer owes for a part of an order, more or less than before; insert-only.

    The amounts of an order add up to its total; those of a line to what is to be paid for it.
    `quantity` are the pieces by which the line became more or fewer. Minor units of the order's
    currency. `tax_minor` is the part of the amount that is tax, where prices include it.
    """

    __tablename__ = "order_ledger"
    __table_args__ = (
        one_of("part", LedgerPart),
        one_of("cause", LedgerCause),
        CheckConstraint("(part = 'line') = (line_id IS NOT NULL)", name="line_named"),
        Index("ix_order_ledger_order_id_seq", "order_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.order_id"))
    revision: Mapped[int]
    part: Mapped[LedgerPart] = mapped_column(Word(LedgerPart))
    line_id: Mapped[UUID | None]
    quantity: Mapped[int]
    amount_minor: Mapped[int]
    tax_minor: Mapped[int]
    cause: Mapped[LedgerCause] = mapped_column(Word(LedgerCause))
    at: Mapped[datetime]
    person_id: Mapped[UUID | None]
    change_id: Mapped[UUID | None]


class OrderChangeRow(CentralTable):
    """A change of an order as it was asked for; `document` is the wire OrderChange.

    `revision` is the version it made; None while it is open, or where it came to nothing. The order
    may be unknown here. `note` is what a lead said about it.
    """

    __tablename__ = "order_change"
    __table_args__ = (
        one_of("what", ChangeWhat),
        one_of("state", ChangeState),
        CheckConstraint("(state = 'applied') = (revision IS NOT NULL)", name="applied_made_one"),
        CheckConstraint("state <> 'open' OR cardinality(reasons) > 0", name="open_has_reason"),
        CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="settled_whole"),
        Index("ix_order_change_order_id", "order_id"),
        Index("ix_order_change_open", "received_at", postgresql_where=text("state = 'open'")),
    )

    change_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    what: Mapped[ChangeWhat] = mapped_column(Word(ChangeWhat))
    base_revision: Mapped[int]
    revision: Mapped[int | None]
    state: Mapped[ChangeState] = mapped_column(Word(ChangeState))
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))
    document: Mapped[dict[str, Any]]
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.device_id"), index=True)
    person_id: Mapped[UUID]
    captured_at: Mapped[datetime]
    received_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None]
    note: Mapped[str]


class OrderRefund(CentralTable):
    """Money that goes back for an order, one row for each way; its id is that of the movement.

    Nothing is sent before `due_at`, so that what led to it can be undone.
    """

    __tablename__ = "order_refund"
    __table_args__ = (
        one_of("way", RefundWay),
        one_of("state", RefundState),
        CheckConstraint("amount_minor >= 1", name="amount_positive"),
        CheckConstraint("num_nonnulls(attempt_id, link_id) <= 1", name="one_tender"),
        Index("ix_order_refund_order_id", "order_id"),
        Index("ix_order_refund_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            "ix_order_refund_for_a_person",
            "asked_at",
            postgresql_where=text("way = 'by_hand' AND state IN ('due', 'started', 'refused')"),
        ),
    )

    refund_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.order_id"))
    change_id: Mapped[UUID | None]
    way: Mapped[RefundWay] = mapped_column(Word(RefundWay))
    attempt_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("card_attempt.attempt_id"), index=True
    )
    link_id: Mapped[UUID | None] = mapped_column(ForeignKey("pay_link.link_id"), index=True)
    amount_minor: Mapped[int]
    reason: Mapped[str]
    state: Mapped[RefundState] = mapped_column(Word(RefundState))
    refusal_code: Mapped[str]
    refusal_sentence: Mapped[str]
    person_id: Mapped[UUID | None]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    tries: Mapped[int]


class OrderEdit(CentralTable):
    """Who is changing an order just now; a word to colleagues, no lock."""

    __tablename__ = "order_edit"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.order_id"), primary_key=True)
    change_id: Mapped[UUID]
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.device_id"), index=True)
    person_id: Mapped[UUID]
    since: Mapped[datetime]
    until: Mapped[datetime]
