"""Stock of an order that arrives: what was held becomes its own, what is lacking follows later."""

from __future__ import annotations

from datetime import date
from functools import partial
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import event

from app.services.central.allocation import SHORT_NAMED_MOST, Wanting, allocate
from app.services.rules.review import ReviewReason
from app.values.vocabulary import ProductKind
from app.wire.sync import Outcome
from tests.builders import with_charge, with_line
from tests.order_desk import OrderCentre, stored_order
from tests.stocked_desk import (
    StockedDesk,
    allocations,
    count,
    reserved,
    short,
    sums_that_are_wrong,
)


@pytest.fixture
def desk(local: OrderCentre) -> StockedDesk:
    return StockedDesk(local)


@pytest.fixture
def other(local: OrderCentre) -> StockedDesk:
    return StockedDesk(local, "Desk 2", "bob")


class TestAnOrder:
    def test_gets_what_was_held_for_it(self, either: OrderCentre) -> None:
        desk = StockedDesk(either)
        count(either, "TEA-1", 3)
        order = desk.tea(3)
        desk.hold(order, tea=3)
        outcome = desk.send_order(order)
        assert (outcome.outcome, outcome.reasons) == (Outcome.ACCEPTED, ())
        assert allocations(either, order.order_id) == {"TEA-1": (3, 0)}
        assert either.rows("SELECT count(*) FROM stock_hold")[0][0] == 0
        assert reserved(either) == 3

    def test_gets_what_is_free_without_a_hold(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 3)
        order = desk.tea(2)
        assert desk.send_order(order).outcome is Outcome.ACCEPTED
        assert (allocations(desk.centre, order.order_id), desk.left()) == ({"TEA-1": (2, 0)}, 1)

    def test_gets_nothing_that_is_held_for_another(
        self, desk: StockedDesk, other: StockedDesk
    ) -> None:
        count(desk.centre, "TEA-1", 3)
        other.hold(other.tea(2), tea=2)
        order = desk.tea(3)
        outcome = desk.send_order(order)
        assert (outcome.outcome, short(outcome)) == (Outcome.NEEDS_REVIEW, ["1"])
        assert allocations(desk.centre, order.order_id) == {"TEA-1": (1, 2)}

    def test_gets_what_ran_out_for_another(self, desk: StockedDesk, other: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 3)
        other.hold(other.tea(3), tea=3)
        desk.centre.clock.advance(minutes=10)
        order = desk.tea(3)
        assert short(desk.send_order(order)) == []
        assert sums_that_are_wrong(desk.centre) == ()

    def test_gets_less_than_was_held_where_a_count_found_less(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 10)
        order = desk.tea(6)
        desk.hold(order, tea=6)
        count(desk.centre, "TEA-1", 4)
        assert short(desk.send_order(order)) == ["1"]
        assert allocations(desk.centre, order.order_id) == {"TEA-1": (4, 2)}
        assert reserved(desk.centre) == 4

    def test_that_wants_less_than_was_held_frees_the_rest(self, desk: StockedDesk) -> None:
        for code in ("TEA-1", "CUP-2"):
            count(desk.centre, code, 9)
        order = desk.tea(2)
        desk.hold(order, tea=5, cup=3)
        desk.send_order(order)
        assert (reserved(desk.centre), reserved(desk.centre, "CUP-2")) == (2, 0)

    def test_that_was_made_offline_is_taken_after_the_stock_is_gone(
        self, either: OrderCentre
    ) -> None:
        late, early = StockedDesk(either), StockedDesk(either, "Desk 2", "bob")
        count(either, "TEA-1", 2)
        offline = late.tea(2)
        early.send_order(early.tea(2))
        either.clock.advance(hours=3)
        outcome = late.send_order(offline)
        assert (outcome.outcome, short(outcome)) == (Outcome.NEEDS_REVIEW, ["1"])
        assert outcome.sentence.startswith("Of line 1 there is less in stock")
        assert allocations(either, offline.order_id) == {"TEA-1": (0, 2)}
        assert state_of(either, offline.order_id) == "needs_review"

    def test_whose_caller_was_told_of_the_back_order_is_accepted(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 2)
        order = desk.tea(5, back_ordered=3, back_order_on=date(2026, 12, 1))
        desk.hold(order, tea=2)
        outcome = desk.send_order(order)
        assert (outcome.outcome, outcome.reasons) == (Outcome.ACCEPTED, ())
        assert allocations(desk.centre, order.order_id) == {"TEA-1": (2, 3)}

    def test_gets_no_more_than_the_caller_was_told_comes_at_once(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 9)
        order = desk.tea(5, back_ordered=3)
        desk.send_order(order)
        assert (allocations(desk.centre, order.order_id), desk.left()) == ({"TEA-1": (2, 3)}, 7)

    def test_whose_back_order_is_more_than_its_line_gets_nothing_and_is_taken(
        self, desk: StockedDesk
    ) -> None:
        count(desk.centre, "TEA-1", 9)
        order = desk.tea(5, back_ordered=50)
        assert desk.send_order(order).outcome is Outcome.ACCEPTED
        assert allocations(desk.centre, order.order_id) == {"TEA-1": (0, 5)}

    def test_names_the_lines_that_are_short_by_their_position(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 5)
        count(desk.centre, "CUP-2", 0)
        order = desk.order(
            with_line("TEA-1", 3), with_line("NOPE-1"), with_line("TEA-1", 4), with_line("CUP-2")
        )
        assert short(desk.send_order(order)) == ["3", "4"]
        assert allocations(desk.centre, order.order_id) == {"TEA-1": (5, 2), "CUP-2": (0, 1)}

    def test_of_very_many_short_lines_names_some_and_counts_the_rest(
        self, desk: StockedDesk
    ) -> None:
        count(desk.centre, "TEA-1", 0)
        order = desk.order(*[with_line("TEA-1", 1)] * (SHORT_NAMED_MOST + 2))
        named = short(desk.send_order(order))
        assert (len(named), named[-1]) == (SHORT_NAMED_MOST + 1, "more:2")

    def test_whose_code_has_other_capitals_gets_the_product(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 5)
        order = desk.order(with_line("tea-1", 2))
        desk.send_order(order)
        assert allocations(desk.centre, order.order_id) == {"TEA-1": (2, 0)}

    def test_has_no_stock_of_a_charge(self, desk: StockedDesk) -> None:
        count(desk.centre, "POST", 0)
        outcome = desk.send_order(desk.order(with_line("CUP-2"), with_charge("POST")))
        assert (outcome.outcome, reserved(desk.centre, "POST")) == (Outcome.ACCEPTED, 0)

    def test_keeps_in_its_event_what_it_got(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 2)
        order = desk.tea(5)
        desk.send_order(order)
        facts = desk.centre.rows("SELECT facts FROM order_event")[0].facts
        assert (facts["allocated"], facts["back_ordered"]) == ({"TEA-1": 2}, {"TEA-1": 3})
        assert facts["reasons"] == [ReviewReason.STOCK_SHORT.about("1")]

    def test_that_was_given_up_first_gets_what_is_free(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 2)
        order = desk.tea(2)
        desk.hold(order, tea=2)
        desk.send(desk.given_up(order))
        assert (reserved(desk.centre), desk.left()) == (0, 2)
        desk.send_order(order)
        assert allocations(desk.centre, order.order_id) == {"TEA-1": (2, 0)}


def test_what_was_held_since_facts_were_asked_goes_back_with_the_order(desk: StockedDesk) -> None:
    count(desk.centre, "TEA-1", 9)
    cups, tea = desk.order(with_line("CUP-2")), desk.tea(3)
    desk.hold(cups, tea=2)
    asked_before = [Wanting(cups, ()), Wanting(tea, ("TEA-1",))]
    given = desk.centre.administration.write(partial(allocate, orders=asked_before))
    assert [one.reserved_more for one in given] == [{"TEA-1": -2}, {"TEA-1": 3}]


def state_of(centre: OrderCentre, order_id: UUID) -> str:
    found: str = stored_order(centre, order_id)["state"]
    return found


class TestAnOrderSentAgain:
    def test_is_allocated_once(self, either: OrderCentre) -> None:
        desk = StockedDesk(either)
        count(either, "TEA-1", 10)
        command = desk.command(desk.placed(desk.tea(3)))
        for _ in range(3):
            desk.send(command)
        assert reserved(either) == 3

    def test_under_another_command_is_allocated_once(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 10)
        placed = desk.placed(desk.tea(3))
        for _ in range(2):
            desk.send(desk.command(placed))
        assert reserved(desk.centre) == 3
        assert sums_that_are_wrong(desk.centre) == ()

    def test_with_other_contents_is_kept_and_leaves_the_stock_to_the_first(
        self, desk: StockedDesk
    ) -> None:
        count(desk.centre, "TEA-1", 10)
        first = desk.placed(desk.tea(3))
        lines = (msgspec.structs.replace(first.document.lines[0], quantity=4),)
        document = msgspec.structs.replace(first.document, lines=lines)
        desk.send(desk.command(first))
        desk.send_order(document)
        rows = desk.centre.rows("SELECT allocated FROM order_allocation ORDER BY allocated")
        assert ([row.allocated for row in rows], reserved(desk.centre)) == ([3], 3)
        assert sums_that_are_wrong(desk.centre) == ()

    def test_that_is_malformed_takes_nothing(self, desk: StockedDesk) -> None:
        count(desk.centre, "TEA-1", 10)
        placed = desk.placed(desk.tea(3))
        wrong = msgspec.structs.replace(placed, placed_at=placed.placed_at.replace(year=9999))
        assert desk.send(desk.command(wrong))[0].outcome is Outcome.REFUSED_FINAL
        assert reserved(desk.centre) == 0


def statements_of(centre: OrderCentre, desk: StockedDesk) -> list[str]:
    """What the centre asks of the database to take one order of tea and two kinds of money."""
    told: list[str] = []
    command = desk.command(desk.placed(desk.order(with_line("TEA-1", 2), with_charge("POST"))))

    def note(*given: object) -> None:
        told.append(str(given[2]))

    event.listen(centre.store.engine, "before_cursor_execute", note)
    centre.intake.take(command, desk.actor)
    event.remove(centre.store.engine, "before_cursor_execute", note)
    return told


def test_an_order_without_tracked_products_costs_no_statement_more(desk: StockedDesk) -> None:
    desk.send_order()
    count(desk.centre, "CUP-2", 10)
    untracked = statements_of(desk.centre, desk)
    count(desk.centre, "TEA-1", 10)
    tracked = statements_of(desk.centre, desk)
    counted = [sum("stock_" in one for one in told) for told in (untracked, tracked)]
    assert counted == [2, 4]


def test_a_charge_is_told_by_its_kind_in_the_order(desk: StockedDesk) -> None:
    count(desk.centre, "CUP-2", 0)
    order = desk.order(with_line("CUP-2", 1, kind=ProductKind.CHARGE))
    assert short(desk.send_order(order)) == []
