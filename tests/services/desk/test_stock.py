"""Stock at a desk: held while the caller talks, given back, looked at before placing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from app.services.desk.desk import Desk
from app.services.ports import Caller
from app.values.errors import Refusal
from app.values.identity import OrderId, ProductCode
from app.values.vocabulary import ChangeKind
from app.wire import operations
from app.wire.orders import OrderDocument, SaveDraft, VoidDraft
from app.wire.people import SignOut
from app.wire.stock import AskStock, HoldStock, StockHeld, StockLevel, StockStanding, WantedStock
from app.wire.stock_operations import KEEP_STOCK, LOOK_UP_STOCK
from tests.builders import A_MORNING, Change, a_product, an_id, with_line
from tests.services.desk.site import Site, feed_product, place, place_at_once, ready, sign_in
from tests.services.desk.test_feed import follow

TEA = ProductCode("TEA-1")
MONDAY = date(2026, 11, 30)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def keep(caller: Caller, order_id: OrderId, quantity: int, code: str = "TEA-1") -> StockHeld:
    wanted = WantedStock(code=ProductCode(code), quantity=quantity)
    return caller.call(KEEP_STOCK, HoldStock(order_id=order_id, wanted=(wanted,)))


def keep_one(caller: Caller, order_id: OrderId, quantity: int) -> StockStanding:
    (standing,) = keep(caller, order_id, quantity).standings
    return standing


def an_order_of(site: Site, *changes: Change) -> OrderDocument:
    return site.order(*(changes or (with_line("TEA-1", 5),)))


def refused(caller: Caller, document: OrderDocument) -> Refusal:
    with pytest.raises(Refusal) as told:
        place(caller, document)
    return told.value


def test_as_many_are_held_as_there_are(site: Site) -> None:
    site.centre.stock.level("TEA-1", 2)
    with site.opened() as desk:
        standing = keep_one(ready(desk), OrderId(an_id(1)), 5)
    assert (standing.held, standing.short, standing.confirmed) == (2, 3, True)


def test_a_centre_that_is_away_leaves_what_the_feed_last_told(site: Site) -> None:
    told = StockLevel(code=TEA, available=7, as_of=A_MORNING, expected_on=MONDAY, revision=4)
    site.centre.put(ChangeKind.STOCK, TEA, told, revision=4)
    with site.opened() as desk:
        follow(desk)
        sign_in(desk)
        site.centre.go_away()
        standing = keep_one(desk.caller, OrderId(an_id(1)), 9)
    assert (standing.tracked, standing.left, standing.as_of) == (True, 7, A_MORNING)
    assert (standing.confirmed, standing.short, standing.expected_on) == (False, 0, MONDAY)


def test_without_word_of_the_feed_what_came_with_the_product_is_known(site: Site) -> None:
    feed_product(site.centre, a_product("TEA-1", available=3, available_at=A_MORNING))
    feed_product(site.centre, a_product("CUP-2"))
    with site.opened() as desk:
        follow(desk)
        sign_in(desk)
        site.centre.go_away()
        codes = (TEA, ProductCode("CUP-2"), ProductCode("OLD-9"))
        held = desk.caller.call(LOOK_UP_STOCK, AskStock(codes=codes))
    assert [(one.tracked, one.left) for one in held.standings] == [
        (True, 3),
        (False, 0),
        (False, 0),
    ]


def test_a_confirmed_shortage_is_refused_with_the_line_and_what_can_be_done(site: Site) -> None:
    site.centre.stock.level("TEA-1", 2)
    with site.opened() as desk:
        caller, order = ready(desk), an_order_of(site)
        keep(caller, order.order_id, 5)
        refusal = refused(caller, order)
    assert refusal.code == "stock_short"
    assert "line 1, TEA-1: 2 of 5 can be had" in refusal.sentence


@pytest.mark.parametrize("settle", [{"quantity": 2}, {"back_ordered": 3}], ids=["fewer", "later"])
def test_a_shortage_that_was_settled_with_the_caller_is_placed(
    site: Site, settle: dict[str, int]
) -> None:
    site.centre.stock.level("TEA-1", 2)
    with site.opened() as desk:
        caller, order = ready(desk), an_order_of(site)
        keep(caller, order.order_id, 5)
        line = msgspec.structs.replace(order.lines[0], **settle)
        place(caller, msgspec.structs.replace(order, lines=(line,)))


def test_more_than_was_asked_about_is_not_known_to_be_short(site: Site) -> None:
    site.centre.stock.level("TEA-1", 50)
    with site.opened() as desk:
        caller, order = ready(desk), an_order_of(site)
        keep(caller, order.order_id, 1)
        place(caller, order)


def test_what_is_held_goes_to_the_lines_of_a_product_from_the_first_on(site: Site) -> None:
    site.centre.stock.level("TEA-1", 4)
    with site.opened() as desk:
        caller = ready(desk)
        order = an_order_of(site, with_line("TEA-1", 3), with_line("CUP-2"), with_line("TEA-1", 3))
        keep(caller, order.order_id, 6)
        refusal = refused(caller, order)
    assert "line 3, TEA-1: 1 of 3 can be had" in refusal.sentence


def test_a_shortage_counts_until_the_hold_runs_out(site: Site) -> None:
    site.centre.stock.level("TEA-1", 2)
    with site.opened() as desk:
        caller, order = ready(desk), an_order_of(site)
        keep(caller, order.order_id, 5)
        site.clock.advance(minutes=5)
        place(caller, order)


def test_a_clock_that_was_set_back_keeps_nobody_waiting(site: Site) -> None:
    site.centre.stock.level("TEA-1", 2)
    with site.opened() as desk:
        caller, order = ready(desk), an_order_of(site)
        keep(caller, order.order_id, 5)
        site.clock.set(A_MORNING - timedelta(days=1))
        place(caller, order)


def test_a_shortage_that_is_only_last_known_is_placed(site: Site) -> None:
    feed_product(site.centre, a_product("TEA-1", available=0, available_at=A_MORNING))
    with site.opened() as desk:
        follow(desk)
        caller, order = ready(desk), an_order_of(site)
        site.centre.go_away()
        keep(caller, order.order_id, 5)
        place(caller, order)


def test_a_shortage_that_is_over_is_forgotten(site: Site) -> None:
    site.centre.stock.level("TEA-1", 2)
    with site.opened() as desk:
        caller, order = ready(desk), an_order_of(site)
        keep(caller, order.order_id, 5)
        site.centre.stock.level("TEA-1", 20)
        keep(caller, order.order_id, 5)
        place(caller, order)


def test_a_shortage_is_known_after_a_restart(site: Site) -> None:
    site.centre.stock.level("TEA-1", 2)
    order = an_order_of(site)
    with site.opened() as desk:
        keep(ready(desk), order.order_id, 5)
    with site.opened() as desk:
        assert refused(ready(desk), order).code == "stock_short"


def test_a_draft_that_is_given_up_gives_back_what_it_held(site: Site) -> None:
    site.centre.stock.level("TEA-1", 2)
    with site.opened() as desk:
        caller, order = ready(desk), an_order_of(site)
        caller.call(operations.SAVE_DRAFT, SaveDraft(document=order))
        keep(caller, order.order_id, 2)
        caller.call(operations.VOID_DRAFT, VoidDraft(order_id=order.order_id, reason="no"))
        desk.line.step()
    assert site.centre.stock.released == [order.order_id]


def test_who_signs_out_gives_back_what_all_their_orders_held(site: Site) -> None:
    site.centre.stock.level("TEA-1", 9)
    with site.opened() as desk:
        caller = ready(desk)
        orders = [OrderId(an_id(1)), OrderId(an_id(2))]
        for order_id in orders:
            keep(caller, order_id, 2)
        caller.call(operations.SIGN_OUT, SignOut())
        desk.line.step()
    assert site.centre.stock.released == orders


def test_what_could_not_be_given_back_is_when_the_centre_answers_again(site: Site) -> None:
    site.centre.stock.level("TEA-1", 9)
    with site.opened() as desk:
        caller = ready(desk)
        keep(caller, OrderId(an_id(1)), 2)
        site.centre.go_away()
        caller.call(operations.SIGN_OUT, SignOut())
        desk.line.step()
        site.centre.come_back()
        desk.line.step()
    assert site.centre.stock.released == [OrderId(an_id(1))]


def test_a_placed_order_keeps_what_it_holds(site: Site) -> None:
    site.centre.stock.level("TEA-1", 9)
    with site.opened() as desk:
        caller, order = ready(desk), an_order_of(site)
        keep(caller, order.order_id, 5)
        place(caller, order)
        caller.call(operations.SIGN_OUT, SignOut())
        desk.line.step()
    assert site.centre.stock.released == []


def test_a_hold_that_was_answered_after_the_order_was_given_up_is_given_back(site: Site) -> None:
    site.centre.stock.level("TEA-1", 9)
    order_id = OrderId(an_id(1))
    with site.opened() as desk:
        caller = ready(desk)
        keep(caller, order_id, 1)

        def give_up_meanwhile(operation: str) -> None:
            if operation == "stock.hold":
                site.centre.after_call = None
                _void(desk, order_id)
                desk.line.step()

        site.centre.after_call = give_up_meanwhile
        keep(caller, order_id, 2)
        desk.line.step()
    assert site.centre.stock.released == [order_id, order_id]


def _void(desk: Desk, order_id: OrderId) -> None:
    desk.caller.call(operations.VOID_DRAFT, VoidDraft(order_id=order_id, reason="no"))


def test_asked_again_for_a_placed_order_the_answer_is_the_same(site: Site) -> None:
    site.centre.stock.level("TEA-1", 9)
    with site.opened() as desk:
        caller, order = ready(desk), an_order_of(site)
        placed = place(caller, order)
        assert place_at_once(caller, order) == placed


def test_what_changed_in_stock_is_known_after_a_long_poll(site: Site) -> None:
    with site.opened() as desk:
        follow(desk)
        sign_in(desk)
        told = StockLevel(code=TEA, available=7, as_of=A_MORNING, revision=4)
        site.centre.put(ChangeKind.STOCK, TEA, told, revision=4)
        follow(desk, 1)
        site.centre.go_away()
        assert keep_one(desk.caller, OrderId(an_id(1)), 1).left == 7


def test_a_replica_of_a_version_without_stock_is_completed(site: Site) -> None:
    with site.opened() as desk:
        follow(desk)
    with closing(sqlite3.connect(site.folder / "catalogue" / "replica.db")) as replica:
        replica.execute("DELETE FROM mark WHERE name = 'last_kind'")
        replica.commit()
    told = StockLevel(code=TEA, available=7, as_of=A_MORNING, revision=4)
    site.centre.put(ChangeKind.STOCK, TEA, told, revision=4)
    before = site.centre.snapshots
    with site.opened() as desk:
        sign_in(desk)
        follow(desk, 1)
        site.centre.go_away()
        assert keep_one(desk.caller, OrderId(an_id(1)), 1).left == 7
    assert site.centre.snapshots == before + 2, "that kind, and decisions"
