"""Stock on a call: what is asked for and when, what is said, and the ways out of a shortage."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.ui.screens.call.line_book import Stock
from app.ui.screens.call.presenter import CallPresenter
from app.values.identity import LineId
from app.values.vocabulary import ProductKind
from app.wire.orders import OrderLine
from tests.builders import a_product, an_order, with_charge, with_line
from tests.fakes import FixedClock
from tests.ui.screens.fake_desk import FakeDesk, a_person

MONDAY = date(2026, 11, 30)
BIRDS = "84879"


def add(call: CallPresenter, desk: FakeDesk, quantity: int, code: str = BIRDS) -> LineId:
    line_id = call.lines.add_product(desk.products[code.casefold()], quantity)
    assert line_id is not None
    return line_id


def short_birds(call: CallPresenter, desk: FakeDesk, *, expected: date | None = MONDAY) -> LineId:
    """Eleven of sixteen."""
    desk.stock.level(BIRDS, 11, expected)
    return add(call, desk, 16)


def the_line(call: CallPresenter) -> OrderLine:
    (line,) = call.order.document.lines
    return line


def asked(desk: FakeDesk) -> list[tuple[str, int]]:
    return [(one.code, one.quantity) for request in desk.stock.asked for one in request.wanted]


# -- what is asked for


def test_a_line_of_a_stocked_product_is_held_with_its_quantity(
    call: CallPresenter, desk: FakeDesk
) -> None:
    add(call, desk, 3)
    assert asked(desk) == [(BIRDS, 3)]
    assert call.lines.state.rows[0].stock is Stock.ENOUGH


def test_two_lines_of_a_product_are_asked_for_together(call: CallPresenter, desk: FakeDesk) -> None:
    call.lines.duplicate(add(call, desk, 3))
    assert asked(desk) == [(BIRDS, 3), (BIRDS, 6)]


def test_another_quantity_and_a_removed_line_are_asked_for_again(
    call: CallPresenter, desk: FakeDesk
) -> None:
    line_id = add(call, desk, 3)
    call.lines.set_quantity(line_id, "5")
    call.lines.remove(line_id)
    call.undo()
    assert asked(desk) == [(BIRDS, 3), (BIRDS, 5), (BIRDS, 0), (BIRDS, 5)]


def test_charges_and_products_without_stock_are_never_asked_for(
    call: CallPresenter, desk: FakeDesk
) -> None:
    add(call, desk, 3, "20725")
    post = a_product("POST", "18.00", kind=ProductKind.CHARGE, available=1)
    call.lines.add_product(post, 1)
    call.stock.on_tick()
    assert asked(desk) == []


def test_a_price_that_is_told_asks_for_nothing(call: CallPresenter, desk: FakeDesk) -> None:
    line_id = add(call, desk, 3)
    call.lines.set_price(line_id, "1.00", "promised")
    assert asked(desk) == [(BIRDS, 3)]


def test_the_whole_order_is_held_anew_every_third_of_the_hold(
    call: CallPresenter, desk: FakeDesk, clock: FixedClock
) -> None:
    add(call, desk, 3)
    add(call, desk, 2, "47566")
    clock.advance(seconds=99)
    call.stock.on_tick()
    assert len(desk.stock.asked) == 2
    clock.advance(seconds=1)
    call.stock.on_tick()
    assert asked(desk)[2:] == [(BIRDS, 3), ("47566", 2)]


def test_an_order_nobody_touches_for_an_hour_is_left_to_run_out(
    call: CallPresenter, desk: FakeDesk, clock: FixedClock
) -> None:
    add(call, desk, 3)
    clock.advance(hours=1)
    call.stock.on_tick()
    assert len(desk.stock.asked) == 1


def test_a_long_order_is_asked_for_in_pages(call: CallPresenter, desk: FakeDesk) -> None:
    products = tuple(a_product(f"X{n:04}", available=9) for n in range(1_114))
    desk.stock.learn(products)
    call.lines.add_lines(tuple((product, 1) for product in products))
    assert [len(request.wanted) for request in desk.stock.asked] == [200] * 5 + [114]
    add(call, desk, 2)
    assert len(desk.stock.asked[-1].wanted) == 1


def test_a_draft_that_is_gone_on_with_is_asked_for_once_its_products_are_known(
    call: CallPresenter, desk: FakeDesk
) -> None:
    order = an_order(with_line(BIRDS, 3), with_line("20725", 1), with_charge())
    call.resume(order, a_person().person_id)
    assert asked(desk) == [(BIRDS, 3)]


def test_an_answer_about_another_quantity_than_is_wanted_by_now_is_dropped(
    call: CallPresenter, desk: FakeDesk
) -> None:
    line_id = add(call, desk, 3)
    desk.stock.level(BIRDS, 2)

    def change_meanwhile() -> None:
        desk.stock.during = None
        call.lines.set_quantity(line_id, "1")

    desk.stock.during = change_meanwhile
    call.lines.set_quantity(line_id, "9")
    assert asked(desk)[-2:] == [(BIRDS, 9), (BIRDS, 1)]
    assert call.stock.shortage is None
    assert call.lines.state.rows[0].stock is Stock.ENOUGH


# -- what is said


def test_what_colleagues_hold_counts_down(
    call: CallPresenter, desk: FakeDesk, clock: FixedClock
) -> None:
    desk.stock.level(BIRDS, 6)
    desk.stock.colleague(BIRDS, 1, timedelta(minutes=3, seconds=10))
    add(call, desk, 3)
    product = desk.products[BIRDS].code
    held = "3 held for this call; 2 more left, 1 held by a colleague"
    assert call.stock.words_of(product) == f"{held}, 3:10 to go"
    clock.advance(seconds=25)
    assert call.stock.words_of(product) == f"{held}, 2:45 to go"
    clock.advance(minutes=3)
    assert call.stock.words_of(product) == "3 held for this call; 2 more left"


def test_what_the_finder_finds_is_looked_up(call: CallPresenter, desk: FakeDesk) -> None:
    desk.stock.level(BIRDS, 0, MONDAY)
    call.finder.search("bird")
    words = call.stock.words_of(desk.products[BIRDS].code)
    assert words == "None left; more expected on Monday 30 November"
    assert desk.stock.asked == []


def test_without_the_centre_the_last_that_was_known_is_told_with_its_time(
    call: CallPresenter, desk: FakeDesk
) -> None:
    desk.stock.away = True
    desk.stock.level(BIRDS, 2)
    add(call, desk, 3)
    assert call.stock.words_of(desk.products[BIRDS].code).startswith("2 left, last known, ")
    assert call.lines.state.rows[0].stock is Stock.LAST_KNOWN
    assert (call.stock.shortage, call.stock.missing()) == (None, ())


def test_what_is_only_last_known_is_asked_for_again_soon(
    call: CallPresenter, desk: FakeDesk, clock: FixedClock
) -> None:
    desk.stock.away = True
    add(call, desk, 3)
    desk.stock.away = False
    clock.advance(seconds=15)
    call.stock.on_tick()
    assert call.lines.state.rows[0].stock is Stock.ENOUGH


def test_what_was_held_a_moment_ago_is_held_while_the_centre_is_away(
    call: CallPresenter, desk: FakeDesk, clock: FixedClock
) -> None:
    add(call, desk, 3)
    desk.stock.away = True
    clock.advance(seconds=100)
    call.stock.on_tick()
    assert [row.stock for row in call.lines.state.rows] == [Stock.ENOUGH]
    clock.advance(seconds=200)
    call.stock.on_tick()
    assert [row.stock for row in call.lines.state.rows] == [Stock.LAST_KNOWN]


# -- a shortage


def test_a_shortage_names_its_line_and_what_to_say(call: CallPresenter, desk: FakeDesk) -> None:
    short_birds(call, desk)
    shortage = call.stock.shortage
    assert shortage is not None
    assert shortage.title == (
        "Line 1, 84879: 11 of 16 held, 5 short. More expected on Monday 30 November."
    )
    assert [one.button for one in shortage.offers] == ["Take 11", "5 later", "Something else"]
    assert "the other 5 will follow about Monday 30 November" in shortage.offers[1].say


def test_a_shortage_is_missing_until_it_is_settled(call: CallPresenter, desk: FakeDesk) -> None:
    short_birds(call, desk)
    assert "what to do about line 1, 5 short" in call.state.needed
    assert not call.state.can_place
    call.stock.let_follow()
    assert not any("short" in one for one in call.state.needed)


def test_the_caller_takes_what_is_held(call: CallPresenter, desk: FakeDesk) -> None:
    short_birds(call, desk)
    call.stock.take()
    assert (the_line(call).quantity, the_line(call).back_ordered) == (11, 0)
    assert call.lines.state.rows[0].stock is Stock.ENOUGH


def test_a_line_of_which_there_is_nothing_is_taken_off(call: CallPresenter, desk: FakeDesk) -> None:
    desk.stock.level(BIRDS, 0)
    add(call, desk, 2)
    call.stock.take()
    assert call.order.document.lines == ()


@pytest.mark.parametrize("expected", [MONDAY, None], ids=["day known", "day unknown"])
def test_the_rest_follows_later_with_the_day_if_it_is_known(
    call: CallPresenter, desk: FakeDesk, expected: date | None
) -> None:
    short_birds(call, desk, expected=expected)
    call.stock.let_follow()
    line = the_line(call)
    assert (line.quantity, line.back_ordered, line.back_order_on) == (16, 5, expected)
    assert asked(desk)[-1] == (BIRDS, 11)
    assert (call.lines.state.rows[0].stock, call.stock.shortage) == (Stock.LATER, None)


def test_another_quantity_is_asked_about_anew(call: CallPresenter, desk: FakeDesk) -> None:
    line_id = short_birds(call, desk)
    call.stock.let_follow()
    call.lines.set_quantity(line_id, "13")
    assert the_line(call).back_ordered == 0
    shortage = call.stock.shortage
    assert shortage is not None
    assert shortage.found.short == 2


def test_the_same_quantity_once_more_leaves_what_was_agreed(
    call: CallPresenter, desk: FakeDesk
) -> None:
    line_id = short_birds(call, desk)
    call.stock.let_follow()
    call.lines.set_quantity(line_id, "16")
    assert the_line(call).back_ordered == 5


def test_what_was_agreed_is_one_step_back(call: CallPresenter, desk: FakeDesk) -> None:
    short_birds(call, desk)
    call.stock.let_follow()
    call.undo()
    assert the_line(call).back_ordered == 0
    assert call.stock.shortage is not None


def test_a_copy_of_a_line_agrees_to_nothing(call: CallPresenter, desk: FakeDesk) -> None:
    line_id = short_birds(call, desk)
    call.stock.let_follow()
    call.lines.duplicate(line_id)
    assert [line.back_ordered for line in call.order.document.lines] == [5, 0]


def test_something_else_replaces_the_line_in_its_place(call: CallPresenter, desk: FakeDesk) -> None:
    desk.products["84880"] = a_product("84880", description="White bird ornament", available=40)
    desk.stock.learn((desk.products["84880"],))
    short_birds(call, desk)
    call.stock.look_for_other()
    assert [row.product.code for row in call.finder.state.rows] == ["84880"]
    assert "replaces line 1" in call.finder.state.instead
    call.finder.move(1)
    call.finder.enter()
    assert (the_line(call).code, the_line(call).quantity) == ("84880", 16)
    assert sorted(asked(desk)[1:]) == [(BIRDS, 0), ("84880", 16)]
    assert call.stock.shortage is None


def test_who_leaves_the_search_for_something_else_adds_lines_again(
    call: CallPresenter, desk: FakeDesk
) -> None:
    short_birds(call, desk)
    call.stock.look_for_other()
    call.finder.clear()
    call.finder.search("47566")
    call.finder.enter()
    assert [line.code for line in call.order.document.lines] == [BIRDS, "47566"]


def test_what_is_held_goes_to_the_first_lines_of_a_product(
    call: CallPresenter, desk: FakeDesk
) -> None:
    desk.stock.level(BIRDS, 5)
    call.lines.duplicate(add(call, desk, 4))
    assert [row.stock for row in call.lines.state.rows] == [Stock.ENOUGH, Stock.SHORT]
    shortage = call.stock.shortage
    assert shortage is not None
    assert (shortage.found.number, shortage.found.held, shortage.found.short) == (2, 1, 3)


def test_stock_that_comes_back_ends_the_shortage(
    call: CallPresenter, desk: FakeDesk, clock: FixedClock
) -> None:
    short_birds(call, desk)
    desk.stock.level(BIRDS, 50)
    clock.advance(seconds=100)
    call.stock.on_tick()
    assert call.stock.shortage is None
    assert call.lines.state.rows[0].stock is Stock.ENOUGH


def test_rows_stay_the_same_while_the_order_is_held_anew(
    call: CallPresenter, desk: FakeDesk, clock: FixedClock
) -> None:
    add(call, desk, 3)
    (before,) = call.lines.state.rows
    clock.advance(seconds=100)
    call.stock.on_tick()
    (after,) = call.lines.state.rows
    assert after is before


def test_an_order_that_was_left_is_not_held_anew(
    call: CallPresenter, desk: FakeDesk, clock: FixedClock
) -> None:
    add(call, desk, 3)
    call.leave()
    clock.advance(seconds=200)
    call.stock.on_tick()
    assert len(desk.stock.asked) == 1
