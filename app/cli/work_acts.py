"""`readback admin work`: what needs a person, and decisions about orders that wait.

The same acts as a lead's. Whoever decides is named by their sign-in name, because orders that need
a second person count who has looked at them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from app.cli.acts import Outcome, add_act, add_group
from app.services.central.customers import Customers
from app.services.central.order_changes import OrderChanges
from app.services.central.order_review import OrderReview, deciding_as
from app.services.central.transaction import NOBODY, Actor, Transaction
from app.services.central.worklist import Worklist
from app.services.rules.regions import load_regions
from app.settings import resource_folder
from app.values.order_life import CancelReason
from app.values.order_number import grouped, parse_order_number
from app.values.worklist import HoldCode, WorkAct, WorkKind
from app.wire.customers import GetOrder
from app.wire.message import PAGE_ROWS_MOST
from app.wire.orders import OrderView
from app.wire.worklist import (
    HoldOrder,
    LiftHold,
    ListWork,
    RejectOrder,
    ReleaseOrder,
    WorkItem,
    WorkPage,
)

_INDENT = " " * 4
_HERE = frozenset({WorkAct.RELEASE, WorkAct.BILL, WorkAct.HOLD, WorkAct.UNHOLD, WorkAct.REJECT})
"""What can be done on this command line; for the rest there are other acts, or the screen."""
_ELSEWHERE = {
    WorkAct.MERGE: "readback admin customers merge",
    WorkAct.KEEP_APART: "readback admin customers keep-apart",
    WorkAct.SETTLE: "readback admin customers settle",
    WorkAct.GIVE_BACK: "readback admin payment void",
}


def add_work_acts(acts: Any) -> None:  # noqa: ANN401 - argparse keeps this type to itself
    """Every act with its arguments."""
    group = add_group(acts, "work", "what needs a person: list, release, reject, hold, lift")
    listed = add_act(group, "list", "everything that waits, the oldest first", _list)
    listed.add_argument("--kind", type=WorkKind, choices=list(WorkKind), action="append")
    listed.add_argument(
        "--limit", type=int, default=PAGE_ROWS_MOST, choices=range(1, PAGE_ROWS_MOST + 1),
        metavar="ROWS",
    )  # fmt: skip
    release = add_act(group, "release", "it was looked at: the order goes on", _release)
    release.add_argument(
        "--unpaid", action="store_true", help="somebody answers for it though no money is held"
    )
    reject = add_act(group, "reject", "cancel it whole; what was paid goes back", _reject)
    reject.add_argument("--reason", type=CancelReason, choices=list(CancelReason), required=True)
    hold = add_act(group, "hold", "the warehouse does not get it until the hold is lifted", _hold)
    hold.add_argument("--code", type=HoldCode, choices=list(HoldCode), required=True)
    lift = add_act(group, "lift", "the order goes on as if it had not been stopped", _lift)
    for parser in (release, reject, hold, lift):
        parser.add_argument("number", metavar="NUMBER", help="the order number, blanks allowed")
        parser.add_argument(
            "--as", dest="login", metavar="LOGIN", required=True, help="who decides this"
        )
        is_needed = parser is reject
        parser.add_argument("--note", default="", required=is_needed, help="in a few words")


def _list(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    kinds = tuple(arguments.kind or ())
    request = ListWork(kinds=kinds, limit=arguments.limit)
    page = Worklist().page(tx, NOBODY, request)
    lines = [line for item in page.items for line in _as_text(item, tx.at)]
    return Outcome(lines, note=_summary(page))


def _summary(page: WorkPage) -> str:
    told = ", ".join(f"{one.kind.value} {one.waiting:,}" for one in page.counts if one.waiting)
    if not told:
        return "Nothing needs a person just now."
    more = " There are more: --limit or --kind." if page.more else ""
    return f"{told}.{more}"


def _as_text(item: WorkItem, now: datetime) -> Iterator[str]:
    about = grouped(item.number) if item.number is not None else str(item.item.subject)
    amount = str(item.amount) if item.amount is not None else ""
    parts = (item.item.kind.value, about, _age(now - item.since), item.customer, amount)
    yield "  ".join(filter(None, parts))
    for sentence in (*item.why, *filter(None, (item.note,)), *item.hints):
        yield f"{_INDENT}{sentence}"
    if item.claimed is not None:
        yield f"{_INDENT}{item.claimed.by} is at it."
    can = [act.value for act in item.acts if act in _HERE]
    can += [_ELSEWHERE[act] for act in item.acts if act in _ELSEWHERE]
    if can:
        yield f"{_INDENT}can be done here: {', '.join(can)}"


def _age(span: timedelta) -> str:
    hours = span // timedelta(hours=1)
    if hours < 1:
        return f"{span // timedelta(minutes=1)} min"
    return f"{hours} h" if hours < 48 else f"{span.days} days"


def _release(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    def act(review: OrderReview, actor: Actor, view: OrderView) -> None:
        request = ReleaseOrder(
            order_id=view.placed.document.order_id,
            revision=view.revision,
            note=arguments.note,
            unpaid=arguments.unpaid,
        )
        review.release(tx, actor, request)

    return _decided(tx, arguments, "release", act, "goes on.")


def _reject(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    def act(review: OrderReview, actor: Actor, view: OrderView) -> None:
        request = RejectOrder(
            order_id=view.placed.document.order_id,
            revision=view.revision,
            reason=arguments.reason,
            note=arguments.note,
        )
        review.reject(tx, actor, request)

    return _decided(tx, arguments, "reject", act, "is cancelled; what was paid goes back.")


def _hold(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    def act(review: OrderReview, actor: Actor, view: OrderView) -> None:
        order_id = view.placed.document.order_id
        request = HoldOrder(order_id=order_id, code=arguments.code, note=arguments.note)
        review.hold(tx, actor, request)

    return _decided(tx, arguments, "hold", act, "waits until the hold is lifted.")


def _lift(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    def act(review: OrderReview, actor: Actor, view: OrderView) -> None:
        order_id = view.placed.document.order_id
        review.lift(tx, actor, LiftHold(order_id=order_id, note=arguments.note))

    return _decided(tx, arguments, "lift", act, "goes on.")


def _decided(
    tx: Transaction,
    arguments: argparse.Namespace,
    word: str,
    act: Callable[[OrderReview, Actor, OrderView], None],
    outcome: str,
) -> Outcome:
    """Decide as a lead does; the audit row names who is said to have decided."""
    actor = deciding_as(tx, arguments.login)
    number = parse_order_number(arguments.number)
    view = Customers().order_view(tx, GetOrder(number=number))
    review = OrderReview(OrderChanges(load_regions(resource_folder() / "regions")))
    act(review, actor, view)
    order_id, person = view.placed.document.order_id, actor.signed_in.person_id
    tx.audit(f"admin.work.{word}", order_id, person=str(person))
    return Outcome(note=f"Order {grouped(view.placed.number)} {outcome}")
