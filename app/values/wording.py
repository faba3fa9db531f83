"""Text as people type it, brought into one shape so that it can be compared, found and shown.

Pure; knows nothing of orders or customers.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher

_NOT_A_WORD = re.compile(r"[^\w]+|_+")
_BLANKS = re.compile(r"\s+")
_LINE_BREAKS = frozenset("\n\r\t\v\f\x1c\x1d\x1e\x85")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a description; `differs` where its twin has another."""

    text: str
    differs: bool


def tidy(text: str) -> str:
    """One line, composed, without control characters; runs of blanks become one."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    composed = unicodedata.normalize("NFC", text)
    kept = (c for c in composed if c in _LINE_BREAKS or unicodedata.category(c) not in {"Cc", "Cs"})
    return _BLANKS.sub(" ", "".join(kept)).strip()


def ascii_digits(text: str) -> str:
    """The text with the decimal digits of every script as 0 to 9, character for character."""
    if text.isascii():
        return text
    return "".join(c if c.isascii() else _ascii_digit(c) for c in text)


def _ascii_digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def text_for_search(text: str) -> str:
    """Small letters, no accents or punctuation, one blank between: `Café-Türe` is `cafe ture`."""
    if text.isascii():
        return " ".join(_NOT_A_WORD.sub(" ", text.replace("'", "").lower()).split())
    letters = unicodedata.normalize("NFKD", text.replace("\u2019", "")).replace("'", "")
    apart = unicodedata.normalize("NFKD", letters.casefold())
    plain = "".join(c for c in apart if not unicodedata.combining(c))
    return " ".join(_NOT_A_WORD.sub(" ", plain).split())


def word_difference(first: str, second: str) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Both texts in words, marked where they differ; letters small or capital count as the same."""
    left, right = first.split(), second.split()
    same_left: set[int] = set()
    same_right: set[int] = set()
    matcher = SequenceMatcher(
        None, [w.casefold() for w in left], [w.casefold() for w in right], autojunk=False
    )
    for block in matcher.get_matching_blocks():
        same_left.update(range(block.a, block.a + block.size))
        same_right.update(range(block.b, block.b + block.size))
    return (
        tuple(Word(word, at not in same_left) for at, word in enumerate(left)),
        tuple(Word(word, at not in same_right) for at, word in enumerate(right)),
    )
