"""Many who want the same few pieces at once: each piece goes to one, and nobody is stuck."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import pytest

from app.services.central.intake import Intake
from app.services.central.stock import Stock
from app.services.central.transaction import Actor, Transaction, Transactions
from app.store.central import CentralStore
from app.values.errors import Refusal
from app.values.identity import OrderId, ProductCode
from app.wire.stock import HoldStock, WantedStock
from app.wire.sync import Command, CommandOutcome, Outcome
from tests.builders import with_line
from tests.order_desk import OrderCentre, regions
from tests.stocked_desk import StockedDesk, allocated, count, reserved, short, sums_that_are_wrong

T = TypeVar("T")

RACERS = 50
PIECES = 10


class Replica:
    """Another process' worth of the centre: a pool of its own over the same database."""

    def __init__(self, centre: OrderCentre) -> None:
        self.store = CentralStore(centre.url, connections=RACERS // 2)
        self.transactions = Transactions(self.store, centre.clock, centre.ids)
        self.intake = Intake(self.transactions, regions(), centre.leases)

    def hold(self, actor: Actor, order_id: OrderId, wanted: tuple[tuple[str, int], ...]) -> int:
        """How many pieces are held, of all products together."""
        pieces = tuple(WantedStock(code=ProductCode(c), quantity=n) for c, n in wanted)
        request = HoldStock(order_id=order_id, wanted=pieces)

        def work(tx: Transaction) -> int:
            return sum(one.held for one in Stock().hold(tx, actor, request).standings)

        return self.transactions.write(work)

    def take(self, command: Command, actor: Actor) -> CommandOutcome:
        return self.intake.take(command, actor)


@pytest.fixture
def replicas(local: OrderCentre) -> Iterator[tuple[Replica, Replica]]:
    """Two, so that nothing but the database can keep them apart."""
    pair = Replica(local), Replica(local)
    yield pair
    for replica in pair:
        replica.store.close()


@pytest.fixture
def desk(local: OrderCentre) -> StockedDesk:
    return StockedDesk(local)


def all_at_once(work: Sequence[Callable[[], T]]) -> list[T]:
    """Each on a thread of its own, begun at the same moment."""
    start = threading.Barrier(len(work))

    def run(one: Callable[[], T]) -> T:
        start.wait(30)
        return one()

    with ThreadPoolExecutor(len(work)) as threads:
        return list(threads.map(run, work))


class TestFiftyWhoWantOneOfTen:
    def test_hold_ten_together(self, desk: StockedDesk, replicas: tuple[Replica, Replica]) -> None:
        count(desk.centre, "TEA-1", PIECES)
        racing = [
            partial(replicas[n % 2].hold, desk.actor, desk.tea(1).order_id, (("TEA-1", 1),))
            for n in range(RACERS)
        ]
        assert Counter(all_at_once(racing)) == {1: PIECES, 0: RACERS - PIECES}
        assert reserved(desk.centre) == PIECES
        assert sums_that_are_wrong(desk.centre) == ()

    def test_are_allocated_ten_together_by_orders_that_come_at_once(
        self, desk: StockedDesk, replicas: tuple[Replica, Replica]
    ) -> None:
        count(desk.centre, "TEA-1", PIECES)
        commands = [desk.command(desk.placed(desk.tea(1))) for _ in range(RACERS)]
        desk.centre.clock.advance(hours=1)  # nobody waits for an earlier command any more
        racing = [
            partial(replicas[n % 2].take, command, desk.actor) for n, command in enumerate(commands)
        ]
        outcomes = all_at_once(racing)
        assert Counter(bool(short(one)) for one in outcomes) == {
            False: PIECES,
            True: RACERS - PIECES,
        }
        assert {one.outcome for one in outcomes} <= {Outcome.ACCEPTED, Outcome.NEEDS_REVIEW}
        assert allocated(desk.centre) == reserved(desk.centre) == PIECES
        assert desk.centre.counts()["sales_order"] == RACERS
        assert sums_that_are_wrong(desk.centre) == ()

    def test_who_got_none_are_told_before_they_place_and_who_held_some_keep_it(
        self, desk: StockedDesk, replicas: tuple[Replica, Replica]
    ) -> None:
        count(desk.centre, "TEA-1", PIECES)
        orders = [desk.tea(1) for _ in range(RACERS)]
        holding = [
            partial(replicas[n % 2].hold, desk.actor, order.order_id, (("TEA-1", 1),))
            for n, order in enumerate(orders)
        ]
        granted = all_at_once(holding)
        desk.centre.clock.advance(minutes=1)
        for order, held in zip(orders, granted, strict=True):
            if held:
                assert short(desk.send_order(order)) == []
        assert allocated(desk.centre) == PIECES

    def test_over_http_hold_ten_together(self, local: OrderCentre) -> None:
        count(local, "TEA-1", PIECES)
        with local.over_http():
            desks = [StockedDesk(local, f"Desk {n}") for n in range(8)]
            racing = [partial(one.held, one.tea(2), tea=2) for one in desks]
            held = all_at_once(racing)
        assert sum(held) == reserved(local) == PIECES
        assert max(held) == 2


def test_products_wanted_in_different_orders_never_wait_for_each_other(
    desk: StockedDesk, replicas: tuple[Replica, Replica]
) -> None:
    for code in ("TEA-1", "CUP-2"):
        count(desk.centre, code, 1_000)
    ways = ((("TEA-1", 1), ("CUP-2", 1)), (("CUP-2", 1), ("TEA-1", 1)))
    lines = [[with_line(code, n) for code, n in way] for way in ways]
    held_on = [desk.tea(1).order_id for _ in range(8)]
    commands = [desk.command(desk.placed(desk.order(*lines[n % 2]))) for n in range(8)]
    desk.centre.clock.advance(hours=1)

    def hold(n: int) -> int:
        return sum(
            replicas[n % 2].hold(desk.actor, held_on[n], ways[(n + again) % 2])
            for again in range(10)
        )

    def take(n: int) -> int:
        return int(bool(replicas[n % 2].take(commands[n], desk.actor).number))

    before = deadlocks(desk.centre)
    all_at_once([partial(work, n) for n in range(8) for work in (hold, take)])
    assert deadlocks(desk.centre) == before
    assert sums_that_are_wrong(desk.centre) == ()


def deadlocks(centre: OrderCentre) -> int:
    """How many the database had to end."""
    statement = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    found: int = centre.rows(statement)[0][0]
    return found


def test_twins_of_an_order_at_once_are_allocated_once(
    desk: StockedDesk, replicas: tuple[Replica, Replica]
) -> None:
    count(desk.centre, "TEA-1", 1_000)
    placed = desk.placed(desk.tea(3))
    same = desk.command(placed)
    another = desk.command(placed)
    desk.centre.clock.advance(hours=1)
    outcomes = all_at_once(
        [
            partial(replicas[n % 2].take, command, desk.actor)
            for n, command in enumerate([same, another] * 4)
        ]
    )
    assert {outcome.number for outcome in outcomes} == {placed.number}
    assert reserved(desk.centre) == 3
    assert sums_that_are_wrong(desk.centre) == ()


def test_an_order_that_comes_while_its_seat_holds_anew_has_its_stock_once(
    desk: StockedDesk, replicas: tuple[Replica, Replica]
) -> None:
    count(desk.centre, "TEA-1", 100)
    orders = [desk.tea(2) for _ in range(6)]
    commands = [desk.command(desk.placed(order)) for order in orders]
    desk.centre.clock.advance(hours=1)
    for order in orders:
        desk.hold(order, tea=2)

    def renew(n: int) -> int:
        try:
            for _ in range(20):
                replicas[0].hold(desk.actor, orders[n].order_id, (("TEA-1", 2),))
        except Refusal as refusal:
            return int(refusal.code == "order_placed")
        return 0

    def take(n: int) -> int:
        return len(replicas[1].take(commands[n], desk.actor).reasons)

    racing = [partial(work, n) for n in range(6) for work in (renew, take)]
    all_at_once(racing)
    assert [renew(n) for n in range(6)] == [1] * 6
    assert desk.centre.rows("SELECT count(*) FROM stock_hold")[0][0] == 0
    assert reserved(desk.centre) == allocated(desk.centre) == 12
