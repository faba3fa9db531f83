"""The guided read-back: editions of the guidance, the record, overrides, closings, searches."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    statements = Path(__file__).with_name("read_back.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
