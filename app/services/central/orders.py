"""What the centre knows about an order before it takes it, and the one statement that keeps it.

The hot path of the service: one read, one write, one commit per order, through the driver
connection. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.models.central.order import OrderState
from app.services.central.customers import address_digest, folded_postcode, name_tokens
from app.services.central.settling import Place
from app.services.central.transaction import Applied, CommandKey, Transaction
from app.values.contact import PostalAddress
from app.values.identity import CustomerId, DeviceId, OrderId, OverrideId
from app.values.order_number import OrderNumber
from app.values.vocabulary import PaymentState
from app.wire.message import encode
from app.wire.orders import OrderCustomer, OrderLine, PlacedOrder, Totals
from app.wire.read_back import Overridden
from app.wire.sync import Command

PLACED = "placed"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCustomer:
    """A customer as the centre has them."""

    revision: int
    name: str
    email: str | None
    text_relay: bool
    on_account: bool
    phones: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOverride:
    """A lead's word as it was given here; checkpoints are pairs of key and digest."""

    order_id: UUID
    device_id: UUID
    lead_id: UUID
    checkpoints: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known when a command arrives.

    `person_active` is None for a person nobody knows. `number_leased`: to the seat that sent it.
    `number_order` has the number already; `order_number` is what an order of the same id has.
    `sellable` and `withdrawn` are codes in capitals. `overrides` are those that the record names.
    `has_payments`: a card or a link was begun for it; `given_up`: a desk said it will not come.
    """

    applied: Applied | None
    place: Place
    incarnation_known: bool
    person_active: bool | None
    number_leased: bool
    number_order: UUID | None
    order_number: OrderNumber | None
    customer: HeldCustomer | None
    sellable: frozenset[str]
    withdrawn: frozenset[str]
    overrides: Mapping[UUID, HeldOverride]
    has_payments: bool
    given_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order as it is to be kept. `new_customer`: make the one that it names.

    `clock_off` is added to the instants of the record; `overrides` are a lead's, given here.
    """

    key: CommandKey
    answer: bytes
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


_FACTS = """
    SELECT a.sha256, a.answer,
           (SELECT max(s.sequence) FROM applied_command s
            WHERE s.asker = %(device)s AND s.incarnation = %(incarnation)s),
           EXISTS (SELECT FROM applied_command s
                   WHERE s.asker = %(device)s AND s.incarnation = %(incarnation)s
                   AND s.sequence = %(sequence)s),
           EXISTS (SELECT FROM device_incarnation i
                   WHERE i.device_id = %(device)s AND i.incarnation = %(incarnation)s),
           (SELECT p.disabled_at IS NULL FROM person p WHERE p.person_id = %(person)s),
           (SELECT l.device_id = %(device)s AND %(value)s < l.first_value + l.size
            FROM number_lease l WHERE l.first_value <= %(value)s
            ORDER BY l.first_value DESC LIMIT 1),
           (SELECT o.order_id FROM sales_order o WHERE o.number = %(number)s),
           (SELECT o.number FROM sales_order o WHERE o.order_id = %(order)s),
           c.revision, c.name, c.email, c.text_relay, c.on_account,
           (SELECT array_agg(t.e164) FROM customer_phone t WHERE t.customer_id = c.customer_id),
           (SELECT array_agg(upper(p.code)) FILTER (WHERE NOT p.withdrawn)
            FROM product p WHERE upper(p.code) = ANY (%(codes)s)),
           (SELECT array_agg(upper(p.code)) FILTER (WHERE p.withdrawn)
            FROM product p WHERE upper(p.code) = ANY (%(codes)s)),
           (SELECT jsonb_agg(to_jsonb(v)) FROM read_back_override v
            WHERE v.override_id = ANY (%(overrides)s::uuid[])),
           EXISTS (SELECT FROM card_attempt t WHERE t.order_id = %(order)s)
           OR EXISTS (SELECT FROM pay_link k WHERE k.order_id = %(order)s),
           EXISTS (SELECT FROM given_up_order g WHERE g.order_id = %(order)s)
    FROM (VALUES (1)) AS one
    LEFT JOIN applied_command a ON a.asker = %(device)s AND a.command_id = %(command)s
    LEFT JOIN customer c ON c.customer_id = %(customer)s
"""


def facts_about(
    tx: Transaction, command: Command, device: DeviceId, placed: PlacedOrder, counter_value: int
) -> Facts:
    """Everything a judgement needs, in one statement; `counter_value` -1 when there is none."""
    document = placed.document
    row = tx.connection.exec_driver_sql(
        _FACTS,
        {
            "device": device,
            "incarnation": command.incarnation,
            "sequence": command.sequence,
            "command": command.command_id,
            "person": command.person_id,
            "value": counter_value,
            "number": placed.number,
            "order": document.order_id,
            "customer": document.customer.customer_id if document.customer else None,
            "codes": list({line.code.upper() for line in document.lines}),
            "overrides": [e.override_id for e in placed.read_back if isinstance(e, Overridden)],
        },
    ).one()
    sha256, answer, newest, taken, incarnation_known, active, leased = row[:7]
    number_order, order_number, revision, name, email, text_relay, on_account, phones = row[7:15]
    sellable, withdrawn, overrides, has_payments, given_up = row[15:]
    held = None
    if revision is not None:
        held = HeldCustomer(
            revision=revision,
            name=name,
            email=email,
            text_relay=text_relay,
            on_account=on_account,
            phones=frozenset(phones or ()),
        )
    return Facts(
        applied=Applied(sha256=sha256, answer=answer) if sha256 is not None else None,
        place=Place(newest or 0, taken),
        incarnation_known=incarnation_known,
        person_active=active,
        number_leased=bool(leased),
        number_order=number_order,
        order_number=order_number,
        customer=held,
        sellable=frozenset(sellable or ()),
        withdrawn=frozenset(withdrawn or ()),
        overrides=dict(map(_override, overrides or ())),
        has_payments=has_payments,
        given_up=given_up,
    )


def _override(row: dict[str, Any]) -> tuple[UUID, HeldOverride]:
    held = HeldOverride(
        order_id=UUID(row["order_id"]),
        device_id=UUID(row["device_id"]),
        lead_id=UUID(row["lead_id"]),
        checkpoints=frozenset((s["checkpoint"], s["sha256"]) for s in row["checkpoints"]),
    )
    return UUID(row["override_id"]), held


_PLACE = """
    SELECT (SELECT max(s.sequence) FROM applied_command s
            WHERE s.asker = %(device)s AND s.incarnation = %(incarnation)s),
           EXISTS (SELECT FROM applied_command s
                   WHERE s.asker = %(device)s AND s.incarnation = %(incarnation)s
                   AND s.sequence = %(sequence)s)
"""


def place_of(tx: Transaction, command: Command, device: DeviceId) -> Place:
    """Where the store of a command has come to."""
    values = {
        "device": device,
        "incarnation": command.incarnation,
        "sequence": command.sequence,
    }
    newest, taken = tx.connection.exec_driver_sql(_PLACE, values).one()
    return Place(newest or 0, taken)


_FIRST_SHA256 = """
    SELECT a.sha256 FROM order_event e
    JOIN applied_command a ON a.asker = e.device_id AND a.command_id = e.command_id
    WHERE e.order_id = %(order)s AND e.kind = %(kind)s ORDER BY e.seq LIMIT 1
"""


def first_sha256(tx: Transaction, order: OrderId) -> bytes | None:
    """SHA-256 of the body that brought an order here."""
    found = tx.connection.exec_driver_sql(_FIRST_SHA256, {"order": order, "kind": PLACED})
    digest: bytes | None = found.scalar_one_or_none()
    return digest


TAKE_COMMAND = """
    INSERT INTO applied_command (asker, command_id, operation, sha256, answer, applied_at,
                                 incarnation, sequence)
    VALUES (%(device)s, %(command)s, %(operation)s, %(sha256)s, %(answer)s, %(at)s,
            %(incarnation)s, %(sequence)s)
    ON CONFLICT DO NOTHING RETURNING command_id
"""
"""First step of a statement that keeps a command: its place is taken once, whoever comes first."""

ENTRY_COLUMNS = """
    order_id, position, kind, checkpoint, how, cause, part, at, person_id, took_ms, document
"""
ENTRY_VALUES = """
    e.entry->>'type', e.entry->>'checkpoint', e.entry->>'how', e.entry->>'cause', e.entry->>'part',
    (e.entry->>'at')::timestamptz + %(clock_off)s, (e.entry->>'by')::uuid,
    (e.entry->>'took_ms')::bigint, e.entry
"""
"""Columns of `read_back_entry` and what they are of a JSON `e.entry`, the first two left out."""

_KEEP = f"""
    WITH given AS (
        SELECT %(rows)s::jsonb AS rows
    ), taken AS (
        {TAKE_COMMAND}
    ), made AS (
        INSERT INTO customer
        SELECT r.* FROM taken, given, jsonb_populate_recordset(NULL::customer, rows->'made') AS r
        ON CONFLICT (customer_id) DO NOTHING RETURNING customer_id
    ), named AS (
        INSERT INTO customer_name_token
        SELECT r.* FROM made, given,
               jsonb_populate_recordset(NULL::customer_name_token, rows->'named') AS r
    ), rung AS (
        INSERT INTO customer_phone
        SELECT r.* FROM made, given,
               jsonb_populate_recordset(NULL::customer_phone, rows->'rung') AS r
    ), housed AS (
        INSERT INTO address
        SELECT r.* FROM taken, given, jsonb_populate_recordset(NULL::address, rows->'housed') AS r
        ON CONFLICT (customer_id, digest) DO UPDATE
        SET last_used_at = greatest(address.last_used_at, excluded.last_used_at)
    ), placed AS (
        INSERT INTO sales_order
        SELECT r.* FROM taken, given, jsonb_populate_record(NULL::sales_order, rows->'placed') AS r
        RETURNING order_id
    ), lined AS (
        INSERT INTO order_line
        SELECT r.* FROM placed, given,
               jsonb_populate_recordset(NULL::order_line, rows->'lined') AS r
    ), versioned AS (
        INSERT INTO order_version
        SELECT r.* FROM placed, given,
               jsonb_populate_record(NULL::order_version, rows->'versioned') AS r
    ), read_back AS (
        INSERT INTO read_back_entry ({ENTRY_COLUMNS})
        SELECT placed.order_id, e.position, {ENTRY_VALUES}
        FROM placed, given,
             jsonb_array_elements(rows->'versioned'->'document'->'read_back')
             WITH ORDINALITY AS e(entry, position)
    ), told AS (
        INSERT INTO order_number_alias
        SELECT r.* FROM placed, given,
               jsonb_populate_recordset(NULL::order_number_alias, rows->'told') AS r
    ), spoke AS (
        INSERT INTO contact
        SELECT r.* FROM placed, given, jsonb_populate_record(NULL::contact, rows->'spoke') AS r
    ), happened AS (
        INSERT INTO order_event (order_id, kind, at, device_id, person_id, command_id, facts)
        SELECT placed.order_id, r.kind, r.at, r.device_id, r.person_id, r.command_id, r.facts
        FROM placed, given, jsonb_populate_record(NULL::order_event, rows->'happened') AS r
    ), audited AS (
        INSERT INTO audit (at, operation, outcome, person_id, device_id, command_id, subject, facts)
        SELECT r.at, r.operation, r.outcome, r.person_id, r.device_id, r.command_id,
               placed.order_id, r.facts
        FROM placed, given, jsonb_populate_record(NULL::audit, rows->'audited') AS r
    )
    SELECT count(*) FROM taken
"""  # noqa: S608 - the columns are named above


def keep(tx: Transaction, record: OrderRecord) -> bool:
    """Write the order and all that goes with it; False when a twin of its command came first."""
    key = record.key
    values = {
        "at": tx.at,
        "device": record.device_id,
        "command": key.command_id,
        "operation": key.operation,
        "sha256": key.sha256,
        "answer": record.answer,
        "incarnation": key.incarnation,
        "sequence": key.sequence,
        "clock_off": record.clock_off,
        "rows": encode(_rows(tx, record)).decode(),
    }
    return bool(tx.connection.exec_driver_sql(_KEEP, values).scalar_one())


def _rows(tx: Transaction, record: OrderRecord) -> dict[str, object]:
    """Rows by the step of the statement that writes them; columns by the names of their tables."""
    document = record.placed.document
    by_whom = {"device_id": record.device_id, "person_id": record.command.person_id}
    customer = document.customer if record.new_customer else None
    return {
        "made": [_customer(tx, customer)] if customer else [],
        "named": _tokens(customer) if customer else [],
        "rung": [_phone(customer, record.phone)] if customer and record.phone else [],
        "housed": [_address(tx, record, address) for address in record.addresses],
        "placed": _order(tx, record),
        "lined": [
            _line(document.order_id, position, line)
            for position, line in enumerate(document.lines, start=1)
        ],
        "versioned": {
            "order_id": document.order_id,
            "revision": 1,
            "document": record.placed,
            "recorded_at": tx.at,
            "recorded_by": record.placed.placed_by,
        },
        "told": [{"order_id": document.order_id, "number": number} for number in record.aliases],
        "spoke": {**by_whom, **_contact(tx, record)},
        "happened": {
            **by_whom,
            "kind": PLACED,
            "at": record.placed_at,
            "command_id": record.key.command_id,
            "facts": record.event_facts,
        },
        "audited": {
            **by_whom,
            "at": tx.at,
            "operation": record.key.operation,
            "outcome": _state(record),
            "command_id": record.key.command_id,
            "facts": _audit_facts(record),
        },
    }


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
    }


def _line(order_id: OrderId, position: int, line: OrderLine) -> dict[str, object]:
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
    document = record.placed.document
    return {
        "contact_id": tx.ids.new(),
        "channel": document.channel,
        "customer_id": record.customer_id,
        "order_id": document.order_id,
        "caller_number": document.caller_number,
        "started_at": record.started_at,
        "ended_at": record.placed_at if record.placed_at >= record.started_at else None,
    }


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


def _address(tx: Transaction, record: OrderRecord, address: PostalAddress) -> dict[str, object]:
    return {
        "address_id": tx.ids.new(),
        "customer_id": record.customer_id,
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
        "last_used_at": record.placed_at,
    }
