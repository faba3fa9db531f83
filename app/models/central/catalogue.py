"""Products, their prices by version, stock, towns and the policy: what desks keep a copy of.

Every change of one of these raises its `revision` and leaves a change row (`record.ChangeRow`).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.central.table import CentralTable
from app.values.money import Currency
from app.values.vocabulary import ProductKind, TaxCategory


class Product(CentralTable):
    """One product; `price_version` names the price that holds now."""

    __tablename__ = "product"
    __table_args__ = (
        one_of("kind", ProductKind),
        one_of("tax_category", TaxCategory),
        CheckConstraint("code <> '' AND code = btrim(code)", name="code_tidy"),
        CheckConstraint("revision >= 1", name="revision_positive"),
        CheckConstraint("typical_quantity >= 1", name="typical_positive"),
        # Deferred: a product and its first price come in one transaction and name each other.
        ForeignKeyConstraint(
            ["code", "price_version"],
            ["price.code", "price.version"],
            name="fk_product_code_price_version",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        Index("ix_product_code_folded", text("upper(code)")),
        Index(
            "ix_product_words",
            text("to_tsvector('simple'::regconfig, description)"),
            postgresql_using="gin",
        ),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    description: Mapped[str]
    kind: Mapped[ProductKind] = mapped_column(Word(ProductKind))
    tax_category: Mapped[TaxCategory] = mapped_column(Word(TaxCategory))
    price_version: Mapped[int]
    typical_quantity: Mapped[int | None]
    withdrawn: Mapped[bool]
    revision: Mapped[int]
    updated_at: Mapped[datetime]


class Price(CentralTable):
    """A version of one product's price; versions are kept for ever, orders name them."""

    __tablename__ = "price"
    __table_args__ = (
        one_of("currency", Currency),
        CheckConstraint("version >= 1", name="version_positive"),
    )

    code: Mapped[str] = mapped_column(ForeignKey("product.code"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    currency: Mapped[Currency] = mapped_column(Word(Currency))
    from_at: Mapped[datetime]


class PriceBreak(CentralTable):
    """From `from_quantity` on a piece costs `unit_price` (ten-thousandths of the currency unit)."""

    __tablename__ = "price_break"
    __table_args__ = (
        ForeignKeyConstraint(["code", "version"], ["price.code", "price.version"]),
        CheckConstraint("from_quantity BETWEEN 1 AND 1000000", name="quantity_in_range"),
        CheckConstraint("unit_price BETWEEN 0 AND 10000000000", name="price_in_range"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    from_quantity: Mapped[int] = mapped_column(primary_key=True)
    unit_price: Mapped[int]


class StockLevel(CentralTable):
    """Pieces of a product; a product without a row here is not tracked.

    Available is on hand minus reserved; it may fall below zero, because an order is never turned
    away for want of stock. `reserved` is what `stock.StockHold` and `stock.OrderAllocation` come
    to. `told` and `told_expected_on` are what desks were told at `told_at`, under `revision`; only
    telling changes them, so that a hold costs no change row.
    """

    __tablename__ = "stock_level"
    __table_args__ = (
        CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        CheckConstraint("revision >= 0", name="revision_not_negative"),
        CheckConstraint("num_nulls(told, told_at) IN (0, 2)", name="told_whole"),
    )

    code: Mapped[str] = mapped_column(ForeignKey("product.code"), primary_key=True)
    on_hand: Mapped[int]
    reserved: Mapped[int]
    counted_at: Mapped[datetime]
    expected_on: Mapped[date | None]
    told: Mapped[int | None]
    told_expected_on: Mapped[date | None]
    told_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(server_default=text("0"))


class Town(CentralTable):
    """A postcode area (UK outward code, ZIP) and the post town or city it belongs to."""

    __tablename__ = "town"
    __table_args__ = (
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country_alpha_2"),
        CheckConstraint("postcode <> '' AND city <> ''", name="named"),
        CheckConstraint("revision >= 1", name="revision_positive"),
    )

    country: Mapped[str] = mapped_column(primary_key=True)
    postcode: Mapped[str] = mapped_column(primary_key=True)
    city: Mapped[str]
    area: Mapped[str]
    revision: Mapped[int]
    updated_at: Mapped[datetime]


class PolicyVersion(CentralTable):
    """The policy as it was set; the highest revision holds. `set_by` is None for the first one."""

    __tablename__ = "policy"
    __table_args__ = (CheckConstraint("revision >= 1", name="revision_positive"),)

    revision: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    set_at: Mapped[datetime]
    set_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"), index=True)
