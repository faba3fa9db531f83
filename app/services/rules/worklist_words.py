"""Why something waits for a person, and what stands in the way of deciding, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from app.services.rules.parked import Parked
from app.values.order_life import Fulfilment, OrderState
from app.values.worklist import HoldCode, WorkKind

_HOLDS: Mapping[HoldCode, str] = {
    HoldCode.FRAUD: "Stopped: it may be fraud.",
    HoldCode.PAYMENT: "Stopped because of the payment.",
    HoldCode.ADDRESS: "Stopped because of the address.",
    HoldCode.STOCK: "Stopped because of the stock.",
    HoldCode.CUSTOMER_ASKED: "Stopped because the customer asked for it.",
    HoldCode.OTHER: "Stopped by a person.",
}
_KINDS: Mapping[WorkKind, str] = {
    WorkKind.REVIEW: "Something about the order is odd.",
    WorkKind.PAYMENT: "No money is held for this order.",
    WorkKind.CHANGE: "A change could not be carried out as it was asked for.",
    WorkKind.REFUND: "Money has to be sent back by hand.",
    WorkKind.ORPHAN: "Money is held for an order that never came.",
    WorkKind.TWIN: "These two customers may be one.",
    WorkKind.CUSTOMER: "Two calls told different things about this customer.",
}
GOES_ANYWAY = "The warehouse could not stop it: the goods may be on their way."
"""Why an order that is cancelled waits."""
CHANGED_WORDS: Mapping[str, str] = {
    "order_changed": "The order was changed by somebody else meanwhile.",
    "order_shipping": "The parcel was being packed when it was asked for.",
    "order_shipped": "The order had left when it was asked for.",
    "order_unknown": "The order that it changes has not come yet.",
    "needs_lead": "A lead has to agree to the price.",
    "payment_short": "The money for it is not held.",
    "change_sent_twice": "Another change was sent under the same id before.",
    "line_reused": "It makes another product of a line. Take the line off and add the other.",
    "line_unknown": "A line of it is no longer part of the order.",
    "not_permitted": "Who asked for it may not change orders.",
    "number_differs": "It names another order number than the order has.",
    "order_cancelled": "The order was cancelled before.",
    "order_emptied": "Nothing would be left of the order: it may be meant as a cancellation.",
    "payment_open": "The bank had not answered yet.",
    "pieces_left": "Some of the pieces had left when it was asked for.",
    "too_many_pieces": "More pieces were to go than the order has.",
    "undo_goods_moved": "Goods had moved since the change that was to be taken back.",
    "undo_money_moved": "Money had moved for the change that was to be taken back.",
    "undo_nothing": "The change that was to be taken back is not the last one.",
    "undo_too_late": "It was too late to take the change back.",
    "version_unknown": "An earlier change of the order has not come yet.",
}
"""Codes of obstacles as they stand with a change that waits."""


def why_waits(kind: WorkKind, code: HoldCode | None, bank_said: str) -> tuple[str, ...]:
    """One sentence, and what the bank said of a refund that it turned down."""
    first = _HOLDS[code] if kind is WorkKind.HOLD and code is not None else _KINDS.get(kind, "")
    return tuple(filter(None, (first, bank_said)))


def card_taken(brand: str, last_four: str, seat: str, person: str) -> str:
    """Which card, and where it was taken: `Visa ending 4242, taken by Ada at Desk 12`."""
    card = f"{brand.capitalize() or 'Card'} ending {last_four}" if last_four else "A card"
    return f"{card}, taken by {person} at {seat}."


def hints_for(parked: Parked) -> tuple[str, ...]:
    """What is not offered, and why."""
    found = []
    if parked.hold is not None and parked.state is OrderState.NEEDS_REVIEW:
        found.append("It can be released once the hold is lifted.")
    if parked.is_unpaid and parked.hold is None:
        found.append("It goes out once money is held for it, or somebody answers for that.")
    if parked.goes_anyway:
        return ("What was paid goes back all the same: call the customer, who may get the goods.",)
    if parked.fulfilment is Fulfilment.PICKING:
        found.append("The parcel is being packed, so it can no longer be rejected.")
    return tuple(found)
