"""The line between desks and replicas: what can happen to a request, by the seed.

It is lost on the way there or its answer on the way back, it comes late, twice, twice on two
replicas, minutes later once more, cut short, or a proxy answers in the centre's place; a desk is
cut off for a while; the replica that carries it out dies at one of its commits. Whatever the
centre answered is told to a witness, also where the desk never hears it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from app.campaigns.faults.simulation.replicas import Doom, End, Replica, ReplicaDied
from app.campaigns.faults.simulation.schedule import Chance, Schedule, VirtualClock
from app.services.central.dispatcher import Envelope
from app.transport.client import Reply
from app.values.errors import Unreachable
from app.wire.signed import REQUEST, TIME, milliseconds

PATIENCE_MS = 4_000
"""A desk waits longer for some answers; the schedule is kept short."""

FAULTS_IN_THOUSAND = 260
_RESTART_MS = (500, 8_000)
_LATE_MS = (1_000, 15 * 60_000)
_COMMITS_MOST = 4


class Fault(Enum):
    """What may happen to one request."""

    LOST_BEFORE = "lost before"
    LOST_AFTER = "answer lost"
    SLOW = "slow"
    TIMED_OUT = "timed out, runs later"
    TWICE = "twice at once"
    LATE_TWIN = "late twin"
    CUT_SHORT = "answer cut short"
    PROXY_500 = "proxy says 500"
    PROXY_503 = "proxy says 503"
    PORTAL = "captive portal"
    DIES = "replica dies"


_FAULTS = (
    *(Fault.LOST_BEFORE,) * 3,
    *(Fault.LOST_AFTER,) * 4,
    *(Fault.SLOW,) * 3,
    *(Fault.TIMED_OUT,) * 2,
    *(Fault.TWICE,) * 3,
    *(Fault.LATE_TWIN,) * 2,
    *(Fault.DIES,) * 6,
    Fault.CUT_SHORT,
    Fault.PROXY_500,
    Fault.PROXY_503,
    Fault.PORTAL,
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it left a desk."""

    desk: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Witness(Protocol):
    """Hears every answer that the centre gives, whether or not it arrives."""

    def answered(self, desk: str, path: str, body: bytes, reply: Reply) -> None:
        """A replica carried a request out, and this is what it said."""
        ...


class Network:
    """All lines of one simulation. `faulty` is taken away when the network is healed."""

    def __init__(
        self, schedule: Schedule, chance: Chance, replicas: tuple[Replica, ...], clock: VirtualClock
    ) -> None:
        self.faulty = True
        self.restoring = False
        self.late: int = 0
        self._schedule = schedule
        self._chance = chance
        self._replicas = replicas
        self._clock = clock
        self._cut_off: dict[str, int] = {}
        self._requests = 0
        self.witness: Witness | None = None

    def cut_off(self, desk: str, milliseconds_long: int) -> None:
        """Nothing of this desk arrives for so long."""
        self._schedule.note(f"{desk} cut off for {milliseconds_long} ms")
        self._schedule.happened("desk: cut off")
        self._cut_off[desk] = self._schedule.now_ms + milliseconds_long

    def heal(self) -> None:
        """From now on everything arrives, once; what is late already still comes."""
        self.faulty = False
        self._cut_off.clear()
        for replica in self._replicas:
            if not replica.is_alive:
                replica.start()

    def carry(self, sent: Sent) -> Reply:
        """One request and what comes back. Raises Unreachable."""
        desk, path = sent.desk, sent.path
        if self._cut_off.get(desk, 0) > self._schedule.now_ms:
            self._schedule.wait(self._chance.between(5, PATIENCE_MS))
            raise _away()
        self._schedule.wait(self._chance.between(2, 40))
        if not self.faulty or not self._chance.happens(FAULTS_IN_THOUSAND):
            return self._deliver(sent)
        fault = self._chance.one_of(_FAULTS)
        self._schedule.note(f"{desk} {path}: {fault.value}")
        self._schedule.happened(f"request: {fault.value}")
        return self._faulty(fault, sent)

    def _faulty(self, fault: Fault, sent: Sent) -> Reply:
        """What becomes of a request that something happens to. Raises Unreachable."""
        match fault:
            case Fault.LOST_BEFORE:
                raise self._broken_or_away()
            case Fault.PROXY_500:
                return _of_a_proxy(500)
            case Fault.PORTAL:
                return _of_a_proxy(200)
            case Fault.TIMED_OUT:
                self._later(sent, self._chance.between(10, 60_000))
                self._schedule.wait(self._chance.between(10, PATIENCE_MS))
                raise _away()
            case Fault.SLOW:
                self._schedule.wait(self._chance.between(200, PATIENCE_MS - 500))
            case Fault.LATE_TWIN:
                self._later(sent, self._chance.between(*_LATE_MS))
        return self._after(fault, self._deliver(sent, self._doom(fault)), sent)

    def _after(self, fault: Fault, reply: Reply, sent: Sent) -> Reply:
        """What becomes of an answer on its way back. Raises Unreachable."""
        match fault:
            case Fault.LOST_AFTER:
                raise self._broken_or_away()
            case Fault.SLOW:
                self._schedule.wait(self._chance.between(2, 400))
            case Fault.TWICE:
                return self._chance.one_of((reply, self._deliver(sent)))
            case Fault.CUT_SHORT:
                kept = self._chance.below(max(len(reply.body), 1))
                return Reply(status=reply.status, headers=reply.headers, body=reply.body[:kept])
            case Fault.PROXY_503:
                return _of_a_proxy(503)
        return reply

    def _doom(self, fault: Fault) -> Doom | None:
        if fault is not Fault.DIES:
            return None
        return Doom(self._chance.between(1, _COMMITS_MOST), self._chance.one_of(tuple(End)))

    def _later(self, sent: Sent, after_ms: int) -> None:
        """It arrives in a while, and nobody waits for the answer."""
        self.late += 1

        def arrive() -> None:
            self.late -= 1
            self._schedule.note(f"{sent.desk} {sent.path}: arrives late")
            self._schedule.happened("request: arrives late")
            try:
                self._deliver(sent)
            except Unreachable:
                return

        self._schedule.after(after_ms, f"late {self._requests}", arrive)

    def _deliver(self, sent: Sent, doom: Doom | None = None) -> Reply:
        """To one of the replicas that live. Raises Unreachable."""
        living = [replica for replica in self._replicas if replica.is_alive]
        if not living or self.restoring:
            raise _away()
        self._requests += 1
        replica = self._chance.one_of(living)
        envelope = Envelope(
            operation=sent.path.removeprefix("/v1/"),
            headers=sent.headers,
            body=sent.body,
            request_id=f"request-{self._requests}",
        )
        try:
            answer = replica.answer(envelope, doom)
        except ReplicaDied:
            self.bury(replica)
            raise _broken() from None
        finally:
            if replica.store.ended is not None:
                self._schedule.happened(f"replica: {replica.store.ended.value}")
        told = {TIME: str(milliseconds(self._clock.now())), REQUEST: envelope.request_id}
        reply = Reply(status=answer.status, headers=told, body=answer.body)
        if self.witness is not None:
            self.witness.answered(sent.desk, sent.path, sent.body, reply)
        self._schedule.note(f"{sent.desk} {sent.path} on {replica.name}: {answer.status}")
        return reply

    def bury(self, replica: Replica) -> None:
        """A replica has died; it is started again in a while."""
        self._schedule.note(f"{replica.name} died")
        replica.die()
        after_ms = self._chance.between(*_RESTART_MS)
        self._schedule.after(after_ms, replica.name, _restarting(replica))

    def _broken_or_away(self) -> Unreachable:
        return _broken() if self._chance.happens(500) else _away()


class DeskLine:
    """One desk's carrier. `is_over` tells when the program at the desk has ended meanwhile."""

    def __init__(self, network: Network, desk: str, require_running: Callable[[], None]) -> None:
        self._network = network
        self._desk = desk
        self._require_running = require_running
        self._is_closed = False

    def post(self, path: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Reply:
        """Raises Unreachable, or what `require_running` raises where the desk died meanwhile."""
        del seconds
        if self._is_closed:
            raise _away()
        try:
            return self._network.carry(Sent(self._desk, path, headers, body))
        finally:
            self._require_running()

    def close(self) -> None:
        """Carry nothing more."""
        self._is_closed = True


def _restarting(replica: Replica) -> Callable[[], None]:
    def restart() -> None:
        if not replica.is_alive:
            replica.start()

    return restart


def _of_a_proxy(status: int) -> Reply:
    page = b"<html><body>Please sign in to the guest network.</body></html>"
    return Reply(status=status, headers={"content-type": "text/html"}, body=page)


def _broken() -> Unreachable:
    return Unreachable("connection_broken", "The line to the central service broke.")


def _away() -> Unreachable:
    return Unreachable("centre_away", "The central service does not answer.")
