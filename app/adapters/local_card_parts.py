"""What taking a card needs beside the central service, on this machine and for a trial only.

A call recorder that is simulated, with one call on one extension, and a card vault with the sandbox
provider, each as a program of its own on loopback. `settings` is what the central service is told.
"""

from __future__ import annotations

import json
import secrets
import socket
from pathlib import Path

from app.adapters.child_program import ChildProgram

RECORDER = "Trial recorder"
USER = "readback"
_VAULT_READY_S = 60.0


class LocalCardParts:
    """Recorder and vault, for as long as a trial runs. Their data are kept in `folder`."""

    def __init__(self, folder: Path, calls: dict[str, str]) -> None:
        """`calls`: who rings at which extension, as extension to caller's number."""
        self._folder = folder
        self._calls = {at: number.replace(" ", "") for at, number in calls.items()}
        self._programs: list[ChildProgram] = []
        self.root_key = ""
        self.settings = ""
        self.recorder_port = 0
        self._control_port = 0

    @property
    def recordings(self) -> Path:
        """Where the recordings lie, a WAV file each."""
        return self._folder / "recordings"

    @property
    def vault_folder(self) -> Path:
        """What the vault keeps."""
        return self._folder / "vault"

    def start(self) -> None:
        """Start both. Raises Fault `program_failed`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        secret_file = _secret(self._folder / "recorder.secret")
        recorder = self._run(
            "simulate",
            "call-recorder",
            "--end-with-input",
            *("--folder", str(self.recordings), "--secret-file", str(secret_file)),
            *(word for at, number in self._calls.items() for word in ("--call", f"{at}={number}")),
        )
        ready = json.loads(recorder.line())
        self.recorder_port, self._control_port = int(ready["port"]), int(ready["control_port"])
        vault_url = self._start_vault()
        self.settings = _settings(self.recorder_port, secret_file, vault_url, self.vault_folder)

    def hang_up(self, extension: str) -> None:
        """The call at an extension ends, and its recording is whole."""
        words = ("simulate", "tell", str(self._control_port), "hang-up", extension)
        with ChildProgram(("app", *words), self._folder / "tell.log") as told:
            told.ended()

    def stop(self) -> None:
        """End both, in the reverse order."""
        while self._programs:
            self._programs.pop().stop()

    def _start_vault(self) -> str:
        if not self.vault_folder.exists():
            with self._run("vault", "init", str(self.vault_folder)) as made:
                made.ended()
            self._programs.pop()
        listen = f"127.0.0.1:{free_port()}"
        vault = self._run(
            "vault", "serve", str(self.vault_folder), "--end-with-input", "--listen", listen
        )
        ready = json.loads(vault.line(_VAULT_READY_S))
        self.root_key = str(ready["root_key"])
        return str(ready["url"])

    def _run(self, *words: str) -> ChildProgram:
        program = ChildProgram(("app", *words), self._folder / f"{words[0]}.log")
        self._programs.append(program)
        return program


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _secret(path: Path) -> Path:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24), encoding="utf-8")
    return path


def _settings(port: int, secret_file: Path, vault_url: str, vault: Path) -> str:
    """TOML; JSON's strings are TOML's."""
    quoted = json.dumps
    return "\n".join(
        (
            "[[centre.recorders]]",
            f"name = {quoted(RECORDER)}",
            'kind = "asterisk"',
            'host = "127.0.0.1"',
            f"port = {port}",
            f"user = {quoted(USER)}",
            f"secret_file = {quoted(str(secret_file))}",
            "",
            "[centre.card_gateway]",
            'kind = "vault"',
            f"url = {quoted(vault_url)}",
            f"token_file = {quoted(str(vault / 'token'))}",
            "",
        )
    )
