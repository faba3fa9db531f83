"""How codes and descriptions sound on the telephone, and keys that sound-alikes have in common.

Two products share a key when they may be taken for one another, so an index of keys finds them
without comparing every product with every other. Pure, on plain strings; it proposes only, what is
alike is judged in `services.rules.confusables`. Any thread.
Source: the letters people confuse on a line of 3.4 kHz are those of DESIGN.md section 6.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

_WORDS_MOST = 40
_WORDS_KEPT = 10_000
_SUFFIX_MOST = 3
_PLURAL_FROM = 4
_LETTER_CLASSES = ("bcdegptvz", "fsx", "mn", "ahjk8", "iy59", "o0", "quw2")
_CLASS_OF = {letter: letters[0] for letters in _LETTER_CLASSES for letter in letters}
_UNITS = "zero one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_NUMBER_WORDS = {
    **{word: str(number) for number, word in enumerate(f"{_UNITS} {_TEENS}".split(" "))},
    **{word: str(10 * tens) for tens, word in enumerate(_TENS.split(" "), start=2)},
}
_PIECE = re.compile(r"[^\s,;:/()\[\]&+]+")
_NUMBER = re.compile(r"\d+")
_TEEN_OR_TY = re.compile(r"1([3-9])(?!\d)|([3-9])0(?!\d)")
_SUFFIXED = re.compile(rf"(.*\d[-./ ]?)([a-z]{{1,{_SUFFIX_MOST}}})")
_ENDS_IN_DIGITS = re.compile(r"(.*\d)(\d)")
_SPELLINGS = tuple(
    (re.compile(pattern), spelt)
    for pattern, spelt in (
        ("^kn|^gn", "n"),
        ("^wr", "r"),
        ("wh", "w"),
        ("ph", "f"),
        ("igh", "i"),
        ("tch|ch", "C"),
        ("sh", "S"),
        ("th", "T"),
        ("ck|q", "k"),
        ("x", "ks"),
        ("c(?=[eiy])", "s"),
        ("c", "k"),
        ("z", "s"),
        ("mb$", "m"),
        ("(?<=..)our", "or"),
        ("([bdfgkpt])re$", r"\1er"),
        ("e[iy]|a[iy]", "A"),
        ("ee|ea", "I"),
        ("oo", "U"),
        ("y", "i"),
        ("(?<=[^aeiouAIU][^aeiouAIU])e$", ""),
        ("([^aeiou])\\1+", r"\1"),
    )
)
"""What is written differently and said alike, applied in this order to one word."""


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One word as it is said; `place` is that of the written word it is in, counted by blanks."""

    text: str
    letters: str
    sound: str
    place: int


@dataclass(frozen=True, slots=True)
class Sounding:
    """A product's code and description as they sound.

    `plain` is the description without case and runs of blanks; `run` its letters where the bounds
    of words are not heard; `less_one` the sounds with one word, or none, left out.
    """

    code: str
    plain: str
    words: tuple[SpokenWord, ...]
    sounds: tuple[str, ...]
    run: str
    numbers: tuple[str, ...]
    less_one: frozenset[str]
    suffixes: frozenset[str]
    teens: frozenset[str]


@lru_cache(maxsize=1_000)
def sounding(code: str, description: str) -> Sounding:
    """All about one product; kept, because each letter typed finds much of what was there."""
    words = spoken_words(description)
    key = _plain(code)
    suffixed, ending = _suffix_keys(key)
    return Sounding(
        code=key,
        plain=_plain(description),
        words=words,
        sounds=tuple(word.sound for word in words),
        run=_run(words),
        numbers=tuple(n for word in words for n in _numbers_in(word.letters)),
        less_one=frozenset(_less_one(words)),
        suffixes=frozenset(suffixed + ending),
        teens=frozenset(_teen_keys(key)),
    )


def keys_kept(code: str, description: str) -> list[str]:
    """The keys to index a product by."""
    words = spoken_words(description)
    suffixed, ending = _suffix_keys(_plain(code))
    keys = [f"w {less}" for less in _less_one(words)]
    keys += [f"s {key}" for key in suffixed]
    keys += [f"d {key}" for key in ending]
    keys += [f"t {key}" for key in _teen_keys(_plain(code))]
    keys.append(_whole_key(description, words))
    return keys


def keys_asked(code: str, description: str) -> list[str]:
    """The keys under which products are kept that this one may be taken for, the nearest first.

    A last letter is looked for among letters and digits, a last digit among letters only: two
    digits are told apart by the description, which is always read with the code.
    """
    words = spoken_words(description)
    less_one = [f"w {less}" for less in _less_one(words)]
    suffixed, ending = _suffix_keys(_plain(code))
    return [
        *less_one[:1],
        _whole_key(description, words),
        *(f"{kind} {key}" for key in suffixed for kind in "sd"),
        *(f"s {key}" for key in ending),
        *(f"t {key}" for key in _teen_keys(_plain(code))),
        *less_one[1:],
    ]


def spoken_words(description: str) -> tuple[SpokenWord, ...]:
    """The words of a description; `snowflake,pink` is two of them."""
    return tuple(
        SpokenWord(text, letters, sound, place)
        for place, written in enumerate(description.split())
        for text, letters, sound in _pieces(written)
    )


@lru_cache(maxsize=_WORDS_KEPT)
def _pieces(written: str) -> tuple[tuple[str, str, str], ...]:
    """Text, letters and sound of each word in a written one."""
    pieces = [(_trimmed(piece), _letters(piece)) for piece in _PIECE.findall(written)]
    return tuple((text, letters, sound_of(text)) for text, letters in pieces if letters)


@lru_cache(maxsize=_WORDS_KEPT)
def sound_of(word: str) -> str:
    """How one word sounds: single letters by their class on the telephone, teens as tens."""
    letters = _letters(word)
    letters = _NUMBER_WORDS.get(letters, letters)
    if len(letters) == 1:
        return f"={_CLASS_OF.get(letters, letters)}"
    if any(character.isdigit() for character in letters):
        return _without_teens(letters)
    is_plural = len(letters) >= _PLURAL_FROM and letters.endswith("s") and letters[-2] != "s"
    return _phonetic(letters[:-1] if is_plural else letters)


def letter_class(letter: str) -> str:
    """One letter or digit for all that sound like it on the telephone."""
    return _CLASS_OF.get(letter.casefold(), letter.casefold())


def _phonetic(letters: str) -> str:
    for pattern, spelt in _SPELLINGS:
        letters = pattern.sub(spelt, letters)
    return letters


def _run(words: Iterable[SpokenWord]) -> str:
    """The letters of the whole description as if it were one word."""
    return _without_teens("".join(word.letters for word in words))


def _without_teens(text: str) -> str:
    """Fifteen and fifty are one."""
    return _TEEN_OR_TY.sub(_ten_of, text)


def _ten_of(match: re.Match[str]) -> str:
    return f"{match[1] or match[2]}0"


def _whole_key(description: str, words: Sequence[SpokenWord]) -> str:
    """For the description as a whole; one of signs only is taken as it is."""
    return f"r {_run(words)}" if words else f"p {_plain(description)}"


def _numbers_in(letters: str) -> list[str]:
    return _NUMBER.findall(_NUMBER_WORDS.get(letters, letters))


def _less_one(words: Sequence[SpokenWord]) -> list[str]:
    """The sounds as they are, and with each word left out; so many words at most.

    `red/white` is left out as a whole, too: it is one word to whoever wrote it.
    """
    if not words:
        return []
    words = words[:_WORDS_MOST]
    places = Counter(word.place for word in words)
    whole = [place for place, pieces in places.items() if pieces > 1]
    return _each_once(
        [
            " ".join(word.sound for word in words),
            *(" ".join(w.sound for w in words if w is not left_out) for left_out in words),
            *(" ".join(w.sound for w in words if w.place != left_out) for left_out in whole),
        ]
    )


def _suffix_keys(code: str) -> tuple[list[str], list[str]]:
    """The base of a code with the classes of its last letters, or of a last digit like a letter."""
    match = _SUFFIXED.fullmatch(code)
    if match is not None:
        return [f"{match[1]} {''.join(map(letter_class, match[2]))}"], []
    match = _ENDS_IN_DIGITS.fullmatch(code)
    if match is not None and match[2] in _CLASS_OF:
        return [], [f"{match[1]} {letter_class(match[2])}"]
    return [], []


def _teen_keys(code: str) -> list[str]:
    """The code with one of its teens or tens left open, for each it holds."""
    return _each_once(
        f"{code[:at]}<{digit}>{code[at + 2 :]}"
        for at, pair in enumerate(map("".join, pairwise(code)))
        if (digit := _tens_digit(pair))
    )


def _tens_digit(pair: str) -> str:
    match = _TEEN_OR_TY.fullmatch(pair)
    return (match[1] or match[2]) if match is not None else ""


def _each_once(keys: Iterable[str]) -> list[str]:
    return [key for key in dict.fromkeys(keys) if key]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _letters(word: str) -> str:
    """Small letters and digits, without accents and punctuation."""
    if not word.isascii():
        marked = unicodedata.normalize("NFKD", word.casefold())
        word = "".join(c for c in marked if not unicodedata.combining(c))
    return "".join(c for c in word.casefold() if c.isalnum())


def _trimmed(piece: str) -> str:
    """Without what stands around the word: quotes, full stops."""
    start, end = 0, len(piece)
    while start < end and not piece[start].isalnum():
        start += 1
    while end > start and not piece[end - 1].isalnum():
        end -= 1
    return piece[start:end]
