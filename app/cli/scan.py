"""`readback scan`: proof that no card digit is left anywhere: in memory, and in whatever is kept.

Needs root on Linux. Takes minutes; the suite holds a short form of it.
"""

from __future__ import annotations

import argparse
import signal
import sys
from typing import NoReturn

from app.campaigns.card_scan.desk_stories import DESK_STORIES
from app.campaigns.card_scan.memory_campaign import run_memory_scan
from app.campaigns.card_scan.stories import STORIES
from app.cli.scan_desk import scan_desk
from app.cli.scan_places import scan_places
from app.values.clock import SystemClock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is scanned, and how often."""
    scans = parser.add_subparsers(dest="scan", required=True, metavar="WHAT")
    memory = scans.add_parser("memory", help="the desk's memory while a card is typed and sent")
    memory.add_argument("--runs", metavar="N", type=int, default=1, help="each with new numbers")
    memory.add_argument(
        "--story", metavar="NAME", action="append", choices=tuple(STORIES), help="only this one"
    )
    desk = scans.add_parser("desk", help="the memory of the whole desk, and of what is behind it")
    desk.add_argument("--runs", metavar="N", type=int, default=1, help="each with new numbers")
    desk.add_argument(
        "--story", metavar="NAME", action="append", choices=tuple(DESK_STORIES), help="only this"
    )
    places = scans.add_parser("places", help="files, tables, papers and the line, after orders")
    places.add_argument("--orders", metavar="N", type=int, default=10, help="paid by card (10)")


def run(arguments: argparse.Namespace) -> int:
    """Scan; exit code 1 when something was found, or a control was not."""
    signal.signal(signal.SIGTERM, _interrupted)
    if arguments.scan == "places":
        return scan_places(arguments.orders)
    if arguments.scan == "desk":
        return scan_desk(arguments.runs, arguments.story or ())
    return run_memory_scan(SystemClock(), arguments.runs, arguments.story or (), _say)


def _interrupted(number: int, frame: object) -> NoReturn:
    """Being told to end is taken as Ctrl+C, so that what was started is stopped."""
    del number, frame
    raise KeyboardInterrupt


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
