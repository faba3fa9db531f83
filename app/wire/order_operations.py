"""Rows of the table of operations: finding orders, the order page, changes of placed orders."""

from __future__ import annotations

from typing import Any

from app.wire import order_page
from app.wire.operation import Kind, Operation
from app.wire.people import Permission

ASK_ORDER_PAGE = Operation(
    name="orders.page",
    request=order_page.AskOrderPage,
    response=order_page.OrderPage,
    kind=Kind.QUERY,
    permission=Permission.SEE_CUSTOMERS,
    patience_s=4.0,
)

ROWS: tuple[Operation[Any, Any], ...] = tuple(
    row for row in list(globals().values()) if isinstance(row, Operation)
)
