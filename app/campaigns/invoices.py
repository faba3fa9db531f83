"""Real invoices from a file in the Online Retail format, one order's worth at a time.

Reads only; what is left out is counted and named. An invoice's lines may be scattered over the file
(one is), so the whole file is read before the first invoice is given.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

from app.values.errors import Refusal
from app.values.money import Currency, UnitPrice, parse_unit_price

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
CANCELLATION_LETTER = "C"

COUNTRY_CODES = {
    "United Kingdom": "GB",
    "Channel Islands": "JE",
    "EIRE": "IE",
    "USA": "US",
    "RSA": "ZA",
    "Germany": "DE",
    "France": "FR",
    "Spain": "ES",
    "Netherlands": "NL",
    "Belgium": "BE",
    "Switzerland": "CH",
    "Portugal": "PT",
    "Australia": "AU",
    "Norway": "NO",
    "Italy": "IT",
    "Finland": "FI",
    "Cyprus": "CY",
    "Sweden": "SE",
    "Austria": "AT",
    "Denmark": "DK",
    "Japan": "JP",
    "Poland": "PL",
    "Israel": "IL",
    "Hong Kong": "HK",
    "Singapore": "SG",
    "Iceland": "IS",
    "Canada": "CA",
    "Greece": "GR",
    "Malta": "MT",
    "United Arab Emirates": "AE",
    "Lebanon": "LB",
    "Lithuania": "LT",
    "Brazil": "BR",
    "Czech Republic": "CZ",
    "Bahrain": "BH",
    "Saudi Arabia": "SA",
}
"""Countries as the file names them; `Unspecified` and `European Community` are taken as GB."""


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line that was sold, or that was taken back: quantity and price are above zero."""

    code: str
    description: str
    quantity: int
    price: UnitPrice


@dataclass(frozen=True, slots=True)
class Invoice:
    """One sale, or one cancellation; lines stand in the order of the file."""

    number: str
    customer: str
    country: str
    at: datetime
    lines: tuple[InvoiceLine, ...]


@dataclass(slots=True)
class Reading:
    """What a file held: invoices in the order of their first line, and what was left out.

    `cancellations` are all of the file, also where only some sales were asked for.
    """

    invoices: list[Invoice] = field(default_factory=list)
    cancellations: list[Invoice] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def read_invoices(path: Path, limit: int | None = None) -> Reading:
    """The first `limit` sale invoices of a csv or csv.gz file.

    Raises Refusal `file_unreadable` or `file_malformed`, naming file and line.
    """
    try:
        return _read(path, limit)
    except (OSError, EOFError, zlib.error, csv.Error, ValueError) as cause:
        raise Refusal("file_unreadable", f"{path} cannot be read: {cause}.") from cause


def _read(path: Path, limit: int | None) -> Reading:
    reading = Reading()
    sales, cancelled = _Gathered(), _Gathered()
    for row in _rows(path):
        if CANCELLATION_LETTER in row[0]:
            cancelled.note(row, _line_taken_back(row, reading.left_out))
        else:
            sales.note(row, _sold_line(row, reading.left_out))
    reading.left_out["cancellation invoices"] = len(cancelled.heads)
    reading.left_out["invoices without a line that was sold"] = len(sales.heads) - len(sales.lines)
    reading.invoices = sales.invoices()[:limit]
    reading.cancellations = cancelled.invoices()
    return reading


@dataclass(slots=True)
class _Gathered:
    """Lines by the number of their invoice, in the order of the file."""

    heads: dict[str, tuple[str, str, datetime]] = field(default_factory=dict)
    lines: dict[str, list[InvoiceLine]] = field(default_factory=dict)

    def note(self, row: list[str], line: InvoiceLine | None) -> None:
        """A row of the file; without a line where it is none to be kept."""
        number, _, _, _, at_text, _, customer, country = row
        if number not in self.heads:
            self.heads[number] = (customer, country, _instant(at_text))
        if line is not None:
            self.lines.setdefault(number, []).append(line)

    def invoices(self) -> list[Invoice]:
        """Those that have a line."""
        found = []
        for number in self.heads:
            if number in self.lines:
                customer, country, at = self.heads[number]
                code = COUNTRY_CODES.get(country, "GB")
                found.append(Invoice(number, customer, code, at, tuple(self.lines[number])))
        return found


def _sold_line(row: list[str], left_out: Counter[str]) -> InvoiceLine | None:
    _, code, description, quantity_text, _, price_text, _, _ = row
    quantity = int(quantity_text)
    if quantity <= 0:
        left_out["lines with a quantity of zero or less"] += 1
        return None
    if price_text.startswith("-"):
        left_out["lines with a price below zero"] += 1
        return None
    price = _price(price_text)
    if price.ten_thousandths == 0:
        left_out["lines with a price of zero"] += 1
        return None
    return InvoiceLine(code.strip(), " ".join(description.split()), quantity, price)


def _line_taken_back(row: list[str], left_out: Counter[str]) -> InvoiceLine | None:
    """In a cancellation quantities are below zero."""
    _, code, description, quantity_text, _, price_text, _, _ = row
    left_out["lines of cancellation invoices"] += 1
    quantity = -int(quantity_text)
    if quantity <= 0 or price_text.startswith("-"):
        return None
    price = _price(price_text)
    return InvoiceLine(code.strip(), " ".join(description.split()), quantity, price)


@cache
def _price(text: str) -> UnitPrice:
    """A file has half a million prices and a thousand different ones."""
    return parse_unit_price(text, Currency.GBP)


def _rows(path: Path) -> Iterator[list[str]]:
    with _open(path) as file:
        reader = csv.reader(file)
        if tuple(next(reader, ())) != COLUMNS:
            sentence = f"{path.name} does not begin with the columns {', '.join(COLUMNS)}."
            raise Refusal("file_malformed", sentence)
        for row in reader:
            if len(row) != len(COLUMNS):
                sentence = f"Line {reader.line_num} of {path.name} has {len(row)} columns."
                raise Refusal("file_malformed", sentence)
            yield row


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
