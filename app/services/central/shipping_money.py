"""Money for what was sent, and orders that nothing more is expected of: work of the background.

Every replica makes rounds; whoever has an order due works on it until PATIENCE is over. What is to
be taken is worked out from what the gateway has told so far, never while something is under way,
and written down under its own id before the gateway is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import func, select

from app.models.central.order import SalesOrder
from app.models.central.order_life import OrderRefund
from app.models.central.payment import CardAttemptRow, CardMovement, MovementKind, MovementState
from app.models.central.warehouse import OrderAtWarehouse, OrderCapture
from app.services.central.card_movements import CardMovements
from app.services.central.order_payment import bring_up_to_date
from app.services.central.order_progress import ledger_of, opened, progress_of
from app.services.central.order_refund_rows import end
from app.services.central.payment_rows import locked, payments_of, wait_after
from app.services.central.shipments import placed_at_revision
from app.services.central.transaction import DONE, Saga, Transaction
from app.services.central.warehouse_messages import has_goods, may_go_on, note_event
from app.services.rules.captures import Approved, due_for, reach, split, to_take
from app.services.rules.payments import IS_PAID
from app.services.rules.refunds import UNDER_WAY
from app.services.rules.regions import RegionRules
from app.services.rules.warehouse_words import OrderEventKind
from app.values.errors import Fault, Refusal
from app.values.identity import AttemptId, LineId, MovementId
from app.values.money import Currency, Money
from app.values.order_life import Fulfilment, OrderState, RefundState, RefundWay
from app.values.vocabulary import AttemptState, Region
from app.values.warehouse import CaptureState
from app.wire.payments import CaptureAttempt, CardAttempt, Payments

AT_ONCE = 20
PATIENCE = timedelta(minutes=2)
_COMPLETED_AT_ONCE = 200
_ASK_AGAIN = {"gateway_closed", "provider_away", "attempt_open", "gateway_other"}
"""Refusals that say nothing of the money."""
_REPLAN = {"amount_above_approved", "movement_reused"}
"""Somebody else took of it meanwhile: it is worked out anew."""
_NOT_TAKEN = {RefundWay.VOID, RefundWay.RELEASE}
_STANDS = {AttemptState.AUTHORISED, AttemptState.CAPTURED}

Regions = Mapping[Region, RegionRules]


@dataclass(frozen=True, slots=True)
class _Taking:
    """One capture that is under way."""

    movement_id: UUID
    attempt_id: UUID
    amount: Money


class ShippingMoney:
    """Takes what is due. Without a gateway nothing is taken, and what is due waits."""

    def __init__(self, movements: CardMovements | None, regions: Regions) -> None:
        self._movements = movements
        self._regions = regions

    def round(self, saga: Saga) -> None:
        """Every order whose time has come, until the gateway does not answer."""
        if self._movements is None:
            return
        for order_id in saga.write(_claim):
            if not self._take_for(saga, order_id):
                return

    def _take_for(self, saga: Saga, order_id: UUID) -> bool:
        """False: the gateway does not answer."""
        for taking in saga.write(partial(self._planned, order_id=order_id)):
            if not self._take(saga, order_id, taking):
                return False
        return True

    def _planned(self, tx: Transaction, order_id: UUID) -> Sequence[_Taking]:
        """What is under way, else what is due now, written down; nothing more: it is done."""
        order = opened(tx, order_id)
        there = tx.session.get(OrderAtWarehouse, order_id)
        if order is None or there is None:
            return ()
        open_rows = select(OrderCapture).where(
            OrderCapture.order_id == order_id, OrderCapture.state == CaptureState.STARTED
        )
        rows = tx.session.scalars(open_rows.order_by(OrderCapture.movement_id)).all()
        if not rows:
            rows = [self._new(tx, order, *one) for one in self._due(tx, order)]
            tx.session.add_all(rows)
        if not rows:
            there.capture_due_at, there.capture_tries = None, 0
        return [
            _Taking(row.movement_id, row.attempt_id, Money(row.amount_minor, order.currency))
            for row in rows
        ]

    def _due(self, tx: Transaction, order: SalesOrder) -> tuple[tuple[AttemptId, int], ...]:
        placed = placed_at_revision(tx, order.order_id, order.revision)
        shipped = {
            LineId(line): row.shipped for line, row in progress_of(tx, order.order_id).items()
        }
        due = due_for(placed.document, placed.totals, shipped)
        if not due:
            return ()
        rules = self._regions[order.region]
        ledger = ledger_of(tx, order.order_id, placed.document, rules)
        owed = sum(one.sum.minor for one in ledger)
        held = payments_of(tx, order.order_id)
        approved = _approved(tx, held.attempts, order.currency)
        paid = sum(
            link.amount.minor
            for link in held.links
            if link.state in IS_PAID and link.amount.currency is order.currency
        )
        taken = sum(one.taken for one in approved) + paid - _given_back(tx, order, held)
        amount = to_take(due, owed, taken)
        usable = [one for one in approved if _stands(held.attempts, one.attempt_id)]
        return split(min(amount, reach(usable)), usable)

    def _new(
        self, tx: Transaction, order: SalesOrder, attempt_id: AttemptId, minor: int
    ) -> OrderCapture:
        return OrderCapture(
            movement_id=tx.ids.new(),
            order_id=order.order_id,
            attempt_id=attempt_id,
            amount_minor=minor,
            state=CaptureState.STARTED,
            refusal_code="",
            asked_at=tx.at,
            settled_at=None,
        )

    def _take(self, saga: Saga, order_id: UUID, taking: _Taking) -> bool:
        if self._movements is None:
            return False
        request = CaptureAttempt(
            movement_id=MovementId(taking.movement_id),
            attempt_id=AttemptId(taking.attempt_id),
            amount=taking.amount,
        )
        settled = partial(_settle, order_id=order_id, taking=taking)
        try:
            self._movements.capture(saga, request)
        except Refusal as refusal:
            if refusal.code in _ASK_AGAIN:
                saga.write(partial(_put_off, order_id=order_id))
                return False
            saga.write(partial(settled, refusal=refusal))
        except Fault:
            saga.write(partial(_put_off, order_id=order_id))
            return False
        else:
            saga.write(partial(settled, refusal=None))
        return True


def complete(tx: Transaction) -> int:
    """Orders that were delivered, and whose time to return goods is over; how many.

    Those without goods once they are paid for.
    """
    due = select(OrderAtWarehouse.order_id).where(OrderAtWarehouse.completes_at <= tx.at)
    found = tx.session.scalars(
        due.order_by(OrderAtWarehouse.completes_at).limit(_COMPLETED_AT_ONCE)
    )
    orders = tx.session.scalars(
        select(SalesOrder)
        .where(SalesOrder.order_id.in_(found.all()))
        .order_by(SalesOrder.order_id)
        .with_for_update(skip_locked=True)
    ).all()
    for order in orders:
        there = tx.session.get_one(OrderAtWarehouse, order.order_id)
        there.completes_at = None
        if order.fulfilment is Fulfilment.WAITING:
            _complete_without_goods(tx, order, there)
        elif order.fulfilment is Fulfilment.DELIVERED:
            order.fulfilment = Fulfilment.COMPLETED
            note_event(tx, order.order_id, OrderEventKind.COMPLETED)
    return len(orders)


def _complete_without_goods(tx: Transaction, order: SalesOrder, there: OrderAtWarehouse) -> None:
    """Once its money is there; goods that came into it meanwhile go the way of goods."""
    if order.state is OrderState.CANCELLED or has_goods(tx, order):
        return
    if there.capture_due_at is not None or not may_go_on(tx, order):
        there.completes_at = tx.at + PATIENCE
        return
    order.fulfilment = Fulfilment.COMPLETED
    note_event(tx, order.order_id, OrderEventKind.COMPLETED_AT_ONCE)


def _claim(tx: Transaction) -> list[UUID]:
    rows = tx.session.scalars(
        select(OrderAtWarehouse)
        .where(OrderAtWarehouse.capture_due_at <= tx.at)
        .order_by(OrderAtWarehouse.capture_due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.capture_due_at = tx.at + max(PATIENCE, wait_after(row.capture_tries))
        row.capture_tries += 1
    return [row.order_id for row in rows]


def _put_off(tx: Transaction, order_id: UUID) -> None:
    opened(tx, order_id)
    row = tx.session.get_one(OrderAtWarehouse, order_id)
    row.capture_due_at = tx.at + wait_after(row.capture_tries)


def _approved(
    tx: Transaction, attempts: Sequence[CardAttempt], currency: Currency
) -> list[Approved]:
    """Authorisations with what was taken, and what the gateway may be taking just now.

    What is not to be taken of them any more, because it is released or given back, is taken off.
    """
    known = [one for one in attempts if one.approved and one.approved.currency is currency]
    moving = (
        select(CardMovement.attempt_id, func.sum(CardMovement.amount_minor))
        .where(
            CardMovement.attempt_id.in_([one.attempt_id for one in known]),
            CardMovement.kind == MovementKind.CAPTURE,
            CardMovement.state == MovementState.STARTED,
        )
        .group_by(CardMovement.attempt_id)
    )
    under_way = {attempt: int(minor or 0) for attempt, minor in tx.session.execute(moving)}
    released = (
        select(OrderRefund.attempt_id, func.sum(OrderRefund.amount_minor))
        .where(
            OrderRefund.attempt_id.in_([one.attempt_id for one in known]),
            OrderRefund.way.in_(_NOT_TAKEN),
            OrderRefund.state.in_({*UNDER_WAY, RefundState.DONE}),
        )
        .group_by(OrderRefund.attempt_id)
    )
    less = {attempt: int(minor or 0) for attempt, minor in tx.session.execute(released)}
    return [
        Approved(
            attempt_id=one.attempt_id,
            approved=max(one.approved.minor - less.get(one.attempt_id, 0), 0)
            if one.approved
            else 0,
            taken=(one.captured.minor if one.captured else 0) + under_way.get(one.attempt_id, 0),
        )
        for one in known
    ]


def _stands(attempts: Sequence[CardAttempt], attempt_id: AttemptId) -> bool:
    return any(one.attempt_id == attempt_id and one.state in _STANDS for one in attempts)


def _given_back(tx: Transaction, order: SalesOrder, held: Payments) -> int:
    """What went back to the customer, through the gateway and by hand."""
    through = sum(
        one.refunded.minor
        for one in held.attempts
        if one.refunded is not None and one.refunded.currency is order.currency
    )
    ours = [one.attempt_id for one in held.attempts], [one.link_id for one in held.links]
    by_hand = select(func.coalesce(func.sum(OrderRefund.amount_minor), 0)).where(
        OrderRefund.order_id == order.order_id,
        OrderRefund.way == RefundWay.BY_HAND,
        OrderRefund.state == RefundState.DONE,
        OrderRefund.attempt_id.in_(ours[0]) | OrderRefund.link_id.in_(ours[1]),
    )
    return through + int(tx.session.execute(by_hand).scalar_one())


def _settle(tx: Transaction, order_id: UUID, taking: _Taking, refusal: Refusal | None) -> None:
    """What came of a capture; then it is worked out again whether more is due.

    The attempt is locked before the order, as by whoever moves money.
    """
    attempt = locked(tx, taking.attempt_id)
    opened(tx, order_id)
    row = tx.session.get_one(OrderCapture, taking.movement_id, with_for_update=True)
    if row.state is not CaptureState.STARTED:
        return
    there = tx.session.get_one(OrderAtWarehouse, order_id)
    there.capture_due_at = tx.at
    row.settled_at = tx.at
    amount, attempt_id = row.amount_minor, str(row.attempt_id)
    code = refusal.code if refusal is not None else DONE
    tx.audit("orders.capture", order_id, code, attempt=attempt_id, amount=amount)
    if refusal is None:
        row.state = CaptureState.DONE
        there.capture_tries = 0
        return
    row.state, row.refusal_code = CaptureState.REFUSED, refusal.code
    if refusal.code in _REPLAN:
        there.capture_due_at = tx.at + wait_after(there.capture_tries)
        return
    _hold_no_more(tx, attempt)
    note_event(
        tx,
        order_id,
        OrderEventKind.CAPTURE_REFUSED,
        attempt=str(row.attempt_id),
        code=refusal.code,
        amount=row.amount_minor,
    )
    bring_up_to_date(tx, order_id)


def _hold_no_more(tx: Transaction, attempt: CardAttemptRow) -> None:
    """The bank gives no more of it than was taken, so nothing more counts as approved.

    Nothing of it is left that could be given back either. One that somebody gives back just now is
    theirs.
    """
    if attempt.state not in _STANDS:
        return
    waiting = select(OrderRefund).where(
        OrderRefund.attempt_id == attempt.attempt_id,
        OrderRefund.way.in_(_NOT_TAKEN),
        OrderRefund.state.in_(UNDER_WAY),
    )
    for row in tx.session.scalars(waiting.order_by(OrderRefund.refund_id).with_for_update()):
        end(tx, row, RefundState.UNDONE)
    attempt.approved_minor = attempt.captured_minor
    attempt.changed_at = tx.at
    if not attempt.captured_minor:
        attempt.state, attempt.due_at = AttemptState.FAILED, None
