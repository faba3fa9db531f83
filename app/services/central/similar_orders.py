"""Orders of a customer, or of who may be the same, that came within minutes of another.

One part of a statement, asked with the other facts of an order that arrives, and alone for a desk
that asks before placing. What is alike is said by `rules.like_orders`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.services.central.transaction import Actor, Handlers, Transaction
from app.services.rules.like_orders import Items, are_alike, same_items
from app.values.identity import CustomerId, OrderId
from app.values.order_number import OrderNumber
from app.wire import clash_operations
from app.wire.clashes import LIKE_ORDERS_MOST, AskSimilar, LikeOrder, LikeOrders
from app.wire.message import encode
from app.wire.sync import Policy

_USUAL_MINUTES: int = next(
    field.default for field in msgspec.structs.fields(Policy) if field.name == "duplicate_minutes"
)

SIMILAR = """(
    WITH who AS (
        SELECT q.customer AS customer_id
        UNION
        SELECT m.customer_id FROM customer c
        JOIN customer m ON m.merged_into = coalesce(c.merged_into, c.customer_id)
        WHERE c.customer_id = q.customer
        UNION
        SELECT c.merged_into FROM customer c WHERE c.customer_id = q.customer
        UNION
        (SELECT p.customer_id FROM customer_phone p
         WHERE p.digits_reversed = q.rings LIMIT 20)
        UNION
        (SELECT c.customer_id FROM customer c WHERE lower(c.email) = q.writes LIMIT 20)
    ), around AS (
        SELECT make_interval(mins => coalesce((
            SELECT (y.document->>'duplicate_minutes')::int FROM policy y
            ORDER BY y.revision DESC LIMIT 1), q.usual_minutes)) AS minutes
    ), recent AS (
        SELECT o.order_id, o.number, o.placed_at, o.taken_by
        FROM around, who, LATERAL (
            SELECT * FROM sales_order s WHERE s.customer_id = who.customer_id
              AND (s.customer_id, s.placed_at)
                  >= (who.customer_id, q.placed_at - around.minutes)
              AND (s.customer_id, s.placed_at)
                  <= (who.customer_id, q.placed_at + around.minutes)
              AND s.state <> 'cancelled' AND s.order_id <> q."order"
            ORDER BY s.placed_at DESC LIMIT 20) AS o
        ORDER BY o.placed_at DESC, o.order_id LIMIT 20
    )
    SELECT jsonb_agg(jsonb_build_object(
        'order_id', o.order_id, 'number', o.number, 'placed_at', o.placed_at,
        'taken_by', coalesce((SELECT p.name FROM person p WHERE p.person_id = o.taken_by), ''),
        'items', (SELECT jsonb_object_agg(i.code, i.quantity) FROM (
            SELECT upper(l.code) AS code, sum(l.quantity) AS quantity FROM order_line l
            WHERE l.order_id = o.order_id AND l.kind = 'goods' GROUP BY 1) AS i)
    ) ORDER BY o.placed_at DESC, o.order_id) FROM recent o
)"""
"""A subselect: recent orders as JSON, or nothing. Asks by the columns SIMILAR_COLUMNS of a `q`.

Of very many who share a number or an address twenty are looked at. Each customer's orders are
looked up by themselves, and in pairs, for which only the index by customer will do: so never all
orders of these minutes are read.
"""
SIMILAR_COLUMNS = """
    "order" uuid, customer uuid, rings text, writes text, placed_at timestamptz, usual_minutes int
"""
"""Of a JSON row made by `similar_values`."""

_ALONE = f"SELECT {SIMILAR} FROM jsonb_to_record(%(asked)s::jsonb) AS q ({SIMILAR_COLUMNS})"  # noqa: S608 - constants


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentOrder:
    """An order of the customer that came shortly before or after."""

    order_id: OrderId
    number: OrderNumber
    placed_at: datetime
    taken_by: str
    items: Items


def similar_values(
    order: OrderId,
    customer: CustomerId | None,
    phone: str | None,
    email: str | None,
    placed_at: datetime,
) -> dict[str, object]:
    """What SIMILAR asks by; `phone` in E.164. E-mail addresses are compared folded."""
    return {
        "order": order,
        "customer": customer,
        "rings": phone[:0:-1] if phone else "",
        "writes": email.strip().lower() if email else "",
        "placed_at": placed_at,
        "usual_minutes": _USUAL_MINUTES,
    }


def recent_orders(found: Sequence[Mapping[str, Any]] | None) -> tuple[RecentOrder, ...]:
    """What SIMILAR found, the newest first."""
    return tuple(
        RecentOrder(
            order_id=OrderId(UUID(row["order_id"])),
            number=OrderNumber(row["number"]),
            placed_at=datetime.fromisoformat(row["placed_at"]),
            taken_by=row["taken_by"],
            items=row["items"] or {},
        )
        for row in found or ()
    )


def like_ones(items: Items, recent: Iterable[RecentOrder]) -> tuple[RecentOrder, ...]:
    """Those that are alike, the newest first, and not more than can be told."""
    found = [order for order in recent if are_alike(items, order.items)]
    return tuple(found[:LIKE_ORDERS_MOST])


class SimilarOrders:
    """Answers `orders.similar`."""

    def register(self, handlers: Handlers) -> None:
        """Name the handler."""
        handlers.add(clash_operations.SIMILAR_ORDERS, self.similar)

    def similar(self, tx: Transaction, actor: Actor, request: AskSimilar) -> LikeOrders:
        """Orders like one that is about to be placed, whichever seat took them."""
        del actor
        values = similar_values(
            request.order_id, request.customer_id, request.phone, request.email, tx.at
        )
        asked = {"asked": encode(values).decode()}
        found = tx.connection.exec_driver_sql(_ALONE, asked).scalar_one()
        items = {item.code.upper(): item.quantity for item in request.items}
        alike = like_ones(items, recent_orders(found))
        return LikeOrders(orders=tuple(_view(order, items) for order in alike))


def _view(order: RecentOrder, items: Items) -> LikeOrder:
    return LikeOrder(
        order_id=order.order_id,
        number=order.number,
        placed_at=order.placed_at,
        taken_by=order.taken_by,
        products=len(order.items),
        same=same_items(items, order.items),
    )
