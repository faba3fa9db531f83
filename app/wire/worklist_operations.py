"""Rows of the table of operations: what waits for a person, holds, and letting orders go on."""

from __future__ import annotations

from typing import Any

from app.wire import payments, worklist
from app.wire.message import Nothing
from app.wire.operation import Kind, Operation
from app.wire.people import Permission

LIST_WORK = Operation(
    name="work.list",
    request=worklist.ListWork,
    response=worklist.WorkPage,
    kind=Kind.QUERY,
    permission=Permission.REVIEW_ORDERS,
)
CLAIM_WORK = Operation(
    name="work.claim",
    request=worklist.ClaimWork,
    response=worklist.ClaimedWork,
    kind=Kind.COMMAND,
    permission=Permission.REVIEW_ORDERS,
    audited=True,
)
LEAVE_WORK = Operation(
    name="work.leave",
    request=worklist.LeaveWork,
    response=Nothing,
    kind=Kind.COMMAND,
    permission=Permission.REVIEW_ORDERS,
    audited=True,
)
HOLD_ORDER = Operation(
    name="orders.hold",
    request=worklist.HoldOrder,
    response=worklist.HeldOrder,
    kind=Kind.COMMAND,
    permission=Permission.TAKE_ORDERS,
    audited=True,
)
LIFT_HOLD = Operation(
    name="orders.lift_hold",
    request=worklist.LiftHold,
    response=Nothing,
    kind=Kind.COMMAND,
    permission=Permission.TAKE_ORDERS,
    audited=True,
)
RELEASE_ORDER = Operation(
    name="orders.release",
    request=worklist.ReleaseOrder,
    response=Nothing,
    kind=Kind.COMMAND,
    permission=Permission.REVIEW_ORDERS,
    audited=True,
)
REJECT_ORDER = Operation(
    name="orders.reject",
    request=worklist.RejectOrder,
    response=Nothing,
    kind=Kind.COMMAND,
    permission=Permission.REVIEW_ORDERS,
    audited=True,
)
GIVE_BACK_ORPHAN = Operation(
    name="payments.give_back",
    request=worklist.GiveBackOrphan,
    response=payments.CardAttempt,
    kind=Kind.SAGA,
    permission=Permission.REVIEW_ORDERS,
    audited=True,
    patience_s=45.0,
)

ROWS: tuple[Operation[Any, Any], ...] = tuple(
    row for row in list(globals().values()) if isinstance(row, Operation)
)
