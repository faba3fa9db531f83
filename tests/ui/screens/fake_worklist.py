"""The part of a small desk that knows what needs a person: a list, claims, and decisions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec

from app.values.errors import Refusal
from app.values.identity import OrderId
from app.values.money import Currency, Money
from app.values.order_number import OrderNumber
from app.values.vocabulary import Role
from app.values.worklist import WorkAct, WorkKind
from app.wire.card_operations import SEND_PAY_LINK
from app.wire.catalogue import ProductView
from app.wire.clash_operations import (
    KEEP_APART,
    LIST_CUSTOMER_TASKS,
    MERGE_CUSTOMERS,
    SETTLE_CUSTOMER_TASK,
)
from app.wire.clashes import CustomerTask, CustomerTasks, ListCustomerTasks
from app.wire.message import Nothing
from app.wire.order_changes import ChangePreview, PreviewChange
from app.wire.order_operations import PREVIEW_CHANGE, REFUND_DONE, SETTLE_CHANGE
from app.wire.payments import PayLink, SendPayLink
from app.wire.worklist import (
    Claimed,
    ClaimedWork,
    ClaimWork,
    KindCount,
    LeaveWork,
    ListWork,
    WorkItem,
    WorkItemId,
    WorkPage,
)
from app.wire.worklist_operations import (
    CLAIM_WORK,
    GIVE_BACK_ORPHAN,
    HOLD_ORDER,
    LEAVE_WORK,
    LIFT_HOLD,
    LIST_WORK,
    REJECT_ORDER,
    RELEASE_ORDER,
)
from tests.builders import A_MORNING, a_customer, a_link, an_id, an_order, with_line
from tests.ui.screens.fake_desk import FakeDesk, a_known_customer, a_person

_DECISIONS = (
    RELEASE_ORDER,
    REJECT_ORDER,
    HOLD_ORDER,
    LIFT_HOLD,
    GIVE_BACK_ORPHAN,
    SETTLE_CHANGE,
    REFUND_DONE,
    MERGE_CUSTOMERS,
    KEEP_APART,
    SETTLE_CUSTOMER_TASK,
)


def an_item(
    at: int = 1,
    kind: WorkKind = WorkKind.REVIEW,
    *acts: WorkAct,
    **different: Any,  # noqa: ANN401 - whatever field a test names
) -> WorkItem:
    """An order that waits; the higher `at`, the later it began to."""
    item = WorkItem(
        item=WorkItemId(kind=kind, subject=an_id(6_000 + at)),
        order_id=OrderId(an_id(6_000 + at)),
        number=OrderNumber(f"41730298{at:02}"),
        customer=f"Customer {at}",
        amount=Money(5_391, Currency.GBP),
        why=("A product is not in the catalogue.",),
        since=A_MORNING - timedelta(hours=5) + timedelta(minutes=at),
        acts=acts or (WorkAct.RELEASE, WorkAct.HOLD, WorkAct.REJECT),
    )
    return msgspec.structs.replace(item, **different)


class WorkDesk(FakeDesk):
    """`work` is what waits, `at_it` the colleague of an item, `judged` what was asked for."""

    def __init__(self, *products: ProductView) -> None:
        super().__init__(*products)
        self.people = [a_person("Lena Hart", Role.TEAM_LEAD)]
        self.work: list[WorkItem] = []
        self.at_it: dict[WorkItemId, str] = {}
        self.mine: WorkItemId | None = None
        self.claims: list[WorkItemId] = []
        self.left: list[WorkItemId] = []
        self.judged: list[Any] = []
        self.tasks: list[CustomerTask] = []
        self.preview: ChangePreview | None = None

    def waits(self, *acts: WorkAct, kind: WorkKind = WorkKind.REVIEW) -> WorkItem:
        """An order of the known customer waits; its page can be asked for."""
        number = len(self.work) + 1
        document = an_order(with_line("47566", 3, "4.95"))
        document = msgspec.structs.replace(document, order_id=OrderId(an_id(6_000 + number)))
        self.has_ordered(a_known_customer(), document, days_ago=0)
        placed = self.orders[document.order_id]
        whole = msgspec.structs.replace(placed.document, customer=a_customer())
        self.orders[document.order_id] = msgspec.structs.replace(placed, document=whole)
        self.work.append(an_item(number, kind, *acts))
        return self.work[-1]

    def _handler_table(self) -> dict[str, Callable[[Any], Any]]:
        decide = {operation.name: self._decide for operation in _DECISIONS}
        return (super()._handler_table() | decide) | {
            LIST_WORK.name: self._list_work,
            CLAIM_WORK.name: self._claim,
            LEAVE_WORK.name: self._leave,
            SEND_PAY_LINK.name: self._send_link,
            PREVIEW_CHANGE.name: self._preview_change,
            LIST_CUSTOMER_TASKS.name: self._tasks,
        }

    def _shown(self, item: WorkItem) -> WorkItem:
        until = A_MORNING + timedelta(minutes=15)
        if item.item == self.mine:
            claimed = Claimed(by="Dana Okafor", mine=True, until=until)
        elif item.item in self.at_it:
            claimed = Claimed(by=self.at_it[item.item], mine=False, until=until)
        else:
            return item
        return msgspec.structs.replace(item, claimed=claimed)

    def _list_work(self, request: ListWork) -> WorkPage:
        kinds = request.kinds or tuple(WorkKind)
        items = [self._shown(one) for one in self.work if one.item.kind in kinds]
        if request.after is not None:
            items = items[[one.item for one in items].index(request.after) + 1 :]
        counts = tuple(
            KindCount(kind=kind, waiting=sum(one.item.kind is kind for one in self.work))
            for kind in WorkKind
        )
        limit = request.limit
        return WorkPage(items=tuple(items[:limit]), more=len(items) > limit, counts=counts)

    def _claim(self, request: ClaimWork) -> ClaimedWork:
        wanted = request.item
        if wanted is None:
            kinds = request.kinds or tuple(WorkKind)
            free = [
                one for one in self.work if one.item not in self.at_it and one.item.kind in kinds
            ]
            behind = [
                one
                for one in free
                if request.after_since is None or one.since > request.after_since
            ]
            found = next(iter(behind or free), None)
            if found is None:
                return ClaimedWork(item=None)
            wanted = found.item
        if wanted in self.at_it:
            raise Refusal("claimed", f"{self.at_it[wanted]} is at it just now.")
        item = next((one for one in self.work if one.item == wanted), None)
        if item is None:
            raise Refusal("not_waiting", "That is settled already.")
        self.mine = wanted
        self.claims.append(wanted)
        return ClaimedWork(item=self._shown(item))

    def _leave(self, request: LeaveWork) -> Nothing:
        self.left.append(request.item)
        self.mine = None
        return Nothing()

    def _decide(self, request: object) -> Nothing:
        self.judged.append(request)
        self.work = [one for one in self.work if one.item != self.mine]
        return Nothing()

    def _send_link(self, request: SendPayLink) -> PayLink:
        self.judged.append(request)
        return msgspec.structs.replace(
            a_link(), order_id=request.order_id, amount=request.amount, send_to=request.send_to
        )

    def _preview_change(self, _request: PreviewChange) -> ChangePreview:
        if self.preview is None:
            raise Refusal("order_unknown", "There is no such order here.")
        return self.preview

    def _tasks(self, request: ListCustomerTasks) -> CustomerTasks:
        after = request.after
        found = [one for one in self.tasks if after is None or one.task_id > after]
        return CustomerTasks(tasks=tuple(found[: request.limit]))
