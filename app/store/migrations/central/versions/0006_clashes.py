"""Versions of customers, those who may be the same, and what a person has to part."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    statements = Path(__file__).with_name("clashes.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
