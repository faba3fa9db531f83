"""Which products of a finder list could be taken for one another, and which words tell them apart.

Pure functions over descriptions; any thread. Nothing here chooses a product: it only says where to
look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from app.values.wording import Word, word_difference

MOST_COMPARED = 6
DIFFERENT_WORDS = 1


@dataclass(frozen=True, slots=True)
class Told:
    """A description in words; `alike` when another one is the same or one word apart."""

    words: tuple[Word, ...]
    alike: bool


def told_apart(descriptions: Sequence[str]) -> tuple[Told, ...]:
    """Each description, its words marked where they differ from a lookalike among the first few."""
    marks = [[False] * len(text.split()) for text in descriptions]
    alike: set[int] = set()
    for one, other in combinations(range(min(len(descriptions), MOST_COMPARED)), 2):
        left, right = word_difference(descriptions[one], descriptions[other])
        if _are_alike(left, right):
            alike |= {one, other}
            for row, words in ((one, left), (other, right)):
                marks[row] = [a or b.differs for a, b in zip(marks[row], words, strict=True)]
    return tuple(
        Told(
            tuple(Word(word, mark) for word, mark in zip(text.split(), marks[row], strict=True)),
            row in alike,
        )
        for row, text in enumerate(descriptions)
    )


def _are_alike(left: tuple[Word, ...], right: tuple[Word, ...]) -> bool:
    shared = sum(not word.differs for word in left)
    apart = max(sum(word.differs for word in side) for side in (left, right))
    return shared > 0 and apart <= DIFFERENT_WORDS
