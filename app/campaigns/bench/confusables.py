"""Products that can be taken for one another: what it costs to find them, and how many are missed.

The index is filled with and without what finds them. Missed are those pairs that a plain comparison
of everything with everything names, written here a second time and without any of the keys.
"""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec

from app.campaigns.bench.desk import seat_folder, signed_in_desk
from app.campaigns.bench.figures import Figure, beside, timed, within
from app.campaigns.bench.given import Given, require
from app.campaigns.bench.products import products
from app.services.ports import Caller
from app.store.product_search import ProductIndex
from app.values.vocabulary import ProductKind
from app.wire import operations
from app.wire.catalogue import FindLookalikes, ProductView
from app.wire.message import PAGE_ROWS_MOST, encode

ROWS = 8
LOOK_UP_MOST_MS = 8
INDEX_TIMES = 3
MISSED_MOST = 1
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
        missed = _missed(at.caller, listed, asked[:: max(len(asked) // compared, 1)])
    name, than = f"confusables-{count}", "an index without"
    index = beside(
        f"{name}/index", with_keys, without, INDEX_TIMES, unit="s", quantile="p50", than=than
    )
    return (
        index,
        within(f"{name}/look-up", taken, LOOK_UP_MOST_MS),
        *(_of_missed(f"{name}/missed/{kind}", *pairs) for kind, pairs in missed.items()),
    )


def _of_missed(name: str, pairs: int, missed: int) -> Figure:
    share = within(name, [100 * missed / pairs], MISSED_MOST, unit="%", quantile="p50")
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


def _lookalikes(caller: Caller, product: ProductView, most: int) -> set[str]:
    request = FindLookalikes(code=product.code, limit=most)
    found = caller.call(operations.FIND_LOOKALIKES, request)
    return {other.product.code for other in found.others}


def _missed(
    caller: Caller, listed: Sequence[ProductView], asked: Sequence[ProductView]
) -> Mapping[str, tuple[int, int]]:
    """Pairs of each kind, and how many were not found; kinds without a pair are left out."""
    there, missed = dict.fromkeys(_KINDS, 0), dict.fromkeys(_KINDS, 0)
    for product in asked:
        found = _lookalikes(caller, product, PAGE_ROWS_MOST)
        for kind, other in _pairs(product, listed):
            there[kind] += 1
            missed[kind] += other.code not in found
    return {kind: (pairs, missed[kind]) for kind, pairs in there.items() if pairs}


def _pairs(
    product: ProductView, listed: Sequence[ProductView]
) -> Iterator[tuple[str, ProductView]]:
    for other in listed:
        if other.code != product.code:
            yield from ((kind, other) for kind, alike in _KINDS.items() if alike(product, other))


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
