"""A warehouse for a trial: the stand-in as a program of its own, on loopback.

An order that is placed in the trial is sent and delivered by itself, slowly enough that it can be
changed or cancelled before.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from app.adapters.child_program import ChildProgram
from app.wire.webhook_signature import written_secret

PACE = (
    *("--allocate-after", "20", "--pick-after", "120"),
    *("--ship-after", "240", "--deliver-after", "240", "--parcels", "2"),
)
_KEY_BYTES = 32


class LocalWarehouse:
    """Runs for as long as a trial does. `settings` is what the central service is told."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._program: ChildProgram | None = None
        self.settings = ""

    def start(self, centre_url: str) -> None:
        """Start it; it reports there. Raises Fault `program_failed`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        secret_file = self._secret()
        words = ("simulate", "warehouse", "--end-with-input", "--centre", centre_url)
        where = ("--secret-file", str(secret_file))
        log = self._folder / "warehouse.log"
        self._program = ChildProgram(("app", *words, *where, *PACE), log)
        url = json.loads(self._program.line())["url"]
        # Every order of a trial is for it; JSON's strings are TOML's.
        self.settings = "\n".join(
            (
                "[centre.warehouse]",
                "since = 2020-01-01T00:00:00Z",
                f"url = {json.dumps(url)}",
                f"secret_file = {json.dumps(str(secret_file))}",
                "",
            )
        )

    def stop(self) -> None:
        """End it."""
        if self._program is not None:
            self._program.stop()
            self._program = None

    def _secret(self) -> Path:
        path = self._folder / "warehouse.secret"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(written_secret(secrets.token_bytes(_KEY_BYTES)), encoding="ascii")
        return path
