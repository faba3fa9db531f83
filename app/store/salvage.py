"""Reads what can still be read from a damaged store, row by row; never writes to it.

Every page of the file carries its own seal, so what can be read is as it was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table
from sqlcipher3 import dbapi2

from app.store.desk import connect_read_only

_WIDEST_LEAP = 1 << 20


@dataclass(frozen=True, slots=True)
class SalvagedRow:
    """One row by column name, as the driver gives it."""

    values: dict[str, Any]

    def put_into(self, connection: Connection, table: Table) -> bool:
        """Insert the row unless the table has it; whether it was new."""
        known = [name for name in self.values if name in table.columns]
        names = ", ".join(known)
        marks = ", ".join("?" for _ in known)
        done = connection.exec_driver_sql(
            f"INSERT OR IGNORE INTO {table.name} ({names}) VALUES ({marks})",  # noqa: S608 - our own names
            tuple(self.values[name] for name in known),
        )
        return done.rowcount > 0


def salvage(path: Path, key: bytes, table: Table) -> Iterator[SalvagedRow]:
    """The readable rows of a table, in the order of their making."""
    last = 0
    while True:
        try:
            for rowid, row in _rows_after(path, key, table.name, last):
                last = rowid
                yield row
        except dbapi2.DatabaseError:
            leap = _readable_after(path, key, table.name, last)
            if leap is None:
                return
            last = leap
        else:
            return


def _rows_after(path: Path, key: bytes, table: str, last: int) -> Iterator[tuple[int, SalvagedRow]]:
    connection = connect_read_only(path, key)
    try:
        query = f"SELECT rowid AS salvaged_rowid, * FROM {table} WHERE rowid > ? ORDER BY rowid"  # noqa: S608 - as above
        cursor = connection.execute(query, (last,))
        names = [column[0] for column in cursor.description][1:]
        for rowid, *values in cursor:
            yield rowid, SalvagedRow(dict(zip(names, values, strict=True)))
    finally:
        connection.close()


def _readable_after(path: Path, key: bytes, table: str, last: int) -> int | None:
    """The row to go on behind when the one after `last` lies on a damaged page."""
    step = 1
    while step <= _WIDEST_LEAP:
        try:
            if next(_rows_after(path, key, table, last + step), None) is None:
                return None
        except dbapi2.DatabaseError:
            step += max(1, step // 8)
        else:
            return last + step
    return None
