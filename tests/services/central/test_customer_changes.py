"""What two people say of one customer: compared field by field with what each call went by."""

# ruff: noqa: ANN401 - a builder passes on whatever field a test names

from __future__ import annotations

import threading
from typing import Any

import msgspec
import pytest

from app.services.rules.review import ReviewReason
from app.values.vocabulary import Role
from app.wire.clash_operations import LIST_CUSTOMER_TASKS, SETTLE_CUSTOMER_TASK
from app.wire.clashes import FieldTold, ListCustomerTasks, SettleCustomerTask
from app.wire.customers import FindCustomers
from app.wire.operations import FIND_CUSTOMERS
from app.wire.orders import OrderCustomer, OrderDocument
from app.wire.sync import CommandOutcome
from tests.builders import an_address, delivered_to, with_line
from tests.order_desk import OrderCentre, SendingDesk


class Calls:
    """Calls about one customer; every order has a product of its own, so that none is alike."""

    def __init__(self, desk: SendingDesk) -> None:
        self.desk = desk
        self.centre = desk.centre
        first = desk.order()
        assert first.customer is not None
        self.customer = first.customer
        desk.send_order(first)
        self._products = 0

    def order(self, **said: Any) -> OrderDocument:
        """An order in which this was said, by who last saw revision `base`."""
        self._products += 1
        code = f"CUP-{100 + self._products}"
        self.centre.list_product(code)
        base = said.pop("base", 1)
        customer = msgspec.structs.replace(self.customer, base_revision=base, **said)
        order = self.desk.order(with_line(code))
        return msgspec.structs.replace(order, customer=customer)

    def send(self, **said: Any) -> CommandOutcome:
        return self.desk.send_order(self.order(**said))

    def held(self) -> dict[str, Any]:
        row = self.centre.rows("SELECT * FROM customer")[0]
        return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's name for a row by column


@pytest.fixture
def calls(desk: SendingDesk) -> Calls:
    return Calls(desk)


def test_fields_that_only_one_call_changed_are_both_taken_over(calls: Calls) -> None:
    assert calls.send(name="Margaret Öz").reasons == ()
    assert calls.send(email="m@example.org").reasons == ()
    held = calls.held()
    assert (held["name"], held["email"], held["revision"]) == ("Margaret Öz", "m@example.org", 3)


def test_what_both_changed_otherwise_stays_and_both_are_kept(calls: Calls) -> None:
    calls.send(name="Margaret Öz")
    assert calls.send(name="Maggie Thompson").reasons == (ReviewReason.CUSTOMER_CHANGED,)
    assert calls.held()["name"] == "Margaret Öz"
    told = calls.centre.rows("SELECT fields FROM customer_task")[0].fields
    assert told == [
        {
            "field": "name",
            "base": "Margaret Thompson",
            "present": "Margaret Öz",
            "said": "Maggie Thompson",
        }
    ]


def test_of_one_call_the_field_that_clashes_waits_and_the_others_are_taken_over(
    calls: Calls,
) -> None:
    calls.send(name="Margaret Öz")
    outcome = calls.send(name="Maggie Thompson", email="m@example.org", text_relay=True)
    held = calls.held()
    assert outcome.reasons == (ReviewReason.CUSTOMER_CHANGED,)
    assert (held["name"], held["email"], held["text_relay"]) == (
        "Margaret Öz",
        "m@example.org",
        True,
    )


def test_who_says_what_the_other_said_clashes_with_nobody(calls: Calls) -> None:
    calls.send(name="Margaret Öz")
    assert calls.send(name="  Margaret   Öz ").reasons == ()
    assert calls.held()["revision"] == 2


def test_a_field_the_call_left_as_it_was_never_takes_back_what_another_said(calls: Calls) -> None:
    calls.send(name="Margaret Öz", text_relay=True)
    assert calls.send(email="m@example.org").reasons == ()
    assert (calls.held()["name"], calls.held()["text_relay"]) == ("Margaret Öz", True)


def test_numbers_and_addresses_are_added_and_take_none_away(calls: Calls) -> None:
    moved = msgspec.structs.replace(
        calls.order(phone="+447700900991"), deliver_to=an_address(postcode="LS1 1AA")
    )
    assert calls.desk.send_order(moved).reasons == ()
    assert calls.send(phone="+447700900992").reasons == ()
    phones = calls.centre.rows("SELECT e164 FROM customer_phone ORDER BY position")
    assert [row.e164 for row in phones] == ["+447700900412", "+447700900991", "+447700900992"]
    assert calls.centre.counts()["address"] == 2


def test_an_address_told_differently_by_two_is_kept_twice_and_never_mixed(calls: Calls) -> None:
    for street, postcode in (("1 High Street", "LS1 1AA"), ("1 High Street", "LS2 2BB")):
        address = an_address(street=(street,), postcode=postcode)
        calls.desk.send_order(delivered_to(address)(calls.order()))
    kept = calls.centre.rows("SELECT street, postcode FROM address ORDER BY postcode")
    assert [(row.street, row.postcode) for row in kept] == [
        (["1 High Street"], "LS1 1AA"),
        (["1 High Street"], "LS2 2BB"),
        (["Flat 2", "14 Mill Lane"], "LS6 3AA"),
    ]


def test_every_version_is_kept(calls: Calls) -> None:
    calls.send(name="Margaret Öz", phone="+447700900991")
    calls.send(email="m@example.org", base=2)
    versions = calls.centre.rows(
        "SELECT revision, name, email, phones FROM customer_version ORDER BY revision"
    )
    assert [tuple(row) for row in versions] == [
        (1, "Margaret Thompson", None, ["+447700900412"]),
        (2, "Margaret Öz", None, ["+447700900412", "+447700900991"]),
    ]


def test_a_version_nobody_knows_changes_nothing_and_is_asked_about(calls: Calls) -> None:
    outcome = calls.send(name="Maggie Thompson", phone="+447700900991", base=7)
    assert outcome.reasons == (ReviewReason.CUSTOMER_CHANGED,)
    assert calls.held()["revision"] == 1
    told = calls.centre.rows("SELECT fields FROM customer_task")[0].fields
    assert [one["field"] for one in told] == ["name", "phone"]


def test_a_command_that_is_sent_again_changes_nothing_again(calls: Calls) -> None:
    command = calls.desk.command(calls.desk.placed(calls.order(name="Margaret Öz")))
    calls.desk.send(command)
    calls.desk.send(command)
    assert calls.held()["revision"] == 2


def test_two_replicas_at_once_lose_nothing_either_said(local: OrderCentre) -> None:
    calls = Calls(SendingDesk(local))
    desks = [SendingDesk(local, f"Seat {at}") for at in range(6)]
    orders = [calls.order(email="m@example.org") for _ in range(3)]
    orders += [calls.order(text_relay=True) for _ in range(3)]
    commands = [
        desk.command(desk.placed(msgspec.structs.replace(order, device_id=desk.seat.device_id)))
        for desk, order in zip(desks, orders, strict=True)
    ]
    outcomes: list[CommandOutcome] = []

    def take(at: int) -> None:
        outcomes.append(local.intake.take(commands[at], desks[at].actor))

    threads = [threading.Thread(target=take, args=(at,)) for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = calls.held()
    assert [outcome.reasons for outcome in outcomes] == [()] * 6
    assert (held["email"], held["text_relay"], held["revision"]) == ("m@example.org", True, 3)


class TestALead:
    @pytest.fixture
    def clashing(self, calls: Calls) -> Calls:
        calls.send(name="Margaret Öz")
        calls.send(name="Maggie Thompson")
        return calls

    def test_sees_both_and_the_order_that_told_it(self, clashing: Calls) -> None:
        lead = clashing.centre.signed_in(Role.TEAM_LEAD)
        (task,) = lead.call(LIST_CUSTOMER_TASKS, ListCustomerTasks()).tasks
        assert task.order_number is not None
        assert task.customer.name == "Margaret Öz"
        assert task.customer.unsure == ("name",)
        assert task.fields == (
            FieldTold(
                field="name",
                base="Margaret Thompson",
                present="Margaret Öz",
                said="Maggie Thompson",
            ),
        )

    def test_takes_what_was_said_and_can_take_it_back(self, clashing: Calls) -> None:
        lead = clashing.centre.signed_in(Role.TEAM_LEAD)
        (task,) = lead.call(LIST_CUSTOMER_TASKS, ListCustomerTasks()).tasks
        taking = SettleCustomerTask(task_id=task.task_id, take=("name",))
        lead.call(SETTLE_CUSTOMER_TASK, taking)
        assert clashing.held()["name"] == "Maggie Thompson"
        found = lead.call(FIND_CUSTOMERS, FindCustomers(text="maggie")).customers
        assert [view.name for view in found] == ["Maggie Thompson"]
        lead.call(SETTLE_CUSTOMER_TASK, SettleCustomerTask(task_id=task.task_id))
        assert clashing.held()["name"] == "Margaret Öz"
        assert lead.call(LIST_CUSTOMER_TASKS, ListCustomerTasks()).tasks == ()

    def test_does_not_undo_what_somebody_changed_since(self, clashing: Calls) -> None:
        clashing.send(name="M. Öz", base=2)
        lead = clashing.centre.signed_in(Role.TEAM_LEAD)
        (task,) = lead.call(LIST_CUSTOMER_TASKS, ListCustomerTasks()).tasks
        taking = SettleCustomerTask(task_id=task.task_id, take=("name",))
        lead.call(SETTLE_CUSTOMER_TASK, taking)
        assert clashing.held()["name"] == "M. Öz"


def test_who_is_new_twice_under_one_id_is_compared_with_their_first_version(
    desk: SendingDesk,
) -> None:
    first = desk.order()
    assert isinstance(first.customer, OrderCustomer)
    other = desk.order(with_line("CUP-2"))
    told = msgspec.structs.replace(first.customer, email="m@example.org")
    desk.send_order(first)
    outcome = desk.send_order(msgspec.structs.replace(other, customer=told))
    assert outcome.reasons == ()
    assert desk.centre.rows("SELECT email FROM customer")[0].email == "m@example.org"
