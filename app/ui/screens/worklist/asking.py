"""What is asked about an item before it is decided; blocks, so never on the GUI thread."""

from __future__ import annotations

from uuid import UUID

from app.services.ports import Caller
from app.ui.screens.worklist.state import Detail
from app.values.errors import Refusal
from app.values.order_life import CancelReason
from app.values.worklist import WorkAct, WorkKind
from app.wire.clash_operations import LIST_CUSTOMER_TASKS
from app.wire.clashes import ListCustomerTasks
from app.wire.order_changes import Cancellation, ChangePreview, PreviewChange
from app.wire.order_operations import ASK_ORDER_PAGE, PREVIEW_CHANGE
from app.wire.order_page import AskOrderPage, OrderPage
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
    return Detail(item=item.item, page=page, rejecting=_rejecting(caller, item, page))


def _rejecting(caller: Caller, item: WorkItem, page: OrderPage) -> ChangePreview | None:
    """What cancelling it whole would come to; where nobody can say, the rest is shown all the same.

    Blocks.
    """
    if WorkAct.REJECT not in item.acts or item.item.kind is WorkKind.CHANGE:
        return None
    what = Cancellation(reason=CancelReason.OTHER)
    order_id, revision = page.order.placed.document.order_id, page.order.revision
    asked = PreviewChange(order_id=order_id, base_revision=revision, what=what)
    try:
        return caller.call(PREVIEW_CHANGE, asked)
    except Refusal:
        return None


def claim_next(caller: Caller, request: ClaimWork, before: WorkItemId | None) -> ClaimedWork:
    """Let the one before go, then claim the next. Blocks."""
    if before is not None:
        caller.call(LEAVE_WORK, LeaveWork(item=before))
    return caller.call(CLAIM_WORK, request)
