"""A program that pauses a screen recorder: its words count, and it never outlives its time."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from app.adapters.recorders.command import Command
from app.services.central.recorder import (
    RECORDING_GONE,
    Call,
    RecorderProblem,
    RecorderSettings,
    RecorderTimes,
    Recording,
)
from app.values.clock import SystemClock
from app.values.errors import Refusal
from app.values.vocabulary import ConfirmedBy, RecorderState
from tests.adapters.recorders.exchange import LEASE, PATIENCE_S, in_background, sought

DESK = Recording(recorder="screen", call="c-1", key="Desk 1; rm -rf *")

# Keeps its state in a file, and notes what it was told and what it saw of the environment.
PROGRAM = """
import json, os, pathlib, sys
folder = pathlib.Path(sys.argv[1])
action, workstation, call, lease = sys.argv[2:]
with (folder / "told").open("a") as told:
    told.write(json.dumps([action, workstation, call, lease]) + "\\n")
(folder / "seen").write_text(json.dumps(sorted(os.environ)))
state = folder / "state"
word = {"pause": "paused", "resume": "recording"}.get(action) or state.read_text()
if not (folder / "ignores").exists():
    state.write_text(word)
print(word)
"""


def a_command(folder: Path, written: str = PROGRAM, **more: object) -> Command:
    script = folder / "program.py"
    script.write_text(written, encoding="utf-8")
    (folder / "state").write_text("recording", encoding="utf-8")
    confirm_s = float(str(more.pop("confirm_s", PATIENCE_S)))
    options = {"program": [sys.executable, str(script), str(folder)], **more}
    times = RecorderTimes(confirm_s=confirm_s)
    settings = RecorderSettings(name="screen", kind="command", times=times, options=options)
    return Command(settings, SystemClock())


def test_it_is_paused_by_its_word_and_by_its_state(tmp_path: Path) -> None:
    screen = a_command(tmp_path)
    assert screen.state(DESK) is RecorderState.RECORDING
    assert screen.pause(DESK, LEASE) is ConfirmedBy.STATE
    assert screen.state(DESK) is RecorderState.PAUSED
    assert screen.resume(DESK, LEASE) is ConfirmedBy.STATE
    assert screen.state(DESK) is RecorderState.RECORDING


def test_arguments_are_handed_on_as_they_are_and_see_no_shell(tmp_path: Path) -> None:
    a_command(tmp_path).pause(DESK, LEASE)
    first, *_ = (tmp_path / "told").read_text(encoding="utf-8").splitlines()
    assert first == f'["pause", "Desk 1; rm -rf *", "c-1", "{LEASE}"]'


def test_the_environment_of_the_service_is_not_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "x")
    a_command(tmp_path).state(DESK)
    seen = (tmp_path / "seen").read_text(encoding="utf-8")
    assert "DATABASE_PASSWORD" not in seen
    assert "PATH" in seen


def test_a_workstation_that_is_recorded_is_found(tmp_path: Path) -> None:
    screen = a_command(tmp_path)
    call = Call(reference="c-1", workstation="Desk 1")
    assert screen.find(call) == (Recording(recorder="screen", call="c-1", key="Desk 1"),)
    (tmp_path / "state").write_text("absent", encoding="utf-8")
    assert screen.find(call) == ()


def test_only_the_workstations_of_the_settings_are_asked(tmp_path: Path) -> None:
    screen = a_command(tmp_path, workstations=["Desk 2"])
    assert screen.find(Call(reference="c-1", workstation="Desk 1")) == ()
    assert not (tmp_path / "told").exists()


def test_it_knows_no_calls(tmp_path: Path) -> None:
    screen = a_command(tmp_path)
    assert screen.find_call(sought()) is None
    call = screen.find_call(sought(reference="c-9"))
    assert call is not None
    assert call.reference == "c-9"
    assert not screen.capabilities.finds_calls
    assert screen.capabilities.covers_screen


def test_a_word_that_the_state_does_not_bear_out_is_not_paused(tmp_path: Path) -> None:
    screen = a_command(tmp_path)
    (tmp_path / "ignores").touch()
    with pytest.raises(RecorderProblem) as problem:
        screen.pause(DESK, LEASE)
    assert (problem.value.code, problem.value.unknown) == ("recorder_unconfirmed", True)


def test_a_recorder_that_is_not_there_is_gone(tmp_path: Path) -> None:
    with pytest.raises(RecorderProblem) as problem:
        a_command(tmp_path, "print('absent')").pause(DESK, LEASE)
    assert problem.value.code == RECORDING_GONE


@pytest.mark.parametrize(
    "program", ["", "print('perhaps')", "print('paused'); raise SystemExit(1)", "import nowhere"]
)
def test_a_program_that_fails_leaves_the_pause_unknown(tmp_path: Path, program: str) -> None:
    with pytest.raises(RecorderProblem) as problem:
        a_command(tmp_path, program).pause(DESK, LEASE)
    assert (problem.value.code, problem.value.unknown) == ("recorder_failed", True)


@pytest.mark.skipif(sys.platform == "win32", reason="groups of processes are POSIX")
def test_a_program_that_is_late_is_ended_with_its_children(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    shell = ["/bin/sh", "-c", 'tail -f /dev/null > "$0" & wait', str(pipe)]
    screen = a_command(tmp_path, program=shell, confirm_s=1.0)
    problems: list[RecorderProblem] = []

    def pause() -> None:
        try:
            screen.pause(DESK, LEASE)
        except RecorderProblem as problem:
            problems.append(problem)

    pausing = in_background(pause)
    with pipe.open("rb") as from_child:
        assert from_child.read() == b"", "ends once the child is gone"
    pausing.join()
    assert [(problem.code, problem.unknown) for problem in problems] == [("recorder_slow", True)]


@pytest.mark.parametrize("program", [[], ["sh"], ["/nowhere/program"]])
def test_a_program_that_cannot_be_run_is_refused_at_the_start(program: list[str]) -> None:
    settings = RecorderSettings(
        name="screen", kind="command", times=RecorderTimes(), options={"program": program}
    )
    with pytest.raises(Refusal) as refused:
        Command(settings, SystemClock())
    assert "screen" in refused.value.sentence
