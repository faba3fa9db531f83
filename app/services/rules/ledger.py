"""What the customer owes for each part of an order, as entries that are only added. Pure.

What an order comes to is worked out whole, and entries are what is lacking to it: so roundings
never drift, the same change twice adds nothing, and a change taken back restores every part. Money
that moved is not here but in `refunds`; `account` brings the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from app.services.rules.payments import IS_PAID
from app.services.rules.pricing import tax_day, totals
from app.services.rules.refunds import UNDER_WAY, Held, Tendered, held_minor, tenders
from app.services.rules.regions import RegionRules
from app.services.rules.tax import rates_inside
from app.values.errors import Refusal
from app.values.identity import LineId
from app.values.money import Currency, Money
from app.values.order_life import LedgerCause, LedgerPart, RefundState, RefundWay
from app.values.vocabulary import OrderType, Region
from app.wire.order_page import Account
from app.wire.orders import OrderDocument

Part = tuple[LedgerPart, LineId | None]


@dataclass(frozen=True, slots=True)
class Sum:
    """Pieces and minor units of a part of the order; `tax_minor` is the tax in `minor`.

    The tax of the order is rounded once per rate; what that makes beside the sum of its parts
    stands at TAX, with no amount where prices hold the tax.
    """

    quantity: int = 0
    minor: int = 0
    tax_minor: int = 0

    def __add__(self, other: Sum) -> Sum:
        return Sum(
            self.quantity + other.quantity,
            self.minor + other.minor,
            self.tax_minor + other.tax_minor,
        )

    def __sub__(self, other: Sum) -> Sum:
        return Sum(
            self.quantity - other.quantity,
            self.minor - other.minor,
            self.tax_minor - other.tax_minor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of the ledger."""

    revision: int
    part: LedgerPart
    line_id: LineId | None
    sum: Sum
    cause: LedgerCause


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSums:
    """What was charged and credited for a line, in minor units, and its pieces that are charged.

    A credit that was undone is none.
    """

    quantity: int = 0
    charged: int = 0
    credited: int = 0

    @property
    def refundable(self) -> int:
        """What could still be credited for it."""
        return max(self.charged - self.credited, 0)


def due(
    document: OrderDocument, rules: RegionRules, returned: Mapping[LineId, int] | None = None
) -> dict[Part, Sum]:
    """What an order comes to in parts, less the pieces of its lines that were returned."""
    kept = _kept(document, rules, returned or {})
    rates = rates_inside(rules, kept.deliver_to, tax_day(kept, rules))
    found: dict[Part, Sum] = {}
    for line in kept.lines:
        minor = line.told_price.minor_of(line.quantity)
        rate = rates.get(line.tax_category)
        tax = rate.included_in(minor) if rate else 0
        found[LedgerPart.LINE, line.line_id] = Sum(line.quantity, minor, tax)
    charge = kept.delivery.charge.minor
    category = rules.tax.delivery_category
    rate = rates.get(category) if category is not None else None
    found[LedgerPart.DELIVERY, None] = Sum(0, charge, rate.included_in(charge) if rate else 0)
    total = totals(kept, rules)
    inside = sum(one.tax_minor for one in found.values())
    tax = total.tax.minor
    found[LedgerPart.TAX, None] = (
        Sum(0, 0, tax - inside) if total.tax_included else Sum(0, tax, tax)
    )
    return found


def entries(
    so_far: Iterable[Entry], now_due: Mapping[Part, Sum], revision: int, cause: LedgerCause
) -> tuple[Entry, ...]:
    """What is lacking in the ledger for the parts to come to what is due; nothing where all is.

    Lines first, in the order of the document; goodwill stays beside it.
    """
    there = sums(so_far)
    there.pop((LedgerPart.GOODWILL, None), None)
    nothing = Sum()
    lacking = [(part, now, there.pop(part, nothing)) for part, now in now_due.items()]
    lacking += [(part, nothing, before) for part, before in there.items()]
    return tuple(
        Entry(revision=revision, part=part, line_id=line_id, sum=now - before, cause=cause)
        for (part, line_id), now, before in lacking
        if now != before
    )


def goodwill(so_far: Iterable[Entry], amount: Money, revision: int) -> Entry:
    """An amount given for an inconvenience; no line is returned for it.

    Raises Refusal `goodwill_malformed`, or `goodwill_too_much` where less is left to be paid.
    """
    if amount.minor < 1:
        raise Refusal("goodwill_malformed", "Goodwill is an amount above zero.", "amount")
    left = Money(max(sum(one.sum.minor for one in so_far), 0), amount.currency)
    if amount.minor > left.minor:
        sentence = f"That is more than the order comes to: {left} is left of it."
        raise Refusal("goodwill_too_much", sentence, "amount")
    return Entry(
        revision=revision,
        part=LedgerPart.GOODWILL,
        line_id=None,
        sum=Sum(minor=-amount.minor),
        cause=LedgerCause.GOODWILL,
    )


def sums(so_far: Iterable[Entry]) -> dict[Part, Sum]:
    """The entries of each part together."""
    found: dict[Part, Sum] = {}
    for one in so_far:
        part = one.part, one.line_id
        before = found.get(part)
        found[part] = one.sum if before is None else before + one.sum
    return found


def line_sums(so_far: Iterable[Entry]) -> dict[LineId, LineSums]:
    """Charged and credited by line, also of lines that are gone."""
    found: dict[LineId, LineSums] = {}
    for one in so_far:
        if one.line_id is not None:
            found[one.line_id] = _with(found.get(one.line_id, LineSums()), one)
    return found


def owed(so_far: Iterable[Entry], currency: Currency) -> Money:
    """What the customer has to have paid by now for the whole order, goodwill taken off."""
    return Money(max(sum(one.sum.minor for one in so_far), 0), currency)


def account(so_far: Iterable[Entry], tendered: Tendered, currency: Currency) -> Account:
    """The money of an order: what is owed beside what is there and what goes back."""
    ours = tuple(so_far)
    there = tenders(tendered, currency)
    given = -sum(one.sum.minor for one in ours if one.part is LedgerPart.GOODWILL)
    still = owed(ours, currency).minor - held_minor(there)
    attempts = [a for a in tendered.attempts if a.amount.currency is currency]
    taken = sum(a.captured.minor for a in attempts if a.captured is not None)
    taken += sum(one.amount.minor for one in tendered.links if one.state in IS_PAID)
    refunded = sum(a.refunded.minor for a in attempts if a.refunded is not None)
    refunded += _back(tendered, frozenset({RefundState.DONE}), frozenset({RefundWay.BY_HAND}))
    reserved = [one for one in there if one.held is Held.RESERVED]
    charged = sum(one.sum.minor for one in ours) + given
    return Account(
        charged=Money(charged, currency),
        authorised=Money(held_minor(reserved), currency),
        taken=Money(taken, currency),
        refunded=Money(refunded, currency),
        returning=Money(_back(tendered, UNDER_WAY, frozenset(RefundWay)), currency),
        goodwill=Money(given, currency),
        to_pay=Money(max(still, 0), currency),
        to_refund=Money(max(-still, 0), currency),
    )


def _back(tendered: Tendered, states: frozenset[RefundState], ways: frozenset[RefundWay]) -> int:
    return sum(
        one.amount.minor for one in tendered.refunds if one.state in states and one.way in ways
    )


def _with(line: LineSums, entry: Entry) -> LineSums:
    """An undone credit is taken from what was credited first, an undone charge from what was."""
    minor = entry.sum.minor
    is_undone = entry.cause is LedgerCause.UNDONE
    charged, credited = line.charged, line.credited
    if minor >= 0:
        restored = min(minor, max(credited, 0)) if is_undone else 0
        charged, credited = charged + minor - restored, credited - restored
    elif is_undone:
        taken_back = min(-minor, max(charged - credited, 0))
        charged, credited = charged - taken_back, credited - minor - taken_back
    else:
        credited -= minor
    return LineSums(quantity=line.quantity + entry.sum.quantity, charged=charged, credited=credited)


def _kept(
    document: OrderDocument, rules: RegionRules, returned: Mapping[LineId, int]
) -> OrderDocument:
    """The document of what the customer keeps."""
    if not any(returned.values()):
        return document
    lines = tuple(
        msgspec.structs.replace(line, quantity=line.quantity - returned.get(line.line_id, 0))
        for line in document.lines
        if returned.get(line.line_id, 0) < line.quantity
    )
    delivery = document.delivery
    if not lines:
        charge = _delivery_kept(document, rules)
        delivery = msgspec.structs.replace(delivery, charge=Money(charge, document.currency))
    return msgspec.structs.replace(document, lines=lines, delivery=delivery)


def _delivery_kept(document: OrderDocument, rules: RegionRules) -> int:
    """What stays of the delivery charge where everything was sent back, in minor units.

    In Great Britain a consumer gets back what the cheapest usual delivery would have cost; what
    they chose to pay above that stays. Trade orders have no such right, and neither has the United
    States. Source: Consumer Contracts Regulations 2013, reg 34(2) and (3).
    """
    charge = document.delivery.charge.minor
    if document.region is not Region.GB or document.order_type is OrderType.TRADE:
        return charge
    country = document.deliver_to.country if document.deliver_to else rules.country
    usual = [one.charge.minor for one in rules.methods_to(country) if one.needs_address]
    return max(charge - min(usual, default=charge), 0)
