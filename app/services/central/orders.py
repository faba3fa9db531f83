"""What the centre knows about an order before it takes it, and the one statement that keeps it.

The hot path of the service: one read, one write, one commit per order, through the driver
connection. Nothing is judged here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.models.central.order import OrderState
from app.services.central.customers import address_digest, folded_postcode, name_tokens
from app.services.central.transaction import Applied, CommandKey, Transaction
from app.values.contact import PostalAddress
from app.values.identity import CustomerId, DeviceId, OrderId
from app.values.order_number import OrderNumber
from app.wire.message import encode
from app.wire.orders import OrderDocument, OrderLine, PlacedOrder, Totals
from app.wire.sync import Command

PLACED = "placed"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCustomer:
    """A customer as the centre has them."""

    revision: int
    name: str
    email: str | None
    text_relay: bool
    phones: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known when a command arrives.

    `person_active` is None for a person nobody knows. `number_leased`: to the seat that sent it.
    `number_order` has the number already; `order_number` is what an order of the same id has.
    `sellable` and `withdrawn` are codes in capitals.
    """

    applied: Applied | None
    last_sequence: int
    incarnation_known: bool
    person_active: bool | None
    number_leased: bool
    number_order: UUID | None
    order_number: OrderNumber | None
    customer: HeldCustomer | None
    sellable: frozenset[str]
    withdrawn: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order as it is to be kept. `new_customer`: make the one that it names."""

    key: CommandKey
    answer: bytes
    command: Command
    device_id: DeviceId
    placed: PlacedOrder
    totals: Totals
    placed_at: datetime
    started_at: datetime
    reasons: tuple[str, ...]
    customer_id: CustomerId | None
    new_customer: bool
    phone: str | None
    addresses: tuple[PostalAddress, ...]
    aliases: tuple[OrderNumber, ...]
    event_facts: dict[str, Any]


_FACTS = """
    SELECT a.sha256, a.answer,
           (SELECT max(s.sequence) FROM applied_command s
            WHERE s.asker = %(device)s AND s.incarnation = %(incarnation)s),
           EXISTS (SELECT FROM device_incarnation i
                   WHERE i.device_id = %(device)s AND i.incarnation = %(incarnation)s),
           (SELECT p.disabled_at IS NULL FROM person p WHERE p.person_id = %(person)s),
           (SELECT l.device_id = %(device)s AND %(value)s < l.first_value + l.size
            FROM number_lease l WHERE l.first_value <= %(value)s
            ORDER BY l.first_value DESC LIMIT 1),
           (SELECT o.order_id FROM sales_order o WHERE o.number = %(number)s),
           (SELECT o.number FROM sales_order o WHERE o.order_id = %(order)s),
           c.revision, c.name, c.email, c.text_relay,
           (SELECT array_agg(t.e164) FROM customer_phone t WHERE t.customer_id = c.customer_id),
           (SELECT array_agg(upper(p.code)) FILTER (WHERE NOT p.withdrawn)
            FROM product p WHERE upper(p.code) = ANY (%(codes)s)),
           (SELECT array_agg(upper(p.code)) FILTER (WHERE p.withdrawn)
            FROM product p WHERE upper(p.code) = ANY (%(codes)s))
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
            "command": command.command_id,
            "person": command.person_id,
            "value": counter_value,
            "number": placed.number,
            "order": document.order_id,
            "customer": document.customer.customer_id if document.customer else None,
            "codes": list({line.code.upper() for line in document.lines}),
        },
    ).one()
    sha256, answer, last, incarnation_known, active, leased, number_order, order_number = row[:8]
    revision, name, email, text_relay, phones, sellable, withdrawn = row[8:]
    held = None
    if revision is not None:
        held = HeldCustomer(
            revision=revision,
            name=name,
            email=email,
            text_relay=text_relay,
            phones=frozenset(phones or ()),
        )
    return Facts(
        applied=Applied(sha256=sha256, answer=answer) if sha256 is not None else None,
        last_sequence=last or 0,
        incarnation_known=incarnation_known,
        person_active=active,
        number_leased=bool(leased),
        number_order=number_order,
        order_number=order_number,
        customer=held,
        sellable=frozenset(sellable or ()),
        withdrawn=frozenset(withdrawn or ()),
    )


_LAST_SEQUENCE = """
    SELECT max(sequence) FROM applied_command
    WHERE asker = %(device)s AND incarnation = %(incarnation)s
"""


def last_sequence(tx: Transaction, command: Command, device: DeviceId) -> int:
    """The place of the newest command of the same store that was settled; 0 before the first."""
    values = {"device": device, "incarnation": command.incarnation}
    last: int | None = tx.connection.exec_driver_sql(_LAST_SEQUENCE, values).scalar_one()
    return last or 0


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


_KEEP = """
    WITH taken AS (
        INSERT INTO applied_command (asker, command_id, operation, sha256, answer, applied_at,
                                     incarnation, sequence)
        VALUES (%(device)s, %(command)s, %(operation)s, %(sha256)s, %(answer)s, %(at)s,
                %(incarnation)s, %(sequence)s)
        ON CONFLICT DO NOTHING RETURNING command_id
    ), made AS (
        INSERT INTO customer (customer_id, revision, name, email, text_relay, created_at,
                              updated_at)
        SELECT %(customer)s::uuid, 1, %(name)s::text, %(email)s::text, %(text_relay)s::boolean,
               %(at)s::timestamptz, %(at)s::timestamptz
        FROM taken WHERE %(new_customer)s
        ON CONFLICT (customer_id) DO NOTHING RETURNING customer_id
    ), named AS (
        INSERT INTO customer_name_token (customer_id, token)
        SELECT customer_id, token FROM made, unnest(%(tokens)s::text[]) AS t (token)
    ), rung AS (
        INSERT INTO customer_phone (customer_id, e164, digits_reversed, position)
        SELECT customer_id, %(phone)s::text, reverse(substr(%(phone)s::text, 2)), 1
        FROM made WHERE %(phone)s::text IS NOT NULL
    ), housed AS (
        INSERT INTO address (address_id, customer_id, country, name, organisation, street,
                             dependent_locality, city, area, postcode, postcode_folded, digest,
                             last_used_at)
        SELECT a.address_id, %(customer)s::uuid, a.country, a.name, a.organisation,
               ARRAY (SELECT jsonb_array_elements_text(a.street)), a.dependent_locality, a.city,
               a.area, a.postcode, a.postcode_folded, decode(a.digest, 'hex'),
               %(placed_at)s::timestamptz
        FROM taken, jsonb_to_recordset(%(addresses)s::jsonb) AS a (
            address_id uuid, country text, name text, organisation text, street jsonb,
            dependent_locality text, city text, area text, postcode text, postcode_folded text,
            digest text)
        ON CONFLICT (customer_id, digest) DO UPDATE
        SET last_used_at = greatest(address.last_used_at, excluded.last_used_at)
    ), placed AS (
        INSERT INTO sales_order (order_id, number, revision, state, review_reasons, region,
                                 currency, channel, customer_id, device_id, taken_by, placed_by,
                                 placed_at, received_at, promised_on, line_count, goods_minor,
                                 delivery_minor, tax_minor, tax_included, total_minor)
        SELECT %(order)s::uuid, %(number)s::text, 1, %(state)s::text, %(reasons)s::text[],
               %(region)s::text, %(currency)s::text, %(channel)s::text, %(customer)s::uuid,
               %(device)s::uuid, %(taken_by)s::uuid, %(placed_by)s::uuid,
               %(placed_at)s::timestamptz, %(at)s::timestamptz, %(promised_on)s::date,
               %(line_count)s::bigint, %(goods)s::bigint, %(delivery)s::bigint, %(tax)s::bigint,
               %(tax_included)s::boolean, %(total)s::bigint
        FROM taken RETURNING order_id
    ), lined AS (
        INSERT INTO order_line (order_id, position, line_id, kind, code, description, quantity,
                                list_price, price_version, told_price, told_reason, tax_category,
                                quoted_at, total_minor)
        SELECT order_id, l.*
        FROM placed, jsonb_to_recordset(%(lines)s::jsonb) AS l (
            position bigint, line_id uuid, kind text, code text, description text,
            quantity bigint, list_price bigint, price_version bigint, told_price bigint,
            told_reason text, tax_category text, quoted_at timestamptz, total_minor bigint)
    ), versioned AS (
        INSERT INTO order_version (order_id, revision, document, recorded_at, recorded_by)
        SELECT order_id, 1, %(document)s::jsonb, %(at)s::timestamptz, %(placed_by)s::uuid
        FROM placed
    ), told AS (
        INSERT INTO order_number_alias (order_id, number)
        SELECT order_id, number FROM placed, unnest(%(aliases)s::text[]) AS t (number)
    ), happened AS (
        INSERT INTO order_event (order_id, kind, at, device_id, person_id, command_id, facts)
        SELECT order_id, %(event)s::text, %(placed_at)s::timestamptz, %(device)s::uuid,
               %(person)s::uuid, %(command)s::uuid, %(event_facts)s::jsonb
        FROM placed
    ), spoke AS (
        INSERT INTO contact (contact_id, channel, customer_id, order_id, device_id, person_id,
                             caller_number, started_at, ended_at)
        SELECT %(contact)s::uuid, %(channel)s::text, %(customer)s::uuid, order_id,
               %(device)s::uuid, %(person)s::uuid, %(caller_number)s::text,
               %(started_at)s::timestamptz, %(ended_at)s::timestamptz
        FROM placed
    ), audited AS (
        INSERT INTO audit (at, operation, outcome, person_id, device_id, session_id, command_id,
                           subject, facts)
        SELECT %(at)s::timestamptz, %(operation)s::text, %(outcome)s::text, %(person)s::uuid,
               %(device)s::uuid, NULL, %(command)s::uuid, order_id, %(audit_facts)s::jsonb
        FROM placed
    )
    SELECT count(*) FROM taken
"""


def keep(tx: Transaction, record: OrderRecord) -> bool:
    """Write the order and all that goes with it; False when a twin of its command came first."""
    kept = tx.connection.exec_driver_sql(_KEEP, _values(tx, record)).scalar_one()
    return bool(kept)


def _values(tx: Transaction, record: OrderRecord) -> dict[str, object]:
    document, totals, key = record.placed.document, record.totals, record.key
    customer = document.customer
    name = customer.name if customer is not None else ""
    state = OrderState.NEEDS_REVIEW if record.reasons else OrderState.ACCEPTED
    facts: dict[str, object] = {
        "order": str(document.order_id),
        "reasons": ",".join(record.reasons),
    }
    return {
        "at": tx.at,
        "device": record.device_id,
        "command": key.command_id,
        "operation": key.operation,
        "sha256": key.sha256,
        "answer": record.answer,
        "incarnation": key.incarnation,
        "sequence": key.sequence,
        "customer": record.customer_id,
        "new_customer": record.new_customer,
        "name": name,
        "email": customer.email or None if customer is not None else None,
        "text_relay": customer is not None and customer.text_relay,
        "tokens": list(name_tokens(name)) if record.new_customer else [],
        "phone": record.phone,
        "addresses": encode([_address(tx, a) for a in record.addresses]).decode(),
        "order": document.order_id,
        "number": record.placed.number,
        "state": state.value,
        "reasons": list(record.reasons),
        "region": document.region.value,
        "currency": document.currency.value,
        "channel": document.channel.value,
        "taken_by": document.taken_by,
        "placed_by": record.placed.placed_by,
        "placed_at": record.placed_at,
        "promised_on": document.delivery.promised_on,
        "line_count": len(document.lines),
        "goods": totals.goods.minor,
        "delivery": totals.delivery.minor,
        "tax": totals.tax.minor,
        "tax_included": totals.tax_included,
        "total": totals.total.minor,
        "lines": encode(_lines(document)).decode(),
        "document": encode(record.placed).decode(),
        "aliases": list(record.aliases),
        "event": PLACED,
        "event_facts": encode(record.event_facts).decode(),
        "person": record.command.person_id,
        "contact": tx.ids.new(),
        "caller_number": document.caller_number,
        "started_at": record.started_at,
        "ended_at": record.placed_at if record.placed_at >= record.started_at else None,
        "outcome": state.value,
        "audit_facts": encode(facts).decode(),
    }


def _lines(document: OrderDocument) -> list[dict[str, object]]:
    return [_line(position, line) for position, line in enumerate(document.lines, start=1)]


def _line(position: int, line: OrderLine) -> dict[str, object]:
    return {
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


def _address(tx: Transaction, address: PostalAddress) -> dict[str, object]:
    return {
        "address_id": tx.ids.new(),
        "country": address.country,
        "name": address.name,
        "organisation": address.organisation,
        "street": address.street,
        "dependent_locality": address.dependent_locality,
        "city": address.city,
        "area": address.area,
        "postcode": address.postcode,
        "postcode_folded": folded_postcode(address.postcode),
        "digest": address_digest(address).hex(),
    }
