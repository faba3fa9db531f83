"""The same customer entered twice: who may be one is asked about once, merged and unmerged."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.values.errors import Refusal
from app.values.identity import CustomerId
from app.values.vocabulary import Role
from app.wire.clash_operations import (
    KEEP_APART,
    LIST_CUSTOMER_TASKS,
    MERGE_CUSTOMERS,
    UNMERGE_CUSTOMER,
)
from app.wire.clashes import (
    CustomerTask,
    FieldTold,
    KeepApart,
    ListCustomerTasks,
    MergeCustomers,
    UnmergeCustomer,
)
from app.wire.customers import CustomerView, FindCustomers, LastOrdersOf
from app.wire.operations import FIND_CUSTOMERS, LAST_ORDERS
from app.wire.sync import CommandOutcome
from tests.builders import a_customer, an_address, changed, delivered_to, with_line
from tests.order_desk import OrderCentre, SendingDesk

PHONE = "+442079460018"


class Twins:
    """Customers who come in with an order each, of a product of their own."""

    def __init__(self, centre: OrderCentre) -> None:
        self.centre = centre
        self.desk = SendingDesk(centre)
        self.lead = centre.signed_in(Role.TEAM_LEAD)
        self._products = 0

    def enter(self, phone: str = PHONE, name: str = "Ann Lee", email: str | None = None) -> UUID:
        """A new customer."""
        customer = a_customer(
            name, customer_id=CustomerId(self.centre.ids.new()), phone=phone, email=email
        )
        self.order_for(customer.customer_id, phone, name, email)
        return customer.customer_id

    def order_for(
        self, customer: UUID, phone: str = PHONE, name: str = "Ann Lee", email: str | None = None
    ) -> CommandOutcome:
        """An order under this id."""
        self._products += 1
        code = f"BOX-{self._products}"
        self.centre.list_product(code)
        document = self.desk.order(
            with_line(code), delivered_to(an_address(postcode=f"LS{self._products} 1AA"))
        )
        owner = a_customer(name, customer_id=CustomerId(customer), phone=phone, email=email)
        return self.desk.send_order(changed(customer=owner)(document))

    def tasks(self) -> tuple[CustomerTask, ...]:
        return self.lead.call(LIST_CUSTOMER_TASKS, ListCustomerTasks()).tasks

    def merge(self, customer: UUID, survivor: UUID) -> None:
        request = MergeCustomers(customer_id=CustomerId(customer), survivor_id=CustomerId(survivor))
        self.lead.call(MERGE_CUSTOMERS, request)

    def unmerge(self, customer: UUID) -> None:
        self.lead.call(UNMERGE_CUSTOMER, UnmergeCustomer(customer_id=CustomerId(customer)))

    def found(self, text: str) -> tuple[CustomerView, ...]:
        return self.lead.call(FIND_CUSTOMERS, FindCustomers(text=text)).customers

    def orders_of(self, customer: UUID) -> int:
        request = LastOrdersOf(customer_id=CustomerId(customer), limit=50)
        return len(self.lead.call(LAST_ORDERS, request).orders)

    def standing(self) -> list[object]:
        """Everything that is kept of customers, but what was ever merged."""
        tables = (
            *("customer", "customer_phone", "customer_name_token", "address"),
            *("customer_version", "customer_key", "sales_order", "customer_task"),
        )
        return [
            sorted(str(row[0]) for row in self.centre.rows(f"SELECT t::text FROM {table} t"))  # noqa: S608 - named above
            for table in tables
        ]


@pytest.fixture
def twins(local: OrderCentre) -> Twins:
    return Twins(local)


class TestWhoMayBeOne:
    def test_by_one_number_is_asked_about_once_and_holds_up_no_order(self, twins: Twins) -> None:
        one, other = twins.enter(), twins.enter()
        assert twins.order_for(other).reasons == ()
        (task,) = twins.tasks()
        assert task.other is not None
        assert {task.customer.customer_id, task.other.customer_id} == {one, other}
        assert task.fields == (FieldTold(field="phone", present=PHONE),)

    def test_is_named_beside_the_other_until_it_is_decided(self, twins: Twins) -> None:
        one, other = twins.enter(name="Ann Lee"), twins.enter(name="Anne Leigh")
        assert {view.name: view.twins for view in twins.found(PHONE)} == {
            "Ann Lee": ("Anne Leigh",),
            "Anne Leigh": ("Ann Lee",),
        }
        twins.merge(other, one)
        (view,) = twins.found(PHONE)
        assert (view.merged, view.twins) == ((other,), ())

    def test_by_one_address_of_e_mail_however_it_is_written(self, twins: Twins) -> None:
        twins.enter(phone="+442079460001", email="Ann.Lee@example.org")
        twins.enter(phone="+442079460002", email="ann.lee@example.org")
        (task,) = twins.tasks()
        assert task.fields == (FieldTold(field="email", present="ann.lee@example.org"),)

    def test_is_nobody_who_shares_nothing(self, twins: Twins) -> None:
        twins.enter(phone="+442079460001")
        twins.enter(phone="+442079460002")
        assert twins.tasks() == ()

    def test_is_asked_about_when_a_known_customer_gives_the_number_of_another(
        self, twins: Twins
    ) -> None:
        twins.enter(phone="+442079460001")
        other = twins.enter(phone="+442079460002")
        assert twins.order_for(other, phone="+442079460001").reasons == ()
        assert len(twins.tasks()) == 1

    def test_of_two_replicas_at_once_one_sees_the_other(self, local: OrderCentre) -> None:
        local_twins = Twins(local)
        desks = [SendingDesk(local, f"Seat {at}") for at in range(5)]
        commands = []
        for at, desk in enumerate(desks):
            local.list_product(f"PEN-{at}")
            owner = a_customer(customer_id=CustomerId(local.ids.new()), phone=PHONE)
            order = desk.order(with_line(f"PEN-{at}"), changed(customer=owner))
            owner = msgspec.structs.replace(owner, customer_id=CustomerId(local.ids.new()))
            commands.append(desk.command(desk.placed(changed(customer=owner)(order))))
        threads = [
            threading.Thread(target=local.intake.take, args=(commands[at], desks[at].actor))
            for at in range(5)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert local.counts()["customer"] == 5
        assert len(local_twins.tasks()) == 4

    def test_are_paged_by_key(self, twins: Twins) -> None:
        for _ in range(4):
            twins.enter()
        first = twins.lead.call(LIST_CUSTOMER_TASKS, ListCustomerTasks(limit=2))
        after = first.tasks[-1].task_id
        rest = twins.lead.call(LIST_CUSTOMER_TASKS, ListCustomerTasks(limit=2, after=after))
        assert (len(first.tasks), first.more, len(rest.tasks), rest.more) == (2, True, 1, False)


class TestAMerge:
    def test_shows_orders_numbers_and_addresses_in_one_row(self, twins: Twins) -> None:
        one = twins.enter(phone="+442079460001", name="Ann Lee")
        other = twins.enter(phone="+442079460002", name="Anne Leigh")
        twins.merge(other, one)
        for text in ("0001", "0002", "lee", "leigh", "LS1 1AA", "LS2 1AA"):
            (view,) = twins.found(text)
            assert (view.customer_id, view.name, view.merged) == (one, "Ann Lee", (other,))
            assert view.phones == ("+442079460001", "+442079460002")
            assert len(view.addresses) == 2
        assert twins.orders_of(one) == twins.orders_of(other) == 2

    def test_takes_orders_that_come_later_under_the_old_id(self, twins: Twins) -> None:
        one, other = twins.enter(), twins.enter()
        twins.merge(other, one)
        assert twins.order_for(other).reasons == ()
        assert twins.orders_of(one) == 3

    def test_settles_what_was_asked_of_the_two(self, twins: Twins) -> None:
        one, other = twins.enter(), twins.enter()
        twins.merge(other, one)
        assert twins.tasks() == ()
        twins.unmerge(other)
        assert len(twins.tasks()) == 1

    def test_can_be_taken_back_after_new_orders_which_stay_where_they_were_placed(
        self, twins: Twins
    ) -> None:
        one, other = twins.enter(), twins.enter()
        twins.merge(other, one)
        twins.order_for(one)
        twins.order_for(other)
        twins.order_for(other)
        twins.unmerge(other)
        assert (twins.orders_of(one), twins.orders_of(other)) == (2, 3)
        assert {view.customer_id for view in twins.found("0018")} == {one, other}

    def test_leaves_the_numbers_of_both_where_they_are(self, twins: Twins) -> None:
        one = twins.enter(phone="+442079460001")
        other = twins.enter(phone="+442079460002")
        twins.merge(other, one)
        twins.order_for(one, phone="+442079460002")
        twins.unmerge(other)
        phones = {view.customer_id: view.phones for view in twins.found("lee")}
        assert phones == {one: ("+442079460001",), other: ("+442079460002",)}

    @pytest.mark.parametrize(
        ("code", "customer", "survivor"),
        [("same_customer", 0, 0), ("customer_merged", 1, 2), ("customer_merged", 2, 1)],
    )
    def test_that_makes_no_sense_is_refused(
        self, twins: Twins, code: str, customer: int, survivor: int
    ) -> None:
        ids = [twins.enter(), twins.enter(), twins.enter()]
        twins.merge(ids[1], ids[0])
        with pytest.raises(Refusal) as refusal:
            twins.merge(ids[customer], ids[survivor])
        assert refusal.value.code == code

    def test_of_nobody_is_refused_and_so_is_taking_back_what_never_was(self, twins: Twins) -> None:
        one, nobody = twins.enter(), twins.centre.ids.new()
        with pytest.raises(Refusal, match="no such customer"):
            twins.merge(nobody, one)
        with pytest.raises(Refusal, match="not merged"):
            twins.unmerge(one)

    def test_is_a_leads_and_audited(self, twins: Twins) -> None:
        one, other = twins.enter(), twins.enter()
        csr = twins.centre.signed_in()
        request = MergeCustomers(customer_id=CustomerId(other), survivor_id=CustomerId(one))
        with pytest.raises(Refusal) as refusal:
            csr.call(MERGE_CUSTOMERS, request)
        assert refusal.value.code == "permission_missing"
        twins.merge(other, one)
        twins.unmerge(other)
        rows = twins.centre.rows(
            "SELECT operation, subject, facts FROM audit WHERE operation LIKE 'customers.%merge'"
            " AND outcome = 'done' ORDER BY seq"
        )
        assert [(row.operation, row.subject) for row in rows] == [
            ("customers.merge", other),
            ("customers.unmerge", other),
        ]
        assert rows[0].facts == {"survivor": str(one)}


class TestWhoIsKeptApart:
    def test_is_never_asked_about_again(self, twins: Twins) -> None:
        twins.enter(phone="+442079460001", email="a@example.org")
        other = twins.enter(phone="+442079460001")
        (task,) = twins.tasks()
        twins.lead.call(KEEP_APART, KeepApart(task_id=task.task_id))
        assert twins.order_for(other, phone="+442079460001", email="a@example.org").reasons == ()
        assert twins.tasks() == ()

    def test_is_not_asked_about_under_another_id_either(self, twins: Twins) -> None:
        one = twins.enter(phone="+442079460001", email="a@example.org")
        other = twins.enter(phone="+442079460001")
        (task,) = twins.tasks()
        twins.lead.call(KEEP_APART, KeepApart(task_id=task.task_id))
        survivor = twins.enter(phone="+442079460003")
        twins.merge(other, survivor)
        twins.order_for(survivor, phone="+442079460003", email="a@example.org")
        assert twins.tasks() == ()
        assert one != survivor

    def test_of_two_who_are_merged_is_refused(self, twins: Twins) -> None:
        one, other = twins.enter(), twins.enter()
        (task,) = twins.tasks()
        twins.merge(other, one)
        with pytest.raises(Refusal) as refusal:
            twins.lead.call(KEEP_APART, KeepApart(task_id=task.task_id))
        assert refusal.value.code == "task_settled"


@pytest.fixture(scope="module")
def five(shared_centre: OrderCentre) -> Iterator[tuple[Twins, list[UUID], list[object]]]:
    """Five customers, two of whom share a number."""
    shared_centre.empty()
    twins = Twins(shared_centre)
    customers = [twins.enter(phone=f"+44207946000{min(at, 3)}") for at in range(5)]
    yield twins, customers, twins.standing()
    shared_centre.empty()


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=8))
def test_whatever_was_merged_in_whatever_order_taking_it_back_leaves_all_as_it_was(
    five: tuple[Twins, list[UUID], list[object]], acts: list[tuple[int, int]]
) -> None:
    twins, customers, before = five
    under: dict[int, int] = {}
    for at, other in acts:
        if at in under:
            twins.unmerge(customers[at])
            del under[at]
        elif at != other and other not in under:
            twins.merge(customers[at], customers[other])
            under[at] = other
        for here in range(5):
            root = here
            while root in under:
                root = under[root]
            found = {view.customer_id for view in twins.found(f"794600{min(here, 3):02}")}
            assert customers[root] in found
    for at in sorted(under):
        twins.unmerge(customers[at])
    assert twins.standing() == before
