"""What a bench measures and how it is shown: figures beside the bare thing run in the same minute.

Absolute times move with the machine; the ratio to the bare thing, measured in turns with ours, does
not. A figure carries its aim and whether it was met.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import msgspec
from rich.table import Table

T = TypeVar("T")


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured thing; times are in `unit`.

    `limit` is the bare thing run beside it, at the quantile that the aim names; `ratio` is ours
    over it.
    """

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


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Milliseconds one call took, and what it gave: a run with a wrong result is worth nothing."""
    start = time.perf_counter()
    result = work()
    return (time.perf_counter() - start) * 1_000, result


def in_turns(
    ours: Iterable[Callable[[], object]], bare: Iterable[Callable[[], object]]
) -> tuple[list[float], list[float]]:
    """Milliseconds of ours and of the bare thing, taken alternately so both see one machine."""
    pairs = [(timed(one)[0], timed(other)[0]) for one, other in zip(ours, bare, strict=True)]
    return [mine for mine, _ in pairs], [theirs for _, theirs in pairs]


Quantile = Literal["p50", "p95", "p99"]


def within(
    name: str,
    samples: Sequence[float],
    most: float,
    *,
    unit: str = "ms",
    quantile: Quantile = "p99",
    bare: Sequence[float] | None = None,
) -> Figure:
    """A figure that is to stay at or below a fixed value; the bare thing is shown beside it."""
    aim = f"{quantile} at most {most:g} {unit}"
    return _judged(name, samples, bare, aim, unit=unit, quantile=quantile, most=most)


def reaching(name: str, samples: Sequence[float], least: float, *, unit: str) -> Figure:
    """A figure whose median is to reach a fixed value: how many of something there were."""
    aim = f"p50 at least {least:g} {unit}"
    figure = _judged(name, samples, None, aim, unit=unit, quantile="p50")
    return msgspec.structs.replace(figure, met=figure.p50 >= least)


def beside(
    name: str,
    samples: Sequence[float],
    bare: Sequence[float],
    times: float,
    *,
    unit: str = "ms",
    quantile: Quantile = "p99",
    most: float | None = None,
    than: str = "the bare thing",
) -> Figure:
    """A figure that is to stay within a multiple of the bare thing, and below `most` where given.

    `quantile` is `p50` where single stalls of the disk would drown both; `than` names the bare
    thing in the aim.
    """
    aim = f"{quantile} at most {times:g} times {than}"
    if most is not None:
        aim += f", and {most:g} {unit}"
    return _judged(name, samples, bare, aim, unit=unit, quantile=quantile, times=times, most=most)


def _judged(
    name: str,
    samples: Sequence[float],
    bare: Sequence[float] | None,
    aim: str,
    *,
    unit: str,
    quantile: Quantile,
    times: float = math.inf,
    most: float | None = None,
) -> Figure:
    measured = spread(samples)
    ours = _quantile(measured, quantile)
    limit = _quantile(spread(bare), quantile) if bare is not None else None
    ratio = ours / limit if limit else None
    return Figure(
        name=name,
        unit=unit,
        n=measured.n,
        p50=measured.p50,
        p95=measured.p95,
        p99=measured.p99,
        limit=limit,
        ratio=ratio,
        aim=aim,
        met=(ratio is None or ratio <= times) and (most is None or ours <= most),
    )


def _quantile(measured: Spread, quantile: Quantile) -> float:
    return {"p50": measured.p50, "p95": measured.p95, "p99": measured.p99}[quantile]


def table_of(figures: Iterable[Figure]) -> Table:
    """The figures for a terminal."""
    table = Table(title="readback bench")
    for heading in ("figure", "unit", "n", "p50", "p95", "p99", "limit", "ratio", "aim", "met"):
        left = heading in {"figure", "unit", "aim", "met"}
        table.add_column(
            heading, justify="left" if left else "right", no_wrap=heading != "aim", overflow="fold"
        )
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
