"""A replay at several desks at once, each a process of its own, over a line that misbehaves.

Each desk takes every so-manieth invoice. Afterwards the orders are counted in PostgreSQL against
the file, and not against what the desks say of themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import psycopg

from app.campaigns.faults.programs import Program, Told
from app.campaigns.faults.proxy import Proxy
from app.campaigns.invoices import Invoice, Reading, read_invoices
from app.campaigns.replay import ReplayResult, invoice_of
from app.campaigns.replay_desk import Job, Place, replayed
from app.desktop import enrol
from app.services.desk.seat_identity import read_identity
from app.settings import DeskSettings
from app.values.errors import Fault, Refusal
from app.values.money import Currency, Money
from app.wire.people import SignIn

HOURS_MOST = 12
_ORDERS = """
    SELECT v.document->'document'->>'internal_note', o.line_count, o.goods_minor,
           o.total_minor - o.delivery_minor, o.state, o.review_reasons
    FROM sales_order o JOIN order_version v ON v.order_id = o.order_id AND v.revision = 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one desk does: of the file's first `limit` invoices each `desks`-th from `first` on."""

    file: Path
    limit: int | None
    first: int
    desks: int
    place: Place
    out: Path | None


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What PostgreSQL holds of the file. `needs_review` counts orders by reason."""

    invoices: int
    orders: int
    missing: int
    twice: int
    wrong_lines: int
    wrong_total: int
    strangers: int
    needs_review: dict[str, int]

    @property
    def holds(self) -> bool:
        """Whether every order is there once, with the right lines and total."""
        return not (
            self.missing or self.twice or self.wrong_lines or self.wrong_total or self.strangers
        )


class ReplayAtDesks(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay at several desks prints."""

    desks: tuple[ReplayResult, ...]
    requests: int
    mistreated: dict[str, int]
    counted: Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyDesks:
    """A replay at several desks. `code` gives the enrolment code of a seat by its name.

    So many of a hundred requests (`faults`) are mistreated by the proxy between desks and centre.
    """

    file: Path
    limit: int | None
    desks: int
    faults: int
    port: int
    folder: Path
    sign_in: SignIn
    code: Callable[[str], str]
    out: Path | None
    tell: Callable[[str], None]

    def run(self, database_url: str) -> ReplayAtDesks:
        """Take all invoices and count. Raises Refusal of a desk, or Fault `program_failed`."""
        reading = read_invoices(self.file, self.limit)
        with Proxy((self.port, self.port), share_percent=self.faults) as proxy:
            results = self._taken(proxy.address)
            mistreated = {kind.value: times for kind, times in sorted(proxy.done.items())}
            requests = proxy.requests
        self.tell("Counting the orders in the database")
        return ReplayAtDesks(
            desks=results,
            requests=requests,
            mistreated=mistreated,
            counted=count(database_url, reading),
        )

    def _taken(self, centre_url: str) -> tuple[ReplayResult, ...]:
        with ExitStack() as ends:
            programs = [
                ends.enter_context(self._started(number, centre_url))
                for number in range(self.desks)
            ]
            return tuple(self._result(number, one) for number, one in enumerate(programs, 1))

    def _started(self, number: int, centre_url: str) -> Program:
        name = f"Replay {number + 1}"
        folder = self.folder / f"seat-{number + 1}"
        settings = DeskSettings(
            centre_url=f"http://127.0.0.1:{self.port}",
            seat_folder=folder,
            key_file=folder / "replay-keys.json",
        )
        if read_identity(folder) is None:
            enrol(settings, self.code(name))
        behind_proxy = replace(settings, centre_url=centre_url)
        place = Place(settings=behind_proxy, sign_in=self.sign_in)
        share = Share(
            file=self.file,
            limit=self.limit,
            first=number,
            desks=self.desks,
            place=place,
            out=None if self.out is None else self.out / f"desk-{number + 1}",
        )
        self.tell(f"{name} begins")
        return Program(take_share, share, self.folder / f"desk-{number + 1}.log")

    def _result(self, number: int, program: Program) -> ReplayResult:
        said = program.heard(HOURS_MOST * 3_600)
        if isinstance(said, str):
            raise Fault("program_failed", f"Desk {number}: {said}")
        result: ReplayResult = said
        self.tell(f"Replay {number} has taken {result.orders:,} orders")
        return result


def take_share(line: Connection, share: Share) -> None:
    """In a process of its own: take the invoices of a share and say what came of it."""
    told = Told(line)
    whole = read_invoices(share.file, share.limit)
    mine = whole.invoices[share.first :: share.desks]
    job = Job(reading=Reading(mine, left_out=whole.left_out), out=share.out, tell=_say_nothing)
    try:
        told.say(replayed(share.place, job))
    except (Refusal, Fault) as problem:
        told.say(problem.sentence)


def count(url: str, reading: Reading) -> Counted:
    """Hold the orders of a database against the invoices of a file."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(_ORDERS).fetchall()
    found: dict[str, list[tuple[int, int, int]]] = {}
    reviewed: Counter[str] = Counter()
    for note, lines, goods, rest, _, reasons in rows:
        found.setdefault(invoice_of(note), []).append((lines, goods, rest))
        reviewed.update(reason.partition(":")[0] for reason in reasons)
    expected = {invoice.number: _of(invoice) for invoice in reading.invoices}
    ones = {number: orders[0] for number, orders in found.items() if number in expected}
    return Counted(
        invoices=len(expected),
        orders=len(rows),
        missing=len(expected.keys() - found.keys()),
        twice=sum(len(orders) - 1 for orders in found.values()),
        wrong_lines=_differing(expected, ones, 0),
        wrong_total=_differing(expected, ones, 1) + _not_adding_up(found),
        strangers=len(found.keys() - expected.keys()),
        needs_review=dict(reviewed),
    )


def _of(invoice: Invoice) -> tuple[int, int]:
    """Lines and pence of goods, worked out from the file alone: half up, once per line."""
    pence = Money(0, Currency.GBP)
    for line in invoice.lines:
        pence += line.price.times(line.quantity)
    return len(invoice.lines), pence.minor


def _differing(
    expected: dict[str, tuple[int, int]], ones: dict[str, tuple[int, int, int]], part: int
) -> int:
    return sum(expected[number][part] != one[part] for number, one in ones.items())


def _not_adding_up(found: dict[str, list[tuple[int, int, int]]]) -> int:
    """Orders whose total without delivery is not that of their goods (tax is in the prices)."""
    orders = (order for several in found.values() for order in several)
    return sum(goods != rest for _, goods, rest in orders)


def _say_nothing(sentence: str) -> None:
    del sentence


def refused(results: Sequence[ReplayResult]) -> int:
    """How many invoices no desk would take."""
    return sum(sum(result.refused.values()) for result in results)
