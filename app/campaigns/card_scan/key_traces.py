"""Looks for dead key events: what is left of them on the heap, sorted by time, gives a number away.

Knows no layout of Qt or X: beside every value that is an instant of the typing it looks for values
that are keys, and judges each distance between the two by itself. What chance would give is worked
out from the same traces with numbers that nobody typed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_REACH = 32
"""So many 32-bit values before and after an instant may belong to the same record."""

_QT_KEY_0 = 0x30
_X_CODES = {code: (code - 9) % 10 for code in range(10, 20)}
"""Codes of the digit row on an X keyboard: 10 is the key 1, 19 is the key 0."""

Trace = tuple[int, int]


@dataclass(frozen=True, slots=True)
class KeyTraces:
    """How many digits of the number lie in their order, and how many chance alone gives.

    `records` is how many traces the best distance had.
    """

    records: int
    in_order: int
    by_chance: int

    @property
    def is_chance(self) -> bool:
        """No more than numbers that were never typed."""
        return self.in_order <= self.by_chance


def key_traces(
    windows: Iterable[bytes],
    typed_ms: tuple[int, int],
    number: bytes,
    others: Sequence[bytes],
) -> KeyTraces:
    """What lies in the windows. `typed_ms` are the first and last instant of the typing."""
    found: dict[tuple[int, str], set[Trace]] = defaultdict(set)
    for window in windows:
        for at, instant in _instants(window, typed_ms):
            for place, kind, digit in _keys_near(window, at):
                found[place, kind].add((instant, digit))
    best = KeyTraces(records=0, in_order=0, by_chance=0)
    chance = 0
    for traces in found.values():
        digits = bytes(digit for _, digit in sorted(traces))
        in_order = longest_in_common(digits, number)
        chance = max([chance, *(longest_in_common(digits, other) for other in others)])
        if in_order > best.in_order:
            best = KeyTraces(records=len(traces), in_order=in_order, by_chance=0)
    return KeyTraces(records=best.records, in_order=best.in_order, by_chance=chance)


def longest_in_common(left: bytes, right: bytes) -> int:
    """The length of the longest sequence that both hold in their order."""
    before = [0] * (len(right) + 1)
    for one in left:
        here = [0]
        for place, other in enumerate(right):
            here.append(before[place] + 1 if one == other else max(before[place + 1], here[place]))
        before = here
    return before[-1]


def _instants(window: bytes, typed_ms: tuple[int, int]) -> Iterator[Trace]:
    first, last = typed_ms
    values = memoryview(window[: len(window) // 4 * 4]).cast("I")
    for at, value in enumerate(values):
        if first <= value <= last:
            yield at, value


def _keys_near(window: bytes, at: int) -> Iterator[tuple[int, str, int]]:
    first = max(0, at - _REACH)
    near = window[first * 4 : (at + _REACH + 1) * 4]
    values = memoryview(near[: len(near) // 4 * 4]).cast("I")
    for place, value in enumerate(values, first - at):
        if _QT_KEY_0 <= value <= _QT_KEY_0 + 9:
            yield place, "key", value - _QT_KEY_0
        elif value in _X_CODES:
            yield place, "code", _X_CODES[value]
