"""When a caller is to be called back, and whose the draft is now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "parked_draft",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("phone", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_parked_draft")),
    )
    op.create_index(
        op.f("ix_parked_draft_call_back_at"), "parked_draft", ["call_back_at"], unique=False
    )
    op.create_table(
        "handed_draft",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("handover_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("to_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "state IN ('offering', 'offered', 'taken')", name=op.f("ck_handed_draft_state_known")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_handed_draft")),
        sa.UniqueConstraint("handover_id", name=op.f("uq_handed_draft_handover_id")),
    )
