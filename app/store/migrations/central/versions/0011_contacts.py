"""Conversations from the first ring, and how it was made sure who rang."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    statements = Path(__file__).with_name("contacts.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
