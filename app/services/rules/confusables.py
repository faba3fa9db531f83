"""Which products can be taken for one another on the telephone, and what tells them apart.

Pure: judges products that an index proposed, and chooses the words a caller has to say. What two
words have in common by ear is worked out in `values.sounds`. Any thread.

Source of the kinds: DESIGN.md section 6.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from app.values.identity import ProductCode
from app.values.sounds import Sounding, SpokenWord, sounding
from app.values.vocabulary import ProductKind
from app.values.wording import Word
from app.wire.catalogue import Likeness, Lookalike, Lookalikes, ProductView

_PART_OF_A_WORD = 4
"""Letters from which on a word is also heard inside a longer one: `heart` in `sweetheart`."""
_WORDS_WEIGHED = 12
_WORDS_TOGETHER = 3
_TEEN_DIGITS = 2
_FILLERS = frozenset({"a", "an", "and", "for", "in", "of", "on", "or", "set", "the", "to", "with"})
_NEAREST = (
    Likeness.IDENTICAL,
    Likeness.SOUNDS_ALIKE,
    Likeness.TEEN_TY,
    Likeness.ONE_WORD,
    Likeness.SUFFIX,
)


@dataclass(frozen=True, slots=True)
class Resemblance:
    """Why two products can be taken for one another, the strongest reason first.

    `by_description` is False where only the codes are alike.
    """

    kinds: tuple[Likeness, ...]
    by_description: bool

    @property
    def by_words(self) -> bool:
        """Whether a word tells them apart by ear, else the code has to."""
        return self.kinds[0] is Likeness.ONE_WORD

    @property
    def rank(self) -> int:
        """0 for the nearest; where only the codes are alike they are far."""
        near = _NEAREST.index(self.kinds[0])
        return near if self.by_description else near + len(_NEAREST)


def nearest_first(kinds: Iterable[Likeness]) -> tuple[Likeness, ...]:
    """Each kind once."""
    return tuple(sorted(set(kinds), key=_NEAREST.index))


def as_heard(product: ProductView) -> Sounding:
    """A product as it sounds."""
    return sounding(product.code, product.description)


def resemblance(one: Sounding, other: Sounding) -> Resemblance | None:
    """How two products are alike, or None where they cannot be confused."""
    described = _by_description(one, other)
    coded = tuple(_by_code(one, other))
    if described is None and not coded:
        return None
    if described is None:
        return Resemblance(coded, by_description=False)
    return Resemblance(tuple(dict.fromkeys((described, *coded))), by_description=True)


def _by_description(one: Sounding, other: Sounding) -> Likeness | None:
    if one.plain == other.plain:
        return Likeness.IDENTICAL
    if one.sounds and (one.sounds == other.sounds or one.run == other.run):
        return Likeness.TEEN_TY if _teens_differ(one, other) else Likeness.SOUNDS_ALIKE
    return None if one.less_one.isdisjoint(other.less_one) else Likeness.ONE_WORD


def _teens_differ(one: Sounding, other: Sounding) -> bool:
    """Whether numbers of two digits and more tell them apart, which then are teens and tens."""
    pairs = zip(one.numbers, other.numbers, strict=False)
    return any(mine != theirs and len(mine) >= _TEEN_DIGITS for mine, theirs in pairs)


def _by_code(one: Sounding, other: Sounding) -> Iterator[Likeness]:
    in_digits = one.code[-1:].isdigit() and other.code[-1:].isdigit()
    if not in_digits and not one.suffixes.isdisjoint(other.suffixes):
        yield Likeness.SUFFIX
    if one.code != other.code and not one.teens.isdisjoint(other.teens):
        yield Likeness.TEEN_TY


@dataclass(frozen=True, slots=True)
class _Judged:
    """A product that is alike, and how it sounds."""

    product: ProductView
    heard: Sounding
    found: Resemblance
    at_same_price: bool

    def distance(self) -> tuple[int, int, bool, str]:
        """Of equally near ones those at the same price: no price read back gives them away."""
        kinds = len(self.found.kinds)
        return self.found.rank, -kinds, not self.at_same_price, self.product.code


def lookalikes(product: ProductView, candidates: Iterable[ProductView], limit: int) -> Lookalikes:
    """Those among the candidates that the product can be taken for, the nearest first.

    `must_say` settles all of them, also those beyond the limit.
    """
    own, code = as_heard(product), product.code
    judged = sorted(_judged(product, own, candidates), key=_Judged.distance)
    return Lookalikes(
        code=code,
        must_say=must_say(code, own, [other.heard for other in judged]),
        others=tuple(
            Lookalike(
                product=other.product,
                likeness=other.found.kinds[0],
                must_say=must_say(code, own, [other.heard]),
            )
            for other in judged[:limit]
        ),
    )


def _judged(
    product: ProductView, own: Sounding, candidates: Iterable[ProductView]
) -> Iterator[_Judged]:
    for other in candidates:
        if not _can_be_meant(product, other):
            continue
        heard = as_heard(other)
        found = resemblance(own, heard)
        if found is not None:
            same_price = other.breaks[0].price == product.breaks[0].price
            yield _Judged(other, heard, found, same_price)


def _can_be_meant(product: ProductView, other: ProductView) -> bool:
    goods = product.kind is other.kind is ProductKind.GOODS
    return goods and not other.withdrawn and other.code != product.code


def must_say(code: ProductCode, own: Sounding, others: Sequence[Sounding]) -> str:
    """The fewest of the product's own words that tell it from all the others, in their order.

    The code where words cannot: an equal description, letters and numbers that sound alike.
    """
    if not others:
        return ""
    words = _weighed(own)
    telling = {frozenset(_telling(words, other)) for other in others}
    if frozenset() in telling:
        return code
    for count in range(1, _WORDS_TOGETHER + 1):
        for chosen in combinations(range(len(words)), count):
            if all(not one.isdisjoint(chosen) for one in telling):
                return _in_order([words[at] for at in chosen])
    return code


def _weighed(own: Sounding) -> list[SpokenWord]:
    """Each word once, those worth saying first: names of things before fillers and figures."""
    once = {word.sound: word for word in reversed(own.words)}
    return sorted(once.values(), key=_worth_saying)[:_WORDS_WEIGHED]


def _worth_saying(word: SpokenWord) -> tuple[bool, bool, int]:
    return word.letters in _FILLERS, not word.letters.isalpha(), word.place


def _telling(words: Sequence[SpokenWord], other: Sounding) -> Iterator[int]:
    """Places of words that are not heard when the other description is said."""
    if not other.sounds:
        yield from range(len(words))
        return
    for at, word in enumerate(words):
        inside = len(word.letters) >= _PART_OF_A_WORD and word.letters in other.run
        if word.sound not in other.sounds and not inside:
            yield at


def _in_order(words: Iterable[SpokenWord]) -> str:
    return " ".join(word.text for word in sorted(words, key=_place))


def _place(word: SpokenWord) -> int:
    return word.place


def words_apart(description: str, own: Sounding, other: Sounding) -> tuple[Word, ...]:
    """The words as written, those marked that the other does not have.

    By ear; where both sound the same, as they are written.
    """
    places = _places_apart(own.words, own.sounds, other.sounds)
    if not places:
        places = _places_apart(own.words, _letters_of(own), _letters_of(other))
    return tuple(Word(text, at in places) for at, text in enumerate(description.split()))


def _letters_of(heard: Sounding) -> list[str]:
    return [word.letters for word in heard.words]


def _places_apart(
    words: Iterable[SpokenWord], own: Iterable[str], others: Iterable[str]
) -> frozenset[int]:
    """Places of written words of which the other has none, or fewer."""
    left = Counter(others)
    places = set()
    for word, label in zip(words, own, strict=True):
        if left[label] == 0:
            places.add(word.place)
        left[label] -= 1
    return frozenset(places)
