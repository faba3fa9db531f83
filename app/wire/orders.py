"""The order document: one frozen value from the first key press to the warehouse.

At the desk it is a draft, then a placed order; at the centre it becomes rows. The read-back is
rendered from it, totals are computed from it, and nothing about an order lives anywhere else.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from app.values.contact import PostalAddress
from app.values.identity import (
    ContactId,
    CustomerId,
    DeviceId,
    LineId,
    OrderId,
    PersonId,
    ProductCode,
)
from app.values.money import Currency, Money, UnitPrice
from app.values.order_life import OrderAct
from app.values.order_number import OrderNumber
from app.values.vocabulary import (
    Channel,
    Handing,
    OrderType,
    PaymentMethod,
    Priority,
    ProductKind,
    Region,
    TaxCategory,
)
from app.wire.message import FreeText, Instant, PageRows, Quantity, Request, ShortText, View
from app.wire.payments import CardAttempt, PayLink, Payments
from app.wire.read_back import ClosedCall, ReadBackEntry

LINES_MOST = 5_000
LastFour = Annotated[str, Meta(pattern=r"^[0-9]{4}$")]


class OrderCustomer(View, frozen=True, kw_only=True):
    """Who orders. A new customer's id is made at the desk; `base_revision` is None for them.

    `no_phone`: asked for a number, they have none or give none. `on_account`: they may pay by
    invoice.
    """

    customer_id: CustomerId
    base_revision: int | None = None
    name: ShortText = ""
    phone: ShortText = ""
    no_phone: bool = False
    email: ShortText | None = None
    text_relay: bool = False
    on_account: bool = False


class OrderLine(View, frozen=True, kw_only=True, omit_defaults=True):
    """One line, with the price the caller was told; on the wire without what is as usual.

    `list_price` and `price_version` say what the list held at `quoted_at`; where `told_price`
    differs, `told_reason` says why. A charge (carriage, manual) is a line of kind CHARGE.
    `must_say`: what tells the product from one it could be taken for, and the caller has to speak.
    Of the quantity, `back_ordered` pieces follow later, about `back_order_on` where a day is known.
    """

    line_id: LineId
    kind: ProductKind = ProductKind.GOODS
    code: ProductCode
    description: FreeText
    quantity: Quantity
    list_price: UnitPrice
    price_version: int
    told_price: UnitPrice
    told_reason: ShortText = ""
    tax_category: TaxCategory = TaxCategory.STANDARD
    quoted_at: Instant
    must_say: ShortText = ""
    back_ordered: Annotated[int, Meta(ge=0)] = 0
    back_order_on: date | None = None

    @property
    def total(self) -> Money:
        """Quantity times told price, rounded half up once."""
        return self.told_price.times(self.quantity)


class Delivery(View, frozen=True, kw_only=True):
    """How the goods travel; `method` names a delivery method of the region."""

    method: ShortText = ""
    label: ShortText = ""
    charge: Money
    promised_on: date | None = None
    instructions: FreeText = ""
    gift_message: FreeText = ""


class ProductPieces(View, frozen=True, kw_only=True):
    """So many pieces of a product."""

    code: ProductCode
    pieces: int


class LineBefore(View, frozen=True, kw_only=True):
    """A line as it stood before a change; of its pieces `shipped` are gone already."""

    line_id: LineId
    description: FreeText
    quantity: int
    shipped: int = 0


class Locked(View, frozen=True, kw_only=True):
    """What cannot be changed any more, and why, in a sentence."""

    act: OrderAct
    sentence: str


class Amends(View, frozen=True, kw_only=True):
    """What a draft is a change of: an order that has its number, as it stood at `revision`.

    `total` is what it came to then, `held` what is paid or authorised of it (less what was given
    back), `last_fours` are of the cards that hold it, `allocated` what is set aside for it
    or shipped already. `lines` are those of then, `sha256` is of the document as it began: while it
    is the same nothing was changed. `locked` is what the centre said then; it decides anew.
    `also_by` is who else was changing the order, `is_last_known` that nobody could ask the centre.
    """

    order_id: OrderId
    number: OrderNumber
    revision: int
    total: Money
    held: Money
    last_fours: tuple[LastFour, ...] = ()
    promised_on: date | None = None
    allocated: tuple[ProductPieces, ...] = ()
    lines: tuple[LineBefore, ...] = ()
    locked: tuple[Locked, ...] = ()
    sha256: str = ""
    also_by: ShortText = ""
    is_last_known: bool = False


class OrderDocument(View, frozen=True, kw_only=True):
    """An order while it is taken and after. `bill_to` None means: same as delivery.

    `amends`: this is no new order but a change of one; drafts have it, and amendments on their way.
    """

    order_id: OrderId
    region: Region
    currency: Currency
    channel: Channel = Channel.PHONE
    order_type: OrderType = OrderType.NEW
    priority: Priority = Priority.NORMAL
    payment: PaymentMethod = PaymentMethod.LATER
    taken_by: PersonId
    device_id: DeviceId
    started_at: Instant
    caller_number: ShortText = ""
    customer: OrderCustomer | None = None
    deliver_to: PostalAddress | None = None
    bill_to: PostalAddress | None = None
    delivery: Delivery
    lines: Annotated[tuple[OrderLine, ...], Meta(max_length=LINES_MOST)] = ()
    internal_note: FreeText = ""
    amends: Amends | None = None

    @property
    def taken_off(self) -> tuple[LineBefore, ...]:
        """The lines that a change takes off the order."""
        if self.amends is None:
            return ()
        kept = {line.line_id for line in self.lines}
        return tuple(line for line in self.amends.lines if line.line_id not in kept)


class Totals(View, frozen=True, kw_only=True):
    """What the order comes to. `tax_included`: tax is inside `total` (GB), else added (US)."""

    goods: Money
    delivery: Money
    tax: Money
    tax_included: bool
    total: Money


class SaveDraft(Request, frozen=True, kw_only=True):
    """Keep the document as it now stands; the last save wins, each order has one writer."""

    document: OrderDocument


class DraftSaved(View, frozen=True, kw_only=True):
    """It is on disk."""

    saved_at: Instant


class CallBack(View, frozen=True, kw_only=True, omit_defaults=True):
    """When to call back about a parked draft, where, and what to know then; all may be open."""

    at: Instant | None = None
    phone: ShortText = ""
    note: Annotated[str, Meta(max_length=1_000)] = ""


class HandedAway(View, frozen=True, kw_only=True):
    """To whom a draft was given, and since when; `by_name` is who took it."""

    state: Handing
    to_name: str
    at: Instant
    by_name: str = ""


class ListDrafts(Request, frozen=True, kw_only=True):
    """Drafts of this seat, the most urgent first."""

    limit: PageRows = 50


class DraftSummary(View, frozen=True, kw_only=True):
    """One draft in a line; `call_back` where it is parked, `handed` where it was given away.

    `changes` is the number of the order that it is a change of.
    """

    order_id: OrderId
    customer_name: str
    line_count: int
    total: Money
    saved_at: Instant
    taken_by: PersonId
    call_back: CallBack | None = None
    handed: HandedAway | None = None
    changes: OrderNumber | None = None


class Drafts(View, frozen=True, kw_only=True):
    """Overdue call backs first, then those to come, the newest of the others, those given away.

    Beside them orders that were placed while their number was never shown.
    """

    drafts: tuple[DraftSummary, ...]
    number_not_given: tuple[PlacedOrder, ...] = ()


class OpenDraft(Request, frozen=True, kw_only=True):
    """A draft to go on with."""

    order_id: OrderId


class VoidDraft(Request, frozen=True, kw_only=True):
    """Give a draft up; it is kept for the record."""

    order_id: OrderId
    reason: ShortText


class PlaceOrder(Request, frozen=True, kw_only=True):
    """Place the document exactly as it is given here.

    `not_duplicate_of` are like orders that the caller was asked about: they want this one too.
    """

    document: OrderDocument
    not_duplicate_of: tuple[OrderId, ...] = ()


class PlacedOrder(View, frozen=True, kw_only=True):
    """An order with its number: what is printed, and what the centre receives.

    `read_back` is the record until then; `guidance` the revision of the checklists it went by.
    `attempts` and `links` are what the seat knew of the payment, `not_duplicate_of` the like orders
    that the caller was asked about, `contact_id` the conversation it was taken in.
    """

    number: OrderNumber
    document: OrderDocument
    totals: Totals
    placed_at: Instant
    placed_by: PersonId
    guidance: int = 0
    read_back: tuple[ReadBackEntry, ...] = ()
    attempts: tuple[CardAttempt, ...] = ()
    links: tuple[PayLink, ...] = ()
    not_duplicate_of: tuple[OrderId, ...] = ()
    contact_id: ContactId | None = None


class NumberShown(Request, frozen=True, kw_only=True):
    """The number has been on screen: from here on the caller may have heard it."""

    order_id: OrderId


class MakePaper(Request, frozen=True, kw_only=True):
    """The confirmation of a placed order as a PDF file at this desk."""

    order_id: OrderId
    copy: bool = False


class Paper(View, frozen=True, kw_only=True):
    """A PDF on disk; `sha256` is of its bytes, in hex."""

    path: str
    sha256: str


class PersonNamed(View, frozen=True, kw_only=True):
    """Who somebody in the record of an order is."""

    person_id: PersonId
    name: str


class OrderView(View, frozen=True, kw_only=True):
    """A placed order as the centre holds it; `closed` once the call about it was ended.

    `people` are all who appear in it, as far as they are known.
    """

    placed: PlacedOrder
    revision: int
    state: str
    review_reasons: tuple[str, ...] = ()
    closed: ClosedCall | None = None
    payments: Payments = Payments()
    people: tuple[PersonNamed, ...] = ()
