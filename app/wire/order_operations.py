"""Rows of the table of operations: finding orders, the order page, changes of placed orders."""

from __future__ import annotations

from typing import Any

from app.wire.operation import Operation

ROWS: tuple[Operation[Any, Any], ...] = tuple(
    row for row in list(globals().values()) if isinstance(row, Operation)
)
