"""Where a desk's program may end: inside a store transaction, after it, before and in the journal.

The real store and journal with a fuse in front. When it blows, the seat's folder is kept as it was
at that instant, and the program is over; what the journal had not synced yet may be lost with it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from app.store.desk import DeskStore
from app.store.journal import Journal


class DeskDied(BaseException):
    """The program at the desk has ended here; nothing of it runs on."""


class Fuse:
    """Counts the places where a program could end, and ends it at one of them."""

    def __init__(self, blown: Callable[[], None]) -> None:
        """`blown` keeps the folder as it is."""
        self._blown = blown
        self._left: int | None = None
        self._waits_for_command = False
        self.place = ""

    def light(self, places: int | None, *, at_command: bool = False) -> None:
        """End the program after so many places more; None: go on.

        With `at_command` counting begins when the next command is written.
        """
        self._left = places
        self._waits_for_command = at_command

    def command_written(self) -> None:
        """A command is in the transaction that runs."""
        self._waits_for_command = False

    def at(self, place: str) -> None:
        """Here it could end. Raises DeskDied."""
        if self._left is None or self._waits_for_command:
            return
        if self._left > 0:
            self._left -= 1
            return
        self._left = None
        self.place = place
        self._blown()
        raise DeskDied


class FusedStore(DeskStore):
    """The store of a seat; each statement of a writing transaction, and its end, is a place."""

    def __init__(self, real: DeskStore, fuse: Fuse) -> None:
        """All of the real one but what is said here."""
        vars(self).update(vars(real))
        self._fuse = fuse

    @contextmanager
    def write(self) -> Generator[Any]:
        """One transaction of the real store."""
        with super().write() as connection:
            yield FusedConnection(connection, self._fuse)
            self._fuse.at("before the commit")
        self._fuse.at("after the commit")

    def tidy(self) -> None:
        """Fold the log into the file."""
        super().tidy()
        self._fuse.at("after folding the log")

    def lay_ballast(self) -> None:
        """No ballast here: it would cost more than all the rest."""


class FusedConnection:
    """A connection in whose transaction the program may end."""

    def __init__(self, inner: Any, fuse: Fuse) -> None:  # noqa: ANN401 - a connection of the store's own
        self._inner = inner
        self._fuse = fuse

    def execute(self, *statement: Any) -> Any:  # noqa: ANN401 - as the real one
        """Run a statement."""
        done = self._inner.execute(*statement)
        if writes_command(statement[0]):
            self._fuse.command_written()
        self._fuse.at("inside a transaction")
        return done

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real one
        return getattr(self._inner, name)


def writes_command(statement: Any) -> bool:  # noqa: ANN401 - a statement of the store's own
    """Whether this is the row of a command."""
    table = getattr(statement, "table", None)
    return getattr(statement, "is_insert", False) and getattr(table, "name", "") == "command"


class FusedJournal(Journal):
    """The journal of a seat; `synced` is how much of it is on the disk for sure."""

    def __init__(self, real: Journal, fuse: Fuse) -> None:
        """All of the real one but what is said here."""
        vars(self).update(vars(real))
        self._fuse = fuse
        self.synced = real.end.offset

    def append(self, record: bytes) -> None:
        """Add a record, on the disk when this returns."""
        self._fuse.at("before the journal")
        super().append(record)
        self._fuse.at("after the journal")

    def append_lazily(self, record: bytes) -> None:
        """Add a record that may be lost until `flush`."""
        self._fuse.at("before the journal")
        super().append_lazily(record)

    def flush(self) -> None:
        """Have everything on the disk."""
        self._fuse.at("in the journal, not synced")
        super().flush()
        self.synced = self.end.offset
