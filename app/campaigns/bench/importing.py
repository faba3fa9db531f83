"""How long a whole file of order lines takes to become a catalogue, beside a bare COPY of its rows.

Into a fresh PostgreSQL of the bench's own. The file is the one of `--data` where it is the Online
Retail file, else one made up with the same columns and as many rows.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, cast

import psycopg
from psycopg import sql

from app.adapters.local_postgres import LocalPostgres
from app.campaigns.bench.figures import Figure, timed, within
from app.campaigns.bench.given import Given, require
from app.campaigns.bench.products import products
from app.campaigns.dice import Dice
from app.central import administration, prepare_database
from app.services.central.imports import sale_history
from app.services.central.imports.catalogue import import_catalogue
from app.services.central.imports.rejects import ImportSummary
from app.services.central.imports.table_file import TableFile, place_columns
from app.values.clock import SystemClock
from app.values.errors import Refusal
from app.values.identity import SystemIds

ROWS = 541_909
"""Rows of the Online Retail file."""
MOST_S = 60
HEADER = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
_PRODUCTS = 4_000
_LINES_AN_INVOICE = 21
_INVOICES_A_DAY = 70
_BLOCK_BYTES = 1 << 20


def import_rows(given: Given, *, rows: int = ROWS) -> tuple[Figure, ...]:
    """Import once into an empty database; the COPY runs before and after."""
    path = _file(given, rows)
    given.tell(f"Importing {rows:,} rows into a PostgreSQL of its own")
    with LocalPostgres(given.folder / "postgres") as postgres:
        url = postgres.ensure_database("bench")
        clock, ids = SystemClock(), SystemIds()
        prepare_database(url, clock, ids)
        bare = [_copied(url, path, rows)]
        with administration(url, clock, ids) as transactions:
            work = partial(import_catalogue, transactions, path, progress=given.progress)
            took, summary = timed(work)
        bare.append(_copied(url, path, rows))
        _check(url, summary, rows)
    figure = within(f"import-{rows}", [took / 1_000], MOST_S, unit="s", quantile="p50", bare=bare)
    return (figure,)


def _check(url: str, summary: ImportSummary, rows: int) -> None:
    """Every row was taken or named, and the products are in the database."""
    require(summary.rows == rows, f"The import read {summary.rows:,} rows of {rows:,}.")
    accounted = summary.taken + sum(summary.rejected.values())
    require(accounted == rows, f"{rows - accounted:,} rows were neither taken nor set aside.")
    with psycopg.connect(url) as connection:
        held = connection.execute("SELECT count(*) FROM product").fetchone()
    require(held == (summary.counts.added,), f"The database holds {held} products.")
    require(summary.counts.added > 0, "The import added no product.")


def _copied(url: str, path: Path, rows: int) -> float:
    """Seconds of a COPY of the file as it stands into a table without keys or rules."""
    took, copied = timed(partial(_copy, url, path))
    require(copied == rows, f"The bare COPY took {copied:,} rows.")
    return took / 1_000


def _copy(url: str, path: Path) -> int:
    columns = sql.SQL(", ").join(
        sql.SQL("{} text").format(sql.Identifier(name.lower())) for name in HEADER
    )
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare")
        cursor.execute(sql.SQL("CREATE TABLE bare ({})").format(columns))
        with cursor.copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy, _plain(path) as file:
            while block := file.read(_BLOCK_BYTES):
                copy.write(block)
        return cursor.rowcount


def _plain(path: Path) -> IO[bytes]:
    packed = path.suffix == ".gz"
    return cast("IO[bytes]", gzip.open(path, "rb")) if packed else path.open("rb")


def _file(given: Given, rows: int) -> Path:
    """The real file where it has so many rows of order lines, else a made one."""
    if given.data is not None and _order_lines(given.data) == rows:
        return given.data
    return made_file(given, rows)


def made_file(given: Given, rows: int) -> Path:
    """A file of so many order lines of products as they are used elsewhere."""
    given.tell(f"Making a file of {rows:,} order lines")
    path = given.folder / "order-lines.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(_made_rows(given, rows))
    return path


def _order_lines(path: Path) -> int:
    """How many rows a file of order lines has; 0 for any other file."""
    with TableFile(path) as file:
        try:
            place_columns(file.header, sale_history.FIELDS, {})
        except Refusal:
            return 0
        return sum(1 for _ in file.rows())


def _made_rows(given: Given, rows: int) -> Iterator[tuple[object, ...]]:
    """A year of invoices; one line in sixty is cancelled, one invoice in four names no customer."""
    dice = Dice(rows)
    sold = [
        (product.code, product.description, product.breaks)
        for product in products(_PRODUCTS, given.data)
    ]
    for row in range(rows):
        invoice = row // _LINES_AN_INVOICE
        code, description, breaks = sold[dice.below(len(sold))]
        quantity = 1 + dice.below(24)
        cancelled = dice.below(60) == 0
        price = max(b.price for b in breaks if b.from_quantity <= quantity)
        yield (
            f"C{500_000 + invoice}" if cancelled else 500_000 + invoice,
            code,
            description,
            -quantity if cancelled else quantity,
            _date(invoice),
            f"{price.ten_thousandths / 10_000:.2f}",
            12_000 + invoice % 4_000 if invoice % 4 else "",
            "United Kingdom",
        )


def _date(invoice: int) -> str:
    """Some instant of a year, later invoices later."""
    day = invoice // _INVOICES_A_DAY % 365
    month, day = day // 31 + 1, day % 28 + 1
    return f"2025-{month:02d}-{day:02d} {9 + invoice % 8:02d}:{invoice % 60:02d}:00"
