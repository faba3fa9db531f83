"""Closed sets of words between the centre and a warehouse, and of what is kept of both ways.

As in `vocabulary`: a value stands on the wire and in databases, is never changed, only added to.
"""

from __future__ import annotations

from enum import StrEnum


class HandOverKind(StrEnum):
    """What a message to the warehouse is about; each is the order as it now is, whole."""

    NEW = "order.new"
    CHANGED = "order.changed"
    """Another version of an order that was handed over before."""
    CANCELLED = "order.cancelled"


class HandOverState(StrEnum):
    """Where a message to the warehouse stands.

    RECEIVED: it is there, and the answer comes later. SUPERSEDED: a later version of the order went
    in its place. REFUSED and TOO_LATE are for a person.
    """

    WAITING = "waiting"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    TOO_LATE = "too_late"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


class WarehouseAnswer(StrEnum):
    """What a warehouse says to a message; the words are those of `HandOverState`."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    TOO_LATE = "too_late"
    REFUSED = "refused"


class WarehouseEventKind(StrEnum):
    """What a warehouse reports; the first three answer a message of ours."""

    ACCEPTED = "accepted"
    TOO_LATE = "too_late"
    REFUSED = "refused"
    ALLOCATED = "allocated"
    PICKING = "picking"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    DELIVERY_FAILED = "delivery_failed"
    COULD_NOT_PICK = "could_not_pick"
    RETURNED_TO_SENDER = "returned_to_sender"


ANSWERS = frozenset(
    {WarehouseEventKind.ACCEPTED, WarehouseEventKind.TOO_LATE, WarehouseEventKind.REFUSED}
)
"""Events that name a message of ours."""

OF_A_SHIPMENT = frozenset(
    {
        WarehouseEventKind.SHIPPED,
        WarehouseEventKind.DELIVERED,
        WarehouseEventKind.DELIVERY_FAILED,
        WarehouseEventKind.RETURNED_TO_SENDER,
    }
)
"""Events that name a shipment."""


class EventOutcome(StrEnum):
    """What became of a report.

    PART: some of it could not be true, and a person looks at that. KEPT: none of it could be used;
    it is kept for a person. CLASH: another report came under the same id before; this one is kept
    beside it.
    """

    TAKEN = "taken"
    PART = "part"
    REPEATED = "repeated"
    KEPT = "kept"
    CLASH = "clash"


class EventSource(StrEnum):
    """How a report reached the centre."""

    REPORT = "report"
    FILE = "file"
    HAND = "hand"


class ShipmentState(StrEnum):
    """Where a shipment is; a later word of the list holds against an earlier one.

    Deliveries are tried again, so one that failed may still be delivered.
    """

    SHIPPED = "shipped"
    DELIVERY_FAILED = "delivery_failed"
    DELIVERED = "delivered"
    RETURNED = "returned"


class CaptureState(StrEnum):
    """Where the taking of money for a shipment stands."""

    STARTED = "started"
    DONE = "done"
    REFUSED = "refused"
