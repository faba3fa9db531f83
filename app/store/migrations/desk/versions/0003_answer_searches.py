"""What was searched for in the answers, kept until the centre has it and for the ranking."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "answer_search",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("chosen", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_answer_search")),
    )
    op.create_index(
        "ix_answer_search_unreported",
        "answer_search",
        ["position"],
        unique=False,
        sqlite_where=sa.text("NOT reported"),
    )
