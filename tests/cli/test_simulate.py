"""`readback simulate`: an exchange as a process of its own, and telling it what happens."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from app.cli.program import REFUSED, main
from app.services.rules.recording_audio import CallRecordings, read_audio
from app.wire.message import decode
from app.wire.webhook_signature import written_secret

PATIENCE_S = 60.0
Tell = Callable[..., tuple[int, str]]


class Running:
    """An exchange with a call at extension 2001."""

    def __init__(self, folder: Path) -> None:
        secret = folder / "secret"
        secret.write_text("a-secret-of-the-exchange", encoding="utf-8")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "app", "simulate", "call-recorder", "--end-with-input"),
                *("--folder", str(folder / "recordings"), "--secret-file", str(secret)),
                *("--call", "2001=+441132000001"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self._process.stdout.readline())

    def end(self) -> int:
        self._process.communicate(timeout=PATIENCE_S)
        return self._process.returncode


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    made = Running(tmp_path_factory.mktemp("exchange"))
    yield made
    made.end()


@pytest.fixture
def tell(exchange: Running, capsys: pytest.CaptureFixture[str]) -> Tell:
    def told(*words: str) -> tuple[int, str]:
        code = main(["simulate", "tell", str(exchange.ready["control_port"]), *words])
        out = capsys.readouterr()
        return code, out.out + out.err

    return told


def test_it_says_where_it_listens_and_what_is_under_way(exchange: Running) -> None:
    assert set(exchange.ready) == {"port", "control_port", "folder", "calls"}
    (reference,) = exchange.ready["calls"]
    assert (Path(exchange.ready["folder"]) / f"{reference}-1.wav").exists()


def test_people_on_the_telephone_are_played_from_outside(tell: Tell) -> None:
    for act in ("hold", "retrieve", "second-recorder", "stop-recorder", "spy"):
        assert tell(act, "2001")[0] == 0
    assert tell("freeze")[0] == tell("thaw")[0] == 0
    assert tell("start", "2002", "--caller-number", "+441132000002")[0] == 0
    assert tell("transfer", "2002", "--to", "2003")[0] == 0
    code, said = tell("hang-up", "2003")
    assert code == 0
    assert [each["extension"] for each in json.loads(said)] == ["2001"]


def test_what_cannot_be_is_said_in_words(tell: Tell) -> None:
    code, said = tell("hold", "9999")
    assert (code, said) == (REFUSED, "readback: There is no call at extension 9999.\n")


def test_it_ends_with_its_input_and_leaves_whole_files(tmp_path: Path) -> None:
    exchange = Running(tmp_path)
    assert exchange.end() == 0
    folder = Path(exchange.ready["folder"])
    (note,) = folder.glob("*.json")
    (file,) = decode(note.read_bytes(), CallRecordings).recordings
    assert read_audio((folder / file.file).read_bytes()).rate == 8000


@pytest.mark.parametrize("call", ["2001", "=+441132000001"])
def test_a_call_that_is_written_wrong_is_refused(
    tmp_path: Path, call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--folder", str(tmp_path), "--secret-file", str(tmp_path / "none"), "--call", call]
    assert main(["simulate", "call-recorder", *words]) == REFUSED
    assert "EXTENSION=CALLER_NUMBER" in capsys.readouterr().err


def test_without_a_secret_it_does_not_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--folder", str(tmp_path), "--secret-file", str(tmp_path / "none")]
    assert main(["simulate", "call-recorder", *words]) == REFUSED
    assert "cannot be read" in capsys.readouterr().err


def test_a_warehouse_says_where_it_listens_and_ends_with_its_input(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(written_secret(b"s" * 32), encoding="ascii")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "app", "simulate", "warehouse", "--end-with-input"),
            *("--centre", "http://127.0.0.1:9", "--secret-file", str(secret)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    assert ready["url"] == f"http://127.0.0.1:{ready['port']}/orders"
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
