"""Read-backs, entry by entry and never changed, and one end of the call for each order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "read_back_entry",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("position >= 1", name=op.f("ck_read_back_entry_position_counts")),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_read_back_entry")),
    )
    op.execute(
        "CREATE TRIGGER read_back_entry_is_never_changed BEFORE UPDATE ON read_back_entry "
        "BEGIN SELECT RAISE(ABORT, 'an entry of a read-back is never changed'); END"
    )
    op.create_index(
        "ix_command_ends_call",
        "command",
        ["order_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'call.close'"),
    )
