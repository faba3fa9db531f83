"""A real desk whose writes are recorded: in a process of its own, with disk_recorder.c preloaded.

`record` starts it and waits for it; the module itself is what runs in the process. Needs a C
compiler on this machine, and Linux.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

from sqlalchemy import Engine, event

from app.campaigns.faults.desk_program import FINISH, DeskTask, take_calls
from app.campaigns.faults.disk_image import Note, read_notes
from app.values.errors import Fault

_SOURCE = Path(__file__).with_name("disk_recorder.c")
_COMPILERS = ("cc", "gcc", "clang")
_LONGEST_S = 300.0
_GLANCE_S = 0.05
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
    library, notes = _compiled(scratch), scratch / "notes"
    notes.unlink(missing_ok=True)
    before = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and is_recorded(str(path.relative_to(folder)))
    }
    ours, theirs = Pipe()
    environment = {
        **os.environ,
        "LD_PRELOAD": str(library),
        "FAULTS_RECORD_FOLDER": str(folder),
        "FAULTS_RECORD_TO": str(notes),
    }
    command = [sys.executable, "-m", __spec__.name, str(theirs.fileno()), synchronous]
    with (scratch / "recorded-desk.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - this very program
            command, env=environment, pass_fds=(theirs.fileno(),), stdout=log, stderr=log
        )
        theirs.close()
        try:
            _take_part(process, ours, task, log.name)
        finally:
            process.kill()
            process.wait()
            ours.close()
    return Recording(before, tuple(note for note in read_notes(notes)))


def is_recorded(path: str) -> bool:
    """Whether a file matters: a catalogue is fetched anew, a shared index is worked out anew."""
    return not any(part in path for part in _NOT_RECORDED)


def _compiled(scratch: Path) -> Path:
    found = compiler()
    if found is None:
        raise Fault("no_compiler", "There is no C compiler on this machine (cc, gcc or clang).")
    library = scratch / "disk_recorder.so"
    command = [found, "-O2", "-shared", "-fPIC", "-o", str(library), str(_SOURCE)]
    done = subprocess.run([*command, "-lpthread"], capture_output=True, text=True, check=False)  # noqa: S603 - the compiler that was found
    if done.returncode:
        raise Fault("no_compiler", f"The recorder could not be compiled: {done.stderr[-500:]}")
    return library


def _take_part(
    process: subprocess.Popen[bytes], line: Connection, task: DeskTask, log: str
) -> None:
    """Tell the desk what to do, and listen until it has finished."""
    line.send(task)
    until = time.monotonic() + _LONGEST_S
    while time.monotonic() < until and process.poll() is None:
        if line.poll(_GLANCE_S):
            try:
                if line.recv() == FINISH:
                    return
            except EOFError:
                break
    said = Path(log).read_text(encoding="utf-8", errors="replace")[-1_000:]
    raise Fault("program_failed", f"The recorded desk did not finish: {said}")


def _weaken(synchronous: str) -> None:
    """Let the store be less careful than it is; runs after its own settings."""

    def connected(connection: object, _: object) -> None:
        connection.execute(f"PRAGMA synchronous = {synchronous}")  # type: ignore[attr-defined] # the driver has no types

    event.listen(Engine, "connect", connected)


def main() -> None:
    """In the new process."""
    line = Connection(int(sys.argv[1]))
    task: DeskTask = line.recv()
    if sys.argv[2]:
        _weaken(sys.argv[2])
    take_calls(line, task)


if __name__ == "__main__":
    main()
