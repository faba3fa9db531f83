"""Why the centre asks a person to look at an order it took. Pure; words for the lead's screen.

The centre never turns a well-formed order away: what is odd about it becomes reasons. A reason may
have a subject behind a colon: `read_back_open:price`, `read_back_open:2` for the second line.
"""

from __future__ import annotations

from enum import StrEnum

from app.values.order_number import OrderNumber, grouped
from app.values.vocabulary import CheckpointKind


class ReviewReason(StrEnum):
    """What was odd; the order was taken all the same. Stored with the order: never rename one."""

    ADDRESS_MALFORMED = "address_malformed"
    ADDRESS_MISSING = "address_missing"
    CARD_DIGITS_MASKED = "card_digits_masked"
    CLOCK_WRONG = "clock_wrong"
    COULD_NOT_PICK = "could_not_pick"
    CURRENCY_MIXED = "currency_mixed"
    CUSTOMER_CHANGED = "customer_changed"
    CUSTOMER_MISSING = "customer_missing"
    CUSTOMER_UNKNOWN = "customer_unknown"
    GUIDANCE_UNKNOWN = "guidance_unknown"
    INCARNATION_UNKNOWN = "incarnation_unknown"
    LINK_EXPIRED = "link_expired"
    NEAR_DUPLICATE = "near_duplicate"
    NOT_ON_ACCOUNT = "not_on_account"
    NO_LINES = "no_lines"
    NUMBER_MALFORMED = "number_malformed"
    NUMBER_NOT_LEASED = "number_not_leased"
    NUMBER_TAKEN = "number_taken"
    ORDER_GIVEN_UP = "order_given_up"
    ORDER_SENT_TWICE = "order_sent_twice"
    OTHER_SEAT = "other_seat"
    OVERRIDE_UNPROVED = "override_unproved"
    PAID_TWICE = "paid_twice"
    PARCEL_RETURNED = "parcel_returned"
    PAYMENT_OVER = "payment_over"
    PAYMENT_SHORT = "payment_short"
    PAYMENT_UNPROVED = "payment_unproved"
    PAYMENT_VOIDED = "payment_voided"
    PERSON_DISABLED = "person_disabled"
    PERSON_UNKNOWN = "person_unknown"
    PHONE_MALFORMED = "phone_malformed"
    PRICE_BELOW_ZERO = "price_below_zero"
    PRODUCT_UNKNOWN = "product_unknown"
    PRODUCT_WITHDRAWN = "product_withdrawn"
    READ_BACK_MISSING = "read_back_missing"
    READ_BACK_OPEN = "read_back_open"
    SECOND_PERSON = "second_person"
    SEQUENCE_CLASH = "sequence_clash"
    STOCK_SHORT = "stock_short"
    TOTALS_DIFFER = "totals_differ"
    WAREHOUSE_REFUSED = "warehouse_refused"
    WAREHOUSE_TOO_LATE = "warehouse_too_late"

    def about(self, subject: str) -> str:
        """The reason with what it is about."""
        return f"{self.value}{_BEHIND}{subject}"


OF_THE_WAREHOUSE = frozenset(
    {
        ReviewReason.COULD_NOT_PICK,
        ReviewReason.PARCEL_RETURNED,
        ReviewReason.WAREHOUSE_REFUSED,
        ReviewReason.WAREHOUSE_TOO_LATE,
    }
)
"""Reasons that an event of the order tells at greater length."""

_BEHIND = ":"
MORE = "more"
"""Subject of READ_BACK_OPEN, with a number behind it: so many more that are not named."""


_SENTENCES = {
    ReviewReason.ADDRESS_MALFORMED: "The country of an address is not known.",
    ReviewReason.ADDRESS_MISSING: "There is no delivery address.",
    ReviewReason.CARD_DIGITS_MASKED: "Card digits stood in a text and were masked.",
    ReviewReason.CLOCK_WRONG: "The clock of the desk was wrong.",
    ReviewReason.COULD_NOT_PICK: "The warehouse could not pick all of it: decide what is done.",
    ReviewReason.CURRENCY_MIXED: "Not all amounts are in the currency of the order.",
    ReviewReason.CUSTOMER_CHANGED: "The customer was changed elsewhere during the call.",
    ReviewReason.CUSTOMER_MISSING: "Nobody is named as the customer.",
    ReviewReason.CUSTOMER_UNKNOWN: "The customer was no longer known and was made anew.",
    ReviewReason.GUIDANCE_UNKNOWN: "The checklists it was read back by are not known here.",
    ReviewReason.INCARNATION_UNKNOWN: "The store of the desk belongs to no enrolment of the seat.",
    ReviewReason.LINK_EXPIRED: "The pay link ran out before the order was paid.",
    ReviewReason.NEAR_DUPLICATE: "A very similar order of the customer came shortly before.",
    ReviewReason.NOT_ON_ACCOUNT: "The customer has no account, so no invoice may be sent.",
    ReviewReason.NO_LINES: "The order has no lines.",
    ReviewReason.NUMBER_MALFORMED: "The caller was told a number that cannot be one.",
    ReviewReason.NUMBER_NOT_LEASED: "The caller was told a number that this seat may not give.",
    ReviewReason.NUMBER_TAKEN: "The caller was told a number that belongs to another order.",
    ReviewReason.ORDER_GIVEN_UP: "The desk had given this order up, and its payment with it.",
    ReviewReason.ORDER_SENT_TWICE: "An order of the same id was sent before, with other contents.",
    ReviewReason.OTHER_SEAT: "The order was taken at another seat than the one that sent it.",
    ReviewReason.OVERRIDE_UNPROVED: "A lead's word for the read-back was not given at the centre.",
    ReviewReason.PAID_TWICE: "The pay link was paid twice: one payment is to be given back.",
    ReviewReason.PARCEL_RETURNED: "A parcel came back: refund it, or send it again.",
    ReviewReason.PAYMENT_OVER: "More is authorised or paid than the order asks for.",
    ReviewReason.PAYMENT_SHORT: "Less is authorised or paid than the order comes to.",
    ReviewReason.PAYMENT_UNPROVED: "The desk tells of a payment that the bank has not confirmed.",
    ReviewReason.PAYMENT_VOIDED: "The card payment was given back before the order came.",
    ReviewReason.PERSON_DISABLED: "The person who took it may no longer sign in.",
    ReviewReason.PERSON_UNKNOWN: "The person who took it is not known.",
    ReviewReason.PHONE_MALFORMED: "The customer's telephone number is not one.",
    ReviewReason.PRICE_BELOW_ZERO: "A price is below zero.",
    ReviewReason.PRODUCT_UNKNOWN: "A product is not in the catalogue.",
    ReviewReason.PRODUCT_WITHDRAWN: "A product is no longer sold.",
    ReviewReason.READ_BACK_MISSING: "The order was not read back.",
    ReviewReason.READ_BACK_OPEN: "The read-back does not match the order.",
    ReviewReason.SECOND_PERSON: "Somebody who did not take it has to look at such an order.",
    ReviewReason.SEQUENCE_CLASH: "Two commands of the desk have the same place: it may be a copy.",
    ReviewReason.STOCK_SHORT: "There is less in stock than was ordered; the rest is on back order.",
    ReviewReason.TOTALS_DIFFER: "The total that was told is not what the lines come to.",
    ReviewReason.WAREHOUSE_REFUSED: "The warehouse cannot take the order as it is.",
    ReviewReason.WAREHOUSE_TOO_LATE: "The last change came too late for the warehouse.",
}


_PLACES: dict[str, str] = {
    CheckpointKind.CUSTOMER: "the customer",
    CheckpointKind.PRICE: "the prices",
    CheckpointKind.DELIVERY: "the delivery address",
    CheckpointKind.BILLING: "the billing address",
    CheckpointKind.ARRIVAL: "the delivery date",
    CheckpointKind.RIGHTS: "the rights",
    CheckpointKind.OBLIGATION: "the order to pay",
}


def sentence_for(reason: str) -> str:
    """The reason in words; a reason of a newer centre is shown as it is."""
    word, _, subject = reason.partition(_BEHIND)
    try:
        known = ReviewReason(word)
    except ValueError:
        return reason
    if known is ReviewReason.READ_BACK_OPEN and subject:
        return f"The read-back of {_place(subject)} does not match the order."
    if known is ReviewReason.NEAR_DUPLICATE and subject:
        return f"A very similar order came shortly before: {grouped(OrderNumber(subject))}."
    if known is ReviewReason.STOCK_SHORT and subject:
        return f"Of {_place(subject)} there is less in stock than was ordered; the rest follows."
    return _SENTENCES[known]


def _place(subject: str) -> str:
    """What was read back: a line by its position, an item of a checklist by its key."""
    kind, _, rest = subject.partition(_BEHIND)
    if kind.isdecimal():
        return f"line {kind}"
    if kind == MORE:
        return f"{rest} more item" if rest == "1" else f"{rest} more items"
    if kind == CheckpointKind.EXTRA:
        return f"the item {rest}"
    return _PLACES.get(kind, kind)
