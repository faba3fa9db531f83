"""Counted stock from a file: code, pieces on hand, and where it says so when more comes.

What is spoken for stays so. A product that no file ever counted stays untracked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import partial
from operator import itemgetter
from pathlib import Path

from sqlalchemy import select

from app.models.central.catalogue import Product
from app.services.central.imports.options import FileOptions
from app.services.central.imports.price_list import checked_code, pieces, refuse_ragged
from app.services.central.imports.rejects import ImportSummary, Rejects, each_once
from app.services.central.imports.staging import counted, run, stage, take_turns
from app.services.central.imports.table_file import (
    Field,
    Progress,
    Row,
    TableFile,
    no_progress,
    place_columns,
)
from app.services.central.transaction import Transaction, Transactions
from app.values.errors import Refusal
from app.values.wording import tidy

FIELDS = (
    Field(
        name="code",
        aliases=("sku", "StockCode", "ProductCode", "ItemCode", "ItemNumber", "PartNumber", "ID"),
        required=True,
    ),
    Field(
        name="on_hand",
        aliases=("OnHand", "Quantity", "Qty", "Stock", "StockLevel", "Available", "InStock"),
        required=True,
    ),
    Field(
        name="expected_on",
        aliases=("ExpectedOn", "Expected", "DueDate", "DueOn", "RestockDate", "NextDelivery"),
    ),
)
COLUMNS = {
    "code": "text NOT NULL",
    "on_hand": "bigint NOT NULL",
    "expected_on": "date",
}


def import_stock(
    transactions: Transactions,
    path: Path,
    options: FileOptions | None = None,
    progress: Progress = no_progress,
) -> ImportSummary:
    """Take in stock levels; `added` are products that were not tracked before.

    Raises Refusal for a file that cannot be read or lacks columns; then nothing was changed.
    """
    return transactions.write(partial(_take_in, path, options or FileOptions(), progress))


def _take_in(
    path: Path, options: FileOptions, progress: Progress, tx: Transaction
) -> ImportSummary:
    with (
        TableFile(path, options.encoding) as file,
        Rejects(options.rejects, file.header) as rejects,
    ):
        columns = place_columns(file.header, FIELDS, options.columns)
        take_turns(tx)
        known = {code.upper(): code for code in tx.session.execute(select(Product.code)).scalars()}
        levels = _Levels(columns, len(file.header), known)
        rows = levels.read(file.rows(progress), rejects)
        stage(tx, "incoming", COLUMNS, rows, progress)
        if "expected_on" not in columns:
            run(tx, _EXPECTED_AS_BEFORE)
        counts = counted(tx, _COUNT)
        run(tx, _SAME)
        run(tx, _LEVELS, at=tx.at)
        run(tx, _REVISIONS, at=tx.at)
        run(tx, _CHANGES)
        tx.audit("import.stock", None, **counts._asdict(), rows=file.rows_read)
        return rejects.summary(file, counts)


Level = tuple[str, int, date | None]
"""Code, pieces on hand, and when more comes."""


class _Levels:
    def __init__(self, columns: Mapping[str, int], width: int, known: dict[str, str]) -> None:
        self._columns = columns
        self._width = width
        self._known = known

    def read(self, rows: Iterable[Row], rejects: Rejects) -> Iterator[Level]:
        return each_once(rows, self._level, itemgetter(0), rejects, "the code came before")

    def _level(self, row: Row) -> Level:
        refuse_ragged(row, self._width)
        code = self._known.get(checked_code(self._text(row, "code")).upper())
        if code is None:
            raise Refusal("code_unknown", "no product has this code")
        on_hand = self._text(row, "on_hand")
        if not on_hand:
            raise Refusal("stock_blank", "no figure is given, so the stock is not tracked")
        return code, pieces(on_hand), _day(self._text(row, "expected_on"))

    def _text(self, row: Row, field: str) -> str:
        index = self._columns.get(field)
        return "" if index is None else tidy(row.values[index])


def _day(text: str) -> date | None:
    """A day written 2026-12-01; months first or last is nobody's to guess."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as cause:
        raise Refusal("day_malformed", "the day is not written like 2026-12-01") from cause


_EXPECTED_AS_BEFORE = """
    UPDATE incoming i SET expected_on = s.expected_on FROM stock_level s WHERE s.code = i.code
"""
_COUNT = """
    SELECT count(*) FILTER (WHERE s.code IS NULL) AS added,
           count(*) FILTER (WHERE (s.on_hand, s.expected_on)
                                  IS DISTINCT FROM (i.on_hand, i.expected_on)
                            AND s.code IS NOT NULL) AS changed,
           count(*) FILTER (WHERE (s.on_hand, s.expected_on)
                                  IS NOT DISTINCT FROM (i.on_hand, i.expected_on)) AS unchanged
    FROM incoming i LEFT JOIN stock_level s USING (code)
"""
_SAME = """
    DELETE FROM incoming i USING stock_level s
    WHERE s.code = i.code
      AND (s.on_hand, s.expected_on) IS NOT DISTINCT FROM (i.on_hand, i.expected_on)
"""
# In the order of codes, as holds and orders lock them.
_LEVELS = """
    INSERT INTO stock_level (code, on_hand, expected_on, reserved, counted_at)
    SELECT code, on_hand, expected_on, 0, :at FROM incoming ORDER BY code
    ON CONFLICT (code) DO UPDATE
    SET on_hand = excluded.on_hand, expected_on = excluded.expected_on,
        counted_at = excluded.counted_at
"""
_REVISIONS = """
    UPDATE product p SET revision = p.revision + 1, updated_at = :at
    FROM incoming i WHERE p.code = i.code
"""
_CHANGES = """
    INSERT INTO change (kind, key, revision, deleted)
    SELECT 'product', p.code, p.revision, false
    FROM product p JOIN incoming i USING (code) ORDER BY p.code
"""
