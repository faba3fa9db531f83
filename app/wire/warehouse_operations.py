"""Rows of the table of operations: orders to the warehouse, and what comes back from it."""

from __future__ import annotations

from typing import Any

from app.wire.operation import Operation

ROWS: tuple[Operation[Any, Any], ...] = tuple(
    row for row in list(globals().values()) if isinstance(row, Operation)
)
