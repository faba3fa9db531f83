"""Seals a desk's store key to the centre, so that waiting orders outlive a wiped profile.

The desk seals; only the administrator's command, which holds the private key, opens. Pure:
bytes in, bytes out.
"""

from __future__ import annotations

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.values.errors import Refusal

_VERSION = b"\x01"
_POINT_BYTES = 32
_NONCE_BYTES = 12
_PURPOSE = b"readback store key escrow 1"


def new_escrow_keys() -> tuple[str, str]:
    """A private and a public key (X25519, base64), for the centre to keep and to hand out."""
    private = X25519PrivateKey.generate()
    return _text(private.private_bytes_raw()), _text(private.public_key().public_bytes_raw())


def seal_store_key(store_key: bytes, public_key: str) -> str:
    """The store key as only the holder of the private key can open it, in base64.

    Raises Refusal `escrow_key_malformed`.
    """
    recipient = _bytes(public_key, "escrow_key_malformed")
    if len(recipient) != _POINT_BYTES:
        raise _refusal("escrow_key_malformed")
    once = X25519PrivateKey.generate()
    sender = once.public_key().public_bytes_raw()
    shared = once.exchange(X25519PublicKey.from_public_bytes(recipient))
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(_derived(shared, sender, recipient)).encrypt(nonce, store_key, _PURPOSE)
    return _text(_VERSION + sender + nonce + sealed)


def open_store_key(sealed_key: str, private_key: str) -> bytes:
    """The store key again.

    Raises Refusal `escrow_key_malformed` or `sealed_key_unreadable` (changed, or for another key).
    """
    raw = _bytes(private_key, "escrow_key_malformed")
    if len(raw) != _POINT_BYTES:
        raise _refusal("escrow_key_malformed")
    private = X25519PrivateKey.from_private_bytes(raw)
    envelope = _bytes(sealed_key, "sealed_key_unreadable")
    head = len(_VERSION) + _POINT_BYTES + _NONCE_BYTES
    if not envelope.startswith(_VERSION) or len(envelope) <= head:
        raise _refusal("sealed_key_unreadable")
    sender = envelope[len(_VERSION) : len(_VERSION) + _POINT_BYTES]
    nonce = envelope[len(_VERSION) + _POINT_BYTES : head]
    recipient = private.public_key().public_bytes_raw()
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(sender))
        cipher = AESGCM(_derived(shared, sender, recipient))
        return cipher.decrypt(nonce, envelope[head:], _PURPOSE)
    except (InvalidTag, ValueError) as cause:
        raise _refusal("sealed_key_unreadable") from cause


def _derived(shared: bytes, sender: bytes, recipient: bytes) -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=sender + recipient, info=_PURPOSE)
    return hkdf.derive(shared)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(text: str, code: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as cause:
        raise _refusal(code) from cause


def _refusal(code: str) -> Refusal:
    sentences = {
        "escrow_key_malformed": "That is not a recovery key of the central service.",
        "sealed_key_unreadable": "This sealed key was changed, or made for another recovery key.",
    }
    return Refusal(code, sentences[code])
