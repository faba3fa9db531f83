"""What a bench is handed: a folder of its own, a file of real rows if there is one, and a voice.

A bench that finds its own results wrong raises; a figure of a run with errors is worth nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from app.services.central.imports.table_file import Progress, no_progress
from app.values.errors import Fault


def say_nothing(sentence: str) -> None:
    """For callers that watch nothing."""


def show_nothing(table: Table) -> None:
    """For callers that want figures only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """`folder` is empty and goes when the bench ends; `data` is what `--data` named.

    `show` is handed a table of its own. `tell` is told a step in words before it begins,
    `progress` how far a long one has come. Neither may be called between two measurements.
    """

    folder: Path
    data: Path | None = None
    tell: Callable[[str], None] = say_nothing
    progress: Progress = no_progress
    show: Callable[[Table], None] = show_nothing


def require(holds: bool, sentence: str) -> None:  # noqa: FBT001 - reads as what it is: require(rows > 0, ...)
    """Raises Fault `bench_rejected` where a run did not do what it measured."""
    if not holds:
        raise Fault("bench_rejected", sentence)
