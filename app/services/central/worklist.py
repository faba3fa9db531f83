"""What waits for a person, as one list, the oldest first; and who is at which item.

The list has no rows of its own: an item is what an order, a change, a refund, a payment or a task
about a customer says, as long as it says so. Each kind is found through an index that holds only
what waits. Reading; a claim is one row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.services.central.transaction import Actor, Handlers, Transaction
from app.services.rules.parked import Parked, acts
from app.services.rules.review import sentence_for
from app.services.rules.worklist_words import (
    CHANGED_WORDS,
    GOES_ANYWAY,
    card_taken,
    hints_for,
    why_waits,
)
from app.values.errors import Refusal
from app.values.identity import OrderId
from app.values.money import Currency, Money
from app.values.order_life import Fulfilment, OrderState
from app.values.order_number import OrderNumber
from app.values.vocabulary import PaymentState
from app.values.worklist import HoldCode, WorkAct, WorkKind
from app.wire import worklist_operations
from app.wire.message import Nothing
from app.wire.worklist import (
    CLAIM_MINUTES,
    Claimed,
    ClaimedWork,
    ClaimWork,
    KindCount,
    LeaveWork,
    ListWork,
    WorkItem,
    WorkItemId,
    WorkPage,
)

COUNTED_MOST = 1_000
"""More of a kind than this is told as so many."""

CLAIMED_AMONG = 10
"""So many are tried, because colleagues claim at the same moment."""

ORPHAN_AFTER = "1 hour"
_ORDER_ACTS = {WorkKind.REVIEW, WorkKind.PAYMENT, WorkKind.HOLD}
_OTHER_ACTS: Mapping[WorkKind, tuple[WorkAct, ...]] = {
    WorkKind.CHANGE: (WorkAct.APPLY, WorkAct.REJECT),
    WorkKind.REFUND: (WorkAct.SENT_BY_HAND,),
    WorkKind.ORPHAN: (WorkAct.GIVE_BACK,),
    WorkKind.TWIN: (WorkAct.MERGE, WorkAct.KEEP_APART),
    WorkKind.CUSTOMER: (WorkAct.SETTLE,),
}

_NO_HOLD = (
    "NOT EXISTS (SELECT FROM order_hold h WHERE h.order_id = o.order_id AND h.lifted_at IS NULL)"
)
_WRITTEN: Mapping[WorkKind, str] = {
    WorkKind.REVIEW: """
        SELECT 'review' AS kind, o.order_id AS subject, o.received_at AS since, o.order_id
        FROM sales_order o WHERE o.state = 'needs_review' AND {no_hold}
        UNION ALL
        SELECT 'review', o.order_id, m.written_at, o.order_id
        FROM warehouse_message m JOIN sales_order o USING (order_id, revision)
        WHERE m.state IN ('too_late', 'refused') AND m.settled_at IS NULL AND o.state = 'cancelled'
    """,
    WorkKind.PAYMENT: """
        SELECT 'payment', o.order_id, o.received_at, o.order_id FROM sales_order o
        WHERE o.payment_state = 'outstanding' AND o.state IN ('accepted', 'released')
          AND (o.fulfilment NOT IN ('waiting', 'allocated', 'picking') OR {no_hold})
          AND NOT EXISTS (SELECT FROM order_check c WHERE c.order_id = o.order_id AND c.unpaid)
    """,
    WorkKind.HOLD: """
        SELECT 'hold', h.order_id, h.held_at, h.order_id
        FROM order_hold h JOIN sales_order o USING (order_id)
        WHERE h.lifted_at IS NULL AND o.state <> 'cancelled'
    """,
    WorkKind.CHANGE: """
        SELECT 'change', c.change_id, c.received_at, c.order_id
        FROM order_change c WHERE c.state = 'open'
    """,
    WorkKind.REFUND: """
        SELECT 'refund', r.refund_id, r.asked_at, r.order_id FROM order_refund r
        WHERE r.way = 'by_hand' AND r.state IN ('due', 'started', 'refused')
          AND (r.due_at IS NULL OR r.due_at <= %(at)s)
    """,
    WorkKind.ORPHAN: """
        SELECT 'orphan', a.attempt_id, a.started_at, a.order_id FROM card_attempt a
        WHERE a.due_at IS NOT NULL AND a.state IN ('authorised', 'unknown', 'voiding')
          AND a.started_at < %(at)s - interval '{orphan_after}'
          AND NOT EXISTS (SELECT FROM sales_order o WHERE o.order_id = a.order_id)
          AND NOT EXISTS (SELECT FROM order_change c WHERE c.change_id = a.order_id)
    """,
    WorkKind.TWIN: """
        SELECT 'twin', t.task_id, t.opened_at, t.order_id
        FROM customer_task t WHERE t.outcome IS NULL AND t.kind = 'twin'
    """,
    WorkKind.CUSTOMER: """
        SELECT 'customer', t.task_id, t.opened_at, t.order_id
        FROM customer_task t WHERE t.outcome IS NULL AND t.kind = 'changed'
    """,
}
_WAITING = {
    kind: written.format(no_hold=_NO_HOLD, orphan_after=ORPHAN_AFTER)
    for kind, written in _WRITTEN.items()
}
"""What waits of each kind: kind, subject, since when, order."""

_PAGE = """
    SELECT w.kind, w.subject, w.since, w.order_id
    FROM ({waiting}) AS w (kind, subject, since, order_id)
    WHERE (%(since)s::timestamptz IS NULL
           OR (w.since, w.kind, w.subject) > (%(since)s, %(kind)s, %(subject)s))
      AND (NOT %(mine)s OR EXISTS (SELECT FROM work_claim m WHERE m.kind = w.kind
               AND m.subject = w.subject AND m.person_id = %(person)s AND m.until > %(at)s))
      AND (NOT %(free)s OR NOT EXISTS (SELECT FROM work_claim m WHERE m.kind = w.kind
               AND m.subject = w.subject AND m.person_id <> %(person)s AND m.until > %(at)s))
    ORDER BY w.since, w.kind, w.subject LIMIT %(limit)s
"""
_ORDERS = """
    SELECT o.order_id, o.number, o.state, o.fulfilment, o.payment_state, o.review_reasons,
           o.total_minor, o.currency, coalesce(c.name, '') AS customer, h.code, h.note,
           p.name AS held_by,
           EXISTS (SELECT FROM order_check k WHERE k.order_id = o.order_id AND k.unpaid) AS agreed,
           o.state = 'cancelled' AND EXISTS (
               SELECT FROM warehouse_message m
               WHERE m.order_id = o.order_id AND m.revision = o.revision
                 AND m.state IN ('too_late', 'refused') AND m.settled_at IS NULL) AS goes_anyway
    FROM sales_order o
    LEFT JOIN customer c ON c.customer_id = o.customer_id
    LEFT JOIN order_hold h ON h.order_id = o.order_id AND h.lifted_at IS NULL
    LEFT JOIN person p ON p.person_id = h.held_by
    WHERE o.order_id = ANY (%(orders)s::uuid[])
"""
_CHANGES = (
    "SELECT change_id, what, reasons FROM order_change WHERE change_id = ANY (%(ids)s::uuid[])"
)
_REFUNDS = """
    SELECT r.refund_id, r.amount_minor, o.currency, r.refusal_sentence
    FROM order_refund r JOIN sales_order o USING (order_id)
    WHERE r.refund_id = ANY (%(ids)s::uuid[])
"""
_ATTEMPTS = """
    SELECT a.attempt_id, coalesce(a.approved_minor, a.amount_minor), a.currency, a.brand,
           a.last_four, d.name AS seat, p.name AS person
    FROM card_attempt a JOIN device d USING (device_id) JOIN person p USING (person_id)
    WHERE a.attempt_id = ANY (%(ids)s::uuid[])
"""
_TASKS = """
    SELECT t.task_id, a.name, coalesce(b.name, '') FROM customer_task t
    JOIN customer a ON a.customer_id = t.customer_id
    LEFT JOIN customer b ON b.customer_id = t.other_id WHERE t.task_id = ANY (%(ids)s::uuid[])
"""
_CLAIMS = """
    SELECT c.kind, c.subject, c.person_id, c.until, p.name FROM work_claim c
    JOIN person p USING (person_id)
    JOIN unnest(%(kinds)s::text[], %(subjects)s::uuid[]) AS w (kind, subject) USING (kind, subject)
    WHERE c.until > %(at)s
"""
_CLAIM = """
    INSERT INTO work_claim AS c (kind, subject, person_id, device_id, until)
    VALUES (%(kind)s, %(subject)s, %(person)s, %(device)s, %(until)s)
    ON CONFLICT (kind, subject) DO UPDATE
    SET person_id = excluded.person_id, device_id = excluded.device_id, until = excluded.until
    WHERE c.person_id = excluded.person_id OR c.until <= %(at)s
    RETURNING c.until
"""
_LEAVE = """
    DELETE FROM work_claim
    WHERE kind = %(kind)s AND subject = %(subject)s AND person_id = %(person)s
"""


@dataclass(frozen=True, slots=True)
class _Found:
    item: WorkItemId
    since: Any
    order_id: UUID | None


class Worklist:
    """Answers `work.list`, `work.claim` and `work.leave`."""

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(worklist_operations.LIST_WORK, self.page)
        handlers.add(worklist_operations.CLAIM_WORK, self.claim)
        handlers.add(worklist_operations.LEAVE_WORK, self.leave)

    def page(self, tx: Transaction, actor: Actor, request: ListWork) -> WorkPage:
        """What waits, and how much of each kind."""
        found = _found(tx, actor, request)
        items = _items(tx, actor, found[: request.limit])
        return WorkPage(items=items, more=len(found) > request.limit, counts=_counts(tx))

    def claim(self, tx: Transaction, actor: Actor, request: ClaimWork) -> ClaimedWork:
        """Take it, or the oldest that nobody is at. Raises Refusal `claimed` or `not_waiting`."""
        wanted = request.item
        if wanted is None:
            return ClaimedWork(item=self._next(tx, actor, request))
        found = _one(tx, wanted)
        if not found:
            raise Refusal("not_waiting", "That is settled already.")
        if not _claim(tx, actor, wanted):
            (item,) = _items(tx, actor, found)
            who = item.claimed.by if item.claimed is not None else "A colleague"
            raise Refusal("claimed", f"{who} is at it just now.")
        return ClaimedWork(item=_items(tx, actor, found)[0])

    def _next(self, tx: Transaction, actor: Actor, request: ClaimWork) -> WorkItem | None:
        """The first free one behind where somebody is; behind the last it begins anew."""
        from_start = ListWork(kinds=request.kinds, limit=CLAIMED_AMONG)
        behind = ListWork(
            kinds=request.kinds,
            limit=CLAIMED_AMONG,
            after=request.after,
            after_since=request.after_since,
        )
        for where in (behind, from_start) if request.after is not None else (from_start,):
            for one in _found(tx, actor, where, free=True):
                if _claim(tx, actor, one.item):
                    return _items(tx, actor, [one])[0]
        return None

    def leave(self, tx: Transaction, actor: Actor, request: LeaveWork) -> Nothing:
        """Let it go; nothing where it is not one's own."""
        values = {
            "kind": request.item.kind,
            "subject": request.item.subject,
            "person": actor.signed_in.person_id,
        }
        tx.connection.exec_driver_sql(_LEAVE, values)
        tx.about(request.item.subject, kind=request.item.kind.value)
        return Nothing()


def _found(tx: Transaction, actor: Actor, request: ListWork, *, free: bool = False) -> list[_Found]:
    kinds = request.kinds or tuple(WorkKind)
    after = request.after
    values = {
        "since": request.after_since if after is not None else None,
        "kind": after.kind if after is not None else "",
        "subject": after.subject if after is not None else None,
        "mine": request.mine,
        "free": free,
        "person": _who(actor),
        "at": tx.at,
        "limit": request.limit + 1,
    }
    statement = _PAGE.format(waiting=" UNION ALL ".join(_WAITING[kind] for kind in kinds))
    return [_of(row) for row in tx.connection.exec_driver_sql(statement, values)]


_ONE = """
    SELECT w.kind, w.subject, w.since, w.order_id
    FROM ({waiting}) AS w (kind, subject, since, order_id) WHERE w.subject = %(subject)s
"""


def _one(tx: Transaction, item: WorkItemId) -> list[_Found]:
    """The item, if it still waits."""
    statement = _ONE.format(waiting=_WAITING[item.kind])
    values = {"subject": item.subject, "at": tx.at}
    return [_of(row) for row in tx.connection.exec_driver_sql(statement, values)]


def _of(row: Sequence[Any]) -> _Found:
    kind, subject, since, order_id = row
    return _Found(WorkItemId(kind=WorkKind(kind), subject=subject), since, order_id)


_COUNT = """
    (SELECT '{kind}', count(*) FROM (SELECT 1 FROM ({waiting}) AS a LIMIT {most}) AS b)
"""


def _counts(tx: Transaction) -> tuple[KindCount, ...]:
    parts = (
        _COUNT.format(kind=kind.value, most=COUNTED_MOST, waiting=waiting)
        for kind, waiting in _WAITING.items()
    )
    rows = tx.connection.exec_driver_sql(" UNION ALL ".join(parts), {"at": tx.at})
    return tuple(KindCount(kind=WorkKind(kind), waiting=waiting) for kind, waiting in rows)


def _claim(tx: Transaction, actor: Actor, item: WorkItemId) -> bool:
    """Whether it is one's own now."""
    until = tx.at + timedelta(minutes=CLAIM_MINUTES)
    values = {
        "kind": item.kind,
        "subject": item.subject,
        "person": actor.signed_in.person_id,
        "device": actor.seat.device_id,
        "until": until,
        "at": tx.at,
    }
    tx.about(item.subject, kind=item.kind.value)
    return tx.connection.exec_driver_sql(_CLAIM, values).first() is not None


def _items(tx: Transaction, actor: Actor, found: Sequence[_Found]) -> tuple[WorkItem, ...]:
    """What the screen shows of each; a few statements for all of them."""
    if not found:
        return ()
    told = _Told(tx, actor, found)
    return tuple(told.item(one) for one in found)


class _Told:
    """What is known about the items of a page."""

    def __init__(self, tx: Transaction, actor: Actor, found: Sequence[_Found]) -> None:
        self._person = _who(actor)
        orders = [str(one.order_id) for one in found if one.order_id is not None]
        rows = tx.connection.exec_driver_sql(_ORDERS, {"orders": orders}).mappings()
        self._orders: dict[UUID | None, Mapping[str, Any]] = {
            row["order_id"]: dict(row) for row in rows
        }
        self._changes = _by_id(tx, _CHANGES, found, {WorkKind.CHANGE})
        self._refunds = _by_id(tx, _REFUNDS, found, {WorkKind.REFUND})
        self._attempts = _by_id(tx, _ATTEMPTS, found, {WorkKind.ORPHAN})
        self._tasks = _by_id(tx, _TASKS, found, {WorkKind.TWIN, WorkKind.CUSTOMER})
        named = {
            "kinds": [one.item.kind for one in found],
            "subjects": [str(one.item.subject) for one in found],
            "at": tx.at,
        }
        claims = tx.connection.exec_driver_sql(_CLAIMS, named)
        self._claims = {(kind, subject): rest for kind, subject, *rest in claims}

    def item(self, found: _Found) -> WorkItem:
        """One row of the list."""
        item = found.item
        order = self._orders.get(found.order_id)
        can = _OTHER_ACTS.get(item.kind, ())
        hints: tuple[str, ...] = ()
        if order is not None and item.kind in _ORDER_ACTS:
            parked = _parked(order)
            can, hints = acts(parked), hints_for(parked)
        return WorkItem(
            item=item,
            order_id=OrderId(order["order_id"]) if order is not None else None,
            number=OrderNumber(order["number"]) if order is not None else None,
            customer=self._customer(item, order),
            amount=self._amount(item, order),
            why=self._why(item, order),
            note=(order["note"] or "") if order is not None else "",
            who=(order["held_by"] or "") if order is not None else "",
            since=found.since,
            claimed=self._claimed(item),
            acts=can,
            hints=hints,
        )

    def _customer(self, item: WorkItemId, order: Mapping[str, Any] | None) -> str:
        task = self._tasks.get(item.subject)
        if task is not None:
            return " / ".join(name for name in task if name)
        return order["customer"] if order is not None else ""

    def _amount(self, item: WorkItemId, order: Mapping[str, Any] | None) -> Money | None:
        amount = self._refunds.get(item.subject) or self._attempts.get(item.subject)
        if amount is not None:
            return Money(amount[0], Currency(amount[1]))
        if order is None:
            return None
        return Money(order["total_minor"], Currency(order["currency"]))

    def _why(self, item: WorkItemId, order: Mapping[str, Any] | None) -> tuple[str, ...]:
        if item.kind is WorkKind.REVIEW and order is not None:
            reasons = tuple(map(sentence_for, order["review_reasons"]))
            return (GOES_ANYWAY,) if order["goes_anyway"] else reasons
        if item.kind is WorkKind.CHANGE:
            _, reasons = self._changes[item.subject]
            return tuple(map(_of_change, reasons))
        code = HoldCode(order["code"]) if order is not None and order["code"] else None
        refund, attempt = self._refunds.get(item.subject), self._attempts.get(item.subject)
        if attempt is not None:
            return why_waits(item.kind, None, card_taken(*attempt[2:]))
        return why_waits(item.kind, code, refund[2] if refund is not None else "")

    def _claimed(self, item: WorkItemId) -> Claimed | None:
        claim = self._claims.get((item.kind.value, item.subject))
        if claim is None:
            return None
        person_id, until, name = claim
        return Claimed(by=name, mine=person_id == self._person, until=until)


def _who(actor: Actor) -> UUID | None:
    """A lead; nobody on the command line."""
    return actor.person.person_id if actor.person is not None else None


def _of_change(reason: str) -> str:
    return CHANGED_WORDS.get(reason.partition(":")[0]) or sentence_for(reason)


def _by_id(
    tx: Transaction, statement: str, found: Sequence[_Found], kinds: Collection[WorkKind]
) -> dict[UUID, Sequence[Any]]:
    ids = [str(one.item.subject) for one in found if one.item.kind in kinds]
    if not ids:
        return {}
    return {row[0]: row[1:] for row in tx.connection.exec_driver_sql(statement, {"ids": ids})}


def _parked(order: Mapping[str, Any]) -> Parked:
    return Parked(
        state=OrderState(order["state"]),
        fulfilment=Fulfilment(order["fulfilment"]),
        payment=PaymentState(order["payment_state"]),
        hold=HoldCode(order["code"]) if order["code"] else None,
        unpaid_agreed=order["agreed"],
        goes_anyway=order["goes_anyway"],
    )
