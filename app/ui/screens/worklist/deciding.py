"""What a decision asks for, and the request it becomes. Pure; knows no widget and asks nobody.

A form is the same for all acts: at most one choice, fields to take, and one line of text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP

from app.ui import formatting
from app.ui.screens.worklist import words
from app.ui.screens.worklist.state import Detail, Done, Form
from app.values.errors import Refusal
from app.values.identity import AttemptId, ChangeId, Ids, LinkId, OrderId, RefundId
from app.values.order_life import CancelReason
from app.values.telephone import shown_phone
from app.values.worklist import HoldCode, WorkAct, WorkKind
from app.wire import card_operations, clash_operations, order_operations, worklist_operations
from app.wire.clashes import CustomerTask, KeepApart, MergeCustomers, SettleCustomerTask
from app.wire.operation import Operation
from app.wire.order_changes import RefundDone, SettleChange
from app.wire.order_page import OrderPage
from app.wire.payments import PayLink, SendPayLink
from app.wire.worklist import (
    GiveBackOrphan,
    HoldOrder,
    LiftHold,
    RejectOrder,
    ReleaseOrder,
    WorkItem,
)

_N = QT_TRANSLATE_NOOP
NOTE_LONGEST = 200
NONE = "\u2013"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a form shows. `choices` and `takes` are values and their words.

    `note` is what the line of text is for; empty: there is none. `note_needed`: not without it.
    `say`: what the customer is told of it.
    """

    choice: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    takes: tuple[tuple[str, str], ...] = ()
    note: str = ""
    note_needed: bool = False
    begins_with: str = ""
    say: str = ""


_NOTES: Mapping[WorkAct, tuple[object, bool]] = {
    WorkAct.RELEASE: (_N("Worklist", "Note"), False),
    WorkAct.UNHOLD: (_N("Worklist", "Note"), False),
    WorkAct.BILL: (_N("Worklist", "Why it may go on unpaid"), True),
    WorkAct.SENT_BY_HAND: (_N("Worklist", "How it was sent"), True),
    WorkAct.KEEP_APART: ("", False),
}
_WHY = _N("Worklist", "Why, in a few words")


def shape_of(act: WorkAct, item: WorkItem, detail: Detail | None) -> Shape:
    """What has to be given for an act."""
    # A lead's word is all there is to it where it is about a change, or what a warehouse said.
    is_word = item.item.kind is WorkKind.CHANGE or words.is_seen_to(act, item)
    shaping = None if is_word else _SHAPES.get(act)
    if shaping is not None:
        return shaping(detail)
    note, needed = _NOTES.get(act, (_WHY, True))
    return Shape(note=words.tr(note) if note else "", note_needed=needed)


def _holding(_detail: Detail | None) -> Shape:
    codes = tuple((code.value, words.tr(said)) for code, said in words.HOLDS.items())
    return Shape(
        choice=words.tr(_N("Worklist", "Why")),
        choices=codes,
        note=words.tr(_N("Worklist", "Note")),
    )


def _collecting(detail: Detail | None) -> Shape:
    where = words.tr(_N("Worklist", "Send it to (e-mail or telephone)"))
    return Shape(note=where, begins_with=_reach(detail))


def _rejecting(detail: Detail | None) -> Shape:
    reasons = tuple((reason.value, words.tr(said)) for reason, said in words.REASONS.items())
    preview = detail.rejecting if detail is not None else None
    return Shape(
        choice=words.tr(_N("Worklist", "Reason")),
        choices=reasons,
        note=words.tr(_WHY),
        note_needed=True,
        say=" ".join(preview.say) if preview is not None else "",
    )


def _reach(detail: Detail | None) -> str:
    """Where the customer is reached: by e-mail rather than by telephone."""
    page = detail.page if detail is not None else None
    customer = page.order.placed.document.customer if page is not None else None
    if page is None or customer is None:
        return ""
    region = page.order.placed.document.region.value.upper()
    return customer.email or shown_phone(customer.phone, region)


def _merging(detail: Detail | None) -> Shape:
    task = detail.task if detail is not None else None
    if task is None or task.other is None:
        return Shape()
    sides = words.tr(_N("Worklist", "Left: {who}")), words.tr(_N("Worklist", "Right: {who}"))
    both = tuple(
        (str(view.customer_id), side.format(who=words.reached(view)))
        for view, side in zip((task.customer, task.other), sides, strict=True)
    )
    return Shape(choice=words.tr(_N("Worklist", "Found from now on as")), choices=both)


def _settling(detail: Detail | None) -> Shape:
    task = detail.task if detail is not None else None
    takes = words.tr(_N("Worklist", "{field}: take {said}"))
    return Shape(
        takes=tuple(
            (told.field, takes.format(field=words.field_name(told.field), said=told.said or NONE))
            for told in (task.fields if task is not None else ())
        )
    )


_SHAPES: Mapping[WorkAct, Callable[[Detail | None], Shape]] = {
    WorkAct.HOLD: _holding,
    WorkAct.REJECT: _rejecting,
    WorkAct.COLLECT: _collecting,
    WorkAct.MERGE: _merging,
    WorkAct.SETTLE: _settling,
}


def why_not_yet(form: Form, shape: Shape) -> str:
    """What is still missing; empty: it can be done."""
    if form.sending:
        return words.tr(_N("Worklist", "One moment."))
    if shape.note_needed and not form.note.strip():
        return words.tr(_N("Worklist", "Please say it in a few words."))
    return ""


Asking = tuple[Operation[Any, Any], Any]


def asking(form: Form, item: WorkItem, detail: Detail | None, ids: Ids) -> Asking:
    """The operation and its request. Raises Refusal where the order is not known yet."""
    make = _CHANGE_REQUESTS if item.item.kind is WorkKind.CHANGE else _REQUESTS
    act = WorkAct.RELEASE if words.is_seen_to(form.act, item) else form.act
    return make[act](_Decision(form=form, item=item, detail=detail, ids=ids))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decision:
    form: Form
    item: WorkItem
    detail: Detail | None
    ids: Ids

    @property
    def order_id(self) -> OrderId:
        if self.item.order_id is None:
            raise Refusal("order_unknown", words.tr(_N("Worklist", "There is no order to it.")))
        return self.item.order_id

    @property
    def note(self) -> str:
        return self.form.note.strip()

    @property
    def known(self) -> Detail:
        """Nothing is decided about an order that was not seen."""
        if self.detail is None:
            raise Refusal(
                "order_not_seen", words.tr(_N("Worklist", "One moment: it is still asked for."))
            )
        return self.detail

    @property
    def page(self) -> OrderPage:
        page = self.known.page
        if page is None:
            raise Refusal(
                "order_not_seen", words.tr(_N("Worklist", "The order cannot be seen just now."))
            )
        return page

    @property
    def revision(self) -> int:
        return self.page.order.revision

    @property
    def task(self) -> CustomerTask:
        task = self.known.task
        if task is None:
            raise Refusal(
                "task_unknown", words.tr(_N("Worklist", "This was decided by somebody else."))
            )
        return task


def _release(made: _Decision) -> Asking:
    return worklist_operations.RELEASE_ORDER, ReleaseOrder(
        order_id=made.order_id,
        revision=made.revision,
        note=made.note,
        unpaid=made.form.act is WorkAct.BILL,
    )


def _reject(made: _Decision) -> Asking:
    return worklist_operations.REJECT_ORDER, RejectOrder(
        order_id=made.order_id,
        revision=made.revision,
        reason=CancelReason(made.form.choice),
        note=made.note,
    )


def _hold(made: _Decision) -> Asking:
    code = HoldCode(made.form.choice)
    return worklist_operations.HOLD_ORDER, HoldOrder(
        order_id=made.order_id, code=code, note=made.note
    )


def _lift(made: _Decision) -> Asking:
    return worklist_operations.LIFT_HOLD, LiftHold(order_id=made.order_id, note=made.note)


def _collect(made: _Decision) -> Asking:
    return card_operations.SEND_PAY_LINK, SendPayLink(
        link_id=LinkId(made.ids.new()),
        order_id=made.order_id,
        amount=made.page.account.to_pay,
        send_to=made.note,
    )


def _give_back(made: _Decision) -> Asking:
    attempt = AttemptId(made.item.item.subject)
    return worklist_operations.GIVE_BACK_ORPHAN, GiveBackOrphan(
        attempt_id=attempt, reason=made.note
    )


def _sent(made: _Decision) -> Asking:
    refund = RefundId(made.item.item.subject)
    return order_operations.REFUND_DONE, RefundDone(refund_id=refund, note=made.note)


def _settle_change(made: _Decision) -> Asking:
    return order_operations.SETTLE_CHANGE, SettleChange(
        change_id=ChangeId(made.item.item.subject),
        apply=made.form.act is WorkAct.APPLY,
        reason=made.note,
    )


def _merge(made: _Decision) -> Asking:
    views = (made.task.customer, made.task.other)
    both = {str(view.customer_id): view.customer_id for view in views if view is not None}
    survivor = both.pop(made.form.choice, None)
    if survivor is None or not both:
        raise Refusal("same_customer", words.tr(_N("Worklist", "That is one customer already.")))
    (merged,) = both.values()
    request = MergeCustomers(customer_id=merged, survivor_id=survivor)
    return clash_operations.MERGE_CUSTOMERS, request


def _apart(made: _Decision) -> Asking:
    return clash_operations.KEEP_APART, KeepApart(task_id=made.item.item.subject)


def _settle(made: _Decision) -> Asking:
    return clash_operations.SETTLE_CUSTOMER_TASK, SettleCustomerTask(
        task_id=made.item.item.subject, take=tuple(sorted(made.form.take))
    )


_REQUESTS: Mapping[WorkAct, Callable[[_Decision], Asking]] = {
    WorkAct.RELEASE: _release,
    WorkAct.BILL: _release,
    WorkAct.REJECT: _reject,
    WorkAct.HOLD: _hold,
    WorkAct.UNHOLD: _lift,
    WorkAct.COLLECT: _collect,
    WorkAct.GIVE_BACK: _give_back,
    WorkAct.SENT_BY_HAND: _sent,
    WorkAct.MERGE: _merge,
    WorkAct.KEEP_APART: _apart,
    WorkAct.SETTLE: _settle,
}
_CHANGE_REQUESTS: Mapping[WorkAct, Callable[[_Decision], Asking]] = {
    WorkAct.APPLY: _settle_change,
    WorkAct.REJECT: _settle_change,
}


def done(act: WorkAct, item: WorkItem, answer: object) -> Done:
    """What came of it, in a sentence."""
    about = words.about(item)
    if isinstance(answer, PayLink):
        sentence = _N("Worklist", "{about}: the pay link for {amount} is made. Give it on:")
        amount = formatting.money(answer.amount)
        return Done(sentence=words.tr(sentence).format(about=about, amount=amount), link=answer)
    is_change = item.item.kind is WorkKind.CHANGE and act is WorkAct.REJECT
    said = _N("Worklist", "{about}: the change is rejected.") if is_change else _DONE[act]
    return Done(sentence=words.tr(said).format(about=about))


_DONE: Mapping[WorkAct, object] = {
    WorkAct.RELEASE: _N("Worklist", "{about} is released."),
    WorkAct.BILL: _N("Worklist", "{about} is released, and you answer for the payment."),
    WorkAct.REJECT: _N("Worklist", "{about} is cancelled."),
    WorkAct.HOLD: _N("Worklist", "{about} is on hold."),
    WorkAct.UNHOLD: _N("Worklist", "{about}: the hold is lifted."),
    WorkAct.APPLY: _N("Worklist", "{about}: the change is carried out."),
    WorkAct.GIVE_BACK: _N("Worklist", "The money goes back."),
    WorkAct.SENT_BY_HAND: _N("Worklist", "{about}: the refund is noted as sent."),
    WorkAct.MERGE: _N("Worklist", "{about}: they are one customer from now on."),
    WorkAct.KEEP_APART: _N("Worklist", "{about}: they stay two customers."),
    WorkAct.SETTLE: _N("Worklist", "{about}: that is decided."),
}
