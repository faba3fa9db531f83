"""Customers who are one: found under one of them from a lead's word on, until it is taken back.

A merge moves nothing. It is a row that says under whom a customer is found, so merges form trees,
and `customer.merged_into` holds the end of the way up. Orders, numbers and addresses stay with the
id they came with; taking a merge back therefore leaves everything as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import convert
from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.orm import aliased

from app.models.central.clash import CustomerMerge, CustomerTask, TaskOutcome
from app.models.central.customer import Customer
from app.models.central.order import SalesOrder
from app.services.central.customer_changes import (
    CustomerChange,
    change_customer,
    locked_customer,
    word_of,
)
from app.services.central.customers import customer_views
from app.services.central.transaction import Actor, Handlers, Transaction
from app.values.errors import Refusal
from app.values.identity import CustomerId, OrderId
from app.values.order_number import OrderNumber
from app.values.vocabulary import CustomerTaskKind
from app.wire import clash_operations, clashes
from app.wire.clashes import (
    CustomerTasks,
    FieldTold,
    KeepApart,
    ListCustomerTasks,
    MergeCustomers,
    SettleCustomerTask,
    UnmergeCustomer,
)
from app.wire.customers import CustomerView
from app.wire.message import Nothing

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('customer merges', 0))")
_FIND_UNDER = text("""
    WITH RECURSIVE under AS (
        SELECT CAST(:customer AS uuid) AS customer_id
        UNION
        SELECT m.customer_id FROM under u
        JOIN customer_merge m ON m.survivor_id = u.customer_id AND m.undone_at IS NULL
    )
    UPDATE customer SET merged_into = nullif(CAST(:root AS uuid), customer_id)
    WHERE customer_id IN (SELECT customer_id FROM under)
""")
_ONE_BY_NOW = text("""
    UPDATE customer_task t SET outcome = 'merged', settled_at = :at, settled_by = :by
    FROM customer a, customer b
    WHERE a.customer_id = t.customer_id AND b.customer_id = t.other_id
      AND t.kind = 'twin' AND t.outcome IS NULL
      AND coalesce(a.merged_into, a.customer_id) = coalesce(b.merged_into, b.customer_id)
""")
_TWO_AGAIN = text("""
    UPDATE customer_task t SET outcome = NULL, settled_at = NULL, settled_by = NULL
    FROM customer a, customer b
    WHERE a.customer_id = t.customer_id AND b.customer_id = t.other_id
      AND t.kind = 'twin' AND t.outcome = 'merged'
      AND coalesce(a.merged_into, a.customer_id) <> coalesce(b.merged_into, b.customer_id)
""")


class Merging:
    """Answers `customers.tasks`, `merge`, `unmerge`, `keep_apart` and `settle`."""

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(clash_operations.LIST_CUSTOMER_TASKS, self.tasks)
        handlers.add(clash_operations.MERGE_CUSTOMERS, self.merge)
        handlers.add(clash_operations.UNMERGE_CUSTOMER, self.unmerge)
        handlers.add(clash_operations.KEEP_APART, self.keep_apart)
        handlers.add(clash_operations.SETTLE_CUSTOMER_TASK, self.settle)

    def tasks(self, tx: Transaction, actor: Actor, request: ListCustomerTasks) -> CustomerTasks:
        """What waits for a decision, the oldest first."""
        del actor
        found = tx.session.execute(_tasks(request)).all()
        rows = found[: request.limit]
        ids = {i for row in rows for i in (row.customer_root, row.other_root) if i is not None}
        views = {view.customer_id: view for view in customer_views(tx, sorted(ids))}
        tasks = tuple(_view(row, views) for row in rows)
        return CustomerTasks(tasks=tasks, more=len(found) > len(rows))

    def merge(self, tx: Transaction, actor: Actor, request: MergeCustomers) -> Nothing:
        """Find one customer under the other.

        Raises Refusal `customer_unknown`, `customer_merged` or `same_customer`.
        """
        tx.session.execute(_ONE_AT_A_TIME)
        merged, survivor = request.customer_id, request.survivor_id
        if merged == survivor:
            raise Refusal("same_customer", "That is one customer already.", "survivor_id")
        for customer, field in ((merged, "customer_id"), (survivor, "survivor_id")):
            _require_alone(tx, customer, field)
        tx.connection.execute(
            insert(CustomerMerge).values(
                merge_id=tx.ids.new(),
                customer_id=merged,
                survivor_id=survivor,
                merged_at=tx.at,
                merged_by=_who(actor),
            )
        )
        self._find_under(tx, merged, survivor)
        tx.session.execute(_ONE_BY_NOW, {"at": tx.at, "by": _who(actor)})
        tx.about(merged, survivor=str(survivor))
        return Nothing()

    def unmerge(self, tx: Transaction, actor: Actor, request: UnmergeCustomer) -> Nothing:
        """Find a customer, and who was merged into them, as before. Raises Refusal `not_merged`."""
        tx.session.execute(_ONE_AT_A_TIME)
        undone = tx.connection.execute(
            update(CustomerMerge)
            .where(
                CustomerMerge.customer_id == request.customer_id,
                CustomerMerge.undone_at.is_(None),
            )
            .values(undone_at=tx.at, undone_by=_who(actor))
            .returning(CustomerMerge.survivor_id)
        ).scalar_one_or_none()
        if undone is None:
            raise Refusal("not_merged", "This customer was not merged into another.", "customer_id")
        self._find_under(tx, request.customer_id, request.customer_id)
        tx.session.execute(_TWO_AGAIN)
        tx.about(request.customer_id, survivor=str(undone))
        return Nothing()

    def keep_apart(self, tx: Transaction, actor: Actor, request: KeepApart) -> Nothing:
        """Never ask about these two again. Raises Refusal `task_unknown` or `task_settled`."""
        task = _task(tx, request.task_id, CustomerTaskKind.TWIN)
        if task.outcome is TaskOutcome.MERGED:
            raise Refusal("task_settled", "These two were merged. Please take that back first.")
        _decide(tx, actor, task, TaskOutcome.KEPT_APART)
        tx.about(task.customer_id, other=str(task.other_id))
        return Nothing()

    def settle(self, tx: Transaction, actor: Actor, request: SettleCustomerTask) -> Nothing:
        """Let what was said hold for some fields; may be decided again, another way.

        What somebody changed since then is left alone. Raises Refusal `task_unknown` or
        `field_unknown`.
        """
        task = _task(tx, request.task_id, CustomerTaskKind.CHANGED)
        fields = {told.field: told for told in convert(task.fields, list[FieldTold])}
        for name in request.take:
            if name not in fields:
                raise Refusal("field_unknown", f"Nothing was told of {name} on that call.", "take")
        customer = CustomerId(task.customer_id)
        change = _change(tx, customer, fields, frozenset(request.take))
        if change.is_any:
            change_customer(tx, customer, change, _order_of(task))
        _decide(tx, actor, task, TaskOutcome.SETTLED)
        tx.about(customer, taken=",".join(sorted(request.take)))
        return Nothing()

    def _find_under(self, tx: Transaction, customer: UUID, root: UUID) -> None:
        """A customer and all who were merged into them are found under `root`."""
        tx.session.execute(_FIND_UNDER, {"customer": customer, "root": root})


def _require_alone(tx: Transaction, customer: CustomerId, field: str) -> None:
    row = tx.connection.execute(
        select(Customer.merged_into).where(Customer.customer_id == customer)
    ).one_or_none()
    if row is None:
        raise Refusal("customer_unknown", "There is no such customer.", field)
    if row.merged_into is not None:
        raise Refusal(
            "customer_merged",
            f"This customer was merged into {row.merged_into} before. Please name that one.",
            field,
        )


def _tasks(request: ListCustomerTasks) -> Any:  # noqa: ANN401 - a select of many columns
    customer, other = aliased(Customer), aliased(Customer)
    waiting = (
        select(
            CustomerTask.task_id,
            CustomerTask.kind,
            CustomerTask.opened_at,
            CustomerTask.fields,
            func.coalesce(customer.merged_into, customer.customer_id).label("customer_root"),
            func.coalesce(other.merged_into, other.customer_id).label("other_root"),
            SalesOrder.number,
        )
        .join(customer, customer.customer_id == CustomerTask.customer_id)
        .outerjoin(other, other.customer_id == CustomerTask.other_id)
        .outerjoin(SalesOrder, SalesOrder.order_id == CustomerTask.order_id)
        .where(CustomerTask.outcome.is_(None))
        .order_by(CustomerTask.task_id)
        .limit(request.limit + 1)
    )
    return waiting if request.after is None else waiting.where(CustomerTask.task_id > request.after)


def _view(row: Row[Any], views: Mapping[CustomerId, CustomerView]) -> clashes.CustomerTask:
    return clashes.CustomerTask(
        task_id=row.task_id,
        kind=row.kind,
        opened_at=row.opened_at,
        customer=views[row.customer_root],
        other=views[row.other_root] if row.other_root is not None else None,
        order_number=OrderNumber(row.number) if row.number is not None else None,
        fields=convert(row.fields, tuple[FieldTold, ...]),
    )


def _task(tx: Transaction, task_id: UUID, kind: CustomerTaskKind) -> CustomerTask:
    task = tx.session.get(CustomerTask, task_id, with_for_update=True)
    if task is None or task.kind is not kind:
        raise Refusal("task_unknown", "There is nothing like that to decide.", "task_id")
    return task


def _decide(tx: Transaction, actor: Actor, task: CustomerTask, outcome: TaskOutcome) -> None:
    task.outcome, task.settled_at, task.settled_by = outcome, tx.at, _who(actor)


def _change(
    tx: Transaction, customer: CustomerId, fields: Mapping[str, FieldTold], take: frozenset[str]
) -> CustomerChange:
    """What has to be another way for the decision to hold."""
    present = locked_customer(tx, customer, frozenset())
    change: dict[str, Any] = {}
    for name, told in fields.items():
        if name == "phone":
            if name in take and told.said not in present.phones:
                change[name] = told.said
            continue
        now = word_of(getattr(present, name))
        wanted = told.said if name in take else told.present
        if now in {told.present, told.said} and now != wanted and wanted is not None:
            change[name] = wanted == "yes" if name == "text_relay" else wanted
    return CustomerChange(**change)


def _order_of(task: CustomerTask) -> OrderId:
    return OrderId(task.order_id or task.task_id)


def _who(actor: Actor) -> UUID | None:
    """A lead; nobody on the command line."""
    return actor.person.person_id if actor.person is not None else None
