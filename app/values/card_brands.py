"""Whose card a number would be: issuer ranges and lengths, and the Luhn check.

Only facts about ranges; nothing here keeps, shows or logs a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

_TABLE = """
visa Visa 13|16|18|19 3 : 4
mastercard Mastercard 16 3 : 51-55 2221-2229 223-229 23-26 270-271 2720
american-express American_Express 15 4 : 34 37
diners-club Diners_Club 14|16|19 3 : 300-305 36 38-39
discover Discover 16|19 3 : 6011 644-649 65
jcb JCB 16-19 3 : 1800 2131 3528-3589
unionpay UnionPay 14-19 3 : 620 623-626 810 6270 6272 6276 6282-6289 6291-6292 8110-8171
    62100-62182 62184-62197 62200-62205 62207-62209 622010-622999 627700-627779 627781-627799
maestro Maestro 12-19 3 : 493698 500000-504174 504176-506698 506779-508999 56-59 6
elo Elo 16 3 : 401178-401179 431274 438935 451416 457393 457631-457632 504175 506699-506778
    509000-509999 627780 636297 636368 650031-650033 650035-650051 650405-650439 650485-650538
    650541-650598 650700-650718 650720-650727 650901-650978 651652-651679 655000-655019
    655021-655058
mir Mir 16-19 3 : 2200-2204
hiper Hiper 16 3 : 637095 637568 637599 637609 637612 63737423 63743358
hipercard Hipercard 16 3 : 606282
naranja Naranja 16 3 : 402918 527572 589562
verve Verve 16|18|19 3 : 506099-506127 506129 506133-506150 506158-506163 506166 506168 506170
    506173 506176-506180 506184 506187-506188 506191 506195 506197 507865-507866 507868-507877
    507880-507888 507900 507941
troy Troy 16 3 : 9792 650052 650082-650083 650092 650161 650170 650173 650175 650268 650271
    650273-650274 650456-650457 650836 650846-650850 650923 650987 650990 654997 657366 657998
    658758 658767-658768 65083700-65083704 65085800-65085804 65085900-65085901 65086000
    65086100-65086105 65086200-65086203 65875000-65875003 65875009 65875101-65875104 65875200
    65875501 65875601 65875900 65876000-65876002 65876100-65876103 65876110 65876115-65876116
    65876200-65876201 65876500 65876504-65876505 65876600-65876602 65877100-65877101
    65877600-65877602 65877700 65877801-65877802 65878200-65878202 65878300-65878311
    65878400-65878405 65878500-65878505 65878600-65878601 65879800 65880800 65880900
"""
"""Code, name, lengths of the number, length of the security code : prefixes.

Source: npm credit-card-type 10.3.0 (MIT), and Visa's 13 digits from Worldpay's test cards.
"""


@dataclass(frozen=True, slots=True)
class CardBrand:
    """A card scheme; `lengths` of its numbers, digits of its security code."""

    code: str
    name: str
    lengths: frozenset[int]
    security_code_digits: int


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others. Source: ISO/IEC 7812-1, annex B."""
    total = sum(map(int, digits[-1::-2]))
    return (total + sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])) % 10 == 0


_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def brand_of(digits: str) -> CardBrand | None:
    """The brand whose range holds the first digits; of several, the longest prefix wins."""
    for size, lowest, highest, brand in _ranges().get(digits[:2], ()):
        if size <= len(digits) and lowest <= int(digits[:size]) <= highest:
            return brand
    return None


def card_brand(digits: str) -> CardBrand | None:
    """The brand of a whole number: of its range and length, and right by Luhn; else None."""
    brand = brand_of(digits)
    fits = brand is not None and len(digits) in brand.lengths and passes_luhn(digits)
    return brand if fits else None


@dataclass(frozen=True, slots=True)
class PrefixRange:
    """First digits of a brand's numbers, lowest and highest, for who compares digit by digit."""

    lowest: tuple[int, ...]
    highest: tuple[int, ...]
    brand: CardBrand


@cache
def prefix_ranges() -> tuple[PrefixRange, ...]:
    """All ranges: the first that holds a number tells its brand."""
    every = {found for near in _ranges().values() for found in near}
    return tuple(
        PrefixRange(_digits_of(lowest, size), _digits_of(highest, size), brand)
        for size, lowest, highest, brand in sorted(every, key=_order)
    )


def _digits_of(prefix: int, size: int) -> tuple[int, ...]:
    return tuple(map(int, f"{prefix:0{size}d}"))


_Range = tuple[int, int, int, CardBrand]
"""Digits of the prefix, lowest, highest, brand."""


@cache
def _ranges() -> dict[str, tuple[_Range, ...]]:
    """The ranges in reach of two first digits: longest prefix first, then the narrow ones."""
    by_start: dict[str, list[_Range]] = {}
    for row in _TABLE.replace("\n   ", " ").strip().splitlines():
        about, _, prefixes = row.partition(" : ")
        code, name, lengths, code_digits = about.split()
        brand = CardBrand(code, name.replace("_", " "), _lengths(lengths), int(code_digits))
        for prefix in prefixes.split():
            lowest, _, highest = prefix.partition("-")
            found = (len(lowest), int(lowest), int(highest or lowest), brand)
            for start in _starts(lowest, highest or lowest):
                by_start.setdefault(start, []).append(found)
    return {start: tuple(sorted(found, key=_order)) for start, found in by_start.items()}


def _starts(lowest: str, highest: str) -> Iterator[str]:
    first, last = int(lowest.ljust(2, "0")[:2]), int(highest.ljust(2, "9")[:2])
    return (f"{start:02d}" for start in range(first, last + 1))


def _order(found: _Range) -> tuple[int, int]:
    size, lowest, highest, _ = found
    return -size, highest - lowest


def _lengths(text: str) -> frozenset[int]:
    lowest, dash, highest = text.partition("-")
    if dash:
        return frozenset(range(int(lowest), int(highest) + 1))
    return frozenset(int(length) for length in text.split("|"))
