"""Changes of placed orders: what was begun and sent here, and what each was made from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "order_change",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=10), nullable=False),
        sa.Column("base_revision", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("base", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "what IN ('amendment', 'cancellation', 'undo')",
            name=op.f("ck_order_change_what_known"),
        ),
        sa.ForeignKeyConstraint(
            ["position"], ["command.position"], name=op.f("fk_order_change_position")
        ),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_order_change")),
        sa.UniqueConstraint("position", name=op.f("uq_order_change_position")),
    )
    op.create_index(op.f("ix_order_change_order_id"), "order_change", ["order_id"], unique=False)
