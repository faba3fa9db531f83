"""Whatever is done in whatever order, what is spoken for is what holds and allocations come to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from app.services.central.stock_watch import StockWatch
from app.values.errors import Refusal
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.sync import CommandOutcome
from tests.builders import with_line
from tests.order_desk import OrderCentre
from tests.stocked_desk import (
    StockedDesk,
    allocated,
    allocations,
    count,
    short,
    sums_that_are_wrong,
)

PIECES = 12
CODES = {"tea": "TEA-1", "cup": "CUP-2"}

calls = st.integers(0, 3)
pieces = st.integers(0, 9)
products = st.sampled_from(sorted(CODES))


class StockStory(RuleBasedStateMachine):
    """Two seats, four calls, two products, and no more than twelve pieces of each."""

    centre: OrderCentre
    desks: tuple[StockedDesk, StockedDesk]

    def __init__(self) -> None:
        super().__init__()
        self.centre.empty()
        for code in CODES.values():
            count(self.centre, code, PIECES)
        for desk in self.desks:
            desk.begin_anew()
        self.orders = [self._fresh(call) for call in range(4)]
        self.placed: list[PlacedOrder] = []
        self.recounted = False

    def _desk(self, call: int) -> StockedDesk:
        return self.desks[call % 2]

    def _fresh(self, call: int) -> OrderDocument:
        return self._desk(call).order(with_line("TEA-1", 1 + call), with_line("CUP-2", 3))

    @rule(call=calls, product=products, wanted=pieces)
    def hold(self, call: int, product: str, wanted: int) -> None:
        desk, order = self._desk(call), self.orders[call]
        standing = desk.hold(order, **{product: wanted}).standings[0]
        assert 0 <= standing.held <= wanted
        assert standing.held == wanted or standing.left <= 0

    @rule(call=calls, other=calls)
    def release(self, call: int, other: int) -> None:
        self._desk(call).release(self.orders[other])

    @rule(seconds=st.integers(1, 400))
    def wait(self, seconds: int) -> None:
        self.centre.clock.advance(seconds=seconds)

    @rule()
    def look_after(self) -> None:
        StockWatch(self.centre.transactions).look_after()

    @rule(call=calls)
    def place(self, call: int) -> None:
        desk, order = self._desk(call), self.orders[call]
        placed = desk.placed(order)
        outcome = self._sent(desk, placed)
        self.placed.append(placed)
        self.orders[call] = self._fresh(call)
        got = allocations(self.centre, order.order_id)
        for line in order.lines:
            assert sum(got[line.code]) == line.quantity
        lacking = any(back for _, back in got.values())
        assert bool(short(outcome)) == lacking

    @rule(which=st.integers(0, 99))
    def send_again(self, which: int) -> None:
        if not self.placed:
            return
        placed = self.placed[which % len(self.placed)]
        before = allocated(self.centre), allocated(self.centre, "CUP-2")
        self._sent(self._desk_of(placed), placed)
        assert (allocated(self.centre), allocated(self.centre, "CUP-2")) == before

    @rule(call=calls)
    def give_up(self, call: int) -> None:
        desk, order = self._desk(call), self.orders[call]
        desk.send(desk.given_up(order))
        with pytest.raises(Refusal, match="given up"):
            desk.hold(order, tea=1)
        self.orders[call] = self._fresh(call)

    @rule(product=products, on_hand=st.integers(0, 20))
    def recount(self, product: str, on_hand: int) -> None:
        self.recounted = True
        count(self.centre, CODES[product], on_hand)

    def _desk_of(self, placed: PlacedOrder) -> StockedDesk:
        return next(d for d in self.desks if d.seat.device_id == placed.document.device_id)

    def _sent(self, desk: StockedDesk, placed: PlacedOrder) -> CommandOutcome:
        at = self.centre.clock.now() - timedelta(seconds=1)
        return desk.send(desk.command(placed, captured_at=at))[0]

    @invariant()
    def sums_are_right(self) -> None:
        assert sums_that_are_wrong(self.centre) == ()

    @invariant()
    def nothing_is_promised_twice(self) -> None:
        if not self.recounted:
            over = self.centre.rows("SELECT code FROM stock_level WHERE reserved > on_hand")
            assert over == []


def test_the_sums_of_stock_hold_after_any_story(local: OrderCentre) -> None:
    class Story(StockStory):
        centre = local
        desks = StockedDesk(local), StockedDesk(local, "Desk 2", "bob")

    run_state_machine_as_test(
        Story,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
