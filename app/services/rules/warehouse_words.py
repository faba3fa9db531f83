"""What is between an order and the warehouse, in sentences for the order page and its seat. Pure.

The kinds of events that the centre writes about it are named here, with what they hold: ids, codes
and counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

from app.services.rules.protocol_words import counted
from app.values.order_number import OrderNumber, grouped
from app.values.warehouse import HandOverKind, WarehouseEventKind


class OrderEventKind(StrEnum):
    """Kinds of order events about the warehouse; stored, so never rename one."""

    HANDED_OVER = "handed_over"
    CHANGE_TAKEN = "change_taken"
    TOO_LATE = "warehouse_too_late"
    REFUSED = "warehouse_refused"
    ALLOCATED = "allocated"
    PICKING = "picking"
    SHIPPED = "shipped"
    SHIPPED_MORE = "shipped_more"
    DELIVERED = "delivered"
    DELIVERY_FAILED = "delivery_failed"
    COULD_NOT_PICK = "could_not_pick"
    RETURNED = "returned_to_sender"
    COMPLETED = "completed"
    COMPLETED_AT_ONCE = "completed_at_once"
    CAPTURE_REFUSED = "capture_refused"


OF_REPORTS = {
    WarehouseEventKind.ALLOCATED: OrderEventKind.ALLOCATED,
    WarehouseEventKind.PICKING: OrderEventKind.PICKING,
    WarehouseEventKind.SHIPPED: OrderEventKind.SHIPPED,
    WarehouseEventKind.DELIVERED: OrderEventKind.DELIVERED,
    WarehouseEventKind.DELIVERY_FAILED: OrderEventKind.DELIVERY_FAILED,
    WarehouseEventKind.COULD_NOT_PICK: OrderEventKind.COULD_NOT_PICK,
    WarehouseEventKind.RETURNED_TO_SENDER: OrderEventKind.RETURNED,
}
"""The event of an order that a report becomes."""

FOR_THE_SEAT = frozenset(OrderEventKind) - {
    OrderEventKind.HANDED_OVER,
    OrderEventKind.CHANGE_TAKEN,
    OrderEventKind.ALLOCATED,
    OrderEventKind.PICKING,
    OrderEventKind.COMPLETED,
    OrderEventKind.COMPLETED_AT_ONCE,
}
"""What the seat that took the order is told of."""

IN_THE_STORY = frozenset(OrderEventKind) - {OrderEventKind.SHIPPED, OrderEventKind.DELIVERED}
"""What the order page tells by its event; parcels are told of by themselves."""

_CHANGES = {
    HandOverKind.NEW: "the order",
    HandOverKind.CHANGED: "the change of the order",
    HandOverKind.CANCELLED: "the cancellation",
}
_SENTENCES = {
    OrderEventKind.HANDED_OVER: "The order was handed to the warehouse.",
    OrderEventKind.CHANGE_TAKEN: "The warehouse took {change} in.",
    OrderEventKind.TOO_LATE: (
        "It was too late for {change}: the warehouse could not do it any more."
    ),
    OrderEventKind.REFUSED: "The warehouse could not take {change}. A person has to look at it.",
    OrderEventKind.ALLOCATED: "The warehouse has set the goods aside.",
    OrderEventKind.PICKING: "The warehouse is picking the goods.",
    OrderEventKind.SHIPPED: "A parcel has left the warehouse.",
    OrderEventKind.SHIPPED_MORE: "The warehouse sent {pieces} more than the order asks for.",
    OrderEventKind.DELIVERED: "A parcel was delivered.",
    OrderEventKind.DELIVERY_FAILED: "A parcel could not be delivered.",
    OrderEventKind.COULD_NOT_PICK: (
        "The warehouse could not pick {pieces}. A person decides what is done."
    ),
    OrderEventKind.RETURNED: "A parcel came back to the warehouse.",
    OrderEventKind.COMPLETED: "The time to return the goods is over: the order is complete.",
    OrderEventKind.COMPLETED_AT_ONCE: "There are no goods to be sent: the order is complete.",
    OrderEventKind.CAPTURE_REFUSED: (
        "The money for what was sent could not be taken. A person has to collect it."
    ),
}


def event_words(kind: str, facts: Mapping[str, Any]) -> str | None:
    """The sentence of an order event; None where it is not about the warehouse."""
    try:
        known = OrderEventKind(kind)
    except ValueError:
        return None
    pieces = facts.get("pieces")
    many = counted(pieces, "piece", "pieces") if isinstance(pieces, int) else "some pieces"
    return _SENTENCES[known].format(change=_change(facts), pieces=many)


def unknown_order(number: str) -> str:
    """Why a report about no order of ours is kept."""
    if not number:
        return "There is no such order here."
    return f"There is no order {_spoken(number)} here."


def surplus_words(pieces: Mapping[str, int], unknown: Collection[str]) -> str:
    """What of a parcel could not be true."""
    said = [
        f"{counted(count, 'piece', 'pieces')} of {what} more than could be sent"
        for what, count in pieces.items()
    ]
    said += [f"{what}, which is not in the order" for what in unknown]
    return f"The parcel holds {'; '.join(said)}."


def _spoken(number: str) -> str:
    return grouped(OrderNumber(number)) if len(number) == 10 and number.isdecimal() else number


def _change(facts: Mapping[str, Any]) -> str:
    try:
        return _CHANGES[HandOverKind(str(facts.get("message", "")))]
    except ValueError:
        return "the order"
