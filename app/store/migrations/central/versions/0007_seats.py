"""How seats are, whose changes are whose, and how far back the feed goes."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    statements = Path(__file__).with_name("seats.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
