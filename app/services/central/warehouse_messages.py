"""Messages to the warehouse as rows: which orders are for it, whose turn it is, what it answered.

Part of the transaction it is given; nothing here speaks to a warehouse. A message is a version of
an order, read when it is sent. A later version takes the place of one that is not answered: each
message is the whole order, and the warehouse goes by the highest version.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, text
from sqlalchemy.orm import InstrumentedAttribute

from app.models.central.order import TO_HAND_OVER, OrderEvent, SalesOrder
from app.models.central.warehouse import WarehouseMessage
from app.models.central.worklist import OrderCheck, OrderHold
from app.services.central.order_decisions import decided
from app.services.central.shipments import at_warehouse, placed_at_revision
from app.services.central.transaction import Transaction
from app.services.rules.review import ReviewReason
from app.services.rules.warehouse_words import FOR_THE_SEAT, OrderEventKind
from app.values.card import mask_card_digits
from app.values.identity import OrderId
from app.values.order_life import Fulfilment, OrderState
from app.values.order_number import OrderNumber
from app.values.vocabulary import PaymentState, ProductKind
from app.values.warehouse import HandOverKind, HandOverState, WarehouseAnswer
from app.wire.orders import PlacedOrder
from app.wire.warehouse import GoodsLine, GoodsOrder, HandOver

AT_ONCE = 50
"""Orders that are noted, and messages that are claimed, in one transaction."""
PATIENCE = timedelta(minutes=2)
"""A warehouse has answered by then, so what is still claimed was left by its replica."""
LONGEST_SENTENCE = 500
_FIRST_WAIT = timedelta(seconds=4)
_LONGEST_WAIT = timedelta(minutes=10)
_GOES_ON = {OrderState.ACCEPTED, OrderState.RELEASED}
_NEEDS_NOBODY = (PaymentState.AUTHORISED, PaymentState.PAID, PaymentState.ON_ACCOUNT)
_RANKS = {
    HandOverState.WAITING: 0,
    HandOverState.RECEIVED: 1,
    HandOverState.ACCEPTED: 2,
    HandOverState.REFUSED: 3,
    HandOverState.TOO_LATE: 4,
}
"""What is said later of a message holds only where it stands further down, in any order heard."""
_THERE = {HandOverState.RECEIVED, HandOverState.ACCEPTED}
_EVENTS = {
    HandOverState.TOO_LATE: OrderEventKind.TOO_LATE,
    HandOverState.REFUSED: OrderEventKind.REFUSED,
}
_FOR_A_PERSON = {
    OrderEventKind.TOO_LATE: ReviewReason.WAREHOUSE_TOO_LATE,
    OrderEventKind.REFUSED: ReviewReason.WAREHOUSE_REFUSED,
    OrderEventKind.COULD_NOT_PICK: ReviewReason.COULD_NOT_PICK,
    OrderEventKind.RETURNED: ReviewReason.PARCEL_RETURNED,
}
"""What a person has to decide about; of an order that is cancelled only that it goes out anyway."""


def note_orders(tx: Transaction, since: datetime) -> list[UUID]:
    """Write a message for each order that came since then and has none of its version; which.

    In the order in which they came. Orders that somebody else works at are left for the next round,
    stopped ones until they are let go on.
    """
    rows = tx.session.scalars(
        select(SalesOrder)
        .where(text(TO_HAND_OVER), SalesOrder.received_at >= since)
        .where((SalesOrder.state == OrderState.CANCELLED) | _may_go_out())
        .order_by(SalesOrder.received_at, SalesOrder.order_id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    # Asked once more behind their locks: one may have been stopped since the statement began.
    stopped = _stopped(tx, [row.order_id for row in rows])
    ours = [row for row in rows if row.state is OrderState.CANCELLED or row.order_id not in stopped]
    for row in ours:
        _note(tx, row)
    return [row.order_id for row in ours]


def _may_go_out() -> ColumnElement[bool]:
    """What the index does not know: whether it was stopped, and who answers for an unpaid one."""
    is_paid = SalesOrder.payment_state.in_(_NEEDS_NOBODY) | (SalesOrder.total_minor == 0)
    agreed = select(OrderCheck.person_id).where(
        OrderCheck.order_id == SalesOrder.order_id, OrderCheck.unpaid
    )
    return ~_is_stopped(SalesOrder.order_id) & (is_paid | agreed.exists())


def may_go_on(tx: Transaction, order: SalesOrder) -> bool:
    """Whether nobody stopped it, and it is paid for or somebody answers for that."""
    goes = select(SalesOrder.order_id).where(SalesOrder.order_id == order.order_id, _may_go_out())
    return order.state in _GOES_ON and bool(tx.session.scalars(goes).first())


def _is_stopped(order_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Whether somebody stopped the order, in SQL."""
    standing = select(OrderHold.hold_id).where(
        OrderHold.order_id == order_id, OrderHold.lifted_at.is_(None)
    )
    return standing.exists()


def _stopped(tx: Transaction, order_ids: Sequence[UUID]) -> Collection[UUID]:
    held = select(OrderHold.order_id).where(
        OrderHold.order_id.in_(order_ids), OrderHold.lifted_at.is_(None)
    )
    return set(tx.session.scalars(held))


def is_being_told(tx: Transaction, order_id: UUID) -> bool:
    """Whether the warehouse may have heard of a locked order already.

    A message that nobody has tried to send stays unsent until the transaction is over.
    """
    _unsettled(tx, order_id)
    return _was_sent(tx, order_id)


def _note(tx: Transaction, row: SalesOrder) -> None:
    before = _unsettled(tx, row.order_id)
    was_told = row.handed_revision is not None and _was_sent(tx, row.order_id)
    row.handed_revision = row.revision
    for message in before:
        message.state, message.settled_at, message.due_at = HandOverState.SUPERSEDED, tx.at, None
    tx.session.flush()
    is_cancelled = row.state is OrderState.CANCELLED
    if is_cancelled and not was_told:
        return
    if not was_told and not has_goods(tx, row):
        there = at_warehouse(tx, row.order_id)
        there.completes_at = tx.at
        if row.payment_state is PaymentState.AUTHORISED:
            there.capture_due_at, there.capture_tries = tx.at, 0
        return
    kind = HandOverKind.CHANGED if was_told else HandOverKind.NEW
    tx.session.add(
        WarehouseMessage(
            message_id=tx.ids.new(),
            order_id=row.order_id,
            revision=row.revision,
            kind=HandOverKind.CANCELLED if is_cancelled else kind,
            state=HandOverState.WAITING,
            sentence="",
            written_at=tx.at,
            due_at=tx.at,
            tries=0,
            settled_at=None,
        )
    )
    tx.session.flush()


def _unsettled(tx: Transaction, order_id: UUID) -> Sequence[WarehouseMessage]:
    return tx.session.scalars(
        select(WarehouseMessage)
        .where(
            WarehouseMessage.order_id == order_id, WarehouseMessage.state == HandOverState.WAITING
        )
        .with_for_update()
    ).all()


def _was_sent(tx: Transaction, order_id: UUID) -> bool:
    """Whether any message about it may have arrived."""
    sent = select(WarehouseMessage.seq).where(
        WarehouseMessage.order_id == order_id, WarehouseMessage.tries > 0
    )
    return tx.session.scalars(sent.limit(1)).first() is not None


def has_goods(tx: Transaction, row: SalesOrder) -> bool:
    """Whether there is something in it to be sent; else it is complete once it is paid for."""
    document = placed_at_revision(tx, row.order_id, row.revision).document
    return any(line.kind is ProductKind.GOODS for line in document.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A message whose turn it is."""

    message_id: UUID
    position: int
    content: HandOver


def claim_due(tx: Transaction) -> list[Due]:
    """Messages whose time has come, the oldest first; nobody else's until PATIENCE is over.

    Those of an order that was stopped before anybody sent them wait until it is let go on.
    """
    rows = tx.session.scalars(
        select(WarehouseMessage)
        .where(WarehouseMessage.due_at <= tx.at)
        .where((WarehouseMessage.tries > 0) | ~_is_stopped(WarehouseMessage.order_id))
        .order_by(WarehouseMessage.seq)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.due_at, row.tries = tx.at + PATIENCE, row.tries + 1
    return [
        Due(message_id=row.message_id, position=row.seq, content=_content(tx, row)) for row in rows
    ]


def put_off(tx: Transaction, message_ids: Sequence[UUID], *, tried: bool) -> None:
    """Messages that were claimed and not answered; those that were not even tried go at once.

    Full jitter: any moment up to a bound that doubles, so that replicas and warehouses that come
    back are not all met at once. Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
    """
    rows = select(WarehouseMessage).where(
        WarehouseMessage.message_id.in_(message_ids),
        WarehouseMessage.state == HandOverState.WAITING,
    )
    for row in tx.session.scalars(rows.with_for_update()):
        if tried:
            row.due_at = tx.at + full_jitter(row.tries, tx.ids.new())
        else:
            row.due_at, row.tries = tx.at, row.tries - 1


def full_jitter(tries: int, chance: UUID) -> timedelta:
    """How long to wait after so many tries; the last 32 bits of a fresh id are as good as dice."""
    most = min(_FIRST_WAIT * (1 << min(max(tries - 1, 0), 16)), _LONGEST_WAIT)
    return most * ((chance.int & 0xFFFFFFFF) / 0x100000000)


def settle(tx: Transaction, message_id: UUID, answer: WarehouseAnswer, sentence: str) -> bool:
    """What the warehouse said to a message; False where there is none of this id.

    The order's row is locked first, as by everybody.
    """
    of = select(WarehouseMessage.order_id).where(WarehouseMessage.message_id == message_id)
    order_id = tx.session.scalars(of).first()
    if order_id is None:
        return False
    order = tx.session.get_one(SalesOrder, order_id, with_for_update=True)
    row = tx.session.get_one(WarehouseMessage, message_id, with_for_update=True)
    state = HandOverState(answer.value)
    if row.state is HandOverState.SUPERSEDED:
        # It was there all the same, before the version that took its place.
        _is_there(tx, order, row, state)
        return True
    if _RANKS[state] <= _RANKS[row.state]:
        return True
    was, row.state = row.state, state
    row.sentence = mask_card_digits(sentence)[:LONGEST_SENTENCE]
    goes_anyway = order.state is OrderState.CANCELLED and state in _EVENTS
    row.due_at, row.settled_at = None, None if goes_anyway else tx.at
    if was not in _THERE:
        _is_there(tx, order, row, state)
    if state in _EVENTS:
        note_event(tx, order.order_id, _EVENTS[state], message=row.kind, revision=row.revision)
    return True


def _is_there(
    tx: Transaction, order: SalesOrder, row: WarehouseMessage, state: HandOverState
) -> None:
    if state not in _THERE:
        return
    there = at_warehouse(tx, order.order_id)
    if there.told_at is None:
        there.told_at = tx.at
        note_event(tx, order.order_id, OrderEventKind.HANDED_OVER, revision=row.revision)
    elif row.kind is not HandOverKind.NEW:
        kind = OrderEventKind.CHANGE_TAKEN
        note_event(tx, order.order_id, kind, message=row.kind, revision=row.revision)
    if order.fulfilment is Fulfilment.WAITING:
        order.fulfilment = Fulfilment.ALLOCATED


def note_event(
    tx: Transaction, order_id: UUID, kind: OrderEventKind, **facts: str | int | None
) -> None:
    """What happened to the order, which is locked; its seat is told where that is for it."""
    if kind in _FOR_A_PERSON:
        _put_by(tx, order_id, _FOR_A_PERSON[kind])
    actor = tx.actor
    event = OrderEvent(
        order_id=order_id,
        kind=kind.value,
        at=tx.at,
        device_id=actor.device.device_id if actor.device else None,
        person_id=actor.person.person_id if actor.person else None,
        command_id=actor.command_id,
        facts=dict(facts),
    )
    tx.session.add(event)
    if kind in FOR_THE_SEAT:
        decided(tx, order_id)


def _put_by(tx: Transaction, order_id: UUID, reason: ReviewReason) -> None:
    """A person has to look at it, also where one did before."""
    order = tx.session.get_one(SalesOrder, order_id)
    if order.state is not OrderState.CANCELLED:
        others = (one for one in order.review_reasons if one != reason)
        order.review_reasons = [reason.value, *others]
        order.state = OrderState.NEEDS_REVIEW


def goes_anyway(tx: Transaction, order: SalesOrder) -> bool:
    """Whether it is cancelled, the warehouse could not stop it, and nobody has seen to that."""
    return order.state is OrderState.CANCELLED and bool(tx.session.scalars(_open_no(order)).first())


def seen_to(tx: Transaction, order: SalesOrder) -> None:
    """A person has seen to what the warehouse could not do.

    What it refused of an order that goes on it is told once more: it may take it by now.
    """
    if order.state is OrderState.CANCELLED:
        for row in tx.session.scalars(_open_no(order).with_for_update()):
            row.settled_at = tx.at
        return
    refused = select(WarehouseMessage).where(
        WarehouseMessage.order_id == order.order_id,
        WarehouseMessage.revision == order.revision,
        WarehouseMessage.state == HandOverState.REFUSED,
    )
    for row in tx.session.scalars(refused.with_for_update()):
        row.state, row.due_at, row.settled_at = HandOverState.WAITING, tx.at, None


def _open_no(order: SalesOrder) -> Select[WarehouseMessage]:
    return select(WarehouseMessage).where(
        WarehouseMessage.order_id == order.order_id,
        WarehouseMessage.revision == order.revision,
        WarehouseMessage.state.in_(_EVENTS),
        WarehouseMessage.settled_at.is_(None),
    )


def _content(tx: Transaction, row: WarehouseMessage) -> HandOver:
    placed = placed_at_revision(tx, row.order_id, row.revision)
    order = tx.session.get_one(SalesOrder, row.order_id)
    return HandOver(
        id=str(row.message_id),
        type=row.kind,
        timestamp=row.written_at,
        order=goods_order(placed, OrderNumber(order.number), row.revision, row.kind),
    )


def goods_order(
    placed: PlacedOrder, number: OrderNumber, revision: int, kind: HandOverKind
) -> GoodsOrder:
    """A version of an order as the warehouse is told of it."""
    document = placed.document
    delivery, customer = document.delivery, document.customer
    is_cancelled = kind is HandOverKind.CANCELLED
    lines = tuple(
        GoodsLine(
            line_id=line.line_id,
            position=position,
            code=line.code,
            description=line.description,
            quantity=line.quantity,
            back_ordered=line.back_ordered,
            back_order_on=line.back_order_on,
        )
        for position, line in enumerate(document.lines, start=1)
        if line.kind is ProductKind.GOODS
    )
    return GoodsOrder(
        order_id=OrderId(document.order_id),
        number=number,
        version=revision,
        region=document.region,
        priority=document.priority,
        placed_at=placed.placed_at,
        promised_on=delivery.promised_on,
        deliver_to=document.deliver_to,
        phone=customer.phone if customer is not None else "",
        method=delivery.method,
        method_label=delivery.label,
        instructions=delivery.instructions,
        gift_message=delivery.gift_message,
        lines=() if is_cancelled else lines,
    )
