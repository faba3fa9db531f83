"""The desk as a process of its own: how soon its window stands, and how much memory it takes.

Measured from outside and beside an empty window, launched in turns.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from app.adapters.child_program import ChildProgram
from app.campaigns.bench.desk import follow_the_feed, signed_in_desk
from app.campaigns.bench.figures import Figure, beside, within
from app.campaigns.bench.given import Given, require
from app.campaigns.bench.products import products
from app.wire.catalogue import ProductView

START_TIMES = 1.3
READY_MOST_MS = 1_000
"""Longer than this, and people lose the thread (Nielsen, response times)."""

MEMORY_MOST_MB = 250
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
_EMPTY = ("app.ui.empty_window",)
_PAINTED = "app.campaigns.bench.painted_desk"
_IN_USE = "app.campaigns.bench.desk_in_use"


def desk_start(given: Given, *, launches: int = 9) -> tuple[Figure, ...]:
    """From launching the process until its window is painted, and until it asks who signs in.

    Files are in the memory already.
    """
    given.tell(f"Launching the desk and an empty window, {launches:,} times each")
    with signed_in_desk(given.folder) as at:
        follow_the_feed(given, at, 0)
    desk = (_PAINTED, str(given.folder))
    ours: list[float] = []
    bare: list[float] = []
    ready: list[float] = []
    for launch in range(launches + 1):
        painted, asks = _ms_until_said(given, desk, "painted", "ready")
        (empty,) = _ms_until_said(given, _EMPTY, "painted")
        if launch:  # the first only compiles, and brings the files into memory
            ours.append(painted)
            ready.append(asks)
            bare.append(empty)
    return (
        beside("desk-start", ours, bare, START_TIMES, quantile="p50", than="an empty window"),
        within("desk-ready", ready, READY_MOST_MS, quantile="p50", bare=bare),
    )


def desk_memory(given: Given, *, count: int = 100_000) -> tuple[Figure, ...]:
    """Resident memory of a desk with so many products, in the middle of a call."""
    given.tell(f"Giving a desk {count:,} products")
    listed = sorted(products(count, given.data), key=_by_code)
    with signed_in_desk(given.folder, listed) as at:
        follow_the_feed(given, at, count)
    listed.clear()
    given.tell("Taking a call at it")
    with _launched(given, (_IN_USE, str(given.folder))) as desk:
        said = desk.line()
        require(said == f"ready {count}", f"The desk said {said!r} with {count:,} products.")
        ours = resident_mb(desk.pid)
    with _launched(given, _EMPTY) as empty:
        require(empty.line() == "painted", "The empty window was not painted.")
        bare = resident_mb(empty.pid)
    return (within("desk-memory", [ours], MEMORY_MOST_MB, unit="MB", quantile="p50", bare=[bare]),)


def resident_mb(pid: int) -> float:
    """Resident memory of a process in 10^6 bytes."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        lines = status.read_text(encoding="ascii").splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("VmRSS:"))
    else:
        command = ["ps", "-o", "rss=", "-p", str(pid)]
        kilobytes = subprocess.run(  # noqa: S603 - fixed words and a number
            command, capture_output=True, check=True, text=True
        ).stdout
    return int(kilobytes) * 1_024 / 1_000_000


def _launched(given: Given, module: Sequence[str]) -> ChildProgram:
    """Run `python -m MODULE ...` off screen; ended by the one who asked."""
    return ChildProgram(module, given.folder / "program.log", _environment(given.folder))


def _environment(folder: Path) -> dict[str, str]:
    """Off screen, and with compiled modules as an installed program has them."""
    environment = {name: value for name, value in os.environ.items() if name != _NO_BYTECODE}
    compiled = {"PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    return {**environment, **compiled, "QT_QPA_PLATFORM": "offscreen"}


def _ms_until_said(given: Given, module: Sequence[str], *words: str) -> tuple[float, ...]:
    """Milliseconds from the launch of a module until it has said each of the words, in order."""
    began = time.perf_counter()
    taken: list[float] = []
    with _launched(given, module) as program:
        for word in words:
            said = program.line()
            taken.append((time.perf_counter() - began) * 1_000)
            require(said == word, f"The program said {said!r} and not {word!r}.")
    return tuple(taken)


def _by_code(product: ProductView) -> str:
    return product.code
