"""Takes a conversation that has ended: what it was for, what came of it, how identity was checked.

Kept whatever it names: orders may be unknown or another seat's, and what is odd goes into the audit
row. It completes the row that placing an order in it made, or comes before that order. One read and
one statement; runs in the transaction of its command.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import ColumnElement, ScalarSelect, select

from app.models.central.contact import ContactOrder, ContactRow, IdentityCheck
from app.services.central import desk_clock
from app.services.central.masking import e164
from app.services.central.settling import Place, in_sequence, settled_before
from app.services.central.transaction import Applied, CommandKey, Transaction
from app.services.rules.regions import RegionRules
from app.values.card import mask_card_digits
from app.values.identity import ContactId, DeviceId
from app.values.order_life import IdentityLevel
from app.values.vocabulary import Region
from app.wire.contacts import Contact
from app.wire.message import encode
from app.wire.sync import Command, CommandOutcome, Outcome


class Oddity(StrEnum):
    """What is odd about a contact; it was kept all the same, but `noted_before` changes nothing."""

    CARD_DIGITS_MASKED = "card_digits_masked"
    CLOCK_WRONG = "clock_wrong"
    CUSTOMER_UNKNOWN = "customer_unknown"
    INCARNATION_UNKNOWN = "incarnation_unknown"
    NOTED_BEFORE = "noted_before"
    ORDER_UNKNOWN = "order_unknown"
    OTHER_SEAT = "other_seat"
    PERSON_UNKNOWN = "person_unknown"
    SEQUENCE_CLASH = "sequence_clash"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedContact:
    """A contact on its way in, as the seat sent it."""

    key: CommandKey
    command: Command
    device_id: DeviceId
    contact: Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What is known when it arrives. `seat` is that of a contact that is here under the id."""

    applied: Applied | None
    place: Place
    incarnation_known: bool
    person_known: bool
    seat: UUID | None
    noted: bool
    customer_known: bool
    customer_of_order: UUID | None
    orders_known: int


class Contacts:
    """Decides how a contact is kept."""

    def __init__(self, regions: Mapping[Region, RegionRules]) -> None:
        self._regions = regions

    def decide(self, tx: Transaction, ended: EndedContact) -> CommandOutcome | None:
        """None: a twin of the command was faster; look again."""
        facts = _facts_about(tx, ended)
        before = settled_before(tx, ended.key, ended.command, facts.applied, facts.place)
        if before is not None:
            return before
        contact = self._masked(ended.contact)
        key = in_sequence(ended.key, facts.place)
        span = _Span.of(contact, ended.command, tx.at)
        odd = dict.fromkeys(_oddities(ended, facts))
        if key.sequence is None:
            odd[Oddity.SEQUENCE_CLASH] = None
        if contact is not ended.contact:
            odd[Oddity.CARD_DIGITS_MASKED] = None
        if desk_clock.is_wrong(span.ended_at, ended.command, tx.at):
            odd[Oddity.CLOCK_WRONG] = None
        if Oddity.OTHER_SEAT in odd:
            contact = replace(contact, contact_id=ContactId(tx.ids.new()))
        outcome = CommandOutcome(command_id=ended.command.command_id, outcome=Outcome.ACCEPTED)
        kept = dataclasses.replace(ended, key=key, contact=contact)
        values = _values(tx, kept, outcome, span)
        values["customer"] = contact.customer_id if facts.customer_known else None
        values["customer"] = values["customer"] or facts.customer_of_order
        values["facts"] = _audit_facts(contact, tuple(odd))
        taken = tx.connection.exec_driver_sql(_KEEP, values).scalar_one()
        return outcome if taken else None

    def _masked(self, contact: Contact) -> Contact:
        """Without card numbers; a telephone number may look like one and stays."""
        is_phone = any(e164(contact.caller_number, rules) for rules in self._regions.values())
        number = contact.caller_number if is_phone else mask_card_digits(contact.caller_number)
        checks = tuple(
            replace(one, skipped=mask_card_digits(one.skipped)) for one in contact.checks
        )
        note = mask_card_digits(contact.note)
        masked = replace(contact, note=note, caller_number=number, checks=checks)
        return contact if masked == contact else masked


@dataclass(frozen=True, slots=True)
class _Span:
    """When it was, by the centre's clock; in order, however the desk's clock went."""

    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime

    @classmethod
    def of(cls, contact: Contact, command: Command, received: datetime) -> _Span:
        start = desk_clock.corrected(contact.started_at, command, received)
        end = max(start, desk_clock.corrected(contact.ended_at, command, received))
        if contact.answered_at is None:
            return cls(start, None, end)
        answered = desk_clock.corrected(contact.answered_at, command, received)
        return cls(start, min(max(start, answered), end), end)


def is_about(order_id: UUID) -> ColumnElement[bool]:
    """Whether a contact is about an order: placed in it, or named at its end.

    Two look-ups put together, because the two in one condition would be a look at every contact.
    """
    placed = select(ContactRow.contact_id).where(ContactRow.order_id == order_id)
    named = select(ContactOrder.contact_id).where(ContactOrder.order_id == order_id)
    return ContactRow.contact_id.in_(placed.union(named))


def level_shown(order_id: UUID) -> ScalarSelect[IdentityLevel]:
    """How far it was made sure in a contact whose the order is; None where nothing was."""
    return (
        select(IdentityCheck.level)
        .where(
            IdentityCheck.contact_id == ContactRow.contact_id, IdentityCheck.order_id == order_id
        )
        .order_by(IdentityCheck.position.desc())
        .limit(1)
        .scalar_subquery()
    )


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
           c.device_id, c.reason IS NOT NULL,
           EXISTS (SELECT FROM customer k WHERE k.customer_id = %(customer)s),
           (SELECT o.customer_id FROM sales_order o
            WHERE o.order_id = ANY (%(orders)s::uuid[]) AND o.customer_id IS NOT NULL
            ORDER BY array_position(%(orders)s::uuid[], o.order_id) LIMIT 1),
           (SELECT count(*) FROM sales_order o WHERE o.order_id = ANY (%(orders)s::uuid[]))
    FROM (VALUES (1)) AS one
    LEFT JOIN applied_command a ON a.asker = %(device)s AND a.command_id = %(command)s
    LEFT JOIN contact c ON c.contact_id = %(contact)s
"""


def _facts_about(tx: Transaction, ended: EndedContact) -> _Facts:
    command, contact = ended.command, ended.contact
    values = {
        "device": ended.device_id,
        "incarnation": command.incarnation,
        "sequence": command.sequence,
        "command": command.command_id,
        "person": command.person_id,
        "contact": contact.contact_id,
        "customer": contact.customer_id,
        "orders": list(contact.orders),
    }
    row = tx.connection.exec_driver_sql(_FACTS, values).one()
    sha256, answer, newest, taken, incarnation_known, person_known = row[:6]
    seat, noted, customer_known, customer_of_order, orders_known = row[6:]
    return _Facts(
        applied=Applied(sha256=sha256, answer=answer) if sha256 is not None else None,
        place=Place(newest or 0, taken),
        incarnation_known=incarnation_known,
        person_known=person_known,
        seat=seat,
        noted=bool(noted),
        customer_known=customer_known,
        customer_of_order=customer_of_order,
        orders_known=orders_known,
    )


def _oddities(ended: EndedContact, facts: _Facts) -> list[Oddity]:
    contact = ended.contact
    found = {
        Oddity.INCARNATION_UNKNOWN: not facts.incarnation_known,
        Oddity.PERSON_UNKNOWN: not facts.person_known,
        Oddity.CUSTOMER_UNKNOWN: contact.customer_id is not None and not facts.customer_known,
        Oddity.ORDER_UNKNOWN: facts.orders_known < len(set(contact.orders)),
        Oddity.OTHER_SEAT: facts.seat is not None and facts.seat != ended.device_id,
        Oddity.NOTED_BEFORE: facts.noted and facts.seat == ended.device_id,
    }
    return [oddity for oddity, holds in found.items() if holds]


# The first word counts: a row that has its reason is left alone, also by whoever comes between.
_KEEP = """
    WITH taken AS (
        INSERT INTO applied_command (asker, command_id, operation, sha256, answer, applied_at,
                                     incarnation, sequence)
        VALUES (%(device)s, %(command)s, %(operation)s, %(sha256)s, %(answer)s, %(at)s,
                %(incarnation)s, %(sequence)s)
        ON CONFLICT DO NOTHING RETURNING command_id
    ), kept AS (
        INSERT INTO contact (contact_id, channel, customer_id, device_id, person_id, caller_number,
                             started_at, answered_at, ended_at, reason, outcome, resolved, note)
        SELECT %(contact)s, %(channel)s, %(customer)s, %(device)s, %(person)s, %(caller_number)s,
               %(started_at)s, %(answered_at)s, %(ended_at)s, %(reason)s, %(outcome)s,
               %(resolved)s, %(note)s
        FROM taken
        ON CONFLICT (contact_id) DO UPDATE SET
            channel = excluded.channel,
            customer_id = coalesce(excluded.customer_id, contact.customer_id),
            caller_number = coalesce(nullif(excluded.caller_number, ''), contact.caller_number),
            started_at = excluded.started_at,
            answered_at = excluded.answered_at,
            ended_at = excluded.ended_at,
            reason = excluded.reason,
            outcome = excluded.outcome,
            resolved = excluded.resolved,
            note = excluded.note
        WHERE contact.reason IS NULL AND contact.device_id = excluded.device_id
        RETURNING contact_id
    ), about AS (
        INSERT INTO contact_order (contact_id, order_id)
        SELECT kept.contact_id, o.order_id
        FROM kept, (SELECT DISTINCT unnest(%(orders)s::uuid[]) AS order_id) o
    ), checked AS (
        INSERT INTO identity_check (contact_id, position, order_id, customer_id, asked, passed,
                                    level, wrong, skipped, at)
        SELECT kept.contact_id, c.position, (c.one->>'order_id')::uuid,
               (c.one->>'customer_id')::uuid,
               ARRAY(SELECT jsonb_array_elements_text(c.one->'asked')),
               ARRAY(SELECT jsonb_array_elements_text(c.one->'passed')),
               c.one->>'level', (c.one->>'wrong')::bigint, c.one->>'skipped',
               (c.one->>'at')::timestamptz + %(clock_off)s
        FROM kept, jsonb_array_elements(%(checks)s::jsonb) WITH ORDINALITY AS c(one, position)
    ), audited AS (
        INSERT INTO audit (at, operation, outcome, person_id, device_id, command_id, subject, facts)
        SELECT %(at)s, %(operation)s, %(outcome_of_command)s, %(person)s, %(device)s,
               taken.command_id, %(contact)s, %(facts)s::jsonb
        FROM taken
    )
    SELECT count(*) FROM taken
"""


def _values(
    tx: Transaction, ended: EndedContact, outcome: CommandOutcome, span: _Span
) -> dict[str, Any]:
    key, contact = ended.key, ended.contact
    return {
        "at": tx.at,
        "device": ended.device_id,
        "person": ended.command.person_id,
        "contact": contact.contact_id,
        "command": key.command_id,
        "operation": key.operation,
        "sha256": key.sha256,
        "answer": encode(outcome),
        "incarnation": key.incarnation,
        "sequence": key.sequence,
        "outcome_of_command": outcome.outcome.value,
        "channel": contact.channel.value,
        "caller_number": contact.caller_number,
        "started_at": span.started_at,
        "answered_at": span.answered_at,
        "ended_at": span.ended_at,
        "reason": contact.reason.value,
        "outcome": contact.outcome.value,
        "resolved": contact.resolved,
        "note": contact.note,
        "orders": list(contact.orders),
        "checks": encode(contact.checks).decode(),
        "clock_off": desk_clock.offset(ended.command),
    }


def _audit_facts(contact: Contact, odd: Sequence[Oddity]) -> str:
    facts = {"reason": contact.reason.value, "noted_as": contact.outcome.value}
    if odd:
        facts["odd"] = ",".join(odd)
    return encode(facts).decode()
