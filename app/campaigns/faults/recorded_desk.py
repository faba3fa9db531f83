"""A real desk whose writes are recorded: in a process of its own, with preloaded.c preloaded.

`record` starts it and waits for it; the module itself is what runs in the process. Needs a C
compiler on this machine, and Linux.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from app.campaigns.faults.desk_program import FINISH, DeskTask, take_calls
from app.campaigns.faults.disk_image import Note, read_notes
from app.store import desk as desk_store
from app.values.errors import Fault

_SOURCE = Path(__file__).with_name("preloaded.c")
RECORDED_DESK = __spec__.name
"""The module to start for a desk that takes calls."""

_COMPILERS = ("cc", "gcc", "clang")
_LONGEST_S = 300.0
_NOT_RECORDED = ("catalogue", "ballast", "-shm", ".pdf")


@dataclass(frozen=True, slots=True)
class Recording:
    """What was on the disk before, by path, and what was done since."""

    before: dict[str, bytes]
    notes: tuple[Note, ...]


def compiler() -> str | None:
    """A C compiler of this machine."""
    return next((path for name in _COMPILERS if (path := shutil.which(name))), None)


def record(folder: Path, task: DeskTask, scratch: Path, *, synchronous: str = "") -> Recording:
    """Have a desk take its calls, with all it does to files in `folder` noted.

    `synchronous` weakens the store to another setting of SQLite's, to prove that a loss is seen.
    Raises Fault `no_compiler` or `program_failed`.
    """
    notes = scratch / "notes"
    notes.unlink(missing_ok=True)
    before = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and is_recorded(str(path.relative_to(folder)))
    }
    more = {"FAULTS_RECORD_FOLDER": str(folder), "FAULTS_RECORD_TO": str(notes)}
    with preloaded(RECORDED_DESK, scratch, more) as desk:
        desk.send((task, synchronous))
        while desk.heard(_LONGEST_S) != FINISH:
            pass
    return Recording(before, tuple(note for note in read_notes(notes)))


class Preloaded:
    """A process of this program with the library before all others; ended with the block."""

    def __init__(self, process: subprocess.Popen[bytes], line: Connection, log: Path) -> None:
        self._process = process
        self._line = line
        self._log = log

    def send(self, word: object) -> None:
        """What it is to do."""
        self._line.send(word)

    def heard(self, seconds: float) -> Any:  # noqa: ANN401 - each program has words of its own
        """The next thing it says. Raises Fault `program_failed` when it ends or takes too long."""
        try:
            if self._line.poll(seconds):
                return self._line.recv()
        except (EOFError, OSError):
            pass  # it has ended, and its log says why
        said = self._log.read_text(encoding="utf-8", errors="replace")[-1_000:]
        raise Fault("program_failed", f"A desk did not finish: {said}")


@contextmanager
def preloaded(module: str, scratch: Path, more: dict[str, str]) -> Generator[Preloaded]:
    """Start a module, whose first argument is its line to us, with `more` in its environment.

    Raises Fault `no_compiler`.
    """
    library, log = _compiled(scratch), scratch / "preloaded.log"
    ours, theirs = Pipe()
    with log.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-m", module, str(theirs.fileno())],
            env={**os.environ, **more, "LD_PRELOAD": str(library)},
            pass_fds=(theirs.fileno(),),
            stdout=file,
            stderr=file,
        )
    theirs.close()
    try:
        yield Preloaded(process, ours, log)
    finally:
        process.kill()
        process.wait()
        ours.close()


def is_recorded(path: str) -> bool:
    """Whether a file matters: a catalogue is fetched anew, a shared index is worked out anew."""
    return not any(part in path for part in _NOT_RECORDED)


def _compiled(scratch: Path) -> Path:
    found = compiler()
    if found is None:
        raise Fault("no_compiler", "There is no C compiler on this machine (cc, gcc or clang).")
    library = scratch / "preloaded.so"
    command = [found, "-O2", "-shared", "-fPIC", "-o", str(library), str(_SOURCE)]
    done = subprocess.run([*command, "-lpthread"], capture_output=True, text=True, check=False)  # noqa: S603 - the compiler that was found
    if done.returncode:
        raise Fault("no_compiler", f"The recorder could not be compiled: {done.stderr[-500:]}")
    return library


def _weaken(synchronous: str) -> None:
    """Let the store be less careful than it is; runs after its own settings."""
    careful = desk_store._connect  # noqa: SLF001 - there is no switch for it, and shall be none

    def connect(path: Path, key: bytes, *, read_only: bool = False) -> Any:  # noqa: ANN401 - the driver has no types
        connection = careful(path, key, read_only=read_only)
        if not read_only:
            connection.execute(f"PRAGMA synchronous = {synchronous}")
        return connection

    desk_store._connect = connect  # noqa: SLF001 - as above


def main() -> None:
    """In the new process."""
    line = Connection(int(sys.argv[1]))
    task, synchronous = line.recv()
    if synchronous:
        _weaken(synchronous)
    take_calls(line, task)


if __name__ == "__main__":
    main()
