"""Typed ids and where they come from.

Ids are UUIDv7 (RFC 9562): made anywhere without asking anyone, and sorted by the time they were
made. The only module that may ask the machine for random ids; everyone else is handed an Ids.
"""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from typing import NewType, Protocol
from uuid import UUID

OrderId = NewType("OrderId", UUID)
LineId = NewType("LineId", UUID)
CustomerId = NewType("CustomerId", UUID)
AddressId = NewType("AddressId", UUID)
ContactId = NewType("ContactId", UUID)
CommandId = NewType("CommandId", UUID)
DeviceId = NewType("DeviceId", UUID)
Incarnation = NewType("Incarnation", UUID)
PersonId = NewType("PersonId", UUID)
SessionId = NewType("SessionId", UUID)
OverrideId = NewType("OverrideId", UUID)
LeaseId = NewType("LeaseId", UUID)
AttemptId = NewType("AttemptId", UUID)
MovementId = NewType("MovementId", UUID)
LinkId = NewType("LinkId", UUID)
ChangeId = NewType("ChangeId", UUID)
RefundId = NewType("RefundId", UUID)
GoodwillId = NewType("GoodwillId", UUID)
HandoverId = NewType("HandoverId", UUID)
ProductCode = NewType("ProductCode", str)

_COUNTER_BITS = 12


class Ids(Protocol):
    """Makes ids that were never made before."""

    def new(self) -> UUID:
        """UUIDv7, later than every id this source made before."""
        ...


class SystemIds:
    """UUIDv7 from the machine's clock and random source; safe to share between threads.

    Ids of one millisecond count up in the 12 bits behind the time, so their order is the order of
    making.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._milliseconds = 0
        self._counter = 0

    def new(self) -> UUID:
        """UUIDv7, later than every id this source made before, even if the clock is set back."""
        with self._lock:
            now = time.time_ns() // 1_000_000
            if now > self._milliseconds:
                self._milliseconds = now
                self._counter = secrets.randbits(_COUNTER_BITS - 1)
            else:
                self._counter += 1
                if self._counter >> _COUNTER_BITS:
                    self._milliseconds += 1
                    self._counter = 0
            return uuid7(self._milliseconds, self._counter, secrets.randbits(62))


def uuid7(milliseconds: int, counter: int, tail: int) -> UUID:
    """UUIDv7 of a Unix time in milliseconds, a 12-bit counter and 62 random bits.

    Source: RFC 9562, 5.7.
    """
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | (counter & 0xFFF) << 64
    value |= 0b10 << 62 | tail & ((1 << 62) - 1)
    return uuid.UUID(int=value)
