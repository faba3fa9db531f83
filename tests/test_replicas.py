"""Two replicas, as real processes, on one database: exactly once, whatever happens to either."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import httpx2
import pytest

from app.central import Central, Surroundings
from app.settings import CentreSettings
from app.store.central import database_url
from app.store.migrations.central.migrate import migrate
from app.transport.client import HttpCarrier, RemoteCaller
from app.values.errors import Unreachable
from app.values.identity import SystemIds
from app.wire.operations import SEND_COMMANDS
from app.wire.sync import Command, CommandOutcome, SendCommands
from tests.centre import CHEAP, Centre, ListLog
from tests.order_desk import OrderCentre, SendingDesk
from tests.store.test_central_migrations import copy_of_scripts_with, shape_of

START_SECONDS = 60


class Replica:
    """`readback serve` on a port of its own, with its metrics beside it."""

    def __init__(self, url: str) -> None:
        self.port, self.metrics_port = free_port(), free_port()
        command = [sys.executable, "-m", "app", "serve"]
        command += ["--listen", f"127.0.0.1:{self.port}", "--threads", "4"]
        command += ["--metrics-listen", f"127.0.0.1:{self.metrics_port}"]
        environment = {**os.environ, "READBACK_DATABASE_URL": url}
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)

    def wait_until_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with suppress(httpx2.HTTPError):
                if self.get("readyz") == 200:
                    return
        raise AssertionError

    def get(self, path: str) -> int:
        url = f"http://127.0.0.1:{self.port}/{path}"
        return httpx2.get(url, trust_env=False).status_code

    def metrics(self) -> str:
        return httpx2.get(f"http://127.0.0.1:{self.metrics_port}/", trust_env=False).text

    def caller(self, desk: SendingDesk, lines: ExitStack) -> RemoteCaller:
        carrier = lines.enter_context(closing(HttpCarrier(f"http://127.0.0.1:{self.port}")))
        caller = RemoteCaller(carrier, desk.centre.clock, desk.centre.ids)
        caller.use_seat(desk.seat)
        return caller

    def end(self, how: int) -> int:
        self.process.send_signal(how)
        return self.process.wait(45)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def centre(central_url: str) -> Iterator[OrderCentre]:
    made = OrderCentre(central_url)
    yield made
    made.close()


@pytest.fixture
def replicas(central_url: str) -> Iterator[tuple[Replica, Replica]]:
    pair = Replica(central_url), Replica(central_url)
    try:
        for replica in pair:
            replica.wait_until_ready()
        yield pair
    finally:
        for replica in pair:
            replica.process.kill()
            replica.process.wait()


def send(caller: RemoteCaller, command: Command) -> CommandOutcome:
    return caller.call(SEND_COMMANDS, SendCommands(commands=(command,))).outcomes[0]


def test_the_same_command_at_both_at_once_has_one_effect(
    centre: OrderCentre, replicas: tuple[Replica, Replica], tmp_path: Path
) -> None:
    """Then one is killed: the other serves on. Then a migration fails: it serves on."""
    first, second = replicas
    desk = SendingDesk(centre)
    commands = [desk.command() for _ in range(12)]
    with ExitStack() as lines, ThreadPoolExecutor(2) as both:
        one, other = first.caller(desk, lines), second.caller(desk, lines)
        for command in commands:
            pair = [both.submit(send, caller, command) for caller in (one, other)]
            outcomes = [waiting.result(30) for waiting in pair]
            assert {outcome.number for outcome in outcomes} == {outcomes[0].number}
            assert sorted(outcome.outcome.value for outcome in outcomes) == ["accepted", "replayed"]
        assert centre.counts()["sales_order"] == 12
        assert 'readback_requests_total{operation="commands.send",outcome="done"} 12.0' in (
            first.metrics()
        )
        first.end(signal.SIGKILL)
        with pytest.raises(Unreachable):
            send(one, commands[0])
        assert send(other, desk.command()).outcome.value == "accepted"
        before = shape_of(centre.url)
        scripts = copy_of_scripts_with(tmp_path, "CREATE TABLE half (n bigint); SELECT 1 / 0;")
        with pytest.raises(Exception, match="division by zero"):
            migrate(centre.url, scripts)
        assert shape_of(centre.url) == before
        assert second.get("readyz") == 200
        assert send(other, desk.command()).outcome.value == "accepted"
    assert second.end(signal.SIGTERM) == 0
    assert centre.counts()["sales_order"] == 14


class CutAtCommit:
    """Stands before the database; once armed, it hides the answer to a COMMIT and hangs up."""

    def __init__(self, folder: str) -> None:
        self._behind = f"{folder}/.s.PGSQL.5432"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.passes: int | None = None
        self.cut = 0
        self._lines: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            behind = socket.socket(socket.AF_UNIX)
            behind.connect(self._behind)
            self._lines += [line, behind]
            hides = threading.Event()
            for source, target in ((line, behind), (behind, line)):
                thread = threading.Thread(target=self._pump, args=(source, target, hides))
                self._threads.append(thread)
                thread.start()

    def _pump(self, source: socket.socket, target: socket.socket, hides: threading.Event) -> None:
        from_client = source.family == socket.AF_INET
        with suppress(OSError):
            while data := source.recv(65_536):
                if from_client and b"COMMIT\0" in data and self.passes is not None:
                    self.passes -= 1
                    if self.passes < 0:
                        self.passes = None
                        hides.set()
                if not from_client and hides.is_set():
                    self.cut += 1
                    break
                target.sendall(data)
        for line in (source, target):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        for thread in self._threads:
            thread.join()


def test_an_answer_lost_at_the_commit_is_an_unknown_outcome_and_is_sent_again(
    centre: OrderCentre,
) -> None:
    """The order is kept, nobody knows; the same command under the same key gives its answer."""
    desk = SendingDesk(centre)
    commands = [desk.command() for _ in range(3)]
    address = database_url(centre.url)
    cutting = CutAtCommit(str(address.query["host"]))
    away = address.set(host="127.0.0.1", port=cutting.port, query={})
    settings = CentreSettings(
        database_url=away.render_as_string(hide_password=False), listen="127.0.0.1:0", threads=2
    )
    given = Surroundings(clock=centre.clock, ids=SystemIds(), log=ListLog(), passwords=CHEAP)
    central = Central(settings, given)
    carrier = Centre(centre.url, dispatcher=central.dispatcher).carrier
    caller = RemoteCaller(carrier, centre.clock, centre.ids)
    caller.use_seat(desk.seat)
    try:
        assert send(caller, commands[0]).outcome.value == "accepted"
        assert lost_answer(caller, cutting, commands[1]) == "outcome_unknown"
        assert cutting.cut == 1
        again = send(caller, commands[1])
        assert (again.outcome.value, again.first and again.first.value) == ("replayed", "accepted")
        assert send(caller, commands[2]).outcome.value == "accepted"
        assert centre.counts()["sales_order"] == 3
    finally:
        central.close()
        cutting.close()


def lost_answer(caller: RemoteCaller, cutting: CutAtCommit, command: Command) -> str:
    """What a desk hears when the answer to the order's COMMIT never came."""
    cutting.passes = 0  # who asks is proved without one
    try:
        return send(caller, command).outcome.value
    except Unreachable as away:
        return away.code
