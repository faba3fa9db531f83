"""Dead key events are found on a heap and put in order; what is there by chance is known."""

from __future__ import annotations

import struct
from random import Random

from app.campaigns.card_scan.key_traces import key_traces, longest_in_common
from app.campaigns.card_scan.numbers import card_number

CHANCE = Random(11)  # noqa: S311 - numbers for a search, no secrets
NUMBER = card_number(CHANCE.random)
OTHERS = [card_number(CHANCE.random) for _ in range(20)]
BEGAN = 24_000_000
NOISE = bytes(Random(12).choices(range(256), k=20_000))  # noqa: S311 - as above


def heap(records: list[bytes]) -> bytes:
    """Records among other things, in no order."""
    shuffled = list(records)
    Random(13).shuffle(shuffled)  # noqa: S311 - as above
    return NOISE + b"".join(record + NOISE[:64] for record in shuffled) + NOISE


def record(place: int, digit: int) -> bytes:
    """Something like a key event: a table, an instant, flags, a key, a code."""
    return struct.pack("<QQIIQ", 0x7F00DEADBEEF, BEGAN + place * 30, 0, 0x30 + digit, 10)


def test_dead_key_events_give_the_number_away() -> None:
    records = [record(place, digit) for place, digit in enumerate(NUMBER)]
    found = key_traces([heap(records)], (BEGAN, BEGAN + 1_000), NUMBER, OTHERS)
    assert (found.records, found.in_order) == (16, 16)
    assert not found.is_chance


def test_four_of_them_are_no_more_than_chance() -> None:
    records = [record(place, NUMBER[-1 - place]) for place in range(4)]
    found = key_traces([heap(records)], (BEGAN, BEGAN + 1_000), NUMBER, OTHERS)
    assert found.is_chance


def test_what_was_not_typed_just_now_is_left_alone() -> None:
    records = [record(place, digit) for place, digit in enumerate(NUMBER)]
    found = key_traces([heap(records)], (BEGAN + 5_000, BEGAN + 6_000), NUMBER, OTHERS)
    assert found.records == 0


def test_the_longest_sequence_in_common_keeps_the_order() -> None:
    assert longest_in_common(b"\x01\x02\x03", b"\x01\x09\x02\x03") == 3
    assert longest_in_common(b"\x03\x02\x01", b"\x01\x02\x03") == 1
    assert longest_in_common(b"", b"\x01") == 0
