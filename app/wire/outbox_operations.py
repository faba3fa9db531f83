"""Rows of the table of operations: the outbox of a desk, for its screen."""

from __future__ import annotations

from typing import Any

from app.wire import outbox
from app.wire.message import Nothing
from app.wire.operation import Home, Kind, Operation, Ownership
from app.wire.orders import PlacedOrder
from app.wire.people import Permission

ASK_OUTBOX = Operation(
    name="outbox.page",
    request=outbox.AskOutbox,
    response=outbox.OutboxPage,
    kind=Kind.QUERY,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
SEND_NOW = Operation(
    name="outbox.send_now",
    request=outbox.SendNow,
    response=Nothing,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
OPEN_SENT_ORDER = Operation(
    name="outbox.order",
    request=outbox.OpenSentOrder,
    response=PlacedOrder,
    kind=Kind.QUERY,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)

ROWS: tuple[Operation[Any, Any], ...] = tuple(
    row for row in list(globals().values()) if isinstance(row, Operation)
)
