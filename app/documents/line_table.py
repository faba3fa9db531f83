"""The table of order lines: as many pages as it takes, the head on each, figures under figures.

Writes on a sheet at its pen. Pure; the thread of its sheet.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from app.documents.sheet import ACCENT, BODY, HAIRLINE, LABEL, LEADING, Sheet
from app.documents.texts import RegionTexts
from app.values.money import Money, UnitPrice
from app.values.vocabulary import ProductKind
from app.wire.orders import OrderLine

_CODE, _DESCRIPTION = 1, 2
_WIDEST_CODE = 92
_GAP = 14
_TALLEST_ROW_KEPT = 20 * LEADING

Row = tuple[str, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the table of lines, from `x` on; figures end at its right edge."""

    x: float
    width: float
    label: str
    is_figure: bool = False

    @property
    def right(self) -> float:
        return self.x + self.width


def shown(amount: Money | UnitPrice) -> str:
    """An amount with a true minus sign."""
    return str(amount).replace("-", "\u2212")


def write_lines(sheet: Sheet, lines: tuple[OrderLine, ...], texts: RegionTexts) -> None:
    """The whole table, from the pen on."""
    rows = [_row(sheet, number, line, texts) for number, line in enumerate(lines, 1)]
    columns = _columns(sheet, rows, texts)
    sheet.down(10)
    sheet.need(5 * LEADING)
    _head(sheet, columns)
    for row in rows:
        _write_row(sheet, columns, row)


def _row(sheet: Sheet, number: int, line: OrderLine, texts: RegionTexts) -> Row:
    labels = texts.labels
    description = sheet.lettering.clean(line.description)
    is_charge = line.kind is ProductKind.CHARGE
    if line.back_ordered:
        description = f"{description}\n{_later(line, texts)}"
    return (
        str(number),
        sheet.lettering.clean(line.code),
        labels.charge.format(description=description) if is_charge else description,
        f"{line.quantity:,}",
        shown(line.told_price),
        shown(line.total),
    )


def _later(line: OrderLine, texts: RegionTexts) -> str:
    """What follows later, and when."""
    day = line.back_order_on
    words = texts.labels.follows_some_day if day is None else texts.labels.follows_on
    return words.format(
        now=f"{line.quantity - line.back_ordered:,}",
        later=f"{line.back_ordered:,}",
        day="" if day is None else texts.weekday(day),
    )


def _columns(sheet: Sheet, rows: list[Row], texts: RegionTexts) -> list[_Column]:
    """As wide as their figures need; the description takes what is left."""
    labels = texts.labels
    heads = (
        labels.line_number,
        labels.code,
        labels.description,
        labels.quantity,
        labels.unit_price,
        labels.line_total,
    )
    width = sheet.lettering.width
    widths = [
        max([width(head, LABEL), *(width(row[place], BODY) for row in rows)])
        for place, head in enumerate(heads)
    ]
    widths[_CODE] = min(widths[_CODE], _WIDEST_CODE)
    taken = sum(widths) - widths[_DESCRIPTION] + _GAP * (len(heads) - 1)
    widths[_DESCRIPTION] = sheet.width - taken
    columns, x = [], sheet.left
    for place, head in enumerate(heads):
        is_figure = place not in {_CODE, _DESCRIPTION}
        columns.append(_Column(x, widths[place], head, is_figure))
        x += widths[place] + _GAP
    return columns


def _head(sheet: Sheet, columns: list[_Column]) -> None:
    sheet.down(LEADING)
    for column in columns:
        if column.is_figure:
            sheet.words_to(column.right, column.label, LABEL)
        else:
            sheet.words(column.x, column.label, LABEL)
    sheet.down(5)
    sheet.rule(ACCENT, thick=0.9)


def _write_row(sheet: Sheet, columns: list[_Column], row: Row) -> None:
    """A row stays together unless it is very tall; a new page repeats the head."""
    cells = [
        [text] if column.is_figure else sheet.lettering.wrap(text, BODY, column.width)
        for column, text in zip(columns, row, strict=True)
    ]
    if sheet.room < min(max(map(len, cells)) * LEADING + 6, _TALLEST_ROW_KEPT):
        _turn(sheet, columns)
    sheet.down(1.5)
    for parts in zip_longest(*cells, fillvalue=""):
        if sheet.room < LEADING:
            _turn(sheet, columns)
        sheet.down(LEADING)
        for column, text in zip(columns, parts, strict=True):
            if column.is_figure:
                sheet.words_to(column.right, text, BODY)
            else:
                sheet.words(column.x, text, BODY)
    sheet.down(4.5)
    sheet.rule(HAIRLINE, thick=0.5)


def _turn(sheet: Sheet, columns: list[_Column]) -> None:
    sheet.turn()
    _head(sheet, columns)
