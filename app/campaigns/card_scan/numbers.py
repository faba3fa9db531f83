"""Random card numbers for a scan: they pass the check, belong to nobody, and are never shown."""

from __future__ import annotations

from collections.abc import Callable

CODE_LENGTH = 12
"""Three digits are everywhere: a scan types a long code into a harness instead."""

_PREFIX = bytes((4, 9, 2, 9))
_LONGEST_REPEAT = 2


def card_number(chance: Callable[[], float], length: int = 16) -> bytes:
    """Digits as values; without long repeats, which lie in memory by chance."""
    while True:
        body = _PREFIX + _digits(chance, length - len(_PREFIX) - 1)
        number = body + bytes((_check_digit(body),))
        if _is_telling(number):
            return number


def code_number(chance: Callable[[], float]) -> bytes:
    """A security code as long as no card has it."""
    while True:
        code = _digits(chance, CODE_LENGTH)
        if _is_telling(code):
            return code


def _digits(chance: Callable[[], float], count: int) -> bytes:
    return bytes(int(chance() * 10) for _ in range(count))


def _check_digit(body: bytes) -> int:
    """Source: ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        doubled = digit * 2 if place % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10


def _is_telling(digits: bytes) -> bool:
    """No run of six in it has fewer than four different digits."""
    repeated = any(
        digits[at : at + _LONGEST_REPEAT + 1] == digits[at : at + 1] * (_LONGEST_REPEAT + 1)
        for at in range(len(digits))
    )
    return not repeated and all(len(set(digits[at : at + 6])) >= 4 for at in range(len(digits) - 5))
