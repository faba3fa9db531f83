"""What a replica counts for whoever watches over it: requests, commands, and how far behind it is.

In the form of Prometheus. Names of operations, kinds and outcomes only: no id, no person, nothing
that an order holds, and no set of labels that grows. Counting may happen on any thread; `look` goes
to the database, in the background.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from sqlalchemy import func, select

from app.models.central.people import Device, SeatState
from app.models.central.warehouse import WarehouseMessage
from app.services.central.audit import oldest_unsealed
from app.services.central.number_leases import numbers_left
from app.services.central.transaction import Transaction
from app.values.vocabulary import CommandKind
from app.values.warehouse import EventOutcome, HandOverKind, HandOverState, WarehouseEventKind
from app.wire.operation import Kind, Operation
from app.wire.sync import Outcome

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
HEARD_LATELY = timedelta(minutes=2)
"""Desks tell how they are every half minute."""


class Answered(StrEnum):
    """How a request ended. `failed`: not the asker's doing; asked again it may well go."""

    DONE = "done"
    REPEATED = "repeated"
    REFUSED = "refused"
    FAILED = "failed"


class Measures:
    """Everything one replica counts."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._requests = Counter(
            "readback_requests",
            "Requests that were answered.",
            ("operation", "outcome"),
            registry=registry,
        )
        self._seconds = Histogram(
            "readback_request_seconds",
            "How long requests took; long polls are left out.",
            ("operation",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._commands = Counter(
            "readback_commands",
            "Commands of desks by what became of them.",
            ("kind", "outcome"),
            registry=registry,
        )
        self._failures = Counter(
            "readback_background_failures",
            "Work in the background that failed and is tried again.",
            ("work",),
            registry=registry,
        )
        self._hand_overs = Counter(
            "readback_hand_overs",
            "Messages to the warehouse by what it answered.",
            ("kind", "answer"),
            registry=registry,
        )
        self._reports = Counter(
            "readback_warehouse_reports",
            "Reports of the warehouse by what became of them.",
            ("kind", "outcome"),
            registry=registry,
        )
        self._waits = self._gauge("waits_held", "Long polls that wait just now.")
        self._behind = _Behind(self._gauge)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(f"readback_{name}", meaning, registry=self._registry)

    def answered(self, operation: Operation[Any, Any], how: Answered, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(operation.name, how.value).inc()
        if operation.kind is not Kind.WAIT:
            self._seconds.labels(operation.name).observe(seconds)

    def taken(self, kind: CommandKind, outcome: Outcome) -> None:
        """A command was decided about."""
        self._commands.labels(kind.value, outcome.value).inc()

    def handed_over(self, kind: HandOverKind, answer: str) -> None:
        """The warehouse was told of an order, or did not answer."""
        self._hand_overs.labels(kind.value, answer).inc()

    def reported(self, kind: WarehouseEventKind, outcome: EventOutcome) -> None:
        """The warehouse told of something."""
        self._reports.labels(kind.value, outcome.value).inc()

    def failed(self, work: str) -> None:
        """Work in the background failed."""
        self._failures.labels(work).inc()

    @contextmanager
    def holding(self) -> Generator[None]:
        """While a long poll waits."""
        with self._waits.track_inprogress():
            yield

    def watch_pool(self, size: int, in_use: Callable[[], int]) -> None:
        """Tell of the connections to the database, asked for when somebody looks."""
        self._gauge("pool_connections", "Connections to the database at most.").set(size)
        using = self._gauge("pool_connections_in_use", "Connections that somebody has just now.")
        using.set_function(in_use)

    def look(self, tx: Transaction) -> None:
        """See in the database how far behind things are."""
        self._behind.look(tx)

    def exposition(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)

    @property
    def registry(self) -> CollectorRegistry:
        """For whoever serves it."""
        return self._registry


class _Behind:
    """How far behind the centre is, as the database shows it."""

    def __init__(self, gauge: Callable[[str, str], Gauge]) -> None:
        self._feed = gauge(
            "feed_stalled_seconds", "How long one open transaction has held the change feed back."
        )
        self._unsealed = gauge(
            "audit_unsealed_seconds", "Age of the oldest audit row that is not sealed yet."
        )
        self._numbers = gauge("numbers_left", "Order numbers that no seat was leased yet.")
        self._seats = gauge("seats_heard", "Seats that were heard in the last two minutes.")
        self._waiting = gauge("seats_waiting_commands", "Commands that wait at seats.")
        self._oldest = gauge(
            "seats_oldest_waiting_seconds", "Age of the oldest command that waits at a seat."
        )
        self._persons = gauge("seats_need_person", "Commands at seats that a person has to see.")
        self._copied = gauge("seats_copied", "Seats that ran on two computers in the last day.")
        self._to_warehouse = gauge(
            "hand_overs_waiting", "Orders that the warehouse has not acknowledged."
        )
        self._oldest_to_warehouse = gauge(
            "hand_overs_oldest_waiting_seconds", "Age of the oldest of them."
        )
        self._looked = gauge("looked_seconds", "Unix time of the last look at the database.")
        self._held_by: tuple[int, datetime] | None = None

    def look(self, tx: Transaction) -> None:
        self._feed.set(self._stalled(tx))
        self._unsealed.set(_age(tx, oldest_unsealed(tx)))
        self._numbers.set(numbers_left(tx))
        self._look_at_seats(tx)
        self._look_at_warehouse(tx)
        self._looked.set(tx.at.timestamp())

    def _stalled(self, tx: Transaction) -> float:
        """Seconds since the oldest running transaction was first seen to be the oldest.

        Of any database of the cluster: that is what holds back the feed.
        """
        oldest, following = tx.connection.exec_driver_sql(_RUNNING).one()
        if oldest == following:
            self._held_by = None
            return 0.0
        if self._held_by is None or self._held_by[0] != oldest:
            self._held_by = (oldest, tx.at)
        return (tx.at - self._held_by[1]).total_seconds()

    def _look_at_seats(self, tx: Transaction) -> None:
        heard, waiting, oldest, persons, copied = tx.connection.execute(
            select(
                func.count().filter(SeatState.seen_at > tx.at - HEARD_LATELY),
                func.coalesce(func.sum(SeatState.waiting), 0),
                func.min(SeatState.oldest_waiting_at),
                func.coalesce(func.sum(SeatState.needs_person), 0),
                func.count().filter(SeatState.copied_at > tx.at - timedelta(days=1)),
            )
            .join(Device, Device.device_id == SeatState.device_id)
            .where(Device.revoked_at.is_(None))
        ).one()
        self._seats.set(heard)
        self._waiting.set(int(waiting))
        self._oldest.set(_age(tx, oldest))
        self._persons.set(int(persons))
        self._copied.set(copied)

    def _look_at_warehouse(self, tx: Transaction) -> None:
        waiting, oldest = tx.connection.execute(
            select(func.count(), func.min(WarehouseMessage.written_at)).where(
                WarehouseMessage.due_at.is_not(None),
                WarehouseMessage.state == HandOverState.WAITING,
            )
        ).one()
        self._to_warehouse.set(waiting)
        self._oldest_to_warehouse.set(_age(tx, oldest))


_RUNNING = """
    SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint
    FROM pg_current_snapshot() s
"""


def _age(tx: Transaction, since: datetime | None) -> float:
    return max(0.0, (tx.at - since).total_seconds()) if since is not None else 0.0
