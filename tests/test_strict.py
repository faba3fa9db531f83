"""The suite's own strictness, proved on planted offences in a suite of one test."""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

Outcome = Callable[[str], dict[str, int]]


@pytest.fixture
def outcome(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,  # planted warnings reach this suite's log too
) -> Outcome:
    """Run one test under the plugin alone and give pytest's own count of outcomes."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini("[pytest]\nmarkers = real_data")

    def run(source: str) -> dict[str, int]:
        imports = "import logging, socket, threading, pytest\n"
        pytester.makepyfile(imports + textwrap.dedent(source))
        return pytester.runpytest_inprocess("-p", "tests.strict").parseoutcomes()

    return run


def test_a_logged_warning_fails_the_test(outcome: Outcome) -> None:
    source = "def test_it(): logging.getLogger('app.x').warning('odd')"
    assert outcome(source) == {"passed": 1, "errors": 1}


def test_a_warning_that_was_asked_for_is_allowed(outcome: Outcome) -> None:
    source = "def test_it(caplog): logging.getLogger('app.x').warning('odd')"
    assert outcome(source) == {"passed": 1}


def test_what_is_below_a_warning_is_allowed(outcome: Outcome) -> None:
    source = "def test_it(): logging.getLogger('app.x').info('usual')"
    assert outcome(source) == {"passed": 1}


def test_a_thread_left_running_fails_the_test(
    outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    monkeypatch.setattr("tests.strict.THREAD_GRACE_SECONDS", 0.01)
    monkeypatch.setattr("builtins.stop_planted_thread", stop, raising=False)
    source = "def test_it(): threading.Thread(target=stop_planted_thread.wait).start()"
    try:
        assert outcome(source) == {"passed": 1, "errors": 1}
    finally:
        stop.set()


def test_a_thread_that_ends_is_allowed(outcome: Outcome) -> None:
    source = "def test_it(): threading.Thread(target=print).start()"
    assert outcome(source) == {"passed": 1}


@pytest.mark.parametrize(
    "reach",
    [
        "socket.create_connection(('192.0.2.1', 9), timeout=1)",
        "socket.getaddrinfo('example.org', 443)",
        "s.sendto(b'x', ('192.0.2.1', 9))",
    ],
)
def test_another_machine_is_out_of_reach(outcome: Outcome, reach: str) -> None:
    source = f"""
        def test_it():
            with socket.socket(type=socket.SOCK_DGRAM) as s:
                with pytest.raises(RuntimeError, match="network"):
                    {reach}
    """
    assert outcome(source) == {"passed": 1}


def test_this_machine_is_within_reach(outcome: Outcome) -> None:
    source = """
        def test_it():
            with socket.create_server(("127.0.0.1", 0)) as server:
                socket.create_connection(server.getsockname()).close()
                socket.getaddrinfo("localhost", 80)
    """
    assert outcome(source) == {"passed": 1}


@pytest.mark.parametrize(
    ("folder", "outcomes"),
    [("there", {"passed": 2}), ("absent", {"passed": 1, "deselected": 1})],
)
def test_what_wants_real_data_is_left_out_where_there_is_none(
    outcome: Outcome,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    folder: str,
    outcomes: dict[str, int],
) -> None:
    (tmp_path / "there").mkdir()
    monkeypatch.setattr("tests.conftest.REAL_DATA", tmp_path / folder)
    pytester.makeconftest("from tests.conftest import pytest_collection_modifyitems, real_data")
    source = """
        @pytest.mark.real_data
        def test_real(real_data): assert real_data.is_dir()

        def test_made_up(): pass
    """
    assert outcome(source) == outcomes
