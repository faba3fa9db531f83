"""Who a customer may be, too: told by one telephone number or e-mail address, under two ids.

The first who had a number or an address owns its key; whoever comes with it later may be the same,
and a person decides. Two replicas that take both at once meet at the key: one waits for the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.services.central.transaction import Transaction
from app.values.identity import CustomerId, OrderId
from app.values.vocabulary import CustomerTaskKind
from app.wire.clashes import FieldTold
from app.wire.message import encode

_CLAIM = """
    INSERT INTO customer_key (key, customer_id)
    SELECT k.key, %(customer)s FROM unnest(%(keys)s::text[]) AS k (key) ORDER BY k.key
    ON CONFLICT (key) DO NOTHING
"""
_OTHERS = """
    SELECT coalesce(c.merged_into, c.customer_id) AS other, array_agg(k.key ORDER BY k.key DESC)
    FROM customer_key k JOIN customer c ON c.customer_id = k.customer_id
    WHERE k.key = ANY (%(keys)s::text[])
      AND coalesce(c.merged_into, c.customer_id) <> (
          SELECT coalesce(m.merged_into, m.customer_id) FROM customer m
          WHERE m.customer_id = %(customer)s)
    GROUP BY 1 ORDER BY 1
"""
_OPEN = """
    INSERT INTO customer_task (task_id, kind, customer_id, other_id, order_id, fields, opened_at)
    SELECT %(task)s, %(kind)s, least(m.root, %(other)s::uuid), greatest(m.root, %(other)s::uuid),
           %(order)s, %(fields)s::jsonb, %(at)s
    FROM (SELECT coalesce(c.merged_into, c.customer_id) AS root FROM customer c
          WHERE c.customer_id = %(customer)s) AS m
    WHERE NOT EXISTS (
        SELECT FROM customer_task t
        JOIN customer a ON a.customer_id = t.customer_id
        JOIN customer b ON b.customer_id = t.other_id
        WHERE t.outcome = 'kept_apart'
          AND (t.customer_id IN (SELECT f.customer_id FROM customer f WHERE f.merged_into = m.root
                                 UNION SELECT m.root)
               OR t.other_id IN (SELECT f.customer_id FROM customer f WHERE f.merged_into = m.root
                                 UNION SELECT m.root))
          AND least(coalesce(a.merged_into, a.customer_id), coalesce(b.merged_into, b.customer_id))
              = least(m.root, %(other)s::uuid)
          AND greatest(coalesce(a.merged_into, a.customer_id),
                       coalesce(b.merged_into, b.customer_id))
              = greatest(m.root, %(other)s::uuid))
    ON CONFLICT DO NOTHING
"""
_FIELDS = {"tel": "phone", "mail": "email"}


def claim(tx: Transaction, customer: CustomerId, keys: Sequence[str], order: OrderId) -> None:
    """A customer who is here already is told by these keys from now on, too."""
    if keys:
        values = {"customer": customer, "keys": list(keys)}
        tx.connection.exec_driver_sql(_CLAIM, values)
        link(tx, customer, keys, order)


def link(tx: Transaction, customer: CustomerId, keys: Sequence[str], order: OrderId) -> None:
    """Ask a person about everyone else who owns one of the keys; a pair is asked about once.

    Two who were kept apart, or anybody merged into them, are not asked about again.
    """
    values: dict[str, object] = {"customer": customer, "keys": list(keys)}
    for other, shared in tx.connection.exec_driver_sql(_OTHERS, values).all():
        opening = {
            "task": tx.ids.new(),
            "kind": CustomerTaskKind.TWIN.value,
            "customer": customer,
            "other": UUID(str(other)),
            "order": order,
            "fields": encode([_field(key) for key in shared]).decode(),
            "at": tx.at,
        }
        tx.connection.exec_driver_sql(_OPEN, opening)


def _field(key: str) -> FieldTold:
    kind, _, value = key.partition(":")
    return FieldTold(field=_FIELDS[kind], present=value)
