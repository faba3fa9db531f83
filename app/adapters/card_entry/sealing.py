"""Seals card data into an envelope that only the card vault (or gateway) can open.

A compact JWE (RFC 7516; RSA-OAEP-256 and A256GCM), encrypted byte by byte, so that the number never
stands anywhere as a whole. The content key lives in a locked page and in one bytes object, because
RSA takes nothing else; both are overwritten, whatever happens. GUI thread; some milliseconds.
"""

from __future__ import annotations

import base64
import ctypes
import json
import os
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import AEADEncryptionContext, Cipher, algorithms, modes

from app.adapters.card_entry.pages import SecretMemory
from app.services.ports import Bound, CardParts, SecretDigits
from app.values.errors import Fault
from app.wire.payments import CardKey

SMALLEST_KEY_BITS = 2048
_KEY_BYTES = 32
_NONCE_BYTES = 12
_BLOCK_BYTES = 16
_ZERO = ord("0")


def seal(memory: SecretMemory, card: CardParts, bound: Bound, key: CardKey) -> str:
    """The envelope. Raises Refusal `memory_not_locked`, Fault `card_key_unusable`."""
    vault = public_key(key)
    protected = _base64url(_header(bound, key.kid))
    nonce = os.urandom(_NONCE_BYTES)
    page = memory.lock(_KEY_BYTES + 1)
    secret, digit = page.view[:_KEY_BYTES], page.view[_KEY_BYTES : _KEY_BYTES + 1]
    try:
        for place in range(_KEY_BYTES):
            secret[place] = os.urandom(1)[0]
        wrapped = _wrapped(vault, secret)
        encryptor = Cipher(algorithms.AES(secret), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(protected)
        content = _content(encryptor, card, digit)
        encryptor.finalize()
    finally:
        page.wipe()
        secret.release()
        digit.release()
        page.close()
    parts = (protected, *map(_base64url, (wrapped, nonce, content, encryptor.tag)))
    return b".".join(parts).decode("ascii")


def public_key(key: CardKey) -> rsa.RSAPublicKey:
    """The vault's key as RSA knows it. Raises Fault `card_key_unusable`."""
    try:
        numbers = rsa.RSAPublicNumbers(e=_number(key.exponent), n=_number(key.modulus))
        made = numbers.public_key()
    except ValueError as cause:
        raise _unusable() from cause
    if made.key_size < SMALLEST_KEY_BITS:
        raise _unusable()
    return made


def _unusable() -> Fault:
    return Fault("card_key_unusable", "The key that cards are sealed with cannot be used.")


def _header(bound: Bound, kid: str) -> bytes:
    header = {
        "alg": "RSA-OAEP-256",
        "enc": "A256GCM",
        "kid": kid,
        "typ": "readback-card+jwe",
        "order": str(bound.order_id),
        "attempt": str(bound.attempt_id),
        "minor": bound.amount.minor,
        "currency": bound.amount.currency.value,
    }
    return json.dumps(header, separators=(",", ":")).encode("ascii")


def _wrapped(vault: rsa.RSAPublicKey, secret: memoryview) -> bytes:
    """The content key under the vault's; the one copy that this takes is overwritten."""
    oaep = padding.OAEP(
        mgf=padding.MGF1(algorithm=hashes.SHA256()), algorithm=hashes.SHA256(), label=None
    )
    copy = secret.tobytes()
    try:
        return vault.encrypt(copy, oaep)
    finally:
        overwrite(copy)


def overwrite(copy: bytes) -> None:
    """Zeros over the content of a bytes object that nobody else holds (CPython's layout)."""
    start = sys.getsizeof(copy) - len(copy) - 1
    ctypes.memset(id(copy) + start, 0, len(copy))


def _content(encryptor: AEADEncryptionContext, card: CardParts, digit: memoryview) -> bytes:
    """What the card says, encrypted; `digit` is one byte of locked memory."""
    sealed, block = bytearray(), bytearray(_BLOCK_BYTES)
    for before, part in (
        (b'{"pan":"', card.number),
        (b'","exp":"', card.expiry),
        (b'","code":"', card.code),
    ):
        sealed += encryptor.update(before)
        _stream(encryptor, part, digit, block, sealed)
    sealed += encryptor.update(b'"}')
    return bytes(sealed)


def _stream(
    encryptor: AEADEncryptionContext,
    part: SecretDigits,
    digit: memoryview,
    block: bytearray,
    sealed: bytearray,
) -> None:
    for place in range(len(part)):
        digit[0] = _ZERO + part.at(place)
        written = encryptor.update_into(digit, block)
        sealed += block[:written]
    digit[0] = 0


def _number(text: str) -> int:
    """A number as a JWK holds it (RFC 7518, 6.3.1)."""
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def _base64url(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
