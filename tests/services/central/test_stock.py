"""Stock held for a call: granted as far as there is some, for a while, to the seat that asked."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.services.central.stock import COLLEAGUES_MOST
from app.services.central.stock_rows import wrong_sums
from app.values.errors import Refusal
from app.values.identity import OrderId
from app.wire.sync import Outcome
from tests.builders import with_line
from tests.order_desk import OrderCentre
from tests.stocked_desk import StockedDesk, count, reserved, sums_that_are_wrong

HOLD_SECONDS = 300


@pytest.fixture
def desk(local: OrderCentre) -> StockedDesk:
    return StockedDesk(local)


@pytest.fixture
def other(local: OrderCentre) -> StockedDesk:
    return StockedDesk(local, "Desk 2", "bob")


class TestAHold:
    def test_is_granted_and_runs_out_after_the_time_of_the_policy(
        self, either: OrderCentre
    ) -> None:
        desk = StockedDesk(either)
        count(either, "TEA-1", 10)
        answer = desk.hold(desk.tea(3), tea=3)
        standing = answer.standings[0]
        assert (standing.tracked, standing.held, standing.left, standing.short) == (True, 3, 7, 0)
        assert standing.as_of == either.clock.now()
        assert answer.expires_at == either.clock.now() + timedelta(seconds=HOLD_SECONDS)

    def test_is_granted_as_far_as_there_is_some(self, either: OrderCentre) -> None:
        desk = StockedDesk(either)
        count(either, "TEA-1", 2, expected_on=date(2026, 12, 1))
        standing = desk.hold(desk.tea(5), tea=5).standings[0]
        assert (standing.held, standing.left, standing.short) == (2, 0, 3)
        assert standing.expected_on == date(2026, 12, 1)

    def test_of_a_product_that_nobody_counts_is_untracked(self, desk: StockedDesk) -> None:
        answer = desk.hold(desk.tea(5), tea=5)
        assert (answer.standings[0].tracked, answer.standings[0].short) == (False, 0)
        assert answer.expires_at is None

    def test_told_again_holds_nothing_twice(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 10)
        order = desk.tea(3)
        assert [desk.held(order, tea=pieces) for pieces in (3, 3, 5, 1)] == [3, 3, 5, 1]
        assert reserved(desk.centre) == 1

    def test_of_nothing_gives_back_what_was_held(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 10)
        order = desk.tea(3)
        desk.hold(order, tea=3)
        answer = desk.hold(order, tea=0)
        assert (answer.standings[0].left, answer.expires_at) == (10, None)
        assert reserved(desk.centre) == 0

    def test_leaves_products_that_are_not_named_as_they_were(self, desk: StockedDesk) -> None:
        for code in ("TEA-1", "CUP-2"):
            count(desk.centre, code, 10)
        order = desk.tea(3)
        desk.hold(order, tea=3, cup=4)
        desk.hold(order, cup=1)
        assert (reserved(desk.centre), reserved(desk.centre, "CUP-2")) == (3, 1)

    def test_answers_in_the_order_that_was_asked(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 10)
        standings = desk.hold(desk.tea(3), tea=3, cup=1, post=1).standings
        assert [one.code for one in standings] == ["TEA-1", "CUP-2", "POST"]
        assert [one.tracked for one in standings] == [True, False, False]

    def test_finds_a_product_whatever_its_capitals(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 10)
        standing = desk.hold(desk.tea(3), **{"tea-1": 3}).standings[0]
        assert (standing.code, standing.held) == ("tea-1", 3)
        assert reserved(desk.centre) == 3

    def test_shrinks_where_a_count_finds_less_than_was_held(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 10)
        order = desk.tea(6)
        desk.hold(order, tea=6)
        count(desk.centre, "TEA-1", 4)
        assert desk.ask("TEA-1", order=order)[0].left == -2
        assert desk.held(order, tea=6) == 4
        assert sums_that_are_wrong(desk.centre) == ()

    def test_for_an_order_that_was_placed_is_refused_in_words(self, either: OrderCentre) -> None:
        desk = StockedDesk(either)
        count(either, "TEA-1", 10)
        order = desk.tea(3)
        desk.send_order(order)
        with pytest.raises(Refusal, match="was placed") as refusal:
            desk.hold(order, tea=3)
        assert refusal.value.code == "order_placed"
        assert reserved(either) == 3

    def test_for_an_order_that_was_given_up_is_refused_in_words(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 10)
        order = desk.tea(3)
        desk.hold(order, tea=3)
        assert desk.send(desk.given_up(order))[0].outcome is Outcome.ACCEPTED
        assert reserved(desk.centre) == 0
        with pytest.raises(Refusal, match="given up") as refusal:
            desk.hold(order, tea=3)
        assert refusal.value.code == "order_given_up"


class TestAColleague:
    def test_sees_what_is_held_and_until_when(self, either: OrderCentre) -> None:
        one, other = StockedDesk(either), StockedDesk(either, "Desk 2", "bob")
        count(either, "TEA-1", 3)
        one.hold(one.tea(1), tea=1)
        either.clock.advance(seconds=110)
        standing = other.ask("TEA-1")[0]
        assert (standing.left, [hold.quantity for hold in standing.colleagues]) == (2, [1])
        to_go = standing.colleagues[0].expires_at - either.clock.now()
        assert to_go == timedelta(minutes=3, seconds=10)

    def test_is_told_of_several_the_first_to_run_out_first(
        self, desk: StockedDesk, other: StockedDesk
    ) -> None:
        count(desk.centre, "TEA-1", 100)
        for pieces in range(1, COLLEAGUES_MOST + 3):
            desk.hold(desk.tea(pieces), tea=1)
            desk.centre.clock.advance(seconds=1)
        colleagues = other.hold(other.tea(1), tea=1).standings[0].colleagues
        ends = [hold.expires_at for hold in colleagues]
        assert (len(ends), ends) == (COLLEAGUES_MOST, sorted(ends))

    def test_may_neither_change_nor_give_back_what_is_not_theirs(
        self, desk: StockedDesk, other: StockedDesk
    ) -> None:
        count(desk.centre, "TEA-1", 10)
        order = desk.tea(3)
        desk.hold(order, tea=3)
        other.release(order)
        other.hold(order, tea=0)
        assert reserved(desk.centre) == 3
        assert other.held(order, tea=4) == 4
        assert desk.ask("TEA-1", order=order)[0].held == 3
        assert sums_that_are_wrong(desk.centre) == ()

    def test_gets_at_once_what_ran_out(self, desk: StockedDesk, other: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 3)
        desk.hold(desk.tea(3), tea=3)
        assert other.held(other.tea(2), tea=2) == 0
        desk.centre.clock.advance(seconds=HOLD_SECONDS)
        assert other.left() == 3
        assert other.held(other.tea(2), tea=2) == 2
        assert reserved(desk.centre) == 2
        assert sums_that_are_wrong(desk.centre) == ()


class TestAHoldThatRanOut:
    def test_is_renewed_while_nobody_else_wanted_it(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 3)
        order = desk.tea(3)
        desk.hold(order, tea=3)
        desk.centre.clock.advance(seconds=HOLD_SECONDS + 60)
        assert desk.ask("TEA-1", order=order)[0].held == 0
        assert desk.held(order, tea=3) == 3
        assert reserved(desk.centre) == 3

    def test_and_was_taken_is_told_as_short(self, desk: StockedDesk, other: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 3)
        order = desk.tea(3)
        desk.hold(order, tea=3)
        desk.centre.clock.advance(seconds=HOLD_SECONDS)
        other.hold(other.tea(2), tea=2)
        assert desk.hold(order, tea=3).standings[0].short == 2

    def test_ran_out_when_the_policy_said(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 3)
        desk.centre.run("UPDATE policy SET document = jsonb_set(document, '{hold_seconds}', '60')")
        short_held = desk.hold(desk.tea(1), tea=1)
        desk.centre.run("UPDATE policy SET document = document - 'hold_seconds'")
        of_before = desk.hold(desk.tea(1), tea=1)
        now = desk.centre.clock.now()
        assert short_held.expires_at == now + timedelta(seconds=60)
        assert of_before.expires_at == now + timedelta(seconds=HOLD_SECONDS)


class TestGivingBack:
    def test_frees_all_that_the_seat_holds_for_these_orders(self, either: OrderCentre) -> None:
        desk = StockedDesk(either)
        count(either, "TEA-1", 10)
        count(either, "CUP-2", 10)
        one, two, kept = (desk.tea(pieces) for pieces in (1, 2, 3))
        desk.hold(one, tea=1, cup=1)
        desk.hold(two, tea=2)
        desk.hold(kept, tea=3)
        desk.release(one, two)
        desk.release(one, two)
        assert (reserved(either), reserved(either, "CUP-2")) == (3, 0)

    def test_of_what_was_allocated_changes_nothing(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 10)
        order = desk.tea(3)
        desk.send_order(order)
        desk.release(order)
        assert reserved(desk.centre) == 3


class TestAsking:
    def test_for_no_order_holds_nothing(self, either: OrderCentre) -> None:
        desk = StockedDesk(either)
        count(either, "TEA-1", 10)
        tea, cup = desk.ask("TEA-1", "CUP-2")
        assert (tea.tracked, tea.left, tea.held, tea.wanted) == (True, 10, 0, 0)
        assert (cup.tracked, cup.colleagues) == (False, ())
        assert reserved(either) == 0

    def test_for_an_order_tells_what_it_holds(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 10)
        order = desk.tea(3)
        desk.hold(order, tea=3)
        tea = desk.ask("TEA-1", order=order)[0]
        assert (tea.held, tea.left, tea.colleagues) == (3, 7, ())


def test_sums_that_do_not_add_up_are_found(desk: StockedDesk) -> None:
    count(desk.centre, "TEA-1", 10)
    desk.hold(desk.tea(3), tea=3)
    desk.send_order(desk.order(with_line("TEA-1", 2)))
    assert desk.centre.administration.read(wrong_sums) == ()
    desk.centre.run("UPDATE stock_level SET reserved = 4")
    wrong = desk.centre.administration.read(wrong_sums)[0]
    assert (wrong.code, wrong.reserved, wrong.held, wrong.allocated) == ("TEA-1", 4, 3, 2)


def test_a_hold_for_an_order_nobody_knows_is_as_good_as_any(desk: StockedDesk) -> None:
    count(desk.centre, "TEA-1", 1)
    assert desk.held(OrderId(desk.centre.ids.new()), tea=1) == 1
