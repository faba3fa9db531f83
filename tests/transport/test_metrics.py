"""Metrics over a real socket, on an address of their own."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from prometheus_client import CollectorRegistry, Counter

from app.transport.metrics import MetricsServer
from app.values.errors import Refusal


@pytest.fixture
def server() -> Iterator[MetricsServer]:
    registry = CollectorRegistry()
    Counter("readback_requests", "Requests.", registry=registry).inc()
    made = MetricsServer("127.0.0.1:0", registry)
    yield made
    made.close()


def test_they_are_shown_as_prometheus_reads_them(server: MetricsServer) -> None:
    reply = httpx2.get(f"http://127.0.0.1:{server.port}/metrics", trust_env=False)
    assert reply.headers["content-type"].startswith("text/plain")
    assert "readback_requests_total 1.0" in reply.text


def test_an_address_that_is_taken_is_refused_in_words(server: MetricsServer) -> None:
    with pytest.raises(Refusal) as refusal:
        MetricsServer(f"127.0.0.1:{server.port}", CollectorRegistry())
    assert refusal.value.code == "listen_failed"


@pytest.mark.parametrize("address", ["9470", "127.0.0.1:", ":9470"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(Refusal) as refusal:
        MetricsServer(address, CollectorRegistry())
    assert refusal.value.code == "listen_malformed"
