"""`readback scan memory`: the whole of a card's way through the desk's memory, and the controls.

Prints one table: story, step, copies of number, code and content key, longest run of digits. A row
that does not hold makes the exit code 1. Numbers are random, made here, and never shown.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.campaigns.card_scan.process_memory import require_readable_memory
from app.campaigns.card_scan.stories import STORIES, Look, tell
from app.campaigns.card_scan.x_keyboard import NO_X_KEYBOARD
from app.values.clock import Clock
from app.values.errors import Refusal

FOUND_WANTING = 1
_NARROWEST = 130


def run_memory_scan(
    clock: Clock, runs: int, names: Sequence[str], say: Callable[[str], None]
) -> int:
    """Run the stories so many times; the exit code. Raises Refusal `memory_not_readable`."""
    require_readable_memory()
    looks: list[tuple[int, Look]] = []
    for run in range(1, runs + 1):
        for name in names or tuple(STORIES):
            say(f"run {run} of {runs}: {name}")
            try:
                looks += [(run, look) for look in told(name, clock)]
            except Refusal as refusal:
                if refusal.code != NO_X_KEYBOARD:
                    raise
                say(f"  not run: {refusal.sentence}")
    return shown(looks, say)


def shown(looks: Sequence[tuple[int, Look]], say: Callable[[str], None]) -> int:
    """Print the table; the exit code."""
    Console(width=max(Console().width, _NARROWEST)).print(table_of(looks))
    wanting = [look for _, look in looks if not look.holds]
    for look in wanting:
        say(f"does not hold: {look.story}, {look.step} ({'; '.join(look.forms) or 'not found'})")
    return FOUND_WANTING if wanting else 0


def told(name: str, clock: Clock) -> Iterator[Look]:
    """The rows of one story, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="readback-scan-") as folder:
        yield from tell(name, Path(folder), clock, secrets.SystemRandom().random)


def table_of(looks: Sequence[tuple[int, Look]]) -> Table:
    """As it is printed."""
    table = Table()
    for head in ("run", "story", "step", "number", "code", "key", "longest", "traces", "MB", ""):
        table.add_column(head, justify="left" if head in {"story", "step", ""} else "right")
    for run, look in looks:
        key = "" if look.key is None else str(look.key)
        word = ("found, as it must be" if look.must_find else "none") if look.holds else "WRONG"
        table.add_row(
            *(str(run), look.story, look.step, str(look.number), str(look.code), key),
            *(str(look.longest), _traces(look), f"{look.read_mb:.0f}", word),
        )
    return table


def _traces(look: Look) -> str:
    """So many digits in their order, where chance gives so many."""
    traces = look.traces
    return "" if traces is None else f"{traces.in_order} (chance {traces.by_chance})"
