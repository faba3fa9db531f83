"""The change feed: snapshots, what changed, and transactions that commit out of order."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import psycopg
import pytest

from app.adapters.local_postgres import LocalPostgres
from app.services.central.feed import head_of_feed, page_after
from app.transport.client import HttpCarrier
from app.values.money import UnitPrice
from app.values.vocabulary import ChangeKind, ProductKind
from app.wire.catalogue import ProductView
from app.wire.guidance import GUIDANCE_KEY, Guidance
from app.wire.message import decode
from app.wire.sync import (
    Change,
    Cursor,
    Policy,
    Town,
    WaitForChanges,
)
from tests.order_desk import OrderCentre, SendingDesk
from tests.services.central.following import LEAVE_A_ROW, Follower, publish


class TestASnapshot:
    def test_of_products_holds_price_breaks_and_stock(
        self, either: OrderCentre, follower: Follower
    ) -> None:
        either.run(
            "INSERT INTO stock_level (code, on_hand, reserved, counted_at)"
            " VALUES ('TEA-1', 10, 3, now())"
        )
        page = follower.snapshot(ChangeKind.PRODUCT)
        by_key = {row.key: decode(row.document, ProductView) for row in page.rows}
        assert sorted(by_key) == ["CUP-2", "POST", "TEA-1"]
        tea = by_key["TEA-1"]
        assert [(b.from_quantity, b.price.ten_thousandths) for b in tea.breaks] == [
            (1, 29500),
            (12, 25500),
        ]
        assert (tea.available, by_key["CUP-2"].available) == (7, None)
        assert by_key["POST"].kind is ProductKind.CHARGE

    def test_comes_in_pages_by_key(self, follower: Follower) -> None:
        first = follower.snapshot(ChangeKind.PRODUCT, limit=2)
        rest = follower.snapshot(ChangeKind.PRODUCT, after=first.rows[-1].key, limit=2)
        assert [row.key for row in (*first.rows, *rest.rows)] == ["CUP-2", "POST", "TEA-1"]
        assert (first.more, rest.more) == (True, False)

    def test_of_towns_comes_in_pages_by_country_and_postcode(
        self, either: OrderCentre, follower: Follower
    ) -> None:
        for place in ("GB LS1", "GB LS11", "GB LS2", "GG GY1"):
            country, postcode = place.split()
            either.run(
                "INSERT INTO town (country, postcode, city, area, revision, updated_at)"
                " VALUES (:country, :postcode, 'Town', '', 1, now())",
                country=country,
                postcode=postcode,
            )
        keys: list[str] = []
        while True:
            page = follower.snapshot(ChangeKind.TOWN, after=keys[-1] if keys else "", limit=3)
            keys += [row.key for row in page.rows]
            if not page.more:
                break
        assert keys == ["GB LS1", "GB LS11", "GB LS2", "GG GY1"]
        assert decode(page.rows[-1].document, Town).city == "Town"

    def test_of_the_policy_is_the_one_that_holds(self, follower: Follower) -> None:
        page = follower.snapshot(ChangeKind.POLICY)
        assert [row.key for row in page.rows] == ["policy"]
        assert decode(page.rows[0].document, Policy).quote_hours == 24

    def test_of_the_guidance_is_the_edition_that_holds(
        self, either: OrderCentre, follower: Follower
    ) -> None:
        revision = publish(either, f"a-{either.ids.new().hex[-6:]}")
        page = follower.snapshot(ChangeKind.GUIDANCE)
        assert [(row.key, row.revision, page.more) for row in page.rows] == [
            (GUIDANCE_KEY, revision, False)
        ]
        assert decode(page.rows[0].document, Guidance).revision == revision
        assert follower.snapshot(ChangeKind.GUIDANCE, after=GUIDANCE_KEY).rows == ()

    def test_has_a_cursor_from_before_what_it_holds(
        self, either: OrderCentre, follower: Follower
    ) -> None:
        cursor = follower.snapshot(ChangeKind.PRODUCT).cursor
        either.list_product("LATER-1")
        follower.cursor = cursor
        assert follower.keys() == ["LATER-1"]


class TestTheFeed:
    def test_brings_a_change_as_the_thing_now_stands(
        self, either: OrderCentre, follower: Follower
    ) -> None:
        either.list_product("NEW-1")
        either.run(
            "UPDATE product SET description = 'Newer words', revision = 2 WHERE code = 'NEW-1'"
        )
        changes = follower.page().changes
        assert [(change.key, change.revision) for change in changes] == [("NEW-1", 2)]
        view = decode(changes[0].document, ProductView)
        assert view.description == "Newer words"
        assert view.breaks[0].price == UnitPrice(29500, view.breaks[0].price.currency)

    def test_brings_a_thing_once_however_often_it_changed(
        self, either: OrderCentre, follower: Follower
    ) -> None:
        for _ in range(5):
            either.run(
                "INSERT INTO change (kind, key, revision, deleted)"
                " VALUES ('product', 'TEA-1', 1, false)"
            )
        assert follower.keys() == ["TEA-1"]

    def test_says_what_is_gone(self, either: OrderCentre, follower: Follower) -> None:
        either.run(
            "INSERT INTO change (kind, key, revision, deleted) VALUES ('town', 'GB XX1', 3, true)"
        )
        gone: Change = follower.page().changes[0]
        assert (gone.deleted, gone.key, gone.revision) == (True, "GB XX1", 3)

    def test_brings_a_new_policy(self, either: OrderCentre, follower: Follower) -> None:
        either.run(
            "INSERT INTO change (kind, key, revision, deleted)"
            " VALUES ('policy', 'policy', 1, false)"
        )
        assert [change.kind for change in follower.page().changes] == [ChangeKind.POLICY]

    def test_brings_an_edition_that_is_published_once_and_as_it_stands(
        self, either: OrderCentre, follower: Follower
    ) -> None:
        name = f"b-{either.ids.new().hex[-6:]}"
        publish(either, f"{name}-1")
        revision = publish(either, f"{name}-2")
        (change,) = follower.page().changes
        assert (change.kind, change.key, change.revision) == (
            ChangeKind.GUIDANCE,
            GUIDANCE_KEY,
            revision,
        )
        guidance = decode(change.document, Guidance)
        assert [one.name for one in guidance.checklists] == ["call", "paper", f"{name}-2"]

    def test_goes_on_page_by_page(self, either: OrderCentre, follower: Follower) -> None:
        for number in range(5):
            either.list_product(f"N-{number}")
        pages = [follower.keys(limit=2) for _ in range(3)]
        assert pages == [["N-0", "N-1"], ["N-2", "N-3"], ["N-4"]]
        assert follower.keys() == []

    def test_knows_no_cursor_of_another_epoch(self, follower: Follower) -> None:
        follower.cursor = Cursor(epoch="another", transaction=1, row=1)
        page = follower.page()
        assert page.reset
        assert not follower.page().reset

    def test_knows_no_cursor_ahead_of_it(self, follower: Follower) -> None:
        ahead = follower.cursor
        follower.cursor = Cursor(
            epoch=ahead.epoch, transaction=ahead.transaction + 1_000_000, row=ahead.row
        )
        assert follower.page().reset

    def test_after_a_restore_starts_again(self, either: OrderCentre, follower: Follower) -> None:
        either.run("TRUNCATE change")
        either.run("UPDATE installation SET feed_epoch = 'restored'")
        assert follower.page().reset
        either.list_product("AFTER-1")
        assert follower.keys() == ["AFTER-1"]


class TestWaiting:
    def test_ends_at_once_when_there_is_something(
        self, either: OrderCentre, follower: Follower
    ) -> None:
        either.list_product("NEW-1")
        assert [c.key for c in follower.page(wait_seconds=25).changes] == ["NEW-1"]

    def test_ends_empty_when_time_is_over(self, follower: Follower) -> None:
        before = follower.cursor
        page = follower.page(wait_seconds=0.3)
        assert (page.changes, page.next, page.reset) == ((), before, False)

    def test_ends_when_something_changes_meanwhile(
        self, either: OrderCentre, follower: Follower
    ) -> None:
        with ThreadPoolExecutor(1) as waiting:
            page = waiting.submit(follower.page, 20)
            either.list_product("NEW-1")
            assert [c.key for c in page.result(10).changes] == ["NEW-1"]

    def test_of_many_desks_leaves_the_service_free(self, local: OrderCentre) -> None:
        """More wait than there are threads and connections (8 each), and orders go on."""
        with local.over_http() as line, ThreadPoolExecutor(20) as waiting, ExitStack() as lines:
            own = [lines.enter_context(closing(HttpCarrier(line.url))) for _ in range(20)]
            followers = [Follower(local, carrier) for carrier in own]
            desk = SendingDesk(local)
            pages = [waiting.submit(follower.page, 20) for follower in followers]
            accepted = [desk.send_order().outcome.value for _ in range(10)]
            local.list_product("NEW-1")
            keys = [[change.key for change in page.result(15).changes] for page in pages]
        assert accepted == ["accepted"] * 10
        assert keys == [["NEW-1"]] * 20

    def test_goes_on_when_the_one_who_looked_has_gone(self, local: OrderCentre) -> None:
        with local.over_http():
            short, long = Follower(local), Follower(local)
            with ThreadPoolExecutor(2) as waiting:
                first = waiting.submit(short.page, 0.4)
                second = waiting.submit(long.page, 20)
                assert first.result(10).changes == ()
                local.list_product("NEW-1")
                assert [c.key for c in second.result(10).changes] == ["NEW-1"]


class TestTransactionsThatCommitOutOfOrder:
    def test_hide_what_was_written_after_them(
        self, local: OrderCentre, writers: Callable[[], psycopg.Connection]
    ) -> None:
        follower = Follower(local)
        slow, quick = writers(), writers()
        slow.execute(LEAVE_A_ROW, ("SLOW",))
        quick.execute(LEAVE_A_ROW, ("QUICK",))
        quick.commit()
        assert follower.keys() == []
        slow.commit()
        assert follower.keys() == ["SLOW", "QUICK"]

    def test_are_known_to_be_missing_from_a_page(
        self, local: OrderCentre, writers: Callable[[], psycopg.Connection]
    ) -> None:
        follower = Follower(local)
        slow, quick = writers(), writers()
        assert not follower.page().more
        slow.execute(LEAVE_A_ROW, ("SLOW",))
        assert not follower.page().more, "what is not committed is nobody's business"
        quick.execute(LEAVE_A_ROW, ("QUICK",))
        quick.commit()
        assert follower.page().more
        slow.commit()
        assert follower.page(limit=1).more
        assert not follower.page(limit=2).more

    def test_are_passed_over_when_they_are_given_up(
        self, local: OrderCentre, writers: Callable[[], psycopg.Connection]
    ) -> None:
        follower = Follower(local)
        slow, quick = writers(), writers()
        slow.execute(LEAVE_A_ROW, ("SLOW",))
        quick.execute(LEAVE_A_ROW, ("QUICK",))
        quick.commit()
        slow.rollback()
        assert follower.keys() == ["QUICK"]

    @pytest.mark.parametrize("seed", range(8))
    def test_are_never_missed_and_never_seen_twice(
        self, local: OrderCentre, writers: Callable[[], psycopg.Connection], seed: int
    ) -> None:
        """Any interleaving of eight writers with a follower that reads as it likes."""
        chance = random.Random(seed)  # noqa: S311 - a schedule that repeats
        follower = Follower(local)
        connections = [writers() for _ in range(8)]
        in_hand: dict[int, list[str]] = {}
        committed: list[str] = []
        seen: list[str] = []
        for step in range(160):
            at = chance.randrange(len(connections))
            match chance.choice(["write", "write", "end", "read"]):
                case "write":
                    connections[at].execute(LEAVE_A_ROW, (f"{seed}-{step}",))
                    in_hand.setdefault(at, []).append(f"{seed}-{step}")
                case "end" if at in in_hand and chance.random() < 0.8:
                    connections[at].commit()
                    committed += in_hand.pop(at)
                case "end":
                    connections[at].rollback()
                    in_hand.pop(at, None)
                case _:
                    seen += follower.keys(limit=chance.choice([1, 3, 500]))
        for at, keys in in_hand.items():
            connections[at].commit()
            committed += keys
        while more := follower.keys(limit=7):
            seen += more
        assert sorted(seen) == sorted(committed)
        assert len(seen) == len(set(seen))

    def test_written_by_many_at_once_all_arrive(self, local: OrderCentre) -> None:
        follower = Follower(local)
        written: list[str] = []
        seen: list[str] = []

        def write(writer: int) -> None:
            with psycopg.connect(local.url) as connection:
                for number in range(40):
                    key = f"{writer}-{number}"
                    connection.execute(LEAVE_A_ROW, (key,))
                    if number % 7 == 0:
                        connection.execute("SELECT pg_sleep(0.005)")
                    connection.commit()
                    written.append(key)

        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(6)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            seen += follower.keys(limit=50)
        for thread in threads:
            thread.join()
        while more := follower.keys():
            seen += more
        assert sorted(seen) == sorted(written)


class TestAnIdleTransactionInAnotherDatabase:
    def test_holds_the_feed_back_until_the_server_cuts_it_off(
        self, local: OrderCentre, postgres_server: LocalPostgres
    ) -> None:
        """Transaction ids are the cluster's: so is the setting that frees the feed."""
        follower = Follower(local)
        options = "-c idle_in_transaction_session_timeout=400ms"
        with psycopg.connect(postgres_server.url(), options=options) as elsewhere:
            elsewhere.execute("SELECT pg_current_xact_id()")
            local.list_product("NEW-1")
            assert follower.keys() == []
            assert [change.key for change in follower.page(wait_seconds=20).changes] == ["NEW-1"]
            with pytest.raises(psycopg.Error):
                elsewhere.execute("SELECT 1")


def test_the_head_of_the_feed_is_its_last_row(local: OrderCentre) -> None:
    for number in range(50):
        local.list_product(f"N-{number}")
    place = local.transactions.read(head_of_feed)
    assert place.row > 0
    epoch = local.rows("SELECT feed_epoch FROM installation")[0].feed_epoch
    cursor = Cursor(epoch=epoch, transaction=place.transaction, row=place.row)
    page = local.transactions.read(lambda tx: page_after(tx, WaitForChanges(since=cursor), None))
    assert page.changes == ()
