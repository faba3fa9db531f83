"""What is asked about an item before it is decided; blocks, so never on the GUI thread."""

from __future__ import annotations

from uuid import UUID

from app.services.ports import Caller
from app.ui.screens.worklist.state import Detail
from app.values.order_life import CancelReason
from app.values.worklist import WorkAct, WorkKind
from app.wire.clash_operations import LIST_CUSTOMER_TASKS
from app.wire.clashes import ListCustomerTasks
from app.wire.order_changes import Cancellation, PreviewChange
from app.wire.order_operations import ASK_ORDER_PAGE, PREVIEW_CHANGE
from app.wire.order_page import AskOrderPage
from app.wire.worklist import ClaimedWork, ClaimWork, LeaveWork, WorkItem, WorkItemId
from app.wire.worklist_operations import CLAIM_WORK, LEAVE_WORK

_CUSTOMERS = frozenset({WorkKind.TWIN, WorkKind.CUSTOMER})


def detail_of(caller: Caller, item: WorkItem) -> Detail:
    """Everything else there is to know about an item before it is decided. Blocks."""
    if item.item.kind in _CUSTOMERS:
        just_before = UUID(int=item.item.subject.int - 1)
        asked = ListCustomerTasks(after=just_before, limit=1)
        tasks = caller.call(LIST_CUSTOMER_TASKS, asked).tasks
        task = next((one for one in tasks if one.task_id == item.item.subject), None)
        return Detail(item=item.item, task=task)
    if item.order_id is None:
        return Detail(item=item.item)
    page = caller.call(ASK_ORDER_PAGE, AskOrderPage(order_id=item.order_id))
    rejecting = None
    if WorkAct.REJECT in item.acts and item.item.kind is not WorkKind.CHANGE:
        rejecting = caller.call(
            PREVIEW_CHANGE,
            PreviewChange(
                order_id=item.order_id,
                base_revision=page.order.revision,
                what=Cancellation(reason=CancelReason.OTHER),
            ),
        )
    return Detail(item=item.item, page=page, rejecting=rejecting)


def claim_next(caller: Caller, request: ClaimWork, before: WorkItemId | None) -> ClaimedWork:
    """Let the one before go, then claim the next. Blocks."""
    if before is not None:
        caller.call(LEAVE_WORK, LeaveWork(item=before))
    return caller.call(CLAIM_WORK, request)
