"""How messages between the centre and a warehouse are signed: Standard Webhooks, HMAC-SHA256.

Used by whoever sends and whoever reads, in both directions; pure. A secret is what stands in its
file: `whsec_` and base64. Several secrets, the newest first, let one be changed without a gap: all
of them sign, each of them proves.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from app.values.errors import Refusal

ID = "webhook-id"
TIME = "webhook-timestamp"
SIGNATURE = "webhook-signature"

TOLERANCE_S = 5 * 60
SHORTEST_KEY = 24
LONGEST_ID = 200
_PREFIX = "whsec_"
_SCHEME = "v1,"


def parse_secrets(text: str) -> tuple[bytes, ...]:
    """Keys of a secret file, one a line, the newest first. Raises Refusal `settings_malformed`."""
    keys = tuple(_key(line.strip()) for line in text.splitlines() if line.strip())
    if not keys:
        raise Refusal("settings_malformed", "The file of the warehouse's secret is empty.")
    return keys


def written_secret(key: bytes) -> str:
    """A key as it stands in a secret file."""
    return _PREFIX + base64.b64encode(key).decode("ascii")


def signed_headers(
    keys: Sequence[bytes], message_id: str, at: datetime, body: bytes
) -> dict[str, str]:
    """The three headers of a message."""
    seconds = str(int(at.timestamp()))
    signatures = (_signature(key, message_id, seconds, body) for key in keys)
    return {ID: message_id, TIME: seconds, SIGNATURE: " ".join(_SCHEME + one for one in signatures)}


def require_signed(
    keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: datetime
) -> str:
    """The id of a message that one of the keys signed; header names in small letters.

    Raises Refusal `unsigned`, `signature_wrong` or `clock_wrong`.
    """
    message_id, seconds = headers.get(ID, ""), headers.get(TIME, "")
    told = headers.get(SIGNATURE, "")
    if not message_id or not told or not (seconds.isascii() and seconds.isdecimal()):
        raise Refusal("unsigned", "The message is not signed.")
    if len(message_id) > LONGEST_ID or not message_id.isascii() or len(seconds) > 12:
        raise Refusal("unsigned", "The message is not signed.")
    given = [one.removeprefix(_SCHEME) for one in told.split(" ") if one.startswith(_SCHEME)]
    wanted = [_signature(key, message_id, seconds, body) for key in keys]
    # Every pair is compared, so that the time it takes tells nothing.
    matches = [
        hmac.compare_digest(one.encode("utf-8", "replace"), right.encode("ascii"))
        for one in given
        for right in wanted
    ]
    if not any(matches):
        raise Refusal("signature_wrong", "The message was not signed with the warehouse's secret.")
    if abs(now.timestamp() - int(seconds)) > TOLERANCE_S:
        raise Refusal("clock_wrong", "The message was signed too long ago, or a clock is wrong.")
    return message_id


def _signature(key: bytes, message_id: str, seconds: str, body: bytes) -> str:
    signed = f"{message_id}.{seconds}.".encode("ascii") + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as cause:
        raise Refusal(
            "settings_malformed", "A secret of the warehouse is written whsec_ and base64."
        ) from cause
    if len(key) < SHORTEST_KEY:
        raise Refusal(
            "settings_malformed",
            f"A secret of the warehouse has at least {SHORTEST_KEY} bytes.",
        )
    return key
