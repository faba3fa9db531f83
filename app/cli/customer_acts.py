"""`readback admin customers`: what waits for a decision about customers, and the decisions.

The same acts as a lead's. Each can be taken back: a merge by `unmerge`, a settled field by settling
it another way.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from app.cli.acts import Outcome, add_act, add_group, when
from app.services.central.merging import Merging
from app.services.central.transaction import NOBODY, Transaction
from app.values.errors import Refusal
from app.values.identity import CustomerId
from app.values.order_number import grouped
from app.values.vocabulary import CustomerTaskKind
from app.wire.clashes import (
    CustomerTask,
    FieldTold,
    KeepApart,
    ListCustomerTasks,
    MergeCustomers,
    SettleCustomerTask,
    UnmergeCustomer,
)
from app.wire.customers import CustomerView
from app.wire.message import PAGE_ROWS_MOST

_INDENT = " " * 4


def add_customer_acts(acts: Any) -> None:  # noqa: ANN401 - argparse keeps this type to itself
    """Every act with its arguments."""
    group = add_group(acts, "customers", "customers: tasks, merge, keep-apart, unmerge, settle")
    tasks = add_act(group, "tasks", "what waits for a decision, the oldest first", _tasks)
    tasks.add_argument("--after", metavar="TASK", default="", help="go on behind this one")
    tasks.add_argument(
        "--limit", type=int, default=50, choices=range(1, PAGE_ROWS_MOST + 1), metavar="ROWS"
    )
    merge = add_act(group, "merge", "find one customer under another from now on", _merge)
    merge.add_argument("survivor", metavar="SURVIVOR", help="id of the one who stays")
    merge.add_argument("customer", metavar="CUSTOMER", help="id of the one found under them")
    unmerge = add_act(group, "unmerge", "take a merge back; orders stay where they are", _unmerge)
    unmerge.add_argument("customer", metavar="CUSTOMER", help="id of the one who was merged")
    apart = add_act(group, "keep-apart", "two are not one; they are not asked about again", _apart)
    settle = add_act(group, "settle", "decide about fields two people told differently", _settle)
    settle.add_argument(
        "--take", action="append", default=[], metavar="FIELD", help="what was said holds here"
    )
    for parser in (apart, settle):
        parser.add_argument("task", metavar="TASK")


def _tasks(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    after = _id(arguments.after) if arguments.after else None
    page = Merging().tasks(tx, NOBODY, ListCustomerTasks(after=after, limit=arguments.limit))
    lines = [line for task in page.tasks for line in _as_text(task)]
    if not lines:
        return Outcome(note="Nothing waits for a decision.")
    more = f"There are more: --after {page.tasks[-1].task_id}" if page.more else ""
    return Outcome(lines, note=more)


def _merge(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    customer, survivor = _customer(arguments.customer), _customer(arguments.survivor)
    Merging().merge(tx, NOBODY, MergeCustomers(customer_id=customer, survivor_id=survivor))
    tx.audit("admin.customers.merge", customer, survivor=str(survivor))
    return Outcome(note=f"{customer} is found under {survivor} from now on.")


def _unmerge(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    customer = _customer(arguments.customer)
    Merging().unmerge(tx, NOBODY, UnmergeCustomer(customer_id=customer))
    tx.audit("admin.customers.unmerge", customer)
    return Outcome(note=f"{customer} is a customer of their own again.")


def _apart(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    task = _id(arguments.task)
    Merging().keep_apart(tx, NOBODY, KeepApart(task_id=task))
    tx.audit("admin.customers.keep_apart", task)
    return Outcome(note="These two are kept apart.")


def _settle(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    task, take = _id(arguments.task), tuple(arguments.take)
    Merging().settle(tx, NOBODY, SettleCustomerTask(task_id=task, take=take))
    tx.audit("admin.customers.settle", task, taken=",".join(sorted(take)))
    return Outcome(note="That is decided. It can be settled again, another way.")


def _as_text(task: CustomerTask) -> Iterator[str]:
    about = {
        CustomerTaskKind.TWIN: "may be one",
        CustomerTaskKind.CHANGED: "told differently by two people",
    }
    order = f", order {grouped(task.order_number)}" if task.order_number else ""
    yield f"{task.task_id}  {about[task.kind]}, {when(task.opened_at)}{order}"
    for view in (task.customer, task.other):
        if view is not None:
            yield f"{_INDENT}{view.customer_id}  {_named(view)}"
    for told in task.fields:
        yield f"{_INDENT}{_told(told)}"


def _named(view: CustomerView) -> str:
    return ", ".join(filter(None, (view.name, *view.phones, view.email)))


def _told(told: FieldTold) -> str:
    if told.said is None:
        return f"{told.field}: both have {told.present}"
    base = f" (the call went by {told.base})" if told.base is not None else ""
    return f"{told.field}: {told.present or 'nothing'} holds, {told.said} was said{base}"


def _customer(text: str) -> CustomerId:
    return CustomerId(_id(text))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as cause:
        raise Refusal("id_malformed", f"{text} is no id.") from cause
