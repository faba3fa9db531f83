"""Contacts of a span of time, as the rules for their figures want them. Reads only."""

from __future__ import annotations

from datetime import datetime

from app.services.central.transaction import Transaction
from app.services.rules.contact_figures import WINDOW, ContactFigures, Conversation, figures
from app.values.order_life import ContactOutcome, ContactReason

_CONVERSATIONS = """
    SELECT coalesce(m.survivor_id, c.customer_id)::text AS customer, c.caller_number,
           array_remove(ARRAY(SELECT o.order_id FROM contact_order o
                              WHERE o.contact_id = c.contact_id) || c.order_id, NULL) AS orders,
           c.reason, c.outcome, c.resolved, c.started_at, c.answered_at,
           coalesce(c.ended_at, c.started_at) AS ended_at
    FROM contact c
    LEFT JOIN customer_merge m ON m.customer_id = c.customer_id AND m.undone_at IS NULL
    WHERE c.started_at >= %(since)s AND c.started_at < %(until)s AND c.reason IS NOT NULL
    ORDER BY c.started_at, c.contact_id
"""


def figures_of(tx: Transaction, since: datetime, until: datetime) -> ContactFigures:
    """Of the contacts that began from `since` up to `until` and have ended.

    A customer who was merged is the one they are found under; a caller who is no customer is told
    by their telephone number.
    """
    span = {"since": since - WINDOW, "until": until + WINDOW}
    rows = tx.connection.exec_driver_sql(_CONVERSATIONS, span)
    found = [
        Conversation(
            who=row.customer or (f"tel:{row.caller_number}" if row.caller_number else ""),
            orders=frozenset(map(str, row.orders)),
            reason=ContactReason(row.reason),
            outcome=ContactOutcome(row.outcome),
            resolved=row.resolved,
            started_at=row.started_at,
            answered_at=row.answered_at,
            ended_at=row.ended_at,
        )
        for row in rows
    ]
    return figures(found, since, until, tx.at)
