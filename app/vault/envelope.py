"""Opens card envelopes. The only code of Readback that does.

Card digits exist in one bytearray per envelope, which is overwritten before the caller is left, and
in views of it; never in a str, an exception, a repr or a log. Any thread.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Literal, NoReturn, Protocol
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from app.services.ports import Bound
from app.values.errors import Refusal
from app.vault.keys import from_base64url
from app.wire.payments import ENVELOPE_LONGEST

KEY_BYTES, IV_BYTES, TAG_BYTES = 32, 12, 16
HEADER_LONGEST = 600
PLAIN_LONGEST = 64
_FIELDS = ((b'{"pan":"', 12, 19), (b'","exp":"', 4, 4), (b'","code":"', 0, 4))
_END = b'"}'
_OAEP = OAEP(MGF1(SHA256()), SHA256(), None)


class OpensEnvelopes(Protocol):
    """Where the private keys are."""

    def private(self, kid: str) -> RSAPrivateKey:
        """Raises Refusal `envelope_key_unknown`."""
        ...


class Card:
    """Number, expiry (MMYY) and security code as views of memory that is soon overwritten."""

    __slots__ = ("code", "expiry", "number")

    def __init__(self, number: memoryview, expiry: memoryview, code: memoryview) -> None:
        self.number = number
        self.expiry = expiry
        self.code = code

    def __repr__(self) -> str:
        return "Card"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a card is not copied")

    def last_four(self) -> str:
        """The only digits that may be kept and shown."""
        return bytes(self.number[-4:]).decode("ascii")


class _Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The protected header: how it is sealed, to which key, and what it is for."""

    alg: Literal["RSA-OAEP-256"]
    enc: Literal["A256GCM"]
    kid: str
    typ: Literal["readback-card+jwe"]
    order: str
    attempt: str
    minor: int
    currency: str


@contextmanager
def opened(envelope: str, bound: Bound, keys: OpensEnvelopes) -> Generator[Card]:
    """The card in an envelope that was sealed for exactly this; gone when the block is left.

    Raises Refusal `envelope_malformed`, `envelope_not_for_this`, `envelope_key_unknown`,
    `envelope_not_opened` (tampered with, or sealed to another key) or `card_malformed`.
    Source: RFC 7516, 5.2.
    """
    header, wrapped, iv, sealed = _parts(envelope)
    about = _header(header)
    _require_for(about, bound)
    private = keys.private(about.kid)
    if len(wrapped) != private.key_size // 8:
        raise _not_opened()
    plain = bytearray(len(sealed) - TAG_BYTES)
    try:
        _decrypt(private, wrapped, (iv, sealed, header.encode("ascii")), plain)
        yield _card(plain)
    finally:
        for place in range(len(plain)):
            plain[place] = 0


def _parts(envelope: str) -> tuple[str, bytes, bytes, bytes]:
    """Header as it stands, wrapped key, nonce, ciphertext with its tag."""
    parts = envelope.split(".")
    if len(envelope) > ENVELOPE_LONGEST or len(parts) != 5 or len(parts[0]) > HEADER_LONGEST:
        raise _malformed()
    try:
        wrapped, iv, cipher, tag = (from_base64url(part) for part in parts[1:])
    except ValueError as cause:
        raise _malformed() from cause
    if len(iv) != IV_BYTES or len(tag) != TAG_BYTES or not 0 < len(cipher) <= PLAIN_LONGEST:
        raise _malformed()
    return parts[0], wrapped, iv, cipher + tag


def _header(part: str) -> _Header:
    try:
        fields = json.loads(from_base64url(part), object_pairs_hook=_no_twins)
        return msgspec.convert(fields, _Header, strict=True)
    except (ValueError, RecursionError, msgspec.ValidationError) as cause:
        raise _malformed() from cause


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers may take different ones of two fields of one name. Source: RFC 7515, 4."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field stands twice")
    return fields


def _require_for(header: _Header, bound: Bound) -> None:
    said = (header.order, header.attempt, header.minor, header.currency)
    amount = bound.amount
    meant = (_text(bound.order_id), _text(bound.attempt_id), amount.minor, amount.currency.value)
    if said != meant:
        raise Refusal(
            "envelope_not_for_this",
            "The card was sealed for another order, attempt or amount. Please take it again.",
        )


def _text(identity: UUID) -> str:
    return str(identity)


def _decrypt(
    private: RSAPrivateKey, wrapped: bytes, sealed: tuple[bytes, bytes, bytes], into: bytearray
) -> None:
    """One answer to every failure, so that none of them tells anything."""
    content_key = b""
    try:
        content_key = private.decrypt(wrapped, _OAEP)
        if len(content_key) != KEY_BYTES:
            raise _not_opened()
        iv, cipher_and_tag, header = sealed
        AESGCM(content_key).decrypt_into(iv, cipher_and_tag, header, into)
    except (ValueError, InvalidTag):
        raise _not_opened() from None
    finally:
        _overwrite(content_key)


def _overwrite(secret: bytes) -> None:
    """In place: the library gives the key as bytes, which cannot be changed otherwise.

    Relies on how CPython lays out bytes. Nobody else holds this object, and very short ones, which
    CPython shares, are left alone.
    """
    if len(secret) > 1:
        ctypes.memset(id(secret) + bytes.__basicsize__ - 1, 0, len(secret))


def _card(plain: bytearray) -> Card:
    """Views of the three values; the plaintext is read as it stands, without a JSON reader.

    A JSON reader would make strings of the digits, which nobody can overwrite.
    """
    whole = memoryview(plain)
    place = 0
    found: list[memoryview] = []
    for opening, fewest, most in _FIELDS:
        if whole[place : place + len(opening)] != opening:
            raise _card_malformed()
        place += len(opening)
        end = place
        while end < len(plain) and 0x30 <= plain[end] <= 0x39:
            end += 1
        if not fewest <= end - place <= most:
            raise _card_malformed()
        found.append(whole[place:end])
        place = end
    number, expiry, code = found
    month = (expiry[0] - 0x30) * 10 + expiry[1] - 0x30
    if whole[place:] != _END or not 1 <= month <= 12 or len(code) in {1, 2}:
        raise _card_malformed()
    return Card(number, expiry, code)


def _malformed() -> Refusal:
    return Refusal("envelope_malformed", "That is not a sealed card.")


def _not_opened() -> Refusal:
    return Refusal("envelope_not_opened", "The sealed card cannot be opened. Please take it again.")


def _card_malformed() -> Refusal:
    return Refusal("card_malformed", "What was sealed is not a card. Please take it again.")
