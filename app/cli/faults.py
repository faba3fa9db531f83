"""`readback faults`: break things while orders are taken, and count what was lost or doubled.

Prints one table; exit code 1 where a row does not hold.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from app.campaigns.faults.command import ROWS, run_rows
from app.campaigns.faults.site import Given
from app.campaigns.faults.table import RowResult, text_table
from app.wire.message import encode


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which rows, how often, and from which chance."""
    names = ", ".join(row.name for row in ROWS)
    parser.add_argument("row", metavar="ROW", nargs="*", help=f"all unless named: {names}")
    parser.add_argument("--rounds", metavar="N", type=int, help="instead of each row's own")
    parser.add_argument(
        "--seed", metavar="S", type=int, default=1, help="the same chance again (1)"
    )
    parser.add_argument("--file", metavar="FILE", type=Path, help="real invoices, Online Retail")
    parser.add_argument("--out", metavar="FOLDER", type=Path, help="keeps all logs and the table")
    parser.add_argument("--short", action="store_true", help="a few rounds of each")
    parser.add_argument("--json", action="store_true", help="one JSON object for each row")


def run(arguments: argparse.Namespace) -> int:
    """Run the rows; what is under way is told on standard error."""
    signal.signal(signal.SIGTERM, _interrupted)
    with _folder(arguments.out) as folder:
        given = Given(folder=folder, say=_say, invoices=arguments.file, is_short=arguments.short)
        results: list[RowResult] = []
        for result in run_rows(given, arguments.row, arguments.rounds, arguments.seed):
            results.append(result)
            if arguments.json:
                print(encode(result).decode(), flush=True)
        table = text_table(results)
        if arguments.out is not None:
            (folder / "faults.txt").write_text(f"{table}\n", encoding="utf-8")
    if not arguments.json:
        print(table)
    return 0 if all(result.ok for result in results) else 1


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        yield out.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="readback-faults-") as name:
        folder = Path(name)
        if sys.platform != "win32":
            folder.chmod(0o711)  # the database runs under an account of its own
        yield folder


def _interrupted(number: int, frame: object) -> NoReturn:
    """Being told to end is taken as Ctrl+C, so that what was started is stopped."""
    del number, frame
    raise KeyboardInterrupt


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
