"""What a row of the fault campaign is, what it finds, and how the table of all rows is written.

A row breaks one thing so many times while orders are taken, and says what was lost. It counts with
`ledger`, never with the program's own counters. No thread of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

import msgspec

from app.campaigns.faults.ledger import Count
from app.campaigns.faults.site import Ground

_HEAD = ("row", "rounds", "acknowledged", "lost", "twice", "wrong total", "seconds", "holds")


class RowResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a row. `fault` says in words what was broken, `notes` what else was measured.

    `acknowledged` counts what a desk showed to its CSR. `ok` is False where anything did not hold,
    also what has no column: the notes say what.
    """

    row: str
    fault: str
    rounds: int
    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    wrong_total: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    ok: bool


class Row(Protocol):
    """One fault. `rounds` is the long form's number of rounds, `rounds_short` the suite's."""

    name: ClassVar[str]
    fault: ClassVar[str]
    rounds: ClassVar[int]
    rounds_short: ClassVar[int]

    def __init__(self, ground: Ground) -> None: ...

    def run(self, rounds: int, seed: int) -> RowResult:
        """Break it so many times; the same seed makes the same choices.

        Raises Fault where the campaign itself cannot go on.
        """
        ...


def counted(
    row: Row | type[Row], rounds: int, found: Count, notes: Sequence[str], *, holds: bool
) -> RowResult:
    """A row that counted with the ledger; `holds`: whether all else held. `seconds` is added."""
    return RowResult(
        row=row.name,
        fault=row.fault,
        rounds=rounds,
        acknowledged=found.acknowledged,
        lost=found.lost,
        twice=found.twice,
        wrong_total=found.wrong_total,
        notes=(*notes, *found.torn),
        ok=holds and found.holds and found.acknowledged > 0,
    )


def text_table(results: Sequence[RowResult]) -> str:
    """The table as people read it, each row with what was broken and measured below it."""
    rows = [_HEAD, *map(_cells, results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [_line(_HEAD, widths)]
    for result, cells in zip(results, rows[1:], strict=True):
        lines.append(_line(cells, widths))
        lines.extend(f"    {note}" for note in (result.fault, *result.notes))
    return "\n".join(lines)


def _cells(result: RowResult) -> tuple[str, ...]:
    counted = (result.rounds, result.acknowledged, result.lost, result.twice, result.wrong_total)
    return (
        result.row,
        *(f"{count:,}" for count in counted),
        f"{result.seconds:.1f}",
        "yes" if result.ok else "NO",
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = zip(cells, widths, strict=True)
    aligned = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in rest)]
    return "  ".join(aligned).rstrip()
