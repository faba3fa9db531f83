"""What the centre last said of the stock that an order needs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "stock_answer",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("held >= 0", name=op.f("ck_stock_answer_held_counts")),
        sa.PrimaryKeyConstraint("order_id", "code", name=op.f("pk_stock_answer")),
    )
    op.create_index(op.f("ix_stock_answer_ends_at"), "stock_answer", ["ends_at"], unique=False)
