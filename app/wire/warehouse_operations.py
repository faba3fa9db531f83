"""Rows of the table of operations: orders to the warehouse, and what comes back from it."""

from __future__ import annotations

from typing import Any

from app.wire import warehouse
from app.wire.operation import Kind, Operation, Signer
from app.wire.people import Permission

WAREHOUSE_REPORT = Operation(
    name="warehouse.report",
    request=warehouse.ReportFromWarehouse,
    response=warehouse.ReportTaken,
    kind=Kind.BATCH,
    signer=Signer.WAREHOUSE,
    audited=True,
)
REPORT_SHIPMENT = Operation(
    name="orders.report_shipment",
    request=warehouse.ReportShipment,
    response=warehouse.EventTaken,
    kind=Kind.COMMAND,
    permission=Permission.REVIEW_ORDERS,
    audited=True,
)

ROWS: tuple[Operation[Any, Any], ...] = tuple(
    row for row in list(globals().values()) if isinstance(row, Operation)
)
