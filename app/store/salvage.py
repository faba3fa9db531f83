"""Reads what can still be read from a damaged store, row by row; never writes to it.

Every page carries its own seal, but SQLCipher gives a page whose seal is broken as zeros before it
reports the damage, and never reports it for the last page of a long row. `whole` finds such rows.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Column, Connection, Table, TypeDecorator
from sqlalchemy.dialects import sqlite
from sqlcipher3 import dbapi2

from app.store.desk import connect_read_only
from app.store.pages import copy_mended

_WIDEST_LEAP = 1 << 20
_DIALECT = sqlite.dialect()


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


def whole(row: SalvagedRow, table: Table) -> dict[str, Any] | None:
    """The row's values as the table's columns say them; None where one does not hold."""
    try:
        return {
            column.name: _value(column, row.values[column.name])
            for column in table.columns
            if column.name in row.values
        }
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def _value(column: Column[Any], raw: object) -> object:
    if raw is None:
        if not column.nullable:
            message = f"{column.name} is empty"
            raise ValueError(message)
        return None
    if isinstance(raw, str) and "\0" in raw:
        message = f"{column.name} holds blanks of a lost page"
        raise ValueError(message)
    processor = column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None)
    value = raw if processor is None else processor(raw)
    if not isinstance(value, _kind(column)):
        message = f"{column.name} is of another type"
        raise TypeError(message)
    return value


def _kind(column: Column[Any]) -> type[Any]:
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return kind.python_type


@contextmanager
def salvage(path: Path, key: bytes) -> Generator[Callable[[Table], Iterator[SalvagedRow]]]:
    """Gives the readable rows of a table of the file, in the order of their making.

    Where the write-ahead log is broken, whole frames behind the break are read too, from a copy
    that is gone afterwards.
    """
    with TemporaryDirectory(prefix="salvage-", dir=path.parent) as folder:
        copy = Path(folder) / path.name
        copy_mended(path, key, copy)
        yield partial(_rows, copy, key)


def _rows(path: Path, key: bytes, table: Table) -> Iterator[SalvagedRow]:
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
