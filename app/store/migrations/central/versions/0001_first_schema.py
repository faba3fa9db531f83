"""The first schema: all tables of the first order, and the grants of the service role."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    statements = Path(__file__).with_name("first_schema.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
