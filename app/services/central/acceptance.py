"""Turns an order that arrived into what is kept of it: number, customer, addresses, reasons.

Part of the transaction it is given. Whatever is odd is mended as far as it can be without changing
what the caller was told, and named as a reason.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from app.services.central import desk_clock, judgement
from app.services.central.allocation import Allocations, Wanting, allocate
from app.services.central.customer_changes import known_customer
from app.services.central.guidance import GuidanceEditions
from app.services.central.masking import (
    masked_attempts,
    masked_document,
    masked_entries,
    masked_links,
)
from app.services.central.number_leases import NumberLeases
from app.services.central.order_facts import Facts
from app.services.central.order_payment import Standing, standing
from app.services.central.orders import OrderRecord
from app.services.central.payment_rows import payments_of
from app.services.central.transaction import CommandKey, Transaction
from app.services.rules.read_back import Checkpoint, Checkpoints
from app.services.rules.regions import RegionRules
from app.services.rules.review import ReviewReason
from app.values.contact import PostalAddress
from app.values.identity import DeviceId
from app.values.order_number import OrderNumber, holds
from app.values.vocabulary import Region
from app.wire.guidance import Checklist
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.payments import Payments
from app.wire.sync import Command

_COUNTRY = re.compile(r"[A-Z]{2}")
_TEN_DIGITS = re.compile(r"[0-9]{10}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An order on its way in; `oddities` are what the way itself showed.

    `placed` is what can be kept of it, `told` exactly what the seat sent: digests are of that.
    """

    key: CommandKey
    command: Command
    device_id: DeviceId
    placed: PlacedOrder
    told: PlacedOrder
    oddities: tuple[ReviewReason, ...] = ()


@dataclass(frozen=True, slots=True)
class _Numbered:
    number: OrderNumber
    aliases: tuple[OrderNumber, ...] = ()
    reason: ReviewReason | None = None


@dataclass(frozen=True, slots=True)
class _Judged:
    """All but its stock is known; `late` are reasons that are named behind those of the stock."""

    record: OrderRecord
    late: Sequence[ReviewReason]


class Acceptance:
    """Decides how an order is kept."""

    def __init__(self, regions: Mapping[Region, RegionRules], leases: NumberLeases) -> None:
        self._regions = regions
        self._leases = leases
        self._editions = GuidanceEditions()

    def records(
        self, tx: Transaction, arrivals: Sequence[tuple[Arrival, Facts]]
    ) -> list[OrderRecord]:
        """What to write for well-formed orders, the answers to their commands included."""
        judged = [self._judged(tx, arrival, facts) for arrival, facts in arrivals]
        # Last of all that may have to wait: from here on others wait for the same products.
        pairs = zip(judged, arrivals, strict=True)
        given = allocate(tx, [_wanting(one.record, *came) for one, came in pairs])
        return [_with_stock(one, more) for one, more in zip(judged, given, strict=True)]

    def _judged(self, tx: Transaction, arrival: Arrival, facts: Facts) -> _Judged:
        command, told = arrival.command, arrival.placed
        rules = self._regions[told.document.region]
        checklists = self._checklists(tx, told.guidance)
        placed = masked(told, rules, checklists)
        document = placed.document
        numbered = self._numbered(tx, arrival, facts)
        known = known_customer(tx, document.order_id, document.customer, facts.customer, rules)
        addresses, addresses_are_right = addresses_of(document)
        recomputed = judgement.recomputed_totals(told.document, rules)
        placed_at = desk_clock.corrected(told.placed_at, command, tx.at)
        overrides = judgement.proved_overrides(arrival.told, arrival.device_id, facts)
        paid = _payment(tx, arrival, facts)
        reasons = [
            *arrival.oddities,
            *judgement.reasons_from_contents(told, recomputed),
            *judgement.reasons_from_facts(told, arrival.device_id, facts),
            *([numbered.reason] if numbered.reason else []),
            *known.reasons,
            *judgement.reasons_from_read_back(arrival.told, rules, checklists),
            *judgement.reasons_from_checklists(told, checklists),
            *judgement.reasons_from_overrides(arrival.told, overrides),
            *paid.reasons,
        ]
        more = [ReviewReason.CARD_DIGITS_MASKED] if placed is not told else []
        if not addresses_are_right:
            more.append(ReviewReason.ADDRESS_MALFORMED)
        if desk_clock.is_wrong(placed_at, command, tx.at):
            more.append(ReviewReason.CLOCK_WRONG)
        record = OrderRecord(
            key=arrival.key,
            command=command,
            device_id=arrival.device_id,
            placed=replace(placed, number=numbered.number),
            totals=judgement.totals_to_keep(told.totals, recomputed),
            placed_at=placed_at,
            started_at=desk_clock.corrected(document.started_at, command, tx.at),
            clock_off=desk_clock.offset(command),
            reasons=tuple(reasons),
            overrides=overrides,
            customer_id=known.customer_id,
            new_customer=known.is_new,
            phone=known.phone,
            addresses=addresses if known.customer_id is not None else (),
            aliases=numbered.aliases,
            event_facts=_event_facts(told, numbered, facts),
            payment_state=paid.state,
        )
        return _Judged(record, more)

    def _checklists(self, tx: Transaction, revision: int) -> tuple[Checklist, ...] | None:
        """Those of an edition; None where it is not known here (a desk of before has none)."""
        edition = self._editions.edition(tx, revision)
        return edition.checklists if edition is not None else None

    def _numbered(self, tx: Transaction, arrival: Arrival, facts: Facts) -> _Numbered:
        """The number the caller was told, if it is the seat's to give; else a new one beside it."""
        told = arrival.placed.number
        if not holds(told):
            reason = ReviewReason.NUMBER_MALFORMED
        elif facts.number_order is not None:
            reason = ReviewReason.NUMBER_TAKEN
        elif not facts.number_leased:
            reason = ReviewReason.NUMBER_NOT_LEASED
        else:
            return _Numbered(told)
        fresh = self._leases.lease_to(tx, arrival.device_id, 1)[0]
        return _Numbered(fresh, (told,) if _TEN_DIGITS.fullmatch(told) else (), reason)


def _with_stock(judged: _Judged, allocations: Allocations) -> OrderRecord:
    record = judged.record
    reasons = [*record.reasons, *allocations.reasons, *judged.late]
    codes = tuple(dict.fromkeys(map(str, reasons)))
    return dataclasses.replace(record, reasons=codes, allocations=allocations)


def _event_facts(told: PlacedOrder, numbered: _Numbered, facts: Facts) -> dict[str, Any]:
    """Ids, numbers and codes only: names and texts stay in the document, which can be erased."""
    found: dict[str, Any] = {}
    if numbered.aliases:
        found["told_number"] = numbered.aliases[0]
    if unknown := judgement.unknown_codes(told.document, facts):
        found["unknown_codes"] = unknown
    if withdrawn := judgement.withdrawn_codes(told.document, facts):
        found["withdrawn_codes"] = withdrawn
    return found


def masked(
    told: PlacedOrder, rules: RegionRules, checklists: Sequence[Checklist] | None
) -> PlacedOrder:
    """Without card numbers, nor digests of values that held one; the same one where there are none.

    The record then matches the masked document as it matched the one that came.
    """
    document = masked_document(told.document, rules)
    instead: dict[str, Checkpoint] = {}
    if document is not told.document and checklists is not None:
        points = Checkpoints(rules, checklists)
        before = points.of(told.document, told.totals)
        after = points.of(document, told.totals)
        pairs = zip(before, after, strict=True)
        instead = {old.sha256: new for old, new in pairs if old.sha256 != new.sha256}
    read_back = masked_entries(told.read_back, rules, instead)
    attempts, links = masked_attempts(told.attempts), masked_links(told.links, rules)
    if (
        document is told.document
        and read_back is told.read_back
        and attempts is told.attempts
        and links is told.links
    ):
        return told
    return replace(told, document=document, read_back=read_back, attempts=attempts, links=links)


def _payment(tx: Transaction, arrival: Arrival, facts: Facts) -> Standing:
    """How far it is paid for; of two orders under one id the one that came first has the money."""
    placed = arrival.placed
    held = Payments()
    if facts.has_payments and not _is_beside_another(arrival):
        held = payments_of(tx, placed.document.order_id, hold=True)
    on_account = facts.customer is not None and facts.customer.on_account
    return standing(placed, held, on_account=on_account, given_up=facts.given_up)


def _wanting(record: OrderRecord, arrival: Arrival, facts: Facts) -> Wanting:
    tracked = () if _is_beside_another(arrival) else facts.tracked
    return Wanting(record.placed.document, tracked)


def _is_beside_another(arrival: Arrival) -> bool:
    """Whether the order came under the id of another, which has the money and the stock."""
    return arrival.placed.document.order_id != arrival.told.document.order_id


def addresses_of(document: OrderDocument) -> tuple[tuple[PostalAddress, ...], bool]:
    """Addresses to keep with the customer, each once; False when one cannot be kept."""
    given = [a for a in (document.deliver_to, document.bill_to) if a is not None]
    kept = [dataclasses.replace(a, country=a.country.strip().upper()) for a in given]
    right = [a for a in kept if _COUNTRY.fullmatch(a.country)]
    return tuple(dict.fromkeys(right)), len(right) == len(given)
