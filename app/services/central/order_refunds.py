"""Sends money back for orders, once what led to it can no longer be undone.

A plan makes rows (`order_refund_rows`); when one is due it is carried out at the gateway, under its
own id, so that it is never sent twice. What a bank refuses goes by hand: a person sends it and says
so. Every replica looks after them; the work is claimed row by row. Saga and background threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol
from uuid import UUID

from sqlalchemy import select

from app.models.central.order import OrderEvent, SalesOrder
from app.models.central.order_life import OrderRefund
from app.models.central.payment import CardAttemptRow
from app.services.central.card_attempts import NOTHING_HELD
from app.services.central.order_changes_editing import unknown_order
from app.services.central.order_changes_facts import order_now
from app.services.central.order_decisions import decided
from app.services.central.order_payment import bring_up_to_date
from app.services.central.order_progress import keep_entries, open_ledger, opened
from app.services.central.order_refund_rows import (
    Why,
    end,
    keep_settlement,
    locked_refund,
    refund_event,
    refund_view,
    went_back,
)
from app.services.central.payment_rows import PATIENCE, locked, wait_after
from app.services.central.transaction import (
    Actor,
    Handlers,
    Saga,
    Transaction,
    Transactions,
)
from app.services.ports import EventLog
from app.services.rules.ledger import goodwill, owed
from app.services.rules.order_acts import may
from app.services.rules.refunds import Settlement, Way, plan
from app.services.rules.regions import RegionRules
from app.values.card import mask_card_digits, refuse_card_digits
from app.values.errors import Fault, Refusal
from app.values.identity import AttemptId, MovementId
from app.values.money import Money
from app.values.order_life import OrderAct, RefundState, RefundWay
from app.values.vocabulary import Region
from app.values.wording import tidy
from app.wire import order_operations
from app.wire.order_changes import GiveGoodwill, RefundDone, RefundsMade, RefundView
from app.wire.payments import CardAttempt, RefundAttempt

REFUND_SECONDS = 5.0
AT_ONCE = 50
GOODWILL = "goodwill"
"""Kind of an event of an order."""

_AWAY = {"gateway_closed", "gateway_other", "provider_away", "attempt_open", "no_card_gateway"}
"""Refusals that say nothing of the refund: it is tried again."""

_BY_BANK = {RefundWay.VOID, RefundWay.REFUND}


class Payments(Protocol):
    """What moves money, as far as refunds need it."""

    def give_back(self, saga: Saga, attempt_id: AttemptId, reason: str) -> CardAttempt:
        """Give an authorisation back; VOIDING while the gateway is away."""
        ...

    def refund(self, saga: Saga, actor: Actor, request: RefundAttempt) -> CardAttempt:
        """Give back what was captured, once for each id."""
        ...


class OrderRefunds:
    """Answers `orders.refund_done` and `orders.goodwill`."""

    def __init__(self, regions: Mapping[Region, RegionRules]) -> None:
        self._regions = regions

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(order_operations.REFUND_DONE, self.done)
        handlers.add(order_operations.GIVE_GOODWILL, self.goodwill)

    def done(self, tx: Transaction, actor: Actor, request: RefundDone) -> RefundView:
        """A person has sent it.

        Raises Refusal `refund_unknown`, `refund_not_by_hand`, `refund_settled`, `reason_missing` or
        `card_digits`.
        """
        note = _words(request.note, "note", "Please say how it was sent.")
        if tx.session.get(OrderRefund, request.refund_id) is None:
            raise Refusal("refund_unknown", "There is no such refund here.", "refund_id")
        order, row = locked_refund(tx, request.refund_id)
        tx.about(order.order_id, refund=str(row.refund_id), amount=row.amount_minor)
        if row.way is not RefundWay.BY_HAND:
            raise Refusal("refund_not_by_hand", "This one is sent by the card gateway itself.")
        if row.state is not RefundState.DUE:
            raise Refusal("refund_settled", "This money has gone back already, or need not go.")
        end(tx, row, RefundState.DONE)
        row.refusal_sentence = f"{row.refusal_sentence} Sent by hand: {note}".strip()
        tx.session.add(refund_event(tx, row, actor))
        decided(tx, order.order_id)
        return refund_view(row, order.currency)

    def goodwill(self, tx: Transaction, actor: Actor, request: GiveGoodwill) -> RefundsMade:
        """Give something back for an inconvenience, never more than was paid and not given back.

        Given once under its id, however often it is asked for. Raises Refusal `order_unknown`,
        `needs_lead`, `order_cancelled`, `reason_missing`, `card_digits`, `amount_malformed`,
        `goodwill_malformed`, `goodwill_given`, `goodwill_too_much` or `refund_above_paid`.
        """
        reason = _words(request.reason, "reason", "Please say what it is given for.")
        person = actor.signed_in
        row = opened(tx, request.order_id)
        if row is None:
            raise unknown_order()
        tx.about(request.order_id, amount=request.amount.minor)
        if request.amount.currency is not row.currency:
            raise Refusal("amount_malformed", "That is no amount of this order.", "amount")
        before = _given_before(tx, request)
        if before is not None:
            return before
        rules = self._regions[row.region]
        now = order_now(tx, row, rules)
        obstacle = may(OrderAct.GOODWILL, now.standing(person.permissions))
        if obstacle is not None:
            raise Refusal(obstacle.code, obstacle.sentence)
        entry = goodwill(now.ledger, request.amount, row.revision)
        ways = _what_goes(now.held, owed((*now.ledger, entry), row.currency), request.amount)
        open_ledger(tx, row.order_id, now.placed.document, rules)
        keep_entries(tx, row.order_id, [entry], person_id=person.person_id)
        made = keep_settlement(
            tx,
            Settlement(to_pay=Money(0, row.currency), ways=plan(ways, now.tendered)),
            Why(
                order_id=row.order_id,
                change_id=None,
                person_id=person.person_id,
                reason=reason,
            ),
        )
        event = OrderEvent(
            order_id=row.order_id,
            kind=GOODWILL,
            at=tx.at,
            device_id=actor.seat.device_id,
            person_id=person.person_id,
            command_id=actor.command_id,
            facts={
                "amount": request.amount.minor,
                "goodwill": str(request.goodwill_id),
                "refunds": [str(one.refund_id) for one in made],
            },
        )
        tx.session.add(event)
        tx.session.flush()
        bring_up_to_date(tx, row.order_id)
        decided(tx, row.order_id)
        return RefundsMade(refunds=tuple(refund_view(one, row.currency) for one in made))


def _given_before(tx: Transaction, request: GiveGoodwill) -> RefundsMade | None:
    """What came of the same goodwill, whose answer was lost; behind the lock of its order.

    Raises Refusal `goodwill_given` where it was another amount.
    """
    found = tx.session.scalar(
        select(OrderEvent).where(
            OrderEvent.order_id == request.order_id,
            OrderEvent.kind == GOODWILL,
            OrderEvent.facts["goodwill"].as_string() == str(request.goodwill_id),
        )
    )
    if found is None:
        return None
    given = Money(found.facts["amount"], request.amount.currency)
    if given != request.amount:
        sentence = f"{given} was given already, and nothing more is given now."
        raise Refusal("goodwill_given", sentence, "amount")
    ids = [UUID(one) for one in found.facts["refunds"]]
    made = select(OrderRefund).where(OrderRefund.refund_id.in_(ids))
    rows = tx.session.scalars(made.order_by(OrderRefund.asked_at, OrderRefund.refund_id))
    return RefundsMade(refunds=tuple(refund_view(one, request.amount.currency) for one in rows))


def _what_goes(held: Money, owed_then: Money, amount: Money) -> Money:
    """Of a goodwill what was paid already goes back; the rest is simply not asked for."""
    return Money(max(0, min(amount.minor, held.minor - owed_then.minor)), amount.currency)


class RefundWatch:
    """Carries out what is due."""

    def __init__(self, transactions: Transactions, payments: Payments, log: EventLog) -> None:
        self._transactions = transactions
        self._payments = payments
        self._log = log

    def look_after(self) -> None:
        """Every refund whose time has come, unless the gateway does not answer."""
        saga = Saga(self._transactions, Actor())
        for refund_id in saga.write(_due):
            try:
                self._carry_out(saga, refund_id)
            except Fault as fault:
                self._log.write("refund_unsure", code=fault.code)
                saga.write(partial(_put_off, refund_id=refund_id))
                return

    def _carry_out(self, saga: Saga, refund_id: UUID) -> None:
        asked = saga.write(partial(_begin, refund_id=refund_id))
        if asked is None:
            return
        try:
            if asked.way is RefundWay.VOID and asked.attempt_id is not None:
                attempt = self._payments.give_back(saga, asked.attempt_id, asked.reason)
                if attempt.state not in NOTHING_HELD:
                    saga.write(partial(_put_off, refund_id=refund_id))
                    return
            elif asked.attempt_id is not None:
                self._payments.refund(saga, Actor(), _movement(asked, asked.attempt_id))
        except Refusal as refusal:
            self._log.write("refund_refused", code=refusal.code)
            keep = _put_off if refusal.code in _AWAY else partial(_refused, refusal=refusal)
            saga.write(partial(keep, refund_id=refund_id))
            return
        saga.write(partial(went_back, refund_id=refund_id))


def _movement(asked: RefundView, attempt_id: AttemptId) -> RefundAttempt:
    return RefundAttempt(
        movement_id=MovementId(asked.refund_id),
        attempt_id=attempt_id,
        amount=asked.amount,
        reason=asked.reason,
    )


def _due(tx: Transaction) -> Sequence[UUID]:
    """What is due, claimed; what waits for a person is looked at no more."""
    rows = tx.session.scalars(
        select(OrderRefund)
        .where(OrderRefund.due_at <= tx.at)
        .order_by(OrderRefund.due_at, OrderRefund.refund_id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.due_at = tx.at + max(PATIENCE, wait_after(row.tries))
        row.tries += 1
    return [row.refund_id for row in rows]


def _begin(tx: Transaction, refund_id: UUID) -> RefundView | None:
    """What the gateway is to be asked for; None where there is nothing to ask.

    The attempt is locked first and the order second, as wherever an answer of a bank is kept.
    """
    seen = tx.session.get_one(OrderRefund, refund_id)
    attempt = locked(tx, seen.attempt_id) if seen.attempt_id is not None else None
    order, row = locked_refund(tx, refund_id)
    if row.state not in {RefundState.DUE, RefundState.STARTED}:
        row.due_at = None
        return None
    if row.way is RefundWay.BY_HAND:
        row.due_at = None
        return None
    if row.way is RefundWay.VOID and attempt is not None and attempt.captured_minor:
        row.way = RefundWay.REFUND
    if row.way is RefundWay.RELEASE and attempt is not None:
        return _released(tx, row, attempt, order)
    row.state = RefundState.STARTED
    return refund_view(row, order.currency)


def _released(
    tx: Transaction, row: OrderRefund, attempt: CardAttemptRow, order: SalesOrder
) -> RefundView | None:
    """Nothing is to be done, unless it was taken meanwhile: then it is sent back."""
    others = select(OrderRefund.amount_minor).where(
        OrderRefund.attempt_id == attempt.attempt_id,
        OrderRefund.way == RefundWay.RELEASE,
        OrderRefund.state.in_({RefundState.DUE, RefundState.STARTED, RefundState.DONE}),
    )
    left = (attempt.approved_minor or 0) - sum(tx.session.scalars(others))
    if attempt.captured_minor <= left:
        end(tx, row, RefundState.DONE)
        return None
    row.way, row.state = RefundWay.REFUND, RefundState.STARTED
    return refund_view(row, order.currency)


def _refused(tx: Transaction, refund_id: UUID, refusal: Refusal) -> None:
    """It stays where it was; a person sends the same by hand, and reads why."""
    order, row = locked_refund(tx, refund_id)
    if row.state is not RefundState.STARTED:
        return
    if row.way is RefundWay.VOID and refusal.code == "attempt_captured":
        row.way, row.state, row.due_at = RefundWay.REFUND, RefundState.DUE, tx.at
        return
    words = mask_card_digits(refusal.sentence)
    end(tx, row, RefundState.REFUSED)
    row.refusal_code, row.refusal_sentence = refusal.code, words
    way = Way(
        way=RefundWay.BY_HAND,
        amount=Money(row.amount_minor, order.currency),
        attempt_id=AttemptId(row.attempt_id) if row.attempt_id else None,
    )
    why = Why(
        order_id=row.order_id,
        change_id=row.change_id,
        person_id=row.person_id,
        reason=row.reason,
    )
    settled = Settlement(to_pay=Money(0, way.amount.currency), ways=(way,))
    for made in keep_settlement(tx, settled, why):
        made.due_at, made.refusal_sentence = None, words
    tx.session.add(refund_event(tx, row, None))
    tx.audit(
        "orders.refund", row.order_id, refusal.code, refund=str(refund_id), amount=row.amount_minor
    )
    decided(tx, row.order_id)


def _put_off(tx: Transaction, refund_id: UUID) -> None:
    row = tx.session.get_one(OrderRefund, refund_id, with_for_update=True)
    if row.state is RefundState.STARTED:
        row.due_at = tx.at + wait_after(row.tries)


def _words(text: str, field: str, missing: str) -> str:
    words = tidy(text)
    if not words:
        raise Refusal("reason_missing", missing, field)
    return refuse_card_digits(words, field)
