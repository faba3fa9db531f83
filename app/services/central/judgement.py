"""What is odd about an order that arrived: the reasons why a person should look at it.

Pure: facts and rules in, reasons out. Nothing here turns an order away; only a body that cannot be
read or kept at all is malformed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from app.services.central.desk_clock import YEARS
from app.services.central.order_facts import Facts
from app.services.central.similar_orders import RecentOrder, like_ones
from app.services.rules.like_orders import items_of
from app.services.rules.parked import needs_second
from app.services.rules.pricing import totals
from app.services.rules.read_back import Checkpoint, Checkpoints, standings, still_open
from app.services.rules.regions import RegionRules
from app.services.rules.review import MORE, ReviewReason
from app.values.errors import Refusal
from app.values.identity import DeviceId, LineId, OverrideId
from app.values.money import LARGEST_UNIT_PRICE, Currency
from app.values.vocabulary import CheckpointKind
from app.wire.contacts import Contact
from app.wire.guidance import Checklist
from app.wire.orders import OrderDocument, PlacedOrder, Totals
from app.wire.payments import GivenUpOrder
from app.wire.read_back import ClosedCall, Overridden, ReadBackEntry
from app.wire.sync import Command

LARGEST_MINOR = 10**15
LARGEST_VERSION = 2**62
LONGEST_CODE = 100
LONGEST_MS = 2**53
OPEN_NAMED_MOST = 20
"""So many open checkpoints are reasons of their own; the rest are counted."""


def refuse_malformed(placed: PlacedOrder, command: Command) -> None:
    """Raises Refusal `malformed` for what no order can mean and no column can hold."""
    document = placed.document
    if len({line.line_id for line in document.lines}) != len(document.lines):
        raise _malformed("two lines have the same id")
    if any(not 0 < len(line.code) <= LONGEST_CODE for line in document.lines):
        raise _malformed("a product code is empty or too long")
    prices = [p for line in document.lines for p in (line.told_price, line.list_price)]
    if any(abs(price.ten_thousandths) > LARGEST_UNIT_PRICE for price in prices):
        raise _malformed("a price is too large")
    if any(abs(line.price_version) > LARGEST_VERSION for line in document.lines):
        raise _malformed("a price version is too large")
    sums = placed.totals
    amounts = (sums.goods, sums.delivery, sums.tax, sums.total, document.delivery.charge)
    if any(abs(amount.minor) > LARGEST_MINOR for amount in amounts):
        raise _malformed("an amount is too large")
    instants = [placed.placed_at, document.started_at, command.captured_at]
    instants += [line.quoted_at for line in document.lines]
    refuse_malformed_instants(instants)
    _refuse_malformed_entries(placed.read_back)


def refuse_malformed_closing(closed: ClosedCall, command: Command) -> None:
    """The same for the end of a call."""
    refuse_malformed_instants((closed.closed_at, command.captured_at))
    _refuse_malformed_entries(closed.entries)


def refuse_malformed_giving_up(order: GivenUpOrder, command: Command) -> None:
    """The same for an order that will not come."""
    refuse_malformed_instants((order.given_up_at, command.captured_at))


def refuse_malformed_contact(contact: Contact, command: Command) -> None:
    """The same for a conversation."""
    instants = [contact.started_at, contact.ended_at, command.captured_at]
    instants += [check.at for check in contact.checks]
    if contact.answered_at is not None:
        instants.append(contact.answered_at)
    refuse_malformed_instants(instants)


def _refuse_malformed_entries(entries: Sequence[ReadBackEntry]) -> None:
    refuse_malformed_instants(entry.at for entry in entries)
    if any(getattr(entry, "took_ms", 0) > LONGEST_MS for entry in entries):
        raise _malformed("an answer took too long")


def refuse_malformed_instants(instants: Iterable[datetime]) -> None:
    """Raises Refusal `malformed` for a year in which nobody lives."""
    if any(instant.year not in YEARS for instant in instants):
        raise _malformed("an instant lies in no year of ours")


def _malformed(what: str) -> Refusal:
    return Refusal("malformed", f"This cannot be kept: {what}.")


def reasons_from_contents(placed: PlacedOrder, recomputed: Totals) -> list[str]:
    """What the order itself shows."""
    document = placed.document
    reasons: list[str] = []
    if not document.lines:
        reasons.append(ReviewReason.NO_LINES)
    if document.customer is None:
        reasons.append(ReviewReason.CUSTOMER_MISSING)
    if document.deliver_to is None:
        reasons.append(ReviewReason.ADDRESS_MISSING)
    if any(line.told_price.ten_thousandths < 0 for line in document.lines):
        reasons.append(ReviewReason.PRICE_BELOW_ZERO)
    if _currencies(placed) != {document.currency}:
        reasons.append(ReviewReason.CURRENCY_MIXED)
    if placed.totals != recomputed:
        reasons.append(ReviewReason.TOTALS_DIFFER)
    return reasons


def recomputed_totals(document: OrderDocument, rules: RegionRules) -> Totals:
    """What the lines come to at the told prices."""
    return totals(document, rules)


def totals_to_keep(told: Totals, recomputed: Totals) -> Totals:
    """The told totals, as the caller agreed to them; recomputed where those do not add up."""
    added = 0 if told.tax_included else told.tax.minor
    adds_up = told.total.minor == told.goods.minor + told.delivery.minor + added
    return told if adds_up else recomputed


def _currencies(placed: PlacedOrder) -> set[Currency]:
    document, sums = placed.document, placed.totals
    amounts = (sums.goods, sums.delivery, sums.tax, sums.total, document.delivery.charge)
    prices = (p for line in document.lines for p in (line.told_price, line.list_price))
    return {amount.currency for amount in amounts} | {price.currency for price in prices}


def reasons_from_facts(placed: PlacedOrder, device: DeviceId, facts: Facts) -> list[str]:
    """What shows when the order is held against what the centre knows."""
    reasons: list[str] = []
    if not facts.incarnation_known:
        reasons.append(ReviewReason.INCARNATION_UNKNOWN)
    if placed.document.device_id != device:
        reasons.append(ReviewReason.OTHER_SEAT)
    if facts.person_active is None:
        reasons.append(ReviewReason.PERSON_UNKNOWN)
    elif not facts.person_active:
        reasons.append(ReviewReason.PERSON_DISABLED)
    if unknown_codes(placed.document, facts):
        reasons.append(ReviewReason.PRODUCT_UNKNOWN)
    if withdrawn_codes(placed.document, facts):
        reasons.append(ReviewReason.PRODUCT_WITHDRAWN)
    like = unnamed_like(placed, facts)
    return reasons + [ReviewReason.NEAR_DUPLICATE.about(order.number) for order in like]


def unnamed_like(placed: PlacedOrder, facts: Facts) -> tuple[RecentOrder, ...]:
    """Orders like this one that nobody asked the caller about."""
    named = set(placed.not_duplicate_of)
    recent = [order for order in facts.recent if order.order_id not in named]
    return like_ones(items_of(placed.document.lines), recent) if recent else ()


def reasons_from_checklists(
    told: PlacedOrder, checklists: Sequence[Checklist] | None
) -> list[ReviewReason]:
    """Whether a second person has to look at such an order."""
    if not needs_second(told.document, told.totals.total, checklists or ()):
        return []
    return [ReviewReason.SECOND_PERSON]


def reasons_from_read_back(
    told: PlacedOrder, rules: RegionRules, checklists: Sequence[Checklist] | None
) -> list[str]:
    """Which checkpoints the record leaves open; `checklists` None: of an edition nobody knows."""
    if checklists is None:
        unjudged = ReviewReason.GUIDANCE_UNKNOWN if told.read_back else _MISSING
        return [unjudged]
    checkpoints = Checkpoints(rules, checklists).of(told.document, told.totals)
    if checkpoints and not told.read_back:
        return [_MISSING]
    found = still_open(standings(checkpoints, told.read_back))
    return list(open_reasons([one.checkpoint for one in found], told.document))


_MISSING = ReviewReason.READ_BACK_MISSING


def open_reasons(found: Sequence[Checkpoint], document: OrderDocument) -> Iterator[str]:
    """One for each, in the order of the talk; of very many the lines are counted first."""
    by_weight = sorted(found, key=_is_line)
    named = {point.key for point in by_weight[:OPEN_NAMED_MOST]}
    positions = {line.line_id: at for at, line in enumerate(document.lines, start=1)}
    for point in found:
        if point.key in named:
            yield ReviewReason.READ_BACK_OPEN.about(_subject(point, positions))
    if len(found) > len(named):
        yield ReviewReason.READ_BACK_OPEN.about(f"{MORE}:{len(found) - len(named)}")


def _is_line(point: Checkpoint) -> bool:
    return point.kind is CheckpointKind.LINE


def _subject(point: Checkpoint, positions: dict[LineId, int]) -> str:
    return point.key if point.line_id is None else str(positions[point.line_id])


def proved_overrides(told: PlacedOrder, device: DeviceId, facts: Facts) -> tuple[OverrideId, ...]:
    """Overrides of the record that a lead gave here, for this order, seat and these digests."""
    return tuple(
        entry.override_id
        for entry in overrides_in(told)
        if not entry.offline and _is_proved(entry, told, device, facts)
    )


def overrides_in(told: PlacedOrder) -> list[Overridden]:
    """What a lead let pass, in the order of the record."""
    return [entry for entry in told.read_back if isinstance(entry, Overridden)]


def _is_proved(entry: Overridden, told: PlacedOrder, device: DeviceId, facts: Facts) -> bool:
    held = facts.overrides.get(entry.override_id)
    return (
        held is not None
        and (held.order_id, held.device_id, held.lead_id)
        == (told.document.order_id, device, entry.lead)
        and held.checkpoints.issuperset((s.checkpoint, s.sha256) for s in entry.checkpoints)
    )


def reasons_from_overrides(told: PlacedOrder, proved: Sequence[OverrideId]) -> list[str]:
    """A lead's word that the centre did not hear itself is always looked at."""
    unproved = any(entry.override_id not in proved for entry in overrides_in(told))
    return [ReviewReason.OVERRIDE_UNPROVED] if unproved else []


def unknown_codes(document: OrderDocument, facts: Facts) -> list[str]:
    """Codes of the order that are not in the catalogue."""
    known = facts.sellable | facts.withdrawn
    return sorted({line.code for line in document.lines if line.code.upper() not in known})


def withdrawn_codes(document: OrderDocument, facts: Facts) -> list[str]:
    """Codes of the order that are no longer sold."""
    gone = facts.withdrawn - facts.sellable
    return sorted({line.code for line in document.lines if line.code.upper() in gone})
