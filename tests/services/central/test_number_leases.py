from __future__ import annotations

import threading
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.central.installation import NUMBERS_SKIPPED, Installations
from app.services.central.number_leases import NumberPermutation, pass_over
from app.services.central.transaction import Transaction
from app.values.errors import Fault
from app.values.order_number import COUNT, OrderNumber, holds
from app.wire.operations import HEARTBEAT, LEASE_NUMBERS
from app.wire.sync import Heartbeat, LeaseNumbers
from tests.order_desk import OrderCentre, SendingDesk

values = st.integers(min_value=0, max_value=COUNT - 1)
keys = st.binary(min_size=32, max_size=32)


@given(key=keys, value=values)
def test_a_number_tells_the_counter_value_it_came_from(key: bytes, value: int) -> None:
    permutation = NumberPermutation(key)
    assert permutation.value(permutation.number(value)) == value


@given(key=keys, value=values)
def test_every_number_has_right_check_digits(key: bytes, value: int) -> None:
    assert holds(NumberPermutation(key).number(value))


@given(key=keys, first=values, second=values)
def test_two_counter_values_never_share_a_number(key: bytes, first: int, second: int) -> None:
    permutation = NumberPermutation(key)
    assert (permutation.number(first) == permutation.number(second)) == (first == second)


@settings(max_examples=20)
@given(key=keys, payload=values)
def test_every_payload_is_the_number_of_some_counter_value(key: bytes, payload: int) -> None:
    permutation = NumberPermutation(key)
    number = OrderNumber(f"{payload:08d}00")
    assert permutation.number(permutation.value(number))[:8] == number[:8]


def test_numbers_in_a_row_look_unlike_each_other() -> None:
    permutation = NumberPermutation(bytes(range(32)))
    numbers = [permutation.number(value) for value in range(2_000)]
    alike = sum(
        sum(a == b for a, b in zip(one, other, strict=True)) > 6 for one, other in pairwise(numbers)
    )
    assert len(set(numbers)) == 2_000
    assert alike < 10


def test_another_key_gives_other_numbers() -> None:
    one, other = NumberPermutation(b"a" * 32), NumberPermutation(b"b" * 32)
    assert [one.number(v) for v in range(20)] != [other.number(v) for v in range(20)]


def test_a_seat_gets_as_many_numbers_as_it_asks_for(either: OrderCentre) -> None:
    leased = either.seat().call(LEASE_NUMBERS, LeaseNumbers(count=200))
    assert len(set(leased.numbers)) == 200
    assert all(holds(number) for number in leased.numbers)


def test_a_lease_is_audited_with_its_count(either: OrderCentre) -> None:
    either.seat().call(LEASE_NUMBERS, LeaseNumbers(count=7))
    audited = either.rows("SELECT facts FROM audit WHERE operation = 'numbers.lease'")
    assert [row.facts for row in audited] == [{"count": 7}]


def test_seats_that_ask_at_once_get_different_numbers(either: OrderCentre) -> None:
    callers = [either.seat(f"Desk {number}") for number in range(6)]
    got: list[OrderNumber] = []

    def lease(at: int) -> None:
        for _ in range(5):
            got.extend(callers[at].call(LEASE_NUMBERS, LeaseNumbers(count=9)).numbers)

    threads = [threading.Thread(target=lease, args=(at,)) for at in range(len(callers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got)) == 6 * 5 * 9


def test_a_lease_that_is_given_up_leaves_no_gap(local: OrderCentre) -> None:
    desk = SendingDesk(local)

    def given_up(tx: Transaction) -> None:
        local.leases.lease_to(tx, desk.seat.device_id, 5)
        raise Fault("given_up", "It was given up.")

    with pytest.raises(Fault):
        local.transactions.write(given_up)
    desk.number()
    assert local.rows("SELECT next_value FROM number_counter")[0][0] == 20


def test_when_all_numbers_are_used_that_is_a_fault(local: OrderCentre) -> None:
    local.run("UPDATE number_counter SET next_value = 99999999")
    seat = local.seat()
    assert len(seat.call(LEASE_NUMBERS, LeaseNumbers(count=1)).numbers) == 1
    with pytest.raises(Fault) as fault:
        seat.call(LEASE_NUMBERS, LeaseNumbers(count=1))
    assert fault.value.code == "numbers_used_up"


class TestASeatThatIsLost:
    def test_keeps_its_numbers_for_ever(self, local: OrderCentre) -> None:
        """Out of service, enrolled again, another seat: nobody is given one of them."""
        first = local.seat("Desk 1").call(LEASE_NUMBERS, LeaseNumbers(count=50)).numbers
        local.administration.write(partial(local.seats.revoke, name="Desk 1"))
        again = local.seat("Desk 1").call(LEASE_NUMBERS, LeaseNumbers(count=50)).numbers
        other = local.seat("Desk 2").call(LEASE_NUMBERS, LeaseNumbers(count=50)).numbers
        assert len({*first, *again, *other}) == 150


class TestACentreThatWasRestored:
    """The backup knows of 20 numbers; a seat was given more since."""

    def restored(self, centre: OrderCentre, lost: int) -> OrderNumber:
        """The last number that was given before all was lost."""
        seat = centre.seat("Desk 1")
        seat.call(LEASE_NUMBERS, LeaseNumbers(count=20))
        number = NumberPermutation(centre.rows("SELECT number_key FROM installation")[0][0])
        centre.administration.write(Installations().restored)
        return number.number(19 + lost)

    def beat(self, centre: OrderCentre, newest: OrderNumber) -> None:
        beat = Heartbeat(waiting=0, version="test", newest_number=newest)
        centre.seat(f"Desk {centre.ids.new().hex}").call(HEARTBEAT, beat)

    def counter(self, centre: OrderCentre) -> int:
        return int(centre.rows("SELECT next_value FROM number_counter")[0][0])

    def test_has_passed_over_what_can_have_been_given(self, local: OrderCentre) -> None:
        self.restored(local, lost=0)
        assert self.counter(local) == 20 + NUMBERS_SKIPPED

    def test_passes_over_more_where_the_last_month_used_more(self, local: OrderCentre) -> None:
        local.administration.write(partial(pass_over, count=1))
        local.run(
            "UPDATE number_lease SET device_id = :seat, size = 400000",
            seat=local.enrolled("Desk 1").device_id,
        )
        local.run("UPDATE number_counter SET next_value = 400000")
        assert local.administration.write(Installations().restored) == 800_000

    def test_learns_from_a_seat_how_far_numbers_had_come(self, local: OrderCentre) -> None:
        newest = self.restored(local, lost=200_000)
        self.beat(local, newest)
        assert self.counter(local) == 20 + 200_000
        leased = local.seat("Desk 2").call(LEASE_NUMBERS, LeaseNumbers(count=5)).numbers
        assert newest not in leased
        audited = local.rows("SELECT facts FROM audit WHERE operation = 'numbers.caught_up'")
        assert [row.facts for row in audited] == [{"count": 200_000 - NUMBERS_SKIPPED}]

    def test_leases_no_seat_what_the_seat_has_already(self, local: OrderCentre) -> None:
        newest = self.restored(local, lost=200_000)
        lease = LeaseNumbers(count=5, newest=newest)
        leased = local.seat("Desk 2").call(LEASE_NUMBERS, lease).numbers
        assert newest not in leased
        assert self.counter(local) == 20 + 200_000 + 5

    def test_learns_nothing_from_what_it_knows(self, local: OrderCentre) -> None:
        self.beat(local, self.restored(local, lost=50))
        assert self.counter(local) == 20 + NUMBERS_SKIPPED

    @pytest.mark.parametrize("told", ["0000000000", "9999999999", "x", ""])
    def test_learns_nothing_from_what_is_no_number(self, local: OrderCentre, told: str) -> None:
        self.restored(local, lost=0)
        self.beat(local, OrderNumber(told))
        assert self.counter(local) == 20 + NUMBERS_SKIPPED

    def test_does_not_believe_that_almost_all_are_used(self, local: OrderCentre) -> None:
        self.beat(local, self.restored(local, lost=90_000_000))
        assert self.counter(local) == 20 + NUMBERS_SKIPPED

    def test_takes_an_order_under_a_number_whose_lease_it_lost(self, local: OrderCentre) -> None:
        desk = SendingDesk(local, "Desk 7")
        number = self.restored(local, lost=70)
        outcome = desk.send_order(number=number)
        assert (outcome.outcome.value, outcome.number) == ("accepted", number)
