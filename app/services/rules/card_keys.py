"""What the vault's root key signs about a key that card data are sealed to. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from app.wire.payments import CardKey

_PURPOSE = "readback card key 1"
"""So that a signature for anything else never passes for one of these."""


def to_sign(
    kid: str, modulus: str, exponent: str, not_before: datetime, expires_at: datetime
) -> bytes:
    """The bytes under the signature; instants in UTC to the second."""
    parts = (_PURPOSE, kid, modulus, exponent, _second(not_before), _second(expires_at))
    return "\n".join(parts).encode()


def signed_part(key: CardKey) -> bytes:
    """The same, of a key that was received."""
    return to_sign(key.kid, key.modulus, key.exponent, key.not_before, key.expires_at)


def _second(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
