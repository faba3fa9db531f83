"""Programs that a campaign starts and kills by the hundred: each a process of its own.

They are forked from a process that has loaded the program and opened nothing, so that a round costs
a tenth of a second and not two; what runs in them is the real thing from there on. A program ends
when its parent does, however that ends. Where there is no fork they are started as usual.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from app.values.errors import Fault

PATIENCE_S = 60.0
END_S = 20.0
_STARTED = "a program of the campaign"
_PRELOADED = (
    "app.campaigns.faults.desk_program",
    "app.campaigns.faults.replica_program",
    # What a desk loads behind its first paint:
    "app.adapters.address_lookup",
    "app.adapters.key_file",
    "app.adapters.keyring",
    "app.transport.client",
    "httpcore2",
)

Work = Callable[[Connection, Any], None]
"""What a program does: with a line to its parent, and what it is told at the start."""


def _context() -> BaseContext:
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_PRELOADED))
    return context


class Program:
    """One process, started at once; a context manager that ends it."""

    def __init__(self, work: Work, task: object, log: Path) -> None:
        """`log` takes whatever it says on standard output and standard error."""
        context = _context()
        self._line, theirs = context.Pipe()
        self._log = log
        self._process = context.Process(  # type: ignore[attr-defined] # missing in typeshed's base
            target=_begin, args=(work, task, theirs, str(log)), name=_STARTED, daemon=True
        )
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The number of its process."""
        return int(self._process.pid or 0)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return bool(self._process.is_alive())

    def tell(self, word: object) -> None:
        """Say something to it; nothing happens where it has ended."""
        with suppress(OSError):
            self._line.send(word)

    def heard(self, seconds: float = PATIENCE_S) -> Any:  # noqa: ANN401 - each program has words of its own
        """The next thing it says. Raises Fault `program_failed` when it ends or takes too long."""
        try:
            if self._line.poll(seconds):
                return self._line.recv()
        except (EOFError, OSError):
            self._process.join(END_S)
        raise Fault("program_failed", f"A program did not come so far: {self.complaint()}")

    def can_be_heard(self, seconds: float) -> bool:
        """Whether it says something, or ends, within so many seconds."""
        try:
            return self._line.poll(seconds)
        except (EOFError, OSError):
            return True

    def last_words(self) -> list[Any]:
        """What it has said and nobody has heard yet; also after it was killed."""
        words: list[Any] = []
        try:
            while self._line.poll():
                words.append(self._line.recv())
        except (EOFError, OSError):
            pass  # that was all
        return words

    def complaint(self) -> str:
        """The end of its log."""
        if not self._log.exists():
            return ""
        return self._log.read_text(encoding="utf-8", errors="replace")[-2_000:].strip()

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL, which no program can do anything about."""
        self._process.kill()
        self._process.join()

    def stop(self) -> None:
        """End it in order, or by force when it does not."""
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(END_S)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._line.close()


class Told:
    """A program's side of the line; ends the program when the parent has gone."""

    def __init__(self, line: Connection) -> None:
        self._line = line
        self._words: list[object] = []
        self._changed = threading.Condition()
        threading.Thread(target=self._listen, name="told", daemon=True).start()

    def say(self, word: object) -> None:
        """Something for the parent."""
        with suppress(OSError):
            self._line.send(word)

    def has(self, word: object) -> bool:
        """Whether the parent has said this."""
        with self._changed:
            return word in self._words

    def wait_for(self, word: object, seconds: float | None = None) -> bool:
        """Wait until the parent says this, or for so many seconds; whether it did."""
        with self._changed:
            return self._changed.wait_for(lambda: word in self._words, seconds)

    def _listen(self) -> None:
        try:
            while True:
                word = self._line.recv()
                with self._changed:
                    self._words.append(word)
                    self._changed.notify_all()
        except (EOFError, OSError):
            os._exit(1)


def _begin(work: Work, task: object, line: Connection, log: str) -> None:
    """In the new process: its words go to its log, then it does what it is for."""
    file = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
    work(line, task)
