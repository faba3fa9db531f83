"""How long a keystroke in the finder takes to become rows, beside tantivy with nothing of ours.

Both search the same products. Ours goes the way of a key press, through the desk's caller. Real
descriptions and codes are typed letter by letter, and words with one slip in them. Every text is
searched for several times by both in turns, and its median counts: which texts are slow is ours,
when the machine stalls is not.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from statistics import median

from app.campaigns.bench.bare_index import BareIndex
from app.campaigns.bench.desk import fill_index, signed_in_desk
from app.campaigns.bench.figures import Figure, beside, timed, within
from app.campaigns.bench.given import Given, require
from app.campaigns.bench.products import products
from app.campaigns.dice import Dice
from app.services.ports import Caller
from app.store.product_search import tokens_of
from app.ui.screens.call import finder as call_finder
from app.wire import operations
from app.wire.catalogue import FindProducts, ProductView

ROWS = 50
TIMES = 3
SHOWN_MOST_MS = 16
"""A frame: for the rows and what tells them apart."""
_LONGEST_TYPED = 24
_SHORTEST_MISSPELT = 5


class Typed(StrEnum):
    """What is being typed."""

    WORDS = "words"
    SLIPS = "slips"
    CODES = "codes"


@dataclass(frozen=True, slots=True)
class Text:
    """What stands in the finder after a key press."""

    typed: Typed
    text: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Milliseconds for one text: rows, the bare thing, and rows as the screen shows them."""

    typed: Typed
    rows: float
    bare: float
    shown: float


def finder(
    given: Given,
    *,
    count: int,
    most_ms: float | None = None,
    typed_of_each: int = 40,
    rounds: int = 3,
) -> tuple[Figure, ...]:
    """Among `count` products; `most_ms` is an aim beside the ratio.

    Of so many products the description is typed, of as many the code, and of twice as many two
    words with a slip.
    """
    given.tell(f"Making {count:,} products and two indexes of them")
    bare = BareIndex(given.folder / "bare")
    picked = _Picked(count, typed_of_each)
    fill_index(given, bare.also_put(picked.watched(products(count, given.data))), count)
    require(bare.commit() == count, "The bare index does not hold the same products.")
    texts = list(picked.texts())
    gc.collect()
    given.tell(f"Searching for {len(texts):,} texts")
    with signed_in_desk(given.folder) as at:
        _measure(at.caller, bare, texts)  # a finder is used all day: once unmeasured
        measured = [_measure(at.caller, bare, texts) for _ in range(rounds)]
        taken = [_median_of(same_text) for same_text in zip(*measured, strict=True)]
    return _figures(f"finder-{count}", taken, most_ms)


def _figures(name: str, taken: list[Taken], most_ms: float | None) -> tuple[Figure, ...]:
    """Codes have a figure of their own: the bare thing is slow at short beginnings of codes.

    `shown` is all that is done off the GUI thread for a key press.
    """
    words = [one for one in taken if one.typed is not Typed.CODES]
    slips = [one for one in taken if one.typed is Typed.SLIPS]
    codes = [one for one in taken if one.typed is Typed.CODES]
    parts = (("", words), ("/slips", slips), ("/codes", codes))
    figures = [
        beside(
            name + part,
            [t.rows for t in some],
            [t.bare for t in some],
            TIMES,
            most=most_ms,
            than="bare tantivy",
        )
        for part, some in parts
    ]
    shown, bare = [one.shown for one in words], [one.bare for one in words]
    return *figures, within(f"{name}/shown", shown, SHOWN_MOST_MS, bare=bare)


def _measure(caller: Caller, bare: BareIndex, texts: Iterable[Text]) -> list[Taken]:
    taken = []
    for one in texts:
        rows_ms, rows = timed(partial(_rows, caller, one.text))
        bare_ms, documents = timed(partial(_bare(bare, one.typed), one.text, ROWS))
        shown_ms, _ = timed(partial(call_finder.find, caller, one.text))
        require(rows > 0, f"Nothing was found for {one.text!r}.")
        require(bool(documents), f"The bare index found nothing for {one.text!r}.")
        taken.append(Taken(one.typed, rows_ms, bare_ms, shown_ms))
    return taken


def _median_of(same_text: Sequence[Taken]) -> Taken:
    return Taken(
        typed=same_text[0].typed,
        rows=median(one.rows for one in same_text),
        bare=median(one.bare for one in same_text),
        shown=median(one.shown for one in same_text),
    )


def _rows(caller: Caller, text: str) -> int:
    hits = caller.call(operations.FIND_PRODUCTS, FindProducts(text=text, limit=ROWS)).hits
    return len(hits)


def _bare(bare: BareIndex, typed: Typed) -> Callable[[str, int], list[bytes]]:
    kinds = {Typed.WORDS: bare.by_words, Typed.SLIPS: bare.by_misspelt_words}
    return kinds.get(typed, bare.by_code)


class _Picked:
    """Products from everywhere in a catalogue, and what is typed to find them."""

    def __init__(self, count: int, typed_of_each: int) -> None:
        self._every = max(count // (4 * typed_of_each), 1)
        self._products: list[ProductView] = []

    def watched(self, all_products: Iterable[ProductView]) -> Iterator[ProductView]:
        """Note every so-manieth product on its way."""
        for place, product in enumerate(all_products):
            if place % self._every == 0:
                self._products.append(product)
            yield product

    def texts(self) -> Iterator[Text]:
        """By turns a description and a code, letter by letter, and two texts with a slip."""
        dice = Dice(len(self._products))
        for place, product in enumerate(self._products):
            match place % 4:
                case 0:
                    yield from _letter_by_letter(Typed.WORDS, product.description.lower())
                case 1:
                    yield from _letter_by_letter(Typed.CODES, product.code)
                case _:
                    yield from _with_slip(product.description, dice)


def _letter_by_letter(typed: Typed, text: str) -> Iterator[Text]:
    before = ""
    for length in range(1, min(len(text), _LONGEST_TYPED) + 1):
        now = text[:length].strip()
        if now != before and tokens_of(now):
            yield Text(typed, now)
        before = now


def _with_slip(description: str, dice: Dice) -> Iterator[Text]:
    """The first two words, with a letter of the longer one missing, double, wrong or swapped."""
    words = [word for word in tokens_of(description) if word.isalpha()][:2]
    longest = max(words, key=len, default="")
    if len(longest) < _SHORTEST_MISSPELT:
        return
    at = 1 + dice.below(len(longest) - 2)
    head, letter, tail = longest[:at], longest[at], longest[at + 1 :]
    slips = (head + tail, head + letter + letter + tail, f"{head}x{tail}")
    swapped = head + tail[:1] + letter + tail[1:]
    slip = (*slips, swapped)[dice.below(4)]
    yield Text(Typed.SLIPS, " ".join(slip if word == longest else word for word in words))
