"""What opens an envelope, and all that does not."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe as joserfc_jwe
from joserfc.jwk import RSAKey
from jwcrypto import jwe as jwcrypto_jwe
from jwcrypto import jwk as jwcrypto_jwk

from app.services.ports import Bound
from app.values.errors import Refusal
from app.vault.envelope import Card, opened
from app.vault.keys import KeyFolder, base64url, from_base64url
from app.wire.payments import CardKey
from tests.fakes import FixedClock
from tests.vault.sealing import APPROVED, bound, header_of, plain, seal, seal_bytes


@pytest.fixture(scope="module")
def keys(made_once: Path) -> KeyFolder:
    return KeyFolder(made_once, FixedClock())


@pytest.fixture(scope="module")
def key(keys: KeyFolder) -> CardKey:
    return keys.offered().keys[0]


def refused(envelope: str, keys: KeyFolder, to: Bound | None = None) -> str:
    with pytest.raises(Refusal) as refusal, opened(envelope, to or bound(), keys):
        pass
    return refusal.value.code


def test_an_envelope_opens_for_what_it_was_sealed_for(keys: KeyFolder, key: CardKey) -> None:
    with opened(seal(key, bound()), bound(), keys) as card:
        parts = [bytes(part) for part in (card.number, card.expiry, card.code)]
    assert parts == [APPROVED.encode(), b"1230", b"123"]


def test_the_digits_are_overwritten_when_the_block_is_left(keys: KeyFolder, key: CardKey) -> None:
    with opened(seal(key, bound()), bound(), keys) as card:
        number = card.number
    assert bytes(number) == bytes(16)


def test_the_digits_are_overwritten_when_the_block_breaks(keys: KeyFolder, key: CardKey) -> None:
    kept: list[Card] = []
    envelope = seal(key, bound())
    with contextlib.suppress(KeyError), opened(envelope, bound(), keys) as card:
        kept.append(card)
        raise KeyError
    assert bytes(kept[0].number) + bytes(kept[0].code) == bytes(19)


def test_a_card_has_no_text_and_no_copy(keys: KeyFolder, key: CardKey) -> None:
    with opened(seal(key, bound()), bound(), keys) as card:
        texts = (repr(card), str(card), f"{card}", repr(card.number))
        for make in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError):
                make(card)
    assert not [text for text in texts if APPROVED[:6] in text]


@pytest.mark.parametrize(
    "other",
    [bound(order=2), bound(attempt=102), bound(minor=5_000)],
    ids=["order", "try", "amount"],
)
def test_an_envelope_for_something_else_is_refused(
    keys: KeyFolder, key: CardKey, other: Bound
) -> None:
    assert refused(seal(key, bound()), keys, other) == "envelope_not_for_this"


Change = Callable[[dict[str, Any]], dict[str, Any]]
HEADERS: dict[str, tuple[Change, str]] = {
    "another wrapping": (lambda h: h | {"alg": "RSA-OAEP"}, "envelope_malformed"),
    "no wrapping": (lambda h: h | {"alg": "dir"}, "envelope_malformed"),
    "another cipher": (lambda h: h | {"enc": "A128GCM"}, "envelope_malformed"),
    "another type": (lambda h: h | {"typ": "JWE"}, "envelope_malformed"),
    "compressed": (lambda h: h | {"zip": "DEF"}, "envelope_malformed"),
    "critical": (lambda h: h | {"crit": ["x"]}, "envelope_malformed"),
    "a key brought along": (lambda h: h | {"jwk": {}}, "envelope_malformed"),
    "no key": (lambda h: {n: v for n, v in h.items() if n != "kid"}, "envelope_malformed"),
    "no order": (lambda h: {n: v for n, v in h.items() if n != "order"}, "envelope_malformed"),
    "amount as text": (lambda h: h | {"minor": "4999"}, "envelope_malformed"),
    "amount as a fraction": (lambda h: h | {"minor": 4999.5}, "envelope_malformed"),
    "another key": (lambda h: h | {"kid": "../root"}, "envelope_key_unknown"),
    "another currency": (lambda h: h | {"currency": "USD"}, "envelope_not_for_this"),
    "order in capitals": (lambda h: h | {"order": h["order"].upper()}, "envelope_not_for_this"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_another_header_is_refused(keys: KeyFolder, key: CardKey, name: str) -> None:
    change, code = HEADERS[name]
    header = json.dumps(change(header_of(key, bound())))
    assert refused(seal_bytes(key, header, plain()), keys) == code


def test_the_order_of_header_fields_does_not_matter(keys: KeyFolder, key: CardKey) -> None:
    header = json.dumps(header_of(key, bound()), sort_keys=True)
    with opened(seal_bytes(key, header, plain()), bound(), keys) as card:
        assert card.last_four() == "4242"


def test_a_field_that_stands_twice_is_refused(keys: KeyFolder, key: CardKey) -> None:
    header = json.dumps(header_of(key, bound())).replace("{", '{"minor": 1, ', 1)
    assert refused(seal_bytes(key, header, plain()), keys) == "envelope_malformed"


@pytest.mark.parametrize("header", ["", "[]", "null", '"x"', "{", "[" * 400, "\x00"])
def test_a_header_that_is_none_is_refused(keys: KeyFolder, key: CardKey, header: str) -> None:
    assert refused(seal_bytes(key, header, plain()), keys) == "envelope_malformed"


CONTENTS = {
    "nothing": b"{}",
    "eleven digits": plain("4" * 11),
    "twenty digits": plain("4" * 20),
    "a letter": plain("424242424242424x"),
    "a blank": plain("4242 4242 4242 4242"),
    "a thirteenth month": plain(expiry="1330"),
    "month nought": plain(expiry="0030"),
    "a short expiry": plain(expiry="130"),
    "a long expiry": plain(expiry="12030"),
    "a code of two": plain(code="12"),
    "a code of five": plain(code="12345"),
    "blanks between": json.dumps({"pan": APPROVED, "exp": "1230", "code": "123"}).encode(),
    "another order": b'{"exp":"1230","pan":"4242424242424242","code":"123"}',
    "one field more": plain()[:-1] + b',"x":1}',
    "something behind": plain() + b" ",
    "a number for text": b'{"pan":4242424242424242,"exp":"1230","code":"123"}',
    "wide digits": b'{"pan":"\xef\xbc\x94","exp":"1230","code":"123"}',
}


@pytest.mark.parametrize("name", CONTENTS)
def test_what_is_no_card_is_refused(keys: KeyFolder, key: CardKey, name: str) -> None:
    header = json.dumps(header_of(key, bound()))
    assert refused(seal_bytes(key, header, CONTENTS[name]), keys) == "card_malformed"


def test_a_card_without_security_code_opens(keys: KeyFolder, key: CardKey) -> None:
    with opened(seal(key, bound(), code=""), bound(), keys) as card:
        assert len(card.code) == 0


def test_a_long_content_is_refused_before_it_is_opened(keys: KeyFolder, key: CardKey) -> None:
    header = json.dumps(header_of(key, bound()))
    assert refused(seal_bytes(key, header, bytes(65)), keys) == "envelope_malformed"


def test_an_envelope_to_another_key_is_refused(keys: KeyFolder, key: CardKey) -> None:
    stranger = generate_private_key(public_exponent=65_537, key_size=3072)
    modulus = stranger.public_key().public_numbers().n.to_bytes(384, "big")
    theirs = CardKey(
        kid=key.kid,
        modulus=base64url(modulus),
        exponent=key.exponent,
        not_before=key.not_before,
        expires_at=key.expires_at,
        signature="",
    )
    assert refused(seal(theirs, bound()), keys) == "envelope_not_opened"


def test_no_single_sign_of_an_envelope_can_be_changed(keys: KeyFolder, key: CardKey) -> None:
    envelope = seal(key, bound())
    places = [*range(0, len(envelope), 23), *(at - 1 for at, c in enumerate(envelope) if c == ".")]
    for place in (*places, len(envelope) - 1):
        other = "A" if envelope[place] != "A" else "B"
        assert refused(envelope[:place] + other + envelope[place + 1 :], keys)


@given(rubbish=st.text(max_size=300))
def test_rubbish_is_refused(keys: KeyFolder, rubbish: str) -> None:
    assert refused(rubbish, keys).startswith("envelope_")


def test_nothing_of_the_card_is_in_an_exception_with_its_locals(
    keys: KeyFolder, key: CardKey
) -> None:
    header = json.dumps(header_of(key, bound()))
    number = APPROVED
    told = traceback_of(seal_bytes(key, header, plain(number) + b"}"), keys)
    assert "_card" in told
    assert number[:6] not in told


def traceback_of(envelope: str, keys: KeyFolder) -> str:
    try:
        with opened(envelope, bound(), keys):
            return ""
    except Refusal as refusal:
        caught = traceback.TracebackException.from_exception(refusal, capture_locals=True)
        return "".join(caught.format())


def pem_of(keys: KeyFolder, key: CardKey) -> bytes:
    private = keys.private(key.kid)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_jwcrypto_opens_our_envelope_and_we_open_its(keys: KeyFolder, key: CardKey) -> None:
    theirs = jwcrypto_jwk.JWK.from_pem(pem_of(keys, key))
    token = jwcrypto_jwe.JWE()
    token.deserialize(seal(key, bound()), key=theirs)
    assert token.payload == plain()
    made = jwcrypto_jwe.JWE(plain(), json.dumps(header_of(key, bound())), recipient=theirs)
    with opened(made.serialize(compact=True), bound(), keys) as card:
        assert card.last_four() == "4242"


def test_joserfc_opens_our_envelope_and_we_open_its(keys: KeyFolder, key: CardKey) -> None:
    theirs = RSAKey.import_key(pem_of(keys, key))
    names = ["RSA-OAEP-256", "A256GCM"]
    registry = joserfc_jwe.JWERegistry(algorithms=names, strict_check_header=False)
    told = joserfc_jwe.decrypt_compact(seal(key, bound()), theirs, registry=registry)
    assert told.plaintext == plain()
    made = joserfc_jwe.encrypt_compact(header_of(key, bound()), plain(), theirs, registry=registry)
    with opened(made, bound(), keys) as card:
        assert card.last_four() == "4242"


def test_the_parts_of_an_envelope_are_written_in_one_way_only(
    keys: KeyFolder, key: CardKey
) -> None:
    envelope = seal(key, bound())
    with pytest.raises(ValueError, match="base64url"):
        from_base64url("QQ==")
    assert refused(envelope + "=", keys) == "envelope_malformed"
