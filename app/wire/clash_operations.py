"""Rows of the table of operations: what can clash: customers, like orders, seats."""

from __future__ import annotations

from typing import Any

from app.wire import clashes
from app.wire.message import Nothing
from app.wire.operation import Home, Kind, Operation, Signer
from app.wire.people import Permission

SIMILAR_ORDERS = Operation(
    name="orders.similar",
    request=clashes.AskSimilar,
    response=clashes.LikeOrders,
    kind=Kind.QUERY,
    signer=Signer.DEVICE,
    patience_s=1.5,
)
LIST_CUSTOMER_TASKS = Operation(
    name="customers.tasks",
    request=clashes.ListCustomerTasks,
    response=clashes.CustomerTasks,
    kind=Kind.QUERY,
    permission=Permission.REVIEW_ORDERS,
)
MERGE_CUSTOMERS = Operation(
    name="customers.merge",
    request=clashes.MergeCustomers,
    response=Nothing,
    kind=Kind.COMMAND,
    permission=Permission.REVIEW_ORDERS,
    audited=True,
)
UNMERGE_CUSTOMER = Operation(
    name="customers.unmerge",
    request=clashes.UnmergeCustomer,
    response=Nothing,
    kind=Kind.COMMAND,
    permission=Permission.REVIEW_ORDERS,
    audited=True,
)
KEEP_APART = Operation(
    name="customers.keep_apart",
    request=clashes.KeepApart,
    response=Nothing,
    kind=Kind.COMMAND,
    permission=Permission.REVIEW_ORDERS,
    audited=True,
)
SETTLE_CUSTOMER_TASK = Operation(
    name="customers.settle",
    request=clashes.SettleCustomerTask,
    response=Nothing,
    kind=Kind.COMMAND,
    permission=Permission.REVIEW_ORDERS,
    audited=True,
)

LIKE_ORDERS = Operation(
    name="orders.like_orders",
    request=clashes.AskLikeOrders,
    response=clashes.LikeOrders,
    kind=Kind.QUERY,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
)

ROWS: tuple[Operation[Any, Any], ...] = tuple(
    row for row in list(globals().values()) if isinstance(row, Operation)
)
