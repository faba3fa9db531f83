"""Takes the end of a call about an order, with what was said after the number was given.

Kept whatever it names: the order may be unknown or another seat's, and what is odd goes into the
audit row. One read and one statement; runs in the transaction of its command.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.services.central import desk_clock
from app.services.central.masking import masked_closing
from app.services.central.orders import ENTRY_COLUMNS, ENTRY_VALUES
from app.services.central.settling import Place, in_sequence, settled_before
from app.services.central.transaction import Applied, CommandKey, Transaction
from app.services.rules.regions import RegionRules
from app.values.identity import DeviceId
from app.values.vocabulary import Region
from app.wire.message import encode
from app.wire.read_back import ClosedCall
from app.wire.sync import Command, CommandOutcome, Outcome

CLOSED = "closed"


class Oddity(StrEnum):
    """What is odd about the end of a call; it was kept all the same."""

    CARD_DIGITS_MASKED = "card_digits_masked"
    CLOCK_WRONG = "clock_wrong"
    CLOSED_BEFORE = "closed_before"
    INCARNATION_UNKNOWN = "incarnation_unknown"
    NUMBER_DIFFERS = "number_differs"
    ORDER_UNKNOWN = "order_unknown"
    OTHER_SEAT = "other_seat"
    PERSON_UNKNOWN = "person_unknown"
    SEQUENCE_CLASH = "sequence_clash"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedCall:
    """The end of a call on its way in, as the seat sent it."""

    key: CommandKey
    command: Command
    device_id: DeviceId
    closed: ClosedCall


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What is known when it arrives. `seat` and `region` are the order's, None without one."""

    applied: Applied | None
    place: Place
    incarnation_known: bool
    person_known: bool
    seat: UUID | None
    region: Region | None
    number_right: bool
    closed_before: bool


class Closings:
    """Decides how the end of a call is kept."""

    def __init__(self, regions: Mapping[Region, RegionRules]) -> None:
        self._regions = regions

    def decide(self, tx: Transaction, ended: EndedCall) -> CommandOutcome | None:
        """None: a twin of the command was faster; look again."""
        facts = _facts_about(tx, ended)
        before = settled_before(tx, ended.key, ended.command, facts.applied, facts.place)
        if before is not None:
            return before
        rules = self._regions[facts.region or next(iter(self._regions))]
        closed = masked_closing(ended.closed, rules)
        key = in_sequence(ended.key, facts.place)
        closed_at = desk_clock.corrected(closed.closed_at, ended.command, tx.at)
        odd = dict.fromkeys(_oddities(ended, facts))
        if key.sequence is None:
            odd[Oddity.SEQUENCE_CLASH] = None
        if closed is not ended.closed:
            odd[Oddity.CARD_DIGITS_MASKED] = None
        if desk_clock.is_wrong(closed_at, ended.command, tx.at):
            odd[Oddity.CLOCK_WRONG] = None
        outcome = CommandOutcome(command_id=ended.command.command_id, outcome=Outcome.ACCEPTED)
        kept = dataclasses.replace(ended, key=key, closed=closed)
        values = _values(tx, kept, outcome)
        values |= {"closed_at": closed_at, "facts": _audit_facts(closed, tuple(odd))}
        taken = tx.connection.exec_driver_sql(_KEEP, values).scalar_one()
        return outcome if taken else None


_FACTS = """
    SELECT a.sha256, a.answer,
           (SELECT max(s.sequence) FROM applied_command s
            WHERE s.asker = %(device)s AND s.incarnation = %(incarnation)s),
           EXISTS (SELECT FROM applied_command s
                   WHERE s.asker = %(device)s AND s.incarnation = %(incarnation)s
                   AND s.sequence = %(sequence)s),
           EXISTS (SELECT FROM device_incarnation i
                   WHERE i.device_id = %(device)s AND i.incarnation = %(incarnation)s),
           EXISTS (SELECT FROM person p WHERE p.person_id = %(person)s),
           o.device_id, o.region,
           o.number = %(number)s OR EXISTS (
               SELECT FROM order_number_alias t
               WHERE t.order_id = o.order_id AND t.number = %(number)s),
           EXISTS (SELECT FROM call_closing c WHERE c.order_id = %(order)s)
    FROM (VALUES (1)) AS one
    LEFT JOIN applied_command a ON a.asker = %(device)s AND a.command_id = %(command)s
    LEFT JOIN sales_order o ON o.order_id = %(order)s
"""


def _facts_about(tx: Transaction, ended: EndedCall) -> _Facts:
    values = {
        "device": ended.device_id,
        "incarnation": ended.command.incarnation,
        "sequence": ended.command.sequence,
        "command": ended.command.command_id,
        "person": ended.closed.closed_by,
        "order": ended.closed.order_id,
        "number": ended.closed.number,
    }
    row = tx.connection.exec_driver_sql(_FACTS, values).one()
    sha256, answer, newest, taken, incarnation_known, person_known = row[:6]
    seat, region, number_right, before = row[6:]
    return _Facts(
        applied=Applied(sha256=sha256, answer=answer) if sha256 is not None else None,
        place=Place(newest or 0, taken),
        incarnation_known=incarnation_known,
        person_known=person_known,
        seat=seat,
        region=Region(region) if region is not None else None,
        number_right=bool(number_right),
        closed_before=before,
    )


def _oddities(ended: EndedCall, facts: _Facts) -> list[Oddity]:
    found = [] if facts.incarnation_known else [Oddity.INCARNATION_UNKNOWN]
    if not facts.person_known:
        found.append(Oddity.PERSON_UNKNOWN)
    if facts.closed_before:
        found.append(Oddity.CLOSED_BEFORE)
    if facts.seat is None:
        return [*found, Oddity.ORDER_UNKNOWN]
    if facts.seat != ended.device_id:
        found.append(Oddity.OTHER_SEAT)
    if not facts.number_right:
        found.append(Oddity.NUMBER_DIFFERS)
    return found


_ENTRY_VALUES = ENTRY_VALUES.format(clock_off="%(clock_off)s")

# Entries become rows where the order is here; else they stay in the document of the closing.
_KEEP = f"""
    WITH given AS (
        SELECT %(document)s::jsonb AS document
    ), taken AS (
        INSERT INTO applied_command (asker, command_id, operation, sha256, answer, applied_at,
                                     incarnation, sequence)
        VALUES (%(device)s, %(command)s, %(operation)s, %(sha256)s, %(answer)s, %(at)s,
                %(incarnation)s, %(sequence)s)
        ON CONFLICT DO NOTHING RETURNING command_id
    ), closed AS (
        INSERT INTO call_closing (order_id, device_id, command_id, outcome, note, closed_at,
                                  closed_by, document)
        SELECT %(order)s, %(device)s, taken.command_id, document->>'outcome', document->>'note',
               %(closed_at)s, (document->>'closed_by')::uuid, document
        FROM taken, given
    ), held AS (
        SELECT o.order_id,
               coalesce((SELECT max(e.position) FROM read_back_entry e
                         WHERE e.order_id = o.order_id), 0) AS last
        FROM taken, sales_order o WHERE o.order_id = %(order)s
    ), noted AS (
        INSERT INTO read_back_entry ({ENTRY_COLUMNS})
        SELECT held.order_id, held.last + e.position, {_ENTRY_VALUES}
        FROM held, given,
             jsonb_array_elements(document->'entries') WITH ORDINALITY AS e(entry, position)
    ), happened AS (
        INSERT INTO order_event (order_id, kind, at, device_id, person_id, command_id, facts)
        SELECT held.order_id, %(kind)s, %(closed_at)s, %(device)s, %(person)s, %(command)s,
               %(facts)s::jsonb
        FROM held
    ), audited AS (
        INSERT INTO audit (at, operation, outcome, person_id, device_id, command_id, subject, facts)
        SELECT %(at)s, %(operation)s, %(outcome)s, %(person)s, %(device)s, taken.command_id,
               %(order)s, %(facts)s::jsonb
        FROM taken
    )
    SELECT count(*) FROM taken
"""  # noqa: S608 - the columns are named in `orders`


def _values(tx: Transaction, ended: EndedCall, outcome: CommandOutcome) -> dict[str, object]:
    key, closed = ended.key, ended.closed
    return {
        "at": tx.at,
        "device": ended.device_id,
        "person": ended.command.person_id,
        "order": closed.order_id,
        "command": key.command_id,
        "operation": key.operation,
        "sha256": key.sha256,
        "answer": encode(outcome),
        "incarnation": key.incarnation,
        "sequence": key.sequence,
        "document": encode(closed).decode(),
        "clock_off": desk_clock.offset(ended.command),
        "kind": CLOSED,
        "outcome": outcome.outcome.value,
    }


def _audit_facts(closed: ClosedCall, odd: tuple[Oddity, ...]) -> str:
    facts = {"closed_as": closed.outcome.value}
    if odd:
        facts["odd"] = ",".join(odd)
    return encode(facts).decode()
