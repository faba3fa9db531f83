"""Quantities, and the words that tell one product from another, in what was typed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.services.rules.heard_words import (
    Hearing,
    Number,
    NumberReader,
    Token,
    compact,
    cut_out,
    singular,
    tokens_of,
)
from app.services.rules.read_back import MustSpeak, Spoken
from app.services.rules.speech_book import SpeechBook

_CODE_DIGITS = 4
"""Digits from which on a number with a letter behind it is another code than without."""


@dataclass(frozen=True, slots=True)
class _Term:
    """A word or a number as it is compared, and the tokens it is made of.

    `sign`: the same within a code, where a spelling word is its letter.
    """

    text: str
    places: range
    sign: str


class ItemHeard:
    """One text, to be compared with the quantity and the words of a line."""

    def __init__(self, text: str, book: SpeechBook) -> None:
        self._text = text
        self._book = book
        self._reader = NumberReader(book)
        self._tokens = tokens_of(text, book.spelling)
        numbers = self._reader.numbers(self._tokens)
        self._numbers = [number for number in numbers if not self._is_pronoun(number)]

    def compared(self, expected: Sequence[MustSpeak]) -> dict[str, Hearing]:
        """An answer for every part."""
        quantities = [one for one in expected if one.kind is Spoken.QUANTITY]
        said = [number for one in quantities for number in self._equal(one)]
        used: set[int] = set()
        found: dict[str, Hearing] = {}
        for one in expected:
            if one.kind is Spoken.WORDS:
                places = self._places_of(one.value, said[:1])
                other = set() if places else self._other_code(one.value, said)
                used |= places | other
                found[one.part] = self._of_words(one, places, other, quantities)
        for one in quantities:
            found[one.part] = self._of_quantity(one, used)
        return found

    def _cut(self, places: Iterable[int]) -> str:
        return cut_out(self._text, self._tokens, places)

    def _is_pronoun(self, number: Number) -> bool:
        """The `one` of `the green one` is no number."""
        token = self._tokens[number.first]
        if token.kind != "word" or number.digits != "1" or number.first == 0:
            return False
        before = self._tokens[number.first - 1]
        words = self._book.hearing
        is_pointer = before.text in words.pointers
        return before.kind == "word" and (is_pointer or before.text not in words.fillers)

    def _equal(self, one: MustSpeak) -> list[Number]:
        return [number for number in self._numbers if number.is_value(int(one.value))]

    def _of_quantity(self, one: MustSpeak, used: set[int]) -> Hearing:
        """Only where nothing else could have been the quantity."""
        free = [number for number in self._numbers if used.isdisjoint(number.places)]
        if not free:
            return Hearing(one.part, matched=None)
        wrong = [number for number in free if not number.is_value(int(one.value))]
        taken = [at for number in wrong or free for at in number.places]
        return Hearing(one.part, matched=not wrong, heard=self._cut(taken))

    def _other_code(self, value: str, said: Sequence[Number]) -> set[int]:
        """Where a code is wanted, a long number that is not the quantity is another code."""
        if not _is_code(value):
            return set()
        long = [one for one in self._numbers if len(one.digits) >= _CODE_DIGITS and one not in said]
        return {at for number in long for at in number.places}

    def _of_words(
        self,
        one: MustSpeak,
        places: set[int],
        other: set[int],
        quantities: Sequence[MustSpeak],
    ) -> Hearing:
        if places:
            return Hearing(one.part, matched=True, heard=self._cut(places))
        numbers = {at for number in self._numbers if quantities for at in number.places}
        elsewhere = numbers - other
        telling = [
            at
            for at, token in enumerate(self._tokens)
            if at not in elsewhere and token.text not in self._book.hearing.fillers
        ]
        if not telling:
            return Hearing(one.part, matched=None)
        return Hearing(one.part, matched=False, heard=self._cut(telling))

    def _places_of(self, value: str, reserved: Sequence[Number]) -> set[int]:
        """The tokens in which all of a value is said; none where it is not."""
        taken = {at for number in reserved for at in number.places}
        terms = [term for term in self._terms(self._tokens) if taken.isdisjoint(term.places)]
        if _is_code(value):
            return self._run_of(compact(value), terms)
        return self._all_of(tokens_of(value), terms) or self._run_of(compact(value), terms)

    def _terms(self, tokens: Sequence[Token]) -> list[_Term]:
        """Words in the singular, numbers in figures, spelling words as their letters."""
        numbers = {number.first: number for number in self._reader.numbers(tokens)}
        terms: list[_Term] = []
        at = 0
        while at < len(tokens):
            number = numbers.get(at)
            if number is not None:
                terms.append(_Term(number.digits, number.places, number.digits))
                at = number.last
                continue
            terms += self._word(tokens, at)
            at += 1
        return terms

    def _word(self, tokens: Sequence[Token], at: int) -> Iterator[_Term]:
        text = tokens[at].text
        letter = self._book.spelling.get(text, "")
        if not letter or at == 0 or tokens[at - 1].text != letter:
            yield _Term(singular(text), range(at, at + 1), letter or text)

    def _all_of(self, wanted: Sequence[Token], terms: Sequence[_Term]) -> set[int]:
        fillers = self._book.hearing.fillers
        plain = [term.text for term in self._terms(wanted)]
        needed = Counter([text for text in plain if text not in fillers] or plain)
        places: set[int] = set()
        for term in self._agreed(terms):
            if needed[term.text] > 0:
                needed[term.text] -= 1
                places.update(term.places)
        return set() if +needed else places

    def _agreed(self, terms: Sequence[_Term]) -> Iterator[_Term]:
        """The terms that are not denied: `not the green one`."""
        is_denied = False
        for term in terms:
            if term.text in self._book.hearing.negations:
                is_denied = True
            elif term.text in self._book.hearing.fillers:
                yield term
            else:
                if not is_denied:
                    yield term
                is_denied = False

    def _run_of(self, wanted: str, terms: Sequence[_Term]) -> set[int]:
        """Neighbours that are the value when they are put together: `85123 A`, `t light`."""
        agreed = list(self._agreed(terms))
        for first in range(len(agreed)):
            run = ""
            for last in range(first, len(agreed)):
                run += agreed[last].sign
                if len(run) >= len(wanted):
                    break
            if run == wanted and not self._goes_on(agreed, first, last, wanted):
                return {at for term in agreed[first : last + 1] for at in term.places}
        return set()

    def _goes_on(self, terms: Sequence[_Term], first: int, last: int, wanted: str) -> bool:
        """Whether what was said is longer than the value, so that it is another one."""
        if self._tokens[terms[first].places[0]].is_glued:
            return True
        if last + 1 == len(terms):
            return False
        after = terms[last + 1]
        if self._tokens[after.places[0]].is_glued:
            return True
        is_code = wanted.isdigit() and len(wanted) >= _CODE_DIGITS
        return is_code and len(after.sign) == 1 and after.sign.isalpha()


def _is_code(value: str) -> bool:
    """Whether a value is letters and digits in one, or digits only, and is said just as it is."""
    return compact(value).isdigit() or any(token.is_glued for token in tokens_of(value))
