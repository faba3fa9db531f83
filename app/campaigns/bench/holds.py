"""How many holds a second the centre grants on one hot product, beside one bare conditional UPDATE.

Both on as many connections at once, into a PostgreSQL of the bench's own. A hold does not wait for
the disk, so the bare UPDATE does not either; what one that waits would reach is shown as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial

import psycopg

from app.adapters.local_postgres import LocalPostgres
from app.campaigns.bench.figures import Figure, beside, reaching, timed
from app.campaigns.bench.given import Given, require
from app.central import administration, prepare_database
from app.services.central.stock import Stock
from app.services.central.stock_rows import wrong_sums
from app.services.central.transaction import Actor, Seat, Transaction, Transactions
from app.store.central import CentralStore
from app.values.clock import SystemClock
from app.values.identity import DeviceId, Incarnation, OrderId, ProductCode, SystemIds
from app.wire.stock import HoldStock, WantedStock

CONNECTIONS = (8, 32)
TIMES = 20
"""A hold is a transaction of two statements and what Python makes of them; the bare one is one."""
ENOUGH = 200
"""A second: a thousand desks that all sell the same product, each asking every five seconds."""
_HOT = ProductCode("HOT-1")
_PIECES = 10_000_000
_LIST = (
    """
    INSERT INTO product (code, description, kind, tax_category, price_version, withdrawn, revision,
                         updated_at)
    VALUES (%(code)s, 'Hot product', 'goods', 'standard', 1, false, 1, now())
    """,
    "INSERT INTO price (code, version, currency, from_at) VALUES (%(code)s, 1, 'GBP', now())",
    """
    INSERT INTO stock_level (code, on_hand, reserved, counted_at)
    VALUES (%(code)s, %(pieces)s, 0, now())
    """,
    "CREATE TABLE bare_level (code text PRIMARY KEY, on_hand bigint, reserved bigint)",
    "INSERT INTO bare_level VALUES (%(code)s, %(pieces)s, 0)",
)
_BARE = (
    "UPDATE bare_level SET reserved = reserved + 1 WHERE code = 'HOT-1' AND on_hand - reserved >= 1"
)


def holds(
    given: Given, *, connections: Sequence[int] = CONNECTIONS, seconds: float = 8.0
) -> tuple[Figure, ...]:
    """One piece for a new order each time, from all connections at once."""
    with LocalPostgres(given.folder / "postgres") as postgres:
        url = postgres.ensure_database("bench")
        prepare_database(url, SystemClock(), SystemIds())
        with psycopg.connect(url) as connection:
            for statement in _LIST:
                connection.execute(statement, {"code": _HOT, "pieces": _PIECES})
        figures = [figure for count in connections for figure in _at(given, url, count, seconds)]
        _check(url)
    return tuple(figures)


def _at(given: Given, url: str, count: int, seconds: float) -> tuple[Figure, ...]:
    given.tell(f"Holding one product on {count} connections for {seconds:g} seconds")
    quick = _bare(url, count, seconds / 2, "off")
    ours = _held(url, count, seconds)
    quick += _bare(url, count, seconds / 2, "off")
    durable = _bare(url, count, seconds / 2, "on")
    return (
        beside(f"hold-{count}", ours, quick, TIMES, quantile="p50", than="an UPDATE without flush"),
        reaching(f"holds-{count}", [len(ours) / seconds], ENOUGH, unit="per s"),
        reaching(f"holds-{count}/bare", [len(quick) / seconds], 0, unit="per s"),
        reaching(f"holds-{count}/bare, flushed", [2 * len(durable) / seconds], 0, unit="per s"),
    )


def _held(url: str, count: int, seconds: float) -> list[float]:
    """Milliseconds of each hold."""
    store = CentralStore(url, connections=count)
    ids = SystemIds()
    transactions = Transactions(store, SystemClock(), ids)
    seat = Seat(device_id=DeviceId(ids.new()), incarnation=Incarnation(ids.new()), name="Bench")

    def hold() -> None:
        request = HoldStock(
            order_id=OrderId(ids.new()), wanted=(WantedStock(code=_HOT, quantity=1),)
        )
        work = partial(_granted, actor=Actor(device=seat), request=request)
        require(transactions.write(work) == 1, "A hold was not granted.")

    with closing(store):
        return _repeated([hold] * count, seconds)


def _granted(tx: Transaction, actor: Actor, request: HoldStock) -> int:
    return Stock().hold(tx, actor, request).standings[0].held


def _bare(url: str, count: int, seconds: float, flushed: str) -> list[float]:
    """Milliseconds of each UPDATE, a transaction each."""
    with ExitStack() as stack:
        options = f"-c synchronous_commit={flushed}"
        opened = [
            stack.enter_context(psycopg.connect(url, autocommit=True, options=options))
            for _ in range(count)
        ]
        return _repeated([partial(_update, connection) for connection in opened], seconds)


def _update(connection: psycopg.Connection) -> None:
    require(connection.execute(_BARE).rowcount == 1, "An UPDATE found nothing.")


def _repeated(works: Sequence[Callable[[], None]], seconds: float) -> list[float]:
    """Each on a thread of its own, again and again; milliseconds of every one."""
    ends = time.monotonic() + seconds

    def repeat(work: Callable[[], None]) -> list[float]:
        own = []
        while time.monotonic() < ends:
            own.append(timed(work)[0])
        return own

    with ThreadPoolExecutor(len(works)) as threads:
        taken = [took for own in threads.map(repeat, works) for took in own]
    require(bool(taken), "Nothing was done in time.")
    return taken


def _check(url: str) -> None:
    """Every hold is there and counted."""
    with administration(url, SystemClock(), SystemIds()) as transactions:
        require(transactions.read(wrong_sums) == (), "What is reserved is not what is held.")
