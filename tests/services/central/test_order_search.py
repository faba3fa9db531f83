"""Orders found by everything a caller may still know of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec
import pytest

from app.services.central import order_owners, order_walk
from app.services.central.order_search import OrderSearch
from app.services.central.transaction import NOBODY, Transaction
from app.services.rules.order_query import read_query
from app.values.identity import OrderId, uuid7
from app.values.order_life import Fulfilment
from app.values.order_number import OrderNumber
from app.values.vocabulary import Region, Role
from app.wire.clash_operations import MERGE_CUSTOMERS
from app.wire.clashes import MergeCustomers
from app.wire.order_operations import FIND_ORDERS
from app.wire.order_search import FindOrders, FoundOrder, Meaning, OrdersFound
from app.wire.orders import PlacedOrder
from app.wire.sync import Outcome
from tests.builders import A_MORNING, a_customer, an_address, changed, delivered_to, with_line
from tests.order_desk import OrderCentre, SendingDesk

TODAY = date(2026, 11, 22)


def an_order(
    desk: SendingDesk,
    name: str = "Margaret Thompson",
    phone: str = "+447700900412",
    *,
    postcode: str = "LS6 3AA",
    email: str | None = None,
    code: str = "TEA-1",
    pieces: int = 2,
    minutes: int = 0,
) -> PlacedOrder:
    """One that was placed so many minutes after the first."""
    at = A_MORNING + timedelta(minutes=minutes)
    order = desk.order(
        with_line(code, pieces),
        changed(customer=a_customer(name=name, phone=phone, email=email)),
        delivered_to(an_address(postcode=postcode)),
    )
    begun = uuid7(int(at.timestamp() * 1_000), 0, desk.centre.ids.new().int & 0xFFFFFF)
    order = msgspec.structs.replace(order, order_id=OrderId(begun))
    placed = desk.placed(order, placed_at=at)
    outcome = desk.send(desk.command(placed))[0]
    assert outcome.outcome in {Outcome.ACCEPTED, Outcome.NEEDS_REVIEW}
    return placed


def asked(text: str, region: Region = Region.GB) -> FindOrders:
    query = read_query(text, TODAY, region)
    return FindOrders(readings=query.readings, slip_of=query.slip_of, limit=20)


def ask(centre: OrderCentre, request: FindOrders) -> OrdersFound:
    def finding(tx: Transaction) -> OrdersFound:
        return OrderSearch().find(tx, NOBODY, request)

    return centre.transactions.read(finding)


def find(centre: OrderCentre, text: str) -> OrdersFound:
    return ask(centre, asked(text))


def numbers(found: OrdersFound) -> list[OrderNumber]:
    return [order.number for order in found.orders]


def test_an_order_is_found_with_all_that_its_row_shows(either: OrderCentre) -> None:
    placed = an_order(SendingDesk(either))
    csr = either.signed_in()
    (order,) = csr.call(FIND_ORDERS, asked(placed.number)).orders
    assert (order.number, order.order_id) == (placed.number, placed.document.order_id)
    assert (order.customer_name, order.postcode) == ("Margaret Thompson", "LS6 3AA")
    assert (order.line_count, order.total) == (1, placed.totals.total)
    assert (order.meaning, order.fulfilment) == (Meaning.NUMBER, Fulfilment.WAITING)


KNOWN = {
    "07700 900412": Meaning.PHONE,
    "0412": Meaning.PHONE,
    "thompson marg": Meaning.NAME,
    "M\u00e1rgaret": Meaning.NAME,
    "LS6 3AA": Meaning.POSTCODE,
    "ls6": Meaning.POSTCODE,
    "m@example.org": Meaning.EMAIL,
    "M@exam": Meaning.EMAIL,
    "tea-1": Meaning.PRODUCT,
    "thompson tea-1": Meaning.SEVERAL,
    "descr marg": Meaning.SEVERAL,
    "thompson 0412": Meaning.SEVERAL,
    "thompson ls6": Meaning.SEVERAL,
    "2026-11-20": Meaning.DAY,
    "thompson 20/11": Meaning.SEVERAL,
    "tea-1 20/11": Meaning.SEVERAL,
    "tea-1 before 21/11": Meaning.SEVERAL,
}


def test_by_whatever_is_known_of_it(local: OrderCentre) -> None:
    desk = SendingDesk(local)
    wanted = an_order(desk, email="m@example.org")
    an_order(desk, "Zoe Hall", "+442079460123", postcode="M1 1AE", code="CUP-2", minutes=5 * 1_440)
    found = {typed: find(local, typed) for typed in KNOWN}
    assert {typed: numbers(one) for typed, one in found.items() if numbers(one)} == {
        typed: [wanted.number] for typed in KNOWN
    }
    assert {typed: one.meaning for typed, one in found.items()} == KNOWN


def test_by_its_total(local: OrderCentre, desk: SendingDesk) -> None:
    wanted = an_order(desk, pieces=3)
    an_order(desk, "Zoe Hall", "+442079460123", pieces=4)
    total = str(wanted.totals.total)
    assert numbers(find(local, total)) == [wanted.number]
    assert numbers(find(local, f"{total} thompson")) == [wanted.number]
    assert numbers(find(local, f"{total} zoe")) == []
    assert numbers(find(local, total.replace("\u00a3", "$"))) == []


def test_what_fits_none_finds_none(local: OrderCentre, desk: SendingDesk) -> None:
    an_order(desk)
    for typed in ("nobody", "0413", "M1 1AE", "CUP-2", "1.00", "1999-01-01"):
        found = find(local, typed)
        assert (found.orders, found.more, found.offers) == ((), None, ()), typed


class TestANumber:
    def test_that_was_told_to_two_callers_finds_both(
        self, local: OrderCentre, desk: SendingDesk
    ) -> None:
        first = an_order(desk)
        other = desk.placed(desk.order(), number=first.number)
        desk.send(desk.command(other))
        has, told = find(local, first.number).orders
        assert (has.order_id, has.told_number) == (first.document.order_id, None)
        assert (told.order_id, told.told_number) == (other.document.order_id, first.number)

    def test_may_be_a_telephone_number_as_well(self, local: OrderCentre, desk: SendingDesk) -> None:
        has = an_order(desk)
        rings = an_order(desk, "Zoe Hall", f"+1{has.number}", minutes=5)
        found = find(local, has.number)
        assert [(order.number, order.meaning) for order in found.orders] == [
            (has.number, Meaning.NUMBER),
            (rings.number, Meaning.PHONE),
        ]

    def test_with_a_wrong_digit_is_offered_and_not_chosen(
        self, local: OrderCentre, desk: SendingDesk
    ) -> None:
        placed = an_order(desk)
        wrong = f"{placed.number[:3]}{(int(placed.number[3]) + 1) % 10}{placed.number[4:]}"
        found = find(local, wrong)
        assert found.orders == ()
        assert [offer.number for offer in found.offers] == [placed.number]
        assert "Thompson" not in repr(found)

    def test_with_a_digit_left_out_is_offered(self, local: OrderCentre, desk: SendingDesk) -> None:
        placed = an_order(desk)
        assert [o.number for o in find(local, placed.number[:-1]).offers] == [placed.number]

    def test_that_is_right_offers_no_other(self, local: OrderCentre, desk: SendingDesk) -> None:
        assert find(local, an_order(desk).number).offers == ()


def test_customers_that_were_merged_count_as_one(
    local: OrderCentre, desk: SendingDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = an_order(desk, "Margaret Thompson", "+447700900412")
    gone = an_order(desk, "Maggie Thomson", "+447700900777", minutes=5)
    an_order(desk, "Zoe Hall", "+442079460123")
    assert kept.document.customer is not None
    assert gone.document.customer is not None
    request = MergeCustomers(
        customer_id=gone.document.customer.customer_id,
        survivor_id=kept.document.customer.customer_id,
    )
    local.signed_in(Role.TEAM_LEAD).call(MERGE_CUSTOMERS, request)
    for typed in ("0412", "0777", "maggie", "thompson", "maggie 0412"):
        found = find(local, typed)
        assert numbers(found) == [gone.number, kept.number], typed
        assert {order.customer_name for order in found.orders} == {"Margaret Thompson"}
    monkeypatch.setattr(order_owners, "WALKED_MOST", 0)  # as where very many are called so
    assert numbers(find(local, "maggie 0412")) == [gone.number, kept.number]


def test_who_is_restricted_is_found_by_nobody_but_their_orders_number(
    local: OrderCentre, desk: SendingDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = an_order(desk, "Margaret Thompson", "+447700900412", email="m@example.test")
    other = an_order(desk, "Maggie Thomson", "+447700900777", minutes=5)
    say = "UPDATE customer SET restricted_at = updated_at WHERE name = 'Margaret Thompson'"
    local.run(say)
    for walked_most in (order_owners.WALKED_MOST, 0):  # and as where very many are called so
        monkeypatch.setattr(order_owners, "WALKED_MOST", walked_most)
        for typed in ("0412", "m@example.test", "thompson", "margaret 0412", "thompson LS6 3AA"):
            assert find(local, typed).orders == (), typed
        assert numbers(find(local, "LS6 3AA")) == [other.number]
    assert numbers(find(local, hidden.number)) == [hidden.number]


def test_another_meaning_that_finds_something_is_told(
    local: OrderCentre, desk: SendingDesk
) -> None:
    an_order(desk, "Description Jones")
    request = asked("descr")
    found = ask(local, request)
    assert found.meaning is Meaning.NAME
    assert [request.readings[at].meaning for at in found.others] == [Meaning.PRODUCT]


WAYS = {
    "few customers": "smith tea-1",
    "many customers": "smith tea-1",
    "a product": "item:tea-1 name:smith",
    "many products": "item:descr name:smith",
    "a day": "2026-11-20 smith",
    "a total": "10.85 smith",
}


def test_pages_go_on_where_the_last_one_ended_and_miss_none(
    local: OrderCentre, desk: SendingDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minutes in (30, 10, 50, 20, 40, 41, 60):
        an_order(desk, "Ann Smith", f"+44207946{minutes:04}", minutes=minutes)
    an_order(desk, "Zoe Hall", "+442079460123", code="CUP-2", pieces=9, minutes=45)
    monkeypatch.setattr(order_walk, "LOOKED_THROUGH_MOST", 4)
    for way, typed in WAYS.items():
        monkeypatch.setattr(order_owners, "OWNERS_MOST", 9 if way == "few customers" else 2)
        monkeypatch.setattr(order_walk, "CODES_MOST", 1 if way == "many products" else 9)
        found = _in_pages_of_two(local, typed)
        assert len(found) == len({order.order_id for order in found}) == 7, way
        assert {order.customer_name for order in found} == {"Ann Smith"}
        assert found == sorted(found, key=_place, reverse=True)


def _in_pages_of_two(local: OrderCentre, typed: str) -> list[FoundOrder]:
    request = msgspec.structs.replace(asked(typed), limit=2)
    pages = [ask(local, request)]
    reading = (request.readings[pages[0].reading],)
    while pages[-1].more is not None and len(pages) < 20:
        pages.append(ask(local, FindOrders(readings=reading, after=pages[-1].more, limit=2)))
    return [order for page in pages for order in page.orders]


def _place(order: FoundOrder) -> tuple[datetime, OrderId]:
    return order.placed_at, order.order_id
