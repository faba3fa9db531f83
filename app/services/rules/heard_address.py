"""Postcodes, towns and house numbers in what was typed. Pure; any thread."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.services.rules.heard_words import (
    Hearing,
    Number,
    NumberReader,
    Token,
    compact,
    cut_out,
    tokens_of,
)
from app.services.rules.read_back import MustSpeak, Spoken
from app.services.rules.speech_book import SpeechBook

_ZIP = re.compile(r"\d{5}(?:\d{4})?")
_ZIP_DIGITS, _PLUS_DIGITS = 5, 4
_WHOLE = re.compile(
    r"(?<![a-z])[a-z]{1,3}\d[a-z\d]? ?\d[a-z]{1,2}\d?(?![a-z\d])|(?<!\d)\d{4} ?[a-z]{2}(?![a-z])"
)
"""Like a postcode with letters: `LS6 3AA`, `K1A 0B1`, `1012 AB`."""
_BEGUN = re.compile(rf"{_WHOLE.pattern}|(?<![a-z])[a-z]{{1,2}}\d[a-z\d]?(?![a-z\d])")
_LONG_NUMBER = 4
"""Digits from which on a number is sooner a postcode than a house."""


@dataclass(frozen=True, slots=True)
class _Atom:
    """A word, a letter or figures.

    `sign` is the letter of a spelling word; `number` is the same for digits said in one go, -1 for
    what is no number.
    """

    text: str
    sign: str
    places: range
    number: int = -1
    is_glued: bool = False
    is_in_words: bool = False


@dataclass(frozen=True, slots=True)
class _House:
    """A number with the letter behind it; `atoms` are its places in the text."""

    text: str
    atoms: tuple[int, ...]
    is_in_words: bool


class AddressHeard:
    """One text, to be compared with what has to be spoken of an address."""

    def __init__(self, text: str, book: SpeechBook) -> None:
        self._text = text
        self._book = book
        self._reader = NumberReader(book)
        self._tokens = tokens_of(text, book.spelling)
        self._atoms = self._atoms_of(self._tokens)
        self._used: set[int] = set()

    def compared(self, expected: Sequence[MustSpeak]) -> dict[str, Hearing]:
        """An answer for every part; the postcode first, for no house number is read in it."""
        kinds = {one.kind: one for one in expected}
        found: list[Hearing] = []
        house = kinds.get(Spoken.HOUSE)
        wanted = self._wanted_house(house.value) if house else ()
        if Spoken.POSTCODE in kinds:
            found.append(self._postcode(kinds[Spoken.POSTCODE], wanted))
        else:
            self._leave_out_postcodes(wanted)
        if Spoken.CITY in kinds:
            found.append(self._city(kinds[Spoken.CITY]))
        if house:
            found.append(self._house(house, wanted))
        return {one.part: one for one in found}

    def _free(self) -> list[int]:
        return [at for at in range(len(self._atoms)) if at not in self._used]

    def _answer(self, part: str, atoms: Iterable[int], *, matched: bool) -> Hearing:
        places = [place for at in atoms for place in self._atoms[at].places]
        return Hearing(part, matched=matched, heard=cut_out(self._text, self._tokens, places))

    # -- the postcode

    def _postcode(self, one: MustSpeak, house: tuple[str, ...]) -> Hearing:
        wanted = compact(one.value)
        said = self._zip(wanted) if _ZIP.fullmatch(wanted) else self._run(wanted)
        self._used.update(said)
        others = self._other_postcodes(said, wanted, house)
        self._used.update(others)
        if said or others:
            return self._answer(one.part, others or said, matched=not others)
        return Hearing(one.part, matched=None)

    def _run(self, wanted: str) -> list[int]:
        """Neighbours that are the postcode when they are put together."""
        for start in range(len(self._atoms)):
            run = ""
            for end in range(start, len(self._atoms)):
                run += self._atoms[end].sign
                if _same(run, wanted) and not self._is_longer(start, end):
                    return [*range(start, end + 1)]
                if len(run) >= len(wanted):
                    break
        return []

    def _is_longer(self, start: int, end: int) -> bool:
        """Whether a letter more was spelled; the one behind a house number is the house's."""
        first, last = self._atoms[start], self._atoms[end]
        is_before = first.sign.isalpha() and self._is_letter(start - 1)
        is_of_a_house = start > 1 and self._atoms[start - 2].number >= 0
        return (is_before and not is_of_a_house) or (
            last.sign.isalpha() and self._is_letter(end + 1)
        )

    def _is_letter(self, at: int) -> bool:
        if not 0 <= at < len(self._atoms):
            return False
        return len(self._atoms[at].sign) == 1 and self._atoms[at].sign.isalpha()

    def _zip(self, wanted: str) -> list[int]:
        """Five digits of a ZIP are enough; where all nine are said, all have to fit."""
        nine = self._run(wanted) if len(wanted) > _ZIP_DIGITS else []
        five = nine or self._run(wanted[:_ZIP_DIGITS])
        if nine or not five:
            return nine or self._nine_in_one(wanted)
        plus = five[-1] + 1
        if not self._is_plus_four(plus):
            return five
        return [*five, plus] if len(wanted) == _ZIP_DIGITS else []

    def _nine_in_one(self, wanted: str) -> list[int]:
        if len(wanted) > _ZIP_DIGITS:
            return []
        for at, atom in enumerate(self._atoms):
            if len(atom.text) == _ZIP_DIGITS + _PLUS_DIGITS and atom.text.startswith(wanted):
                return [at]
        return []

    def _is_plus_four(self, at: int) -> bool:
        """Whether the four digits that may follow a ZIP stand here, after a dash."""
        if at >= len(self._atoms) or len(self._atoms[at].text) != _PLUS_DIGITS:
            return False
        before, here = self._atoms[at - 1].places[-1], self._atoms[at].places[0]
        between = self._text[self._tokens[before].end : self._tokens[here].start]
        return self._atoms[at].number >= 0 and between.strip() == "-"

    def _other_postcodes(
        self, said: Sequence[int], wanted: str, house: tuple[str, ...]
    ) -> list[int]:
        """What could be a postcode, too, and is not the one on the record."""
        numbers = {self._atoms[at].number for at in said} - {-1}
        houses = [one for one in self._houses() if one.text not in house]
        longer = [at for one in houses for at in one.atoms if self._atoms[at].number in numbers]
        if not wanted.isdigit():
            return longer or self._like(_WHOLE if said else _BEGUN)
        long = [one for one in houses if len(one.text) >= (_ZIP_DIGITS if said else _LONG_NUMBER)]
        return longer or [at for one in long for at in one.atoms]

    def _leave_out_postcodes(self, house: tuple[str, ...]) -> None:
        """Where no postcode is asked for any more, one that is said again is no house number."""
        self._used.update(self._like(_WHOLE))
        for one in self._houses():
            if len(one.text) >= _ZIP_DIGITS and one.text not in house:
                self._used.update(one.atoms)

    def _like(self, pattern: re.Pattern[str]) -> list[int]:
        """Free atoms that have the shape of a postcode."""
        flat = ""
        owners: list[int] = []
        for at in self._free():
            atom = self._atoms[at]
            follows = bool(owners) and owners[-1] == at - 1
            is_spelled = follows and len(atom.sign) == len(self._atoms[at - 1].sign) == 1
            if owners and not (is_spelled or (follows and atom.is_glued)):
                flat, owners = f"{flat} ", [*owners, at]
            flat, owners = flat + atom.sign, owners + [at] * len(atom.sign)
        spans = [found.span() for found in pattern.finditer(flat)]
        return sorted({owners[place] for start, end in spans for place in range(start, end)})

    # -- the town

    def _city(self, one: MustSpeak) -> Hearing:
        wanted = compact(one.value)
        free = [at for at in self._free() if self._atoms[at].number < 0]
        for start in range(len(free)):
            for end in range(start, len(free)):
                run = "".join(self._atoms[at].text for at in free[start : end + 1])
                if run == wanted and free[end] - free[start] == end - start:
                    self._used.update(free[start : end + 1])
                    return self._answer(one.part, free[start : end + 1], matched=True)
        telling = [at for at in free if self._is_telling(self._atoms[at].text)]
        if not telling:
            return Hearing(one.part, matched=None)
        return self._answer(one.part, telling, matched=False)

    def _is_telling(self, word: str) -> bool:
        words = self._book.hearing
        return len(word) > 1 and word not in words.fillers | words.units | words.directions

    # -- the house

    def _house(self, one: MustSpeak, wanted: tuple[str, ...]) -> Hearing:
        houses = self._houses(wanted)
        if not houses:
            return Hearing(one.part, matched=None)
        said = tuple(house.text for house in houses)
        atoms = [at for house in houses for at in house.atoms]
        is_same = said == wanted or all((text,) == wanted for text in said)
        is_in_parts = ("".join(said),) == wanted and self._is_in_one_go(houses)
        return self._answer(one.part, atoms, matched=is_same or is_in_parts)

    def _is_in_one_go(self, houses: Sequence[_House]) -> bool:
        """Whether numbers in words follow each other, as in `three forty`."""
        atoms = [at for house in houses for at in house.atoms]
        return all(one.is_in_words for one in houses) and atoms[-1] - atoms[0] == len(atoms) - 1

    def _wanted_house(self, value: str) -> tuple[str, ...]:
        """The numbers of the record's house, read as what is heard is read."""
        houses = AddressHeard(value, self._book)._houses()  # noqa: SLF001 - of this very class
        return tuple(house.text for house in houses)

    def _houses(self, wanted: tuple[str, ...] = ()) -> list[_House]:
        """Numbers that may be a house's: flats, streets with a number and used ones are not."""
        free = self._free()
        found: list[_House] = []
        numbers = dict.fromkeys(self._atoms[at].number for at in free)
        for number in numbers:
            atoms = [at for at in free if self._atoms[at].number == number]
            if number < 0 or self._is_of_a_flat(atoms[0]):
                continue
            letter = self._letter_behind(atoms[-1] + 1, wanted)
            text = "".join(self._atoms[at].text for at in atoms) + letter
            if letter:
                atoms.append(atoms[-1] + 1)
            in_words = all(self._atoms[at].is_in_words for at in atoms)
            found.append(_House(text, tuple(atoms), in_words))
        return found

    def _is_of_a_flat(self, at: int) -> bool:
        return at > 0 and self._atoms[at - 1].text in self._book.hearing.units

    def _letter_behind(self, at: int, wanted: tuple[str, ...]) -> str:
        """The letter of `14a`, also of `14 A` and `14 alpha`; not of `340 W Market`."""
        if at >= len(self._atoms) or at in self._used or self._atoms[at].number >= 0:
            return ""
        atom = self._atoms[at]
        if at + 1 < len(self._atoms) and self._atoms[at + 1].is_glued:
            return ""
        if any(text.endswith(atom.sign) for text in wanted) and len(atom.sign) == 1:
            return atom.sign
        if atom.text in self._book.hearing.directions or len(atom.text) > 1:
            return atom.text if atom.is_glued and len(atom.text) > 1 else ""
        return atom.text

    # -- what the text is made of

    def _atoms_of(self, tokens: Sequence[Token]) -> tuple[_Atom, ...]:
        numbers = {
            number.first: (at, number) for at, number in enumerate(self._reader.numbers(tokens))
        }
        atoms: list[_Atom] = []
        at = 0
        while at < len(tokens):
            if at in numbers:
                index, number = numbers[at]
                atoms += _of_number(index, number, tokens)
                at = number.last
                continue
            token = tokens[at]
            sign = self._book.spelling.get(token.text, token.text)
            if sign == token.text or not atoms or atoms[-1].text != sign:
                atoms.append(_Atom(token.text, sign, range(at, at + 1), is_glued=token.is_glued))
            at += 1
        return tuple(atoms)


def _of_number(index: int, number: Number, tokens: Sequence[Token]) -> Iterator[_Atom]:
    """Digits that were said one by one are atoms of their own."""
    in_words = all(tokens[at].kind == "word" for at in number.places)
    glued = tokens[number.first].is_glued
    is_run = len(number.places) > 1 and all(
        len(tokens[at].text) == 1 or in_words for at in number.places
    )
    if not is_run or len(number.places) > len(number.digits):
        yield _Atom(number.digits, number.digits, number.places, index, glued, in_words)
        return
    for at, digit in enumerate(number.digits):
        place = min(number.first + at, number.last - 1)
        yield _Atom(digit, digit, range(place, place + 1), index, glued and at == 0, in_words)


def _same(said: str, wanted: str) -> bool:
    """Whether two postcodes are the same; a zero that was typed as the letter O is a zero."""
    return said.replace("o", "0") == wanted.replace("o", "0")
