"""Products as a desk knows them: what they are called, what they cost, how many there are."""

from __future__ import annotations

from enum import StrEnum

from app.values.identity import ProductCode
from app.values.money import UnitPrice
from app.values.vocabulary import ProductKind, TaxCategory
from app.wire.message import FreeText, Instant, PageRows, Quantity, Request, ShortText, View


class QuantityBreak(View, frozen=True, kw_only=True):
    """From this quantity on a piece costs this much."""

    from_quantity: Quantity
    price: UnitPrice


class ProductView(View, frozen=True, kw_only=True):
    """One product of the catalogue; `breaks` run from quantity 1 upwards and are never empty.

    `available` is None for products whose stock is not tracked. `typical_quantity` is the median of
    past lines, where known. `revision` only grows.
    """

    code: ProductCode
    description: str
    kind: ProductKind = ProductKind.GOODS
    breaks: tuple[QuantityBreak, ...]
    price_version: int
    tax_category: TaxCategory = TaxCategory.STANDARD
    typical_quantity: int | None = None
    withdrawn: bool = False
    available: int | None = None
    available_at: Instant | None = None
    revision: int


class Match(StrEnum):
    """Why a product was found, best first."""

    EXACT_CODE = "exact_code"
    CODE_PREFIX = "code_prefix"
    WORDS = "words"
    FUZZY = "fuzzy"


class ProductHit(View, frozen=True, kw_only=True):
    """One row of the finder."""

    product: ProductView
    match: Match


class FindProducts(Request, frozen=True, kw_only=True):
    """What was typed into the finder so far."""

    text: FreeText
    limit: PageRows = 50


class ProductHits(View, frozen=True, kw_only=True):
    """The best hits, best first, and the text they answer."""

    text: str
    hits: tuple[ProductHit, ...]


class GetProduct(Request, frozen=True, kw_only=True):
    """One product by its code, letters small or capital."""

    code: ProductCode


class Likeness(StrEnum):
    """Why two products can be taken for one another."""

    ONE_WORD = "one_word"
    SOUNDS_ALIKE = "sounds_alike"
    IDENTICAL = "identical"
    SUFFIX = "suffix"
    TEEN_TY = "teen_ty"


class Lookalike(View, frozen=True, kw_only=True):
    """Another product that this one can be taken for.

    `must_say`: the words or the code of the product asked about that tell it from this other one.
    """

    product: ProductView
    likeness: Likeness
    must_say: ShortText


class FindLookalikes(Request, frozen=True, kw_only=True):
    """What a product could be taken for."""

    code: ProductCode
    limit: PageRows = 8


class Lookalikes(View, frozen=True, kw_only=True):
    """The nearest first. `must_say`: what the caller has to speak to settle all of them at once."""

    code: ProductCode
    must_say: ShortText = ""
    others: tuple[Lookalike, ...] = ()
