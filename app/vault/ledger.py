"""A small SQLite file of the vault: one writer, every transaction on the disk before it counts.

Holds no card data; whoever adds a table keeps it so. Any thread.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from app.values.errors import Fault


class Ledger:
    """A connection that threads take in turns; each has it for one short transaction."""

    def __init__(self, path: Path, schema: str) -> None:
        """`schema`: statements that may be run every time. Raises Fault `vault_ledger_broken`."""
        self._path = path
        self._lock = threading.Lock()
        try:
            # Before SQLite makes it: its other files take this one's mode.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        except (OSError, sqlite3.Error) as cause:
            raise self._broken() from cause
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(schema)
        except sqlite3.Error as cause:
            self._connection.close()
            raise self._broken() from cause

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection]:
        """All of it or nothing, on the disk when the block is left. Raises Fault."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as cause:
                raise self._broken() from cause
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.Error as cause:
                self._give_up()
                raise self._broken() from cause
            except BaseException:
                self._give_up()
                raise

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._connection.close()

    def _give_up(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _broken(self) -> Fault:
        return Fault("vault_ledger_broken", f"{self._path} cannot be read or written.")
