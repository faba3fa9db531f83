"""Everything about one order after it was placed: what the order page shows."""

from __future__ import annotations

from datetime import date

from app.values.identity import (
    ChangeId,
    ContactId,
    DeviceId,
    LineId,
    OrderId,
    PersonId,
    ProductCode,
)
from app.values.money import Money, UnitPrice
from app.values.order_life import ContactOutcome, ContactReason, Fulfilment, IdentityLevel, OrderAct
from app.values.order_number import OrderNumber
from app.values.vocabulary import Channel, ProductKind
from app.wire.message import Instant, Request, ShortText, View
from app.wire.order_changes import ChangeView, Difference, RefundView
from app.wire.orders import OrderView, PlacedOrder


class AskOrderPage(Request, frozen=True, kw_only=True):
    """The page of an order, by its id or by a number that the caller was told."""

    order_id: OrderId | None = None
    number: OrderNumber | None = None


class LineStanding(View, frozen=True, kw_only=True):
    """A line and its counters; also one that is gone (`quantity` 0).

    What is still to come is ordered - cancelled - shipped. `allocated` is what is set aside of
    that. `charged` is what is to be paid for it now, `refunded` what was credited for it.
    """

    line_id: LineId
    position: int
    kind: ProductKind
    code: ProductCode
    description: str
    price: UnitPrice
    quantity: int
    ordered: int
    allocated: int
    back_ordered: int
    shipped: int
    delivered: int
    returned: int
    cancelled: int
    charged: Money
    refunded: Money


class Account(View, frozen=True, kw_only=True):
    """The money of an order. `charged` is what it comes to now, `taken` what was really taken.

    `authorised` is approved and not taken. `returning` is on its way back. Of `to_pay` and
    `to_refund` one is nothing.
    """

    charged: Money
    authorised: Money
    taken: Money
    refunded: Money
    returning: Money
    goodwill: Money
    to_pay: Money
    to_refund: Money


class MayDo(View, frozen=True, kw_only=True):
    """Whether something can be done now; else why not, in a sentence that may be read aloud."""

    act: OrderAct
    obstacle: str = ""


class Happened(View, frozen=True, kw_only=True):
    """One row of the timeline, newest last. `by` empty: the system did it."""

    at: Instant
    kind: str
    sentence: str
    by: str = ""
    seat: str = ""


class VersionSummary(View, frozen=True, kw_only=True):
    """One version of the order."""

    revision: int
    at: Instant
    by: PersonId | None
    total: Money
    promised_on: date | None
    change_id: ChangeId | None = None


class ParcelLine(View, frozen=True, kw_only=True):
    """Pieces of a line in a shipment."""

    line_id: LineId
    quantity: int


class ShipmentView(View, frozen=True, kw_only=True):
    """A shipment as the warehouse told of it; `state` is its word in `values.warehouse`."""

    shipment_id: str
    state: str
    carrier: ShortText = ""
    tracking: ShortText = ""
    lines: tuple[ParcelLine, ...] = ()
    shipped_at: Instant
    delivered_at: Instant | None = None
    note: ShortText = ""


class ContactView(View, frozen=True, kw_only=True):
    """A conversation about the order, or with its customer."""

    contact_id: ContactId
    channel: Channel
    reason: ContactReason | None
    outcome: ContactOutcome | None
    resolved: bool | None
    started_at: Instant
    ended_at: Instant | None
    by: str
    note: str = ""
    level: IdentityLevel = IdentityLevel.NOTHING


class Editing(View, frozen=True, kw_only=True):
    """A colleague who is changing the order just now."""

    by: str
    device_id: DeviceId
    since: Instant


class RecordingGap(View, frozen=True, kw_only=True):
    """A pause of the recording while a card was typed: when, and why it ended."""

    paused_at: Instant
    resumed_at: Instant | None
    ended_as: str = ""


class OrderPage(View, frozen=True, kw_only=True):
    """One order, whole, as the centre holds it."""

    order: OrderView
    fulfilment: Fulfilment
    lines: tuple[LineStanding, ...]
    account: Account
    may: tuple[MayDo, ...]
    versions: tuple[VersionSummary, ...] = ()
    changes: tuple[ChangeView, ...] = ()
    refunds: tuple[RefundView, ...] = ()
    shipments: tuple[ShipmentView, ...] = ()
    contacts: tuple[ContactView, ...] = ()
    gaps: tuple[RecordingGap, ...] = ()
    timeline: tuple[Happened, ...] = ()
    editing: Editing | None = None


class CancelledPieces(View, frozen=True, kw_only=True):
    """Pieces of a line that are not sent any more."""

    description: str
    pieces: int


class VersionOnPaper(View, frozen=True, kw_only=True):
    """What a confirmation says of a changed order; `differences` are those of its last change.

    `returning` is on its way back, to `cards` (last four digits) where they are known, `refunded`
    has gone back.
    """

    revision: int
    changed_at: Instant
    differences: tuple[Difference, ...] = ()
    cancelled: tuple[CancelledPieces, ...] = ()
    returning: Money
    refunded: Money
    cards: tuple[ShortText, ...] = ()
    is_cancelled: bool = False


class PrintOrder(Request, frozen=True, kw_only=True):
    """The confirmation of any order as a PDF file at this desk, as `revision` of it stands."""

    placed: PlacedOrder
    revision: int
    version: VersionOnPaper | None = None
