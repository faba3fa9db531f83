"""Keeps a seat's keys in a file that only its owner can read: for a trial, never for real orders.

Says so in a banner. Refuses a file that others can read.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import stat
from pathlib import Path

from app.values.errors import Fault

_ONLY_OWNER = 0o600


class KeyFile:
    """Secrets in one JSON file of mode 0600."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str) -> bytes | None:
        """The secret, or None when there is none. Raises Fault `keyring_unavailable`."""
        text = self._read().get(name)
        try:
            return None if text is None else base64.b64decode(text, validate=True)
        except binascii.Error as cause:
            raise _unavailable(self._path) from cause

    def put(self, name: str, secret: bytes) -> None:
        """Keep a secret; on the disk when this returns. Raises Fault `keyring_unavailable`."""
        secrets = self._read() | {name: base64.b64encode(secret).decode("ascii")}
        fresh = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh.unlink(missing_ok=True)
            file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _ONLY_OWNER)
            with os.fdopen(file, "w", encoding="ascii") as handle:
                json.dump(secrets, handle)
                handle.flush()
                os.fsync(handle.fileno())
            fresh.replace(self._path)
        except OSError as cause:
            raise _unavailable(self._path) from cause

    def warning(self) -> str:
        """A sentence for the banner."""
        return "Trial: the key of this desk lies in a plain file. Take no real orders here."

    def _read(self) -> dict[str, str]:
        try:
            if os.name == "posix" and stat.S_IMODE(self._path.stat().st_mode) & 0o077:
                raise Fault(
                    "key_file_open_to_others",
                    f"Others can read the key file {self._path}. Please set its mode to 600.",
                )
            content = json.loads(self._path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as cause:
            raise _unavailable(self._path) from cause
        if not isinstance(content, dict):
            raise _unavailable(self._path)
        return {str(name): str(text) for name, text in content.items()}


def _unavailable(path: Path) -> Fault:
    return Fault("keyring_unavailable", f"The key file {path} cannot be read or written.")
