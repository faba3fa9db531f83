"""What is odd about an order that arrived: the reasons why a person should look at it.

Pure: facts and rules in, reasons out. Nothing here turns an order away; only a body that cannot be
read or kept at all is malformed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from app.services.central.orders import Facts
from app.services.rules.pricing import totals
from app.services.rules.regions import RegionRules
from app.services.rules.review import ReviewReason
from app.values.errors import Refusal
from app.values.identity import DeviceId
from app.values.money import LARGEST_UNIT_PRICE, Currency
from app.wire.orders import OrderDocument, PlacedOrder, Totals
from app.wire.sync import Command

LARGEST_MINOR = 10**15
LARGEST_VERSION = 2**62
LONGEST_CODE = 100
CLOCK_SLACK = timedelta(minutes=10)
_YEARS = range(1900, 2200)


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
    if any(instant.year not in _YEARS for instant in instants):
        raise _malformed("an instant lies in no year of ours")


def _malformed(what: str) -> Refusal:
    return Refusal("malformed", f"The order cannot be kept: {what}.")


def reasons_from_contents(placed: PlacedOrder, recomputed: Totals) -> list[ReviewReason]:
    """What the order itself shows."""
    document = placed.document
    reasons: list[ReviewReason] = []
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


def reasons_from_facts(placed: PlacedOrder, device: DeviceId, facts: Facts) -> list[ReviewReason]:
    """What shows when the order is held against what the centre knows."""
    reasons: list[ReviewReason] = []
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
    return reasons


def unknown_codes(document: OrderDocument, facts: Facts) -> list[str]:
    """Codes of the order that are not in the catalogue."""
    known = facts.sellable | facts.withdrawn
    return sorted({line.code for line in document.lines if line.code.upper() not in known})


def withdrawn_codes(document: OrderDocument, facts: Facts) -> list[str]:
    """Codes of the order that are no longer sold."""
    gone = facts.withdrawn - facts.sellable
    return sorted({line.code for line in document.lines if line.code.upper() in gone})


def corrected(instant: datetime, command: Command, received: datetime) -> datetime:
    """The instant by the centre's clock, as far as the desk knew the difference; never absurd."""
    try:
        moved = instant + timedelta(milliseconds=command.clock_offset_ms)
    except OverflowError:
        return received
    return moved if moved.year in _YEARS else received


def clock_is_wrong(placed_at: datetime, command: Command, received: datetime) -> bool:
    """Whether the desk's clock went so wrong that the times of the order mean little."""
    offset_is_large = abs(command.clock_offset_ms) > CLOCK_SLACK / timedelta(milliseconds=1)
    return offset_is_large or placed_at > received + CLOCK_SLACK
