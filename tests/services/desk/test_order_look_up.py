"""Finding orders at a desk: the centre's, and what only this desk has."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.services.ports import Caller
from app.values.errors import Refusal, Unreachable
from app.values.identity import OrderId
from app.values.money import Currency, Money
from app.values.order_number import OrderNumber
from app.wire.order_operations import LOOK_UP_ORDERS
from app.wire.order_search import (
    FindOrders,
    FoundOrder,
    LookUpOrders,
    Meaning,
    OrderPlace,
    OrdersFound,
    OrdersLookedUp,
    OtherReading,
)
from tests.builders import (
    A_MORNING,
    a_customer,
    an_address,
    an_id,
    changed,
    delivered_to,
    with_line,
)
from tests.services.desk.site import Site, place, ready

ELSEWHERE = FoundOrder(
    order_id=OrderId(an_id(77)),
    number=OrderNumber("4173029823"),
    placed_at=A_MORNING,
    line_count=1,
    total=Money(4_995, Currency.GBP),
    state="accepted",
    customer_name="Margaret Thompson",
)


class Asked:
    """The centre's side of the question."""

    def __init__(self, site: Site) -> None:
        self.requests: list[FindOrders] = []
        self.orders: tuple[FoundOrder, ...] = ()
        self.error: Unreachable | Refusal | None = None
        site.centre.find_orders = self

    def __call__(self, request: FindOrders) -> OrdersFound:
        self.requests.append(request)
        if self.error is not None:
            raise self.error
        reading = len(request.readings) - 1
        return OrdersFound(
            meaning=request.readings[reading].meaning,
            reading=reading,
            orders=self.orders,
            others=tuple(range(reading)),
            more=OrderPlace(placed_at=A_MORNING, order_id=OrderId(an_id(77))),
        )


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


@pytest.fixture
def asked(site: Site) -> Asked:
    return Asked(site)


def look_up(caller: Caller, text: str, **more: object) -> OrdersLookedUp:
    return caller.call(LOOK_UP_ORDERS, LookUpOrders(text=text, **more))  # type: ignore[arg-type] # whatever field a test names


def numbers(found: OrdersLookedUp) -> list[OrderNumber]:
    return [order.number for order in found.orders]


class TestWithTheCentre:
    def test_its_answer_is_given_with_the_way_the_text_was_read(
        self, site: Site, asked: Asked
    ) -> None:
        asked.orders = (ELSEWHERE,)
        with site.opened() as desk:
            found = look_up(ready(desk), "rose")
        assert found.orders == (ELSEWHERE,)
        assert (found.meaning, found.reading) == (Meaning.PRODUCT, 1)
        assert found.others == (OtherReading(reading=0, meaning=Meaning.NAME),)
        assert not found.only_here

    def test_a_later_page_asks_by_the_one_reading_from_there_on(
        self, site: Site, asked: Asked
    ) -> None:
        behind = OrderPlace(placed_at=A_MORNING, order_id=OrderId(an_id(77)))
        with site.opened() as desk:
            found = look_up(ready(desk), "rose", reading=1, after=behind)
        (request,) = asked.requests
        assert [one.meaning for one in request.readings] == [Meaning.PRODUCT]
        assert request.after == behind
        assert found.reading == 1

    def test_what_only_this_desk_has_stands_before_it(self, site: Site, asked: Asked) -> None:
        asked.orders = (ELSEWHERE,)
        with site.opened() as desk:
            caller = ready(desk)
            placed = place(caller, site.order())
            found = look_up(caller, "thompson")
            assert numbers(found) == [placed.number, ELSEWHERE.number]
            assert [order.waits_here for order in found.orders] == [True, False]
            desk.line.step()
            assert numbers(look_up(caller, "thompson")) == [ELSEWHERE.number]

    def test_a_wrong_digit_is_told_to_it(self, site: Site, asked: Asked) -> None:
        with site.opened() as desk:
            found = look_up(ready(desk), "417 302 9832")
        assert asked.requests[0].slip_of == "4173029832"
        assert found.number_slip

    def test_its_refusal_is_passed_on(self, site: Site, asked: Asked) -> None:
        asked.error = Refusal("session_over", "Your sign-in has run out.")
        with site.opened() as desk, pytest.raises(Refusal, match="session_over"):
            look_up(ready(desk), "rose")

    def test_too_little_text_asks_nobody(self, site: Site, asked: Asked) -> None:
        with site.opened() as desk:
            assert look_up(ready(desk), "x").meaning is None
        assert asked.requests == []


KNOWN = (
    *("marg thom", "0412", "LS6 3AA", "ls6", "tea-1", "m@example", "20/11"),
    *("thompson tea-1", "thompson 20/11"),
)


class TestWithoutTheCentre:
    def test_orders_of_this_seat_are_found_and_it_is_said(self, site: Site, asked: Asked) -> None:
        margaret = a_customer(phone="+447700900412", email="M@example.org")
        zoe = a_customer("Zoe Hall", phone="+442079460123")
        leeds, elsewhere = an_address(postcode="LS6 3AA"), an_address(postcode="M1 1AE")
        asked.error = Unreachable("centre_away", "The central service does not answer.")
        with site.opened() as desk:
            caller = ready(desk)
            first = place(
                caller,
                site.order(with_line("TEA-1"), changed(customer=margaret), delivered_to(leeds)),
            )
            site.clock.advance(days=3)
            place(
                caller,
                site.order(with_line("CUP-2"), changed(customer=zoe), delivered_to(elsewhere)),
            )
            found = {typed: look_up(caller, typed) for typed in KNOWN}
        assert {typed: numbers(one) for typed, one in found.items()} == {
            typed: [first.number] for typed in KNOWN
        }
        assert all(one.only_here for one in found.values())
        assert "only orders that were placed at this desk" in found["ls6"].sentence

    def test_a_centre_that_is_known_to_be_away_is_not_waited_for(
        self, site: Site, asked: Asked
    ) -> None:
        with site.opened() as desk:
            caller = ready(desk)
            asked.error = Unreachable("centre_away", "The central service does not answer.")
            look_up(caller, "rose")
            look_up(caller, "roses")
        assert len(asked.requests) == 1

    def test_a_number_is_found_and_one_slip_away_offered(self, site: Site, asked: Asked) -> None:
        asked.error = Unreachable("centre_away", "The central service does not answer.")
        with site.opened() as desk:
            caller = ready(desk)
            placed = place(caller, site.order())
            assert numbers(look_up(caller, placed.number)) == [placed.number]
            other = str((int(placed.number[2]) + 1) % 10)
            found = look_up(caller, placed.number[:2] + other + placed.number[3:])
        assert found.orders == ()
        assert [offer.number for offer in found.offers] == [placed.number]

    def test_pages_go_on_where_the_last_one_ended(self, site: Site, asked: Asked) -> None:
        asked.error = Unreachable("centre_away", "The central service does not answer.")
        with site.opened() as desk:
            caller = ready(desk)
            placed = []
            for _ in range(3):
                placed.append(place(caller, site.order()).number)
                site.clock.advance(minutes=40)
            first = look_up(caller, "thompson", limit=2)
            assert first.more is not None
            second = look_up(caller, "thompson", reading=first.reading, after=first.more, limit=2)
        assert numbers(first) + numbers(second) == placed[::-1]
        assert second.more is None
