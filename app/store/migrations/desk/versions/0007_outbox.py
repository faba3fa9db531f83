"""How often a command was sent, and what was decided about its order since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("command", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "command", sa.Column("decided_revision", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("command", sa.Column("decision", sa.Text(), server_default="", nullable=False))
