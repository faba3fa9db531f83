"""Closed sets of words about an order after it has its number.

As in `vocabulary`: a value stands on the wire and in databases, is never changed, only added to.
"""

from __future__ import annotations

from enum import StrEnum


class OrderState(StrEnum):
    """Where a placed order stands at the centre."""

    ACCEPTED = "accepted"
    NEEDS_REVIEW = "needs_review"
    RELEASED = "released"
    """A person looked at it, and it goes on."""
    CANCELLED = "cancelled"


class Fulfilment(StrEnum):
    """How far the warehouse is with an order; the order of the words is that of the way."""

    WAITING = "waiting"
    """The warehouse has not been told of it."""
    ALLOCATED = "allocated"
    """The warehouse has it, and the goods are set aside."""
    PICKING = "picking"
    PART_SHIPPED = "part_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    """Delivered, and nothing more is expected of anybody."""


class OrderAct(StrEnum):
    """What somebody may want to do with an order that was placed."""

    QUANTITY_MORE = "quantity_more"
    QUANTITY_LESS = "quantity_less"
    ADD_LINE = "add_line"
    REMOVE_LINE = "remove_line"
    PRICE = "price"
    ADDRESS = "address"
    BILLING = "billing"
    CONTACT = "contact"
    """The name, telephone number or e-mail that it is about."""
    DATE = "date"
    METHOD = "method"
    NOTES = "notes"
    PAYMENT = "payment"
    CANCEL_LINE = "cancel_line"
    CANCEL_ORDER = "cancel_order"
    UNDO = "undo"
    GOODWILL = "goodwill"
    COLLECT = "collect"
    """Take what is still to be paid."""


class ChangeWhat(StrEnum):
    """What a change of a placed order is."""

    AMENDMENT = "amendment"
    CANCELLATION = "cancellation"
    UNDO = "undo"


class ChangeState(StrEnum):
    """What became of a change that was asked for.

    OPEN: it could not be carried out as it was asked, and a person decides.
    """

    APPLIED = "applied"
    OPEN = "open"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


class CancelReason(StrEnum):
    """Why an order or a line is cancelled."""

    CHANGED_MIND = "changed_mind"
    """Also within the 14 days of the Consumer Contracts Regulations 2013 (reg 29)."""
    ORDERED_BY_MISTAKE = "ordered_by_mistake"
    TAKEN_WRONGLY = "taken_wrongly"
    """It was misheard or mistyped here."""
    TOO_LATE = "too_late"
    OUT_OF_STOCK = "out_of_stock"
    DUPLICATE = "duplicate"
    FRAUD = "fraud"
    PAYMENT = "payment"
    OTHER = "other"


class LedgerPart(StrEnum):
    """What an entry of the ledger is for."""

    LINE = "line"
    DELIVERY = "delivery"
    TAX = "tax"
    GOODWILL = "goodwill"
    """An amount given for an inconvenience; no line was returned for it."""


class LedgerCause(StrEnum):
    """Why an entry stands in the ledger."""

    PLACED = "placed"
    AMENDED = "amended"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    GOODWILL = "goodwill"
    UNDONE = "undone"


class RefundWay(StrEnum):
    """How money goes back; always to where it came from.

    VOID: an authorisation is given back whole. RELEASE: a part of one is simply not taken.
    BY_HAND: a person sends it, because no gateway can (a pay link, an account, a card that the
    gateway refuses).
    """

    VOID = "void"
    RELEASE = "release"
    REFUND = "refund"
    BY_HAND = "by_hand"


class RefundState(StrEnum):
    """Where a refund stands; DUE: it waits for its time, and can be undone."""

    DUE = "due"
    STARTED = "started"
    DONE = "done"
    REFUSED = "refused"
    UNDONE = "undone"


class ContactReason(StrEnum):
    """Why somebody rang."""

    NEW_ORDER = "new_order"
    WHERE_IS_IT = "where_is_it"
    CHANGE = "change"
    CANCEL = "cancel"
    DELIVERY_PROBLEM = "delivery_problem"
    RETURN = "return"
    PAYMENT = "payment"
    PRODUCT_QUESTION = "product_question"
    PROOF_OF_ORDER = "proof_of_order"
    COMPLAINT = "complaint"
    OTHER = "other"


class ContactOutcome(StrEnum):
    """What came of a contact."""

    ORDER_PLACED = "order_placed"
    ORDER_CHANGED = "order_changed"
    ORDER_CANCELLED = "order_cancelled"
    ANSWERED = "answered"
    CALL_BACK_PROMISED = "call_back_promised"
    PASSED_ON = "passed_on"
    NOT_ALLOWED = "not_allowed"
    """Who rang could not show that it is their order, or what they wanted cannot be done."""
    CALL_DROPPED = "call_dropped"


class IdentityFact(StrEnum):
    """What a caller can be asked, to show that an order is theirs."""

    ORDER_NUMBER = "order_number"
    NAME = "name"
    POSTCODE = "postcode"
    HOUSE = "house"
    PHONE = "phone"
    EMAIL = "email"
    ITEM = "item"
    TOTAL = "total"


class IdentityLevel(StrEnum):
    """What may be said to a caller.

    NOTHING: not even whether there is such an order. STATE: how far it is. ALL: also what is
    personal, and it may be changed.
    """

    NOTHING = "nothing"
    STATE = "state"
    ALL = "all"
