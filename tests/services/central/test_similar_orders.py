"""Like orders within minutes: told to a desk that asks, looked at where nobody asked."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from app.services.central.installation import Installations
from app.services.central.transaction import Transaction
from app.services.rules.like_orders import items_of
from app.services.rules.review import sentence_for
from app.values.contact import contact_keys
from app.values.identity import CustomerId, DeviceId, OrderId
from app.values.order_number import OrderNumber
from app.values.vocabulary import Role
from app.wire.clash_operations import MERGE_CUSTOMERS, SIMILAR_ORDERS
from app.wire.clashes import AskSimilar, ComparedItem, LikeOrders, MergeCustomers
from app.wire.orders import OrderDocument
from app.wire.sync import CommandOutcome, Outcome
from tests.builders import A_MORNING, Change, changed, with_charge, with_line
from tests.order_desk import OrderCentre, SendingDesk


def of_the_same(
    desk: SendingDesk, first: OrderDocument, *changes: Change, phone: str | None = None
) -> OrderDocument:
    """Another order of the customer; with `phone`, of one who was entered anew."""
    assert first.customer is not None
    customer = first.customer
    if phone is not None:
        new = CustomerId(desk.centre.ids.new())
        customer = msgspec.structs.replace(customer, customer_id=new, phone=phone)
    other = desk.order(*(changes or (with_line("TEA-1", 2),)))
    return msgspec.structs.replace(other, customer=customer)


def reasons(desk: SendingDesk, order: OrderDocument, **different: object) -> tuple[str, ...]:
    return desk.send_order(order, **different).reasons


def ask(desk: SendingDesk, order: OrderDocument) -> LikeOrders:
    assert order.customer is not None
    request = AskSimilar(
        order_id=order.order_id,
        customer_id=order.customer.customer_id,
        phone=order.customer.phone,
        email=order.customer.email,
        items=tuple(ComparedItem(code=line.code, quantity=line.quantity) for line in order.lines),
    )
    return desk.caller.call(SIMILAR_ORDERS, request)


class TestAnOrderThatComes:
    def test_shortly_after_one_like_it_is_looked_at(self, desk: SendingDesk) -> None:
        first = desk.order()
        outcome = desk.send_order(first)
        again = desk.send_order(of_the_same(desk, first))
        assert again.outcome is Outcome.NEEDS_REVIEW
        assert again.reasons == (f"near_duplicate:{outcome.number}",)
        number = outcome.number
        assert number is not None
        assert f"{number[:3]} {number[3:6]} {number[6:]}" in sentence_for(again.reasons[0])

    def test_is_not_where_the_caller_was_asked_about_it(self, desk: SendingDesk) -> None:
        first = desk.order()
        desk.send_order(first)
        assert reasons(desk, of_the_same(desk, first), not_duplicate_of=(first.order_id,)) == ()

    def test_is_where_they_were_asked_about_another(self, desk: SendingDesk) -> None:
        first, second = desk.order(), desk.order()
        desk.send_order(first)
        desk.send_order(second)
        third = of_the_same(desk, first)
        assert len(reasons(desk, third, not_duplicate_of=(second.order_id,))) == 1

    def test_earlier_by_its_own_time_is_looked_at_too(self, desk: SendingDesk) -> None:
        """A desk that was offline sends late what it placed first."""
        first = desk.order()
        desk.send_order(first)
        early = A_MORNING - timedelta(minutes=20)
        assert len(reasons(desk, of_the_same(desk, first), placed_at=early)) == 1

    def test_is_not_after_the_minutes_of_the_policy(self, desk: SendingDesk) -> None:
        first = desk.order()
        desk.send_order(first)
        later = A_MORNING + timedelta(minutes=35)
        desk.centre.clock.set(later)
        assert reasons(desk, of_the_same(desk, first), placed_at=later) == ()

        def wait_longer(tx: Transaction) -> None:
            _, policy = Installations().policy(tx)
            Installations().set_policy(tx, msgspec.structs.replace(policy, duplicate_minutes=60))

        desk.centre.administration.write(wait_longer)
        try:
            assert len(reasons(desk, of_the_same(desk, first), placed_at=later)) == 2
        finally:
            desk.centre.run("DELETE FROM policy WHERE revision > 1")

    def test_with_other_goods_is_another_order(self, desk: SendingDesk) -> None:
        first = desk.order(with_line("TEA-1", 2), with_charge())
        desk.send_order(first)
        assert reasons(desk, of_the_same(desk, first, with_line("CUP-2"), with_charge())) == ()

    def test_of_who_was_entered_anew_is_known_by_number(self, desk: SendingDesk) -> None:
        first = desk.order()
        assert first.customer is not None
        desk.send_order(first)
        anew = of_the_same(desk, first, phone=first.customer.phone)
        assert len(reasons(desk, anew)) == 1

    def test_of_who_was_merged_is_known_under_either_id(self, desk: SendingDesk) -> None:
        first, other = desk.order(), desk.order(with_line("CUP-2"))
        assert first.customer is not None
        assert other.customer is not None
        desk.send_order(first)
        desk.send_order(other)
        lead = desk.centre.signed_in(Role.TEAM_LEAD)
        merge = MergeCustomers(
            customer_id=other.customer.customer_id, survivor_id=first.customer.customer_id
        )
        lead.call(MERGE_CUSTOMERS, merge)
        assert len(reasons(desk, changed(customer=other.customer)(desk.order()))) == 1
        cups = changed(customer=first.customer)(desk.order(with_line("CUP-2")))
        assert len(reasons(desk, cups)) == 1

    def test_of_nobody_is_like_none(self, desk: SendingDesk) -> None:
        for _ in range(2):
            outcome: CommandOutcome = desk.send_order(changed(customer=None)(desk.order()))
            assert outcome.reasons == ("customer_missing",)


class TestADeskThatAsks:
    def test_is_told_number_time_who_and_what(self, desk: SendingDesk) -> None:
        first = desk.order(with_line("TEA-1", 2), with_line("CUP-2", 1))
        number = desk.send_order(first).number
        (like,) = ask(desk, of_the_same(desk, first, with_line("TEA-1", 2))).orders
        assert (like.number, like.order_id, like.products) == (number, first.order_id, 2)
        assert like.taken_by != ""
        assert [(same.code, same.here, same.there) for same in like.same] == [("TEA-1", 2, 2)]
        assert like.placed_at == A_MORNING + timedelta(minutes=4)

    def test_is_told_of_its_own_order_never(self, desk: SendingDesk) -> None:
        first = desk.order()
        desk.send_order(first)
        assert ask(desk, first).orders == ()

    def test_is_told_of_no_cancelled_order(self, desk: SendingDesk) -> None:
        first = desk.order()
        desk.send_order(first)
        desk.centre.run("UPDATE sales_order SET state = 'cancelled'")
        assert ask(desk, of_the_same(desk, first)).orders == ()

    def test_over_the_wire_as_well(self, either: OrderCentre) -> None:

        desk = SendingDesk(either)
        first = desk.order()
        desk.send_order(first)
        assert len(ask(desk, of_the_same(desk, first)).orders) == 1


class TestTwoSeatsThatPlaceOneDraft:
    def test_leave_one_order_and_one_to_look_at_and_nothing_counts_twice(
        self, local: OrderCentre
    ) -> None:

        one, other = SendingDesk(local, "Desk 1"), SendingDesk(local, "Desk 2")
        local.run(
            "INSERT INTO stock_level (code, on_hand, reserved, counted_at)"
            " VALUES ('TEA-1', 3, 0, '2026-11-20Z')"
        )
        first = one.order(with_line("TEA-1", 2))
        second = msgspec.structs.replace(
            first, device_id=DeviceId(other.seat.device_id), internal_note="opened here, too"
        )
        sent = one.send_order(first)
        twice = other.send_order(second)
        rows = local.rows("SELECT order_id, number, state FROM sales_order ORDER BY received_at")
        assert sent.outcome is Outcome.ACCEPTED
        assert "order_sent_twice" in twice.reasons
        assert len({row.order_id for row in rows}) == len({row.number for row in rows}) == 2
        assert sorted(row.state for row in rows) == ["accepted", "needs_review"]
        reserved = local.rows("SELECT reserved FROM stock_level WHERE code = 'TEA-1'")[0].reserved
        assert reserved == 2


@pytest.mark.parametrize(
    ("phone", "email", "keys"),
    [
        ("+441134960412", "Ann@Example.org", ("tel:+441134960412", "mail:ann@example.org")),
        ("", None, ()),
        ("ask her", "nobody", ()),
    ],
)
def test_a_person_is_told_by_number_and_folded_address(
    phone: str, email: str | None, keys: tuple[str, ...]
) -> None:
    assert contact_keys(phone, email) == keys


def test_items_of_an_order_are_compared_by_codes_in_capitals(desk: SendingDesk) -> None:
    first = desk.order(with_line("tea-1", 2))
    desk.send_order(first)
    (like,) = ask(desk, of_the_same(desk, first)).orders
    assert items_of(first.lines) == {"TEA-1": 2}
    assert OrderId(like.order_id) == first.order_id
    assert len(OrderNumber(like.number)) == 10
