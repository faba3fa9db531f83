"""What was done with a person's data because they asked, or because its time was over."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Word, one_of
from app.models.central.table import CentralTable
from app.values.privacy import PrivacyActKind


class PrivacyRequest(CentralTable):
    """One act; insert-only. `kept` says what stayed, and why.

    `customer_id` None: it was about nobody by name.
    """

    __tablename__ = "privacy_request"
    __table_args__ = (one_of("kind", PrivacyActKind),)

    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[PrivacyActKind] = mapped_column(Word(PrivacyActKind))
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.customer_id"), index=True)
    kept: Mapped[list[str]] = mapped_column(ARRAY(Text))
    note: Mapped[str]
    at: Mapped[datetime]
