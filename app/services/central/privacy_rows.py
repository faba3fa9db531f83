"""Where a person's data stand in the database: what is exported, emptied and deleted.

Tests look for a person's words in every text of every table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from app.services.central.transaction import Transaction

_CUSTOMERS = "customer_id = ANY (%(customers)s::uuid[])"
_THEIRS = "SELECT order_id FROM sales_order WHERE customer_id = ANY (%(customers)s::uuid[])"
_CHANGED = "SELECT change_id FROM order_change WHERE order_id IN ({theirs})"
_ORDERS = f"order_id IN ({_THEIRS})"
_PAID_UNDER = f"order_id IN ({_THEIRS} UNION ALL {_CHANGED.format(theirs=_THEIRS)})"

EXPORTED: Mapping[str, str] = {
    name: statement.format(customers=_CUSTOMERS, orders=_ORDERS, paid=_PAID_UNDER)
    for name, statement in {
        "customers": "SELECT * FROM customer WHERE {customers} ORDER BY customer_id",
        "earlier_versions": "SELECT * FROM customer_version WHERE {customers} ORDER BY replaced_at",
        "telephone_numbers": "SELECT e164, customer_id FROM customer_phone WHERE {customers}",
        "addresses": """
            SELECT customer_id, country, name, organisation, street, dependent_locality, city,
                   area, postcode, last_used_at
            FROM address WHERE {customers} ORDER BY last_used_at
        """,
        "tasks": "SELECT * FROM customer_task WHERE {customers} ORDER BY opened_at",
        "orders": """
            SELECT o.number, o.state, o.fulfilment, o.placed_at, v.revision, v.document
            FROM sales_order o JOIN order_version v USING (order_id)
            WHERE o.customer_id = ANY (%(customers)s::uuid[]) ORDER BY o.placed_at, v.revision
        """,
        "changes": "SELECT * FROM order_change WHERE {orders} ORDER BY received_at",
        "events": "SELECT order_id, kind, at, facts FROM order_event WHERE {orders} ORDER BY seq",
        "calls_ended": "SELECT * FROM call_closing WHERE {orders} ORDER BY closed_at",
        "conversations": """
            SELECT * FROM contact
            WHERE {customers} OR contact_id IN (SELECT contact_id FROM contact_order WHERE {orders})
            ORDER BY started_at
        """,
        "identity_checks": """
            SELECT at, order_id, asked, passed, level FROM identity_check
            WHERE {customers} OR {orders} ORDER BY at
        """,
        "card_payments": """
            SELECT order_id, started_at, state, amount_minor, currency, brand, last_four,
                   captured_minor, refunded_minor
            FROM card_attempt WHERE {paid} ORDER BY started_at
        """,
        "pay_links": """
            SELECT order_id, sent_at, state, amount_minor, currency, send_to, paid_at
            FROM pay_link WHERE {paid} ORDER BY sent_at
        """,
        "refunds": "SELECT * FROM order_refund WHERE {orders} ORDER BY asked_at",
        "shipments": "SELECT * FROM shipment WHERE {orders}",
        "requests": "SELECT * FROM privacy_request WHERE {customers} ORDER BY at",
        "audit": """
            SELECT at, operation, outcome FROM audit
            WHERE subject = ANY (%(customers)s::uuid[])
               OR subject IN (SELECT order_id FROM sales_order WHERE {customers}) ORDER BY seq
        """,
    }.items()
}
"""A statement for each part of what a person is given; `customers` are their ids."""

_ITS_IDS = """
    SELECT %(order)s::uuid UNION ALL
    SELECT change_id FROM order_change WHERE order_id = %(order)s
"""
_ANSWERS = """
    UPDATE applied_command a SET answer = '' FROM audit u
    WHERE u.subject IN ({subjects}) AND a.asker = u.device_id AND a.command_id = u.command_id
      AND a.incarnation IS NULL
"""
"""Answers are kept for whoever did not hear them; those to an outbox say nothing of a person."""

ERASED = tuple(
    statement.format(its_ids=_ITS_IDS)
    for statement in (
        """
        UPDATE contact SET caller_number = '', note = ''
        WHERE order_id = %(order)s OR contact_id IN
            (SELECT contact_id FROM contact_order WHERE order_id = %(order)s)
        """,
        "UPDATE call_closing SET note = '' WHERE order_id = %(order)s",
        """
        UPDATE identity_check SET skipped = '' WHERE order_id = %(order)s OR contact_id IN
            (SELECT contact_id FROM contact_order WHERE order_id = %(order)s)
        """,
        "UPDATE shipment SET note = '' WHERE order_id = %(order)s",
        "UPDATE warehouse_message SET sentence = '' WHERE order_id = %(order)s",
        """
        UPDATE warehouse_event SET document = document - 'note' - 'reason', sentence = ''
        WHERE order_id = %(order)s
        """,
        "UPDATE pay_link SET send_to = '', url = '' WHERE order_id IN ({its_ids})",
        "UPDATE order_change SET note = '' WHERE order_id = %(order)s",
        "UPDATE order_hold SET note = '' WHERE order_id = %(order)s",
        "UPDATE order_check SET note = '' WHERE order_id = %(order)s",
        "UPDATE order_refund SET reason = '', refusal_sentence = '' WHERE order_id = %(order)s",
        """
        UPDATE card_movement SET reason = '' WHERE attempt_id IN
            (SELECT attempt_id FROM card_attempt WHERE order_id IN ({its_ids}))
        """,
        "UPDATE read_back_override SET reason = '(erased)' WHERE order_id IN ({its_ids})",
        _ANSWERS.format(
            subjects="""{its_ids} UNION ALL
            SELECT refund_id FROM order_refund WHERE order_id = %(order)s"""
        ),
    )
)
"""What is emptied of an order beside its documents."""

GONE_WITH_PERSON = tuple(
    statement.format(customers=_CUSTOMERS)
    for statement in (
        """
        UPDATE contact SET caller_number = '', note = '' WHERE customer_id IS NULL
        AND caller_number IN (SELECT e164 FROM customer_phone WHERE {customers})
        """,
        _ANSWERS.format(
            subjects="""SELECT unnest(%(customers)s::uuid[]) UNION ALL
            SELECT task_id FROM customer_task
            WHERE {customers} OR other_id = ANY (%(customers)s::uuid[])"""
        ),
        "DELETE FROM customer_phone WHERE {customers}",
        "DELETE FROM customer_name_token WHERE {customers}",
        "DELETE FROM customer_key WHERE {customers}",
        "DELETE FROM customer_version WHERE {customers}",
        "DELETE FROM address WHERE {customers}",
        """
        DELETE FROM customer_task
        WHERE {customers} OR other_id = ANY (%(customers)s::uuid[])
        """,
        "UPDATE contact SET caller_number = '', note = '' WHERE {customers}",
    )
)
"""What is deleted of a person beside their orders."""

OLD_CONTACTS = """
    UPDATE contact SET caller_number = '', note = ''
    WHERE started_at < %(before)s AND (caller_number <> '' OR note <> '')
"""

_READ = "SELECT {key}, document FROM {table} WHERE order_id = %(order)s ORDER BY {key}"
_WRITE = """
    UPDATE {table} SET document = %(document)s::jsonb
    WHERE order_id = %(order)s AND {key} = %(key)s
"""


class DocumentRows:
    """Rows of an order that hold a document."""

    def __init__(self, tx: Transaction, order_id: UUID) -> None:
        self._tx = tx
        self._order_id = order_id

    def each(self, table: str, key: str, change: Callable[[Any], str]) -> None:
        """Put what `change` makes of each document in its place."""
        read = _READ.format(key=key, table=table)
        for found, document in self._tx.connection.exec_driver_sql(
            read, {"order": self._order_id}
        ).all():
            values = {"order": self._order_id, "key": found, "document": change(document)}
            self._tx.connection.exec_driver_sql(_WRITE.format(table=table, key=key), values)
