"""Why the centre asks a person to look at an order it took. Pure; words for the lead's screen.

The centre never turns a well-formed order away: what is odd about it becomes reasons.
"""

from __future__ import annotations

from enum import StrEnum


class ReviewReason(StrEnum):
    """What was odd; the order was taken all the same. Stored with the order: never rename one."""

    ADDRESS_MALFORMED = "address_malformed"
    ADDRESS_MISSING = "address_missing"
    CARD_DIGITS_MASKED = "card_digits_masked"
    CLOCK_WRONG = "clock_wrong"
    CURRENCY_MIXED = "currency_mixed"
    CUSTOMER_CHANGED = "customer_changed"
    CUSTOMER_MISSING = "customer_missing"
    CUSTOMER_UNKNOWN = "customer_unknown"
    INCARNATION_UNKNOWN = "incarnation_unknown"
    NO_LINES = "no_lines"
    NUMBER_MALFORMED = "number_malformed"
    NUMBER_NOT_LEASED = "number_not_leased"
    NUMBER_TAKEN = "number_taken"
    ORDER_SENT_TWICE = "order_sent_twice"
    OTHER_SEAT = "other_seat"
    PERSON_DISABLED = "person_disabled"
    PERSON_UNKNOWN = "person_unknown"
    PHONE_MALFORMED = "phone_malformed"
    PRICE_BELOW_ZERO = "price_below_zero"
    PRODUCT_UNKNOWN = "product_unknown"
    PRODUCT_WITHDRAWN = "product_withdrawn"
    SEQUENCE_CLASH = "sequence_clash"
    TOTALS_DIFFER = "totals_differ"


_SENTENCES = {
    ReviewReason.ADDRESS_MALFORMED: "The country of an address is not known.",
    ReviewReason.ADDRESS_MISSING: "There is no delivery address.",
    ReviewReason.CARD_DIGITS_MASKED: "Card digits stood in a text and were masked.",
    ReviewReason.CLOCK_WRONG: "The clock of the desk was wrong.",
    ReviewReason.CURRENCY_MIXED: "Not all amounts are in the currency of the order.",
    ReviewReason.CUSTOMER_CHANGED: "The customer was changed elsewhere during the call.",
    ReviewReason.CUSTOMER_MISSING: "Nobody is named as the customer.",
    ReviewReason.CUSTOMER_UNKNOWN: "The customer was no longer known and was made anew.",
    ReviewReason.INCARNATION_UNKNOWN: "The store of the desk belongs to no enrolment of the seat.",
    ReviewReason.NO_LINES: "The order has no lines.",
    ReviewReason.NUMBER_MALFORMED: "The caller was told a number that cannot be one.",
    ReviewReason.NUMBER_NOT_LEASED: "The caller was told a number that this seat may not give.",
    ReviewReason.NUMBER_TAKEN: "The caller was told a number that belongs to another order.",
    ReviewReason.ORDER_SENT_TWICE: "An order of the same id was sent before, with other contents.",
    ReviewReason.OTHER_SEAT: "The order was taken at another seat than the one that sent it.",
    ReviewReason.PERSON_DISABLED: "The person who took it may no longer sign in.",
    ReviewReason.PERSON_UNKNOWN: "The person who took it is not known.",
    ReviewReason.PHONE_MALFORMED: "The customer's telephone number is not one.",
    ReviewReason.PRICE_BELOW_ZERO: "A price is below zero.",
    ReviewReason.PRODUCT_UNKNOWN: "A product is not in the catalogue.",
    ReviewReason.PRODUCT_WITHDRAWN: "A product is no longer sold.",
    ReviewReason.SEQUENCE_CLASH: "Two commands of the desk have the same place: it may be a copy.",
    ReviewReason.TOTALS_DIFFER: "The total that was told is not what the lines come to.",
}


def sentence_for(reason: str) -> str:
    """The reason in words; a reason of a newer centre is shown as it is."""
    try:
        return _SENTENCES[ReviewReason(reason)]
    except ValueError:
        return reason
