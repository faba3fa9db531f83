"""A caller that is closed does not sit out a long poll."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from typing import Any

import httpx2
import pytest

from app.transport.client import HttpCarrier, Reply
from app.values.errors import Unreachable


class SilentServer:
    """Takes a request and never answers it."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.has_request = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        line, _ = self._listener.accept()
        with line:
            line.recv(65_536)
            self.has_request.set()
            while line.recv(65_536):
                pass  # head and body may come apart; the end is when the other side hangs up

    def close(self) -> None:
        self._thread.join()
        self._listener.close()


@pytest.fixture
def server() -> Generator[SilentServer]:
    server = SilentServer()
    yield server
    server.close()


def test_a_request_under_way_ends_when_the_carrier_is_closed(server: SilentServer) -> None:
    carrier = HttpCarrier(f"http://127.0.0.1:{server.port}")
    outcomes: list[Reply | Unreachable] = []

    def wait() -> None:
        try:
            outcomes.append(carrier.post("/v1/changes.wait", {}, b"{}", 60.0))
        except Unreachable as away:
            outcomes.append(away)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert server.has_request.wait(10)
    carrier.close()
    waiting.join(10)
    assert [getattr(outcome, "code", "") for outcome in outcomes] == ["centre_away"]


class ClosedMeanwhile(HttpCarrier):
    """Another thread closes it just as a connection is made."""

    def _note_socket(self, event: str, facts: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            self.close()
        super()._note_socket(event, facts)


def test_nobody_waits_on_a_connection_that_was_made_while_the_carrier_was_closed(
    server: SilentServer,
) -> None:
    carrier = ClosedMeanwhile(f"http://127.0.0.1:{server.port}")
    with pytest.raises(Unreachable) as away:
        carrier.post("/v1/changes.wait", {}, b"{}", 5.0)
    assert not isinstance(away.value.__cause__, httpx2.TimeoutException)


def test_a_closed_carrier_carries_nothing(server: SilentServer) -> None:
    carrier = HttpCarrier(f"http://127.0.0.1:{server.port}")
    carrier.close()
    with pytest.raises(Unreachable):
        carrier.post("/v1/changes.wait", {}, b"{}", 60.0)
    socket.create_connection(("127.0.0.1", server.port)).close()
