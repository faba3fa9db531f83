"""How many orders the centre takes, beside raw PostgreSQL and a bare endpoint in the same minute.

Ours does everything: signature, idempotency, rules, read-back compared, customer, audit, answers
kept. Rounds of the three alternate, so that all see one machine; what is stored is counted after.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager

from rich.table import Table

from app.adapters.child_program import ChildProgram
from app.adapters.local_card_parts import free_port
from app.campaigns.bench.figures import Figure, beside, within
from app.campaigns.bench.given import Given, require
from app.campaigns.bench.load import bare_orders
from app.campaigns.bench.load.http_line import whole_request
from app.campaigns.bench.load.seats import LINES, LoadSeat, Sent, send_all
from app.campaigns.bench.load.site import LoadSite, load_site, memory_mb
from app.wire.message import encode
from app.wire.sync import COMMANDS_MOST

ENDPOINT_TIMES = 2
RAW_TIMES = 2
PLACE_MOST_MS = 50
CATCH_UP_MOST_S = 60
WAITING = 10_000
_RAW_CONNECTIONS = 8


def one_by_one(
    given: Given, *, desks: int, orders: int = 640, rounds: int = 5
) -> tuple[Figure, ...]:
    """One order a request, as a desk sends while it is on line."""
    with _site_with_bare(given, desks) as (site, seats, bare):
        ours: list[float] = []
        theirs: list[float] = []
        request_ms: list[float] = []
        for number in range(rounds + 1):
            given.progress("rounds", number, rounds)
            sent, took = _send(site, seats, orders, 1)
            bare_took = bare.take(orders, desks, seats[0])
            if number:  # the first warms up
                ours.append(took)
                theirs.append(bare_took)
                request_ms += sent.request_ms
        _require_stored(site, orders * (rounds + 1))
        _show(given, f"orders a second, {desks} desks, one by one", site, ours, theirs)
        memory = memory_mb(site.service.pid)
    name = f"intake-{desks}"
    figures = [
        beside(
            f"{name}: an order",
            ours,
            theirs,
            ENDPOINT_TIMES,
            quantile="p50",
            than="the bare endpoint",
        ),
        within(f"{name}: order.place at the centre", request_ms, _most_ms(desks)),
        within(f"{name}: memory of the replica", [memory], 300, unit="MB"),
    ]
    return tuple(figures)


def in_batches(given: Given, *, orders: int = 1_600, rounds: int = 4) -> tuple[Figure, ...]:
    """Fifty orders a request from 8 desks, beside PostgreSQL alone with 8 connections."""
    with load_site(given) as site, _seats(site, _RAW_CONNECTIONS) as seats:
        ours: list[float] = []
        theirs: list[float] = []
        for number in range(rounds + 1):
            given.progress("rounds", number, rounds)
            bare_orders.make_tables(site.database_url)
            bodies = [encode(order) for order in seats[0].placed(orders)]
            _, took = _send(site, seats, orders, COMMANDS_MOST)
            raw = bare_orders.take_raw(site.database_url, bodies, _RAW_CONNECTIONS)
            require(
                bare_orders.stored(site.database_url) == (orders, orders * LINES),
                "PostgreSQL alone did not keep all orders.",
            )
            if number:
                ours.append(took)
                theirs.append(raw * 1_000 / orders)
        _require_stored(site, orders * (rounds + 1))
        _show(given, "orders a second, 8 desks, in batches of 50", site, ours, theirs)
    than = "PostgreSQL alone"
    return (beside("intake-batches: an order", ours, theirs, RAW_TIMES, quantile="p50", than=than),)


def catch_up(given: Given, *, orders: int = WAITING, desks: int = 8) -> tuple[Figure, ...]:
    """Orders that waited while the centre was away, sent at once by all desks."""
    with load_site(given) as site, _seats(site, desks) as seats:
        sent, _ = _send(site, seats, orders, COMMANDS_MOST)
        _require_stored(site, orders)
        memory = memory_mb(site.service.pid)
    return (
        within(f"catch-up: {orders:,} waiting orders", [sent.seconds], CATCH_UP_MOST_S, unit="s"),
        within("catch-up: memory of the replica", [memory], 300, unit="MB"),
    )


def _send(
    site: LoadSite, seats: Sequence[LoadSeat], orders: int, per_request: int
) -> tuple[Sent, float]:
    """Send so many orders, shared among the seats; milliseconds for each until all are answered."""
    each = orders // len(seats)
    shares = [seat.requests(seat.commands(seat.placed(each)), per_request) for seat in seats]
    sent = send_all(site.port, shares)
    sent.require_accepted(each * len(seats))
    return sent, sent.seconds * 1_000 / (each * len(seats))


def _require_stored(site: LoadSite, orders: int) -> None:
    """Whatever the answers said: the rows are there, each once, with their lines."""
    require(site.one("SELECT count(*) FROM sales_order") == orders, "Orders are missing.")
    require(site.one("SELECT count(*) FROM order_line") == orders * LINES, "Lines are missing.")
    reviewed = site.one("SELECT count(*) FROM sales_order WHERE state <> 'accepted'")
    require(reviewed == 0, f"{reviewed} orders were marked for review.")


class _Bare:
    """The bare endpoint, in a process of its own on the same database server."""

    def __init__(self, url: str, port: int) -> None:
        self._url = url
        self._port = port

    def take(self, orders: int, lines: int, seat: LoadSeat) -> float:
        """Milliseconds for each order until all are answered."""
        bare_orders.make_tables(self._url)
        headers = {"content-type": "application/json"}
        requests = [whole_request("/order", headers, encode(p)) for p in seat.placed(orders)]
        sent = send_all(self._port, [requests[at::lines] for at in range(lines)])
        kept = bare_orders.stored(self._url)
        require(kept == (orders, orders * LINES), "The bare endpoint did not keep all orders.")
        return sent.seconds * 1_000 / orders


@contextmanager
def _site_with_bare(given: Given, desks: int) -> Generator[tuple[LoadSite, list[LoadSeat], _Bare]]:
    with load_site(given) as site, _seats(site, desks) as seats:
        port = free_port()
        environment = {**os.environ, "READBACK_DATABASE_URL": site.database_url}
        words = ("app.campaigns.bench.load.bare_endpoint", str(port))
        with ChildProgram(words, given.folder / "bare.log", environment) as program:
            program.until_ready(f"http://127.0.0.1:{port}/readyz")
            yield site, seats, _Bare(site.database_url, port)


@contextmanager
def _seats(site: LoadSite, desks: int) -> Generator[list[LoadSeat]]:
    with ExitStack() as ends:
        seats = []
        for number in range(desks):
            seat = LoadSeat(site, f"desk-{number + 1}")
            ends.callback(seat.close)
            seats.append(seat)
        yield seats


def _most_ms(desks: int) -> float:
    """One after another an order is quick; 32 at once wait for two cores."""
    return PLACE_MOST_MS if desks == 1 else PLACE_MOST_MS * desks / 4


def _show(
    given: Given, title: str, site: LoadSite, ours: Sequence[float], theirs: Sequence[float]
) -> None:
    table = Table(title=f"{title} ({site.durability()})")
    for heading in ("round", "ours", "beside it", "part"):
        table.add_column(heading, justify="right")
    for number, (mine, bare) in enumerate(zip(ours, theirs, strict=True), start=1):
        table.add_row(
            str(number), f"{1_000 / mine:,.0f}", f"{1_000 / bare:,.0f}", f"{bare / mine:.2f}"
        )
    given.show(table)
