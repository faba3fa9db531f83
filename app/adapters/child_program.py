"""A program of ours that runs as a child: the parts of a trial, and what a bench measures.

Says what it has to say line by line on standard output; everything else goes to its log. Ends with
its standard input, so that nothing is left running when the parent is killed.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from app.values.errors import Fault

PATIENCE_S = 60.0
END_S = 20.0
_GLANCE_S = 0.05
_TAIL = 1_000
_STANDARD_INPUT = 0


class ChildProgram:
    """`python -m MODULE ...`, started at once; a context manager that ends it."""

    def __init__(
        self, module: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """`environment` is all of it; None: ours."""
        self._name = " ".join(module[:3])
        self._log = log
        self._said: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        with log.open("ab") as complaints:
            # A session of its own: Ctrl+C reaches the parent, which ends everything in order.
            self._process = subprocess.Popen(  # noqa: S603 - our own modules
                [sys.executable, "-m", *module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env=dict(environment if environment is not None else os.environ),
                start_new_session=True,
            )
        self._listener = threading.Thread(target=self._listen, name=f"listen to {self._name}")
        self._listener.start()

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
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended by itself."""
        return self._process.poll() is None

    def line(self, seconds: float = PATIENCE_S) -> str:
        """The next line it says. Raises Fault `program_failed` when it ends or takes too long."""
        try:
            said = self._said.get(timeout=seconds)
        except queue.Empty:
            said = None
        if said is None:
            raise Fault("program_failed", f"{self._name} did not come so far: {self.complaint()}")
        return said

    def until_ready(self, url: str, seconds: float = PATIENCE_S) -> None:
        """Wait until an address of its own says so. Raises Fault `program_failed`."""
        until = time.monotonic() + seconds
        while not _answers(url):
            if not self.is_running or time.monotonic() > until:
                raise Fault("program_failed", f"{self._name} did not start: {self.complaint()}")
            time.sleep(_GLANCE_S)

    def ended(self, seconds: float = PATIENCE_S) -> None:
        """Wait until it has done its work. Raises Fault `program_failed` when it did not."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = -1
        if code:
            raise Fault("program_failed", f"{self._name} failed: {self.complaint()}")

    def complaint(self) -> str:
        """The end of its log."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-_TAIL:].strip()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it in order, or by force when it does not."""
        if self.is_running:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._listener.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _listen(self) -> None:
        output: IO[bytes] | None = self._process.stdout
        for line in output or ():
            self._said.put(line.decode("utf-8", "replace").rstrip("\r\n"))
        self._said.put(None)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def end_with_input(end: Callable[[], object]) -> None:
    """The child's side: call `end` when standard input ends, as it does with the parent.

    A parent that is killed cannot say goodbye: its end of the pipe closes, and that is enough. Read
    without Python's buffer, whose lock a thread that still waits would keep at the end.
    """
    threading.Thread(target=_wait_for_end, args=(end,), name="input", daemon=True).start()


def _wait_for_end(end: Callable[[], object]) -> None:
    while os.read(_STANDARD_INPUT, _TAIL):
        pass
    end()
