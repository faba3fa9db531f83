"""Like orders at a desk: its own, and the centre's as long as it answers in time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from app.services.ports import Caller
from app.values.errors import Refusal, Unreachable
from app.values.identity import CustomerId, OrderId, ProductCode
from app.values.order_number import OrderNumber
from app.wire import operations
from app.wire.clash_operations import LIKE_ORDERS
from app.wire.clashes import AskLikeOrders, AskSimilar, LikeOrder, LikeOrders, SameItem
from app.wire.orders import OrderDocument, PlacedOrder, PlaceOrder
from tests.builders import A_MORNING, a_customer, an_id, changed, with_line
from tests.services.desk.site import Site, place, read_back, ready

TEA = ProductCode("TEA-1")
ELSEWHERE = LikeOrder(
    order_id=OrderId(an_id(77)),
    number=OrderNumber("4173029823"),
    placed_at=A_MORNING - timedelta(minutes=6),
    taken_by="Bert Hall",
    products=1,
    same=(SameItem(code=TEA, here=3, there=3),),
)


class Asked:
    """The centre's side of the question."""

    def __init__(self, site: Site) -> None:
        self.requests: list[AskSimilar] = []
        self.orders: tuple[LikeOrder, ...] = ()
        self.lost = False
        site.centre.similar = self

    def __call__(self, request: AskSimilar) -> LikeOrders:
        self.requests.append(request)
        if self.lost:
            raise Unreachable("centre_away", "The central service does not answer.")
        return LikeOrders(orders=self.orders)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


@pytest.fixture
def asked(site: Site) -> Asked:
    return Asked(site)


def again(site: Site, document: OrderDocument, **different: object) -> OrderDocument:
    """Another order of the same customer."""
    assert document.customer is not None
    customer = msgspec.structs.replace(document.customer, **different)
    return changed(customer=customer)(site.order())


def ask(caller: Caller, document: OrderDocument) -> LikeOrders:
    return caller.call(LIKE_ORDERS, AskLikeOrders(document=document))


def place_naming(caller: Caller, document: OrderDocument, *named: OrderId) -> PlacedOrder:
    read_back(caller, document)
    request = PlaceOrder(document=document, not_duplicate_of=named)
    return caller.call(operations.PLACE_ORDER, request)


def refused(caller: Caller, document: OrderDocument) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        place(caller, document)
    return refusal.value


@pytest.mark.usefixtures("asked")
class TestOrdersOfThisDesk:
    def test_are_told_with_who_took_them(self, site: Site) -> None:
        with site.opened() as desk:
            caller = ready(desk)
            placed = place(caller, site.order())
            site.clock.advance(minutes=6)
            (like,) = ask(caller, again(site, placed.document)).orders
        assert (like.number, like.taken_by) == (placed.number, "Anna Reid")
        assert like.same == (SameItem(code=TEA, here=3, there=3),)

    def test_keep_a_second_one_from_being_placed(self, site: Site) -> None:
        with site.opened() as desk:
            caller = ready(desk)
            first = place(caller, site.order())
            site.clock.advance(minutes=6)
            refusal = refused(caller, again(site, first.document))
        assert refusal.code == "near_duplicate"
        number = f"{first.number[:3]} {first.number[3:6]} {first.number[6:]}"
        assert f"6 minutes ago: {number}." in refusal.sentence

    def test_let_one_pass_that_was_asked_about_and_go_with_it(self, site: Site) -> None:
        with site.opened() as desk:
            caller = ready(desk)
            first = place(caller, site.order())
            second = again(site, first.document)
            placed = place_naming(caller, second, first.document.order_id)
            desk.line.step()
        assert placed.not_duplicate_of == (first.document.order_id,)
        assert {len(order.not_duplicate_of) for order in site.centre.orders.values()} == {0, 1}

    def test_are_known_after_a_start(self, site: Site) -> None:
        with site.opened() as desk:
            first = place(ready(desk), site.order())
        with site.opened() as desk:
            assert refused(ready(desk), again(site, first.document)).code == "near_duplicate"

    @pytest.mark.parametrize("told", [{"email": None}, {"phone": "+442079460001"}])
    def test_are_known_of_who_was_entered_anew(
        self, site: Site, told: dict[str, str | None]
    ) -> None:
        anew = CustomerId(an_id(901))
        with site.opened() as desk:
            caller = ready(desk)
            owner = changed(customer=a_customer(email="m@example.org"))
            first = place(caller, owner(site.order()))
            second = again(site, first.document, customer_id=anew, **told)
            assert len(ask(caller, second).orders) == 1

    def test_say_nothing_after_the_minutes_of_the_policy(self, site: Site) -> None:
        with site.opened() as desk:
            caller = ready(desk)
            first = place(caller, site.order())
            site.clock.advance(minutes=31)
            assert ask(caller, again(site, first.document)).orders == ()

    def test_with_other_goods_say_nothing(self, site: Site) -> None:
        with site.opened() as desk:
            caller = ready(desk)
            first = place(caller, site.order())
            other = changed(customer=first.document.customer)(site.order(with_line("CUP-2")))
            assert ask(caller, other).orders == ()
            assert place(caller, other).number

    def test_placed_again_are_the_same_order(self, site: Site) -> None:
        with site.opened() as desk:
            caller = ready(desk)
            document = site.order()
            assert place(caller, document) == place(caller, document)


class TestOrdersTheCentreKnows:
    def test_are_asked_for_and_told(self, site: Site, asked: Asked) -> None:
        asked.orders = (ELSEWHERE,)
        with site.opened() as desk:
            found = ask(ready(desk), site.order())
        assert found == LikeOrders(orders=(ELSEWHERE,))
        (request,) = asked.requests
        assert request.phone == "+447700900412"
        assert [(item.code, item.quantity) for item in request.items] == [("TEA-1", 3)]

    def test_keep_an_order_from_being_placed_that_was_asked_about(
        self, site: Site, asked: Asked
    ) -> None:
        asked.orders = (ELSEWHERE,)
        with site.opened() as desk:
            caller = ready(desk)
            document = site.order()
            ask(caller, document)
            assert "417 302 9823" in refused(caller, document).sentence
            assert place_naming(caller, document, ELSEWHERE.order_id).number

    def test_count_no_more_once_the_order_is_another(self, site: Site, asked: Asked) -> None:
        asked.orders = (ELSEWHERE,)
        with site.opened() as desk:
            caller = ready(desk)
            document = site.order()
            ask(caller, document)
            other = with_line("CUP-2", 9)(document)
            assert place(caller, other).number

    def test_are_done_without_where_it_does_not_answer_in_time(
        self, site: Site, asked: Asked
    ) -> None:
        with site.opened() as desk:
            caller = ready(desk)
            first = place(caller, site.order())
            asked.lost = True
            found = ask(caller, again(site, first.document))
        assert (len(found.orders), found.centre_answered) == (1, False)

    def test_are_not_asked_for_while_the_centre_is_away(self, site: Site, asked: Asked) -> None:
        with site.opened() as desk:
            caller = ready(desk)
            site.centre.away = Unreachable("centre_away", "The central service does not answer.")
            desk.line.step()
            assert not ask(caller, site.order()).centre_answered
        assert asked.requests == []
