"""Brings an order to its next version: everything that hangs on it, in one transaction.

The order is locked and the change was judged; here nothing is judged any more. What shows only now
(less in stock than was wanted) becomes a reason to look at the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import select

from app.models.central.customer import Customer, CustomerPhone
from app.models.central.order import OrderEvent
from app.models.central.order_life import OrderProgress
from app.services.central.acceptance import addresses_of
from app.services.central.customer_changes import known_customer
from app.services.central.order_changes_facts import CHANGED, OrderNow
from app.services.central.order_changes_plan import Planned, kind_of
from app.services.central.order_changes_stock import StockChange, follow
from app.services.central.order_decisions import decided
from app.services.central.order_facts import HeldCustomer
from app.services.central.order_payment import refunds_of, returning_of, standing
from app.services.central.order_progress import keep_entries, open_ledger, progress_of
from app.services.central.order_refund_rows import Why, keep_settlement
from app.services.central.orders import (
    ENTRY_COLUMNS,
    ENTRY_VALUES,
    address_values,
    line_values,
)
from app.services.central.pay_links import take_back_links
from app.services.central.payment_rows import payments_of
from app.services.central.transaction import Transaction
from app.services.central.warehouse_events import follow_change
from app.services.rules.payments import STILL_OPEN
from app.services.rules.regions import RegionRules
from app.services.rules.review import ReviewReason
from app.values.identity import CustomerId
from app.values.order_life import ChangeWhat, OrderAct, OrderState
from app.wire.message import encode
from app.wire.order_changes import Amendment, OrderChange
from app.wire.orders import OrderDocument, OrderLine, PlacedOrder
from app.wire.read_back import ReadBackEntry

_JUDGED_ANEW = {
    ReviewReason.PAYMENT_SHORT,
    ReviewReason.PAYMENT_OVER,
    ReviewReason.PAYMENT_UNPROVED,
    ReviewReason.LINK_EXPIRED,
    ReviewReason.NOT_ON_ACCOUNT,
    ReviewReason.WAREHOUSE_REFUSED,
    ReviewReason.WAREHOUSE_TOO_LATE,
}
"""Reasons that a change may mend: how the order is paid for, and what the warehouse did not take.

It is told of the new version, and says again what it cannot do.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A change that is carried out: as it was asked for, and by whom, through which seat.

    `clock_off` is added to the desk's instants; `reasons` are why to look at the order all the
    same.
    """

    change: OrderChange
    device_id: UUID
    person_id: UUID
    command_id: UUID | None = None
    clock_off: timedelta = timedelta()
    reasons: tuple[str, ...] = ()


def apply(
    tx: Transaction, now: OrderNow, planned: Planned, applied: Applied, rules: RegionRules
) -> None:
    """Make the next version; the row of the change says already that it did."""
    order_id, what = now.row.order_id, kind_of(applied.change.what)
    revision = now.row.revision + 1
    placed = _placed(now, planned, applied)
    was = now.row.state
    open_ledger(tx, order_id, now.placed.document, rules)
    keep_entries(
        tx,
        order_id,
        planned.entries,
        change_id=applied.change.change_id,
        person_id=applied.person_id,
    )
    _keep_version(tx, placed, revision, applied)
    if placed.document.lines != now.placed.document.lines:
        _keep_lines(tx, placed.document)
        _count(tx, now, placed.document, is_undo=what is ChangeWhat.UNDO)
    _keep_entries(tx, now, applied)
    reasons = [*applied.reasons, *_keep_customer(tx, now, planned, placed.document, rules)]
    keep_settlement(tx, planned.settlement, _why(applied, revision))
    _take_back_links(tx, now, planned, applied)
    # Last of all that may have to wait: from here on others wait for the same products.
    reasons += follow(tx, _stock(now, placed.document, applied))
    fresh = _keep_order(tx, now, planned, placed, reasons)
    follow_change(tx, now.row, rules)
    tx.session.add(_event(tx, now, planned, applied, {"was": was.value, "reasons": fresh}))
    decided(tx, order_id)


def _placed(now: OrderNow, planned: Planned, applied: Applied) -> PlacedOrder:
    """The order as it is to be, with the record and the payment of the change."""
    placed = replace(now.placed, document=planned.document, totals=planned.totals)
    what = applied.change.what
    if not isinstance(what, Amendment):
        return placed
    known = {one.attempt_id for one in placed.attempts}
    known_links = {one.link_id for one in placed.links}
    return replace(
        placed,
        guidance=what.guidance,
        read_back=what.read_back,
        attempts=(
            *placed.attempts,
            *(one for one in what.attempts if one.attempt_id not in known),
        ),
        links=(*placed.links, *(one for one in what.links if one.link_id not in known_links)),
    )


_KEEP_VERSION = """
    INSERT INTO order_version (order_id, revision, document, recorded_at, recorded_by, change_id,
                               cause)
    VALUES (%(order)s, %(revision)s, %(document)s::jsonb, %(at)s, %(person)s, %(change)s, %(cause)s)
"""


def _keep_version(tx: Transaction, placed: PlacedOrder, revision: int, applied: Applied) -> None:
    values = {
        "order": placed.document.order_id,
        "revision": revision,
        "document": encode(placed).decode(),
        "at": tx.at,
        "person": applied.person_id,
        "change": applied.change.change_id,
        "cause": kind_of(applied.change.what).value,
    }
    tx.connection.exec_driver_sql(_KEEP_VERSION, values)


_DROP_LINES = "DELETE FROM order_line WHERE order_id = %(order)s"
_KEEP_LINES = """
    INSERT INTO order_line
    SELECT r.* FROM jsonb_populate_recordset(NULL::order_line, %(lines)s::jsonb) AS r
"""


def _keep_lines(tx: Transaction, document: OrderDocument) -> None:
    order_id = document.order_id
    rows = [line_values(order_id, at, line) for at, line in enumerate(document.lines, start=1)]
    tx.connection.exec_driver_sql(_DROP_LINES, {"order": order_id})
    tx.connection.exec_driver_sql(_KEEP_LINES, {"lines": encode(rows).decode()})


def _count(tx: Transaction, now: OrderNow, document: OrderDocument, *, is_undo: bool) -> None:
    """Pieces ordered and cancelled by line; an undo takes back what was counted."""
    rows = progress_of(tx, now.row.order_id)
    before = {line.line_id: line for line in now.placed.document.lines}
    after = {line.line_id: line for line in document.lines}
    for line_id in before | after:
        old, new = before.get(line_id), after.get(line_id)
        line = new or old
        if line is None or old == new:
            continue
        counters = rows.get(line_id)
        if counters is None:
            counters = _counters(now.row.order_id, line)
            tx.session.add(counters)
        counters.description = line.description
        more = _quantity(new) - _quantity(old)
        if is_undo:
            _uncount(counters, more)
        elif more > 0:
            counters.ordered += more
        else:
            counters.cancelled -= more
    tx.session.flush()


def _uncount(counters: OrderProgress, more: int) -> None:
    """Pieces that come back were cancelled; pieces that go were ordered, as far as counted."""
    if more > 0:
        back = min(more, counters.cancelled)
        counters.cancelled -= back
        counters.ordered += more - back
    else:
        counters.ordered += more


def _quantity(line: OrderLine | None) -> int:
    return line.quantity if line is not None else 0


def _counters(order_id: UUID, line: OrderLine) -> OrderProgress:
    return OrderProgress(
        order_id=order_id,
        line_id=line.line_id,
        kind=line.kind,
        code=line.code,
        description=line.description,
        ordered=0,
        cancelled=0,
        shipped=0,
        delivered=0,
        returned=0,
    )


_KEEP_ENTRIES = f"""
    INSERT INTO read_back_entry ({ENTRY_COLUMNS})
    SELECT %(order)s, (SELECT coalesce(max(h.position), 0) FROM read_back_entry h
                       WHERE h.order_id = %(order)s) + e.position,
           {ENTRY_VALUES.format(clock_off="%(clock_off)s")}
    FROM jsonb_array_elements(%(entries)s::jsonb) WITH ORDINALITY AS e(entry, position)
"""  # noqa: S608 - the columns are named in `orders`


def _keep_entries(tx: Transaction, now: OrderNow, applied: Applied) -> None:
    """What the record has since the version before."""
    what = applied.change.what
    if not isinstance(what, Amendment):
        return
    new = _since(now.placed.read_back, what.read_back)
    if new:
        values = {
            "order": now.row.order_id,
            "clock_off": applied.clock_off,
            "entries": encode(new).decode(),
        }
        tx.connection.exec_driver_sql(_KEEP_ENTRIES, values)


def _since(
    before: Sequence[ReadBackEntry], record: Sequence[ReadBackEntry]
) -> Sequence[ReadBackEntry]:
    """A record only grows; where it was begun anew all of it is new."""
    return record[len(before) :] if record[: len(before)] == before else record


def _keep_customer(
    tx: Transaction,
    now: OrderNow,
    planned: Planned,
    document: OrderDocument,
    rules: RegionRules,
) -> list[str]:
    """What the customer is found by later: names, numbers and addresses that were told."""
    customer, acts = document.customer, {one.act for one in planned.acts}
    if customer is not None and customer.customer_id != now.row.customer_id:
        known = tx.session.get(Customer, customer.customer_id)
        now.row.customer_id = known.customer_id if known else now.row.customer_id
    customer_id = now.row.customer_id
    if customer_id is None:
        return []
    if acts & {OrderAct.ADDRESS, OrderAct.BILLING}:
        addresses, _ = addresses_of(document)
        rows = [address_values(tx, CustomerId(customer_id), one, tx.at) for one in addresses]
        tx.connection.exec_driver_sql(_KEEP_ADDRESSES, {"rows": encode(rows).decode()})
    if OrderAct.CONTACT not in acts or customer is None or customer.customer_id != customer_id:
        return []
    held = _held_customer(tx, customer_id)
    found = known_customer(tx, document.order_id, customer, held, rules)
    return [str(reason) for reason in found.reasons]


_KEEP_ADDRESSES = """
    INSERT INTO address
    SELECT r.* FROM jsonb_populate_recordset(NULL::address, %(rows)s::jsonb) AS r
    ON CONFLICT (customer_id, digest) DO UPDATE
    SET last_used_at = greatest(address.last_used_at, excluded.last_used_at)
"""


def _held_customer(tx: Transaction, customer_id: UUID) -> HeldCustomer:
    row = tx.session.get_one(Customer, customer_id)
    phones = select(CustomerPhone.e164).where(CustomerPhone.customer_id == customer_id)
    return HeldCustomer(
        revision=row.revision,
        name=row.name,
        email=row.email,
        text_relay=row.text_relay,
        on_account=row.on_account,
        phones=frozenset(tx.session.scalars(phones)),
    )


def _why(applied: Applied, revision: int) -> Why:
    return Why(
        order_id=applied.change.order_id,
        change_id=applied.change.change_id,
        person_id=applied.person_id,
        reason=f"The order comes to less since version {revision}.",
    )


def _take_back_links(tx: Transaction, now: OrderNow, planned: Planned, applied: Applied) -> None:
    """Links of before that ask for another sum than is to be paid now are used no more."""
    still = [one for one in now.payments.links if one.state in STILL_OPEN]
    mine = payments_of(tx, applied.change.change_id).links if still else ()
    asked = sum(one.amount.minor for one in (*still, *mine) if one.state in STILL_OPEN)
    if still and asked != planned.settlement.to_pay.minor:
        take_back_links(tx, [one.link_id for one in still])


def _stock(now: OrderNow, document: OrderDocument, applied: Applied) -> StockChange:
    return StockChange(
        order_id=now.row.order_id,
        change_id=applied.change.change_id,
        before=now.placed.document,
        after=document,
        shipped=now.shipped,
    )


def _keep_order(
    tx: Transaction, now: OrderNow, planned: Planned, placed: PlacedOrder, reasons: Iterable[str]
) -> list[str]:
    """Row and payment as they stand now; reasons that are new."""
    row, document, sums = now.row, placed.document, placed.totals
    row.revision += 1
    row.promised_on = document.delivery.promised_on
    row.line_count = len(document.lines)
    row.goods_minor, row.delivery_minor = sums.goods.minor, sums.delivery.minor
    row.tax_minor, row.tax_included = sums.tax.minor, sums.tax_included
    row.total_minor = sums.total.minor
    return _judge_anew(tx, now, planned, placed, reasons)


def _judge_anew(
    tx: Transaction, now: OrderNow, planned: Planned, placed: PlacedOrder, reasons: Iterable[str]
) -> list[str]:
    row = now.row
    tx.session.flush()
    paid = standing(
        placed,
        payments_of(tx, row.order_id),
        on_account=now.on_account,
        returning=returning_of(refunds_of(tx, row.order_id), planned.owed),
    )
    row.payment_state = paid.state
    kept = [one for one in row.review_reasons if one not in _JUDGED_ANEW]
    found = dict.fromkeys([*reasons, *map(str, paid.reasons)])
    fresh = [one for one in found if one not in row.review_reasons]
    row.review_reasons = [*kept, *(one for one in found if one not in kept)]
    row.state = _state(now, placed, fresh)
    return fresh


def _state(now: OrderNow, placed: PlacedOrder, fresh: Sequence[str]) -> OrderState:
    row = now.row
    if not placed.document.lines:
        return OrderState.CANCELLED
    if row.state is OrderState.CANCELLED:
        return now.state_then or OrderState.ACCEPTED
    if fresh:
        return OrderState.NEEDS_REVIEW
    if row.state is OrderState.NEEDS_REVIEW and not row.review_reasons:
        return OrderState.ACCEPTED
    return row.state


def _event(
    tx: Transaction,
    now: OrderNow,
    planned: Planned,
    applied: Applied,
    more: Mapping[str, Any],
) -> OrderEvent:
    return OrderEvent(
        order_id=now.row.order_id,
        kind=CHANGED,
        at=tx.at,
        device_id=applied.device_id,
        person_id=applied.person_id,
        command_id=applied.command_id,
        facts={
            **more,
            "change": str(applied.change.change_id),
            "what": kind_of(applied.change.what).value,
            "revision": now.row.revision,
            "acts": [one.act.value for one in planned.acts][:50],
            "total": planned.totals.total.minor,
            "shipped": sum(now.shipped.values()),
        },
    )
