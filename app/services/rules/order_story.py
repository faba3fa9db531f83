"""What happened to an order, told in whole sentences with who and when. Pure.

No ids stand in it. Changes are told with what was changed, so the story is as personal as the order
is. Of cards it names brand and last four.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.services.rules.payment_words import attempt_words, card_words, link_words
from app.services.rules.payments import in_region
from app.services.rules.protocol_words import CHANNELS, OUTCOMES, counted, span_in_words
from app.services.rules.review import sentence_for
from app.services.rules.warehouse_words import IN_THE_STORY, event_words
from app.services.rules.worklist_words import CHANGED_WORDS
from app.values.identity import AttemptId
from app.values.money import Money
from app.values.order_life import (
    ChangeState,
    ChangeWhat,
    ContactOutcome,
    ContactReason,
    OrderAct,
    RefundState,
    RefundWay,
)
from app.values.vocabulary import PauseEnd, PaymentState, Region
from app.wire.order_changes import ChangeView, RefundView
from app.wire.order_page import (
    ContactView,
    Happened,
    RecordingGap,
    ShipmentView,
    VersionSummary,
)
from app.wire.orders import OrderView
from app.wire.payments import CardAttempt, PayLink

ROWS_MOST = 500
"""Of one order; the newest are told where there are more."""

_LATE = timedelta(minutes=2)


class Told(StrEnum):
    """What a row of the story is about; screens draw each with its sign."""

    PLACED = "placed"
    CALL = "call"
    REVIEW = "review"
    PAYMENT = "payment"
    VERSION = "version"
    CHANGE = "change"
    REFUND = "refund"
    SHIPMENT = "shipment"
    CONTACT = "contact"
    RECORDING = "recording"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A row that the centre wrote when something happened; `facts` hold ids and codes."""

    kind: str
    at: datetime
    person: UUID | None = None
    seat: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Money of a card that was taken, given back, or not; `kind` as the centre calls it."""

    kind: str
    state: str
    attempt_id: UUID
    amount: Money | None
    at: datetime
    person: UUID | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that is known of an order; `people` and `seats` name whoever appears in it."""

    order: OrderView
    received_at: datetime
    events: tuple[Event, ...] = ()
    versions: tuple[VersionSummary, ...] = ()
    changes: tuple[ChangeView, ...] = ()
    refunds: tuple[RefundView, ...] = ()
    shipments: tuple[ShipmentView, ...] = ()
    contacts: tuple[ContactView, ...] = ()
    gaps: tuple[RecordingGap, ...] = ()
    movements: tuple[Movement, ...] = ()
    people: Mapping[UUID, str] = field(default_factory=dict)
    seats: Mapping[UUID, str] = field(default_factory=dict)


REASONS = {
    ContactReason.NEW_ORDER: "a new order",
    ContactReason.WHERE_IS_IT: "where is it",
    ContactReason.CHANGE: "a change",
    ContactReason.CANCEL: "to cancel",
    ContactReason.DELIVERY_PROBLEM: "a problem with the delivery",
    ContactReason.RETURN: "a return",
    ContactReason.PAYMENT: "the payment",
    ContactReason.PRODUCT_QUESTION: "a question about a product",
    ContactReason.PROOF_OF_ORDER: "a proof of the order",
    ContactReason.COMPLAINT: "a complaint",
    ContactReason.OTHER: "something else",
}
RESULTS = {
    ContactOutcome.ORDER_PLACED: "An order was placed",
    ContactOutcome.ORDER_CHANGED: "The order was changed",
    ContactOutcome.ORDER_CANCELLED: "The order was cancelled",
    ContactOutcome.ANSWERED: "Answered",
    ContactOutcome.CALL_BACK_PROMISED: "A call back was promised",
    ContactOutcome.PASSED_ON: "Passed on",
    ContactOutcome.NOT_ALLOWED: "It could not be done",
    ContactOutcome.CALL_DROPPED: "The call was cut off",
}
PAUSE_ENDS = {
    PauseEnd.SUBMITTED: "the card was sent",
    PauseEnd.CANCELLED: "the card was not taken",
    PauseEnd.IDLE: "no key was pressed for a while",
    PauseEnd.LONGEST: "a pause may not be longer",
    PauseEnd.WINDOW: "the card fields were left",
    PauseEnd.CALL_CHANGED: "the call was put on hold, passed on or ended",
    PauseEnd.DOUBT: "it was not sure that the recording stood still",
    PauseEnd.NOT_PAUSED: "the desk never heard that it stood still",
    PauseEnd.REFUSED: "a recorder did not confirm",
    PauseEnd.EXPIRED: "the desk was not heard of any more",
    PauseEnd.HANGUP: "the call ended",
}
WAYS = {
    RefundWay.VOID: "the authorisation is given back",
    RefundWay.RELEASE: "it is simply not taken",
    RefundWay.REFUND: "to the card it came from",
    RefundWay.BY_HAND: "a person sends it",
}
_NOT_TAKEN = {
    RefundWay.VOID: (
        "will not be taken: the authorisation is given back",
        "was not taken: the authorisation has been given back",
    ),
    RefundWay.RELEASE: (
        "of what was authorised will not be taken",
        "of what was authorised was not taken",
    ),
}
"""Money that was authorised and never taken does not go back: in prospect, and when it is done."""
_PUT_BY = frozenset({"placed", "payment", "changed"})
"""Kinds of events whose reasons put the order by."""

_REVIEWED = {
    "held": "The order was stopped.",
    "hold_lifted": "The order was let go on.",
    "released": "The order was looked at and released.",
    "seen_to": "A person saw to what the warehouse could not do.",
}
_PAYMENTS: Mapping[str, str] = {
    PaymentState.AUTHORISED: "authorised",
    PaymentState.PAID: "paid",
    PaymentState.LINK_SENT: "a pay link was sent",
    PaymentState.ON_ACCOUNT: "on account",
    PaymentState.OUTSTANDING: "outstanding",
}
_CHANGES = {
    ChangeWhat.AMENDMENT: "changed",
    ChangeWhat.CANCELLATION: "cancelled",
    ChangeWhat.UNDO: "put back as it was",
}


def story_of(known: Known) -> tuple[Happened, ...]:
    """Everything that happened, oldest first; rows of one instant keep the order of telling."""
    rows = sorted(_Teller(known).rows(), key=_moment)
    return tuple(rows[-ROWS_MOST:])


def _moment(row: Happened) -> datetime:
    return row.at


class _Teller:
    """One order's story."""

    def __init__(self, known: Known) -> None:
        self._known = known
        document = known.order.placed.document
        self._region: Region = document.region
        self._cards: dict[AttemptId, CardAttempt] = {
            one.attempt_id: one for one in known.order.payments.attempts
        }

    def rows(self) -> Iterator[Happened]:
        known = self._known
        yield from self._placed()
        for event in known.events:
            yield from self._event(event)
        yield from self._closed()
        for attempt in known.order.payments.attempts:
            yield self._row(attempt.at, Told.PAYMENT, f"{attempt_words(attempt, self._region)}.")
        for link in known.order.payments.links:
            yield from self._link(link)
        yield from filter(None, map(self._movement, known.movements))
        for change in known.changes:
            yield self._change(change)
        yield from self._unexplained_versions()
        for refund in known.refunds:
            yield from self._refund(refund)
        for shipment in known.shipments:
            yield from self._shipment(shipment)
        for contact in known.contacts:
            yield self._contact(contact)
        for gap in known.gaps:
            yield self._gap(gap)

    def _row(
        self,
        at: datetime,
        told: Told,
        sentence: str,
        person: UUID | None = None,
        seat: UUID | None = None,
    ) -> Happened:
        known = self._known
        return Happened(
            at=at,
            kind=told.value,
            sentence=in_region(sentence, self._region),
            by=known.people.get(person, "a colleague") if person else "",
            seat=known.seats.get(seat, "") if seat else "",
        )

    def _placed(self) -> Iterator[Happened]:
        placed = self._known.order.placed
        document = placed.document
        how = CHANNELS[document.channel].lower()
        lines = counted(len(document.lines), "line", "lines")
        total = placed.totals.total
        if self._known.order.revision == 1:
            sentence = f"The order was placed {how}: {lines}, {total}."
        else:
            sentence = f"The order was placed {how}."
        yield self._row(
            placed.placed_at, Told.PLACED, sentence, placed.placed_by, document.device_id
        )
        late = self._known.received_at - placed.placed_at
        if late > _LATE:
            words = f"The order reached the centre, {span_in_words(late)} after it was placed."
            yield self._row(self._known.received_at, Told.PLACED, words)

    def _event(self, event: Event) -> Iterator[Happened]:
        """What no other row of the page tells."""
        reasons = event.facts.get("reasons") or () if event.kind in _PUT_BY else ()
        told = self._event_words(event)
        if told is not None:
            yield self._row(event.at, *told, event.person, event.seat)
        for reason in reasons:
            words = f"It was put by for a person: {_reason(str(reason))}"
            yield self._row(max(event.at, self._known.order.placed.placed_at), Told.REVIEW, words)

    def _event_words(self, event: Event) -> tuple[Told, str] | None:
        facts = event.facts
        if event.kind in IN_THE_STORY:
            words = event_words(event.kind, facts)
            return (Told.SHIPMENT, words) if words is not None else None
        if event.kind == "payment":
            state = _PAYMENTS.get(str(facts.get("state", "")))
            return (Told.PAYMENT, f"The payment stands now as: {state}.") if state else None
        if event.kind == "goodwill":
            amount = Money(int(facts.get("amount", 0)), self._known.order.placed.document.currency)
            return Told.REFUND, f"{amount} was given as goodwill."
        if event.kind == "released" and facts.get("unpaid"):
            return Told.REVIEW, f"{_REVIEWED[event.kind]} It goes out though it is not paid for."
        if event.kind in _REVIEWED:
            return Told.REVIEW, _REVIEWED[event.kind]
        return None

    def _closed(self) -> Iterator[Happened]:
        closed = self._known.order.closed
        if closed is not None:
            words = f"The call ended. {OUTCOMES[closed.outcome]}."
            yield self._row(closed.closed_at, Told.CALL, words, closed.closed_by)

    def _link(self, link: PayLink) -> Iterator[Happened]:
        yield self._row(link.sent_at, Told.PAYMENT, f"A pay link for {link.amount} was sent.")
        if link.paid_at is not None:
            yield self._row(link.paid_at, Told.PAYMENT, f"{link_words(link, self._region)}.")

    def _movement(self, movement: Movement) -> Happened | None:
        attempt = self._cards.get(AttemptId(movement.attempt_id))
        card = card_words(attempt) if attempt is not None else "the card"
        amount = movement.amount or (attempt.approved if attempt is not None else None)
        sum_words = str(amount) if amount is not None else "The amount"
        words = {
            ("capture", "done"): f"{sum_words} was taken from {card}.",
            ("capture", "refused"): f"{sum_words} could not be taken from {card}.",
            ("capture", "started"): f"{sum_words} is being taken from {card}.",
            ("refund", "done"): f"{sum_words} was sent back to {card}.",
            ("refund", "refused"): f"{sum_words} could not be sent back to {card}.",
            ("refund", "started"): f"{sum_words} is being sent back to {card}.",
        }.get((movement.kind, movement.state))
        if words is None:
            return None  # a void is told by its attempt
        if movement.refusal:
            words = f"{words} {movement.refusal}"
        return self._row(movement.at, Told.PAYMENT, words, movement.person)

    def _change(self, change: ChangeView) -> Happened:
        done, subject = _CHANGES[change.what], "the order"
        acts = {one.act for one in change.differences}
        if change.what is ChangeWhat.CANCELLATION and acts and OrderAct.CANCEL_ORDER not in acts:
            subject = "a part of the order"
        differences = _in_words(change)
        what = f": {differences}" if differences else ""
        asked = f"It was asked that {subject} be {done}{what}."
        match change.state:
            case ChangeState.APPLIED:
                words = f"{_capital(subject)} was {done}{_as_version(change.revision)}{what}."
            case ChangeState.OPEN:
                words = f"{asked} A person decides: {' '.join(map(_reason, change.reasons))}"
            case ChangeState.WITHDRAWN:
                words = f"{asked} It was taken back."
            case _:
                words = f"{asked} A lead did not allow it."
        return self._row(change.at, Told.CHANGE, words, change.by)

    def _unexplained_versions(self) -> Iterator[Happened]:
        """Versions that no change of the list made; more than so many changes are not listed."""
        told = {change.revision for change in self._known.changes}
        for version in self._known.versions:
            if version.revision > 1 and version.revision not in told:
                words = f"The order was changed: version {version.revision}, {version.total}."
                yield self._row(version.at, Told.VERSION, words, version.by)

    def _refund(self, refund: RefundView) -> Iterator[Happened]:
        amount = refund.amount
        begun, done = _NOT_TAKEN.get(refund.way, ("goes back: {way}", "has gone back"))
        begun = begun.format(way=WAYS[refund.way])
        yield self._row(refund.at, Told.REFUND, f"{amount} {begun}.")
        if refund.settled_at is None:
            return
        words = {
            RefundState.DONE: f"{amount} {done}.",
            RefundState.REFUSED: f"{amount} could not go back. {refund.sentence}".rstrip(),
            RefundState.UNDONE: f"{amount} does not go back after all.",
        }.get(refund.state)
        if words is not None:
            yield self._row(refund.settled_at, Told.REFUND, words)

    def _shipment(self, shipment: ShipmentView) -> Iterator[Happened]:
        pieces = sum(line.quantity for line in shipment.lines)
        by = f" by {shipment.carrier}" if shipment.carrier else ""
        tracking = f", tracking number {shipment.tracking}" if shipment.tracking else ""
        words = f"{counted(pieces, 'piece', 'pieces')} left the warehouse{by}{tracking}."
        yield self._row(shipment.shipped_at, Told.SHIPMENT, words)
        if shipment.delivered_at is not None:
            words = f"{counted(pieces, 'piece was', 'pieces were')} delivered."
            yield self._row(shipment.delivered_at, Told.SHIPMENT, words)

    def _contact(self, contact: ContactView) -> Happened:
        how = CHANNELS[contact.channel]
        about = f" about {REASONS[contact.reason]}" if contact.reason is not None else ""
        lasted = ""
        if contact.ended_at is not None:
            lasted = f" for {span_in_words(contact.ended_at - contact.started_at)}"
        result = f" {RESULTS[contact.outcome]}." if contact.outcome is not None else ""
        note = f" \u201c{contact.note}\u201d" if contact.note else ""
        words = f"{how}: a conversation{about}{lasted}.{result}{note}"
        row = self._row(contact.started_at, Told.CONTACT, words)
        return Happened(at=row.at, kind=row.kind, sentence=row.sentence, by=contact.by)

    def _gap(self, gap: RecordingGap) -> Happened:
        if gap.resumed_at is None:
            words = "The recording was paused for a card and has not been heard of since."
        else:
            span = span_in_words(gap.resumed_at - gap.paused_at)
            words = f"The recording was paused for {span} while a card was typed."
        return self._row(gap.paused_at, Told.RECORDING, words)


def _reason(code: str) -> str:
    """Why a change waits, or what is odd about an order."""
    return CHANGED_WORDS.get(code) or sentence_for(code)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _as_version(revision: int | None) -> str:
    return f" (version {revision})" if revision is not None else ""


def _in_words(change: ChangeView) -> str:
    """`Line 2, mug: 5 → 3; Way of delivery: Standard → Express`."""
    return "; ".join(_difference(one.what, one.old, one.new) for one in change.differences)


def _difference(what: str, old: str, new: str) -> str:
    if not old:
        return f"{what}: {new}" if new else what
    return f"{what}: {old} \u2192 {new or 'none'}"


def pause_end_words(reason: PauseEnd | None) -> str:
    """Why a pause ended; nothing is said of one that goes on."""
    return PAUSE_ENDS[reason] if reason is not None else ""
