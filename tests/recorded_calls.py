"""A centre with call recorders, and a seat whose telephone rings: what taking a card needs.

`desk.acquire()` is F9; `centre.replica()` is another service over the same database.
"""

# ruff: noqa: ANN401 - a builder passes on whatever field a test names

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

import pytest

from app.services.central.evidence import evidence_end, evidence_rows
from app.services.central.pause_settings import PauseSettings
from app.services.central.recorder import Recorder
from app.services.central.recording import Pauses
from app.services.central.transaction import Transaction
from app.services.rules.evidence import EvidenceRow, Found, verify
from app.values.errors import Refusal
from app.values.identity import LeaseId, OrderId
from app.values.vocabulary import CallEventKind, CallFlag, PauseEnd, PauseState
from app.wire import card_operations as operations
from app.wire.recording import (
    AcquirePause,
    AskPause,
    CallEvents,
    PauseHeld,
    PauseView,
    ReleasePause,
    RenewPause,
    WatchCall,
)
from tests.builders import A_MORNING
from tests.order_desk import OrderCentre

PATIENCE_S = 10.0
_EMPTIED = ("recording_lease", "recording_pause", "recording_event", "call_flag", "evidence")


class RecordedCentre(OrderCentre):
    """A centre that listens to these recorders from the start."""

    def __init__(
        self, url: str, *recorders: Recorder, settings: PauseSettings | None = None
    ) -> None:
        self.recorders = recorders
        self.pause_settings = settings or PauseSettings()
        self._replicas: list[Pauses] = []
        super().__init__(url)
        self.pauses.start()

    def empty(self) -> None:
        """As if nothing had ever been paused."""
        self.clock.set(A_MORNING)
        self.clear(_EMPTIED)
        self.run("UPDATE evidence_head SET position = 0, digest = decode(repeat('00', 32), 'hex')")

    def _list_products(self) -> None:
        """Nothing is sold here."""

    def replica(self) -> Pauses:
        """Another service over the same database and the same recorders."""
        other = Pauses(self.transactions, self.recorders, self.pause_settings, self.log)
        other.start()
        self._replicas.append(other)
        return other

    def close(self) -> None:
        for pauses in (self.pauses, *self._replicas):
            pauses.close()
        super().close()

    def state(self, lease_id: LeaseId) -> PauseState:
        """Where a lease stands in the database."""
        found = self.rows("SELECT state FROM recording_lease WHERE lease_id = :id", id=lease_id)
        return PauseState(found[0].state)

    def events(self, lease_id: LeaseId) -> list[CallEventKind]:
        """What its desk was told."""
        query = "SELECT kind FROM recording_event WHERE lease_id = :id ORDER BY seq"
        return [CallEventKind(row.kind) for row in self.rows(query, id=lease_id)]

    def flags(self) -> list[CallFlag]:
        """What is on the administrator's list."""
        return [CallFlag(r.kind) for r in self.rows("SELECT kind FROM call_flag ORDER BY flag_id")]

    def evidence(self) -> list[EvidenceRow]:
        """All of it."""

        def read(tx: Transaction) -> list[EvidenceRow]:
            return list(evidence_rows(tx))

        return self.administration.read(read)

    def evidence_kinds(self) -> list[str]:
        """What it says, in order."""
        return [row.kind for row in self.evidence()]

    def found_wrong(self) -> tuple[Found, ...]:
        """What is wrong with it."""

        def check(tx: Transaction) -> tuple[Found, ...]:
            return verify(evidence_rows(tx), evidence_end(tx))

        return self.administration.read(check)


class MakeCentre(Protocol):
    """The fixture `make`."""

    def __call__(
        self, *recorders: Recorder, settings: PauseSettings | None = None
    ) -> RecordedCentre: ...


class CardDesk:
    """A seat at an extension, with a person signed in, about to take a card for an order."""

    def __init__(self, centre: RecordedCentre, extension: str | None = "100") -> None:
        self.centre = centre
        name = f"seat-{centre.ids.new().hex[-8:]}"
        centre.person(name)
        self.caller = centre.caller()
        self.seat = centre.enrolled(name, extension)
        self.caller.use_seat(self.seat)
        centre.sign_in(self.caller, name)
        self.order_id = OrderId(centre.ids.new())

    def new_lease(self) -> LeaseId:
        return LeaseId(self.centre.ids.new())

    def acquire(self, lease_id: LeaseId | None = None, reference: str = "") -> PauseHeld:
        request = AcquirePause(
            lease_id=lease_id or self.new_lease(), order_id=self.order_id, reference=reference
        )
        return self.caller.call(operations.ACQUIRE_PAUSE, request)

    def refused(self, lease_id: LeaseId | None = None, reference: str = "") -> Refusal:
        """What keeps the card fields locked."""
        with pytest.raises(Refusal) as refusal:
            self.acquire(lease_id, reference)
        assert refusal.value.sentence.endswith(".")
        return refusal.value

    def renew(self, lease_id: LeaseId) -> None:
        self.caller.call(operations.RENEW_PAUSE, RenewPause(lease_id=lease_id))

    def release(self, lease_id: LeaseId, **different: Any) -> PauseView:
        request = ReleasePause(**{"lease_id": lease_id, "end": PauseEnd.SUBMITTED, **different})
        return self.caller.call(operations.RELEASE_PAUSE, request)

    def status(self, lease_id: LeaseId) -> PauseView:
        return self.caller.call(operations.ASK_PAUSE, AskPause(lease_id=lease_id))

    def watch(self, lease_id: LeaseId, since: int = 0, wait: float = PATIENCE_S) -> CallEvents:
        request = WatchCall(lease_id=lease_id, since=since, wait_seconds=wait)
        return self.caller.call(operations.WATCH_CALL, request)

    def asks(self, other: RecordedCentre) -> None:
        """From now on another replica."""
        self.caller = other.caller()
        self.caller.use_seat(self.seat)

    def heard(self, lease_id: LeaseId, since: int = 0) -> list[CallEventKind]:
        """The kinds of the next events; waits for them."""
        return [event.kind for event in self.watch(lease_id, since).events]


def wait_for(is_so: Callable[[], bool]) -> None:
    """Until a thread of the service has done its part."""
    pause = threading.Event()
    for _ in range(500):
        if is_so():
            return
        pause.wait(0.01)
    pytest.fail("It did not come.", pytrace=False)
