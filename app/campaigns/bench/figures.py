"""What a bench measures and how it is shown: figures beside the bare thing run in the same minute.

Absolute times move with the machine; the ratio to the bare thing, measured in turns with ours, does
not. A figure carries its aim and whether it was met.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured thing. `limit` is the bare thing's p99 (or only value); `ratio` ours over it."""

    name: str
    unit: str
    n: int
    p50: float
    p95: float
    p99: float
    limit: float | None = None
    ratio: float | None = None
    aim: str
    met: bool


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of one run."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """Quantiles of a sample, in the sample's unit."""

    n: int
    p50: float
    p95: float
    p99: float


def spread(samples: Sequence[float]) -> Spread:
    """Nearest-rank quantiles of at least one sample."""
    ordered = sorted(samples)
    ranks = [ordered[max(math.ceil(q * len(ordered)), 1) - 1] for q in (0.50, 0.95, 0.99)]
    return Spread(len(ordered), *ranks)


def timed(work: Callable[[], object]) -> float:
    """Milliseconds one call took."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1_000


def in_turns(
    ours: Iterable[Callable[[], object]], bare: Iterable[Callable[[], object]]
) -> tuple[list[float], list[float]]:
    """Milliseconds of ours and of the bare thing, taken alternately so both see one machine."""
    pairs = [(timed(one), timed(other)) for one, other in zip(ours, bare, strict=True)]
    return [mine for mine, _ in pairs], [theirs for _, theirs in pairs]


def within(name: str, samples: Sequence[float], most: float, *, unit: str = "ms") -> Figure:
    """A figure whose p99 is to stay at or below a fixed value."""
    measured = spread(samples)
    return Figure(
        name=name,
        unit=unit,
        n=measured.n,
        p50=measured.p50,
        p95=measured.p95,
        p99=measured.p99,
        aim=f"p99 at most {most:g} {unit}",
        met=measured.p99 <= most,
    )


def beside(
    name: str,
    samples: Sequence[float],
    bare: Sequence[float],
    times: float,
    *,
    quantile: str = "p99",
) -> Figure:
    """A figure that is to stay within a multiple of the bare thing, both in milliseconds.

    `quantile` is `p99`, or `p50` where single stalls of the disk would drown both.
    """
    measured = spread(samples)
    limit = getattr(spread(bare), quantile)
    ratio = getattr(measured, quantile) / limit
    return Figure(
        name=name,
        unit="ms",
        n=measured.n,
        p50=measured.p50,
        p95=measured.p95,
        p99=measured.p99,
        limit=limit,
        ratio=ratio,
        aim=f"{quantile} at most {times:g} times the bare thing",
        met=ratio <= times,
    )


def table_of(figures: Iterable[Figure]) -> Table:
    """The figures for a terminal."""
    table = Table(title="readback bench")
    for heading in ("figure", "unit", "n", "p50", "p95", "p99", "limit", "ratio", "aim", "met"):
        left = heading in {"figure", "unit", "aim", "met"}
        table.add_column(heading, justify="left" if left else "right", overflow="fold")
    for figure in figures:
        numbers = (figure.p50, figure.p95, figure.p99, figure.limit, figure.ratio)
        table.add_row(
            figure.name,
            figure.unit,
            f"{figure.n:,}",
            *("" if number is None else f"{number:,.3g}" for number in numbers),
            figure.aim,
            "yes" if figure.met else "NO",
        )
    return table
