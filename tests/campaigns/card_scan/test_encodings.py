"""The search finds a number in every form in which it may lie, and nothing where it does not."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from random import Random

import pytest

from app.campaigns.card_scan.encodings import (
    ALL_STRIDES,
    OVERLAP,
    SHORTEST_RUN,
    VALUE_STRIDES,
    Hit,
    Sought,
    search,
    search_texts,
)
from app.campaigns.card_scan.numbers import card_number, code_number

CHANCE = Random(5)  # noqa: S311 - numbers for a search, no secrets
NUMBER = Sought("number", card_number(CHANCE.random))
CODE = Sought("code", code_number(CHANCE.random))
TEXT = "".join(map(str, NUMBER.digits))
GROUPS = [TEXT[at : at + 4] for at in range(0, 16, 4)]
FILLING = bytes(Random(6).choices(range(0x61, 0x7B), k=40_000))  # noqa: S311 - as above


def strided(digits: bytes, stride: int, zero: int) -> bytes:
    laid = bytearray(b"z" * (stride * len(digits)))
    laid[::stride] = bytes(zero + digit for digit in digits)
    return bytes(laid)


FORMS: dict[str, Callable[[], bytes]] = {
    "ascii": TEXT.encode,
    "utf-16 low byte first": lambda: TEXT.encode("utf-16-le"),
    "utf-16 high byte first": lambda: TEXT.encode("utf-16-be"),
    "utf-32 low byte first": lambda: TEXT.encode("utf-32-le"),
    "utf-32 high byte first": lambda: TEXT.encode("utf-32-be"),
    "blanks": " ".join(GROUPS).encode,
    "dashes": "-".join(GROUPS).encode,
    "blanks in utf-16": lambda: " ".join(GROUPS).encode("utf-16-le"),
    "packed decimal": lambda: bytes.fromhex(TEXT),
    "packed decimal, low nibble first": lambda: bytes.fromhex(
        "".join(b + a for a, b in zip(TEXT[::2], TEXT[1::2], strict=True))
    ),
    "values": lambda: NUMBER.digits,
    "array of 32 bits": lambda: struct.pack("<16i", *NUMBER.digits),
    "array of 64 bits": lambda: struct.pack("<16q", *NUMBER.digits),
    "array of 32 bits, high byte first": lambda: struct.pack(">16i", *NUMBER.digits),
    "integer": lambda: struct.pack("<Q", int(TEXT)),
    "integer, high byte first": lambda: struct.pack(">Q", int(TEXT)),
    "floating point": lambda: struct.pack("<d", float(TEXT)),
    "base64": lambda: base64.b64encode(b"{" + TEXT.encode() + b"}"),
    "base64 after one": lambda: base64.b64encode(b"{1" + TEXT.encode() + b"}"),
    "base64 after two": lambda: base64.b64encode(b"{12" + TEXT.encode() + b"}"),
    "hexadecimal": lambda: TEXT.encode().hex().encode(),
    "backwards": TEXT[::-1].encode,
}


def hits(content: bytes, one: Sought = NUMBER) -> list[Hit]:
    return [hit for _, hit in search(content, (one,), len(content))]


@pytest.mark.parametrize("form", FORMS)
def test_a_whole_number_is_found_in_every_form(form: str) -> None:
    content = FILLING + FORMS[form]() + FILLING
    assert any(hit.whole for hit in hits(content))


@pytest.mark.parametrize("stride", ALL_STRIDES[::7])
def test_a_number_is_found_at_every_stride(stride: int) -> None:
    content = FILLING + strided(NUMBER.digits, stride, 0x30) + FILLING
    assert [hit.length for hit in hits(content)] == [16]


@pytest.mark.parametrize("stride", VALUE_STRIDES)
def test_values_are_found_in_arrays(stride: int) -> None:
    content = FILLING + strided(NUMBER.digits, stride, 0) + FILLING
    assert [hit.length for hit in hits(content)] == [16]


def test_a_number_among_very_many_digits_is_found() -> None:
    noise = bytes(Random(7).choices(range(0x30, 0x3A), k=250_000))  # noqa: S311 - as above
    content = noise + strided(NUMBER.digits, 16, 0x30) + noise
    assert any(hit.whole for hit in hits(content))


def test_a_part_of_a_number_is_told_with_its_length() -> None:
    for length in range(SHORTEST_RUN, 16):
        for first in range(17 - length):
            content = FILLING + TEXT[first : first + length].encode() + FILLING
            assert [(hit.length, hit.whole) for hit in hits(content)] == [(length, False)]


def test_five_digits_in_a_row_are_nothing() -> None:
    assert not hits(FILLING + TEXT[:5].encode() + FILLING)


def test_a_code_of_the_harness_is_found() -> None:
    content = FILLING + "".join(map(str, CODE.digits)).encode("utf-16-le") + FILLING
    assert any(hit.whole for hit in hits(content, CODE))


def test_a_hit_belongs_to_the_window_that_it_begins_in() -> None:
    content = bytes(100) + strided(NUMBER.digits, 128, 0x30) + bytes(OVERLAP)
    assert [hit.place for _, hit in search(content, (NUMBER,), 101)] == [100]
    assert not list(search(content, (NUMBER,), 100))


def test_other_numbers_are_not_found_where_one_lies() -> None:
    others = [Sought(f"other {n}", card_number(CHANCE.random)) for n in range(50)]
    content = b"".join(form() for form in FORMS.values())
    assert not list(search(FILLING + content + FILLING, others, len(content)))


def test_the_quick_search_finds_texts() -> None:
    for form in ("ascii", "utf-16-le", "utf-32-le"):
        content = FILLING + TEXT.encode(form)
        assert [hit.whole for _, hit in search_texts(content, (NUMBER,), len(content))] == [True]


def test_a_number_shows_no_digit_of_itself() -> None:
    assert not any(character.isdigit() for character in repr(NUMBER))


def test_numbers_are_as_long_as_their_brand_has_them_and_pass_the_check() -> None:
    for length in (13, 15, 16, 19):
        digits = card_number(CHANCE.random, length)
        doubled = [d * 2 if place % 2 else d for place, d in enumerate(reversed(digits))]
        assert len(digits) == length
        assert sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0
