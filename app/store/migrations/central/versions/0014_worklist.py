"""What waits for a person: holds, who looked at an order, and who is at what."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    statements = Path(__file__).with_name("worklist.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
