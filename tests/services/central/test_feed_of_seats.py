"""The change feed: what only one seat may see, and a desk that is new."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from uuid import UUID

import psycopg

from app.transport.client import HttpCarrier
from app.values.vocabulary import ChangeKind
from app.wire.catalogue import ProductView
from app.wire.message import decode
from app.wire.sync import (
    Change,
)
from tests.builders import with_line
from tests.order_desk import OrderCentre, SendingDesk
from tests.services.central.following import ALL, Follower


class TestWhatIsForASeat:
    """Decisions go to the seat that sent the order; kinds only to who asks for them."""

    def decide(self, centre: OrderCentre, seat: UUID, order: str = "") -> str:
        """Leave a decision for a seat; its key."""
        key = order or str(centre.ids.new())
        centre.run(
            "INSERT INTO change (kind, key, revision, deleted, device_id)"
            " VALUES ('order', :key, 1, false, :seat)",
            key=key,
            seat=seat,
        )
        return key

    def test_is_told_to_that_seat_alone(self, either: OrderCentre) -> None:
        mine, other = Follower(either, kinds=ALL), Follower(either, kinds=ALL)
        key = self.decide(either, mine.device_id)
        assert other.keys() == []
        assert mine.keys() == [key]

    def test_is_told_to_who_can_read_it(self, either: OrderCentre) -> None:
        older = Follower(either)
        self.decide(either, older.device_id)
        assert older.keys() == []

    def test_moves_the_cursor_of_the_others_along(self, either: OrderCentre) -> None:
        mine, other = Follower(either, kinds=ALL), Follower(either, kinds=ALL)
        self.decide(either, mine.device_id)
        before = other.cursor
        assert other.page().changes == ()
        assert other.cursor.row > before.row
        either.list_product("NEW-1")
        assert other.keys() == ["NEW-1"]

    def test_wakes_nobody_else(self, local: OrderCentre) -> None:
        with local.over_http() as line, closing(HttpCarrier(line.url)) as another:
            mine, other = Follower(local, kinds=ALL), Follower(local, another, kinds=ALL)
            with ThreadPoolExecutor(2) as waiting:
                told = waiting.submit(mine.page, 20)
                waits = waiting.submit(other.page, 20)
                key = self.decide(local, mine.device_id)
                assert [change.key for change in told.result(10).changes] == [key]
                assert not waits.done()
                local.list_product("NEW-1")
                assert [change.key for change in waits.result(10).changes] == ["NEW-1"]

    def test_of_another_seat_is_not_read_by_its_id(self, either: OrderCentre) -> None:
        desk = SendingDesk(either, "Desk of the order")
        order = desk.order(with_line("GONE-9", 1))
        assert desk.send_order(order).outcome.value == "needs_review"
        other = Follower(either, kinds=ALL)
        self.decide(either, other.device_id, str(order.order_id))
        (change,) = other.page().changes
        assert change.deleted

    def test_is_left_out_of_a_page_without_an_end(self, local: OrderCentre) -> None:
        mine, other = Follower(local, kinds=ALL), Follower(local, kinds=ALL)
        for number in range(6):
            self.decide(local, mine.device_id)
            local.list_product(f"N-{number}")
        pages = [other.keys(limit=4) for _ in range(3)]
        assert pages == [["N-0", "N-1", "N-2", "N-3"], ["N-4", "N-5"], []]


class TestANewDesk:
    def test_misses_nothing_that_is_written_while_it_takes_its_copy(
        self, local: OrderCentre
    ) -> None:
        """Snapshot by pages and then the tail, while six writers go on: it ends as the centre."""
        for number in range(60):
            local.list_product(f"P-{number:02}")
        stop = threading.Event()

        def write(writer: int) -> None:
            chance = random.Random(writer)  # noqa: S311 - what is written, not a secret
            with psycopg.connect(local.url) as connection:
                while not stop.is_set():
                    code = f"P-{chance.randrange(60):02}"
                    connection.execute(
                        "UPDATE product SET revision = revision + 1,"
                        " description = 'Revision ' || (revision + 1) WHERE code = %s",
                        (code,),
                    )
                    connection.execute(
                        "INSERT INTO change (kind, key, revision, deleted)"
                        " SELECT 'product', code, revision, false FROM product WHERE code = %s",
                        (code,),
                    )
                    connection.execute("SELECT pg_sleep(%s)", (chance.random() * 0.004,))
                    if chance.random() < 0.15:
                        connection.rollback()
                    connection.commit()

        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(6)]
        for thread in threads:
            thread.start()
        try:
            follower, held = Follower(local), dict[str, Change]()
            first = page = follower.snapshot(ChangeKind.PRODUCT, limit=7)
            take(held, page.rows)
            while page.more:
                page = follower.snapshot(ChangeKind.PRODUCT, page.rows[-1].key, limit=7)
                take(held, page.rows)
            follower.cursor = first.cursor
            for _ in range(20):
                take(held, follower.page(limit=9).changes)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        while changes := follower.page(limit=50).changes:
            take(held, changes)
        known = {
            key: decode(change.document, ProductView).description for key, change in held.items()
        }
        assert known == dict(map(tuple, local.rows("SELECT code, description FROM product")))


def take(held: dict[str, Change], changes: Iterable[Change]) -> None:
    """As a desk does: what is older than what it has changes nothing."""
    for change in changes:
        before = held.get(change.key)
        if before is None or before.revision <= change.revision:
            held[change.key] = change
