"""Products from a plain price list: a row each, with as much about it as the file has columns for.

Pure but for the file it reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from app.services.central.imports.rejects import Rejects, each_once
from app.services.central.imports.table_file import Field, Row
from app.values.errors import Refusal
from app.values.identity import ProductCode
from app.values.money import Currency, UnitPrice, parse_unit_price
from app.values.quantity import parse_quantity
from app.values.vocabulary import ProductKind, TaxCategory
from app.values.wording import tidy

FIELDS = (
    Field(
        name="code",
        aliases=(
            *("sku", "StockCode", "ProductCode", "ItemCode", "ItemNumber", "ItemNo", "PartNumber"),
            *("PartNo", "Article", "ArticleNumber", "Product", "Item", "ID"),
        ),
        required=True,
    ),
    Field(
        name="description",
        # Where there are both, the name is what a product is called and the description is prose.
        aliases=("name", "ProductName", "Title", "ItemName", "description", "Desc"),
        required=True,
    ),
    Field(
        name="price",
        aliases=("UnitPrice", "ListPrice", "SalePrice", "PriceGBP", "PriceUSD", "RRP"),
        required=True,
    ),
    Field(name="kind", aliases=("ProductKind", "ProductType")),
    Field(name="tax_category", aliases=("Tax", "TaxCode", "VATCode", "TaxClass")),
    Field(name="typical_quantity", aliases=("Typical", "UsualQuantity", "PackQuantity")),
    Field(name="withdrawn", aliases=("Discontinued", "Obsolete")),
    Field(name="breaks", aliases=("QuantityBreaks", "PriceBreaks")),
    Field(name="stock", aliases=("OnHand", "StockLevel", "InStock", "Available")),
)
LONGEST_CODE = 100
LONGEST_DESCRIPTION = 2_000
LARGEST_STOCK = 1_000_000_000
_YES = frozenset({"1", "y", "yes", "true", "t", "withdrawn", "discontinued"})
_NO = frozenset({"", "0", "n", "no", "false", "f"})

W = TypeVar("W", ProductKind, TaxCategory)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProduct:
    """A product as a file lists it; None: the file does not say.

    `breaks` are (from quantity, price), the first of them from 1.
    """

    code: ProductCode
    description: str
    breaks: tuple[tuple[int, UnitPrice], ...]
    kind: ProductKind | None = None
    tax_category: TaxCategory | None = None
    typical_quantity: int | None = None
    withdrawn: bool | None = None
    stock: int | None = None


class PriceList:
    """Reads the rows of a price list."""

    def __init__(
        self,
        columns: Mapping[str, int],
        width: int,
        currency: Currency,
        charge_codes: frozenset[str] = frozenset(),
    ) -> None:
        """`columns` as placed by FIELDS; `width` is how many columns a whole row has."""
        self._columns = columns
        self._width = width
        self._currency = currency
        self._charge_codes = charge_codes

    def read(self, rows: Iterable[Row], rejects: Rejects) -> Iterator[ListedProduct]:
        """Products row by row; a row that is none, or whose code came before, is set aside."""
        return each_once(rows, self._product, _folded_code, rejects, "the code came before")

    def _product(self, row: Row) -> ListedProduct:
        refuse_ragged(row, self._width)
        code = checked_code(self._text(row, "code"))
        description = self._text(row, "description")
        if not description:
            raise Refusal("description_missing", "no description")
        if len(description) > LONGEST_DESCRIPTION:
            raise Refusal("description_too_long", "the description is too long")
        typical, stock = self._text(row, "typical_quantity"), self._text(row, "stock")
        kind = _word(self._text(row, "kind"), ProductKind, "the kind is neither goods nor charge")
        if kind is None and code.upper() in self._charge_codes:
            kind = ProductKind.CHARGE
        return ListedProduct(
            code=code,
            description=description,
            breaks=self._breaks(row),
            kind=kind,
            tax_category=_word(
                self._text(row, "tax_category"), TaxCategory, "the tax category is not known"
            ),
            typical_quantity=_whole(typical) if typical else None,
            withdrawn=yes_or_no(self._text(row, "withdrawn"), "withdrawn")
            if self._has("withdrawn")
            else None,
            stock=pieces(stock) if stock else None,
        )

    def _breaks(self, row: Row) -> tuple[tuple[int, UnitPrice], ...]:
        """The price for one, and the breaks written as `12:3.75;24:3.50`."""
        breaks = {1: price_of(self._text(row, "price"), self._currency)}
        for part in filter(None, self._text(row, "breaks").replace("|", ";").split(";")):
            quantity, colon, price = part.partition(":")
            if not colon:
                raise Refusal("breaks_malformed", "the quantity breaks cannot be read")
            breaks[_whole(quantity)] = price_of(price, self._currency)
        return tuple(sorted(breaks.items()))

    def _has(self, field: str) -> bool:
        return field in self._columns

    def _text(self, row: Row, field: str) -> str:
        index = self._columns.get(field)
        return "" if index is None else tidy(row.values[index])


def _folded_code(product: ListedProduct) -> str:
    return product.code.upper()


def refuse_ragged(row: Row, width: int) -> None:
    """Raises Refusal `row_ragged` when the row has not as many columns as the header."""
    if len(row.values) == width:
        return
    words = f"the row has {len(row.values)} columns instead of {width}"
    if any("\n" in value for value in row.values):
        words += "; a quotation mark may not be closed"
    raise Refusal("row_ragged", words)


def checked_code(text: str) -> ProductCode:
    """A product code of a file. Raises Refusal `code_missing` or `code_too_long`."""
    if not text:
        raise Refusal("code_missing", "no product code")
    if len(text) > LONGEST_CODE:
        raise Refusal("code_too_long", "the product code is too long")
    return ProductCode(text)


@lru_cache(maxsize=50_000)
def price_of(text: str, currency: Currency) -> UnitPrice:
    """A price of a file, zero and above. Raises Refusal in the words of a rejects file."""
    if not text.strip():
        raise Refusal("price_missing", "no price")
    try:
        return parse_unit_price(text, currency)
    except Refusal as refusal:
        words = {
            "price_negative": "the price is below zero",
            "price_too_fine": "the price has more than four decimal places",
            "price_too_large": "the price is too large to be right",
        }
        sentence = words.get(refusal.code, "the price is not a number")
        raise Refusal(refusal.code, sentence) from refusal


def pieces(text: str) -> int:
    """Whole pieces in stock; below zero where more was promised than there is.

    Raises Refusal in the words of a rejects file.
    """
    whole, _, part = text.strip().replace(",", "").partition(".")
    if part.strip("0") or not whole.removeprefix("-").isdecimal():
        raise Refusal("stock_malformed", "the stock is not a whole number")
    if abs(int(whole)) > LARGEST_STOCK:
        raise Refusal("stock_too_large", "the stock is too large to be right")
    return int(whole)


def _whole(text: str) -> int:
    try:
        return parse_quantity(text)
    except Refusal as refusal:
        raise Refusal(refusal.code, "a quantity is not a whole number of one or more") from refusal


def _word(text: str, kind: type[W], sentence: str) -> W | None:
    if not text:
        return None
    try:
        return kind(text.casefold())
    except ValueError as cause:
        raise Refusal("word_unknown", sentence) from cause


def yes_or_no(text: str, field: str) -> bool:
    """Whether a cell says yes. Raises Refusal in the words of a rejects file."""
    plain = text.casefold()
    if plain not in _YES | _NO:
        raise Refusal("word_unknown", f"{field} is neither yes nor no")
    return plain in _YES
