"""What a warehouse reports, by whatever way, and everything that follows from it for the order.

Part of the transaction it is given, one report in each. Every report is kept with what became of
it, in a word and a sentence; none is turned away, and none can be counted twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from app.models.central.order import OrderNumberAlias, SalesOrder
from app.models.central.warehouse import WarehouseEventRow, WarehouseMessage
from app.services.central.order_progress import opened
from app.services.central.shipments import (
    Held,
    ParcelTold,
    at_warehouse,
    held_goods,
    keep_goods,
)
from app.services.central.transaction import Transaction
from app.services.central.warehouse_messages import note_event, settle
from app.services.rules.fulfilment import Goods, Named, Report, Taken, fulfilment_of, take
from app.services.rules.regions import RegionRules
from app.services.rules.warehouse_words import (
    OF_REPORTS,
    OrderEventKind,
    surplus_words,
    unknown_order,
)
from app.values.card import mask_card_digits
from app.values.errors import Refusal
from app.values.identity import LineId
from app.values.order_life import Fulfilment
from app.values.vocabulary import Region
from app.values.warehouse import (
    ANSWERS,
    OF_A_SHIPMENT,
    EventOutcome,
    EventSource,
    WarehouseAnswer,
    WarehouseEventKind,
)
from app.values.wording import ascii_digits
from app.wire.message import encode, read_document
from app.wire.warehouse import EventTaken, PickedLine, WarehouseEvent

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%(key)s, 0))"
_WAITS_FOR_PARCEL = "It is kept until the parcel itself is told of."


@dataclass(frozen=True, slots=True)
class _Became:
    """What became of a report."""

    outcome: EventOutcome
    sentence: str = ""


_TAKEN = _Became(EventOutcome.TAKEN)


class WarehouseEvents:
    """Takes reports in."""

    def __init__(self, regions: Mapping[Region, RegionRules]) -> None:
        self._regions = regions

    def take(self, tx: Transaction, told: WarehouseEvent, source: EventSource) -> EventTaken:
        """Keep a report and do what follows from it; nothing new where it came before."""
        tx.connection.exec_driver_sql(_LOCK, {"key": f"warehouse event {told.id}"})
        digest = sha256(encode(told)).digest()
        before = _same_id(tx, told.id)
        if digest in before:
            return _repeated(before[digest])
        event = _tidy(told)
        order_id = _order_of(tx, event)
        if before:
            sentence = "Another report came under this id before. This one is kept beside it."
            became = _Became(EventOutcome.CLASH, sentence)
        else:
            became = self._apply(tx, event, order_id)
        row = _row(tx, event, digest, source)
        row.order_id, row.outcome, row.sentence = order_id, became.outcome, became.sentence
        tx.session.add(row)
        tx.about(order_id, event=event.kind.value, became=became.outcome.value)
        return EventTaken(id=told.id, outcome=became.outcome, sentence=became.sentence)

    def take_again(self, tx: Transaction, event_id: str) -> EventTaken:
        """One that was kept because its order or parcel was not known, now that it may be.

        Raises Refusal `event_unknown`.
        """
        tx.connection.exec_driver_sql(_LOCK, {"key": f"warehouse event {event_id}"})
        rows = list(_same_id(tx, event_id).values())
        kept = next((row for row in rows if row.outcome is EventOutcome.KEPT), None)
        if kept is None:
            sentence = "No report that is kept for a person has this id."
            raise Refusal("event_unknown", sentence)
        event = read_document(kept.document, WarehouseEvent)
        order_id = _order_of(tx, event)
        became = self._apply(tx, event, order_id)
        kept.order_id, kept.outcome, kept.sentence = order_id, became.outcome, became.sentence
        tx.about(order_id, event=event.kind.value, became=became.outcome.value)
        return EventTaken(id=event_id, outcome=became.outcome, sentence=became.sentence)

    def bring_up_to_date(self, tx: Transaction, order_id: UUID) -> None:
        """After an order was changed: how far it is now, and whether more money is due for it."""
        known = tx.session.get(SalesOrder, order_id)
        if known is None or known.fulfilment is Fulfilment.WAITING:
            return
        order = opened(tx, order_id)
        if order is not None:
            follow_change(tx, order, self._regions[order.region])

    def _apply(self, tx: Transaction, event: WarehouseEvent, order_id: UUID | None) -> _Became:
        order = opened(tx, order_id) if order_id is not None else None
        if order is None:
            return _Became(EventOutcome.KEPT, unknown_order(event.number))
        if event.kind in ANSWERS:
            return _answered(tx, event, order)
        if event.kind in OF_A_SHIPMENT and not event.shipment:
            return _Became(EventOutcome.KEPT, "It names no parcel.")
        held = held_goods(tx, order)
        report = Report(
            kind=event.kind, shipment=event.shipment, pieces=tuple(_named(held, event.lines))
        )
        taken = take(held.goods, report)
        if taken.differs:
            sentence = (
                "This parcel was told of before, with other pieces. What was first told stands."
            )
            return _Became(EventOutcome.KEPT, sentence)
        is_parcel = event.kind is WarehouseEventKind.SHIPPED
        if is_parcel and not _is_known(held, event) and not _counts(taken, event):
            return _nothing_counts(tx, order, taken)
        return self._keep(tx, held, event, taken)

    def _keep(self, tx: Transaction, held: Held, event: WarehouseEvent, taken: Taken) -> _Became:
        is_new = taken.goods != held.goods or event.kind is WarehouseEventKind.COULD_NOT_PICK
        parcel = _parcel(event) if event.kind in OF_A_SHIPMENT else None
        left = keep_goods(tx, held, taken.goods, parcel)
        there = at_warehouse(tx, held.order.order_id)
        there.told_at = there.told_at or tx.at
        if event.kind is WarehouseEventKind.ALLOCATED:
            there.allocated_at = there.allocated_at or min(event.at, tx.at)
        if event.kind in {WarehouseEventKind.PICKING, WarehouseEventKind.COULD_NOT_PICK}:
            there.picking_at = there.picking_at or min(event.at, tx.at)
        if left:
            there.capture_due_at, there.capture_tries = tx.at, 0
        _move_on(tx, held, taken.goods, self._regions[held.order.region])
        if is_new or event.kind not in OF_A_SHIPMENT:
            _note(tx, held, event, left)
        if taken.surplus or taken.unknown:
            return _partly(tx, held.order, taken, EventOutcome.PART)
        if event.kind in OF_A_SHIPMENT and taken.goods.parcels[event.shipment].told is None:
            return _Became(EventOutcome.TAKEN, _WAITS_FOR_PARCEL)
        return _TAKEN


def follow_change(tx: Transaction, order: SalesOrder, rules: RegionRules) -> None:
    """How far a locked order is once it was changed: what is not to be sent is waited for no more.

    Also where nobody hands orders over. More money may be due for what has left.
    """
    if order.fulfilment is Fulfilment.WAITING:
        return
    held = held_goods(tx, order)
    _move_on(tx, held, held.goods, rules)
    if any(pieces.shipped for pieces in held.goods.lines.values()):
        at_warehouse(tx, order.order_id).capture_due_at = tx.at


def _move_on(tx: Transaction, held: Held, goods: Goods, rules: RegionRules) -> None:
    """An order that is complete stays so, whatever is heard afterwards."""
    order = held.order
    if order.fulfilment is Fulfilment.COMPLETED:
        return
    order.fulfilment = fulfilment_of(goods)
    there = at_warehouse(tx, order.order_id)
    there.completes_at = None
    if order.fulfilment is Fulfilment.DELIVERED:
        arrived = [row.delivered_at for row in held.parcels.values() if row.delivered_at]
        there.completes_at = completes_at(max(arrived, default=tx.at), rules)


def _is_known(held: Held, event: WarehouseEvent) -> bool:
    return event.shipment in held.parcels


def _counts(taken: Taken, event: WarehouseEvent) -> bool:
    return bool(taken.goods.parcels[event.shipment].counted)


def _nothing_counts(tx: Transaction, order: SalesOrder, taken: Taken) -> _Became:
    """A parcel of which nothing could be true is no parcel of the order; it may be one later."""
    if not taken.surplus and not taken.unknown:
        sentence = "Nothing of this order was left to be sent."
        return _Became(EventOutcome.KEPT, sentence)
    return _partly(tx, order, taken, EventOutcome.KEPT)


def _partly(tx: Transaction, order: SalesOrder, taken: Taken, outcome: EventOutcome) -> _Became:
    surplus = sum(taken.surplus.values())
    note_event(tx, order.order_id, OrderEventKind.SHIPPED_MORE, pieces=surplus or None)
    return _Became(outcome, surplus_words(taken.surplus, taken.unknown))


def completes_at(delivered_at: datetime, rules: RegionRules) -> datetime:
    """When goods that arrived then can no longer be returned: the end of a day of their region."""
    day = delivered_at.astimezone(rules.time_zone).date() + timedelta(days=rules.return_days + 1)
    return datetime.combine(day, time.min, rules.time_zone)


def _same_id(tx: Transaction, event_id: str) -> dict[bytes, WarehouseEventRow]:
    rows = select(WarehouseEventRow).where(WarehouseEventRow.event_id == event_id)
    return {row.sha256: row for row in tx.session.scalars(rows)}


def _repeated(row: WarehouseEventRow) -> EventTaken:
    sentence = "It was told before."
    if row.outcome is not EventOutcome.TAKEN:
        sentence = f"{sentence} {row.sentence}"
    return EventTaken(id=row.event_id, outcome=EventOutcome.REPEATED, sentence=sentence)


def _tidy(event: WarehouseEvent) -> WarehouseEvent:
    """A parcel without a name goes by its tracking number; words never hold a card's digits."""
    return msgspec.structs.replace(
        event,
        shipment=(event.shipment or event.tracking).strip()[:100],
        reason=mask_card_digits(event.reason),
        note=mask_card_digits(event.note),
    )


def _row(
    tx: Transaction, event: WarehouseEvent, digest: bytes, source: EventSource
) -> WarehouseEventRow:
    actor = tx.actor
    document: dict[str, Any] = msgspec.to_builtins(event)
    return WarehouseEventRow(
        event_id=event.id,
        sha256=digest,
        kind=event.kind,
        source=source,
        document=document,
        person_id=actor.person.person_id if actor.person else None,
        device_id=actor.device.device_id if actor.device else None,
        at=event.at,
        received_at=tx.at,
    )


def _order_of(tx: Transaction, event: WarehouseEvent) -> UUID | None:
    """The order that a report names; None where there is none, or it names two."""
    digits = "".join(sign for sign in ascii_digits(event.number) if sign.isdecimal())
    found: UUID | None = None
    if digits:
        number = select(SalesOrder.order_id).where(SalesOrder.number == digits)
        found = tx.session.scalars(number).first()
        if found is None:
            told = select(OrderNumberAlias.order_id).where(OrderNumberAlias.number == digits)
            found = tx.session.scalars(told.limit(1)).first()
    if event.order_id is None:
        return found
    if digits and found != event.order_id:
        return None
    known = select(SalesOrder.order_id).where(SalesOrder.order_id == event.order_id)
    return tx.session.scalars(known).first()


def _answered(tx: Transaction, event: WarehouseEvent, order: SalesOrder) -> _Became:
    try:
        message_id = UUID(event.answers)
    except ValueError:
        return _Became(EventOutcome.KEPT, "It names no message that it answers.")
    of = select(WarehouseMessage.order_id).where(WarehouseMessage.message_id == message_id)
    if tx.session.scalars(of).first() != order.order_id:
        return _Became(EventOutcome.KEPT, "It answers no message about this order.")
    sentence = event.reason or event.note
    settle(tx, message_id, WarehouseAnswer(event.kind.value), sentence)
    return _TAKEN


def _named(held: Held, lines: tuple[PickedLine, ...]) -> Iterator[Named]:
    """Pieces with the lines they may be of: the one that is named, else all of that product.

    Of several lines of one product those with pieces to send come first in their own order.
    """
    for one in lines:
        what = one.code or str(one.line_id or "")
        if one.line_id is not None:
            known = (one.line_id,) if one.line_id in held.goods.lines else ()
            code = held.lines[one.line_id].code if known else what
            yield Named(what=code, quantity=one.quantity, lines=known)
            continue
        same = [
            LineId(key)
            for key, row in sorted(held.lines.items())
            if row.code.upper() == one.code.strip().upper() and LineId(key) in held.goods.lines
        ]
        yield Named(what=what, quantity=one.quantity, lines=tuple(same))


def _parcel(event: WarehouseEvent) -> ParcelTold:
    return ParcelTold(
        shipment_id=event.shipment,
        carrier=event.carrier,
        tracking=event.tracking,
        note=event.reason or event.note,
        at=event.at,
    )


def _note(tx: Transaction, held: Held, event: WarehouseEvent, left: int) -> None:
    """The event of the order; `reason` is a word of the warehouse and may name people: left out."""
    told = sum(line.quantity for line in event.lines)
    pieces = left if event.kind is WarehouseEventKind.SHIPPED else told
    facts: dict[str, str | int | None] = {"event": event.id}
    if event.shipment:
        facts["shipment"] = event.shipment
    if pieces:
        facts["pieces"] = pieces
    note_event(tx, held.order.order_id, OF_REPORTS[event.kind], **facts)
