"""Products that can be taken for one another: what it costs to find them, and how many are missed.

The index is filled with and without what finds them. Every product asked about is compared with
every other one, by rules written here a second time and without any of the keys: missed are pairs
that were not found, unsettled those in which what has to be said belongs to both.
"""

from __future__ import annotations

import gc
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec

from app.campaigns.bench.desk import seat_folder, signed_in_desk
from app.campaigns.bench.figures import Figure, timed, within
from app.campaigns.bench.given import Given, require
from app.campaigns.bench.products import products
from app.services.ports import Caller
from app.store.product_search import ProductIndex
from app.values.vocabulary import ProductKind
from app.wire import operations
from app.wire.catalogue import FindLookalikes, Lookalikes, ProductView
from app.wire.message import PAGE_ROWS_MOST, encode

ROWS = 8
LOOK_UP_MOST_MS = 16
"""A frame: the finder's next question may wait behind it."""
INDEX_MOST_S = 60
WRONG_MOST = 1
TWINS_COUNTED = 24
"""Of more twins of a kind only some are shown; what has to be said settles them all the same."""
_ROWS_A_COMMIT = 5_000
_LOOKED_UP = 4_000
_CLASSES = ("bcdegptvz", "fsx", "mn", "ahjk8", "iy59", "o0", "quw2")
_SUFFIXED = re.compile(r"(.*\d)([a-z]{1,3})")
_QUOTED = re.compile(r"\W([a-z])\W")

Alike = Callable[[ProductView, ProductView], bool]


def confusables(given: Given, *, count: int, compared: int, rounds: int = 1) -> tuple[Figure, ...]:
    """Among `count` products; so many of them are compared with all the others."""
    listed = list(products(count, given.data))
    given.tell(f"Filling indexes of {count:,} products, with and without what finds lookalikes")
    charges = [msgspec.structs.replace(one, kind=ProductKind.CHARGE) for one in listed]
    with_keys, without = [], []
    for number in range(rounds):
        without.append(_fill(given.folder / f"without-{number}", charges))
        with_keys.append(_fill(given.folder / f"with-{number}", listed))
    _fill(seat_folder(given.folder) / "catalogue", listed)
    gc.collect()
    with signed_in_desk(given.folder) as at:
        asked = listed[:: max(count // _LOOKED_UP, 1)]
        given.tell(f"Asking for the lookalikes of {len(asked):,} products")
        taken = [timed(partial(_lookalikes, at.caller, product, ROWS))[0] for product in asked]
        given.tell(f"Comparing {compared:,} products with every other one")
        found = _compare(at.caller, listed, asked[:: max(len(asked) // compared, 1)])
    kinds = [kind for kind in _KINDS if found.pairs[kind]]
    name = f"confusables-{count}"
    return (
        within(f"{name}/index", with_keys, INDEX_MOST_S, unit="s", bare=without),
        within(f"{name}/look-up", taken, LOOK_UP_MOST_MS),
        *(_share(f"{name}/missed/{kind}", found.missed[kind], found.pairs[kind]) for kind in kinds),
        _share(f"{name}/unsettled", found.unsettled.total(), found.pairs.total()),
    )


def _share(name: str, wrong: int, pairs: int) -> Figure:
    require(pairs > 0, "No two products are alike.")
    share = within(name, [100 * wrong / pairs], WRONG_MOST, unit="%", quantile="p50")
    return msgspec.structs.replace(share, n=pairs)


def _fill(folder: Path, listed: Sequence[ProductView]) -> float:
    """Seconds until all products can be found."""
    documents = [encode(product) for product in listed]
    start = time.perf_counter()
    index, rest, number = ProductIndex(folder), iter(documents), 0
    while batch := list(islice(rest, _ROWS_A_COMMIT)):
        number += 1
        index.put(batch)
        index.commit(number)
    index.rest()
    require(index.count() == len(listed), f"The index holds {index.count():,} products.")
    return time.perf_counter() - start


def _lookalikes(caller: Caller, product: ProductView, most: int) -> Lookalikes:
    return caller.call(operations.FIND_LOOKALIKES, FindLookalikes(code=product.code, limit=most))


@dataclass(slots=True)
class _Compared:
    """Pairs of each kind, how many were not found, and how many are not settled by what is said."""

    pairs: Counter[str]
    missed: Counter[str]
    unsettled: Counter[str]


def _compare(
    caller: Caller, listed: Sequence[ProductView], asked: Sequence[ProductView]
) -> _Compared:
    """Each asked product with every other one."""
    compared = _Compared(Counter(), Counter(), Counter())
    for product in asked:
        found = _lookalikes(caller, product, PAGE_ROWS_MOST)
        codes = {other.product.code for other in found.others}
        for kind, others in _pairs(product, listed).items():
            compared.unsettled[kind] += sum(not _settles(found, other) for other in others)
            compared.pairs[kind] += len(others)
            if len(others) <= TWINS_COUNTED:
                compared.missed[kind] += sum(other.code not in codes for other in others)
    return compared


def _settles(found: Lookalikes, other: ProductView) -> bool:
    """Whether what has to be said is no part of the other product."""
    said = found.must_say.casefold().split()
    return bool(said) and not set(said) <= set(other.description.casefold().split())


def _pairs(product: ProductView, listed: Sequence[ProductView]) -> Mapping[str, list[ProductView]]:
    pairs: dict[str, list[ProductView]] = {}
    for other in listed:
        if other.code != product.code:
            for kind, alike in _KINDS.items():
                if alike(product, other):
                    pairs.setdefault(kind, []).append(other)
    return pairs


def _one_word(one: ProductView, other: ProductView) -> bool:
    mine, theirs = one.description.casefold().split(), other.description.casefold().split()
    if len(mine) != len(theirs) or len(mine) == 1:
        return False
    return sum(a != b for a, b in zip(mine, theirs, strict=True)) == 1


def _identical(one: ProductView, other: ProductView) -> bool:
    return one.description.casefold().split() == other.description.casefold().split()


def _sounds_alike(one: ProductView, other: ProductView) -> bool:
    """Punctuation and blanks apart the same, or quoted letters of one class."""
    mine, theirs = one.description.casefold(), other.description.casefold()
    if mine == theirs:
        return False
    if re.sub(r"\W", "", mine) == re.sub(r"\W", "", theirs):
        return True
    if len(mine) != len(theirs) or '"' not in mine:
        return False
    return _QUOTED.sub(_class_of, mine) == _QUOTED.sub(_class_of, theirs)


def _class_of(quoted: re.Match[str]) -> str:
    return next((letters for letters in _CLASSES if quoted[1] in letters), quoted[1])


def _suffix(one: ProductView, other: ProductView) -> bool:
    mine, theirs = _SUFFIXED.fullmatch(one.code.lower()), _SUFFIXED.fullmatch(other.code.lower())
    if mine is None or theirs is None or mine[1] != theirs[1] or len(mine[2]) != len(theirs[2]):
        return False
    return all(_one_class(a, b) for a, b in zip(mine[2], theirs[2], strict=True))


def _one_class(one: str, other: str) -> bool:
    return one == other or any(one in letters and other in letters for letters in _CLASSES)


def _teen_ty(one: ProductView, other: ProductView) -> bool:
    """Codes or descriptions that are the same but for one teen that is a ten in the other."""
    return _teen_apart(one.code, other.code) or _teen_apart(one.description, other.description)


def _teen_apart(one: str, other: str) -> bool:
    if len(one) != len(other) or one == other:
        return False
    apart = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    start, end = apart[0], apart[-1] + 1
    pair = {one[start:end], other[start:end]}
    return any(pair == {f"1{digit}", f"{digit}0"} for digit in "3456789")


_KINDS: Mapping[str, Alike] = {
    "one-word": _one_word,
    "sounds-alike": _sounds_alike,
    "identical": _identical,
    "suffix": _suffix,
    "teen-ty": _teen_ty,
}
