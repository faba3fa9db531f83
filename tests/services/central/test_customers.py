from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from app.services.central import customer_search
from app.transport.client import RemoteCaller
from app.values.errors import Refusal
from app.values.identity import CustomerId, OrderId, PersonId
from app.values.order_number import OrderNumber
from app.values.vocabulary import ClosingStep, Role
from app.wire.customers import CustomersFound, FindCustomers, FoundBy, GetOrder, LastOrdersOf
from app.wire.operations import FIND_CUSTOMERS, GET_ORDER, LAST_ORDERS
from app.wire.read_back import Told
from app.wire.sync import Outcome
from tests.builders import (
    A_MORNING,
    a_customer,
    an_address,
    an_id,
    changed,
    delivered_to,
    with_line,
)
from tests.order_desk import OrderCentre, SendingDesk


@pytest.fixture
def csr(either: OrderCentre) -> RemoteCaller:
    return either.signed_in()


@pytest.fixture
def desk(either: OrderCentre) -> SendingDesk:
    return SendingDesk(either)


def a_caller(
    desk: SendingDesk,
    name: str = "Margaret Thompson",
    phone: str = "+447700900412",
    postcode: str = "LS6 3AA",
    country: str = "GB",
    days: int = 0,
) -> CustomerId:
    """Someone who has ordered, `days` after the first."""
    customer = a_customer(name=name, phone=phone)
    address = an_address(country, postcode=postcode)
    order = desk.order(with_line("TEA-1"), changed(customer=customer), delivered_to(address))
    placed = desk.placed(order, placed_at=A_MORNING + timedelta(days=days))
    outcome = desk.send(desk.command(placed))[0]
    assert outcome.outcome in {Outcome.ACCEPTED, Outcome.NEEDS_REVIEW}
    assert order.customer is not None
    return order.customer.customer_id


def find(csr: RemoteCaller, text: str, limit: int = 20) -> CustomersFound:
    return csr.call(FIND_CUSTOMERS, FindCustomers(text=text, limit=limit))


class TestFoundByTelephone:
    @pytest.mark.parametrize(
        "typed",
        [
            "+447700900412",
            "07700 900412",
            "0044 7700 900 412",
            "+44 (0)7700 900412",
            "7700-900-412",
            "900412",
            "0412",
            "٠٧٧٠٠٩٠٠٤١٢",
        ],
    )
    def test_however_the_number_is_written(
        self, csr: RemoteCaller, desk: SendingDesk, typed: str
    ) -> None:
        a_caller(desk)
        found = find(csr, typed)
        assert found.found_by is FoundBy.PHONE
        assert [customer.name for customer in found.customers] == ["Margaret Thompson"]

    def test_by_its_ending_only(self, csr: RemoteCaller, desk: SendingDesk) -> None:
        a_caller(desk)
        assert find(csr, "07700").customers == ()

    def test_not_by_two_digits(self, csr: RemoteCaller, desk: SendingDesk) -> None:
        a_caller(desk)
        assert find(csr, "12").customers == ()

    def test_of_an_american_with_and_without_the_one(
        self, csr: RemoteCaller, desk: SendingDesk
    ) -> None:
        a_caller(desk, phone="+12125550123")
        assert len(find(csr, "(212) 555-0123").customers) == 1
        assert len(find(csr, "1 212 555 0123").customers) == 1


class TestVeryManyOfOneName:
    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(customer_search, "MATCHED_MOST", 2)

    def test_who_ordered_last_comes_first_and_more_is_said(
        self, csr: RemoteCaller, desk: SendingDesk
    ) -> None:
        for days in (0, 2, 3, 1):
            a_caller(desk, name=f"Margaret Day{days}", phone=f"+44770090041{days}", days=days)
        found = find(csr, "margaret", limit=2)
        assert [one.name for one in found.customers] == ["Margaret Day3", "Margaret Day2"]
        assert found.more
        assert find(csr, "margaret").more

    def test_not_where_a_second_word_leaves_few(self, csr: RemoteCaller, desk: SendingDesk) -> None:
        for days in range(4):
            a_caller(desk, name=f"Margaret Day{days}", phone=f"+44770090041{days}", days=days)
        found = find(csr, "margaret day2")
        assert [one.name for one in found.customers] == ["Margaret Day2"]
        assert not found.more


class TestFoundByName:
    @pytest.mark.parametrize(
        "typed",
        ["marg", "THOMPSON", "thompson margaret", "Márgäret", "mar tho", "  Margaret   T "],
    )
    def test_by_the_beginning_of_its_words(
        self, csr: RemoteCaller, desk: SendingDesk, typed: str
    ) -> None:
        a_caller(desk)
        found = find(csr, typed)
        assert found.found_by is FoundBy.NAME
        assert [customer.name for customer in found.customers] == ["Margaret Thompson"]

    @pytest.mark.parametrize(
        ("name", "typed"),
        [
            ("Zoë O'Brien", "obrien zoe"),
            ("Łukasz Müller-Groß", "muller gross"),
            ("山田太郎", "山田"),
            ("محمد علي", "محمد"),
        ],
    )
    def test_with_accents_and_in_any_script(
        self, csr: RemoteCaller, desk: SendingDesk, name: str, typed: str
    ) -> None:
        a_caller(desk, name)
        assert [customer.name for customer in find(csr, typed).customers] == [name]

    def test_when_every_word_fits(self, csr: RemoteCaller, desk: SendingDesk) -> None:
        a_caller(desk, "Margaret Thompson")
        a_caller(desk, "Margaret Hill")
        assert [c.name for c in find(csr, "margaret h").customers] == ["Margaret Hill"]

    @pytest.mark.parametrize("typed", ["", " ", "m", "%", "_", "'", "...", "%%", "\\"])
    def test_never_by_next_to_nothing(
        self, csr: RemoteCaller, desk: SendingDesk, typed: str
    ) -> None:
        a_caller(desk)
        assert find(csr, typed).customers == ()

    def test_the_one_active_last_first(self, csr: RemoteCaller, desk: SendingDesk) -> None:
        a_caller(desk, "Ann One", days=1)
        a_caller(desk, "Ann Three", days=3)
        a_caller(desk, "Ann Two", days=2)
        names = [customer.name for customer in find(csr, "ann").customers]
        assert names == ["Ann Three", "Ann Two", "Ann One"]

    def test_no_more_than_asked_for(self, csr: RemoteCaller, desk: SendingDesk) -> None:
        for number in range(4):
            a_caller(desk, f"Ann {number}")
        found = find(csr, "ann", limit=3)
        assert (len(found.customers), found.more) == (3, True)
        assert not find(csr, "ann", limit=4).more


class TestFoundByPostcode:
    @pytest.mark.parametrize("typed", ["LS6 3AA", "ls63aa", "LS6", "ls6 3", "LS6 3A"])
    def test_of_britain_whole_or_begun(
        self, csr: RemoteCaller, desk: SendingDesk, typed: str
    ) -> None:
        a_caller(desk)
        a_caller(desk, "Other", postcode="LS63 9ZZ")
        found = find(csr, typed)
        assert found.found_by is FoundBy.POSTCODE
        assert [customer.name for customer in found.customers] == ["Margaret Thompson"]

    def test_of_america(self, csr: RemoteCaller, desk: SendingDesk) -> None:
        a_caller(desk, postcode="02128-1234", country="US")
        assert find(csr, "02128").found_by is FoundBy.POSTCODE
        assert len(find(csr, "02128-1234").customers) == 1

    def test_comes_after_the_telephone_in_britain(
        self, csr: RemoteCaller, desk: SendingDesk
    ) -> None:
        a_caller(desk, "By phone", phone="+447700902128")
        a_caller(desk, "By ZIP", postcode="02128", country="US")
        assert [customer.name for customer in find(csr, "02128").customers] == ["By phone"]

    def test_comes_before_the_telephone_in_america(
        self, either: OrderCentre, csr: RemoteCaller, desk: SendingDesk
    ) -> None:
        a_caller(desk, "By phone", phone="+447700902128")
        a_caller(desk, "By ZIP", postcode="02128", country="US")
        either.run("""UPDATE policy SET document = document || '{"region": "us"}'""")
        found = find(csr, "02128")
        either.run("""UPDATE policy SET document = document || '{"region": "gb"}'""")
        assert [customer.name for customer in found.customers] == ["By ZIP"]


class TestACustomerFound:
    def test_comes_with_numbers_and_addresses(self, csr: RemoteCaller, desk: SendingDesk) -> None:
        a_caller(desk)
        customer = find(csr, "thompson").customers[0]
        assert customer.phones == ("+447700900412",)
        assert [view.address for view in customer.addresses] == [an_address()]
        assert customer.revision == 1

    def test_shows_the_address_used_last_first(self, csr: RemoteCaller, desk: SendingDesk) -> None:
        customer_id = a_caller(desk)
        for days, postcode in ((2, "LS1 1AA"), (1, "LS2 2AA")):
            customer = a_customer(customer_id=customer_id, base_revision=1)
            order = desk.order(
                with_line("TEA-1"),
                changed(customer=customer),
                delivered_to(an_address(postcode=postcode)),
            )
            when = A_MORNING + timedelta(days=days)
            desk.send(desk.command(desk.placed(order, placed_at=when)))
        views = find(csr, "thompson").customers[0].addresses
        assert [v.address.postcode for v in views] == ["LS1 1AA", "LS2 2AA", "LS6 3AA"]

    def test_is_not_for_whoever_may_not_see_customers(self, either: OrderCentre) -> None:
        with pytest.raises(Refusal):
            either.seat().call(FIND_CUSTOMERS, FindCustomers(text="thompson"))


class TestPastOrders:
    def test_come_newest_first(self, csr: RemoteCaller, desk: SendingDesk) -> None:
        customer_id = a_caller(desk)
        again = a_customer(customer_id=customer_id, base_revision=1)
        for days in (3, 1, 2):
            order = desk.order(with_line("TEA-1", days), changed(customer=again))
            when = A_MORNING + timedelta(days=days)
            desk.send(desk.command(desk.placed(order, placed_at=when)))
        last = csr.call(LAST_ORDERS, LastOrdersOf(customer_id=customer_id)).orders
        assert [order.placed_at - A_MORNING for order in last] == [
            timedelta(days=days) for days in (3, 2, 1)
        ]
        assert last[0].line_count == 1
        assert last[0].total.minor == 3 * 295 + 495

    def test_of_a_stranger_are_none(self, csr: RemoteCaller) -> None:
        asked = LastOrdersOf(customer_id=CustomerId(an_id(4711)))
        assert csr.call(LAST_ORDERS, asked).orders == ()

    def test_can_be_opened_with_number_state_and_reasons(
        self, csr: RemoteCaller, desk: SendingDesk
    ) -> None:
        placed = desk.placed(desk.order(with_line("NOPE-1", 3)))
        desk.send(desk.command(placed))
        view = csr.call(GET_ORDER, GetOrder(order_id=placed.document.order_id))
        assert (view.state, view.review_reasons) == ("needs_review", ("product_unknown",))
        assert view.placed == placed

    def test_that_are_unknown_are_refused_in_words(self, csr: RemoteCaller) -> None:
        with pytest.raises(Refusal) as refusal:
            csr.call(GET_ORDER, GetOrder(order_id=OrderId(an_id(4711))))
        assert refusal.value.code == "order_unknown"

    def test_may_be_seen_by_a_lead(self, either: OrderCentre, desk: SendingDesk) -> None:
        placed = desk.placed()
        desk.send(desk.command(placed))
        lead = either.signed_in(Role.TEAM_LEAD)
        view = lead.call(GET_ORDER, GetOrder(order_id=placed.document.order_id))
        assert msgspec.structs.asdict(view)["revision"] == 1

    def test_names_who_took_it_and_leaves_out_who_is_not_known(
        self, csr: RemoteCaller, desk: SendingDesk
    ) -> None:
        placed = desk.placed()
        stranger = PersonId(an_id(4712))
        step = Told(at=placed.placed_at, by=stranger, step=ClosingStep.NUMBER_GIVEN)
        placed = msgspec.structs.replace(placed, read_back=(*placed.read_back, step))
        desk.send(desk.command(placed))
        view = csr.call(GET_ORDER, GetOrder(order_id=placed.document.order_id))
        assert placed.placed_by in [person.person_id for person in view.people]
        assert stranger not in [person.person_id for person in view.people]


class TestAnOrderByItsNumber:
    def test_is_the_order_that_has_it(self, csr: RemoteCaller, desk: SendingDesk) -> None:
        first, second = desk.placed(), desk.placed()
        desk.send(desk.command(first), desk.command(second))
        assert csr.call(GET_ORDER, GetOrder(number=second.number)).placed == second

    def test_is_found_however_it_is_written(self, csr: RemoteCaller, desk: SendingDesk) -> None:
        placed = desk.placed()
        desk.send(desk.command(placed))
        number = placed.number
        written = OrderNumber(f" {number[:3]} {number[3:6]}-{number[6:]} ")
        assert csr.call(GET_ORDER, GetOrder(number=written)).placed == placed

    def test_is_found_by_the_number_the_caller_was_told(
        self, csr: RemoteCaller, desk: SendingDesk
    ) -> None:
        told = OrderNumber("1234567890")
        outcome = desk.send(desk.command(desk.placed(number=told)))[0]
        view = csr.call(GET_ORDER, GetOrder(number=told))
        assert view.placed.number == outcome.number != told

    def test_that_two_callers_were_told_is_the_first_ones(
        self, csr: RemoteCaller, desk: SendingDesk
    ) -> None:
        first = desk.placed()
        second = desk.placed(number=first.number)
        desk.send(desk.command(first), desk.command(second))
        view = csr.call(GET_ORDER, GetOrder(number=first.number))
        assert view.placed.document.order_id == first.document.order_id

    @pytest.mark.parametrize(
        ("number", "code"),
        [("0000000001", "number_wrong"), ("12", "number_wrong"), ("", "order_unnamed")],
        ids=["wrong digit", "too short", "none"],
    )
    def test_that_cannot_be_one_is_refused_in_words(
        self, csr: RemoteCaller, number: str, code: str
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            csr.call(GET_ORDER, GetOrder(number=OrderNumber(number)))
        assert refusal.value.code == code
        assert refusal.value.sentence.endswith(".")

    def test_that_nobody_has_is_refused_in_words(
        self, csr: RemoteCaller, desk: SendingDesk
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            csr.call(GET_ORDER, GetOrder(number=desk.number()))
        assert refusal.value.code == "order_unknown"

    def test_is_asked_for_by_something(self, csr: RemoteCaller) -> None:
        with pytest.raises(Refusal) as refusal:
            csr.call(GET_ORDER, GetOrder())
        assert refusal.value.code == "order_unnamed"

    def test_says_how_the_call_ended(self, csr: RemoteCaller, desk: SendingDesk) -> None:
        placed = desk.placed()
        desk.send(desk.command(placed))
        assert csr.call(GET_ORDER, GetOrder(number=placed.number)).closed is None
        closed = desk.closed(placed)
        desk.send(desk.command(closed))
        assert csr.call(GET_ORDER, GetOrder(number=placed.number)).closed == closed
