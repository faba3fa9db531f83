"""What a replica counts, and that it tells nothing of anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.adapters.local_postgres import LocalPostgres
from app.central import MORE_CONNECTIONS, Central, Surroundings
from app.services.central.background import Background
from app.settings import CentreSettings
from app.values.errors import Fault
from app.values.identity import SystemIds
from app.wire.operations import HEARTBEAT
from app.wire.sync import Heartbeat
from tests.builders import A_MORNING
from tests.centre import CHEAP, Centre, ListLog
from tests.fakes import FixedClock
from tests.order_desk import OrderCentre, SendingDesk


class Measured(OrderCentre):
    """A centre with the whole service's dispatcher and what it counts."""

    def __init__(self, url: str, central: Central) -> None:
        super().__init__(url)
        self.dispatcher = central.dispatcher
        self.carrier = Centre(url, dispatcher=central.dispatcher).carrier
        self.measures = central.measures

    def read(self, name: str, **labels: str) -> float | None:
        """A sample by its name."""
        self.transactions.read(self.measures.look)
        text = self.measures.exposition().decode()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == name and sample.labels == labels:
                    return sample.value
        return None


@pytest.fixture
def measured(central_url: str) -> Iterator[Measured]:
    settings = CentreSettings(database_url=central_url, listen="127.0.0.1:0", threads=2)
    given = Surroundings(clock=FixedClock(), ids=SystemIds(), log=ListLog(), passwords=CHEAP)
    central = Central(settings, given)
    centre = Measured(central_url, central)
    yield centre
    centre.close()
    central.close()


def test_requests_are_counted_by_operation_and_outcome(measured: Measured) -> None:
    seat = measured.seat()
    for _ in range(3):
        seat.call(HEARTBEAT, Heartbeat(waiting=0, version="1"))
    done = measured.read("readback_requests_total", operation="device.heartbeat", outcome="done")
    took = measured.read("readback_request_seconds_count", operation="device.heartbeat")
    assert (done, took) == (3.0, 3.0)


def test_commands_are_counted_by_what_became_of_them(measured: Measured) -> None:
    desk = SendingDesk(measured)
    command = desk.command()
    desk.send(command)
    desk.send(command)
    counted = [
        measured.read("readback_commands_total", kind="order.place", outcome=outcome)
        for outcome in ("accepted", "replayed", "needs_review")
    ]
    assert counted == [1.0, 1.0, None]


def test_how_desks_are_is_summed_up(measured: Measured) -> None:
    beat = Heartbeat(waiting=4, oldest_waiting_at=A_MORNING, needs_person=2, version="1")
    measured.seat("Desk 1").call(HEARTBEAT, beat)
    measured.seat("Desk 2").call(HEARTBEAT, beat)
    measured.clock.advance(seconds=90)
    assert measured.read("readback_seats_heard") == 2
    assert measured.read("readback_seats_waiting_commands") == 8
    assert measured.read("readback_seats_need_person") == 4
    assert measured.read("readback_seats_oldest_waiting_seconds") == 90


def test_an_open_transaction_anywhere_in_the_cluster_shows_as_a_stalled_feed(
    measured: Measured, postgres_server: LocalPostgres
) -> None:
    with psycopg.connect(postgres_server.url()) as elsewhere:
        elsewhere.execute("SELECT pg_current_xact_id()")
        measured.list_product("NEW-1")
        measured.read("readback_feed_stalled_seconds")
        measured.clock.advance(seconds=40)
        assert measured.read("readback_feed_stalled_seconds") == 40


def test_how_long_the_audit_waits_to_be_sealed_is_told(measured: Measured) -> None:
    measured.person("anna")
    measured.clock.advance(seconds=30)
    assert (measured.read("readback_audit_unsealed_seconds") or 0) >= 30


def test_connections_are_told_with_how_many_there_may_be(measured: Measured) -> None:
    assert measured.read("readback_pool_connections") == 2 + MORE_CONNECTIONS
    assert measured.read("readback_pool_connections_in_use") == 0


def test_work_that_fails_in_the_background_is_counted(measured: Measured) -> None:
    def fail() -> None:
        raise Fault("database_away", "The central database does not answer.")

    Background("audit.seal", 1, fail, ListLog(), measured.measures).once()
    assert measured.read("readback_background_failures_total", work="audit.seal") == 1


def test_nothing_is_told_of_anybody(measured: Measured) -> None:
    desk = SendingDesk(measured, "Desk Sesame")
    desk.send_order()
    measured.transactions.read(measured.measures.look)
    told = measured.measures.exposition().decode()
    assert not re.search(r'[0-9a-f]{8}-[0-9a-f]{4}-|Sesame|@|"\d{4,}"', told)
    labels = set(re.findall(r"[{,](\w+)=", told))
    assert labels <= {"operation", "outcome", "kind", "work", "le"} | PLATFORM


PLATFORM = {"implementation", "major", "minor", "patchlevel", "version"}
