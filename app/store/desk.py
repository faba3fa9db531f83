"""One seat's encrypted store: opens it, checks it, and gives one transaction at a time for writing.

Knows nothing of orders. A damaged file is reported as StoreDamaged and never touched here beyond
`set_aside`, which renames it. Any thread may read or write; writers take turns.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from sqlcipher3 import dbapi2

from app.store.migrations.desk import HEAD, KNOWN
from app.store.pages import LogState, damaged_pages, has_log, log_state
from app.values.clock import Clock
from app.values.errors import Fault, Refusal

KEY_BYTES = 32
_SCRIPTS = Path(__file__).resolve().parent / "migrations" / "desk"
_BLANKS = bytes(1024 * 1024)
_ROLLBACK = "-journal"
_COMPANIONS = ("-wal", "-shm", _ROLLBACK)
_FULL, _CORRUPT, _NOT_A_DATABASE, _NO_SUCH_TABLE = 13, 11, 26, 1
BALLAST = "ballast"
BALLAST_BYTES = 8 * 1024 * 1024
"""Given back when the disk is full, so that the orders under way can still be finished."""

_WAL_PAGES_LEFT_TO_COMMITS = 4_000
"""Commits fold the log back only beyond this; before, `tidy` does it where nobody waits."""


class StoreDamaged(Exception):  # noqa: N818 - a state of the file, mended by setting it aside
    """The file cannot be read with this key: damaged, cut short, or written with another key."""


class DeskStore:
    """An opened store."""

    def __init__(self, engine: Engine, folder: Path, *, was_cut_off: bool = False) -> None:
        """`was_cut_off`: the last change was broken, as a power cut leaves it."""
        self.was_cut_off = was_cut_off
        self._engine = engine
        self._folder = folder
        self._writing = engine.execution_options(writes=True)
        self._turn = _Turn()

    @contextmanager
    def write(self) -> Generator[Connection]:
        """One transaction, on disk when the block ends.

        Raises Fault `disk_full` or `store_damaged`.
        """
        with self._turn, self._own_faults(), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Generator[Connection]:
        """One moment of the store. Raises Fault `store_damaged`."""
        with self._own_faults(), self._engine.connect() as connection:
            yield connection

    def tidy(self) -> None:
        """Fold the write-ahead log back into the file, as far as no reader is in the way."""
        connection = self._engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
        finally:
            connection.close()

    def copy_to(self, path: Path) -> None:
        """A whole copy of this moment under the same key; writers are not held up meanwhile.

        On the disk when this returns. Raises Fault as `read` does.
        """
        with self._own_faults(), self._engine.connect() as connection:
            connection.rollback()
            cursor = connection.connection.cursor()
            cursor.execute("VACUUM INTO ?", (str(path),))
        with path.open("rb+") as file:
            os.fsync(file.fileno())

    def lay_ballast(self) -> None:
        """Set some room aside for the day when the disk is full, while there is plenty."""
        ballast = self._folder / BALLAST
        if ballast.exists() or shutil.disk_usage(self._folder).free < 10 * BALLAST_BYTES:
            return
        with ballast.open("wb") as file:
            for _ in range(BALLAST_BYTES // len(_BLANKS)):
                file.write(_BLANKS)

    def drop_ballast(self) -> bool:
        """Give that room back; whether there was any."""
        try:
            (self._folder / BALLAST).unlink()
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    @contextmanager
    def _own_faults(self) -> Generator[None]:
        """Turn what the driver says of the machine into Faults; leave bugs as they are."""
        try:
            yield
        except DBAPIError as cause:
            code = _code(cause.orig)
            if code == _FULL:
                self.drop_ballast()
                sentence = "The disk of this computer is full. Please make room and try again."
                raise Fault("disk_full", sentence) from cause
            if code in {_CORRUPT, _NOT_A_DATABASE}:
                sentence = "The orders kept at this desk cannot be read. Please restart Readback."
                raise Fault("store_damaged", sentence) from cause
            raise


def open_store(path: Path, key: bytes, clock: Clock) -> DeskStore:
    """The store at `path`, made when there is none, and brought up to this program's version.

    Raises Refusal `store_newer` (the file is left as it is) or StoreDamaged.
    """
    version, was_cut_off = None, False
    if path.exists() and path.stat().st_size:
        version, was_cut_off = _examined(path, key)
    if version is not None and version not in KNOWN:
        raise Refusal(
            "store_newer",
            "The orders at this desk were kept by a newer Readback. Please start the newer one.",
        )
    if version is not None and version != HEAD:
        stamp = f"{clock.now():%Y%m%d-%H%M%S}"
        shutil.copyfile(path, path.with_name(f"{path.stem}-before-{HEAD}-{stamp}{path.suffix}"))
    engine = _engine(path, key)
    store = DeskStore(engine, path.parent, was_cut_off=was_cut_off)
    if version != HEAD:
        try:
            _migrate(store)
        except BaseException:
            store.close()
            raise
    return store


def set_aside(path: Path, clock: Clock) -> Path:
    """Rename a file, and what SQLite keeps beside it, to a dated name that was never used."""
    stamp = f"{clock.now():%Y%m%d-%H%M%S}"
    aside = path.with_name(f"{path.stem}-set-aside-{stamp}{path.suffix}")
    count = 1
    while aside.exists():
        count += 1
        aside = path.with_name(f"{path.stem}-set-aside-{stamp}-{count}{path.suffix}")
    path.rename(aside)
    for companion in _COMPANIONS:
        beside = path.with_name(path.name + companion)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + companion))
    return aside


class _Turn:
    """A lock given in the order it was asked for, so that a feed of pages starves no save."""

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._queue: deque[threading.Lock] = deque()
        self._taken = False

    def __enter__(self) -> None:
        with self._gate:
            if not self._taken:
                self._taken = True
                return
            ticket = threading.Lock()
            ticket.acquire()
            self._queue.append(ticket)
        ticket.acquire()

    def __exit__(self, *_: object) -> None:
        with self._gate:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._taken = False


def _connect(path: Path, key: bytes, *, read_only: bool = False) -> Any:  # noqa: ANN401 - the driver has no types
    if len(key) != KEY_BYTES:
        message = f"a store key has {KEY_BYTES} bytes"
        raise ValueError(message)
    connection = dbapi2.connect(
        f"{path.as_uri()}?mode={'ro' if read_only else 'rwc'}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=30.0,
    )
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES_LEFT_TO_COMMITS}")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_read_only(path: Path, key: bytes) -> Any:  # noqa: ANN401 - as above
    """A driver connection that cannot change the file; the caller closes it."""
    return _connect(path, key, read_only=True)


def _examined(path: Path, key: bytes) -> tuple[str | None, bool]:
    """Check every page and give the version, and whether the last change was cut off.

    Writes no byte of either. Raises StoreDamaged, or Fault `store_unreadable`.
    """
    _roll_back(path, key)
    connection = None
    try:
        connection = _connect(path, key, read_only=True)
        _check(connection, thoroughly=has_log(path))
        # How many frames of its log SQLite goes by; NOOP only counts them.
        _, frames, _ = connection.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()
        version = _version(connection)
    except dbapi2.DatabaseError as cause:
        if _code(cause) in {_CORRUPT, _NOT_A_DATABASE, _NO_SUCH_TABLE}:
            raise StoreDamaged(str(cause)) from cause
        raise Fault("store_unreadable", "The orders at this desk cannot be opened now.") from cause
    finally:
        if connection is not None:
            connection.close()
    return version, _is_cut_off(path, key, max(frames, 0))


def _roll_back(path: Path, key: bytes) -> None:
    """A store that was being made when the power went has a rollback journal, and no orders yet."""
    if not path.with_name(path.name + _ROLLBACK).exists():
        return
    try:
        connection = _connect(path, key)
    except dbapi2.DatabaseError as cause:
        raise StoreDamaged(str(cause)) from cause
    connection.close()


def _check(connection: Any, *, thoroughly: bool) -> None:  # noqa: ANN401 - the driver has no types
    """Raises StoreDamaged.

    A log that lost its end lets pages of two times meet, each of them whole: rows that do not fit
    together tell. After an orderly end there is no log.
    """
    check = "integrity_check" if thoroughly else "quick_check"
    verdict = connection.execute(f"PRAGMA {check}(1)").fetchone()[0]
    if verdict != "ok":
        raise StoreDamaged(verdict)
    if thoroughly and connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        message = "rows refer to others that are not there"
        raise StoreDamaged(message)


def _version(connection: Any) -> str | None:  # noqa: ANN401 - the driver has no types
    if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def _is_cut_off(path: Path, key: bytes, frames: int) -> bool:
    """Whether the last change was cut off. Raises StoreDamaged where SQLite sees no damage."""
    broken = damaged_pages(path, key, frames)
    if broken:
        raise StoreDamaged(f"page {broken[0]} has another seal")
    state = log_state(path, key, frames)
    if state is LogState.DAMAGED:
        raise StoreDamaged(f"the log is broken behind frame {frames}")
    return state is LogState.UNFINISHED


def _code(error: object) -> int:
    """The primary result code of SQLite."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _engine(path: Path, key: bytes) -> Engine:
    engine = create_engine(
        "sqlite://",
        module=dbapi2,
        creator=lambda: _connect(path, key),
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=8,
        pool_use_lifo=True,
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    # Touches no file yet, so it cannot fail; by way of SQLAlchemy it took longer than most reads.
    connection.connection.cursor().execute("BEGIN")


def _migrate(store: DeskStore) -> None:
    from alembic import command  # noqa: PLC0415 - only a new or older store needs it, and it is slow
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
