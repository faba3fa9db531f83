"""Drafts on their way from one CSR to another."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    statements = Path(__file__).with_name("handovers.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
