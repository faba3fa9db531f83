"""How a request to the centre is signed: the headers, and the bytes the signature covers.

Used by both ends; pure, no key comes near it. The signature is ECDSA over P-256 with SHA-256 (DER),
by the key of the seat, over everything that decides what the request does.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from app.values.errors import Refusal
from app.values.identity import CommandId, DeviceId

DEVICE = "readback-device"
TIME = "readback-time"
NONCE = "readback-nonce"
SESSION = "readback-session"
KEY = "idempotency-key"
SIGNATURE = "readback-signature"
REQUEST = "readback-request"
"""The name of a request, as the desk gave it or the centre; in every answer, and in the log."""

METHOD = "POST"
CLOCK_TOLERANCE_MS = 5 * 60 * 1000
_SCHEME = "readback-signed-1"
_LONGEST_HEADER = 200


def path_of(operation_name: str) -> str:
    """Where an operation is asked for."""
    return f"/v1/{operation_name}"


def milliseconds(instant: datetime) -> int:
    """An instant as it stands in the time header: whole milliseconds since 1970."""
    return round(instant.timestamp() * 1000)


def instant_of(value: str) -> datetime:
    """The instant in a time header. Raises Refusal `unsigned`."""
    try:
        return datetime.fromtimestamp(int(value) / 1000, UTC)
    except (ValueError, OverflowError, OSError) as cause:
        raise _unsigned() from cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a signed request says about itself.

    `session` is a person's token, `key` makes a command repeatable; None where there is none.
    """

    device_id: DeviceId
    at_ms: int
    nonce: str
    session: str | None = None
    key: CommandId | None = None

    def to_sign(self, path: str, body: bytes) -> bytes:
        """The bytes that the seat signs."""
        parts = (
            _SCHEME,
            METHOD,
            path,
            str(self.device_id),
            str(self.at_ms),
            self.nonce,
            self.session or "",
            str(self.key or ""),
            sha256(body).hexdigest(),
        )
        return "\n".join(parts).encode("ascii")

    def headers(self, signature: bytes) -> dict[str, str]:
        """The request's headers."""
        named = {
            DEVICE: str(self.device_id),
            TIME: str(self.at_ms),
            NONCE: self.nonce,
            SIGNATURE: base64.b64encode(signature).decode("ascii"),
        }
        if self.session is not None:
            named[SESSION] = self.session
        if self.key is not None:
            named[KEY] = str(self.key)
        return named


def read_head(headers: Mapping[str, str]) -> tuple[Head, bytes]:
    """Head and signature of a request. Raises Refusal `unsigned` or `key_malformed`."""
    try:
        head = Head(
            device_id=DeviceId(UUID(_plain(headers[DEVICE]))),
            at_ms=int(_plain(headers[TIME])),
            nonce=_plain(headers[NONCE]),
            session=_plain(headers[SESSION]) if SESSION in headers else None,
            key=read_key(headers),
        )
        return head, base64.b64decode(_plain(headers[SIGNATURE]), validate=True)
    except (KeyError, ValueError, binascii.Error) as cause:
        raise _unsigned() from cause


def read_key(headers: Mapping[str, str]) -> CommandId | None:
    """The idempotency key, where there is one. Raises Refusal `key_malformed`."""
    given = headers.get(KEY)
    try:
        return CommandId(UUID(given)) if given is not None else None
    except ValueError as cause:
        raise Refusal("key_malformed", "The request's key is not a UUID.") from cause


def _plain(value: str) -> str:
    if not value.isascii() or not value.isprintable() or len(value) > _LONGEST_HEADER:
        raise _unsigned()
    return value


def _unsigned() -> Refusal:
    return Refusal("unsigned", "This request is not signed by an enrolled seat.")
