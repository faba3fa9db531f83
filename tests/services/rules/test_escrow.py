"""A store key sealed to the centre opens with the centre's private key and no other."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rules.escrow import new_escrow_keys, open_store_key, seal_store_key
from app.values.errors import Refusal

PRIVATE, PUBLIC = new_escrow_keys()


@given(key=st.binary(min_size=1, max_size=64))
def test_what_was_sealed_comes_back(key: bytes) -> None:
    assert open_store_key(seal_store_key(key, PUBLIC), PRIVATE) == key


def test_each_sealing_looks_different_and_shows_nothing_of_the_key() -> None:
    key = bytes(range(32))
    first, second = seal_store_key(key, PUBLIC), seal_store_key(key, PUBLIC)
    assert first != second
    assert key not in base64.b64decode(first)


def test_another_private_key_does_not_open_it() -> None:
    other, _ = new_escrow_keys()
    with pytest.raises(Refusal) as refused:
        open_store_key(seal_store_key(b"key", PUBLIC), other)
    assert refused.value.code == "sealed_key_unreadable"


def test_a_change_at_any_byte_is_noticed() -> None:
    envelope = base64.b64decode(seal_store_key(bytes(32), PUBLIC))
    for at in range(len(envelope)):
        changed = envelope[:at] + bytes([envelope[at] ^ 1]) + envelope[at + 1 :]
        with pytest.raises(Refusal):
            open_store_key(base64.b64encode(changed).decode(), PRIVATE)


@pytest.mark.parametrize("sealed", ["", "?", "AQ==", base64.b64encode(bytes(100)).decode()])
def test_what_is_no_sealed_key_is_refused(sealed: str) -> None:
    with pytest.raises(Refusal) as refused:
        open_store_key(sealed, PRIVATE)
    assert refused.value.code == "sealed_key_unreadable"


@pytest.mark.parametrize("public", ["", "?", "AAAA"])
def test_what_is_no_recovery_key_is_refused(public: str) -> None:
    with pytest.raises(Refusal) as refused:
        seal_store_key(bytes(32), public)
    assert refused.value.code == "escrow_key_malformed"
