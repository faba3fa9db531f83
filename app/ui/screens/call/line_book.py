"""The lines of the order as rows and running sums, brought up to date by what changed.

Pure; any thread. Adding line 1,114 looks at one line: the rest is shared with the rows before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.services.rules.pricing import unit_price_for
from app.services.rules.stock_words import Lacking, lacking_lines, wanted_now
from app.values.identity import LineId, ProductCode
from app.values.money import Money, UnitPrice
from app.values.quantity import is_unusual
from app.values.vocabulary import ProductKind, TaxCategory
from app.wire.catalogue import Lookalikes, ProductView
from app.wire.orders import OrderLine
from app.wire.stock import StockStanding

Lines = tuple[OrderLine, ...]


class Stock(StrEnum):
    """What the desk knows about the stock of a line.

    LATER: pieces of it follow, as the caller was told. LAST_KNOWN: the centre did not answer.
    """

    NOT_TRACKED = "not-tracked"
    UNKNOWN = "unknown"
    ENOUGH = "enough"
    SHORT = "short"
    LATER = "later"
    LAST_KNOWN = "last-known"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """One line as the table shows it.

    `new_list_price`: the list holds another price than the caller was quoted. `withdrawn`: it is
    no longer sold to others. `sounds_like`: the
    nearest product this one could be taken for, where that is known. `is_asked`: the caller is
    being asked how many, so nobody shall read it off the screen. `lacking`: the centre has said
    that not all of it can be had. `available` pieces were there when the catalogue came, or at
    `known_at`. `was`: of a change, how many it had where it has another number now; 0: it is new.
    """

    number: int
    line: OrderLine
    total: Money
    stock: Stock
    available: int | None
    unusual: bool
    new_list_price: UnitPrice | None
    sounds_like: ProductView | None = None
    is_asked: bool = False
    lacking: Lacking | None = None
    known_at: datetime | None = None
    withdrawn: bool = False
    was: int | None = None

    @property
    def line_id(self) -> LineId:
        """The line's own id."""
        return self.line.line_id


class LineBook:
    """Rows, running sums in minor units per tax category, and counts of one order.

    `changed` are the lines that the last step brought or made anew, `latest` the last of them.
    `lacking` are the lines the centre has too little for.
    """

    def __init__(self) -> None:
        self.lines: Lines = ()
        self.rows: tuple[LineRow, ...] = ()
        self.pieces = 0
        self.sums: dict[TaxCategory, int] = {}
        self.changed: Lines = ()
        self.latest: LineId | None = None
        self._touched: set[ProductCode] = set()
        self.lacking: tuple[Lacking, ...] = ()
        self._short_of: dict[LineId, Lacking] = {}
        self._standings: dict[ProductCode, StockStanding] = {}
        self._wanted: Counter[ProductCode] = Counter()
        self._codes: Counter[ProductCode] = Counter()
        self._products: dict[ProductCode, ProductView] = {}
        self._not_found: set[ProductCode] = set()
        self._nearest: dict[ProductCode, ProductView] = {}
        self._before: dict[LineId, int] | None = None

    def compare_with(self, before: dict[LineId, int] | None) -> None:
        """Of a change: how many pieces each line had. Before the first line is shown."""
        self._before = before

    @property
    def products(self) -> dict[ProductCode, ProductView]:
        """What the desk has looked up for this order."""
        return self._products

    def product(self, code: ProductCode) -> ProductView | None:
        """What the desk knows of a product that is or was on the order."""
        return self._products.get(code)

    def learn(self, products: tuple[ProductView, ...]) -> None:
        """Products as they are now; their rows show it."""
        self._products.update((product.code, product) for product in products)
        codes = {product.code for product in products}
        self.rows = tuple(
            self._row(row.number, row.line) if row.line.code in codes else row for row in self.rows
        )

    def learn_one(self, product: ProductView) -> None:
        """A product that is about to be added; rows that hold it already show it too."""
        known = self._products.get(product.code)
        self._products[product.code] = product
        if known is not product and self._codes[product.code]:
            self.learn((product,))

    def learn_lookalikes(self, found: Iterable[Lookalikes]) -> None:
        """What products could be taken for; their rows show it."""
        nearest = {one.code: one.others[0].product for one in found if one.others}
        self._nearest.update(nearest)
        self.rows = tuple(
            self._row(row.number, row.line) if row.line.code in nearest else row
            for row in self.rows
        )

    def learn_stock(self, standings: Iterable[StockStanding]) -> None:
        """How products stand for this order; rows that show it as before stay the same."""
        codes = set()
        for standing in standings:
            self._standings[standing.code] = standing
            codes.add(standing.code)
        self.rows = tuple(
            self._row_if_other(row) if row.line.code in codes else row for row in self.rows
        )
        self._settle_stock()

    def standing(self, code: ProductCode) -> StockStanding | None:
        """How a product stands for this order, as far as anybody said."""
        return self._standings.get(code)

    def take_touched(self) -> set[ProductCode]:
        """The codes whose lines were changed since this was last asked."""
        touched, self._touched = self._touched, set()
        return touched

    def wanted(self, code: ProductCode) -> int:
        """Pieces of a product that are to go out with the order, all its lines together."""
        return self._wanted[code]

    def codes(self) -> tuple[ProductCode, ...]:
        """All codes on the order."""
        return tuple(self._codes)

    def is_tracked(self, code: ProductCode) -> bool:
        """Whether stock is kept of a product, as far as the desk has looked it up."""
        product = self._products.get(code)
        return (
            product is not None
            and product.kind is ProductKind.GOODS
            and product.available is not None
        )

    def unknown_codes(self) -> tuple[ProductCode, ...]:
        """Codes on the order that the desk has not looked up yet."""
        known = self._products.keys() | self._not_found
        return tuple(code for code in self._codes if code not in known)

    def pass_over(self, codes: tuple[ProductCode, ...]) -> None:
        """These were asked for; those that did not come are not in the catalogue any more."""
        self._not_found |= set(codes) - self._products.keys()

    def find(self, line_id: LineId) -> LineRow | None:
        """The row of a line."""
        return next((row for row in reversed(self.rows) if row.line_id == line_id), None)

    def row_with(self, code: ProductCode) -> LineRow | None:
        """The first row that holds this code."""
        if not self._codes[code]:
            return None
        return next(row for row in self.rows if row.line.code == code)

    def follow(self, lines: Lines) -> None:
        """Show these lines from now on."""
        if lines is self.lines:
            self.changed = ()
            return
        head = _same_at_start(self.lines, lines)
        tail = _same_at_end(self.lines, lines, head)
        self._count(self.lines[head : len(self.lines) - tail], -1)
        self.changed = lines[head : len(lines) - tail]
        self._count(self.changed, +1)
        self.latest = self.changed[-1].line_id if self.changed else self.latest
        moved = len(lines) != len(self.lines)
        kept_tail = () if moved else self.rows[len(self.rows) - tail :]
        changed = lines[head:] if moved else self.changed
        made = tuple(self._row(head + place + 1, line) for place, line in enumerate(changed))
        self.rows = self.rows[:head] + made + kept_tail
        self.lines = lines
        self._settle_stock()

    def _settle_stock(self) -> None:
        """Which lines are short now; where nothing is, no line is looked at."""
        held = {
            code: one.held
            for code, one in self._standings.items()
            if one.short and self._codes[code]
        }
        lacking = lacking_lines(self.lines, held) if held else ()
        if lacking == self.lacking:
            return
        self.lacking = lacking
        self._short_of = {one.line.line_id: one for one in lacking}
        self.rows = tuple(
            row
            if row.lacking == self._short_of.get(row.line_id)
            else self._row(row.number, row.line)
            for row in self.rows
        )

    def _row_if_other(self, row: LineRow) -> LineRow:
        made = self._row(row.number, row.line)
        return row if made == row else made

    def _count(self, lines: Lines, sign: int) -> None:
        for line in lines:
            before = self.sums.get(line.tax_category, 0)
            self.sums[line.tax_category] = before + sign * line.total.minor
            self._codes[line.code] += sign
            if self._codes[line.code] == 0:
                del self._codes[line.code]
            self.pieces += sign * line.quantity if line.kind is ProductKind.GOODS else 0
            self._wanted[line.code] += sign * wanted_now(line)
            self._touched.add(line.code)

    def _row(self, number: int, line: OrderLine) -> LineRow:
        product = self._products.get(line.code)
        standing = self._standings.get(line.code)
        lacking = self._short_of.get(line.line_id)
        is_old = standing is not None and not standing.confirmed
        return LineRow(
            number=number,
            line=line,
            total=line.total,
            stock=_stock(product, line, standing, is_short=lacking is not None),
            available=standing.left
            if standing is not None and is_old
            else product.available
            if product
            else None,
            lacking=lacking,
            known_at=standing.as_of if standing is not None and is_old else None,
            unusual=line.kind is ProductKind.GOODS
            and is_unusual(line.quantity, product.typical_quantity if product else None),
            new_list_price=_new_list_price(product, line),
            withdrawn=product is not None and product.withdrawn,
            sounds_like=self._nearest.get(line.code) if line.must_say else None,
            was=self._was(line),
        )

    def _was(self, line: OrderLine) -> int | None:
        if self._before is None:
            return None
        was = self._before.get(line.line_id, 0)
        return was if was != line.quantity else None


def _stock(
    product: ProductView | None, line: OrderLine, standing: StockStanding | None, *, is_short: bool
) -> Stock:
    is_tracked = standing is None or standing.tracked
    if line.kind is ProductKind.CHARGE or not is_tracked:
        return Stock.NOT_TRACKED
    if is_short:
        return Stock.SHORT
    if line.back_ordered:
        return Stock.LATER
    if standing is None:
        return _as_imported(product, line)
    return Stock.ENOUGH if standing.confirmed else Stock.LAST_KNOWN


def _as_imported(product: ProductView | None, line: OrderLine) -> Stock:
    """Until somebody was asked: what came with the catalogue."""
    if product is None:
        return Stock.UNKNOWN
    if product.available is None:
        return Stock.NOT_TRACKED
    return Stock.ENOUGH if product.available >= line.quantity else Stock.SHORT


def _new_list_price(product: ProductView | None, line: OrderLine) -> UnitPrice | None:
    if product is None or product.price_version == line.price_version:
        return None
    price = unit_price_for(product, line.quantity)
    return price if price != line.list_price else None


def _same_at_start(before: Lines, after: Lines) -> int:
    """How many lines at the start are the very same.

    An added line is found at the speed of a slice.
    """
    if len(after) >= len(before) and after[: len(before)] == before:
        return len(before)
    pairs = zip(before, after, strict=False)
    return next(
        (place for place, (a, b) in enumerate(pairs) if a is not b), min(len(before), len(after))
    )


def _same_at_end(before: Lines, after: Lines, head: int) -> int:
    most = min(len(before), len(after)) - head
    same = 0
    while same < most and before[-1 - same] is after[-1 - same]:
        same += 1
    return same
