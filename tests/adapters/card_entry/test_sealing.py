"""Envelopes: what only the vault can open, and what is left behind of the key."""

from __future__ import annotations

import base64
import ctypes
import json
from dataclasses import replace
from functools import cache

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from app.adapters.card_entry import sealing
from app.adapters.card_entry.linux import LibraryLocks, LinuxMemory
from app.adapters.card_entry.pages import LockedPages
from app.adapters.card_entry.safe import card_safe
from app.services.ports import Bound, CardParts
from app.values.clock import SystemClock
from app.values.errors import Fault, Refusal
from app.values.identity import AttemptId, OrderId, SystemIds
from app.values.money import Currency, Money
from app.vault.envelope import opened
from app.wire.payments import ENVELOPE_LONGEST, CardKey
from tests.adapters.card_entry.cards import random_number, typed

RSA_BITS = 3072


@cache
def private(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, bits)


class Keys:
    """Has one private key."""

    def private(self, kid: str) -> rsa.RSAPrivateKey:
        assert kid == "card-1"
        return private(RSA_BITS)


def card_key(bits: int = RSA_BITS) -> CardKey:
    numbers = private(bits).public_key().public_numbers()
    now = SystemClock().now()
    return CardKey(
        kid="card-1",
        modulus=base64url(numbers.n),
        exponent=base64url(numbers.e),
        not_before=now,
        expires_at=now,
        signature="checked by the desk's service",
    )


def base64url(number: int) -> str:
    content = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def bound(minor: int = 27_821) -> Bound:
    ids = SystemIds()
    return Bound(OrderId(ids.new()), AttemptId(ids.new()), Money(minor, Currency.GBP))


def a_card(number: list[int]) -> CardParts:
    return CardParts(number=typed(number), expiry=typed([1, 2, 3, 1]), code=typed([1, 2, 3]))


def header_of(envelope: str) -> bytes:
    part = envelope.partition(".")[0]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def flipped(envelope: str, part: int) -> str:
    parts = envelope.split(".")
    first = "A" if parts[part][0] != "A" else "B"
    parts[part] = first + parts[part][1:]
    return ".".join(parts)


def test_the_vault_opens_it_to_the_same_digits() -> None:
    number, for_this = random_number(), bound()
    envelope = card_safe().seal(a_card(number), for_this, card_key())
    with opened(envelope, for_this, Keys()) as card:
        assert [digit - 48 for digit in card.number] == number
        assert bytes(card.expiry) == b"1231"
        assert bytes(card.code) == b"123"


@pytest.mark.parametrize("length", [12, 15, 19])
def test_numbers_of_every_length_and_a_card_without_a_code_are_sealed(length: int) -> None:
    number, for_this = (random_number() * 2)[:length], bound()
    card = replace(a_card(number), code=typed([]))
    with opened(card_safe().seal(card, for_this, card_key()), for_this, Keys()) as opened_card:
        assert [digit - 48 for digit in opened_card.number] == number
        assert bytes(opened_card.code) == b""


def test_the_header_says_what_it_is_for_in_the_order_agreed() -> None:
    for_this = bound()
    header = header_of(card_safe().seal(a_card(random_number()), for_this, card_key()))
    said = {
        "alg": "RSA-OAEP-256",
        "enc": "A256GCM",
        "kid": "card-1",
        "typ": "readback-card+jwe",
        "order": str(for_this.order_id),
        "attempt": str(for_this.attempt_id),
        "minor": 27_821,
        "currency": "GBP",
    }
    assert header == json.dumps(said, separators=(",", ":")).encode("ascii")


def test_two_envelopes_of_one_card_have_nothing_in_common_but_the_header() -> None:
    number, for_this = random_number(), bound()
    first, second = (
        card_safe().seal(a_card(number), for_this, card_key()).split(".") for _ in range(2)
    )
    assert first[0] == second[0]
    assert all(one != other for one, other in zip(first[1:], second[1:], strict=True))


@pytest.mark.parametrize("part", [1, 2, 3, 4])
def test_one_that_was_changed_is_not_opened(part: int) -> None:
    for_this = bound()
    envelope = card_safe().seal(a_card(random_number()), for_this, card_key())
    with pytest.raises(Refusal), opened(flipped(envelope, part), for_this, Keys()):
        pass


def test_one_that_is_given_another_header_is_not_opened() -> None:
    safe, other = card_safe(), bound()
    stolen = safe.seal(a_card(random_number()), bound(), card_key()).split(".")
    header = safe.seal(a_card(random_number()), other, card_key()).split(".")[0]
    with (
        pytest.raises(Refusal) as refused,
        opened(".".join([header, *stolen[1:]]), other, Keys()),
    ):
        pass
    assert refused.value.code == "envelope_not_opened"


def test_the_longest_envelope_crosses_the_wire() -> None:
    envelope = card_safe().seal(a_card((random_number() * 2)[:19]), bound(), card_key(4096))
    assert len(envelope) < ENVELOPE_LONGEST
    assert envelope.isascii()


def test_a_key_that_is_too_short_is_not_used() -> None:
    with pytest.raises(Fault) as fault:
        card_safe().seal(a_card(random_number()), bound(), card_key(1024))
    assert fault.value.code == "card_key_unusable"


@pytest.mark.parametrize("modulus", ["", "AA", "AQ"])
def test_a_key_that_is_none_is_not_used(modulus: str) -> None:
    key = msgspec.structs.replace(card_key(), modulus=modulus)
    with pytest.raises(Fault) as fault:
        card_safe().seal(a_card(random_number()), bound(), key)
    assert fault.value.code == "card_key_unusable"


class WatchedPages(LockedPages):
    """Tells what is in it when it is given back."""

    def __init__(self, view: memoryview, left: list[bytes]) -> None:
        super().__init__(view, view.release)
        self._left = left

    def close(self) -> None:
        self._left.append(bytes(self.view))
        super().close()


class Watched(LinuxMemory):
    """Keeps what is in pages at the moment they are given back."""

    def __init__(self) -> None:
        super().__init__(LibraryLocks())
        self.left: list[bytes] = []

    def lock(self, size: int) -> LockedPages:
        return WatchedPages(super().lock(size).view, self.left)


class Broken:
    """Digits that fail after the first."""

    def __len__(self) -> int:
        return 16

    def at(self, place: int) -> int:
        if place:
            raise OSError("the page went away")
        return 4

    def push(self, digit: int) -> bool:
        return False

    def pop(self) -> None:
        return

    def wipe(self) -> None:
        return

    def close(self) -> None:
        return


def test_the_content_key_is_gone_from_its_page() -> None:
    memory = Watched()
    sealing.seal(memory, a_card(random_number()), bound(), card_key())
    assert len(memory.left) == 1
    assert not any(memory.left[0])


def test_the_content_key_is_gone_when_sealing_fails_half_way() -> None:
    memory = Watched()
    with pytest.raises(OSError, match="went away"):
        sealing.seal(memory, replace(a_card([]), number=Broken()), bound(), card_key())
    assert len(memory.left) == 1
    assert not any(memory.left[0])


def test_the_one_copy_of_the_content_key_is_overwritten_in_place() -> None:
    copy = bytes(range(200, 232))
    address = id(copy) + bytes.__basicsize__ - 1
    assert ctypes.string_at(address, 32) == bytes(range(200, 232))
    sealing.overwrite(copy)
    assert ctypes.string_at(address, 33) == bytes(33)
