"""Products told from order lines, for shops whose only list is what they sold.

The Online Retail format; pure but for the file it reads. Sales decide: the description used most,
the list price that held last and the quantities from which it fell, the usual quantity. Lines of
known customers set the price where a product has any, because lines without a customer are mostly a
website's, at about twice the trade price.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from app.services.central.imports.price_breaks import Sold, derive_breaks, typical_quantity
from app.services.central.imports.price_list import (
    ListedProduct,
    checked_code,
    price_of,
    refuse_ragged,
)
from app.services.central.imports.rejects import Rejects
from app.services.central.imports.table_file import Field, Row
from app.values.errors import Refusal
from app.values.identity import ProductCode
from app.values.money import Currency, UnitPrice
from app.values.vocabulary import ProductKind
from app.values.wording import tidy

CHARGE_CODES = frozenset(
    {"POST", "DOT", "C2", "C3", "M", "D", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK", "ADJUST"}
)
"""Codes of the Online Retail format that are only money: carriage, manual, discount, fees."""
CANCELLATION_LETTER = "C"
PRICE_DAYS = 300
"""Only lines of the last 300 days of the file set prices, where a product has any."""

FIELDS = (
    Field(name="invoice", aliases=("InvoiceNo", "OrderNo", "OrderNumber"), required=True),
    Field(name="code", aliases=("StockCode", "ProductCode", "SKU"), required=True),
    Field(name="description", aliases=("ProductName", "Name")),
    Field(name="quantity", aliases=("Qty",), required=True),
    Field(name="date", aliases=("InvoiceDate", "OrderDate"), required=True),
    Field(name="price", aliases=("UnitPrice",), required=True),
    Field(name="customer", aliases=("CustomerID", "CustomerNo")),
)
_DATE_FORMATS = ("%m/%d/%Y %H:%M", "%m/%d/%y %H:%M", "%Y-%m-%d")


@dataclass(slots=True)
class _Gathered:
    spellings: Counter[str] = field(default_factory=Counter)
    descriptions: Counter[str] = field(default_factory=Counter)
    described_last: dict[str, str] = field(default_factory=dict)
    trade: list[Sold] = field(default_factory=list)
    others: list[Sold] = field(default_factory=list)
    taken_off: list[Sold] = field(default_factory=list)
    """Lines of a charge that were never sold: discounts, commissions."""


class SaleHistory:
    """Gathers order lines, then tells the products."""

    def __init__(
        self,
        columns: dict[str, int],
        width: int,
        currency: Currency,
        charge_codes: frozenset[str] = CHARGE_CODES,
    ) -> None:
        """`columns` as placed by FIELDS; `width` is how many columns a whole row has."""
        self._invoice = columns["invoice"]
        self._code = columns["code"]
        self._description = columns.get("description")
        self._quantity = columns["quantity"]
        self._date = columns["date"]
        self._price = columns["price"]
        self._customer = columns.get("customer")
        self._width = width
        self._currency = currency
        self._charge_codes = charge_codes
        self._products: dict[str, _Gathered] = {}
        self._prices: dict[str, int] = {}
        self._newest = ""

    def gather(self, rows: Iterable[Row], rejects: Rejects) -> None:
        """Takes in lines of sales (and charges that were taken off); sets all others aside."""
        for row in rows:
            try:
                kind = self._take(row)
            except Refusal as refusal:
                kind = refusal.sentence
            if kind:
                rejects.add(row, kind)

    def products(self) -> Iterator[ListedProduct]:
        """The products told, by code."""
        since = _days_before(self._newest, PRICE_DAYS)
        for folded in sorted(self._products):
            yield self._told(folded, self._products[folded], since)

    def _take(self, row: Row) -> str:
        """Why the row is not taken; empty when it is. Half a million rows come through here."""
        values = row.values
        if len(values) != self._width:
            refuse_ragged(row, self._width)
        code, folded = _code(values[self._code])
        quantity = _whole_number(values[self._quantity])
        price = self._price_of(values[self._price])
        at = _instant(values[self._date])
        cancelled = values[self._invoice].lstrip().startswith(CANCELLATION_LETTER)
        if price <= 0:
            return "the price is zero" if price == 0 else "the price is below zero"
        taken_off = cancelled or quantity <= 0
        if taken_off and folded not in self._charge_codes:
            return "a cancellation" if cancelled else "the quantity is not above zero"
        gathered = self._products.get(folded)
        if gathered is None:
            gathered = self._products[folded] = _Gathered()
        gathered.spellings[code] += 1
        if taken_off:
            gathered.taken_off.append(Sold(at, 1, price))
        elif self._customer is not None and values[self._customer].strip():
            gathered.trade.append(Sold(at, quantity, price))
        else:
            gathered.others.append(Sold(at, quantity, price))
        if self._description is not None and (words := _tidy(values[self._description])):
            gathered.descriptions[words] += 1
            gathered.described_last[words] = at
        self._newest = max(self._newest, at)
        return ""

    def _price_of(self, text: str) -> int:
        """In 1/10,000; -1 stands for any price below zero."""
        price = self._prices.get(text)
        if price is None:
            price = self._prices[text] = _price(text, self._currency)
        return price

    def _told(self, folded: str, gathered: _Gathered, since: str) -> ListedProduct:
        code = min(gathered.spellings, key=lambda s: (-gathered.spellings[s], s))
        is_charge = folded in self._charge_codes
        sold = gathered.trade or gathered.others
        lines = sold or gathered.taken_off
        lately = [line for line in lines if line.at >= since] or lines
        if is_charge:
            breaks: tuple[tuple[int, int], ...] = ((1, max(lately, key=lambda s: s.at).price),)
        else:
            breaks = derive_breaks(lately)
        return ListedProduct(
            code=ProductCode(code),
            description=_commonest(gathered) or code,
            breaks=tuple((q, UnitPrice(price, self._currency)) for q, price in breaks),
            kind=ProductKind.CHARGE if is_charge else ProductKind.GOODS,
            typical_quantity=None if is_charge else typical_quantity([s.quantity for s in lately]),
            # What was only ever taken off an order (a discount, a commission) cannot be put on one.
            withdrawn=None if sold else True,
        )


@lru_cache(maxsize=50_000)
def _code(text: str) -> tuple[ProductCode, str]:
    """The code, and in capitals."""
    code = checked_code(tidy(text))
    return code, code.upper()


@lru_cache(maxsize=50_000)
def _tidy(text: str) -> str:
    return tidy(text)


def _commonest(gathered: _Gathered) -> str:
    counts, last = gathered.descriptions, gathered.described_last
    return max(counts, key=lambda text: (counts[text], last[text], text), default="")


@lru_cache(maxsize=50_000)
def _whole_number(text: str) -> int:
    try:
        return int(text.strip().replace(",", ""))
    except ValueError as cause:
        raise Refusal("quantity_malformed", "the quantity is not a whole number") from cause


def _price(text: str, currency: Currency) -> int:
    try:
        return price_of(text, currency).ten_thousandths
    except Refusal as refusal:
        if refusal.code == "price_negative":
            return -1
        raise


@lru_cache(maxsize=100_000)
def _instant(text: str) -> str:
    """ISO 8601 text that sorts; month before day where it is not ISO, as in published copies."""
    cleaned = text.strip()
    try:
        return datetime.fromisoformat(cleaned).isoformat()
    except ValueError:
        pass
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(cleaned, form).isoformat()  # noqa: DTZ007 - only compared within the file
        except ValueError:
            continue
    raise Refusal("date_malformed", "the date cannot be read")


def _days_before(newest: str, days: int) -> str:
    if not newest:
        return ""
    return (datetime.fromisoformat(newest) - timedelta(days=days)).isoformat()
