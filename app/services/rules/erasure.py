"""What is left of orders and conversations when a person's data are erased, and why. Pure.

The number, what was bought, the money and how it was read back stay: without names they are about
nobody. While tax records have to be kept, so do the names and addresses on them (Art. 17(3)(b) of
the UK GDPR); everything else goes at once.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeVar

from msgspec.structs import replace

from app.services.rules.regions import RegionRules
from app.values.contact import PostalAddress
from app.values.order_life import Fulfilment, OrderState
from app.values.privacy import Reach
from app.values.vocabulary import CheckpointKind
from app.wire.order_changes import Amendment, Cancellation, OrderChange
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.payments import PayLink
from app.wire.read_back import (
    Asked,
    ClosedCall,
    Confirmed,
    Corrected,
    NotMatched,
    Overridden,
    ReadBackEntry,
    Told,
)

ERASED_NAME = "Erased"
_ABOUT_A_PERSON = {
    CheckpointKind.CUSTOMER.value,
    CheckpointKind.DELIVERY.value,
    CheckpointKind.BILLING.value,
}
_OVER = {Fulfilment.DELIVERED, Fulfilment.COMPLETED}

D = TypeVar("D", PlacedOrder, Amendment)


def is_over(state: OrderState, fulfilment: Fulfilment) -> bool:
    """Whether nothing is to be sent or decided any more."""
    return state is OrderState.CANCELLED or fulfilment in _OVER


def kept_until(placed_at: datetime, rules: RegionRules) -> date:
    """The last day on which the tax records of an order have to be there: the end of a year."""
    year = placed_at.astimezone(rules.time_zone).year
    return date(year + rules.tax_years, 12, 31)


def reach_of(placed_at: datetime, today: date, rules: RegionRules) -> Reach:
    """How much of an order may go today."""
    return Reach.ALL if today > kept_until(placed_at, rules) else Reach.BUT_INVOICE


def erased_order(placed: PlacedOrder, reach: Reach) -> PlacedOrder:
    """A version of an order without what is erased."""
    return _erased(placed, reach)


def erased_change(change: OrderChange, reach: Reach) -> OrderChange:
    """A change as it was asked for, without what is erased."""
    what = change.what
    if isinstance(what, Amendment):
        return replace(change, what=_erased(what, reach))
    if isinstance(what, Cancellation):
        return replace(change, what=replace(what, note=""))
    return change


def erased_closing(closed: ClosedCall) -> ClosedCall:
    """The end of a call without what was noted of it."""
    return replace(closed, note="", entries=tuple(map(erased_entry, closed.entries)))


def erased_entry(entry: ReadBackEntry) -> ReadBackEntry:
    """An entry of a read-back: that it was asked and agreed stays, not what was said."""
    match entry:
        case Asked() | Told():
            return replace(entry, said="")
        case Confirmed():
            parts = entry.parts
            if entry.checkpoint in _ABOUT_A_PERSON:
                parts = tuple(replace(part, value="") for part in parts)
            return replace(entry, parts=parts, heard="")
        case NotMatched():
            return replace(entry, heard="")
        case Corrected():
            if entry.checkpoint in _ABOUT_A_PERSON:
                return replace(entry, old="", new="", note="")
            return replace(entry, note="")
        case _:
            return replace(entry, reason="") if isinstance(entry, Overridden) else entry


def _erased(holder: D, reach: Reach) -> D:
    return replace(
        holder,
        document=_erased_document(holder.document, reach),
        read_back=tuple(map(erased_entry, holder.read_back)),
        links=tuple(map(_erased_link, holder.links)),
    )


def _erased_document(document: OrderDocument, reach: Reach) -> OrderDocument:
    customer = document.customer
    if customer is not None:
        name = customer.name if reach is Reach.BUT_INVOICE else ERASED_NAME
        customer = replace(customer, name=name, phone="", email=None)
    return replace(
        document,
        caller_number="",
        customer=customer,
        deliver_to=_erased_address(document.deliver_to, reach),
        bill_to=_erased_address(document.bill_to, reach),
        delivery=replace(document.delivery, instructions="", gift_message=""),
        internal_note="",
    )


def _erased_address(address: PostalAddress | None, reach: Reach) -> PostalAddress | None:
    if address is None or reach is Reach.BUT_INVOICE:
        return address
    return PostalAddress(country=address.country, area=address.area, name=ERASED_NAME)


def _erased_link(link: PayLink) -> PayLink:
    return replace(link, send_to="", url="")
