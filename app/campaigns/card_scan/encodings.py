"""The forms in which a number may lie in memory or in a file, and a search that finds all of them.

Digits that lie at a stride of 1 to 128 bytes, as characters or as values, cover plain text, UTF-16,
UTF-32, arrays of 32 and 64 bits and the undo history of a text field; what packs several digits
into a byte has a pattern of its own. Pure. Never says what it looked for, only how much it found.
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

SHORTEST_RUN = 6
"""So many digits of a number in their order are more than chance."""

LONGEST_NUMBER = 19
ALL_STRIDES = tuple(range(1, 129))
VALUE_STRIDES = (1, 2, 4, 8, 12, 16, 24, 32)
"""Digits as values are looked for in arrays; each stride costs some time."""

CHUNK = 1 << 20
OVERLAP = max(ALL_STRIDES) * (LONGEST_NUMBER + 1)

_BLOCK = 3
"""A run of six has a block of three that begins at a multiple of three."""

_BITS = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))
_SET = re.compile(rb"[^\x00]")
_CHARACTER = 0x30
_DENSE = 20_000
"""So often in a megabyte, and looking at each place takes longer than looking at all at once."""

_TEXT_STRIDES = frozenset({1, 2})
_SPARSE_RUN, _VALUES_RUN = 8, 10
"""Digits with other things between them, and small values, are in any program's tables: a shorter
run of them is chance. Measured with 20 numbers that a small Qt program had never met: six or seven
at a stride of four or more for 4 of them as characters, six for 5 of them as values; never eight.
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """Digits of a number that lie in their order; `whole`: all of them."""

    form: str
    place: int
    length: int
    whole: bool


@dataclass(frozen=True)
class Sought:
    """A number that must not be found; `digits` are values 0 to 9. Shows no digit of itself."""

    name: str
    digits: bytes = field(repr=False)

    @cached_property
    def packed(self) -> dict[str, bytes]:
        """What the number looks like where more than one digit shares a byte, or signs part them.

        Twelve digits and more; a shorter number would be found by chance.
        """
        text = "".join(map(str, self.digits))
        value = int(text)
        nibbles = text if len(text) % 2 == 0 else f"0{text}"
        found = {
            "integer, low byte first": struct.pack("<Q", value),
            "integer, high byte first": struct.pack(">Q", value),
            "Python integer": _python_integer(value),
            "floating point": struct.pack("<d", float(value)),
            "packed decimal": bytes.fromhex(nibbles),
            "packed decimal, nibbles changed": bytes.fromhex(_nibbles_changed(nibbles)),
            "hexadecimal": text.encode().hex().encode(),
            "reversed": text[::-1].encode(),
        }
        if len(text) % 2:
            found["packed decimal, filled up"] = bytes.fromhex(f"{text}f")
        for sign, word in ((" ", "blanks"), ("-", "dashes")):
            grouped = sign.join(_groups(text))
            found[f"groups with {word}"] = grouped.encode()
            found[f"groups with {word}, UTF-16"] = grouped.encode("utf-16-le")
            found[f"groups with {word}, UTF-32"] = grouped.encode("utf-32-le")
        for shift in range(3):
            found[f"base64, shifted by {shift}"] = _base64(text.encode(), shift)
        return found

    @cached_property
    def texts(self) -> dict[str, bytes]:
        """The number as unbroken text."""
        text = "".join(map(str, self.digits))
        return {name: text.encode(name) for name in ("ascii", "utf-16-le", "utf-32-le")}


def search(window: bytes, sought: Sequence[Sought], fresh: int) -> Iterator[tuple[Sought, Hit]]:
    """Every hit that begins in the first `fresh` bytes; the rest is there to complete them."""
    yield from search_whole(window, sought, fresh)
    maps = _Maps(window)
    for one in sought:
        for hit in (*_characters(window, one.digits, maps), *_values(window, one.digits, maps)):
            if hit.place < fresh:
                yield one, hit


def search_whole(
    window: bytes, sought: Sequence[Sought], fresh: int
) -> Iterator[tuple[Sought, Hit]]:
    """As `search`, for texts and packed forms of whole numbers only: many times faster."""
    for one in sought:
        for form, pattern in one.packed.items():
            for place in _places(window, pattern, fresh):
                yield one, Hit(form, place, len(one.digits), whole=True)


def search_texts(
    window: bytes, sought: Sequence[Sought], fresh: int
) -> Iterator[tuple[Sought, Hit]]:
    """Whole numbers as unbroken text, for what a process cannot have written to."""
    for one in sought:
        for form, pattern in one.texts.items():
            for place in _places(window, pattern, fresh):
                yield one, Hit(form, place, len(one.digits), whole=True)


def form_of(form: str, stride: int) -> str:
    """What digits at a stride are called: `characters, every 2 bytes`."""
    return form if stride == 1 else f"{form}, every {stride} bytes"


class _Maps:
    """Where small values lie in a window: one long integer per value, bit = place."""

    def __init__(self, window: bytes) -> None:
        self._backwards = window[::-1]
        self._known: dict[int, int] = {}

    def of(self, value: int) -> int:
        """The places of a byte."""
        if value not in self._known:
            table = bytearray(b"0" * 256)
            table[value] = 0x31
            self._known[value] = int(self._backwards.translate(bytes(table)), 2)
        return self._known[value]

    def blocks(self, digits: bytes, at: int, zero: int, stride: int) -> Iterator[int]:
        """Places of three digits from `at` on around which three more lie."""
        here = self.of(zero + digits[at])
        for place in (at + 1, at + 2):
            here &= self.of(zero + digits[place]) >> (place - at) * stride
        if here:
            yield from _set_bits(self._six(here, digits, at, zero, stride))

    def _six(self, block: int, digits: bytes, at: int, zero: int, stride: int) -> int:
        found = 0
        for left in range(SHORTEST_RUN - _BLOCK + 1):
            first, last = at - left, at + SHORTEST_RUN - left
            if first < 0 or last > len(digits):
                continue
            here = block
            for place in (*range(first, at), *range(at + _BLOCK, last)):
                bits, by = self.of(zero + digits[place]), (place - at) * stride
                here &= bits >> by if by >= 0 else bits << -by
            found |= here
        return found


def _characters(window: bytes, digits: bytes, maps: _Maps) -> Iterator[Hit]:
    """Runs of the number as text at every stride, each told once."""
    told: set[tuple[int, int, int]] = set()
    for at in range(0, len(digits) - _BLOCK + 1, _BLOCK):
        for place, stride in _block_places(window, digits, at, maps):
            begin, first, length = _extended(window, digits, at, place, stride, _CHARACTER)
            shortest = SHORTEST_RUN if stride in _TEXT_STRIDES else _SPARSE_RUN
            if length >= shortest and (begin, first, stride) not in told:
                told.add((begin, first, stride))
                form = form_of("characters", stride)
                yield Hit(form, begin, length, whole=length == len(digits))


def _block_places(window: bytes, digits: bytes, at: int, maps: _Maps) -> Iterator[tuple[int, int]]:
    """Where three digits lie as text with the same distance between them, and that distance."""
    first, second, third = (_CHARACTER + digit for digit in digits[at : at + _BLOCK])
    if window.count(first) > _DENSE:
        for stride in ALL_STRIDES:
            for place in maps.blocks(digits, at, _CHARACTER, stride):
                yield place, stride
        return
    one, two, end = bytes([first]), bytes([second]), len(window)
    here = window.find(one)
    while here >= 0:
        there = window.find(two, here + 1, here + 1 + ALL_STRIDES[-1])
        while there >= 0:
            last = 2 * there - here
            if last < end and window[last] == third:
                yield here, there - here
            there = window.find(two, there + 1, here + 1 + ALL_STRIDES[-1])
        here = window.find(one, here + 1)


def _values(window: bytes, digits: bytes, maps: _Maps) -> Iterator[Hit]:
    """Runs of the number as values 0 to 9, in bytes or at the start of longer integers."""
    told: set[tuple[int, int, int]] = set()
    for stride in VALUE_STRIDES:
        for at in range(0, len(digits) - _BLOCK + 1, _BLOCK):
            for place in maps.blocks(digits, at, 0, stride):
                begin, first, length = _extended(window, digits, at, place, stride, 0)
                if length >= _VALUES_RUN and (begin, first, stride) not in told:
                    told.add((begin, first, stride))
                    form = form_of("values", stride)
                    yield Hit(form, begin, length, whole=length == len(digits))


def _extended(
    window: bytes, digits: bytes, at: int, place: int, stride: int, zero: int
) -> tuple[int, int, int]:
    """The run that a block belongs to: where it begins, with which digit, how long it is."""
    first, last = at, at + _BLOCK
    where = place - stride
    while first > 0 and where >= 0 and window[where] == zero + digits[first - 1]:
        first, where = first - 1, where - stride
    begin = where + stride
    where = place + _BLOCK * stride
    while last < len(digits) and where < len(window) and window[where] == zero + digits[last]:
        last, where = last + 1, where + stride
    return begin, first, last - first


def _set_bits(bits: int) -> Iterator[int]:
    if not bits:
        return
    raw = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    for match in _SET.finditer(raw):
        for bit in _BITS[raw[match.start()]]:
            yield match.start() * 8 + bit


def _places(window: bytes, pattern: bytes, fresh: int) -> Iterator[int]:
    at = window.find(pattern)
    while 0 <= at < fresh:
        yield at
        at = window.find(pattern, at + 1)


def _python_integer(value: int) -> bytes:
    """The digits of CPython's own integers: 30 bits in each 32."""
    parts = []
    while value:
        parts.append(struct.pack("<I", value & (1 << 30) - 1))
        value >>= 30
    return b"".join(parts)


def _nibbles_changed(nibbles: str) -> str:
    return "".join(nibbles[at + 1] + nibbles[at] for at in range(0, len(nibbles), 2))


def _groups(text: str) -> Iterator[str]:
    """As the number is written on a card: 4-6-5 for fifteen digits, else fours."""
    cuts = (0, 4, 10, 15) if len(text) == 15 else (*range(0, len(text), 4), len(text))
    for begin, end in pairwise(cuts):
        yield text[begin:end]


def _base64(text: bytes, shift: int) -> bytes:
    """The part of the base64 text that does not depend on what stands around the number."""
    coded = base64.b64encode(bytes(shift) + text)
    sure_from = -(-shift * 8 // 6)
    sure_until = (shift + len(text)) * 8 // 6
    return coded[sure_from:sure_until]
