"""What the centre knows when an order arrives: one statement, asked before anything is judged.

The first half of the hot path (the other is `orders`), through the driver connection. Nothing is
judged or written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.services.central import desk_clock
from app.services.central.settling import Place
from app.services.central.similar_orders import (
    SIMILAR,
    SIMILAR_COLUMNS,
    RecentOrder,
    recent_orders,
    similar_values,
)
from app.services.central.transaction import Applied, Transaction
from app.values.identity import DeviceId, OrderId
from app.values.order_number import OrderNumber
from app.wire.message import encode
from app.wire.orders import PlacedOrder
from app.wire.read_back import Overridden
from app.wire.sync import Command

PLACED = "placed"
"""Kind of the event that brought an order here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCustomer:
    """A customer as the centre has them; `phones` also of those who were merged with them."""

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

    `person_active` is None for a person nobody knows. `number_leased`: to the seat that sent it, or
    nobody knows any more to whom.
    `number_order` has the number already; `order_number` is what an order of the same id has.
    `sellable` and `withdrawn` are codes in capitals. `overrides` are those that the record names.
    `has_payments`: a card or a link was begun for it; `given_up`: a desk said it will not come.
    `tracked` are products of its lines, and of what is held for it, that have a level of stock.
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
    tracked: frozenset[str]
    recent: tuple[RecentOrder, ...]


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """What has to be worked out of an order before the facts are asked for.

    `counter_value` is -1 for what is no number of ours; `phone` the customer's in E.164.
    """

    counter_value: int
    phone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An order that facts are asked about."""

    command: Command
    device: DeviceId
    placed: PlacedOrder
    worked_out: WorkedOut


_FACTS = f"""
    SELECT a.sha256, a.answer,
           (SELECT s.sequence FROM applied_command s
            WHERE s.asker = q.device AND s.incarnation = q.incarnation
            ORDER BY s.sequence DESC LIMIT 1),
           (SELECT true FROM applied_command s
            WHERE s.asker = q.device AND s.incarnation = q.incarnation
            AND s.sequence = q.sequence LIMIT 1),
           (SELECT true FROM device_incarnation i
            WHERE i.device_id = q.device AND i.incarnation = q.incarnation),
           (SELECT p.disabled_at IS NULL FROM person p WHERE p.person_id = q.person),
           (SELECT coalesce(l.device_id = q.device, true) AND q.value < l.first_value + l.size
            FROM number_lease l WHERE l.first_value <= q.value
            ORDER BY l.first_value DESC LIMIT 1),
           (SELECT o.order_id FROM sales_order o WHERE o.number = q.number),
           (SELECT o.number FROM sales_order o WHERE o.order_id = q."order"),
           c.revision, c.name, c.email, c.text_relay, c.on_account,
           (SELECT array_agg(t.e164) FROM (
                SELECT c.customer_id UNION ALL SELECT c.merged_into
                UNION ALL SELECT m.customer_id FROM customer m
                WHERE m.merged_into = coalesce(c.merged_into, c.customer_id)) AS f (id),
            LATERAL (SELECT y.e164 FROM customer_phone y WHERE y.customer_id = f.id OFFSET 0) AS t),
           l.sellable, l.withdrawn,
           (SELECT jsonb_agg(to_jsonb(v)) FROM read_back_override v
            WHERE v.override_id = ANY (q.overrides)),
           coalesce((SELECT true FROM card_attempt t WHERE t.order_id = q."order" LIMIT 1),
                    (SELECT true FROM pay_link k WHERE k.order_id = q."order" LIMIT 1)),
           (SELECT true FROM given_up_order g WHERE g.order_id = q."order" LIMIT 1),
           l.tracked || ARRAY(SELECT h.code FROM stock_hold h WHERE h.order_id = q."order"),
           {SIMILAR}
    FROM (SELECT * FROM jsonb_to_recordset(%(asked)s::jsonb) AS r (
        at int, device uuid, incarnation uuid, sequence bigint, command uuid, person uuid,
        value bigint, number text, codes text[], overrides uuid[], {SIMILAR_COLUMNS})
        LIMIT %(orders)s) AS q
    LEFT JOIN LATERAL (SELECT * FROM applied_command x
        WHERE x.asker = q.device AND x.command_id = q.command OFFSET 0) AS a ON true
    LEFT JOIN LATERAL (SELECT * FROM customer x
        WHERE x.customer_id = q.customer OFFSET 0) AS c ON true
    LEFT JOIN LATERAL (
        SELECT array_agg(upper(p.code)) FILTER (WHERE NOT p.withdrawn) AS sellable,
               array_agg(upper(p.code)) FILTER (WHERE p.withdrawn) AS withdrawn,
               array_agg((SELECT s.code FROM stock_level s WHERE s.code = p.code)) AS tracked
        FROM product p WHERE upper(p.code) = ANY (q.codes)) AS l ON true
    ORDER BY q.at
"""  # noqa: S608 - a constant
_FACTS = " ".join(_FACTS.split())
"""The driver remembers how it read statements of up to 4,096 characters.

The server keeps its plan, also one made while tables were small. So nothing in it can be done by
reading a whole table for all orders, or all commands of a seat: each is looked up by itself
(LATERAL with OFFSET 0, subselects instead of EXISTS, the last of an index instead of max), and
LIMIT tells how few they are.
"""


def facts_about(tx: Transaction, orders: Sequence[Asked]) -> list[Facts]:
    """Everything a judgement of each needs, in one statement."""
    asked = [_asked(tx, at, one) for at, one in enumerate(orders)]
    values = {"asked": encode(asked).decode(), "orders": len(orders)}
    rows = tx.connection.exec_driver_sql(_FACTS, values)
    return [_facts(row) for row in rows]


def _asked(tx: Transaction, at: int, one: Asked) -> dict[str, object]:
    command, placed = one.command, one.placed
    document = placed.document
    customer = document.customer
    similar = similar_values(
        document.order_id,
        customer.customer_id if customer else None,
        one.worked_out.phone,
        customer.email if customer else None,
        desk_clock.corrected(placed.placed_at, command, tx.at),
    )
    return similar | {
        "at": at,
        "device": one.device,
        "incarnation": command.incarnation,
        "sequence": command.sequence,
        "command": command.command_id,
        "person": command.person_id,
        "value": one.worked_out.counter_value,
        "number": placed.number,
        "codes": list({line.code.upper() for line in document.lines}),
        "overrides": [e.override_id for e in placed.read_back if isinstance(e, Overridden)],
    }


def _facts(row: Sequence[Any]) -> Facts:
    sha256, answer, newest, taken, incarnation_known, active, leased = row[:7]
    number_order, order_number, revision, name, email, text_relay, on_account, phones = row[7:15]
    sellable, withdrawn, overrides, has_payments, given_up, tracked, recent = row[15:]
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
        place=Place(newest or 0, bool(taken)),
        incarnation_known=bool(incarnation_known),
        person_active=active,
        number_leased=bool(leased),
        number_order=number_order,
        order_number=order_number,
        customer=held,
        sellable=frozenset(sellable or ()),
        withdrawn=frozenset(withdrawn or ()),
        overrides=dict(map(_override, overrides or ())),
        has_payments=bool(has_payments),
        given_up=bool(given_up),
        tracked=frozenset(filter(None, tracked)),
        recent=recent_orders(recent),
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
    SELECT (SELECT s.sequence FROM applied_command s
            WHERE s.asker = %(device)s AND s.incarnation = %(incarnation)s
            ORDER BY s.sequence DESC LIMIT 1),
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
