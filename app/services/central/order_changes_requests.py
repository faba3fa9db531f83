"""What is asked about changes of orders: what one would come to, and what becomes of open ones.

A preview keeps nothing. An open request is withdrawn by a CSR, who asks the caller anew, or settled
by a lead. Those whose order or payment had not come yet are looked at again by a background job.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import msgspec
from sqlalchemy import select

from app.models.central.order import OrderEvent, SalesOrder
from app.models.central.order_life import OrderChangeRow
from app.models.central.payment import CardAttemptRow, VoidCause
from app.services.central.card_attempts import NOTHING_HELD, TAKEN, begin_void
from app.services.central.order_changes import (
    Attempt,
    OrderChanges,
    is_here,
    locked_change,
)
from app.services.central.order_changes_applying import Applied
from app.services.central.order_changes_editing import Editing, unknown_order
from app.services.central.order_changes_facts import OrderNow, order_now, version_of
from app.services.central.order_changes_judging import Told
from app.services.central.order_changes_plan import Planned, plan
from app.services.central.order_decisions import decided_change
from app.services.central.order_refund_rows import give_back_for
from app.services.central.pay_links import take_back_links
from app.services.central.payment_rows import locked, payments_of
from app.services.central.stock_rows import release_orders
from app.services.central.transaction import Actor, Handlers, Transaction, Transactions
from app.services.rules.change_words import Changing, preview_words
from app.services.rules.refunds import Way, held_minor, tenders
from app.services.rules.regions import RegionRules
from app.values.card import refuse_card_digits
from app.values.errors import Refusal
from app.values.identity import ChangeId, DeviceId
from app.values.money import Money
from app.values.order_life import ChangeState, RefundState
from app.values.order_number import OrderNumber
from app.values.wording import tidy
from app.wire import order_operations
from app.wire.order_changes import (
    ChangePreview,
    ChangeSent,
    OrderChange,
    PreviewChange,
    SettleChange,
    WithdrawChange,
)
from app.wire.payments import Payments

LOOK_SECONDS = 10.0
AT_ONCE = 50
WAITED_FOR = timedelta(days=7)
"""So long a request is carried out by itself once its payment comes; then a person asks again."""
WITHDRAWN, REJECTED = "change_withdrawn", "change_rejected"
"""Kinds of events of an order."""


class ChangeRequests:
    """Answers `orders.preview_change`, `orders.withdraw` and `orders.settle_change`."""

    def __init__(self, changes: OrderChanges) -> None:
        self._changes = changes
        self._editing = Editing()

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(order_operations.PREVIEW_CHANGE, self.preview)
        handlers.add(order_operations.WITHDRAW_CHANGE, self.withdraw)
        handlers.add(order_operations.SETTLE_CHANGE, self.settle)
        self._editing.register(handlers)

    def preview(self, tx: Transaction, actor: Actor, request: PreviewChange) -> ChangePreview:
        """What a change would come to. Raises Refusal `order_unknown` or `version_unknown`."""
        row = tx.session.get(SalesOrder, request.order_id)
        if row is None:
            raise unknown_order()
        if not 1 <= request.base_revision <= row.revision:
            raise Refusal("version_unknown", "There is no such version of this order.")
        rules = self._changes.regions[row.region]
        now = order_now(tx, row, rules, record=False)
        base = now.placed
        if request.base_revision != row.revision:
            base = version_of(tx, row.order_id, request.base_revision, record=False)
        attempt = _asking(actor, request, now)
        planned = plan(now, self._changes.asked(tx, now, attempt, base), rules)
        return _preview(now, planned, rules)

    def withdraw(self, tx: Transaction, actor: Actor, request: WithdrawChange) -> ChangeSent:
        """Take an open request back. Raises Refusal `change_unknown` or `change_settled`."""
        row = _open_change(tx, request.change_id, ChangeState.WITHDRAWN)
        tx.about(row.order_id, change=str(row.change_id))
        if row.state is ChangeState.OPEN:
            _end(tx, actor, row, ChangeState.WITHDRAWN, WITHDRAWN)
        return _sent(row, "The request is taken back.")

    def settle(self, tx: Transaction, actor: Actor, request: SettleChange) -> ChangeSent:
        """A lead's word.

        Raises Refusal `change_unknown`, `change_settled`, `reason_missing`, `card_digits`, or what
        still stands in the way.
        """
        wanted = ChangeState.APPLIED if request.apply else ChangeState.REJECTED
        reason = _reason(request.reason)
        row = _open_change(tx, request.change_id, wanted)
        tx.about(row.order_id, change=str(row.change_id), state=wanted.value)
        if row.state is not ChangeState.OPEN:
            return _sent(row, "That was decided before.")
        row.note = reason
        if not request.apply:
            _end(tx, actor, row, ChangeState.REJECTED, REJECTED)
            return _sent(row, "The request is rejected.")
        self._apply(tx, actor, row)
        return _sent(row, "The change is carried out.")

    def _apply(self, tx: Transaction, actor: Actor, row: OrderChangeRow) -> None:
        person = actor.signed_in
        attempt = self._changes.attempt_of(tx, row)
        applied: Applied = replace(attempt.applied, person_id=person.person_id)
        by_lead = replace(attempt, applied=applied, permissions=person.permissions, by_lead=True)
        found = self._changes.carry_out(tx, by_lead, row)
        if found:
            raise Refusal(found[0].code, found[0].sentence)
        decided_change(tx, row.change_id, row.device_id)


class ChangeWatch:
    """Tries what waited for its order, for the version before it, or for its payment."""

    def __init__(self, transactions: Transactions, changes: OrderChanges) -> None:
        self._transactions = transactions
        self._changes = changes

    def look_after(self) -> None:
        """Whatever is worth a look by now, each in a transaction of its own."""
        for change_id in self._transactions.read(_worth_a_look):
            self._transactions.write(partial(self._look, change_id=change_id))

    def _look(self, tx: Transaction, change_id: UUID) -> None:
        row = locked_change(tx, change_id)
        if row is None or row.state is not ChangeState.OPEN:
            return
        found = self._changes.carry_out(tx, self._changes.attempt_of(tx, row), row)
        if found:
            row.reasons = list(dict.fromkeys(one.code for one in found))
            return
        decided_change(tx, change_id, row.device_id)
        tx.audit("orders.look_again", row.order_id, change=str(change_id), revision=row.revision)


def _asking(actor: Actor, request: PreviewChange, now: OrderNow) -> Attempt:
    """The change as if it came now, with nothing paid for it yet."""
    person = actor.signed_in
    change = OrderChange(
        change_id=ChangeId(UUID(int=0)),
        order_id=request.order_id,
        number=OrderNumber(now.row.number),
        base_revision=request.base_revision,
        what=request.what,
        asked_at=now.at,
        asked_by=person.person_id,
    )
    device = DeviceId(actor.seat.device_id)
    told = Told(change=change, device_id=device, payments=Payments())
    applied = Applied(change=change, device_id=device, person_id=person.person_id)
    return Attempt(told=told, change=change, applied=applied, permissions=person.permissions)


def _preview(now: OrderNow, planned: Planned, rules: RegionRules) -> ChangePreview:
    less = now.owed.minor - planned.owed.minor
    surplus = _held_without_due(now) - planned.owed.minor
    to_refund = Money(max(0, min(less, surplus)), now.currency)
    to_pay = Money(0, now.currency) if to_refund.minor else planned.settlement.to_pay
    old, new = now.placed, planned.document
    changing = Changing(
        before=old.document,
        after=new,
        old_total=old.totals.total,
        new_total=planned.totals.total,
        to_pay=to_pay,
        ways=tuple(_up_to(to_refund.minor, planned.settlement.ways)),
        tendered=now.tendered,
        fulfilment=now.row.fulfilment,
        is_kept=bool(planned.obstacles),
    )
    return ChangePreview(
        revision=now.row.revision,
        old_total=old.totals.total,
        new_total=planned.totals.total,
        held=now.held,
        to_pay=to_pay,
        to_refund=to_refund,
        old_date=old.document.delivery.promised_on,
        new_date=new.delivery.promised_on,
        differences=planned.differences,
        overtaken=planned.overtaken,
        obstacles=planned.obstacles,
        say=(*planned.words, *preview_words(changing, rules)),
    )


def _up_to(minor: int, ways: Iterable[Way]) -> Iterator[Way]:
    """What goes back for this change; what was on its way before is planned together with it."""
    left = minor
    for way in ways:
        given = min(left, way.amount.minor)
        left -= given
        if given:
            yield replace(way, amount=Money(given, way.amount.currency))


def _held_without_due(now: OrderNow) -> int:
    """What there is, refunds that can still be taken back not yet taken off."""
    going = tuple(one for one in now.tendered.refunds if one.state is not RefundState.DUE)
    kept = msgspec.structs.replace(now.tendered, refunds=going)
    return held_minor(tenders(kept, now.currency))


def _open_change(tx: Transaction, change_id: UUID, wanted: ChangeState) -> OrderChangeRow:
    """The request; one that was settled the same way before is no refusal."""
    row = locked_change(tx, change_id)
    if row is None:
        raise Refusal("change_unknown", "There is no such request here.", "change_id")
    if row.state not in {ChangeState.OPEN, wanted}:
        raise Refusal("change_settled", "This request was decided already.", "change_id")
    return row


def _end(tx: Transaction, actor: Actor, row: OrderChangeRow, state: ChangeState, kind: str) -> None:
    """It comes to nothing: what was authorised or held for it is given back."""
    row.state, row.settled_at = state, tx.at
    row.settled_by = actor.signed_in.person_id
    _give_back(tx, row.change_id)
    release_orders(tx, [row.change_id])
    decided_change(tx, row.change_id, row.device_id)
    if is_here(tx, row.order_id):
        event = OrderEvent(
            order_id=row.order_id,
            kind=kind,
            at=tx.at,
            device_id=actor.seat.device_id,
            person_id=actor.signed_in.person_id,
            command_id=actor.command_id,
            facts={"change": str(row.change_id)},
        )
        tx.session.add(event)


def _give_back(tx: Transaction, change_id: UUID) -> None:
    held = select(CardAttemptRow.attempt_id).where(
        CardAttemptRow.order_id == change_id,
        CardAttemptRow.state.not_in(NOTHING_HELD | TAKEN),
    )
    for attempt_id in tx.session.scalars(held.order_by(CardAttemptRow.attempt_id)).all():
        begin_void(tx, attempt_id, VoidCause.GIVEN_UP)
        locked(tx, attempt_id).due_at = tx.at
    take_back_links(tx, [one.link_id for one in payments_of(tx, change_id).links])
    give_back_for(tx, change_id)


def _reason(text: str) -> str:
    reason = tidy(text)
    if not reason:
        raise Refusal("reason_missing", "Please say why.", "reason")
    return refuse_card_digits(reason, "reason")


def _sent(row: OrderChangeRow, sentence: str) -> ChangeSent:
    return ChangeSent(
        change_id=ChangeId(row.change_id),
        state=row.state,
        sentence=sentence,
        reasons=tuple(row.reasons),
    )


_WORTH_A_LOOK = """
    SELECT c.change_id FROM order_change c
    WHERE c.state = 'open' AND (
        (c.reasons && '{order_unknown}' AND (SELECT true FROM sales_order o
                                             WHERE o.order_id = c.order_id))
        OR (c.reasons && '{version_unknown}' AND (
            SELECT true FROM sales_order o
            WHERE o.order_id = c.order_id AND o.revision >= c.base_revision))
        OR (c.reasons && '{payment_short}' AND c.received_at > %(since)s AND coalesce(
            (SELECT true FROM card_attempt a
             WHERE a.order_id = c.change_id AND a.changed_at > c.received_at LIMIT 1),
            (SELECT true FROM pay_link k
             WHERE k.order_id = c.change_id AND k.paid_at > c.received_at LIMIT 1))))
    ORDER BY c.captured_at, c.change_id LIMIT %(most)s
"""


def _worth_a_look(tx: Transaction) -> Sequence[UUID]:
    """Requests that waited for what is here by now."""
    values = {"most": AT_ONCE, "since": tx.at - WAITED_FOR}
    found = tx.connection.exec_driver_sql(_WORTH_A_LOOK, values)
    return list(found.scalars())
