"""What a warehouse reports, from a file: CSV with a row for each line of a parcel, or JSON.

Each report goes the way of one that comes over the wire, in a transaction of its own: a file that
is imported again changes nothing. Where rows name no report, those of one order, parcel and kind
are one, under an id that is made of what they say. The columns are described in docs/warehouse.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from app.services.central.imports.options import FileOptions
from app.services.central.imports.price_list import refuse_ragged
from app.services.central.imports.rejects import Counts, ImportSummary, Rejects
from app.services.central.imports.table_file import (
    Field,
    Progress,
    Row,
    TableFile,
    no_progress,
    place_columns,
)
from app.services.central.transaction import Transaction, Transactions
from app.services.central.warehouse_events import WarehouseEvents
from app.values.errors import Refusal
from app.values.quantity import parse_quantity
from app.values.warehouse import EventOutcome, EventSource, WarehouseEventKind
from app.values.wording import tidy
from app.wire.message import decode, encode
from app.wire.warehouse import EventTaken, PickedLine, WarehouseEvent

FIELDS = (
    Field(name="number", aliases=("order", "OrderNumber", "OrderNo", "Order_ID"), required=True),
    Field(name="at", aliases=("time", "date", "ShippedAt", "ShipDate", "timestamp"), required=True),
    Field(name="event", aliases=("event_id", "EventId", "message_id")),
    Field(name="kind", aliases=("status", "type", "EventType")),
    Field(name="shipment", aliases=("shipment_id", "parcel", "Consignment", "PackageId")),
    Field(name="carrier", aliases=("CarrierName", "ShippedBy", "Courier")),
    Field(name="tracking", aliases=("TrackingNumber", "TrackingNo", "Tracking_ID")),
    Field(name="line_id", aliases=("OrderLineId", "LineId")),
    Field(name="code", aliases=("sku", "StockCode", "ProductCode", "ItemCode")),
    Field(name="quantity", aliases=("qty", "pieces", "QuantityShipped")),
    Field(name="answers", aliases=("in_reply_to",)),
    Field(name="reason", aliases=("ReasonCode",)),
    Field(name="note", aliases=("comment", "remarks")),
)
KEPT_NAMED_MOST = 20
"""So many reports that are kept for a person are named; the rest are counted."""
_OTHER_WORDS = {
    "": WarehouseEventKind.SHIPPED,
    "sent": WarehouseEventKind.SHIPPED,
    "dispatched": WarehouseEventKind.SHIPPED,
    "failed": WarehouseEventKind.DELIVERY_FAILED,
    "returned": WarehouseEventKind.RETURNED_TO_SENDER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """One row: what it says of a report, and a line of it where it names one."""

    number: int
    event: WarehouseEvent
    is_named: bool


def import_shipments(
    transactions: Transactions,
    events: WarehouseEvents,
    path: Path,
    options: FileOptions | None = None,
    progress: Progress = no_progress,
) -> ImportSummary:
    """Take reports in; `added` are those that were believed, `unchanged` those told before.

    Raises Refusal for a file that cannot be read or lacks columns; then nothing was changed.
    """
    options = options or FileOptions()
    is_json = path.name.lower().removesuffix(".gz").endswith(".json")
    take = partial(_take, transactions, events)
    return _from_json(path, take) if is_json else _from_csv(path, options, take, progress)


class _Outcome:
    """Counts what became of reports."""

    def __init__(self) -> None:
        self.added = 0
        self.unchanged = 0
        self.kept: list[str] = []

    def note(self, taken: EventTaken, number: str) -> None:
        if taken.outcome in {EventOutcome.TAKEN, EventOutcome.PART}:
            self.added += 1
        elif taken.outcome is EventOutcome.REPEATED:
            self.unchanged += 1
        if taken.outcome in {EventOutcome.PART, EventOutcome.KEPT, EventOutcome.CLASH}:
            self.kept.append(f"  order {number or '?'}, {taken.id}: {taken.sentence}")

    def notes(self) -> tuple[str, ...]:
        if not self.kept:
            return ()
        many = len(self.kept)
        named = self.kept[:KEPT_NAMED_MOST]
        rest = [f"  and {many - len(named)} more"] if many > len(named) else []
        return (f"Kept for a person, with what could not be true: {many}.", *named, *rest)


def _take(transactions: Transactions, events: WarehouseEvents, event: WarehouseEvent) -> EventTaken:
    def taken(tx: Transaction) -> EventTaken:
        became = events.take(tx, event, EventSource.FILE)
        tx.audit_own("import.shipments")
        return became

    return transactions.write(taken)


def _from_csv(
    path: Path, options: FileOptions, take: partial[EventTaken], progress: Progress
) -> ImportSummary:
    with (
        TableFile(path, options.encoding) as file,
        Rejects(options.rejects, file.header) as rejects,
    ):
        columns = place_columns(file.header, FIELDS, options.columns)
        rows = _Rows(columns, len(file.header))
        told = list(rows.read(file.rows(progress), rejects))
        outcome = _Outcome()
        for event in _together(told):
            outcome.note(take(event), event.number)
        counts = Counts(added=outcome.added, changed=0, unchanged=outcome.unchanged)
        return rejects.summary(file, counts, outcome.notes())


class _Rows:
    def __init__(self, columns: Mapping[str, int], width: int) -> None:
        self._columns = columns
        self._width = width

    def read(self, rows: Iterable[Row], rejects: Rejects) -> Iterator[_Told]:
        for row in rows:
            try:
                yield self._told(row)
            except Refusal as refusal:
                rejects.add(row, refusal.sentence)

    def _told(self, row: Row) -> _Told:
        refuse_ragged(row, self._width)
        own_id = self._text(row, "event")
        plain = {
            field: self._text(row, field)
            for field in ("number", "shipment", "carrier", "tracking", "answers", "reason", "note")
        }
        if not plain["number"]:
            raise Refusal("number_missing", "no order number")
        told = {
            **plain,
            "id": own_id or "file",
            "kind": _kind(self._text(row, "kind")),
            "at": _instant(self._text(row, "at")),
            "lines": self._lines(row),
        }
        try:
            event = msgspec.convert(told, WarehouseEvent)
        except msgspec.ValidationError as cause:
            raise Refusal("row_malformed", f"the row cannot be read: {cause}") from cause
        return _Told(number=row.number, event=event, is_named=bool(own_id))

    def _lines(self, row: Row) -> list[dict[str, object]]:
        line_id, code = self._text(row, "line_id"), self._text(row, "code")
        quantity = self._text(row, "quantity")
        if not line_id and not code:
            return []
        try:
            pieces = parse_quantity(quantity)
        except Refusal as refusal:
            raise Refusal("quantity_malformed", "the quantity is not a whole number") from refusal
        return [{"line_id": line_id or None, "code": code, "quantity": pieces}]

    def _text(self, row: Row, field: str) -> str:
        index = self._columns.get(field)
        return "" if index is None else tidy(row.values[index])


def _kind(text: str) -> WarehouseEventKind:
    word = text.lower().replace(" ", "_").replace("-", "_")
    if word in _OTHER_WORDS:
        return _OTHER_WORDS[word]
    try:
        return WarehouseEventKind(word)
    except ValueError as cause:
        raise Refusal("kind_unknown", "nothing of this kind is known") from cause


def _instant(text: str) -> datetime:
    """Without a zone it is UTC; a day alone is its noon, so that it is that day everywhere near."""
    try:
        told = datetime.fromisoformat(text)
    except ValueError as cause:
        raise Refusal(
            "time_malformed", "the time is not written like 2026-12-01T14:30:00Z"
        ) from cause
    if len(text) == len("2026-12-01"):
        told = told.replace(hour=12)
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)


def _together(rows: Sequence[_Told]) -> Iterator[WarehouseEvent]:
    """One report for the rows that tell of it, in the order in which each was first told."""
    groups: dict[tuple[str, ...], list[_Told]] = {}
    for row in rows:
        event = row.event
        own = (event.id,) if row.is_named else ()
        key = (*own, event.number, event.kind.value, event.shipment or event.tracking)
        groups.setdefault(key, []).append(row)
    for group in groups.values():
        first = group[0].event
        lines: tuple[PickedLine, ...] = tuple(line for row in group for line in row.event.lines)
        whole = msgspec.structs.replace(first, lines=lines)
        if not group[0].is_named:
            digest = hashlib.sha256(encode(whole)).hexdigest()
            whole = msgspec.structs.replace(whole, id=f"file-{digest[:40]}")
        yield whole


class _Reports(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON file: as the body of a `warehouse.report`."""

    events: list[msgspec.Raw]


def _from_json(path: Path, take: partial[EventTaken]) -> ImportSummary:
    try:
        content = path.read_bytes()
    except OSError as cause:
        raise Refusal("file_missing", f"{path} cannot be opened: {cause.strerror}.") from cause
    try:
        reports = decode(content, _Reports).events
    except Refusal as cause:
        sentence = f'{path.name} is no JSON of the form {{"events": [...]}}.'
        raise Refusal("file_not_json", sentence) from cause
    outcome, rejected = _Outcome(), 0
    for place, raw in enumerate(reports, start=1):
        try:
            event = decode(raw, WarehouseEvent)
        except Refusal as refusal:
            rejected += 1
            outcome.kept.append(f"  event {place} of the file: {refusal.sentence}")
            continue
        outcome.note(take(event), event.number)
    return ImportSummary(
        file=path.name,
        rows=len(reports),
        taken=len(reports) - rejected,
        rejected={"it is not written as it should be": rejected} if rejected else {},
        counts=Counts(added=outcome.added, changed=0, unchanged=outcome.unchanged),
        notes=outcome.notes(),
    )
