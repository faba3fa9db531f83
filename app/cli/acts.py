"""How an act of `readback admin` is named, run and answered.

An act does its work in one transaction of the central database; a plain act needs no database, or
opens it in its own way.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.cli.database import add_database_url
from app.services.central.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an act has to say: lines for a script, a note for the person, and the exit code."""

    lines: Sequence[str] = ()
    note: str = ""
    code: int = 0


Act = Callable[[Transaction, argparse.Namespace], Outcome]
PlainAct = Callable[[argparse.Namespace], Outcome]


def add_group(acts: Any, name: str, summary: str) -> Any:  # noqa: ANN401 - argparse keeps this type to itself
    """A word that acts stand behind."""
    return acts.add_parser(name, help=summary).add_subparsers(required=True, metavar="WHAT")


def add_act(acts: Any, name: str, summary: str, act: Act) -> argparse.ArgumentParser:  # noqa: ANN401 - as above
    """An act with the option that says where the database is."""
    parser: argparse.ArgumentParser = acts.add_parser(name, help=summary)
    add_database_url(parser)
    parser.set_defaults(act=act, plain=None)
    return parser


def add_plain_act(acts: Any, name: str, summary: str, act: PlainAct) -> argparse.ArgumentParser:  # noqa: ANN401 - as above
    """An act that is given no transaction."""
    parser: argparse.ArgumentParser = acts.add_parser(name, help=summary)
    parser.set_defaults(act=None, plain=act)
    return parser


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in columns, each as wide as its widest cell."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    ]


def when(instant: datetime) -> str:
    """An instant as an administrator reads it."""
    return f"{instant:%Y-%m-%d %H:%M} UTC"
