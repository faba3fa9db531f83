"""Orders that go to the warehouse without money, because a lead answers for it."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    statements = Path(__file__).with_name("agreed_unpaid.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
