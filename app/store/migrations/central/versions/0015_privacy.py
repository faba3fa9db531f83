"""What was done with a person's data because they asked."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    statements = Path(__file__).with_name("privacy.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
