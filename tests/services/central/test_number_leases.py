from __future__ import annotations

import threading
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.central.number_leases import NumberPermutation
from app.services.central.transaction import Transaction
from app.values.errors import Fault
from app.values.order_number import COUNT, OrderNumber, holds
from app.wire.operations import LEASE_NUMBERS
from app.wire.sync import LeaseNumbers
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
