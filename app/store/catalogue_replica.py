"""The desk's copy of products and towns: plain SQLite, made anew whenever it cannot be used.

Each transaction has a number; the search index says up to which one it has followed. Written by one
thread, read by any. Whatever it is asked may raise ReplicaDamaged, or Fault `replica_unwritable`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, func, select, text, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool

from app.models.desk.replica import ReplicaMark, ReplicaRow
from app.models.desk.table import ReplicaTable
from app.values.errors import Fault
from app.values.vocabulary import ChangeKind
from app.wire.message import decode, encode
from app.wire.sync import Change

FORMAT = 1
"""Counts up with every change of the tables; a copy of another format is fetched again."""

_DAMAGE = {1, 11, 26}
"""SQLite's codes for a missing table, a damaged page and a file that is no database."""

_COUNTER = "transactions"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Touched:
    """What the index has yet to follow: up to transaction `number`, all of it unless `more`."""

    number: int
    documents: tuple[bytes, ...]
    gone: tuple[str, ...]
    more: bool


class ReplicaDamaged(Exception):  # noqa: N818 - a state of the file, mended by making it anew
    """The file cannot be read or written as it should."""


class CatalogueReplica:
    """The copy of one seat, opened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = _usable(path) or _made_anew(path)

    def apply(
        self, changes: Iterable[Change], marks: dict[str, object], generation: int | None = None
    ) -> int:
        """Write changes and marks in one transaction and give its number.

        Older revisions change nothing, except in a snapshot, whose `generation` overrules.
        """
        with self._write() as connection:
            number = (_recalled(connection, _COUNTER, int) or 0) + 1
            rows = [_row(change, number, generation) for change in changes]
            if rows:
                connection.execute(_UPSERT if generation is None else _OVERRULE, rows)
            for name, value in {**marks, _COUNTER: number}.items():
                _remember(connection, name, value)
        return number

    def drop_others(self, kind: ChangeKind, generation: int, marks: dict[str, object]) -> int:
        """After a snapshot: take out what it did not hold."""
        with self._write() as connection:
            number = (_recalled(connection, _COUNTER, int) or 0) + 1
            connection.execute(
                update(ReplicaRow)
                .where(
                    ReplicaRow.kind == kind,
                    ReplicaRow.generation != generation,
                    ReplicaRow.deleted.is_(False),
                )
                .values(deleted=True, touched=number, revision=0)
            )
            for name, value in {**marks, _COUNTER: number}.items():
                _remember(connection, name, value)
        return number

    def mark(self, name: str, value: object) -> None:
        """Note something that the index need not follow."""
        with self._write() as connection:
            _remember(connection, name, value)

    def recalled(self, name: str, kind: type[T]) -> T | None:
        """What was last marked under the name, if anything."""
        with self._read() as connection:
            return _recalled(connection, name, kind)

    def transactions(self) -> int:
        """The number of the last transaction."""
        return self.recalled(_COUNTER, int) or 0

    def products_touched_after(self, number: int, limit: int) -> Touched:
        """Products that transactions after `number` wrote, whole transactions only."""
        query = (
            select(ReplicaRow.key, ReplicaRow.document, ReplicaRow.deleted, ReplicaRow.touched)
            .where(ReplicaRow.touched > number, ReplicaRow.kind == ChangeKind.PRODUCT)
            .order_by(ReplicaRow.touched)
        )
        with self._read() as connection:
            last = _recalled(connection, _COUNTER, int) or 0
            rows = connection.execute(query.limit(limit)).all()
            more = len(rows) == limit
            if more:
                last = rows[-1].touched
                rows = connection.execute(query.where(ReplicaRow.touched <= last)).all()
        return Touched(
            number=last,
            documents=tuple(row.document for row in rows if not row.deleted),
            gone=tuple(row.key for row in rows if row.deleted),
            more=more,
        )

    def document(self, kind: ChangeKind, key: str) -> bytes | None:
        """One thing by its key; None where there is none."""
        query = select(ReplicaRow.document).where(
            ReplicaRow.kind == kind, ReplicaRow.key == key, ReplicaRow.deleted.is_(False)
        )
        with self._read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def documents(self, kind: ChangeKind, keys: Iterable[str]) -> dict[str, bytes]:
        """Things by their keys, as many as there are."""
        wanted = list(keys)
        query = select(ReplicaRow.key, ReplicaRow.document).where(
            ReplicaRow.kind == kind, ReplicaRow.key.in_(wanted), ReplicaRow.deleted.is_(False)
        )
        if not wanted:
            return {}
        with self._read() as connection:
            return {row.key: row.document for row in connection.execute(query)}

    def count(self, kind: ChangeKind) -> int:
        """How many there are."""
        query = select(func.count()).where(ReplicaRow.kind == kind, ReplicaRow.deleted.is_(False))
        with self._read() as connection:
            return connection.execute(query).scalar_one()

    @contextmanager
    def _write(self) -> Generator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except DatabaseError as cause:
            raise self._problem(cause) from cause

    @contextmanager
    def _read(self) -> Generator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except DatabaseError as cause:
            raise self._problem(cause) from cause

    def _problem(self, cause: DatabaseError) -> Exception:
        """A full disk is no damage; what stands in the file is as good as before."""
        code = getattr(cause.orig, "sqlite_errorcode", 0) & 0xFF
        if code in _DAMAGE:
            return ReplicaDamaged(self._path.name)
        return Fault("replica_unwritable", "The catalogue of this desk cannot be kept up to date.")

    def make_anew(self) -> None:
        """Give up what is there; all of it can be fetched again."""
        self._engine.dispose()
        self._engine = _made_anew(self._path)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()


def _row(change: Change, number: int, generation: int | None) -> dict[str, object]:
    return {
        "kind": change.kind,
        "key": change.key,
        "revision": change.revision,
        "deleted": change.deleted,
        "document": bytes(change.document),
        "touched": number,
        "generation": generation or 0,
    }


_INSERT = insert(ReplicaRow)
_NEW = {
    "revision": _INSERT.excluded.revision,
    "deleted": _INSERT.excluded.deleted,
    "document": _INSERT.excluded.document,
    "touched": _INSERT.excluded.touched,
}
_UPSERT = _INSERT.on_conflict_do_update(
    index_elements=["kind", "key"],
    set_=_NEW,
    where=_INSERT.excluded.revision > ReplicaRow.revision,
)
_OVERRULE = _INSERT.on_conflict_do_update(
    index_elements=["kind", "key"],
    set_={**_NEW, "generation": _INSERT.excluded.generation},
)


def _recalled(connection: Connection, name: str, kind: type[T]) -> T | None:
    query = select(ReplicaMark.document).where(ReplicaMark.name == name)
    document = connection.execute(query).scalar_one_or_none()
    return None if document in {None, b"null"} else decode(document, kind)


def _remember(connection: Connection, name: str, value: object) -> None:
    document = encode(value)
    statement = insert(ReplicaMark).values(name=name, document=document)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"document": document})
    )


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", poolclass=QueuePool, pool_size=2)
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, record: object) -> None:  # noqa: ANN401 - the driver's own
    del record
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def _usable(path: Path) -> Engine | None:
    """The copy that is there, if it is whole enough to open and of this format."""
    if not path.exists():
        return None
    engine = _engine(path)
    try:
        with engine.connect() as connection:
            if connection.execute(text("PRAGMA user_version")).scalar_one() == FORMAT:
                return engine
    except DatabaseError:
        pass
    engine.dispose()
    return None


def _made_anew(path: Path) -> Engine:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    engine = _engine(path)
    with engine.begin() as connection:
        ReplicaTable.metadata.create_all(connection)
        connection.execute(text(f"PRAGMA user_version = {FORMAT}"))
    return engine
