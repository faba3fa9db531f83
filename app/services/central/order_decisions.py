"""Tells the seat that sent an order what was decided about it since: by a person or by the bank.

A decision is a change of the feed for that seat alone. Its revision is the newest event of the
order, so that a later decision is never taken for an older one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import Raw

from app.services.central.transaction import Transaction
from app.services.rules.review import OF_THE_WAREHOUSE, sentence_for
from app.services.rules.warehouse_words import FOR_THE_SEAT, event_words
from app.values.identity import ChangeId, DeviceId, OrderId
from app.values.order_life import ChangeState, ChangeWhat, OrderState
from app.values.order_number import OrderNumber, grouped
from app.values.vocabulary import ChangeKind, PaymentState
from app.wire.message import encode
from app.wire.sync import Change, OrderDecision

TOLD_FOR = timedelta(days=90)
"""So far back a desk that takes everything anew is told of decisions."""

_ONCE = 1
"""A change is decided about once."""
_PAYMENT = "payment"
_CHANGED = "changed"

_DECIDED = """
    INSERT INTO change (kind, key, revision, deleted, device_id)
    SELECT 'order', o.order_id::text, max(e.seq), false, o.device_id
    FROM sales_order o JOIN order_event e ON e.order_id = o.order_id AND e.kind <> 'closed'
    WHERE o.order_id = %(order)s GROUP BY o.order_id
"""


def decided(tx: Transaction, order_id: UUID) -> None:
    """Tell the order's seat how it stands now; its event has been written."""
    tx.session.flush()
    tx.connection.exec_driver_sql(_DECIDED, {"order": order_id})


_CHANGE_DECIDED = """
    INSERT INTO change (kind, key, revision, deleted, device_id)
    VALUES ('order', %(change)s::text, %(revision)s, false, %(seat)s)
"""


def decided_change(tx: Transaction, change_id: UUID, seat: UUID) -> None:
    """Tell the seat that asked for a change what became of it."""
    tx.session.flush()
    values = {"change": change_id, "revision": _ONCE, "seat": seat}
    tx.connection.exec_driver_sql(_CHANGE_DECIDED, values)


_DECISIONS = """
    SELECT o.order_id, o.number, o.state, o.review_reasons, o.payment_state, o.received_at,
           (SELECT array_agg(t.number ORDER BY t.number) FROM order_number_alias t
            WHERE t.order_id = o.order_id AND t.number <> o.number),
           e.seq, e.at, e.kind, e.facts
    FROM sales_order o
    CROSS JOIN LATERAL (SELECT v.seq, v.at, v.kind, v.facts FROM order_event v
                        WHERE v.order_id = o.order_id AND v.kind <> 'closed'
                        ORDER BY v.seq DESC LIMIT 1) e
    WHERE o.device_id = %(seat)s
"""
_OF_THESE = " AND o.order_id = ANY (%(orders)s::uuid[])"
_PAGE = """
    AND o.received_at >= %(since)s AND o.order_id::text > %(after)s
    AND (o.state <> 'accepted'
         OR EXISTS (SELECT FROM order_event p
                    WHERE p.order_id = o.order_id AND p.kind = ANY (%(kinds)s)))
    ORDER BY o.order_id LIMIT %(limit)s
"""


def decisions(tx: Transaction, seat: DeviceId, orders: list[str]) -> list[Change]:
    """How these orders of a seat stand; those of others are left out."""
    values = {"seat": seat, "orders": orders}
    rows = tx.connection.exec_driver_sql(_DECISIONS + _OF_THESE, values)
    changes = tx.connection.exec_driver_sql(_CHANGE_DECISIONS + _OF_THESE_CHANGES, values)
    return [*map(_decision, rows), *map(_of_change, changes)]


def decisions_after(tx: Transaction, seat: DeviceId, after: str, limit: int) -> list[Change]:
    """A page of what was decided about a seat's orders in the last months, by order."""
    since, kinds = tx.at - TOLD_FOR, [_PAYMENT, _CHANGED, *FOR_THE_SEAT]
    values = {"seat": seat, "since": since, "after": after, "limit": limit, "kinds": kinds}
    rows = tx.connection.exec_driver_sql(_DECISIONS + _PAGE, values)
    changes = tx.connection.exec_driver_sql(_CHANGE_DECISIONS + _PAGE_OF_CHANGES, values)
    found = [*map(_decision, rows), *map(_of_change, changes)]
    return sorted(found, key=_key)[:limit]


_CHANGE_DECISIONS = """
    SELECT c.change_id, c.order_id, c.document->>'number', c.state, c.revision, c.note, c.settled_at
    FROM order_change c
    WHERE c.device_id = %(seat)s AND c.settled_at IS NOT NULL AND c.settled_at > c.received_at
"""
_OF_THESE_CHANGES = " AND c.change_id = ANY (%(orders)s::uuid[])"
_PAGE_OF_CHANGES = """
    AND c.received_at >= %(since)s AND c.change_id::text > %(after)s
    ORDER BY c.change_id LIMIT %(limit)s
"""
_ENDS: Mapping[str, str] = {
    ChangeState.APPLIED: "What was asked for is carried out: version {revision} holds.",
    ChangeState.REJECTED: "A lead turned it down: {note}",
    ChangeState.WITHDRAWN: "It was taken back, and is to be asked for anew.",
}


def _key(change: Change) -> str:
    return change.key


def _of_change(row: Sequence[Any]) -> Change:
    change_id, order_id, number, state, revision, note, settled_at = row
    document = OrderDecision(
        order_id=OrderId(order_id),
        number=OrderNumber(number),
        state=state,
        sentence=_ENDS.get(state, "").format(revision=revision, note=note),
        decided_at=settled_at,
        revision=_ONCE,
        change_id=ChangeId(change_id),
    )
    return Change(
        kind=ChangeKind.ORDER, key=str(change_id), revision=_ONCE, document=Raw(encode(document))
    )


def _decision(row: Sequence[Any]) -> Change:
    order_id, number, state, reasons, payment, received_at, told, revision, at, kind, facts = row
    paid = PaymentState(payment) if kind == _PAYMENT else None
    goods = event_words(kind, facts) if kind in FOR_THE_SEAT else _changed(kind, facts, state)
    said = _sentence(OrderState(state), reasons, paid, goods)
    document = OrderDecision(
        order_id=OrderId(order_id),
        number=OrderNumber(number),
        state=state,
        reasons=tuple(reasons),
        sentence=" ".join(filter(None, (said, _told_as(number, told)))),
        decided_at=max(received_at, at),
        revision=revision,
    )
    return Change(
        kind=ChangeKind.ORDER,
        key=str(order_id),
        revision=revision,
        document=Raw(encode(document)),
    )


_PAID = {
    PaymentState.AUTHORISED: "The card payment is authorised.",
    PaymentState.PAID: "The order is paid.",
    PaymentState.LINK_SENT: "A pay link is open for this order.",
    PaymentState.ON_ACCOUNT: "The order goes on account.",
    PaymentState.OUTSTANDING: "The order is not paid for.",
}
_STATES = {
    OrderState.RELEASED: "The order was released.",
    OrderState.CANCELLED: "The order was cancelled.",
}


def _sentence(
    state: OrderState, reasons: Sequence[str], paid: PaymentState | None, goods: str | None
) -> str:
    """What happened last, and why somebody has to look at it."""
    said = [_PAID[paid]] if paid is not None else []
    if goods is not None:
        said = [goods]
    elif state in _STATES:
        said = [_STATES[state]]
    if state is OrderState.NEEDS_REVIEW and not (goods and reasons[0] in OF_THE_WAREHOUSE):
        said.append(sentence_for(reasons[-1] if paid is not None else reasons[0]))
    return " ".join(said)


_CHANGES = {
    ChangeWhat.AMENDMENT: "The order was changed",
    ChangeWhat.CANCELLATION: "A part of the order was cancelled",
    ChangeWhat.UNDO: "The last change of the order was taken back",
}


def _changed(kind: str, facts: Mapping[str, Any], state: str) -> str | None:
    """What became of its contents; that all of it was cancelled is said by its state."""
    if kind != _CHANGED or state == OrderState.CANCELLED:
        return None
    done = _CHANGES[ChangeWhat(facts["what"])]
    return f"{done}: version {facts['revision']} holds."


def _told_as(number: str, told: Sequence[str] | None) -> str:
    """That the caller has another number than the order, where it is so."""
    if not told:
        return ""
    heard = " and ".join(grouped(OrderNumber(one)) for one in told)
    return f"Its number is {grouped(OrderNumber(number))}; the caller was told {heard}."
