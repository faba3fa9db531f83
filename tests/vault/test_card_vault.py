"""The program: its command line, its settings, and what a kill leaves behind."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.adapters.event_log import JsonLog
from app.card_vault import VaultProgram, main
from app.settings import VaultSettings
from app.values.clock import SystemClock
from app.values.errors import Refusal
from app.values.identity import SystemIds
from app.vault.keys import KeyFolder
from app.wire.message import encode
from app.wire.vault import Attempted, Authorise, CardKeys
from tests.vault.sealing import bound, seal

LATE = "4000000000000341"


@pytest.fixture(scope="module")
def of_today(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vault whose keys are good by the machine's own clock."""
    folder = tmp_path_factory.mktemp("program") / "vault"
    assert main(["init", str(folder)]) == 0
    return folder


@contextmanager
def program(folder: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`serve` as a program of its own, and where it listens."""
    words = ["serve", str(folder), "--end-with-input", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(
        [sys.executable, "-m", "app", "vault", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    ) as running:
        assert running.stdout is not None
        ready = json.loads(running.stdout.readline())
        yield running, str(ready["url"])
        assert running.stdin is not None
        running.stdin.close()
        running.wait(30)


def test_init_says_the_root_key_and_what_the_sandbox_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(tmp_path / "vault")]) == 0
    said = capsys.readouterr().out
    assert main(["root-key", str(tmp_path / "vault")]) == 0
    assert capsys.readouterr().out.strip() in said
    assert "no money moves" in said


def test_what_cannot_be_done_is_said_in_words(
    tmp_path: Path, of_today: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(of_today)]) == 1
    assert main(["root-key", str(tmp_path / "nowhere")]) == 1
    said = capsys.readouterr().err
    assert "There is a vault" in said
    assert "Run readback vault init" in said


def test_rotate_makes_the_next_key(of_today: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rotate", str(of_today)]) == 0
    kid = capsys.readouterr().out.strip()
    assert kid in {key.kid for key in KeyFolder(of_today, SystemClock()).offered().keys}


def test_sign_vouches_for_a_gateways_own_key(
    of_today: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = generate_private_key(public_exponent=65_537, key_size=2048).public_key()
    pem = tmp_path / "gateway.pem"
    pem.write_bytes(theirs.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert main(["sign", str(of_today), str(pem), "--kid", "g-1", "--days", "30"]) == 0
    told = msgspec.json.decode(capsys.readouterr().out, type=CardKeys)
    assert [key.kid for key in told.keys] == ["g-1"]
    assert told.keys[0].expires_at - told.keys[0].not_before < timedelta(days=31)


def test_sign_refuses_what_is_no_public_key(of_today: Path, tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("x")
    assert main(["sign", str(of_today), str(tmp_path / "x.pem"), "--kid", "g-1"]) == 1


@pytest.mark.parametrize("text", ["[vault]\nstrange = 1", "[vault"], ids=["field", "no toml"])
def test_settings_that_cannot_be_read_stop_it(
    tmp_path: Path, of_today: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    folder = copied(of_today, tmp_path)
    (folder / "vault.toml").write_text(text)
    assert main(["rotate", str(folder)]) == 1
    assert "vault.toml" in capsys.readouterr().err


@pytest.mark.parametrize(
    "settings",
    [
        VaultSettings(listen="127.0.0.1:0", provider="post"),
        VaultSettings(listen="127.0.0.1:0", sandbox={"late": 1}),
        VaultSettings(listen="127.0.0.1:0", provider="stripe"),
    ],
    ids=["no such provider", "no such field", "no secret"],
)
def test_a_provider_that_is_not_set_up_stops_it(of_today: Path, settings: VaultSettings) -> None:
    log = JsonLog(io.StringIO(), SystemClock())
    with pytest.raises(Refusal) as refusal:
        VaultProgram(of_today, settings, (SystemClock(), SystemIds(), log))
    assert refusal.value.code == "settings_malformed"


def test_a_key_file_that_is_none_stops_it_without_telling_what_is_in_it(
    tmp_path: Path, of_today: Path
) -> None:
    folder = copied(of_today, tmp_path)
    path = folder / "stripe-key"
    path.touch(mode=0o600)
    path.write_text("s\u00e9cret", encoding="utf-8")
    settings = VaultSettings(
        listen="127.0.0.1:0", provider="stripe", stripe={"secret_key_file": path.name}
    )
    log = JsonLog(io.StringIO(), SystemClock())
    with pytest.raises(Refusal) as refusal:
        VaultProgram(folder, settings, (SystemClock(), SystemIds(), log))
    assert refusal.value.code == "settings_malformed"
    assert refusal.value.__cause__ is None


def test_it_hardens_itself_first_and_ends_with_its_input(tmp_path: Path, of_today: Path) -> None:
    folder = copied(of_today, tmp_path)
    with program(folder, SSLKEYLOGFILE=str(tmp_path / "keys.log")) as (running, url):
        assert httpx2.get(f"{url}/healthz", trust_env=False).status_code == 200
        limits = Path(f"/proc/{running.pid}/limits")
        told = limits.read_text() if limits.exists() else ""
        assert running.stderr is not None
        first = json.loads(running.stderr.readline())
    assert running.returncode == 0
    assert (first["event"], first["state"], first["count"]) == ("hardened", "whole", 1)
    core = [line.split()[4] for line in told.splitlines() if "core file" in line]
    assert set(core) <= {"0"}


def test_a_vault_that_was_killed_knows_what_it_had_asked_for(
    tmp_path: Path, of_today: Path
) -> None:
    folder = copied(of_today, tmp_path)
    (folder / "vault.toml").write_text("[vault.sandbox]\nlate_seconds = 600")
    to = bound()
    keys = KeyFolder(folder, SystemClock()).offered().keys
    request = Authorise(
        attempt_id=to.attempt_id,
        order_id=to.order_id,
        amount=to.amount,
        envelope=seal(keys[0], to, LATE),
    )
    headers = {"authorization": f"Bearer {(folder / 'token').read_text()}"}
    with httpx2.Client(headers=headers, trust_env=False) as line:
        with program(folder) as (running, url):
            body = encode(request)
            asking = threading.Thread(target=ask_in_vain, args=(line, f"{url}/v1/authorise", body))
            asking.start()
            wait_until_charged(folder / "sandbox.sqlite3")
            running.kill()
            asking.join()
        with program(folder) as (running, url):
            again = line.post(f"{url}/v1/authorise", content=encode(request))
            asked = line.post(f"{url}/v1/attempt", content=encode({"attempt_id": to.attempt_id}))
    states = [msgspec.json.decode(told.content, type=Attempted).state for told in (again, asked)]
    assert states == ["started", "authorised"]


def ask_in_vain(line: httpx2.Client, url: str, body: bytes) -> None:
    with contextlib.suppress(httpx2.HTTPError):
        line.post(url, content=body, timeout=60.0)


def wait_until_charged(books: Path) -> None:
    """Until the sandbox has approved it; it keeps its answer to itself."""
    pause = threading.Event()
    with contextlib.closing(sqlite3.connect(books, timeout=20)) as reading:
        for _ in range(1_200):
            if reading.execute("SELECT count(*) FROM charge").fetchone()[0]:
                return
            pause.wait(0.05)
    pytest.fail("The sandbox was never asked.")


def copied(folder: Path, to: Path) -> Path:
    """With the modes of the original."""
    return shutil.copytree(folder, to / "vault")
