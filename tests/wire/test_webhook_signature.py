"""Signatures of messages to and from a warehouse, against the specification's own example."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given

from app.values.errors import Refusal
from app.wire.webhook_signature import (
    ID,
    SIGNATURE,
    TIME,
    parse_secrets,
    require_signed,
    signed_headers,
    written_secret,
)

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
KEY, OTHER = b"k" * 32, b"o" * 24


def code(headers: dict[str, str], body: bytes = b"{}", now: datetime = NOW) -> str:
    with pytest.raises(Refusal) as refusal:
        require_signed([KEY], headers, body, now)
    return refusal.value.code


def test_it_is_the_signature_of_the_specification() -> None:
    """Source: the reference libraries' test vector."""
    keys = parse_secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1_614_265_330, UTC)
    headers = signed_headers(keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers[SIGNATURE] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(max_size=100), st.from_regex(r"[a-zA-Z0-9_.-]{1,50}", fullmatch=True))
def test_what_was_signed_is_proved_under_any_of_the_keys(body: bytes, message_id: str) -> None:
    headers = signed_headers([OTHER, KEY], message_id, NOW, body)
    assert require_signed([KEY], headers, body, NOW) == message_id
    assert require_signed([b"n" * 24, OTHER], headers, body, NOW) == message_id


def test_nothing_of_it_may_be_changed() -> None:
    headers = signed_headers([KEY], "m-1", NOW, b"{}")
    assert code(headers, b"[]") == "signature_wrong"
    assert code(headers | {ID: "m-2"}) == "signature_wrong"
    assert code(headers | {TIME: str(int(NOW.timestamp()) + 1)}) == "signature_wrong"
    assert code(headers | {SIGNATURE: "v1,é"}) == "signature_wrong"
    assert code(signed_headers([OTHER], "m-1", NOW, b"{}")) == "signature_wrong"


@pytest.mark.parametrize(
    "changed",
    [{ID: ""}, {TIME: ""}, {SIGNATURE: ""}, {TIME: "soon"}, {TIME: "9" * 30}, {ID: "x" * 300}],
    ids=["no id", "no time", "no signature", "no number", "too long a time", "too long an id"],
)
def test_what_is_not_signed_is_not_looked_at(changed: dict[str, str]) -> None:
    assert code(signed_headers([KEY], "m-1", NOW, b"{}") | changed) == "unsigned"


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_signature_proves_nothing(minutes: int) -> None:
    headers = signed_headers([KEY], "m-1", NOW + timedelta(minutes=minutes), b"{}")
    assert code(headers) == "clock_wrong"


def test_without_a_secret_nobody_is_the_warehouse() -> None:
    headers = signed_headers([KEY], "m-1", NOW, b"{}")
    with pytest.raises(Refusal, match="signature_wrong"):
        require_signed([], headers, b"{}", NOW)


def test_a_secret_file_holds_keys_the_newest_first() -> None:
    text = f"{written_secret(KEY)}\n\n{written_secret(OTHER)}\n"
    assert parse_secrets(text) == (KEY, OTHER)


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64!"])
def test_a_secret_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="settings_malformed"):
        parse_secrets(text)
