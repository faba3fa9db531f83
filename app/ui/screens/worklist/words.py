"""What needs a person, in words: kinds, ages, acts, and what each will do before it is done. Pure.

The centre says why something waits; this says what can be made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from app.services.rules.payment_words import attempt_words, card_words, link_words
from app.ui import formatting
from app.ui.icons import Icon
from app.ui.order_words import fulfilment_look, state_look
from app.ui.screens.worklist.state import Detail
from app.ui.shortcuts import Action
from app.ui.widgets.totals import Fact
from app.values.order_life import CancelReason
from app.values.postal import format_lines
from app.values.telephone import shown_phone
from app.values.vocabulary import AttemptState
from app.values.worklist import HoldCode, WorkAct, WorkKind
from app.wire.clashes import CustomerTask
from app.wire.customers import CustomerView
from app.wire.order_page import OrderPage
from app.wire.worklist import WorkItem

CONTEXT = "Worklist"
NOTHING = "\u2013"
_N = QT_TRANSLATE_NOOP

_KINDS: Mapping[WorkKind, tuple[object, Icon]] = {
    WorkKind.REVIEW: (_N("Worklist", "To be looked at"), Icon.PERSON_NEEDED),
    WorkKind.PAYMENT: (_N("Worklist", "Not paid"), Icon.WARNING),
    WorkKind.HOLD: (_N("Worklist", "On hold"), Icon.PAUSE),
    WorkKind.CHANGE: (_N("Worklist", "Change asked for"), Icon.STALE),
    WorkKind.REFUND: (_N("Worklist", "Refund by hand"), Icon.UPLOAD),
    WorkKind.ORPHAN: (_N("Worklist", "Money without order"), Icon.ERROR),
    WorkKind.TWIN: (_N("Worklist", "Maybe one customer"), Icon.PERSON),
    WorkKind.CUSTOMER: (_N("Worklist", "Two tellings"), Icon.INFO),
}
_ACTS: Mapping[WorkAct, tuple[object, Action]] = {
    WorkAct.RELEASE: (_N("Worklist", "Release"), Action.WORK_RELEASE),
    WorkAct.BILL: (_N("Worklist", "Release unpaid"), Action.WORK_RELEASE),
    WorkAct.COLLECT: (_N("Worklist", "Pay link"), Action.WORK_COLLECT),
    WorkAct.HOLD: (_N("Worklist", "Put on hold"), Action.WORK_HOLD),
    WorkAct.UNHOLD: (_N("Worklist", "Lift the hold"), Action.WORK_LIFT),
    WorkAct.REJECT: (_N("Worklist", "Reject"), Action.WORK_REJECT),
    WorkAct.APPLY: (_N("Worklist", "Carry it out"), Action.WORK_APPLY),
    WorkAct.GIVE_BACK: (_N("Worklist", "Give it back"), Action.WORK_GIVE_BACK),
    WorkAct.SENT_BY_HAND: (_N("Worklist", "It is sent"), Action.WORK_SENT),
    WorkAct.MERGE: (_N("Worklist", "They are one"), Action.WORK_MERGE),
    WorkAct.KEEP_APART: (_N("Worklist", "They are two"), Action.WORK_APART),
    WorkAct.SETTLE: (_N("Worklist", "Decide"), Action.WORK_SETTLE),
}
# What accuses nobody stands first, because the first is what stands there before anybody chose.
HOLDS: Mapping[HoldCode, object] = {
    HoldCode.OTHER: _N("Worklist", "Something else"),
    HoldCode.FRAUD: _N("Worklist", "It may be fraud"),
    HoldCode.PAYMENT: _N("Worklist", "Because of the payment"),
    HoldCode.ADDRESS: _N("Worklist", "Because of the address"),
    HoldCode.STOCK: _N("Worklist", "Because of the stock"),
    HoldCode.CUSTOMER_ASKED: _N("Worklist", "The customer asked for it"),
}
REASONS: Mapping[CancelReason, object] = {
    CancelReason.OTHER: _N("Worklist", "Something else"),
    CancelReason.FRAUD: _N("Worklist", "Fraud"),
    CancelReason.DUPLICATE: _N("Worklist", "Ordered twice"),
    CancelReason.PAYMENT: _N("Worklist", "Cannot be paid"),
    CancelReason.OUT_OF_STOCK: _N("Worklist", "Not in stock"),
    CancelReason.TAKEN_WRONGLY: _N("Worklist", "We took it wrongly"),
    CancelReason.CHANGED_MIND: _N("Worklist", "The customer changed their mind"),
    CancelReason.ORDERED_BY_MISTAKE: _N("Worklist", "Ordered by mistake"),
    CancelReason.TOO_LATE: _N("Worklist", "Comes too late"),
}
_FIELDS: Mapping[str, object] = {
    "name": _N("Worklist", "Name"),
    "phone": _N("Worklist", "Telephone"),
    "email": _N("Worklist", "E-mail"),
    "address": _N("Worklist", "Address"),
    "text_relay": _N("Worklist", "Text relay"),
}
_HELD = frozenset({AttemptState.AUTHORISED, AttemptState.CAPTURED})


def tr(words: object) -> str:
    """Translated."""
    return QCoreApplication.translate(CONTEXT, str(words))


def kind_name(kind: WorkKind) -> str:
    """What has to be decided, in a word or two."""
    return tr(_KINDS[kind][0])


def kind_icon(kind: WorkKind) -> Icon:
    """The shape of a kind."""
    return _KINDS[kind][1]


def act_name(act: WorkAct) -> str:
    """What the button says."""
    return tr(_ACTS[act][0])


def act_key(act: WorkAct) -> Action:
    """The key of an act; releasing has one, whether it is paid or not."""
    return _ACTS[act][1]


def field_name(field: str) -> str:
    """A field of a customer."""
    return tr(_FIELDS.get(field, field))


def age(since: datetime, now: datetime) -> str:
    """How long something waits: `4 min`, `3 h`, `2 days`."""
    waited = max(timedelta(), now - since)
    if waited < timedelta(hours=1):
        return tr(_N("Worklist", "{count} min")).format(count=waited // timedelta(minutes=1))
    if waited < timedelta(days=2):
        return tr(_N("Worklist", "{count} h")).format(count=waited // timedelta(hours=1))
    return tr(_N("Worklist", "{count} days")).format(count=waited.days)


def summary(waiting: int) -> str:
    """The whole list in a sentence."""
    if not waiting:
        return tr(_N("Worklist", "Nothing needs a person just now."))
    one, many = _N("Worklist", "1 thing waits."), _N("Worklist", "{count} things wait.")
    return formatting.counted(waiting, tr(one), tr(many))


def about(item: WorkItem) -> str:
    """What an item is about: the order by its number, else its customers."""
    if item.number is not None:
        number = formatting.order_number(item.number)
        return tr(_N("Worklist", "Order {number}")).format(number=number)
    return item.customer or kind_name(item.item.kind)


def will_do(act: WorkAct, item: WorkItem, detail: Detail | None) -> str:
    """What comes of an act, before it is done."""
    if act is WorkAct.REJECT:
        return _rejecting(item, detail)
    if act is WorkAct.MERGE and detail is not None and detail.task is not None:
        return _merging(detail.task)
    if is_seen_to(act, item):
        return tr(_N("Worklist", "Notes that you have seen to it; the order stays cancelled."))
    amount = _amount(act, item, detail)
    return tr(_WILL[act]).format(amount=amount)


def is_seen_to(act: WorkAct, item: WorkItem) -> bool:
    """Whether it is settled by a word: an order is cancelled that the warehouse could not stop."""
    return act is WorkAct.SETTLE and item.item.kind is WorkKind.REVIEW


_WILL: Mapping[WorkAct, object] = {
    WorkAct.RELEASE: _N("Worklist", "It was looked at: the order goes on to the warehouse."),
    WorkAct.BILL: _N(
        "Worklist", "The order goes on though {amount} is not paid: you answer for it."
    ),
    WorkAct.COLLECT: _N(
        "Worklist",
        "Makes a pay link for {amount}; the order waits until it is paid. For a card on the "
        "telephone: Enter, then F9.",
    ),
    WorkAct.HOLD: _N("Worklist", "The warehouse does not get it until the hold is lifted."),
    WorkAct.UNHOLD: _N("Worklist", "The order goes on as if it had not been stopped."),
    WorkAct.APPLY: _N(
        "Worklist", "Carries the change out on the order as it is now, if that can be done."
    ),
    WorkAct.GIVE_BACK: _N("Worklist", "{amount} goes back to the card at once."),
    WorkAct.SENT_BY_HAND: _N("Worklist", "Notes that you have sent {amount}; it leaves the list."),
    WorkAct.MERGE: _N("Worklist", "Both are found under one of them. It can be taken back."),
    WorkAct.KEEP_APART: _N("Worklist", "Both stay as they are, and nobody is asked again."),
    WorkAct.SETTLE: _N("Worklist", "You choose what holds for each field."),
}


def _amount(act: WorkAct, item: WorkItem, detail: Detail | None) -> str:
    """What is still to pay of an order; else the amount of the item."""
    page = detail.page if detail is not None else None
    if act in {WorkAct.BILL, WorkAct.COLLECT} and page is not None:
        return formatting.money(page.account.to_pay)
    return formatting.money(item.amount) if item.amount is not None else ""


def _rejecting(item: WorkItem, detail: Detail | None) -> str:
    if item.item.kind is WorkKind.CHANGE:
        kept = _N("Worklist", "The order stays as it is, and no money is kept for the change.")
        return tr(kept)
    cancels = tr(_N("Worklist", "Cancels the whole order"))
    preview = detail.rejecting if detail is not None else None
    if preview is None:
        return tr(_N("Worklist", "Cancels the whole order, and what was paid goes back."))
    if not preview.to_refund.minor:
        return tr(_N("Worklist", "{cancels}; nothing was paid, so nothing goes back.")).format(
            cancels=cancels
        )
    words = _N("Worklist", "{cancels}; {amount} goes back to {cards}.")
    return tr(words).format(
        cancels=cancels, amount=formatting.money(preview.to_refund), cards=_cards(detail)
    )


def _cards(detail: Detail | None) -> str:
    page = detail.page if detail is not None else None
    attempts = page.order.payments.attempts if page is not None else ()
    cards = dict.fromkeys(card_words(one) for one in attempts if one.state in _HELD)
    return ", ".join(cards) or tr(_N("Worklist", "where it came from"))


def _merging(task: CustomerTask) -> str:
    names = [view.name for view in (task.customer, task.other) if view is not None]
    words = _N("Worklist", "{names}: both are found under one of them. It can be taken back.")
    return tr(words).format(names=" + ".join(names))


def facts(item: WorkItem, detail: Detail | None, now: datetime) -> tuple[Fact, ...]:
    """What is known of an item, each with its name; of an order how it stands and what is paid."""
    since = tr(_N("Worklist", "{age}, since {when}")).format(
        age=age(item.since, now), when=formatting.short_date_time(item.since)
    )
    told = [Fact(tr(_N("Worklist", "Waits")), since)]
    if item.customer and item.item.kind not in {WorkKind.TWIN, WorkKind.CUSTOMER}:
        told.append(Fact(tr(_N("Worklist", "Customer")), item.customer, strong=True))
    if item.who:
        told.append(Fact(tr(_N("Worklist", "Stopped by")), item.who))
    if detail is not None and detail.page is not None:
        told += _of_order(detail.page)
    elif item.amount is not None:
        told.append(Fact(tr(_N("Worklist", "Amount")), formatting.money(item.amount)))
    return tuple(told)


def _of_order(page: OrderPage) -> Iterator[Fact]:
    placed, account = page.order.placed, page.account
    document = placed.document
    taken = {one.person_id: one.name for one in page.order.people}.get(placed.placed_by, "")
    by = tr(_N("Worklist", "{when}, by {who}")) if taken else "{when}"
    yield Fact(
        tr(_N("Worklist", "Placed")),
        by.format(when=formatting.short_date_time(placed.placed_at), who=taken),
    )
    stands = f"{state_look(page.order.state).words}, {fulfilment_look(page.fulfilment).words}"
    yield Fact(tr(_N("Worklist", "Stands")), stands)
    if document.deliver_to is not None:
        where = ", ".join(format_lines(document.deliver_to))
        yield Fact(tr(_N("Worklist", "Goes to")), where)
    one, many = _N("Worklist", "{total} for 1 line"), _N("Worklist", "{total} for {count} lines")
    count = len(document.lines)
    comes_to = formatting.counted(
        count,
        tr(one).format(total=formatting.money(account.charged)),
        tr(many).replace("{total}", formatting.money(account.charged)),
    )
    yield Fact(tr(_N("Worklist", "Comes to")), comes_to)
    if account.to_pay.minor:
        yield Fact(tr(_N("Worklist", "Still to pay")), formatting.money(account.to_pay))
    payments, region = page.order.payments, document.region
    for attempt in payments.attempts:
        yield Fact(tr(_N("Worklist", "Payment")), attempt_words(attempt, region))
    for link in payments.links:
        yield Fact(tr(_N("Worklist", "Payment")), link_words(link, region))


def differences(detail: Detail | None) -> tuple[str, ...]:
    """What a change that waits would change: `Line 2, mug: 5 -> 3`."""
    change = detail.change if detail is not None else None
    told = change.differences if change is not None else ()
    return tuple(f"{one.what}: {one.old or NOTHING} \u2192 {one.new or NOTHING}" for one in told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A field side by side; `same`: both have it."""

    field: str
    left: str
    right: str
    same: bool


def headings(task: CustomerTask) -> tuple[str, str]:
    """What stands left and right."""
    if task.other is None:
        return tr(_N("Worklist", "Holds now")), tr(_N("Worklist", "Was said on the call"))
    return task.customer.name, task.other.name


def compared(task: CustomerTask) -> tuple[Compared, ...]:
    """Two customers, or two tellings about one, field by field."""
    if task.other is None:
        return tuple(
            Compared(
                field=field_name(one.field),
                left=one.present or NOTHING,
                right=one.said or NOTHING,
                same=one.present == one.said,
            )
            for one in task.fields
        )
    rows = zip(_told_of(task.customer), _told_of(task.other), strict=True)
    return tuple(
        Compared(
            field=tr(name),
            left="\n".join(left) or NOTHING,
            right="\n".join(right) or NOTHING,
            same=bool({*map(str.casefold, left)} & {*map(str.casefold, right)}),
        )
        for (name, left), (_, right) in rows
        if left or right
    )


def reached(view: CustomerView) -> str:
    """A customer in a line: `Ann Lee, 020 7946 0018`."""
    phones = (shown_phone(one, _home(view)) for one in view.phones[:1])
    return ", ".join((view.name, *phones))


def _home(view: CustomerView) -> str:
    return view.addresses[0].address.country if view.addresses else "GB"


def _told_of(view: CustomerView) -> tuple[tuple[object, tuple[str, ...]], ...]:
    addresses = tuple(", ".join(format_lines(one.address)) for one in view.addresses)
    account = (tr(_N("Worklist", "yes")),) if view.on_account else ()
    return (
        (_FIELDS["name"], (view.name,)),
        (_FIELDS["phone"], tuple(shown_phone(one, _home(view)) for one in view.phones)),
        (_FIELDS["email"], (view.email,) if view.email else ()),
        (_FIELDS["address"], addresses),
        (_N("Worklist", "On account"), account),
    )
