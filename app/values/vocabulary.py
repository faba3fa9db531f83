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


class Handing(StrEnum):
    """Where a draft stands that this desk gives to a colleague.

    OFFERING: the centre was asked and has not answered. TAKEN: it is the colleague's.
    """

    OFFERING = "offering"
    OFFERED = "offered"
    TAKEN = "taken"


class HandoverState(StrEnum):
    """Where a hand-over stands at the centre; after the first it changes no more.

    EXPIRED: nobody took it in time, and it is the giver's again.
    """

    OFFERED = "offered"
    CLAIMED = "claimed"
    TAKEN_BACK = "taken_back"
    EXPIRED = "expired"


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
    STOCK = "stock"
    ORDER = "order"


class CommandKind(StrEnum):
    """What a desk may send; the body's type follows from it."""

    PLACE_ORDER = "order.place"
    CLOSE_CALL = "call.close"
    GIVE_UP_ORDER = "order.give_up"
    CHANGE_ORDER = "order.change"
    NOTE_CONTACT = "contact.note"


class CommandState(StrEnum):
    """Where a command stands on its way to the centre; nothing is ever taken out by the desk alone.

    The first five follow each other. The last three need a person: the centre has it and
    someone must look, the centre fails on it again and again, or the centre cannot read it.
    """

    CAPTURED = "captured"
    PENDING = "pending"
    SENDING = "sending"
    ACKED = "acked"
    SETTLED = "settled"
    NEEDS_REVIEW = "needs_review"
    STUCK = "stuck"
    QUARANTINED = "quarantined"


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
    """How the order is paid for; INVOICE: on account; LATER: it is collected after the call."""

    CARD = "card"
    PAY_LINK = "pay_link"
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


class PauseState(StrEnum):
    """Where a pause lease stands at the centre."""

    PAUSING = "pausing"
    HELD = "held"
    RESUMING = "resuming"
    ENDED = "ended"


class PauseEnd(StrEnum):
    """Why a pause of the recording ended; the first eight are said by the desk."""

    SUBMITTED = "submitted"
    CANCELLED = "cancelled"
    IDLE = "idle"
    LONGEST = "longest"
    WINDOW = "window"
    """Another window came in front, the desk was locked, or its window was closed."""
    CALL_CHANGED = "call_changed"
    DOUBT = "doubt"
    """The desk could not be sure that the recording was still paused."""
    NOT_PAUSED = "not_paused"
    """The desk never heard that it was paused."""
    REFUSED = "refused"
    """A recorder did not confirm."""
    EXPIRED = "expired"
    HANGUP = "hangup"


class ConfirmedBy(StrEnum):
    """How a recorder's word was checked, the surest first."""

    STATE = "state"
    EVENT = "event"
    ANSWER = "answer"


class RecorderState(StrEnum):
    """What a recorder says of itself."""

    PAUSED = "paused"
    RECORDING = "recording"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class CallEventKind(StrEnum):
    """What happens to a call while its recording is paused."""

    HANGUP = "hangup"
    TRANSFER = "transfer"
    HOLD = "hold"
    RETRIEVED = "retrieved"
    RECORDER_STARTED = "recorder_started"
    """One more recorder began, and was paused at once."""
    RECORDER_LOST = "recorder_lost"
    """A recorder, or the line to it, went away or could not be paused again."""
    EXPIRED = "expired"
    RESUMED = "resumed"
    RESUME_UNCONFIRMED = "resume_unconfirmed"


CALL_ENDS_ENTRY = frozenset(
    {
        CallEventKind.HANGUP,
        CallEventKind.TRANSFER,
        CallEventKind.HOLD,
        CallEventKind.RECORDER_LOST,
        CallEventKind.EXPIRED,
    }
)
"""After one of these the card fields are wiped and locked."""


class CallFlag(StrEnum):
    """Why somebody has to look at the recording of a call."""

    SPOKEN_TOO_EARLY = "spoken_too_early"
    RESUMED_BY_EXPIRY = "resumed_by_expiry"
    RESUME_UNCONFIRMED = "resume_unconfirmed"
    RECORDER_STARTED = "recorder_started"
    """Up to one frame of sound may be in the recording that began during the pause."""


class AttemptState(StrEnum):
    """Where an attempt to charge a card stands; VOIDING: given back as soon as possible."""

    STARTED = "started"
    UNKNOWN = "unknown"
    AUTHORISED = "authorised"
    DECLINED = "declined"
    FAILED = "failed"
    VOIDING = "voiding"
    VOIDED = "voided"
    CAPTURED = "captured"
    REFUNDED = "refunded"


class DeclineReason(StrEnum):
    """Why the card's bank said no, as far as it tells."""

    DECLINED = "declined"
    DO_NOT_HONOUR = "do_not_honour"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED_CARD = "expired_card"
    WRONG_CODE = "wrong_code"
    WRONG_NUMBER = "wrong_number"
    LOST_OR_STOLEN = "lost_or_stolen"
    SUSPECTED_FRAUD = "suspected_fraud"
    NOT_SUPPORTED = "not_supported"
    NEEDS_CUSTOMER = "needs_customer"
    """The bank wants to ask its customer (3-D Secure), which cannot be done on the telephone."""
    DUPLICATE = "duplicate"
    PROCESSING_ERROR = "processing_error"


class CheckResult(StrEnum):
    """What the bank says of the address or the security code."""

    MATCH = "match"
    MISMATCH = "mismatch"
    UNAVAILABLE = "unavailable"
    NOT_GIVEN = "not_given"


class LinkState(StrEnum):
    """Where a pay link stands; REPLACED: the amount changed and another link holds."""

    SENT = "sent"
    OPENED = "opened"
    PAID = "paid"
    PAID_TWICE = "paid_twice"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REPLACED = "replaced"


class PaymentState(StrEnum):
    """How far the payment of a placed order is."""

    AUTHORISED = "authorised"
    PAID = "paid"
    LINK_SENT = "link_sent"
    ON_ACCOUNT = "on_account"
    OUTSTANDING = "outstanding"


class CustomerTaskKind(StrEnum):
    """What a person has to decide about a customer.

    TWIN: two who may be one. CHANGED: something was told differently by two people.
    """

    TWIN = "twin"
    CHANGED = "changed"
