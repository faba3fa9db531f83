"""Placed orders: the row, its lines, every version of the document, and what happened to it.

What a desk sent is never refused for what it names, so product codes and persons are kept as they
came, without a foreign key; intake marks the order `needs_review` where they are unknown.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.central.table import CentralTable
from app.values.money import Currency
from app.values.order_life import ChangeWhat, Fulfilment, OrderState
from app.values.vocabulary import Channel, PaymentState, ProductKind, Region, TaxCategory

TO_HAND_OVER = (
    "handed_revision IS DISTINCT FROM revision"
    " AND (state = 'released' OR state = 'accepted'"
    " AND (payment_state IN ('authorised', 'paid', 'on_account') OR total_minor = 0)"
    " OR state = 'cancelled' AND handed_revision IS NOT NULL)"
)
"""Which orders are for the warehouse, and are not told to it as they now are; of those that a
person released some are not paid for. In SQL, for the index and in the same words for whoever
looks."""


class SalesOrder(CentralTable):
    """One placed order as it now stands; amounts in minor units of `currency`.

    `handed_revision` is the version that is for the warehouse, None where none is yet.
    """

    __tablename__ = "sales_order"
    __table_args__ = (
        one_of("state", OrderState),
        one_of("region", Region),
        one_of("currency", Currency),
        one_of("channel", Channel),
        one_of("payment_state", PaymentState),
        one_of("fulfilment", Fulfilment),
        CheckConstraint("number ~ '^[0-9]{10}$'", name="number_ten_digits"),
        CheckConstraint("revision >= 1", name="revision_positive"),
        CheckConstraint("line_count >= 0", name="line_count_not_negative"),
        CheckConstraint(
            "state <> 'needs_review' OR cardinality(review_reasons) > 0", name="review_has_reason"
        ),
        CheckConstraint(
            "total_minor = goods_minor + delivery_minor"
            " + CASE WHEN tax_included THEN 0 ELSE tax_minor END",
            name="total_adds_up",
        ),
        UniqueConstraint("number"),
        Index("ix_sales_order_customer_id_placed_at", "customer_id", "placed_at"),
        Index("ix_sales_order_placed_at", "placed_at"),
        Index("ix_sales_order_total_minor_placed_at", "total_minor", "placed_at"),
        Index(
            "ix_sales_order_unpaid",
            "received_at",
            postgresql_where="payment_state = 'outstanding' AND state IN ('accepted', 'released')",
        ),
        Index(
            "ix_sales_order_needs_review",
            "received_at",
            postgresql_where="state = 'needs_review'",
        ),
        Index(
            "ix_sales_order_to_hand_over",
            "received_at",
            "order_id",
            postgresql_where=TO_HAND_OVER,
        ),
    )

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    revision: Mapped[int]
    state: Mapped[OrderState] = mapped_column(Word(OrderState))
    review_reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))
    region: Mapped[Region] = mapped_column(Word(Region))
    currency: Mapped[Currency] = mapped_column(Word(Currency))
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.customer_id"))
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.device_id"), index=True)
    taken_by: Mapped[UUID] = mapped_column(index=True)
    placed_by: Mapped[UUID]
    placed_at: Mapped[datetime]
    received_at: Mapped[datetime]
    promised_on: Mapped[date | None]
    line_count: Mapped[int]
    goods_minor: Mapped[int]
    delivery_minor: Mapped[int]
    tax_minor: Mapped[int]
    tax_included: Mapped[bool]
    total_minor: Mapped[int]
    payment_state: Mapped[PaymentState] = mapped_column(Word(PaymentState))
    fulfilment: Mapped[Fulfilment] = mapped_column(Word(Fulfilment))
    handed_revision: Mapped[int | None]


class OrderNumberAlias(CentralTable):
    """A number a caller was told that already belonged to another order; this one has a new one."""

    __tablename__ = "order_number_alias"
    __table_args__ = (CheckConstraint("number ~ '^[0-9]{10}$'", name="number_ten_digits"),)

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.order_id"), primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True, index=True)


class OrderLineRow(CentralTable):
    """One line of an order as it now stands; prices in ten-thousandths, `position` from 1."""

    __tablename__ = "order_line"
    __table_args__ = (
        one_of("kind", ProductKind),
        one_of("tax_category", TaxCategory),
        CheckConstraint("position >= 1", name="position_positive"),
        CheckConstraint("quantity BETWEEN 1 AND 1000000", name="quantity_in_range"),
        UniqueConstraint("order_id", "line_id"),
        Index("ix_order_line_code_order_id", "code", "order_id"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.order_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[UUID]
    kind: Mapped[ProductKind] = mapped_column(Word(ProductKind))
    code: Mapped[str]
    description: Mapped[str]
    quantity: Mapped[int]
    list_price: Mapped[int]
    price_version: Mapped[int]
    told_price: Mapped[int]
    told_reason: Mapped[str]
    tax_category: Mapped[TaxCategory] = mapped_column(Word(TaxCategory))
    quoted_at: Mapped[datetime]
    total_minor: Mapped[int]


class OrderVersion(CentralTable):
    """The whole placed order (wire PlacedOrder as JSON) at one revision; insert-only.

    `change_id` and `cause` say which change made it; None for the first.
    """

    __tablename__ = "order_version"
    __table_args__ = (
        one_of("cause", ChangeWhat),
        CheckConstraint("revision >= 1", name="revision_positive"),
        CheckConstraint("(cause IS NULL) = (change_id IS NULL)", name="cause_with_change"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.order_id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None]
    change_id: Mapped[UUID | None]
    cause: Mapped[ChangeWhat | None] = mapped_column(Word(ChangeWhat))


class OrderEvent(CentralTable):
    """What happened to an order; insert-only. `facts` hold ids and codes, never names."""

    __tablename__ = "order_event"
    __table_args__ = (
        CheckConstraint("kind <> ''", name="kind_not_empty"),
        Index("ix_order_event_order_id_seq", "order_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.order_id"))
    kind: Mapped[str]
    at: Mapped[datetime]
    device_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    command_id: Mapped[UUID | None]
    facts: Mapped[dict[str, Any]]
