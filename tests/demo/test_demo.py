"""The demo as a person starts it: one command, the whole call, and nothing left running."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from app.adapters.local_postgres import LocalPostgres
from app.values.order_number import OrderNumber, grouped, holds

SECONDS = 120
STEPS = (
    *("sign-in", "customer", "lines", "address", "read-back", "card"),
    *("place", "said-back", "paper", "protocol"),
)
WITHIN = ("5-misheard", "5-cause", "5-stale", "6-paused", "6-typed", "6-declined", "8-slip")
"""Pictures taken within a step."""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where the trial of these tests keeps its data, outside every home folder."""
    made = Path(tempfile.mkdtemp(prefix="readback-test-"))
    made.chmod(0o711)
    yield made / "trial"
    shutil.rmtree(made)


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "app", "demo", "--folder", str(folder), *words]


@pytest.fixture(scope="module")
def out(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one whole call leaves behind."""
    written = tmp_path_factory.mktemp("demo") / "out"
    done = subprocess.run(
        command(folder, "--headless", str(written)),
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return written


def test_the_report_tells_the_order(out: Path) -> None:
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert holds(report["order_number"])
    assert (report["lines"], report["currency"]) == (5, "GBP")
    assert report["total_minor"] > 0
    assert tuple(report["step_ms"]) == STEPS


def test_the_confirmation_says_what_the_report_says(out: Path, tool: Callable[[str], str]) -> None:
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    paper = subprocess.run(
        [tool("pdftotext"), "-layout", str(out / "confirmation.pdf"), "-"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert grouped(OrderNumber(report["order_number"])) in paper
    assert f"£{report['total_minor'] / 100:,.2f}" in paper
    assert "5 lines" in paper


def test_every_value_that_is_risky_was_spoken_by_the_caller(out: Path) -> None:
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["spoken"] >= len(("four quantities", "postcode and house", "one said again"))
    assert report["confirmations"] > 0


def test_a_card_is_declined_and_another_one_taken(out: Path) -> None:
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["cards"] == ["declined", "authorised"]
    assert report["last_four"] == ["9995", "4242"]


def test_the_recording_is_silent_in_both_pauses_and_nowhere_else(out: Path) -> None:
    checked = (out / "recording-check.txt").read_text(encoding="utf-8")
    assert checked.count("silent, RMS 0.") == 2
    assert checked.count("Outside") == 3
    assert checked.rstrip().endswith("It holds.")
    assert (out / "recording.wav").read_bytes().startswith(b"RIFF")


def test_every_step_leaves_a_picture_of_the_whole_window(out: Path) -> None:
    for step in (*(f"{number}-{step}" for number, step in enumerate(STEPS, start=1)), *WITHIN):
        picture = (out / f"{step}.png").read_bytes()
        width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
        assert (width, height) == (1366, 768)
        assert len(picture) > 20_000, f"{step} shows nothing"


def test_nothing_is_left_running(out: Path, folder: Path) -> None:
    assert _processes_of(folder) == []


def test_a_second_trial_in_the_same_folder_is_told_so(out: Path, folder: Path) -> None:
    with LocalPostgres(folder / "postgres"):
        done = subprocess.run(
            command(folder, "--headless", str(out)), check=False, capture_output=True, text=True
        )
    assert done.returncode == 1
    assert "Another trial is running" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_desk_and_everything_behind_it(
    out: Path, folder: Path, number: signal.Signals
) -> None:
    environment = {**os.environ, "DISPLAY": ":none"}  # drawn in memory all the same
    with subprocess.Popen(
        command(folder), stderr=subprocess.PIPE, text=True, env=environment
    ) as demo:
        assert demo.stderr is not None
        _read_until("Close the window", demo.stderr)
        demo.send_signal(number)
        assert demo.wait(SECONDS) == 0
    assert _processes_of(folder) == []


def test_a_trial_that_was_killed_leaves_no_service_and_starts_again(
    out: Path, folder: Path
) -> None:
    environment = {**os.environ, "DISPLAY": ":none"}
    with subprocess.Popen(
        command(folder), stderr=subprocess.PIPE, text=True, env=environment
    ) as demo:
        assert demo.stderr is not None
        _read_until("Close the window", demo.stderr)
        demo.kill()
    again = subprocess.run(
        command(folder, "--headless", str(out)), check=False, capture_output=True, text=True
    )
    assert again.returncode == 0, again.stderr
    assert "ended" in (folder / "service.log").read_text(encoding="utf-8")
    assert _processes_of(folder) == []


def test_a_catalogue_that_cannot_be_read_is_refused_in_words(out: Path, folder: Path) -> None:
    strange = out / "strange.csv"
    strange.write_bytes(b"\x00\x01\x02")
    done = subprocess.run(
        command(folder, "--headless", str(out), "--catalogue", str(strange)),
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 1
    assert "readback: " in done.stderr
    assert "Traceback" not in done.stderr
    assert _processes_of(folder) == []


def _read_until(words: str, stream: IO[str]) -> None:
    for line in stream:
        if words in line:
            return
    pytest.fail(f"The demo never said: {words}")


def _processes_of(folder: Path) -> list[str]:
    """Command lines of running programs that name the trial's folder."""
    listed = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True)
    return [line for line in listed.stdout.splitlines() if str(folder) in line]
