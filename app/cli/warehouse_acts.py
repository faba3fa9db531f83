"""`readback admin warehouse`: what is on its way there, what it reported, and its word by hand."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from app.cli.acts import Outcome, add_act, add_group, table, when
from app.services.central.transaction import Transaction
from app.services.central.warehouse_events import WarehouseEvents
from app.services.central.warehouse_lists import for_a_person, send_again, unsettled
from app.services.rules.regions import load_regions
from app.settings import resource_folder
from app.values.order_number import grouped, parse_order_number
from app.values.warehouse import EventOutcome, EventSource, WarehouseEventKind
from app.wire.message import require_keepable
from app.wire.warehouse import EventTaken, PickedLine, WarehouseEvent

FOUND_WANTING = 1
_BELIEVED = {EventOutcome.TAKEN, EventOutcome.REPEATED}


def add_warehouse_acts(acts: Any) -> None:  # noqa: ANN401 - argparse keeps this type to itself
    """Every act with its arguments."""
    group = add_group(acts, "warehouse", "the warehouse: list, events, again, resend, report")
    add_act(group, "list", "messages that it has not taken, or not yet", _list)
    add_act(group, "events", "reports of it that a person has to look at", _events)
    again = add_act(group, "again", "try a report once more that was kept", _again)
    again.add_argument("event_id", metavar="EVENT-ID")
    resend = add_act(group, "resend", "tell it of an order once more, under the same id", _resend)
    resend.add_argument("number", metavar="NUMBER", help="the order number, blanks allowed")
    report = add_act(group, "report", "say what happened, because it cannot", _report)
    report.add_argument("number", metavar="NUMBER", help="the order number, blanks allowed")
    report.add_argument(
        "kind",
        metavar="WHAT",
        choices=[kind.value for kind in WarehouseEventKind],
        help=", ".join(kind.value for kind in WarehouseEventKind),
    )
    report.add_argument("--shipment", default="", metavar="ID", help="which parcel")
    report.add_argument("--carrier", default="", metavar="NAME")
    report.add_argument("--tracking", default="", metavar="NUMBER")
    report.add_argument(
        "--line",
        action="append",
        default=[],
        type=_line,
        metavar="CODE=PIECES",
        help="what is in it; all that is left to be sent where none is named",
    )
    report.add_argument("--at", type=_instant, metavar="TIME", help="when; now where not given")
    report.add_argument(
        "--answers", default="", metavar="ID", help="the message it is an answer to"
    )
    report.add_argument("--reason", default="", metavar="WORDS")


def _list(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    del arguments
    rows = [
        (
            grouped(row.number),
            str(row.version),
            row.kind,
            row.state,
            str(row.tries),
            when(row.written_at),
            row.sentence,
        )
        for row in unsettled(tx)
    ]
    if not rows:
        return Outcome(note="The warehouse has taken everything that is for it.")
    return Outcome(table(("ORDER", "VERSION", "WHAT", "STATE", "TRIES", "SINCE", "SAYS"), rows))


def _events(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    del arguments
    rows = [
        (row.event_id, row.number, row.kind, row.outcome, when(row.received_at), row.sentence)
        for row in for_a_person(tx)
    ]
    if not rows:
        return Outcome(note="Nothing that the warehouse reported waits for a person.")
    return Outcome(table(("EVENT", "ORDER", "WHAT", "BECAME", "CAME", "WHY"), rows))


def _again(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    taken = _taker().take_again(tx, arguments.event_id)
    tx.audit_own("admin.warehouse.again")
    return _told(taken)


def _resend(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    message_id = send_again(tx, parse_order_number(arguments.number))
    return Outcome(note=f"It is told again as {message_id}.")


def _report(tx: Transaction, arguments: argparse.Namespace) -> Outcome:
    event = WarehouseEvent(
        id=f"hand-{tx.ids.new()}",
        kind=WarehouseEventKind(arguments.kind),
        at=arguments.at or tx.at,
        number=parse_order_number(arguments.number),
        shipment=arguments.shipment,
        carrier=arguments.carrier,
        tracking=arguments.tracking,
        lines=tuple(arguments.line),
        answers=arguments.answers,
        reason=arguments.reason,
    )
    require_keepable(event, WarehouseEvent)
    taken = _taker().take(tx, event, EventSource.HAND)
    tx.audit_own("admin.warehouse.report")
    return _told(taken)


def _taker() -> WarehouseEvents:
    return WarehouseEvents(load_regions(resource_folder() / "regions"))


def _told(taken: EventTaken) -> Outcome:
    code = 0 if taken.outcome in _BELIEVED else FOUND_WANTING
    return Outcome([taken.outcome.value], taken.sentence, code)


def _line(text: str) -> PickedLine:
    code, equals, pieces = text.rpartition("=")
    if not equals or not code or not pieces.isdecimal() or int(pieces) < 1:
        raise argparse.ArgumentTypeError("it must be CODE=PIECES")
    return PickedLine(code=code, quantity=int(pieces))


def _instant(text: str) -> datetime:
    try:
        told = datetime.fromisoformat(text)
    except ValueError as cause:
        raise argparse.ArgumentTypeError("it must be a time such as 2026-12-01T14:30") from cause
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)
