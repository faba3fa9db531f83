"""Keeps a seat's keys in the keyring of the operating system.

Refuses keyrings that would only pretend: ones that fail, forget, or write plain text. Never on
the GUI thread: a keyring may ask its user to unlock it.
"""

from __future__ import annotations

import base64
import binascii

import keyring
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import KeyringError

from app.values.errors import Fault

_WEAK_MODULES = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")
_WINDOWS = "keyring.backends.Windows"


class SystemKeyring:
    """The secrets of one seat; two seats on one computer never see each other's."""

    def __init__(self, seat: str, backend: KeyringBackend | None = None) -> None:
        self._seat = seat
        self._backend = _strong(backend or keyring.get_keyring())

    def get(self, name: str) -> bytes | None:
        """The secret, or None when there is none. Raises Fault `keyring_unavailable`."""
        try:
            text = self._backend.get_password(self._entry(name), self._seat)
            return None if text is None else base64.b64decode(text, validate=True)
        except (KeyringError, OSError, binascii.Error) as cause:
            raise _unavailable() from cause

    def put(self, name: str, secret: bytes) -> None:
        """Keep a secret, and see that it is kept. Raises Fault `keyring_unavailable`."""
        text = base64.b64encode(secret).decode("ascii")
        try:
            self._backend.set_password(self._entry(name), self._seat, text)
        except (KeyringError, OSError) as cause:
            raise _unavailable() from cause
        if self.get(name) != secret:
            raise _unavailable()

    def warning(self) -> str:
        """Nothing: this is where keys belong."""
        return ""

    def _entry(self, name: str) -> str:
        return f"readback {name} {self._seat}"


def _strong(backend: KeyringBackend) -> KeyringBackend:
    """The backend to use. Raises Fault `keyring_weak` where there is none fit for a key."""
    chosen = next((b for b in _members(backend) if not _is_weak(b)), None)
    if chosen is None:
        raise Fault(
            "keyring_weak",
            "This computer has no safe place for Readback's key: its keyring fails, forgets or "
            "writes plain text. Please ask the administrator to set up the system keyring.",
        )
    if type(chosen).__module__ == _WINDOWS:
        # Its default would carry the key to every computer the user signs in at.
        chosen.persist = "local machine"  # type: ignore[attr-defined]
    return chosen


def _members(backend: KeyringBackend) -> list[KeyringBackend]:
    return list(backend.backends) if isinstance(backend, ChainerBackend) else [backend]


def _is_weak(backend: KeyringBackend) -> bool:
    kind = type(backend)
    return kind.__module__.startswith(_WEAK_MODULES) or "plain" in kind.__name__.lower()


def _unavailable() -> Fault:
    return Fault(
        "keyring_unavailable",
        "The keyring of this computer does not answer. Please unlock it and start Readback again.",
    )
