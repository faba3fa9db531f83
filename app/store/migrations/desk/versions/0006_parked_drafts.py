"""When a caller is to be called back, and whose the draft is now."""

from __future__ import annotations

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    pass
