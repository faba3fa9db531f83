"""pytest plugin: a test may not log a warning, leave a thread behind or reach beyond this machine.

Loaded by tests/conftest.py for the whole suite. It knows nothing of the program, so that
tests/test_strict.py can prove it on planted offences. Everything runs on pytest's own thread.
"""

from __future__ import annotations

import ipaddress
import logging
import sys
import threading
import time
from collections.abc import Generator

import pytest

THREAD_GRACE_SECONDS = 3.0
"""How long a thread that a test told to stop may take before it counts as leaked."""


class _WarningKeeper(logging.Handler):
    """Keeps every record of WARNING and above that reaches the root logger."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def _fail_on_warnings(keeper: _WarningKeeper) -> None:
    """Fail with the texts of what was logged."""
    if keeper.records:
        texts = [f"{r.levelname} {r.name}: {r.getMessage()}" for r in keeper.records]
        pytest.fail(
            "The test logged warnings; ask for `caplog` if they are expected:\n" + "\n".join(texts),
            pytrace=False,
        )


@pytest.fixture(autouse=True)
def _no_logged_warnings(request: pytest.FixtureRequest) -> Generator[None]:
    """Fail a test that logs at WARNING or above, unless it asked for `caplog` to look at it."""
    keeper = _WarningKeeper()
    root = logging.getLogger()
    root.addHandler(keeper)
    yield
    root.removeHandler(keeper)
    if "caplog" not in request.fixturenames:
        _fail_on_warnings(keeper)


def _running_threads() -> set[threading.Thread]:
    """Python's own live threads, without those that Qt or a driver made and Python merely met."""
    met = threading._DummyThread  # noqa: SLF001 - it has no public name
    return {thread for thread in threading.enumerate() if not isinstance(thread, met)}


@pytest.fixture(autouse=True)
def _no_leaked_threads() -> Generator[None]:
    """Fail a test after which a thread runs on that did not run before it."""
    before = _running_threads()
    yield
    give_up_at = time.monotonic() + THREAD_GRACE_SECONDS
    for thread in _running_threads() - before:
        thread.join(max(0.0, give_up_at - time.monotonic()))
    left = sorted(thread.name for thread in _running_threads() - before)
    if left:
        pytest.fail(f"The test left threads running: {', '.join(left)}", pytrace=False)


def _is_this_machine(host: str) -> bool:
    """Whether `host` names this machine: loopback, unspecified, or a name that needs no look-up."""
    if host in {"", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse_other_machines(event: str, args: tuple[object, ...]) -> None:
    """Audit hook: raise when Python code connects or sends to, or looks up, another machine."""
    if event in {"socket.connect", "socket.sendto"}:
        address = args[1]
        host = address[0] if isinstance(address, tuple) else ""
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = args[0] or ""
    else:
        return
    name = host.decode() if isinstance(host, bytes) else str(host)
    if not _is_this_machine(name):
        message = f"A test may not reach the network: {event} {name}"
        raise RuntimeError(message)


def pytest_configure() -> None:
    """Close the network for the rest of this process."""
    sys.addaudithook(_refuse_other_machines)
