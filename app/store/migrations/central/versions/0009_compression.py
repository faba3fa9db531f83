"""Documents of orders are compressed in less time."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    statements = Path(__file__).with_name("compression.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
