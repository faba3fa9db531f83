"""The words of a region: whole sentences, number words and spelling, one file each.

Read once, by the roots, and handed on as frozen values. A file that is wrong in any place is
refused with its name, the key and the reason, and so is a sentence that leaves out what it has to
say. Pure once a file is read; any thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.services.rules.speech_sentences import PART_NAMES, SENTENCES, TITLES, WAITS
from app.services.rules.toml_file import read_toml
from app.values.errors import Refusal
from app.values.money import Currency
from app.values.vocabulary import PaymentMethod, Region
from app.values.wording import text_for_search

_FIELD = re.compile(r"\{([a-z_]*)\}|[{}]")
_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

Word = Annotated[str, Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; `strong` where the voice and the screen stress it."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A whole sentence with places to be filled in: runs of text and names of places."""

    parts: tuple[tuple[str, bool, bool], ...]

    @classmethod
    def of(cls, text: str) -> Template:
        """Parsed from its written form: {places} in braces, *strong* text between stars."""
        strong = False
        parts: list[tuple[str, bool, bool]] = []
        for run in text.split("*"):
            parts += [(word, is_place, strong) for word, is_place in _runs(run)]
            strong = not strong
        return cls(tuple(parts))

    @property
    def places(self) -> frozenset[str]:
        """The names of what is to be filled in."""
        return frozenset(word for word, is_place, _ in self.parts if is_place)

    def pieces(self, **values: str) -> tuple[Piece, ...]:
        """The sentence with its places filled in; stars and braces in a value are only text."""
        return tuple(
            Piece(values[word] if is_place else word, strong)
            for word, is_place, strong in self.parts
        )

    def text(self, **values: str) -> str:
        """The same as one text."""
        return "".join(piece.text for piece in self.pieces(**values))


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    start = 0
    for found in _FIELD.finditer(text):
        if start < found.start():
            yield text[start : found.start()], False
        yield found[1] or "", True
        start = found.end()
    if start < len(text):
        yield text[start:], False


class _Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a book; a key it does not know is refused, and so is a missing one."""


class NumberWords(_Row, frozen=True, kw_only=True):
    """How numbers and dates are put into words; `before_rest` is empty where nothing is said."""

    ones: Annotated[tuple[Word, ...], Meta(min_length=20, max_length=20)]
    tens: Annotated[tuple[Word, ...], Meta(min_length=8, max_length=8)]
    hundred: Word
    thousand: Word
    million: Word
    before_rest: str
    minus: Word
    point: Word
    ordinals: Annotated[tuple[Word, ...], Meta(min_length=31, max_length=31)]
    weekdays: Annotated[tuple[Word, ...], Meta(min_length=7, max_length=7)]
    months: Annotated[tuple[Word, ...], Meta(min_length=12, max_length=12)]


class CurrencyWords(_Row, frozen=True, kw_only=True):
    """What amounts are called. `minor_is_named`: forty-two dollars AND FIFTY CENTS."""

    one: Word
    many: Word
    minor_one: Word
    minor_many: Word
    minor_is_named: bool


class SpokenRights(_Row, frozen=True, kw_only=True):
    """What a buyer is told, one fact a sentence: three at most, so that they are one turn."""

    consumer: Annotated[tuple[Word, ...], Meta(min_length=1, max_length=3)]
    trade: Annotated[tuple[Word, ...], Meta(min_length=1, max_length=3)]


class HearingWords(_Row, frozen=True, kw_only=True):
    """How what was typed of the caller's words is read.

    `fillers` say nothing; `joints` stand within a number, `articles` before a hundred or a dozen,
    `pointers` before a `one` that is no number; `units` before the number of a flat; `directions`
    are letters that stand after a house number and are no part of it.
    """

    fillers: frozenset[str]
    zero: frozenset[str]
    halves: frozenset[str]
    articles: frozenset[str]
    joints: frozenset[str]
    pointers: frozenset[str]
    negations: frozenset[str]
    units: frozenset[str]
    directions: frozenset[str]
    amounts: dict[str, int]
    repeats: dict[str, int]


class _Ambiguous(_Row, frozen=True, kw_only=True):
    instructions: tuple[Word, ...]
    gift_message: tuple[Word, ...]


class _BookFile(_Row, frozen=True, kw_only=True):
    region: Region
    words: NumberWords
    letters: dict[str, Word]
    signs: dict[str, Word]
    domains: dict[str, Word]
    currencies: dict[Currency, CurrencyWords]
    waits: dict[str, Word]
    payments: dict[PaymentMethod, Word]
    rights: SpokenRights
    sentences: dict[str, Word]
    titles: dict[str, Word]
    parts: dict[str, Word]
    ambiguous: _Ambiguous
    hearing: HearingWords


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechBook:
    """Everything that is said in a region.

    `spelling` has the letter of every spelling word, both small; ambiguous words have the shape of
    `text_for_search`.
    """

    region: Region
    words: NumberWords
    letters: Mapping[str, str]
    spelling: Mapping[str, str]
    signs: Mapping[str, str]
    domains: Mapping[str, str]
    currencies: Mapping[Currency, CurrencyWords]
    waits: Mapping[str, str]
    payments: Mapping[PaymentMethod, str]
    rights: Mapping[str, tuple[Template, ...]]
    sentences: Mapping[str, Template]
    titles: Mapping[str, Template]
    parts: Mapping[str, str]
    ambiguous_instructions: tuple[str, ...]
    ambiguous_gift_message: tuple[str, ...]
    hearing: HearingWords

    def say(self, sentence: str, **values: str) -> str:
        """A sentence as one text."""
        return self.sentences[sentence].text(**values)


def load_speech(folder: Path) -> dict[Region, SpeechBook]:
    """The words of every region, from one file each. Raises Refusal `speech_malformed`."""
    return {region: load_book(folder / f"{region.value}.toml") for region in Region}


def load_book(path: Path) -> SpeechBook:
    """The words in one file. Raises Refusal `speech_malformed` naming file, key and reason."""
    file = read_toml(path, _BookFile, partial(_refusal, path))
    if file.region.value != path.stem:
        raise _refusal(path, "region", f"is {file.region.value}, but the file is named {path.stem}")
    return _book(path, file)


def _refusal(path: Path, key: str, reason: str) -> Refusal:
    return Refusal("speech_malformed", f"{path.name}: {key}: {reason}.", key)


def _book(path: Path, file: _BookFile) -> SpeechBook:
    _check_keys(path, "letters", file.letters, _ALPHABET)
    _check_keys(path, "waits", file.waits, WAITS)
    _check_keys(path, "payments", file.payments, frozenset(PaymentMethod))
    _check_keys(path, "currencies", file.currencies, frozenset(Currency))
    _check_keys(path, "parts", file.parts, PART_NAMES)
    for key, words in (("letters", file.letters), ("signs", file.signs)):
        _check_once_each(path, key, words.values())
    _check_once_each(path, "words.ones", (*file.words.ones, *file.words.tens))
    return SpeechBook(
        region=file.region,
        words=file.words,
        letters=file.letters,
        spelling={
            word.casefold().replace("-", ""): letter.casefold()
            for letter, word in file.letters.items()
        },
        signs=file.signs,
        domains=file.domains,
        currencies=file.currencies,
        waits=file.waits,
        payments=file.payments,
        rights={
            buyer: tuple(_template(path, f"rights.{buyer}", text, frozenset()) for text in texts)
            for buyer, texts in msgspec.structs.asdict(file.rights).items()
        },
        sentences=_templates(path, "sentences", file.sentences, SENTENCES),
        titles=_templates(path, "titles", file.titles, TITLES),
        parts=file.parts,
        ambiguous_instructions=tuple(map(text_for_search, file.ambiguous.instructions)),
        ambiguous_gift_message=tuple(map(text_for_search, file.ambiguous.gift_message)),
        hearing=file.hearing,
    )


def _templates(
    path: Path, table: str, texts: Mapping[str, str], known: Mapping[str, frozenset[str]]
) -> dict[str, Template]:
    _check_keys(path, table, texts, frozenset(known))
    return {key: _template(path, f"{table}.{key}", texts[key], known[key]) for key in known}


def _template(path: Path, key: str, text: str, places: frozenset[str]) -> Template:
    template = Template.of(text)
    if text.count("*") % 2:
        raise _refusal(path, key, "has a star without its other half")
    if unknown := sorted(template.places - places):
        raise _refusal(path, key, f"{{{unknown[0]}}} is nothing that can be filled in here")
    if lacking := sorted(places - template.places):
        raise _refusal(path, key, f"does not say {{{lacking[0]}}}")
    return template


def _check_keys(path: Path, table: str, given: Iterable[str], known: frozenset[str]) -> None:
    keys = frozenset(given)
    if lacking := sorted(known - keys):
        raise _refusal(path, f"{table}.{lacking[0]}", "is missing")
    if unknown := sorted(keys - known):
        raise _refusal(path, f"{table}.{unknown[0]}", "is not known here")


def _check_once_each(path: Path, key: str, words: Iterable[str]) -> None:
    """Two letters or numbers that are said alike could not be told apart."""
    seen: set[str] = set()
    for word in words:
        if word.casefold() in seen:
            raise _refusal(path, key, f"{word} is there twice")
        seen.add(word.casefold())
