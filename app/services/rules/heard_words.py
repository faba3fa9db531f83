"""What was typed of a caller's words, cut into words and numbers.

CSRs type short and in their own way: `15`, `fifteen`, `one five`, `15 green`, `ls63aa`. Everything
here only reads; what it is compared with is the business of `hearing`. Pure; any thread.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from app.services.rules.speech_book import SpeechBook
from app.values.wording import ascii_digits

_TOKEN = re.compile(
    r"(?P<grouped>\d{1,3}(?:,\d{3})+(?![\d,]))"
    r"|(?P<decimal>\d+\.\d+)"
    r"|(?P<ordinal>\d+(?:st|nd|rd|th)(?![^\W_]))"
    r"|(?P<number>\d+)"
    r"|(?P<word>[^\W\d_]+)"
)
_PAUSES = frozenset(",;:.")
_APOSTROPHES = frozenset("'\u2019\u2018`")


@dataclass(frozen=True, slots=True)
class Hearing:
    """Whether a part of a checkpoint was said as the record holds it.

    `matched` None: nothing in the text speaks of it. `heard` is what of the text was taken for it.
    """

    part: str
    matched: bool | None
    heard: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a number as it was typed: small letters, no accents.

    `is_glued`: nothing stands between it and the one before; `is_after_pause`: a comma does.
    """

    text: str
    kind: str
    start: int
    end: int
    is_glued: bool = False
    is_after_pause: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A number among the tokens from `first` up to `last`, without it; its digits as they came."""

    digits: str
    first: int
    last: int

    @property
    def places(self) -> range:
        """Where its tokens are."""
        return range(self.first, self.last)

    def is_value(self, value: int) -> bool:
        """Whether it is that whole number; one with a point never is."""
        return self.digits.isdigit() and int(self.digits) == value


def tokens_of(text: str, spelling: Collection[str] = ()) -> tuple[Token, ...]:
    """The words and numbers of a text, in order; signs between them are left out.

    `spelling`: words such as `xray`, which people also write in two.
    """
    letters, places = _plain(text)
    found: list[Token] = []
    before = 0
    for match in _TOKEN.finditer(letters):
        between = letters[before : match.start()]
        start, end = places[match.start()], places[match.end() - 1] + 1
        word = match.group().replace(",", "")
        if found and between == "-" and found[-1].text + word in spelling:
            last = found.pop()
            word, start, between = last.text + word, last.start, " "
        is_glued = bool(found) and not between
        is_pause = not _PAUSES.isdisjoint(between)
        found.append(Token(word, match.lastgroup or "", start, end, is_glued, is_pause))
        before = match.end()
    return tuple(found)


def cut_out(text: str, tokens: Sequence[Token], places: Iterable[int]) -> str:
    """What was typed at these places, as it was typed."""
    found = [tokens[at] for at in sorted(places)]
    return text[found[0].start : found[-1].end] if found else ""


def compact(text: str) -> str:
    """Letters and digits of a value without anything between them."""
    return "".join(token.text for token in tokens_of(text))


def _plain(text: str) -> tuple[str, list[int]]:
    """Small letters without accents, and where in the text each of them stands."""
    letters: list[str] = []
    places: list[int] = []
    for at, character in enumerate(ascii_digits(text)):
        if character in _APOSTROPHES:
            continue
        for plain in unicodedata.normalize("NFKD", character.casefold()):
            if not unicodedata.combining(plain):
                letters.append(plain)
                places.append(at)
    return "".join(letters), places


def singular(word: str) -> str:
    """A word without its plural ending, so that `hearts` is `heart`."""
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and word.endswith(("sses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


class NumberReader:
    """Finds the numbers in a row of tokens, written in figures or in the words of a book."""

    def __init__(self, book: SpeechBook) -> None:
        words = book.words
        self._small = {word: value for value, word in enumerate(words.ones)}
        self._tens = {word: 10 * at for at, word in enumerate(words.tens, start=2)}
        self._scales = {words.hundred: 100, words.thousand: 1_000, words.million: 1_000_000}
        self._hearing = book.hearing
        self._spelling = book.spelling

    def numbers(self, tokens: Sequence[Token]) -> list[Number]:
        """All numbers, from left to right. `one five` is 15, `five thirty` is two numbers."""
        found: list[Number] = []
        at = 0
        while at < len(tokens):
            number = self._run(tokens, at) or self._amount(tokens, at) or _figures(tokens, at)
            if number is None:
                at += 1
            else:
                found.append(number)
                at = number.last
        return found

    def _digit_at(self, tokens: Sequence[Token], at: int) -> str:
        """The digit that a token is by itself, or nothing; the O of `O Oscar` is a letter."""
        if at >= len(tokens):
            return ""
        token = tokens[at]
        if at + 1 < len(tokens) and self._spelling.get(tokens[at + 1].text) == token.text:
            return ""
        if token.kind == "number":
            return token.text if len(token.text) == 1 else ""
        if token.text in self._hearing.zero:
            return "0"
        value = self._small.get(token.text, 10)
        return str(value) if value < 10 else ""

    def _run(self, tokens: Sequence[Token], at: int) -> Number | None:
        """Two digits or more, said one by one: `one five`, `double four`."""
        digits: list[tuple[str, int]] = []
        end = at
        while end < len(tokens):
            times = self._hearing.repeats.get(tokens[end].text, 1)
            place = end + 1 if times > 1 else end
            digit = self._digit_at(tokens, place)
            if not digit:
                break
            digits.append((digit * times, end))
            end = place + 1
        if digits and end < len(tokens) and self._is_scale(tokens[end].text):
            end = digits.pop()[1]
        said = "".join(digit for digit, _ in digits)
        return Number(said, at, end) if len(said) > 1 else None

    def _is_scale(self, word: str) -> bool:
        return word in self._scales or word in self._hearing.amounts

    def _amount(self, tokens: Sequence[Token], at: int) -> Number | None:
        """A number in words: `one hundred and five`, `half a dozen`, `2 thousand`."""
        is_half = tokens[at].text in self._hearing.halves
        head, end = self._head(tokens, at + 1 if is_half else at)
        if head is None:
            return None
        total, current, largest = 0, head, 0
        while end < len(tokens) and self._is_scale(word := tokens[end].text):
            if word in self._hearing.amounts:
                value = current * self._hearing.amounts[word]
                return Number(str(value // 2 if is_half else value), at, end + 1)
            scale = self._scales[word]
            if scale == min(self._scales.values()):
                current *= scale
            elif largest and scale >= largest:
                break
            else:
                total, current, largest = total + current * scale, 0, scale
            more, end = self._rest(tokens, end + 1)
            current += more
        return None if is_half else Number(str(total + current), at, end)

    def _head(self, tokens: Sequence[Token], at: int) -> tuple[int | None, int]:
        """What a number begins with: figures or an article only where a hundred or so follows."""
        if at >= len(tokens):
            return None, at
        word = tokens[at].text
        if self._is_scale(word):
            return 1, at
        if at + 1 < len(tokens) and self._is_scale(tokens[at + 1].text):
            if word in self._hearing.articles:
                return 1, at + 1
            if tokens[at].kind == "number":
                return int(word), at + 1
        return self._below_hundred(tokens, at)

    def _rest(self, tokens: Sequence[Token], at: int) -> tuple[int, int]:
        """What follows a hundred or a thousand, with `and` or without."""
        if at >= len(tokens) or tokens[at].is_after_pause:
            return 0, at
        has_joint = tokens[at].text in self._hearing.joints
        more, end = self._below_hundred(tokens, at + 1 if has_joint else at)
        return (0, at) if more is None else (more, end)

    def _below_hundred(self, tokens: Sequence[Token], at: int) -> tuple[int | None, int]:
        word = tokens[at].text if at < len(tokens) else ""
        if word in self._small:
            return self._small[word], at + 1
        if word not in self._tens:
            return None, at
        value, end = self._tens[word], at + 1
        is_one = end < len(tokens) and not tokens[end].is_after_pause
        one = self._small.get(tokens[end].text, 0) if is_one else 0
        return (value + one, end + 1) if 0 < one < 10 else (value, end)


def _figures(tokens: Sequence[Token], at: int) -> Number | None:
    if tokens[at].kind in {"number", "grouped", "decimal"}:
        return Number(tokens[at].text, at, at + 1)
    return None
