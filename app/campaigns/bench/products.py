"""Products for the benches: those of a real file, and as many more as are wanted made of its words.

The same file and number always give the same products. Without a file the words are those of the
sample catalogue. Words are drawn as people use them, a few often and most seldom, and a larger
catalogue knows more of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from app.campaigns.dice import Dice
from app.services.central.imports import price_list, sale_history
from app.services.central.imports.price_list import ListedProduct, PriceList
from app.services.central.imports.rejects import Rejects
from app.services.central.imports.sale_history import SaleHistory
from app.services.central.imports.table_file import TableFile, place_columns
from app.settings import resource_folder
from app.values.errors import Refusal
from app.values.identity import ProductCode
from app.values.money import Currency, UnitPrice
from app.values.vocabulary import ProductKind, TaxCategory
from app.wire.catalogue import ProductView, QuantityBreak

_SYLLABLES = ("ba", "cor", "del", "fen", "gri", "hol", "ka", "lum", "mer", "nor", "pel", "qui")
_ENDINGS = ("dale", "ford", "ly", "mont", "na", "rick", "sen", "ton", "vex", "way")
_NAMES_PER = 100
"""A name (a maker, a range) for so many made products."""
_NAMES_MOST = 12_000


def products(count: int, data: Path | None) -> Iterator[ProductView]:
    """So many products: those of the file first, then made ones."""
    listed = list(islice(listed_in(data or sample_catalogue()), count))
    if not listed:
        raise Refusal("no_products", f"There is no product in {data}.")
    for product in listed:
        yield _view(product)
    yield from _made(listed, count - len(listed))


def real_products(path: Path) -> Iterator[ProductView]:
    """The products of a file and no others. Raises Refusal for a file that has none to read."""
    for product in listed_in(path):
        yield _view(product)


def sample_catalogue() -> Path:
    """The catalogue that comes with the program."""
    return resource_folder() / "sample" / "catalogue.csv"


def listed_in(path: Path) -> Iterator[ListedProduct]:
    """The products of a price list, or those told from order lines.

    Raises Refusal for a file that is neither.
    """
    with TableFile(path) as file, Rejects(None, file.header) as rejects:
        width, currency = len(file.header), Currency.GBP
        try:
            columns = place_columns(file.header, sale_history.FIELDS, {})
        except Refusal:
            columns = place_columns(file.header, price_list.FIELDS, {})
            yield from PriceList(columns, width, currency).read(file.rows(), rejects)
            return
        history = SaleHistory(columns, width, currency)
        history.gather(file.rows(), rejects)
        yield from history.products()


def _view(listed: ListedProduct) -> ProductView:
    return ProductView(
        code=listed.code,
        description=listed.description,
        kind=listed.kind or ProductKind.GOODS,
        breaks=tuple(QuantityBreak(from_quantity=q, price=price) for q, price in listed.breaks),
        price_version=1,
        tax_category=listed.tax_category or TaxCategory.STANDARD,
        typical_quantity=listed.typical_quantity,
        revision=1,
    )


def _made(listed: Sequence[ListedProduct], count: int) -> Iterator[ProductView]:
    words = _words_by_use(listed)
    names = _names(min(max(count // _NAMES_PER, 1), _NAMES_MOST))
    taken = {product.code.upper() for product in listed}
    dice = Dice(count)
    number = 200_000
    while count > 0:
        number += 1
        code = f"{number}{'ABCD'[number % 4] if number % 5 == 0 else ''}"
        if code in taken:
            continue
        count -= 1
        yield _made_product(code, names, words, dice)


def _made_product(code: str, names: Sequence[str], words: Sequence[str], dice: Dice) -> ProductView:
    """A name and two to four words, at some price, every other one cheaper by the dozen."""
    chosen = dict.fromkeys([dice.of(names), *(dice.of(words) for _ in range(2 + dice.below(3)))])
    price = 3_000 + 500 * dice.below(400)
    breaks = [QuantityBreak(from_quantity=1, price=UnitPrice(price, Currency.GBP))]
    if dice.below(2):
        cheaper = UnitPrice(price * 17 // 20, Currency.GBP)
        breaks.append(QuantityBreak(from_quantity=12, price=cheaper))
    return ProductView(
        code=ProductCode(code),
        description=" ".join(chosen),
        breaks=tuple(breaks),
        price_version=1,
        revision=1,
    )


def _words_by_use(listed: Sequence[ListedProduct]) -> list[str]:
    """Every word of the descriptions, the most used first."""
    used = Counter(word for product in listed for word in product.description.split())
    return [word for word, _ in sorted(used.items(), key=_most_used_first)]


def _most_used_first(entry: tuple[str, int]) -> tuple[int, str]:
    return -entry[1], entry[0]


def _names(count: int) -> list[str]:
    """Made-up names, all different, in no order."""
    dice, names = Dice(7), dict[str, None]()
    while len(names) < count:
        middle = "".join(_SYLLABLES[dice.below(len(_SYLLABLES))] for _ in range(1 + dice.below(3)))
        names[f"{middle}{_ENDINGS[dice.below(len(_ENDINGS))]}".capitalize()] = None
    return list(names)
