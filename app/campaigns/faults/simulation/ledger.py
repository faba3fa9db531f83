"""What the simulation itself saw: numbers that callers heard, and every answer of the centre.

Kept apart from the program, so that the two can be held against each other at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from app.campaigns.faults.simulation.schedule import Schedule
from app.campaigns.faults.simulation.seats import SimulatedSeat
from app.services.desk.recovery import JOURNAL, STORE
from app.store.desk import connect_read_only
from app.store.journal import read_journal
from app.transport.client import Reply
from app.values.identity import OrderId
from app.wire.message import decode
from app.wire.operations import LEASE_NUMBERS, SEND_COMMANDS
from app.wire.orders import PlacedOrder
from app.wire.signed import path_of
from app.wire.sync import CommandOutcomes, LeasedNumbers, Outcome

if TYPE_CHECKING:
    from collections import Counter

_OK = 200


@dataclass(frozen=True, slots=True)
class Told:
    """What the centre said of a command, a replay taken as what it repeats."""

    outcome: Outcome
    number: str | None
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Seen:
    """One simulation's eyes and ears."""

    schedule: Schedule
    shown: dict[OrderId, tuple[str, PlacedOrder]] = field(default_factory=dict)
    placed: dict[OrderId, PlacedOrder] = field(default_factory=dict)
    given_up_orders: set[OrderId] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)
    answers: dict[tuple[str, UUID], Told] = field(default_factory=dict)
    leased: dict[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> Counter[str]:
        """How often what happened."""
        return self.schedule.counts

    def broken(self, sentence: str) -> None:
        """An invariant did not hold."""
        self.schedule.note(f"BROKEN {sentence}")
        self.violations.append(sentence)

    def placed_at(self, seat: SimulatedSeat, placed: PlacedOrder) -> None:
        """The desk has answered with a number: I1 holds already, before anybody sees it."""
        order_id = placed.document.order_id
        before = self.placed.get(order_id)
        if before is not None and before.number != placed.number:
            self.broken(f"I5: order {order_id} has the numbers {before.number}, {placed.number}")
        self.placed[order_id] = placed
        self.schedule.note(f"{seat.name} placed {placed.number} {placed.totals.total.minor}")
        self.require_kept(seat, placed)

    def shown_at(self, seat: SimulatedSeat, placed: PlacedOrder) -> None:
        """The number is on the screen."""
        self.schedule.note(f"{seat.name} shows {placed.number}")
        self.shown[placed.document.order_id] = (seat.name, placed)

    def require_kept(self, seat: SimulatedSeat, placed: PlacedOrder) -> None:
        """I1: store and journal hold it for sure; both are read as another program would."""
        order_id = placed.document.order_id
        connection = connect_read_only(seat.folder / STORE, seat.store_key())
        try:
            query = (
                "SELECT c.command_id FROM placed_order o JOIN command c ON c.position = o.position"
                " WHERE o.number = ?"
            )
            rows = connection.execute(query, (placed.number,)).fetchall()
        finally:
            connection.close()
        if len(rows) != 1:
            self.broken(
                f"I1: {placed.number} was answered and stands in the store {len(rows)} times"
            )
        journal = seat.journal
        reading = read_journal(seat.folder / JOURNAL, seat.store_key())
        mark = str(order_id).encode()
        if not any(mark in record for record in reading.records):
            self.broken(f"I1: {placed.number} was answered and is not in the journal")
        if journal is not None and journal.synced < journal.end.offset:
            last = reading.records[-1] if reading.records else b""
            if mark in last and b'"captured"' in last:
                self.broken(f"I1: {placed.number} was answered before the journal was synced")

    def answered(self, desk: str, path: str, body: bytes, reply: Reply) -> None:
        """I3: the same command has the same answer, for ever."""
        del body
        self.counts["requests"] += 1
        if reply.status >= 500:
            self.counts["answers of 5xx"] += 1
        if reply.status != _OK:
            return
        if path == path_of(SEND_COMMANDS.name):
            self._commands_answered(desk, decode(reply.body, CommandOutcomes))
        elif path == path_of(LEASE_NUMBERS.name):
            for number in decode(reply.body, LeasedNumbers).numbers:
                if self.leased.setdefault(number, desk) != desk:
                    self.broken(f"I5: {number} was leased to {self.leased[number]} and to {desk}")

    def restored(self) -> None:
        """The centre has lost the latest: what it said before may be said anew."""
        self.answers.clear()

    def _commands_answered(self, desk: str, answer: CommandOutcomes) -> None:
        for one in answer.outcomes:
            if one.outcome is Outcome.RETRY_LATER:
                self.counts["retry later"] += 1
                continue
            if one.outcome is Outcome.REPLAYED:
                self.counts["replayed"] += 1
            outcome = one.first if one.outcome is Outcome.REPLAYED and one.first else one.outcome
            told = Told(outcome, one.number, tuple(one.reasons))
            before = self.answers.setdefault((desk, one.command_id), told)
            if before != told:
                self.broken(f"I3: {desk} {one.command_id} was answered {before}, then {told}")
