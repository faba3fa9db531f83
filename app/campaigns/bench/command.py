"""`readback bench`: measures, and shows each figure beside the bare thing run in the same minute.

Figures go to standard output, what is going on to standard error. A missed aim is shown and is no
error; a run whose results were wrong is rejected, named, and ends with exit code 1.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.campaigns.bench.benches import BENCHES
from app.campaigns.bench.figures import Figure, Report, table_of
from app.campaigns.bench.given import Given
from app.values.errors import Fault, Refusal
from app.wire.message import encode

REJECTED = 1
_TERMINATED = 128 + signal.SIGTERM
_REMOVALS = 10
_REMOVAL_PAUSE_S = 0.3
_NARROWEST = 110
"""Columns of the table at least; a pipe claims to have 80."""
_STEPS_SHOWN, _STEPS_LOGGED = 20, 4
"""How often a long step says how far it is, on a terminal and elsewhere."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Names of benches, a file of real rows, a file for the figures."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = f"Without a name all of them run, in this order:\n{_listed()}"
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure")
    parser.add_argument(
        "--data",
        "--file",
        dest="data",
        metavar="FILE",
        type=Path,
        help="a price list or a file of order lines to take products from, or of questions for "
        "answers; csv or csv.gz",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures there, too")


def run(arguments: argparse.Namespace) -> int:
    """Measure what was named. Raises Refusal `bench_unknown` or `file_missing`."""
    names = _known(arguments.names)
    if arguments.data is not None and not arguments.data.is_file():
        raise Refusal("file_missing", f"There is no file {arguments.data}.")
    voice = Console(stderr=True, highlight=False)
    figures: list[Figure] = []
    rejected = False
    with _ended_in_order():
        for name in names:
            voice.print(f"{name}: {BENCHES[name].words}")
            try:
                figures += _measured(name, arguments.data, voice)
            except Fault as fault:
                rejected = True
                voice.print(f"{name} is rejected. {fault.sentence}")
    if arguments.json is not None:
        arguments.json.write_bytes(encode(Report(figures=tuple(figures))) + b"\n")
    _show(table_of(figures))
    return REJECTED if rejected else 0


def _known(names: Sequence[str]) -> list[str]:
    """The benches named, each once; all of them where none is."""
    for name in names:
        if name not in BENCHES:
            raise Refusal("bench_unknown", f"There is no bench {name}. There are:\n{_listed()}")
    return list(dict.fromkeys(names)) or list(BENCHES)


def _listed() -> str:
    width = max(map(len, BENCHES))
    return "\n".join(f"  {name:<{width}}  {bench.words}" for name, bench in BENCHES.items())


def _measured(name: str, data: Path | None, voice: Console) -> tuple[Figure, ...]:
    """Run one bench in a folder of its own, which goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="readback-bench-"))
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        folder.chmod(0o711)  # as root PostgreSQL runs under another account
    steps = _Steps(voice)
    try:
        given = Given(
            folder=folder, data=data, tell=steps.tell, progress=steps.progress, show=_show
        )
        return BENCHES[name].measure(given)
    finally:
        _remove(folder)


def _show(table: Table) -> None:
    Console(width=max(Console().width, _NARROWEST)).print(table)


def _remove(folder: Path) -> None:
    """Processes that were ended a moment ago may still be writing there."""
    for _ in range(_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_REMOVAL_PAUSE_S)


class _Steps:
    """Says on standard error what a bench is doing; draws nothing by itself meanwhile."""

    def __init__(self, voice: Console) -> None:
        self._voice = voice
        self._step = ""
        self._shown = 0

    def tell(self, sentence: str) -> None:
        """A new step."""
        self._voice.print(f"  {sentence}")

    def progress(self, step: str, done: int, total: int) -> None:
        """How far a long step is, now and then."""
        if step != self._step:
            self._step, self._shown = step, 0
        steps = _STEPS_SHOWN if self._voice.is_terminal else _STEPS_LOGGED
        part = steps * done // max(total, 1)
        if part > self._shown:
            self._shown = part
            percent = min(100 * done // max(total, 1), 100)
            stays = percent == 100 or not self._voice.is_terminal
            self._voice.print(f"    {step}: {percent} %", end="\n" if stays else "\r")


@contextmanager
def _ended_in_order() -> Generator[None]:
    """SIGTERM ends what was started and removes the folders, as Ctrl+C does."""
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(number: int, frame: object) -> None:
    del number, frame
    sys.exit(_TERMINATED)
