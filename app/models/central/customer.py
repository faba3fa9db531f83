"""Customers as the centre knows them, and the two indexes they are found by.

Telephone numbers are found by any ending (reversed digits), names by the beginning of any word
(normalised tokens); both with `text_pattern_ops`, so that no extension is needed.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.models.central.table import CentralTable


class Customer(CentralTable):
    """A customer. `merged_into` is whom they are found under, at the end of all merges.

    `on_account`: may be sent an invoice. `restricted_at`: they asked that their data are only kept,
    so nobody finds them. `erased_at`: what is left says nothing about anybody.
    """

    __tablename__ = "customer"
    __table_args__ = (
        CheckConstraint("revision >= 1", name="revision_positive"),
        CheckConstraint("email <> ''", name="email_not_empty"),
        CheckConstraint("merged_into <> customer_id", name="not_merged_into_self"),
        Index("ix_customer_email_folded", text("lower(email) text_pattern_ops")),
    )

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int]
    name: Mapped[str]
    email: Mapped[str | None]
    text_relay: Mapped[bool]
    on_account: Mapped[bool]
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("customer.customer_id"), index=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    restricted_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class CustomerPhone(CentralTable):
    """One number in E.164; `digits_reversed` is the same without the plus, read from the end."""

    __tablename__ = "customer_phone"
    __table_args__ = (
        CheckConstraint("e164 ~ '^\\+[1-9][0-9]{3,14}$'", name="e164_form"),
        CheckConstraint("digits_reversed = reverse(substr(e164, 2))", name="reversed_matches"),
        Index(
            "ix_customer_phone_digits_reversed",
            "digits_reversed",
            postgresql_ops={"digits_reversed": "text_pattern_ops"},
        ),
    )

    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customer.customer_id", ondelete="CASCADE"), primary_key=True
    )
    e164: Mapped[str] = mapped_column(primary_key=True)
    digits_reversed: Mapped[str]
    position: Mapped[int]


class CustomerNameToken(CentralTable):
    """One word of a customer's name, folded (no accents, small letters, no punctuation)."""

    __tablename__ = "customer_name_token"
    __table_args__ = (
        CheckConstraint("token <> ''", name="token_not_empty"),
        Index(
            "ix_customer_name_token_token", "token", postgresql_ops={"token": "text_pattern_ops"}
        ),
    )

    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customer.customer_id", ondelete="CASCADE"), primary_key=True
    )
    token: Mapped[str] = mapped_column(primary_key=True)


class Address(CentralTable):
    """An address a customer has used. `postcode_folded`: capitals without blanks or dashes.

    `digest` (SHA-256 of the address as JSON) keeps a customer from having one address twice.
    """

    __tablename__ = "address"
    __table_args__ = (
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country_alpha_2"),
        CheckConstraint("octet_length(digest) = 32", name="digest_sha256"),
        UniqueConstraint("customer_id", "digest"),
        Index(
            "ix_address_postcode_folded",
            "postcode_folded",
            postgresql_ops={"postcode_folded": "text_pattern_ops"},
        ),
    )

    address_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customer.customer_id", ondelete="CASCADE")
    )
    country: Mapped[str]
    name: Mapped[str]
    organisation: Mapped[str]
    street: Mapped[list[str]] = mapped_column(ARRAY(Text))
    dependent_locality: Mapped[str]
    city: Mapped[str]
    area: Mapped[str]
    postcode: Mapped[str]
    postcode_folded: Mapped[str]
    digest: Mapped[bytes]
    last_used_at: Mapped[datetime]
