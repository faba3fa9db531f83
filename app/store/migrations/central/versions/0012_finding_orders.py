"""What orders are found by."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    statements = Path(__file__).with_name("finding_orders.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
