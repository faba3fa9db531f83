"""Seals cards for tests as a desk does, without the desk's care for memory."""

from __future__ import annotations

import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from app.services.ports import Bound
from app.values.identity import AttemptId, OrderId
from app.values.money import Currency, Money
from app.vault.keys import base64url, from_base64url
from app.wire.payments import CardKey
from tests.builders import an_id

APPROVED = "4242424242424242"


def bound(order: int = 1, attempt: int = 101, minor: int = 4_999) -> Bound:
    return Bound(OrderId(an_id(order)), AttemptId(an_id(attempt)), Money(minor, Currency.GBP))


def header_of(key: CardKey, to: Bound) -> dict[str, Any]:
    return {
        "alg": "RSA-OAEP-256",
        "enc": "A256GCM",
        "kid": key.kid,
        "typ": "readback-card+jwe",
        "order": str(to.order_id),
        "attempt": str(to.attempt_id),
        "minor": to.amount.minor,
        "currency": to.amount.currency.value,
    }


def plain(number: str = APPROVED, expiry: str = "1230", code: str = "123") -> bytes:
    card = {"pan": number, "exp": expiry, "code": code}
    return json.dumps(card, separators=(",", ":")).encode()


def seal(key: CardKey, to: Bound, number: str = APPROVED, **different: str) -> str:
    """A whole, right envelope."""
    header = json.dumps(header_of(key, to), separators=(",", ":"))
    return seal_bytes(key, header, plain(number, **different))


def seal_bytes(key: CardKey, header: str, content: bytes) -> str:
    """An envelope with whatever in it."""
    modulus = int.from_bytes(from_base64url(key.modulus), "big")
    exponent = int.from_bytes(from_base64url(key.exponent), "big")
    content_key, iv = secrets.token_bytes(32), secrets.token_bytes(12)
    public = RSAPublicNumbers(exponent, modulus).public_key()
    wrapped = public.encrypt(content_key, OAEP(MGF1(SHA256()), SHA256(), None))
    protected = base64url(header.encode())
    sealed = AESGCM(content_key).encrypt(iv, content, protected.encode())
    parts = (wrapped, iv, sealed[:-16], sealed[-16:])
    return ".".join((protected, *(base64url(part) for part in parts)))
