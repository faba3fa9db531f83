"""Card digits for tests: made up at run time, and never shown."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from app.adapters.card_entry.digits import MaskedDigits
from app.adapters.card_entry.safe import system_memory

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def random_number() -> list[int]:
    """Sixteen digits that check out, of no card that exists for sure."""
    digits = [4, 9, 2, 9, *(secrets.randbelow(10) for _ in range(11))]
    total = sum(_DOUBLED[digit] for digit in digits[::2]) + sum(digits[1::2])
    return [*digits, -total % 10]


def typed(digits: Iterable[int]) -> MaskedDigits:
    """Digits in the safe."""
    kept = MaskedDigits(system_memory(), 19)
    for digit in digits:
        kept.push(digit)
    return kept
