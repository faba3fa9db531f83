"""The composition root of the centre, and the whole table of operations held against it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import psycopg
import pytest

from app.central import Central, Serving, Surroundings, administration
from app.services.central.audit import AuditChain
from app.settings import CentreSettings
from app.values.errors import Refusal
from app.values.identity import SystemIds
from app.values.vocabulary import Role
from app.wire.operation import Kind, Operation, Signer
from app.wire.operations import CENTRAL
from app.wire.people import PERMISSIONS, Permission
from tests.central_fixtures import Databases
from tests.centre import CHEAP, Centre, ListLog
from tests.fakes import FixedClock

WITHOUT_PERMISSION = {"session.close"}
"""What any signed-in person may do; a new row has to be named here or have a permission."""

by_name = pytest.mark.parametrize("operation", CENTRAL, ids=lambda row: row.name)


@pytest.fixture
def surroundings() -> Surroundings:
    return Surroundings(clock=FixedClock(), ids=SystemIds(), log=ListLog(), passwords=CHEAP)


@pytest.fixture
def settings(central_url: str) -> CentreSettings:
    return CentreSettings(database_url=central_url, listen="127.0.0.1:0", threads=2)


@pytest.fixture
def central(settings: CentreSettings, surroundings: Surroundings) -> Iterator[Central]:
    made = Central(settings, surroundings)
    yield made
    made.close()


@pytest.fixture
def centre(central_url: str, central: Central) -> Iterator[Centre]:
    made = Centre(central_url, dispatcher=central.dispatcher)
    yield made
    made.close()


@by_name
def test_every_operation_says_what_a_person_needs_for_it(operation: Operation[Any, Any]) -> None:
    if operation.signer is Signer.PERSON:
        assert operation.permission is not None or operation.name in WITHOUT_PERMISSION
    else:
        assert operation.permission is None


ASKS_OUTSIDE = {"recording.call", "payments.card_key", "payments.attempt", "payments.link"}
"""Sagas that only ask another system."""
EVERY_FEW_SECONDS = {"recording.renew", "stock.hold", "stock.release", "device.heartbeat"} | {
    "drafts.received"
}
"""Evidence of a pause, the level of a product and the row of a seat say more than audit rows could.
"""


@by_name
def test_every_change_is_audited(operation: Operation[Any, Any]) -> None:
    changes = operation.kind in {Kind.COMMAND, Kind.BATCH, Kind.SAGA}
    unaudited = operation.name in ASKS_OUTSIDE | EVERY_FEW_SECONDS
    assert operation.audited == (changes and not unaudited)


@by_name
def test_nobody_asks_unsigned_but_to_enrol(centre: Centre, operation: Operation[Any, Any]) -> None:
    reply = centre.carrier.post(f"/v1/{operation.name}", {}, b"{}", 5)
    expected = b"malformed" if operation.name == "device.enrol" else b"unsigned"
    assert expected in reply.body


@by_name
def test_a_seat_alone_cannot_do_what_takes_a_person(
    centre: Centre, operation: Operation[Any, Any]
) -> None:
    if operation.signer is not Signer.PERSON:
        return
    status, refusal = centre.send_signed(centre.enrolled(), operation, {})
    assert (status, refusal.code) == (401, "session_over")


@by_name
def test_a_role_without_the_permission_is_refused(
    centre: Centre, operation: Operation[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if operation.permission is None:
        return
    others = frozenset(Permission) - {operation.permission}
    monkeypatch.setitem(PERMISSIONS, Role.CSR, others)
    seat = centre.enrolled()
    centre.person("anna")
    caller = centre.caller()
    caller.use_seat(seat)
    token = centre.sign_in(caller, "anna").token
    status, refusal = centre.send_signed(seat, operation, {}, session=token)
    assert (status, refusal.code) == (403, "permission_missing")
    audited = centre.rows("SELECT outcome FROM audit WHERE operation = :o", o=operation.name)
    assert audited == [("permission_missing",)]


def test_it_seals_the_audit_by_itself(central: Central, centre: Centre) -> None:
    centre.person("anna")
    central.start()
    give_up_at = time.monotonic() + 10
    verdict = central.transactions.read(AuditChain().verify)
    while verdict.unsealed and time.monotonic() < give_up_at:
        verdict = central.transactions.read(AuditChain().verify)
    assert (verdict.unsealed, verdict.holds) == (0, True)


def test_it_does_not_start_on_a_database_it_does_not_know(
    settings: CentreSettings, surroundings: Surroundings, central_url: str
) -> None:
    with psycopg.connect(central_url) as connection:
        connection.execute("UPDATE installation SET timeline = 9")
    with pytest.raises(Refusal, match="readback admin restored"):
        Serving(settings, surroundings).run()


def test_it_does_not_start_on_a_database_that_is_not_migrated(
    databases: Databases, surroundings: Surroundings, central_template: str
) -> None:
    settings = CentreSettings(database_url=databases.make(), listen="127.0.0.1:0", threads=1)
    with pytest.raises(Refusal, match="readback admin migrate"):
        Serving(settings, surroundings).run()


def test_administration_wants_a_migrated_database(
    databases: Databases, surroundings: Surroundings, central_template: str
) -> None:
    with (
        pytest.raises(Refusal, match="readback admin migrate"),
        administration(databases.make(), surroundings.clock, surroundings.ids),
    ):
        pass


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_program_serves_until_sigterm_and_ends_in_order(central_url: str) -> None:
    port = free_port()
    environment = {**os.environ, "READBACK_DATABASE_URL": central_url}
    command = [sys.executable, "-m", "app", "serve", "--listen", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as program:
        try:
            assert is_ready_by(time.monotonic() + 30, port, program)
            program.send_signal(signal.SIGTERM)
            _, log = program.communicate(timeout=30)
        finally:
            program.kill()
    events = [json.loads(line) for line in log.splitlines()]
    assert program.returncode == 0
    assert [event["event"] for event in events if event["event"] in {"starting", "ended"}] == [
        "starting",
        "ended",
    ]


def is_ready_by(deadline: float, port: int, program: subprocess.Popen[str]) -> bool:
    while time.monotonic() < deadline and program.poll() is None:
        try:
            reply = httpx2.get(f"http://127.0.0.1:{port}/readyz", trust_env=False)
        except httpx2.ConnectError:
            continue
        return reply.status_code == 200
    return False
