"""What ran out is given back by one replica at a time, and desks are told of stock now and then."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

import psycopg
import pytest

from app.services.central import stock_watch
from app.services.central.stock_watch import StockWatch, give_back_expired, tell_desks
from app.services.central.transaction import Transactions
from app.store.central import CentralStore
from app.values.vocabulary import ChangeKind
from app.wire.message import decode
from app.wire.operations import TAKE_SNAPSHOT, WAIT_FOR_CHANGES
from app.wire.stock import StockLevel
from app.wire.sync import Cursor, SnapshotPage, TakeSnapshot, WaitForChanges
from tests.order_desk import OrderCentre
from tests.stocked_desk import StockedDesk, count, reserved, sums_that_are_wrong

HOLD = timedelta(seconds=300)


class Watched:
    """A centre whose stock is looked after when the test says so, and a desk that follows."""

    def __init__(self, centre: OrderCentre) -> None:
        self.centre = centre
        self.desk = StockedDesk(centre)
        self.watch = StockWatch(centre.transactions)
        self._cursor: Cursor = self.snapshot_page("").cursor

    def snapshot_page(self, after: str, limit: int = 500) -> SnapshotPage:
        asked = TakeSnapshot(kind=ChangeKind.STOCK, after=after, limit=limit)
        return self.desk.caller.call(TAKE_SNAPSHOT, asked)

    def told(self) -> list[StockLevel]:
        """What the desk hears of after the stock was looked after."""
        self.watch.look_after()
        asked = WaitForChanges(since=self._cursor, kinds=(ChangeKind.STOCK,), wait_seconds=0)
        page = self.desk.caller.call(WAIT_FOR_CHANGES, asked)
        self._cursor = page.next
        assert {change.kind for change in page.changes} <= {ChangeKind.STOCK}
        return [decode(change.document, StockLevel) for change in page.changes]


@pytest.fixture
def watched(local: OrderCentre) -> Watched:
    return Watched(local)


class TestWhatRanOut:
    def test_is_given_back(self, watched: Watched) -> None:
        desk, centre = watched.desk, watched.centre
        count(centre, "TEA-1", 10)
        count(centre, "CUP-2", 10)
        desk.hold(desk.tea(3), tea=3, cup=1)
        centre.clock.advance(seconds=200)
        kept = desk.tea(2)
        desk.hold(kept, tea=2)
        centre.clock.advance(seconds=100)
        watched.watch.look_after()
        assert (reserved(centre), reserved(centre, "CUP-2")) == (2, 0)
        assert desk.ask("TEA-1", order=kept)[0].held == 2
        assert sums_that_are_wrong(centre) == ()

    def test_is_left_to_the_replica_that_is_at_it(self, watched: Watched) -> None:
        count(watched.centre, "TEA-1", 10)
        watched.desk.hold(watched.desk.tea(3), tea=3)
        watched.centre.clock.advance(seconds=300)
        with psycopg.connect(watched.centre.url) as other:
            other.execute("SELECT pg_advisory_xact_lock(%s)", [stock_watch._WATCH_LOCK])  # noqa: SLF001 - what a replica holds
            assert watched.centre.transactions.write(give_back_expired) == 0
            assert watched.centre.transactions.write(tell_desks) is None
        assert watched.centre.transactions.write(give_back_expired) == 3

    def test_is_given_back_once_by_two_replicas_at_once(
        self, watched: Watched, second: StockWatch
    ) -> None:
        desk, centre = watched.desk, watched.centre
        count(centre, "TEA-1", 1_000)
        for _ in range(5):
            for _ in range(8):
                desk.hold(desk.tea(3), tea=3)
            live = desk.tea(1)
            centre.clock.advance(seconds=300)
            desk.hold(live, tea=1)
            threads = [
                threading.Thread(target=watch.look_after)
                for watch in (watched.watch, second, watched.watch, second)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
            watched.watch.look_after()
            assert reserved(centre) == 1
            assert sums_that_are_wrong(centre) == ()

    def test_is_given_back_while_others_hold_and_place(self, watched: Watched) -> None:
        desk, centre = watched.desk, watched.centre
        count(centre, "TEA-1", 1_000)
        for _ in range(20):
            desk.hold(desk.tea(3), tea=3)
        centre.clock.advance(hours=1)
        sweeping = threading.Thread(target=watched.watch.look_after)
        sweeping.start()
        for _ in range(10):
            order = desk.tea(2)
            desk.hold(order, tea=2)
            desk.send_order(order)
        sweeping.join(30)
        watched.watch.look_after()
        assert reserved(centre) == 20
        assert sums_that_are_wrong(centre) == ()


@pytest.fixture
def second(watched: Watched) -> Iterator[StockWatch]:
    """The watch of another replica."""
    store = CentralStore(watched.centre.url, connections=2)
    yield StockWatch(Transactions(store, watched.centre.clock, watched.centre.ids))
    store.close()


class TestDesks:
    def test_are_told_once_of_what_came_of_many_holds(self, watched: Watched) -> None:
        desk = watched.desk
        count(watched.centre, "TEA-1", 100)
        for _ in range(5):
            desk.hold(desk.tea(2), tea=2)
        level = watched.told()[0]
        assert (level.code, level.available, level.revision) == ("TEA-1", 90, 1)
        assert level.as_of == watched.centre.clock.now()
        assert watched.centre.rows("SELECT count(*) FROM change WHERE kind = 'stock'")[0][0] == 1
        assert watched.told() == []

    def test_are_told_again_under_a_revision_that_grows(self, watched: Watched) -> None:
        count(watched.centre, "TEA-1", 100)
        assert [level.revision for level in watched.told()] == [1]
        watched.desk.hold(watched.desk.tea(2), tea=2)
        assert [(level.available, level.revision) for level in watched.told()] == [(98, 2)]
        watched.centre.clock.advance(seconds=300)
        assert [(level.available, level.revision) for level in watched.told()] == [(100, 3)]

    def test_are_told_of_nothing_that_stands_as_they_know(self, watched: Watched) -> None:
        count(watched.centre, "TEA-1", 100)
        watched.told()
        order = watched.desk.tea(2)
        watched.desk.hold(order, tea=2)
        watched.desk.release(order)
        assert watched.told() == []

    def test_are_told_when_more_is_expected(self, watched: Watched) -> None:
        count(watched.centre, "TEA-1", 0)
        assert [level.expected_on for level in watched.told()] == [None]
        count(watched.centre, "TEA-1", 0, expected_on=date(2026, 12, 1))
        assert [level.expected_on for level in watched.told()] == [date(2026, 12, 1)]

    def test_are_told_of_very_many_products_each_once(
        self, watched: Watched, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stock_watch, "TOLD_AT_ONCE", 3)
        codes = [f"ITEM-{n}" for n in range(7)]
        for code in codes:
            watched.centre.list_product(code)
            count(watched.centre, code, 5)
        assert [level.code for level in watched.told()] == codes

    def test_that_are_new_take_pages_of_what_was_told(self, watched: Watched) -> None:
        for code in ("TEA-1", "CUP-2", "POST"):
            count(watched.centre, code, 5)
        assert watched.snapshot_page("").rows == ()
        watched.told()
        first = watched.snapshot_page("", limit=2)
        rest = watched.snapshot_page(first.rows[-1].key, limit=2)
        assert [row.key for row in (*first.rows, *rest.rows)] == ["CUP-2", "POST", "TEA-1"]
        assert (first.more, rest.more) == (True, False)

    def test_of_before_are_not_told_of_stock(self, watched: Watched) -> None:
        count(watched.centre, "TEA-1", 5)
        watched.watch.look_after()
        since = Cursor(epoch=watched.snapshot_page("").cursor.epoch, transaction=0, row=0)
        ask = partial(watched.desk.caller.call, WAIT_FOR_CHANGES)
        page = ask(WaitForChanges(since=since, wait_seconds=0))
        assert ChangeKind.STOCK not in {change.kind for change in page.changes}
