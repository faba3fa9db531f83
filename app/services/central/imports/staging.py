"""From a file into a temporary table: one COPY, however many rows; the rest is done set by set.

Part of the transaction it is given. Two imports never run at once; the second waits for the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import psycopg
from sqlalchemy import bindparam, func, select, text

from app.services.central.imports.rejects import Counts
from app.services.central.imports.table_file import Progress
from app.services.central.transaction import Transaction

_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0)))
_ROWS_PER_STEP = 2_000


def take_turns(tx: Transaction) -> None:
    """Wait until no other import runs."""
    tx.connection.execute(_LOCK, {"name": "readback import"})


def stage(
    tx: Transaction,
    table: str,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[object]],
    progress: Progress,
    total: int = 0,
) -> int:
    """Fill a temporary table `table` of `columns` (name to type) that goes with the transaction.

    How many rows went in. `progress` hears of them while `total` is known.
    """
    definition = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    tx.connection.execute(text(f"CREATE TEMPORARY TABLE {table} ({definition}) ON COMMIT DROP"))
    driver = cast("psycopg.Connection[Any]", tx.connection.connection.driver_connection)
    count = 0
    with driver.cursor() as cursor, cursor.copy(_copy_command(table, columns)) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
            if total and count % _ROWS_PER_STEP == 0:
                progress("writing", count, total)
    tx.connection.execute(text(f"ANALYZE {table}"))
    return count


def _copy_command(table: str, columns: Iterable[str]) -> psycopg.sql.Composed:
    names = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, columns))
    return psycopg.sql.SQL("COPY {} ({}) FROM STDIN").format(psycopg.sql.Identifier(table), names)


def run(tx: Transaction, statement: str, **values: object) -> int:
    """How many rows a set-based statement touched."""
    return tx.connection.execute(text(statement), values).rowcount


def counted(tx: Transaction, statement: str) -> Counts:
    """The one row of a statement that counts what was added, changed and left as it was."""
    return Counts(*tx.connection.execute(text(statement)).one())
