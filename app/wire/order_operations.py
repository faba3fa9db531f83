"""Rows of the table of operations: finding orders, the order page, changes of placed orders."""

from __future__ import annotations

from typing import Any

from app.wire import order_changes, order_page, order_search
from app.wire.message import Nothing
from app.wire.operation import Home, Kind, Operation, Ownership
from app.wire.orders import OrderDocument, Paper
from app.wire.people import Permission

FIND_ORDERS = Operation(
    name="orders.find",
    request=order_search.FindOrders,
    response=order_search.OrdersFound,
    kind=Kind.QUERY,
    permission=Permission.SEE_CUSTOMERS,
    patience_s=4.0,
)
LOOK_UP_ORDERS = Operation(
    name="orders.look_up",
    request=order_search.LookUpOrders,
    response=order_search.OrdersLookedUp,
    kind=Kind.QUERY,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
)
ASK_ORDER_PAGE = Operation(
    name="orders.page",
    request=order_page.AskOrderPage,
    response=order_page.OrderPage,
    kind=Kind.QUERY,
    permission=Permission.SEE_CUSTOMERS,
    patience_s=4.0,
)

BEGIN_AMENDMENT = Operation(
    name="orders.begin_amendment",
    request=order_changes.BeginAmendment,
    response=OrderDocument,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
CHANGE_ORDER = Operation(
    name="orders.change",
    request=order_changes.ChangeOrder,
    response=order_changes.ChangeSent,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
PRINT_ORDER = Operation(
    name="orders.print",
    request=order_page.PrintOrder,
    response=Paper,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
)

PREVIEW_CHANGE = Operation(
    name="orders.preview_change",
    request=order_changes.PreviewChange,
    response=order_changes.ChangePreview,
    kind=Kind.QUERY,
    permission=Permission.TAKE_ORDERS,
)
BEGIN_CHANGE = Operation(
    name="orders.begin_change",
    request=order_changes.BeginChange,
    response=order_changes.ChangeBegun,
    kind=Kind.COMMAND,
    permission=Permission.TAKE_ORDERS,
    audited=True,
)
LEAVE_CHANGE = Operation(
    name="orders.leave_change",
    request=order_changes.LeaveChange,
    response=Nothing,
    kind=Kind.COMMAND,
    permission=Permission.TAKE_ORDERS,
    audited=True,
)
WITHDRAW_CHANGE = Operation(
    name="orders.withdraw",
    request=order_changes.WithdrawChange,
    response=order_changes.ChangeSent,
    kind=Kind.COMMAND,
    permission=Permission.TAKE_ORDERS,
    audited=True,
)
SETTLE_CHANGE = Operation(
    name="orders.settle_change",
    request=order_changes.SettleChange,
    response=order_changes.ChangeSent,
    kind=Kind.COMMAND,
    permission=Permission.REVIEW_ORDERS,
    audited=True,
)

REFUND_DONE = Operation(
    name="orders.refund_done",
    request=order_changes.RefundDone,
    response=order_changes.RefundView,
    kind=Kind.COMMAND,
    permission=Permission.REVIEW_ORDERS,
    audited=True,
)
GIVE_GOODWILL = Operation(
    name="orders.goodwill",
    request=order_changes.GiveGoodwill,
    response=order_changes.RefundsMade,
    kind=Kind.COMMAND,
    permission=Permission.REVIEW_ORDERS,
    audited=True,
)

ROWS: tuple[Operation[Any, Any], ...] = tuple(
    row for row in list(globals().values()) if isinstance(row, Operation)
)
