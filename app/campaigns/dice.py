"""Chance that is the same in every run, for campaigns whose results are to be compared."""

from __future__ import annotations

import math
from collections.abc import Sequence

_MASK = (1 << 64) - 1


class Dice:
    """Numbers that look thrown and are the same in every run. Source: SplitMix64."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def below(self, sides: int) -> int:
        """From 0 up to, not including, `sides`."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = ((self._state ^ self._state >> 30) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ mixed >> 27) * 0x94D049BB133111EB) & _MASK
        return (mixed ^ mixed >> 31) % sides

    def of(self, things: Sequence[str]) -> str:
        """One of the things, the first ones far more often than the last ones."""
        share = self.below(1 << 32) / (1 << 32)
        return things[int(math.exp(share * math.log(len(things) + 1))) - 1]
