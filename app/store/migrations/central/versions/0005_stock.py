"""Stock held for calls, allocations to orders, and what desks were told of stock."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    statements = Path(__file__).with_name("stock.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
