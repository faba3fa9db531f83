"""The one statement that keeps orders and all that goes with them.

The hot path of the service: one read (`order_facts`), one write and one commit, for an order or
some that came together, through the driver connection. Nothing is judged here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.services.central.allocation import NOTHING, Allocations
from app.services.central.customer_twins import link
from app.services.central.customers import address_digest
from app.services.central.order_facts import PLACED
from app.services.central.transaction import CommandKey, Transaction
from app.services.rules.review import sentence_for
from app.values.contact import PostalAddress, contact_keys, folded_postcode, name_tokens
from app.values.identity import CustomerId, DeviceId, OrderId, OverrideId
from app.values.order_life import ContactOutcome, ContactReason, Fulfilment, OrderState
from app.values.order_number import OrderNumber
from app.values.vocabulary import PaymentState
from app.wire.message import encode
from app.wire.orders import OrderCustomer, OrderLine, PlacedOrder, Totals
from app.wire.sync import Command, CommandOutcome, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order as it is to be kept. `new_customer`: make the one that it names.

    `clock_off` is added to the instants of the record; `overrides` are a lead's, given here.
    """

    key: CommandKey
    command: Command
    device_id: DeviceId
    placed: PlacedOrder
    totals: Totals
    placed_at: datetime
    started_at: datetime
    clock_off: timedelta
    reasons: tuple[str, ...]
    overrides: tuple[OverrideId, ...]
    customer_id: CustomerId | None
    new_customer: bool
    phone: str | None
    addresses: tuple[PostalAddress, ...]
    aliases: tuple[OrderNumber, ...]
    event_facts: dict[str, Any]
    payment_state: PaymentState
    allocations: Allocations = NOTHING

    @property
    def outcome(self) -> CommandOutcome:
        """The answer to its command."""
        reasons = self.reasons
        return CommandOutcome(
            command_id=self.command.command_id,
            outcome=Outcome.NEEDS_REVIEW if reasons else Outcome.ACCEPTED,
            number=self.placed.number,
            reasons=reasons,
            sentence=sentence_for(reasons[0]) if reasons else "",
        )


_MICROSECOND = timedelta(microseconds=1)

ENTRY_COLUMNS = """
    order_id, position, kind, checkpoint, how, cause, part, at, person_id, took_ms, document
"""
ENTRY_VALUES = """
    e.entry->>'type', e.entry->>'checkpoint', e.entry->>'how', e.entry->>'cause', e.entry->>'part',
    (e.entry->>'at')::timestamptz + {clock_off}, (e.entry->>'by')::uuid,
    (e.entry->>'took_ms')::bigint, e.entry
"""
"""Columns of `read_back_entry` and what they are of a JSON `e.entry`, the first two left out."""

_KEEP = f"""
    WITH given AS (
        SELECT %(rows)s::jsonb AS rows
    ), taken AS (
        INSERT INTO applied_command (asker, command_id, operation, sha256, answer, applied_at,
                                     incarnation, sequence)
        SELECT r.asker, r.command_id, r.operation, r.sha256, r.answer, r.applied_at,
               r.incarnation, r.sequence
        FROM given, jsonb_populate_recordset(NULL::applied_command, rows->'taken') AS r
        ON CONFLICT DO NOTHING RETURNING command_id
    ), given_all AS (
        SELECT rows FROM given WHERE (SELECT count(*) FROM taken) = %(orders)s
    ), made AS (
        INSERT INTO customer
        SELECT r.* FROM given_all, jsonb_populate_recordset(NULL::customer, rows->'made') AS r
        ON CONFLICT (customer_id) DO NOTHING RETURNING customer_id
    ), named AS (
        INSERT INTO customer_name_token
        SELECT r.* FROM given_all,
               jsonb_populate_recordset(NULL::customer_name_token, rows->'named') AS r
        JOIN made USING (customer_id)
    ), rung AS (
        INSERT INTO customer_phone
        SELECT r.* FROM given_all,
               jsonb_populate_recordset(NULL::customer_phone, rows->'rung') AS r
        JOIN made USING (customer_id)
    ), claimed AS (
        INSERT INTO customer_key
        SELECT k.* FROM given_all,
               jsonb_populate_recordset(NULL::customer_key, rows->'claimed') AS k
        JOIN made USING (customer_id) ORDER BY k.key
        ON CONFLICT (key) DO NOTHING RETURNING key
    ), housed AS (
        INSERT INTO address
        SELECT r.* FROM given_all, jsonb_populate_recordset(NULL::address, rows->'housed') AS r
        ON CONFLICT (customer_id, digest) DO UPDATE
        SET last_used_at = greatest(address.last_used_at, excluded.last_used_at)
    ), placed AS (
        INSERT INTO sales_order
        SELECT r.* FROM given_all, jsonb_populate_recordset(NULL::sales_order, rows->'placed') AS r
    ), lined AS (
        INSERT INTO order_line
        SELECT r.* FROM given_all, jsonb_populate_recordset(NULL::order_line, rows->'lined') AS r
    ), versioned AS (
        INSERT INTO order_version
        SELECT r.* FROM given_all,
               jsonb_populate_recordset(NULL::order_version, rows->'versioned') AS r
    ), read_back AS (
        INSERT INTO read_back_entry ({ENTRY_COLUMNS})
        SELECT (v->>'order_id')::uuid, e.position,
               {ENTRY_VALUES.format(clock_off="(v->>'clock_off')::interval")}
        FROM given_all, jsonb_array_elements(rows->'versioned') AS v,
             jsonb_array_elements(v->'document'->'read_back') WITH ORDINALITY AS e(entry, position)
    ), told AS (
        INSERT INTO order_number_alias
        SELECT r.* FROM given_all,
               jsonb_populate_recordset(NULL::order_number_alias, rows->'told') AS r
    ), spoke AS (
        INSERT INTO contact
        SELECT r.* FROM given_all, jsonb_populate_recordset(NULL::contact, rows->'spoke') AS r
        ON CONFLICT (contact_id) DO NOTHING
    ), happened AS (
        INSERT INTO order_event (order_id, kind, at, device_id, person_id, command_id, facts)
        SELECT r.order_id, r.kind, r.at, r.device_id, r.person_id, r.command_id, r.facts
        FROM given_all, jsonb_populate_recordset(NULL::order_event, rows->'happened') AS r
    ), audited AS (
        INSERT INTO audit (at, operation, outcome, person_id, device_id, command_id, subject, facts)
        SELECT r.at, r.operation, r.outcome, r.person_id, r.device_id, r.command_id, r.subject,
               r.facts
        FROM given_all, jsonb_populate_recordset(NULL::audit, rows->'audited') AS r
    ), allotted AS (
        INSERT INTO order_allocation (order_id, code, allocated, back_ordered)
        SELECT r.order_id, r.code, r.allocated, r.back_ordered
        FROM given_all, jsonb_populate_recordset(NULL::order_allocation, rows->'allotted') AS r
    ), reserved AS (
        UPDATE stock_level s SET reserved = s.reserved + m.more
        FROM given_all, jsonb_to_recordset(rows->'reserved') AS m (code text, more bigint)
        WHERE s.code = m.code
    )
    SELECT (SELECT count(*) FROM taken), (SELECT array_agg(customer_id) FROM made),
           (SELECT array_agg(key) FROM claimed)
"""  # noqa: S608 - the columns are named above
_KEEP = " ".join(_KEEP.split())
"""The driver remembers how it read statements of up to 4,096 characters."""


def keep(tx: Transaction, records: Sequence[OrderRecord]) -> bool:
    """Write orders and all that goes with them; False when a twin of a command came first.

    What was written then, and what was taken of stock, is to be rolled back.
    """
    rows = _together(_rows(tx, record) for record in records)
    rows["reserved"] = _reserved(records)
    values = {"rows": encode(rows).decode(), "orders": len(records)}
    taken, made, claimed = tx.connection.exec_driver_sql(_KEEP, values).one()
    if taken < len(records):
        return False
    new, owned = set(made or ()), set(claimed or ())
    for record in records:
        keys, customer = _keys(record), record.customer_id
        if customer is not None and customer in new and not owned.issuperset(keys):
            link(tx, customer, keys, record.placed.document.order_id)
    return True


def _together(orders: Iterable[Mapping[str, Iterable[object]]]) -> dict[str, list[object]]:
    rows: defaultdict[str, list[object]] = defaultdict(list)
    for order in orders:
        for step, more in order.items():
            rows[step] += more
    return rows


def _reserved(records: Sequence[OrderRecord]) -> list[object]:
    """What levels of stock gain; each once, however many of the orders have the product."""
    more: Counter[str] = Counter()
    for record in records:
        more.update(record.allocations.reserved_more)
    return [{"code": code, "more": pieces} for code, pieces in more.items() if pieces]


def _keys(record: OrderRecord) -> tuple[str, ...]:
    """What a new customer is told by."""
    customer = record.placed.document.customer
    if customer is None or not record.new_customer:
        return ()
    return contact_keys(record.phone, customer.email)


def _rows(tx: Transaction, record: OrderRecord) -> dict[str, Iterable[object]]:
    """Rows by the step of the statement that writes them; columns by the names of their tables."""
    key, document = record.key, record.placed.document
    by_whom = {"device_id": record.device_id, "person_id": record.command.person_id}
    customer = document.customer if record.new_customer else None
    return {
        "taken": [_command(tx, record)],
        "made": [_customer(tx, customer)] if customer else [],
        "named": _tokens(customer) if customer else [],
        "rung": [_phone(customer, record.phone)] if customer and record.phone else [],
        "claimed": [{"key": one, "customer_id": record.customer_id} for one in _keys(record)],
        "housed": [
            address_values(tx, record.customer_id, address, record.placed_at)
            for address in record.addresses
        ],
        "placed": [_order(tx, record)],
        "lined": [
            line_values(document.order_id, position, line)
            for position, line in enumerate(document.lines, start=1)
        ],
        "versioned": [_version(tx, record)],
        "told": [{"order_id": document.order_id, "number": number} for number in record.aliases],
        "spoke": [{**by_whom, **_contact(tx, record)}],
        "happened": [
            {
                **by_whom,
                "order_id": document.order_id,
                "kind": PLACED,
                "at": record.placed_at,
                "command_id": key.command_id,
                "facts": _event_facts(record),
            }
        ],
        "audited": [
            {
                **by_whom,
                "at": tx.at,
                "operation": key.operation,
                "outcome": _state(record),
                "command_id": key.command_id,
                "subject": document.order_id,
                "facts": _audit_facts(record),
            }
        ],
        "allotted": _allotted(record),
    }


def _command(tx: Transaction, record: OrderRecord) -> dict[str, object]:
    key = record.key
    return {
        "asker": record.device_id,
        "command_id": key.command_id,
        "operation": key.operation,
        "sha256": f"\\x{key.sha256.hex()}",
        "answer": f"\\x{encode(record.outcome).hex()}",
        "applied_at": tx.at,
        "incarnation": key.incarnation,
        "sequence": key.sequence,
    }


def _version(tx: Transaction, record: OrderRecord) -> dict[str, object]:
    """`clock_off` is no column of it: it is added to the instants of its entries."""
    return {
        "order_id": record.placed.document.order_id,
        "revision": 1,
        "document": record.placed,
        "recorded_at": tx.at,
        "recorded_by": record.placed.placed_by,
        "clock_off": f"{record.clock_off // _MICROSECOND} microseconds",
    }


def _allotted(record: OrderRecord) -> list[object]:
    given = record.allocations
    pieces = ((code, given.allocated[code], given.back_ordered[code]) for code in given.allocated)
    return [
        {
            "order_id": record.placed.document.order_id,
            "code": code,
            "allocated": allocated,
            "back_ordered": back_ordered,
        }
        for code, allocated, back_ordered in pieces
        if allocated or back_ordered
    ]


def _event_facts(record: OrderRecord) -> dict[str, Any]:
    reasons: dict[str, Any] = {"reasons": record.reasons} if record.reasons else {}
    return reasons | record.event_facts | record.allocations.facts


def _audit_facts(record: OrderRecord) -> dict[str, str]:
    facts = {"reasons": ",".join(record.reasons)} if record.reasons else {}
    if record.overrides:
        facts["overrides"] = ",".join(map(str, record.overrides))
    return facts


def _state(record: OrderRecord) -> OrderState:
    return OrderState.NEEDS_REVIEW if record.reasons else OrderState.ACCEPTED


def _order(tx: Transaction, record: OrderRecord) -> dict[str, object]:
    document, totals = record.placed.document, record.totals
    return {
        "order_id": document.order_id,
        "number": record.placed.number,
        "revision": 1,
        "state": _state(record),
        "review_reasons": record.reasons,
        "region": document.region,
        "currency": document.currency,
        "channel": document.channel,
        "customer_id": record.customer_id,
        "device_id": record.device_id,
        "taken_by": document.taken_by,
        "placed_by": record.placed.placed_by,
        "placed_at": record.placed_at,
        "received_at": tx.at,
        "promised_on": document.delivery.promised_on,
        "line_count": len(document.lines),
        "goods_minor": totals.goods.minor,
        "delivery_minor": totals.delivery.minor,
        "tax_minor": totals.tax.minor,
        "tax_included": totals.tax_included,
        "total_minor": totals.total.minor,
        "payment_state": record.payment_state,
        "fulfilment": Fulfilment.WAITING,
    }


def line_values(order_id: OrderId, position: int, line: OrderLine) -> dict[str, object]:
    """Columns of a line; `position` from 1."""
    return {
        "order_id": order_id,
        "position": position,
        "line_id": line.line_id,
        "kind": line.kind,
        "code": line.code,
        "description": line.description,
        "quantity": line.quantity,
        "list_price": line.list_price.ten_thousandths,
        "price_version": line.price_version,
        "told_price": line.told_price.ten_thousandths,
        "told_reason": line.told_reason,
        "tax_category": line.tax_category,
        "quoted_at": line.quoted_at,
        "total_minor": line.total.minor,
    }


def _contact(tx: Transaction, record: OrderRecord) -> dict[str, object]:
    """The conversation that it was taken in: its end comes by itself, where the desk knew of it."""
    document, contact_id = record.placed.document, record.placed.contact_id
    row: dict[str, object] = {
        "contact_id": contact_id or tx.ids.new(),
        "channel": document.channel,
        "customer_id": record.customer_id,
        "order_id": document.order_id,
        "caller_number": document.caller_number,
        "started_at": record.started_at,
        "answered_at": record.started_at,
        "note": "",
    }
    if contact_id is None:
        row |= _TAKEN
        row["ended_at"] = record.placed_at if record.placed_at >= record.started_at else None
    return row


_TAKEN = {
    "reason": ContactReason.NEW_ORDER,
    "outcome": ContactOutcome.ORDER_PLACED,
    "resolved": True,
}
"""An order that came without a conversation was all that there was of one."""


def _customer(tx: Transaction, customer: OrderCustomer) -> dict[str, object]:
    return {
        "customer_id": customer.customer_id,
        "revision": 1,
        "name": customer.name,
        "email": customer.email or None,
        "text_relay": customer.text_relay,
        "on_account": False,
        "created_at": tx.at,
        "updated_at": tx.at,
    }


def _tokens(customer: OrderCustomer) -> list[dict[str, object]]:
    return [
        {"customer_id": customer.customer_id, "token": token}
        for token in name_tokens(customer.name)
    ]


def _phone(customer: OrderCustomer, e164: str) -> dict[str, object]:
    return {
        "customer_id": customer.customer_id,
        "e164": e164,
        "digits_reversed": e164[:0:-1],
        "position": 1,
    }


def address_values(
    tx: Transaction, customer_id: CustomerId | None, address: PostalAddress, used_at: datetime
) -> dict[str, object]:
    """Columns of an address of a customer."""
    return {
        "address_id": tx.ids.new(),
        "customer_id": customer_id,
        "country": address.country,
        "name": address.name,
        "organisation": address.organisation,
        "street": address.street,
        "dependent_locality": address.dependent_locality,
        "city": address.city,
        "area": address.area,
        "postcode": address.postcode,
        "postcode_folded": folded_postcode(address.postcode),
        "digest": f"\\x{address_digest(address).hex()}",
        "last_used_at": used_at,
    }
