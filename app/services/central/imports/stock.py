"""Counted stock from a file: code and pieces on hand. What orders have reserved stays reserved.

A product that no file ever counted stays untracked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
)
COLUMNS = {"code": "text NOT NULL", "on_hand": "bigint NOT NULL"}


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
        levels = _Levels(columns["code"], columns["on_hand"], len(file.header), known)
        rows = levels.read(file.rows(progress), rejects)
        stage(tx, "incoming", COLUMNS, rows, progress)
        counts = counted(tx, _COUNT)
        run(tx, _SAME)
        run(tx, _LEVELS, at=tx.at)
        run(tx, _REVISIONS, at=tx.at)
        run(tx, _CHANGES)
        tx.audit("import.stock", None, **counts._asdict(), rows=file.rows_read)
        return rejects.summary(file, counts)


class _Levels:
    def __init__(self, code: int, on_hand: int, width: int, known: dict[str, str]) -> None:
        self._code = code
        self._on_hand = on_hand
        self._width = width
        self._known = known

    def read(self, rows: Iterable[Row], rejects: Rejects) -> Iterator[tuple[str, int]]:
        return each_once(rows, self._level, itemgetter(0), rejects, "the code came before")

    def _level(self, row: Row) -> tuple[str, int]:
        refuse_ragged(row, self._width)
        code = self._known.get(checked_code(tidy(row.values[self._code])).upper())
        if code is None:
            raise Refusal("code_unknown", "no product has this code")
        on_hand = row.values[self._on_hand]
        if not tidy(on_hand):
            raise Refusal("stock_blank", "no figure is given, so the stock is not tracked")
        return code, pieces(on_hand)


_COUNT = """
    SELECT count(*) FILTER (WHERE s.code IS NULL) AS added,
           count(*) FILTER (WHERE s.on_hand <> i.on_hand) AS changed,
           count(*) FILTER (WHERE s.on_hand = i.on_hand) AS unchanged
    FROM incoming i LEFT JOIN stock_level s USING (code)
"""
_SAME = """
    DELETE FROM incoming i USING stock_level s WHERE s.code = i.code AND s.on_hand = i.on_hand
"""
_LEVELS = """
    INSERT INTO stock_level (code, on_hand, reserved, counted_at)
    SELECT code, on_hand, 0, :at FROM incoming
    ON CONFLICT (code) DO UPDATE SET on_hand = excluded.on_hand, counted_at = excluded.counted_at
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
