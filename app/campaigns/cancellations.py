"""Which sale a real cancellation takes back: pieces of earlier lines, or the reason why of none.

A cancellation names customer, code, pieces and price, never the sale. It is taken to be for the
newest sales before it of that code to that customer at that price, as far as their pieces were not
taken back before. Pure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial

from app.campaigns.invoices import Invoice, InvoiceLine
from app.values.money import UnitPrice


class Why(StrEnum):
    """Why pieces of a cancellation belong to no sale."""

    NO_CUSTOMER = "no customer is named"
    NOT_SOLD = "a discount or fee that customer was never charged"
    NO_SALE = "never sold to that customer before"
    LATER_SALE = "its only sale stands later in the file"
    OTHER_PRICE = "sold to that customer at another price"
    TAKEN_BACK = "all that was sold was taken back before"
    MORE = "more pieces than were sold"


@dataclass(frozen=True, slots=True)
class Taken:
    """Pieces of a line of a sale: `line` is its place from 0."""

    invoice: str
    line: int
    pieces: int


@dataclass(frozen=True, slots=True)
class Named:
    """Pieces of a cancellation that belong to no sale."""

    code: str
    pieces: int
    why: Why


@dataclass(frozen=True, slots=True)
class Matched:
    """One cancellation invoice: what it takes back, and what of it nobody knows a sale of."""

    number: str
    lines: int
    taken: tuple[Taken, ...]
    named: tuple[Named, ...]

    @property
    def by_invoice(self) -> dict[str, tuple[Taken, ...]]:
        """What is taken back of each sale, in the order of the cancellation."""
        found: dict[str, list[Taken]] = defaultdict(list)
        for one in self.taken:
            found[one.invoice].append(one)
        return {invoice: tuple(several) for invoice, several in found.items()}


@dataclass(slots=True)
class _Sold:
    """A line that was sold, and how many of its pieces were not taken back yet."""

    invoice: Invoice
    line: int
    price: UnitPrice
    left: int


@dataclass(slots=True)
class _Sales:
    """All that was sold, by customer and code; the oldest first."""

    lines: dict[tuple[str, str], list[_Sold]] = field(default_factory=partial(defaultdict, list))

    def add(self, invoice: Invoice) -> None:
        for place, line in enumerate(invoice.lines):
            sold = _Sold(invoice, place, line.price, line.quantity)
            self.lines[invoice.customer, line.code.upper()].append(sold)


def touched(matched: Iterable[Matched]) -> frozenset[str]:
    """The sales that anything is taken back of."""
    return frozenset(invoice for one in matched for invoice in one.by_invoice)


def match(sales: Iterable[Invoice], cancellations: Sequence[Invoice]) -> tuple[Matched, ...]:
    """Each cancellation with its sales, in the order of time."""
    known = _Sales()
    for invoice in sorted(sales, key=_at):
        known.add(invoice)
    return tuple(_matched(known, one) for one in sorted(cancellations, key=_at))


def reasons(matched: Iterable[Matched]) -> dict[str, int]:
    """How many lines belong to no sale, in whole or in part, by the reason."""
    counted = Counter(one.why.value for each in matched for one in each.named)
    return dict(counted.most_common())


def _at(invoice: Invoice) -> datetime:
    return invoice.at


def _matched(known: _Sales, cancellation: Invoice) -> Matched:
    taken: list[Taken] = []
    named: list[Named] = []
    for line in cancellation.lines:
        several, why = _taken(known, cancellation, line)
        taken += several
        left = line.quantity - sum(one.pieces for one in several)
        if left:
            named.append(Named(line.code, left, why))
    return Matched(cancellation.number, len(cancellation.lines), tuple(taken), tuple(named))


def _taken(known: _Sales, cancellation: Invoice, line: InvoiceLine) -> tuple[list[Taken], Why]:
    """Pieces of the newest sales before, and why there are no more of them."""
    if not cancellation.customer:
        return [], Why.NO_CUSTOMER
    all_sold = known.lines.get((cancellation.customer, line.code.upper()), [])
    before = [one for one in reversed(all_sold) if one.invoice.at <= cancellation.at]
    if not before:
        return [], _never(all_sold, line)
    found: list[Taken] = []
    wanted = line.quantity
    for one in before:
        pieces = min(wanted, one.left) if one.price == line.price else 0
        if pieces:
            one.left -= pieces
            wanted -= pieces
            found.append(Taken(one.invoice.number, one.line, pieces))
    if any(one.left and one.price != line.price for one in before):
        return found, Why.OTHER_PRICE
    return found, Why.MORE if found else Why.TAKEN_BACK


def _never(sold_later: list[_Sold], line: InvoiceLine) -> Why:
    if sold_later:
        return Why.LATER_SALE
    return Why.NO_SALE if line.code[:1].isdigit() else Why.NOT_SOLD
