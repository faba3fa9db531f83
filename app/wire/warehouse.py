"""What the centre and a warehouse tell each other; every field is described in docs/warehouse.md.

A hand-over goes out as a signed webhook or as a file; reports come back as signed requests, as
files, or by hand. The warehouse is told what it needs to send goods, and nothing about money.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from app.values.contact import PostalAddress
from app.values.identity import LineId, OrderId, ProductCode
from app.values.order_number import OrderNumber
from app.values.vocabulary import Priority, Region
from app.values.warehouse import (
    EventOutcome,
    HandOverKind,
    WarehouseAnswer,
    WarehouseEventKind,
)
from app.wire.message import FreeText, Instant, Quantity, Request, ShortText, View

EVENTS_MOST = 500
"""Reports in one request."""
PARCEL_LINES_MOST = 5_000
LONGEST_ID = 100

OwnId = Annotated[str, Meta(min_length=1, max_length=LONGEST_ID, pattern=r"^[\x21-\x7e]+$")]
"""An id that the warehouse makes: printable ASCII without blanks."""


class GoodsLine(View, frozen=True, kw_only=True):
    """Pieces of a product that are to be sent, those that were sent before among them.

    Of the quantity, `back_ordered` pieces are not in stock yet, and follow about `back_order_on`.
    """

    line_id: LineId
    position: int
    code: ProductCode
    description: str
    quantity: int
    back_ordered: int = 0
    back_order_on: date | None = None


class GoodsOrder(View, frozen=True, kw_only=True):
    """An order as the warehouse has to send it. `version` grows with each change.

    A cancelled order has no lines. `deliver_to` None: it is fetched at the counter.
    """

    order_id: OrderId
    number: OrderNumber
    version: int
    region: Region
    priority: Priority
    placed_at: Instant
    promised_on: date | None
    deliver_to: PostalAddress | None
    phone: str
    method: str
    method_label: str
    instructions: str
    gift_message: str
    lines: tuple[GoodsLine, ...]


class HandOver(View, frozen=True, kw_only=True):
    """One message to the warehouse: the body of a webhook, the content of a JSON file.

    The same `id` is the same message, however often it comes; it also stands in `webhook-id`.
    """

    id: str
    type: HandOverKind
    timestamp: Instant
    order: GoodsOrder


class HandOverAnswer(View, frozen=True, kw_only=True):
    """What a warehouse answers to a webhook. Only an answer that names the message counts."""

    id: str
    answer: WarehouseAnswer
    sentence: FreeText = ""


class PickedLine(Request, frozen=True, kw_only=True):
    """Pieces of a line, named by its id or by the product's code; the id holds where both are."""

    line_id: LineId | None = None
    code: ShortText = ""
    quantity: Quantity


class WarehouseEvent(Request, frozen=True, kw_only=True):
    """One thing that happened in the warehouse or on the way; `id` is the warehouse's own.

    The order is named by id or number. `shipment` names a parcel or more that travel together.
    `lines` are the pieces in it, or those that could not be picked. `answers` is the id of the
    message that an answer is to. `reason` and `note` are words for people.
    """

    id: OwnId
    kind: WarehouseEventKind
    at: Instant
    order_id: OrderId | None = None
    number: ShortText = ""
    shipment: Annotated[str, Meta(max_length=LONGEST_ID)] = ""
    carrier: ShortText = ""
    tracking: ShortText = ""
    lines: Annotated[tuple[PickedLine, ...], Meta(max_length=PARCEL_LINES_MOST)] = ()
    answers: ShortText = ""
    reason: ShortText = ""
    note: ShortText = ""


class ReportFromWarehouse(Request, frozen=True, kw_only=True):
    """What happened since the last report; in any order, and as often as need be."""

    events: Annotated[tuple[WarehouseEvent, ...], Meta(min_length=1, max_length=EVENTS_MOST)]


class EventTaken(View, frozen=True, kw_only=True):
    """What became of one event, in a word and, where it was not simply taken, in a sentence."""

    id: str
    outcome: EventOutcome
    sentence: str = ""


class ReportTaken(View, frozen=True, kw_only=True):
    """What became of each event, in their order. All of them are kept: none need come again."""

    events: tuple[EventTaken, ...]


class ReportShipment(Request, frozen=True, kw_only=True):
    """The same by hand: a lead says what happened, because the warehouse cannot."""

    event: WarehouseEvent
