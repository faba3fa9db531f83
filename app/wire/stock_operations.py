"""Rows of the table of operations: stock held for a call, at the centre first, then at the desk."""

from __future__ import annotations

from typing import Any

from app.wire import stock
from app.wire.message import Nothing
from app.wire.operation import Home, Kind, Operation, Ownership, Signer
from app.wire.people import Permission

HOLD_STOCK = Operation(
    name="stock.hold",
    request=stock.HoldStock,
    response=stock.StockHeld,
    kind=Kind.COMMAND,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
    keyed=False,
    patience_s=4.0,
)
RELEASE_STOCK = Operation(
    name="stock.release",
    request=stock.ReleaseStock,
    response=Nothing,
    kind=Kind.COMMAND,
    signer=Signer.DEVICE,
    ownership=Ownership.OWN_SEAT,
    keyed=False,
    patience_s=4.0,
)
ASK_STOCK = Operation(
    name="stock.ask",
    request=stock.AskStock,
    response=stock.StockHeld,
    kind=Kind.QUERY,
    signer=Signer.DEVICE,
    patience_s=4.0,
)

KEEP_STOCK = Operation(
    name="desk.hold_stock",
    request=stock.HoldStock,
    response=stock.StockHeld,
    kind=Kind.COMMAND,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
    ownership=Ownership.OWN_SEAT,
)
LOOK_UP_STOCK = Operation(
    name="desk.look_up_stock",
    request=stock.AskStock,
    response=stock.StockHeld,
    kind=Kind.QUERY,
    home=Home.DESK,
    permission=Permission.TAKE_ORDERS,
)

ROWS: tuple[Operation[Any, Any], ...] = tuple(
    row for row in list(globals().values()) if isinstance(row, Operation)
)
