"""A scanned program under way: types into it, looks at its memory, ends it.

The numbers are made and kept here; the program gets one key at a time. One thread.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from app.campaigns.card_scan.encodings import Sought
from app.campaigns.card_scan.key_traces import KeyTraces, key_traces
from app.campaigns.card_scan.process_memory import Scanned, scan_process, windows_of
from app.values.errors import Fault

PATIENCE_S = 60.0
END_S = 10.0
_TALK = {"QT_LOGGING_RULES": "*=true"}
"""Asked for, so that a scan shows that nobody hears what Qt could tell."""


class ScannedDesk:
    """The child process; a context manager."""

    def __init__(
        self,
        folder: Path,
        module: Sequence[str],
        display: str = "",
        talk: Mapping[str, str] = _TALK,
    ) -> None:
        """`module` is what is run, with its words.

        `display` is one of X; without it there is none, and keys only come by the pipe. `talk` is
        what it is asked to tell, in its environment.
        """
        self._log = folder / "scanned.log"
        self._module = tuple(module)
        self._talk = dict(talk)
        self._screen = {"QT_QPA_PLATFORM": "offscreen"}
        if display:
            self._screen = {"QT_QPA_PLATFORM": "xcb", "DISPLAY": display}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", *self._module]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **self._talk, **self._screen},
            )
        self._await_answer()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process = self._running()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._running().pid

    def do(self, *acts: str) -> None:
        """Acts by their letters, one after another."""
        for act in acts:
            self._send(act.encode())

    def do_at_length(self, act: str) -> None:
        """An act that takes its time; returns when it is done."""
        self._send(act.encode())
        self._await_answer()

    def type(self, digits: bytes) -> None:
        """Keys of digits, one by one."""
        for digit in digits:
            self._send(bytes((digit,)))

    def scan(
        self,
        sought: Sequence[Sought],
        keys: Sequence[tuple[str, bytes]] = (),
        *,
        with_fixed: bool = True,
    ) -> Scanned:
        """What its memory holds of the numbers now."""
        return scan_process(self.pid, sought, keys, with_fixed=with_fixed)

    def stand_still(self) -> None:
        """Stop it in the middle of whatever it does."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it run again."""
        os.kill(self.pid, signal.SIGCONT)

    def traces(
        self, typed_ms: tuple[int, int], number: bytes, others: Sequence[bytes]
    ) -> KeyTraces:
        """What dead key events of the typing give away."""
        return key_traces(windows_of(self.pid), typed_ms, number, others)

    def log(self) -> bytes:
        """What it has written on its error output."""
        return self._log.read_bytes()

    def _send(self, byte: bytes) -> None:
        os.write(_open_end(self._running().stdin), byte)
        self._await_answer()

    def _await_answer(self) -> None:
        output = _open_end(self._running().stdout)
        ready, _, _ = select.select([output], [], [], PATIENCE_S)
        if not ready or not os.read(output, 1):
            told = self._log.read_text(encoding="utf-8", errors="replace")[-1_000:].strip()
            raise Fault("scanned_desk_failed", f"The scanned program did not answer: {told}")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise Fault("scanned_desk_failed", "The scanned program is not running.")
        return self._process


def _open_end(pipe: IO[bytes] | None) -> int:
    if pipe is None:
        raise Fault("scanned_desk_failed", "The scanned program cannot be reached.")
    return pipe.fileno()
