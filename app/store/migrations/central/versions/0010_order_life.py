"""What becomes of orders after they have their number."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    statements = Path(__file__).with_name("order_life.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
