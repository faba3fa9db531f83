"""Order numbers, leased to seats in advance so that they work offline and never repeat.

A counter counts 0, 1, 2 ...; a keyed permutation of all 10^8 payloads turns each value into a
number that tells nothing about its neighbours, so that a misheard number is not another order. A
lease is a stretch of counter values; the permutation can be undone, so that a number tells whose it
is.
"""

from __future__ import annotations

from hashlib import blake2b

from sqlalchemy import insert, select, update

from app.models.central.installation import Installation, NumberCounter, NumberLease
from app.services.central.transaction import Actor, Handlers, Transaction
from app.values.errors import Fault
from app.values.identity import DeviceId
from app.values.order_number import COUNT, PAYLOAD_DIGITS, OrderNumber, holds, with_check_digits
from app.wire import operations
from app.wire.sync import LeasedNumbers, LeaseNumbers

CATCH_UP_MOST = 1_000_000
"""A seat that tells of more is not believed: it could use up all numbers there are."""
_HALF_BITS = 14
_HALF = (1 << _HALF_BITS) - 1
_ROUNDS = 10
"""As many as NIST SP 800-38G asks of FF1, the same construction over so small a domain."""


class NumberPermutation:
    """A keyed bijection of 0 to 99,999,999: a Feistel network over 28 bits, walked into range."""

    def __init__(self, key: bytes) -> None:
        self._rounds = tuple(blake2b(bytes([number]), key=key) for number in range(_ROUNDS))

    def number(self, value: int) -> OrderNumber:
        """The order number of a counter value."""
        payload = self._forward(value)
        while payload >= COUNT:
            payload = self._forward(payload)
        return with_check_digits(payload)

    def value(self, number: OrderNumber) -> int:
        """The counter value of an order number whose check digits hold."""
        value = self._backward(int(number[:PAYLOAD_DIGITS]))
        while value >= COUNT:
            value = self._backward(value)
        return value

    def _forward(self, block: int) -> int:
        left, right = block >> _HALF_BITS, block & _HALF
        for number in range(_ROUNDS):
            left, right = right, left ^ self._mixed(number, right)
        return left << _HALF_BITS | right

    def _backward(self, block: int) -> int:
        left, right = block >> _HALF_BITS, block & _HALF
        for number in reversed(range(_ROUNDS)):
            left, right = right ^ self._mixed(number, left), left
        return left << _HALF_BITS | right

    def _mixed(self, number: int, half: int) -> int:
        state = self._rounds[number].copy()
        state.update(half.to_bytes(2))
        return int.from_bytes(state.digest()[:2]) & _HALF


class NumberLeases:
    """Gives numbers to seats and tells whose a number is."""

    def __init__(self) -> None:
        self._permutation: NumberPermutation | None = None

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(operations.LEASE_NUMBERS, self.lease)

    def lease(self, tx: Transaction, actor: Actor, request: LeaseNumbers) -> LeasedNumbers:
        """Numbers that nobody had before, for the asking seat."""
        if request.newest is not None:
            self.catch_up(tx, request.newest)
        numbers = self.lease_to(tx, actor.seat.device_id, request.count)
        tx.about(actor.seat.device_id, count=len(numbers))
        return LeasedNumbers(numbers=numbers)

    def lease_to(self, tx: Transaction, device: DeviceId, count: int) -> tuple[OrderNumber, ...]:
        """As `lease`; raises Fault `numbers_used_up` when all 10^8 are gone."""
        first = _counted(tx, count)
        tx.connection.execute(
            insert(NumberLease).values(
                first_value=first, size=count, device_id=device, leased_at=tx.at
            )
        )
        permutation = self._permutation_of(tx)
        return tuple(permutation.number(value) for value in range(first, first + count))

    def catch_up(self, tx: Transaction, number: OrderNumber) -> None:
        """A seat holds this number: none up to it are leased any more.

        It is beyond the counter only where a backup was restored that knew less than the seat.
        """
        after = self.value_of(tx, number) + 1
        missing = after - tx.connection.execute(select(NumberCounter.next_value)).scalar_one()
        if 0 < missing <= CATCH_UP_MOST:
            pass_over(tx, missing)
            tx.audit("numbers.caught_up", count=missing)

    def value_of(self, tx: Transaction, number: OrderNumber) -> int:
        """The counter value of a number, -1 for what is none."""
        return self._permutation_of(tx).value(number) if holds(number) else -1

    def _permutation_of(self, tx: Transaction) -> NumberPermutation:
        """The permutation of this installation; its key never changes."""
        if self._permutation is None:
            key = tx.connection.execute(select(Installation.number_key)).scalar_one()
            self._permutation = NumberPermutation(key)
        return self._permutation


def pass_over(tx: Transaction, count: int) -> None:
    """Lease no seat the next `count` values: a backup that was restored had forgotten their leases.

    Raises Fault `numbers_used_up` when there are not as many left.
    """
    first = _counted(tx, count)
    tx.connection.execute(
        insert(NumberLease).values(first_value=first, size=count, device_id=None, leased_at=tx.at)
    )


def numbers_left(tx: Transaction) -> int:
    """Numbers that nobody was leased yet."""
    left: int = COUNT - tx.connection.execute(select(NumberCounter.next_value)).scalar_one()
    return left


def _counted(tx: Transaction, count: int) -> int:
    """Take so many values from the counter; the first of them."""
    counted = (
        update(NumberCounter)
        .where(NumberCounter.next_value + count <= COUNT)
        .values(next_value=NumberCounter.next_value + count)
        .returning(NumberCounter.next_value)
    )
    after = tx.connection.execute(counted).scalar_one_or_none()
    if after is None:
        raise Fault("numbers_used_up", "All order numbers have been used.")
    return int(after) - count
