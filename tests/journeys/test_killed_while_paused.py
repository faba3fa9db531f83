"""What holds a pause is killed in the middle of it: the recording goes on, and the call is flagged.

Real programs: two replicas of the service, the simulated exchange, a desk; and a real recording,
listened to at the end.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.adapters.child_program import ChildProgram
from app.adapters.local_card_parts import free_port
from app.cli.program import main
from app.values.clock import SystemClock
from tests.centre import PASSWORD, Centre

EXTENSION = "2001"
TTL_S = 3.0
PROMISED_S = 2.0
"""How soon after the lease ran out the recording goes on."""
PATIENCE_S = 30.0
GLANCE_S = 0.05
SOUND_S = 1.0
SETTINGS = """
[centre.recording]
watchdog_s = 0.25
[centre.recording.times]
ttl_s = {ttl}
renew_s = 0.5
margin_s = 1.0

[[centre.recorders]]
name = "pbx"
kind = "asterisk"
port = {port}
user = "readback"
secret_file = "{secret}"
"""


@dataclass
class Site:
    """The programs, and what the database knows of them."""

    centre: Centre
    services: list[ChildProgram]
    urls: list[str]
    recordings: Path
    control_port: int
    desks: list[ChildProgram] = field(default_factory=list)

    def pause_at_the_first_service(self, log: Path) -> ChildProgram:
        """A desk that holds a pause, by the service that may be killed."""
        self.centre.clock.set(SystemClock().now())
        code = self.centre.code(log.stem, EXTENSION)
        words = ("tests.journeys.pausing_desk", self.urls[0], code, "anna", PASSWORD)
        desk = ChildProgram(words, log)
        self.desks.append(desk)
        assert desk.line() == "held"
        return desk

    def is_resumed(self, pauses: int) -> None:
        """So many pauses are over: each in time, each with its call flagged."""
        wait_until(lambda: len(self._resumed()) == pauses, "the recording goes on")
        for ran_out, resumed in self._resumed():
            assert resumed - ran_out < timedelta(seconds=PROMISED_S)
        flags = [row.kind for row in self.centre.rows("SELECT kind FROM call_flag")]
        assert flags == ["resumed_by_expiry"] * pauses

    def hang_up(self) -> None:
        """Once there is some sound behind the last pause."""
        clock, pause = SystemClock(), threading.Event()
        until = clock.monotonic() + SOUND_S
        while clock.monotonic() < until:
            pause.wait(GLANCE_S)
        words = ("simulate", "tell", str(self.control_port), "hang-up", EXTENSION)
        assert main(words) == 0

    def recording(self) -> Path:
        (found,) = self.recordings.glob("*.wav")
        return found

    def _resumed(self) -> list[tuple[datetime, datetime]]:
        rows = self.centre.rows(
            "SELECT expires_at, resumed_at FROM recording_lease WHERE resumed_at IS NOT NULL"
        )
        return [(row.expires_at, row.resumed_at) for row in rows]


def wait_until(holds: Callable[[], bool], what: str) -> None:
    clock, pause = SystemClock(), threading.Event()
    until = clock.monotonic() + PATIENCE_S
    while not holds():
        assert clock.monotonic() < until, f"It never came so far that {what}."
        pause.wait(GLANCE_S)


def is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=1) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def the_exchange(folder: Path, running: ExitStack) -> tuple[str, int]:
    """Start it with a call on the extension; the settings that lead to it, and its control port."""
    secret = folder / "secret"
    secret.write_text("only for this test")
    words = ("simulate", "call-recorder", "--end-with-input", "--call", f"{EXTENSION}=01632960001")
    places = ("--folder", str(folder / "recordings"), "--secret-file", str(secret))
    exchange = running.enter_context(
        ChildProgram(("app", *words, *places), folder / "exchange.log")
    )
    ready = json.loads(exchange.line())
    settings = SETTINGS.format(ttl=TTL_S, port=ready["port"], secret=secret)
    return settings, ready["control_port"]


@pytest.fixture
def site(central_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("READBACK_DATABASE_URL", central_url)
    settings = tmp_path / "centre.toml"
    with ExitStack() as running:
        written, control_port = the_exchange(tmp_path, running)
        settings.write_text(written)
        site = Site(Centre(central_url), [], [], tmp_path / "recordings", control_port)
        running.callback(site.centre.close)
        for number in (1, 2):
            listen = f"127.0.0.1:{free_port()}"
            words = ("serve", "--end-with-input", "--listen", listen, "--settings", str(settings))
            log = tmp_path / f"service-{number}.log"
            site.services.append(running.enter_context(ChildProgram(("app", *words), log)))
            site.urls.append(f"http://{listen}")
        wait_until(lambda: all(map(is_ready, site.urls)), "both services are ready")
        site.centre.person("anna")
        yield site
        for desk in site.desks:
            desk.kill()
            desk.stop()


def test_a_recording_goes_on_whoever_is_killed_while_it_is_paused(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.pause_at_the_first_service(tmp_path / "desk.log").kill()
    site.is_resumed(pauses=1)

    site.pause_at_the_first_service(tmp_path / "other-desk.log")
    site.services[0].kill()
    site.is_resumed(pauses=2)

    site.hang_up()
    capsys.readouterr()
    assert main(["admin", "evidence", "verify"]) == 0
    assert main(["admin", "evidence", "check-audio", "--recording", str(site.recording())]) == 0
    said = capsys.readouterr().out
    assert said.count("silent, RMS 0.") == 2
    assert said.strip().endswith("It holds.")
