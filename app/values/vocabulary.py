"""Closed sets of words that messages and tables both use.

A word's value is what stands on the wire and in the databases: it is never changed, only added to.
"""

from __future__ import annotations

from enum import StrEnum


class ProductKind(StrEnum):
    """Goods are picked in the warehouse; a charge (postage, carriage, manual) is only money."""

    GOODS = "goods"
    CHARGE = "charge"


class TaxCategory(StrEnum):
    """Which rate of the region applies."""

    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO = "zero"


class Channel(StrEnum):
    """How the order reached us."""

    PHONE = "phone"
    FAX = "fax"
    EMAIL = "email"
    POST = "post"
    COUNTER = "counter"
    WEB_CART = "web_cart"


class Region(StrEnum):
    """Whose law, tax and delivery rules apply; one file each in resources/regions."""

    GB = "gb"
    US = "us"


class DraftState(StrEnum):
    """Where a document at the desk stands."""

    OPEN = "open"
    PARKED = "parked"
    VOIDED = "voided"
    PLACED = "placed"


class Role(StrEnum):
    """What a person is; one role each."""

    CSR = "csr"
    TEAM_LEAD = "team_lead"
    ADMINISTRATOR = "administrator"


class ChangeKind(StrEnum):
    """What a desk keeps a copy of."""

    PRODUCT = "product"
    TOWN = "town"
    POLICY = "policy"
    GUIDANCE = "guidance"


class CommandKind(StrEnum):
    """What a desk may send; the body's type follows from it."""

    PLACE_ORDER = "order.place"
    CLOSE_CALL = "call.close"


class OrderType(StrEnum):
    """What kind of order it is; checklists and rights depend on it."""

    NEW = "new"
    REORDER = "reorder"
    GIFT = "gift"
    TRADE = "trade"
    AMENDMENT = "amendment"


class Priority(StrEnum):
    """How soon the order has to be seen to."""

    NORMAL = "normal"
    URGENT = "urgent"


class PaymentMethod(StrEnum):
    """How the order is paid for; LATER: it is collected after the call."""

    CARD = "card"
    INVOICE = "invoice"
    LATER = "later"


class CheckpointKind(StrEnum):
    """What a checkpoint of the read-back covers, in the order of the talk."""

    CUSTOMER = "customer"
    LINE = "line"
    PRICE = "price"
    DELIVERY = "delivery"
    BILLING = "billing"
    ARRIVAL = "arrival"
    RIGHTS = "rights"
    EXTRA = "extra"
    OBLIGATION = "obligation"


class AnsweredBy(StrEnum):
    """Who confirms: the caller, or the CSR against a paper (fax, letter, e-mail, web cart)."""

    CALLER = "caller"
    PAPER = "paper"


class How(StrEnum):
    """How a checkpoint was confirmed."""

    CALLER_SPOKE = "caller_spoke"
    CALLER_AGREED = "caller_agreed"
    ON_PAPER = "on_paper"


class CorrectionCause(StrEnum):
    """Why the record was wrong; misheard and mistyped count against accuracy."""

    MISHEARD = "misheard"
    MISTYPED = "mistyped"
    CHANGED_MIND = "changed_mind"
    CATALOGUE = "catalogue"
    OTHER = "other"


class ClosingStep(StrEnum):
    """What is said before hanging up, in its order."""

    NUMBER_GIVEN = "number_given"
    NUMBER_SAID_BACK = "number_said_back"
    CONFIRMATION = "confirmation"
    IF_LATE = "if_late"
    ANYTHING_ELSE = "anything_else"


class CallOutcome(StrEnum):
    """How a call ended."""

    ORDER_PLACED = "order_placed"
    CALL_BACK_PROMISED = "call_back_promised"
    COMPLAINT_OPENED = "complaint_opened"
    CALL_DROPPED = "call_dropped"
