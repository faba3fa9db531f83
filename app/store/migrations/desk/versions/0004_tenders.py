"""Card attempts and pay links, as far as the seat knows them; never anything of a card itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "tender",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("void_reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint("kind IN ('card', 'link')", name=op.f("ck_tender_kind_known")),
        sa.PrimaryKeyConstraint("tender_id", name=op.f("pk_tender")),
    )
    op.create_index(op.f("ix_tender_order_id"), "tender", ["order_id"], unique=False)
    op.create_index(
        "ix_tender_void_wanted",
        "tender",
        ["tender_id"],
        unique=False,
        sqlite_where=sa.text("void_reason <> ''"),
    )
