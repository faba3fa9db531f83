"""Orders on their way to the warehouse, and what comes back."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    statements = Path(__file__).with_name("warehouse.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
