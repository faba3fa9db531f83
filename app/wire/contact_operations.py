"""Rows of the table of operations: conversations with customers, and whose order it is."""

from __future__ import annotations

from typing import Any

from app.wire.operation import Operation

ROWS: tuple[Operation[Any, Any], ...] = tuple(
    row for row in list(globals().values()) if isinstance(row, Operation)
)
