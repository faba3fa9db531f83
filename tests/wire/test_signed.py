"""What a signature covers, and headers that come back as they went."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app.values.errors import Refusal
from app.values.identity import CommandId, DeviceId
from app.wire.signed import (
    KEY,
    SIGNATURE,
    TIME,
    Head,
    instant_of,
    milliseconds,
    path_of,
    read_head,
    read_key,
)

HEAD = Head(
    device_id=DeviceId(UUID(int=1)),
    at_ms=1_790_000_000_123,
    nonce="abc",
    session="token",
    key=CommandId(UUID(int=2)),
)


def test_the_signed_bytes_are_as_they_were_agreed() -> None:
    assert HEAD.to_sign(path_of("toy.keep"), b"{}").decode() == (
        "readback-signed-1\n"
        "POST\n"
        "/v1/toy.keep\n"
        "00000000-0000-0000-0000-000000000001\n"
        "1790000000123\n"
        "abc\n"
        "token\n"
        "00000000-0000-0000-0000-000000000002\n"
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    )


def test_a_head_comes_back_from_its_headers() -> None:
    assert read_head(HEAD.headers(b"\x00\xffsigned")) == (HEAD, b"\x00\xffsigned")


def test_what_is_not_there_is_not_sent() -> None:
    bare = Head(device_id=HEAD.device_id, at_ms=1, nonce="n")
    assert read_head(bare.headers(b"s")) == (bare, b"s")
    assert KEY not in bare.headers(b"s")


@pytest.mark.parametrize(
    "other",
    [
        {"device_id": DeviceId(UUID(int=9))},
        {"at_ms": 1},
        {"nonce": "abd"},
        {"session": None},
        {"key": None},
    ],
)
def test_everything_in_a_head_is_signed(other: dict[str, Any]) -> None:
    changed = replace(HEAD, **other)
    assert changed.to_sign("/v1/x", b"") != HEAD.to_sign("/v1/x", b"")


def test_path_and_body_are_signed() -> None:
    assert len({HEAD.to_sign(path, body) for path in ("/a", "/b") for body in (b"", b"1")}) == 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (TIME, ""),
        (TIME, "soon"),
        (SIGNATURE, "***"),
        ("readback-nonce", "a\nb"),
        ("readback-nonce", "x" * 201),
        ("readback-session", "töken"),
        ("readback-device", "1"),
    ],
)
def test_a_misshapen_header_means_unsigned(name: str, value: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_head(HEAD.headers(b"s") | {name: value})
    assert refusal.value.code == "unsigned"


def test_a_misshapen_key_is_refused_by_name() -> None:
    with pytest.raises(Refusal) as refusal:
        read_key({KEY: "7"})
    assert refusal.value.code == "key_malformed"


def test_an_instant_crosses_in_milliseconds() -> None:
    instant = datetime(2026, 11, 21, 10, 30, 0, 123_000, tzinfo=UTC)
    assert instant_of(str(milliseconds(instant))) == instant


@pytest.mark.parametrize("told", ["", "later", "9" * 30])
def test_a_time_that_is_none_is_refused(told: str) -> None:
    with pytest.raises(Refusal):
        instant_of(told)
