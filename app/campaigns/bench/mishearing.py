"""Does the read-back work? Seeded callers and CSRs over real lines, read back in four ways.

The people are modelled (`campaigns.mishearing`), the rest is the product: which products are taken
for one another, what has to be spoken, how it is said, and how what was heard is compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rich.table import Table

from app.campaigns.bench.figures import Figure
from app.campaigns.bench.given import Given, require
from app.campaigns.bench.products import products, real_products
from app.campaigns.bench.spoken_orders import Shop
from app.campaigns.dice import Dice
from app.campaigns.invoices import read_invoices
from app.campaigns.mishearing import Arm, Chances, LineRun, Mishearing, Wish
from app.values.errors import Refusal
from app.values.vocabulary import ProductKind
from app.wire.catalogue import ProductView

LINES = 100_000
ORDERS_TIMED = 200
LINES_TIMED = 5
FEWER_TIMES = 50
SECONDS_MOST = 60.0
_SEED = 20_101_201
_Z = 1.96
_PER = 1_000
_MADE_PRODUCTS = 4_000
_QUANTITY_MOST = 10_000
_USUAL_QUANTITIES = (1, 1, 1, 2, 2, 3, 4, 6, 6, 8, 10, 12, 12, 15, 24, 30)
"""What real lines hold most often, for a catalogue that comes without orders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmResult:
    """What one arm left of `lines` lines; `seconds` for an order of five, `of_lines` of them."""

    arm: Arm
    lines: int
    wrong: int
    undetected: int
    asked_again: int
    false_alarms: int
    seconds: float
    of_lines: float

    def per_thousand(self) -> tuple[float, float, float]:
        """Undetected wrong lines per 1,000, with the 95 % interval of Wilson (NIST 7.2.4.1)."""
        n, p, z2 = self.lines, self.undetected / self.lines, _Z * _Z
        centre = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return p * _PER, max(centre - half, 0.0) * _PER, (centre + half) * _PER


def mishearing(given: Given, *, lines: int = LINES) -> tuple[Figure, ...]:
    """Run every arm over the same lines, show what each leaves, and the same for other people."""
    listed, wishes = _ordered(given.data, lines)
    shop = Shop(given.folder, listed)
    results = [_result(given, arm, shop, wishes, Chances()) for arm in Arm]
    given.show(_table(results))
    given.show(_other_people(given, shop, wishes))
    by_arm = {one.arm: one for one in results}
    nothing, everything = by_arm[Arm.NONE], by_arm[Arm.EVERYTHING]
    require(nothing.undetected > 0, "Without a read-back nothing went wrong: nothing was measured.")
    left = everything.undetected / nothing.undetected
    return (
        _figure("read-back, errors left", "part", left, 1 / FEWER_TIMES, lines),
        _figure("read-back, 5 lines", "s", everything.of_lines, SECONDS_MOST),
        _figure("read-back, all of it", "s", everything.seconds, SECONDS_MOST),
    )


def _ordered(path: Path | None, count: int) -> tuple[list[ProductView], list[Wish]]:
    """What is sold and what is ordered: of a file of invoices, else of the sample catalogue."""
    if path is not None:
        try:
            return _of_invoices(path, count)
        except Refusal:
            pass  # a price list has no orders in it
    listed = [p for p in products(_MADE_PRODUCTS, path) if p.kind is ProductKind.GOODS]
    return listed, list(islice(_made(listed), count))


def _of_invoices(path: Path, count: int) -> tuple[list[ProductView], list[Wish]]:
    listed = {
        product.code.upper(): product
        for product in real_products(path)
        if product.kind is ProductKind.GOODS
    }
    sold = (line for invoice in read_invoices(path).invoices for line in invoice.lines)
    wishes = (
        Wish(listed[line.code.upper()].code, line.quantity)
        for line in sold
        if line.code.upper() in listed and line.quantity <= _QUANTITY_MOST
    )
    return list(listed.values()), list(islice(wishes, count))


def _made(listed: Sequence[ProductView]) -> Iterator[Wish]:
    dice = Dice(_SEED)
    while True:
        code = listed[dice.below(len(listed))].code
        yield Wish(code, _USUAL_QUANTITIES[dice.below(len(_USUAL_QUANTITIES))])


def _result(
    given: Given, arm: Arm, shop: Shop, wishes: Sequence[Wish], chances: Chances
) -> ArmResult:
    given.tell(f"{len(wishes):,} lines, {arm.value}")
    runs = _runs(arm, shop, wishes, chances)
    talk = shop.talk(arm, list(_fives(wishes)))
    again = sum(run.asked_again for run in runs) / len(runs) * LINES_TIMED * talk.a_line
    return ArmResult(
        arm=arm,
        lines=len(runs),
        wrong=sum(run.was_wrong for run in runs),
        undetected=sum(run.stays_wrong for run in runs),
        asked_again=sum(run.asked_again for run in runs),
        false_alarms=sum(run.false_alarms for run in runs),
        seconds=talk.whole + again,
        of_lines=talk.lines + again,
    )


def _runs(arm: Arm, shop: Shop, wishes: Iterable[Wish], chances: Chances) -> list[LineRun]:
    model = Mishearing(arm, shop.items, shop.asks, shop.matches, chances=chances, seed=_SEED)
    return [model.take(wish) for wish in wishes]


def _fives(wishes: Sequence[Wish]) -> Iterator[Sequence[Wish]]:
    """Orders of five lines, spread over the whole file."""
    step = max(len(wishes) // ORDERS_TIMED, LINES_TIMED)
    for first in range(0, len(wishes) - LINES_TIMED + 1, step):
        yield wishes[first : first + LINES_TIMED]


def _table(results: Iterable[ArmResult]) -> Table:
    table = Table(title="Undetected wrong lines per 1,000, and seconds for an order of five lines")
    for heading in (
        "arm",
        "lines",
        "wrong",
        "left",
        "per 1,000",
        "95 % interval",
        "again",
        "needless",
        "seconds",
        "of lines",
    ):
        is_arm = heading == "arm"
        table.add_column(heading, justify="left" if is_arm else "right", no_wrap=is_arm)
    for one in results:
        rate, low, high = one.per_thousand()
        table.add_row(
            one.arm.value,
            f"{one.lines:,}",
            f"{one.wrong:,}",
            f"{one.undetected:,}",
            f"{rate:.2f}",
            f"{low:.2f} to {high:.2f}",
            f"{one.asked_again:,}",
            f"{one.false_alarms:,}",
            f"{one.seconds:.0f}",
            f"{one.of_lines:.0f}",
        )
    return table


_PEOPLE = (
    ("as assumed", Chances()),
    ("callers nod twice as often", Chances(nods_near=0.5, nods_far=0.04)),
    ("callers nod half as often", Chances(nods_near=0.125, nods_far=0.01)),
    ("callers repeat without thinking, twice as often", Chances(parrots=0.16)),
    ("CSRs type what they see, three times as often", Chances(sees=0.09, sees_hidden=0.03)),
    (
        "a bad line: digits and teens misheard three times as often",
        Chances(digit=0.027, teen_ty=0.09),
    ),
)


def _other_people(given: Given, shop: Shop, wishes: Sequence[Wish]) -> Table:
    """How much hangs on what had to be assumed."""
    table = Table(title="The same with other people: undetected wrong lines per 1,000")
    table.add_column("people", max_width=34)
    for arm in Arm:
        table.add_column(arm.value, justify="right")
    table.add_column("left of all", justify="right")
    for words, chances in _PEOPLE:
        given.tell(f"{len(wishes):,} lines, {words}")
        left = [sum(run.stays_wrong for run in _runs(arm, shop, wishes, chances)) for arm in Arm]
        rates = [f"{count / len(wishes) * _PER:.2f}" for count in left]
        share = f"1/{left[0] / left[-1]:.0f}" if left[-1] else "none"
        table.add_row(words, *rates, share)
    return table


def _figure(name: str, unit: str, value: float, most: float, n: int = ORDERS_TIMED) -> Figure:
    return Figure(
        name=name,
        unit=unit,
        n=n,
        p50=value,
        p95=value,
        p99=value,
        limit=most,
        ratio=value / most,
        aim=f"at most {most:g} {unit}",
        met=value <= most,
    )
