"""What can be told of card digits while they are typed: how many are missing, and what is wrong.

Looks at one digit at a time. Never makes a string or one figure of a number, and its answers hold
counts only, so that they can be shown, compared and logged. Pure; GUI thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from app.values.card_brands import CardBrand, PrefixRange, prefix_ranges

SHORTEST_NUMBER = 12
LONGEST_NUMBER = 19
EXPIRY_DIGITS = 4
CODE_LENGTHS = (3, 4)
LONGEST_VALIDITY_YEARS = 20
_ANY_LENGTH = frozenset(range(SHORTEST_NUMBER, LONGEST_NUMBER + 1))
_USUAL_LENGTH = {"american-express": 15, "diners-club": 14}
_MOST_NUMBERS = 16
_NARROW_GAPS = (4, 10)
_GAPS = (4, 8, 12, 16)
_WITHOUT_CHECK_DIGIT = frozenset({"unionpay"})
"""Brands that issue numbers without a check digit as well."""
_WITHOUT_CODE = frozenset({"maestro"})
"""Brands that issue cards without a security code as well."""
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


class Digits(Protocol):
    """Digits that can be looked at one by one."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def at(self, place: int) -> int:
        """One digit, counted from 0."""
        ...


class Standing(StrEnum):
    """How far the digits of a field have come."""

    EMPTY = "empty"
    TYPING = "typing"
    """Some are to go; `may_end` says whether this may be all of it."""
    GOOD = "good"
    """The number checks out, the card has not expired, the code has its length."""
    UNPROVED = "unproved"
    """As long as such a number is, of a brand whose numbers need not check out."""
    DOES_NOT_CHECK_OUT = "does-not-check-out"
    NO_SUCH_MONTH = "no-such-month"
    EXPIRED = "expired"
    TOO_FAR_AHEAD = "too-far-ahead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What a field may show of its digits. Holds no digit.

    `to_go`: until the likeliest length. `most`: no more fit. `lengths`: how long it may be. `gaps`:
    counts of digits after which the bullets part. `may_end`: may be sent as it is. `is_complete`:
    time to go on to the next field. `brand`: of a number, once it is known.
    """

    standing: Standing
    typed: int
    to_go: int
    most: int
    lengths: tuple[int, ...]
    gaps: tuple[int, ...] = ()
    may_end: bool = False
    is_complete: bool = False
    brand: CardBrand | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether the caller has to be asked again."""
        return self.standing in _WRONG


_WRONG = {
    Standing.DOES_NOT_CHECK_OUT,
    Standing.NO_SUCH_MONTH,
    Standing.EXPIRED,
    Standing.TOO_FAR_AHEAD,
}


def brand_of_digits(digits: Digits) -> CardBrand | None:
    """The brand whose range holds the first digits; of several, the longest prefix wins."""
    for found in prefix_ranges():
        if _holds(found, digits):
            return found.brand
    return None


def luhn_holds(digits: Digits) -> bool:
    """Whether the last digit is the check digit of the others. Source: ISO/IEC 7812-1, annex B."""
    total, size = 0, len(digits)
    for place in range(size):
        digit = digits.at(place)
        total += _DOUBLED[digit] if (size - place) % 2 == 0 else digit
    return total % 10 == 0


def check_number(digits: Digits) -> Check:
    """How a card number stands."""
    brand = brand_of_digits(digits)
    lengths = brand.lengths if brand else _ANY_LENGTH
    usual = _USUAL_LENGTH.get(brand.code, _MOST_NUMBERS) if brand else _MOST_NUMBERS
    standing = _number_standing(digits, brand, lengths, usual)
    typed = len(digits)
    holds = standing in {Standing.GOOD, Standing.UNPROVED}
    short = standing is Standing.TYPING and typed in lengths and luhn_holds(digits)
    return Check(
        standing=standing,
        typed=typed,
        to_go=_to_go(typed, lengths, usual),
        most=max(lengths),
        lengths=tuple(sorted(lengths)),
        gaps=_NARROW_GAPS if brand and brand.code in _USUAL_LENGTH else _GAPS,
        may_end=holds or short,
        is_complete=holds and (standing is Standing.GOOD or typed == max(lengths)),
        brand=brand,
    )


def check_expiry(digits: Digits, today: date) -> Check:
    """How an expiry (month and year) stands; a card holds to the end of its month."""
    typed = len(digits)
    standing = _expiry_standing(digits, today)
    return Check(
        standing=standing,
        typed=typed,
        to_go=EXPIRY_DIGITS - typed,
        most=EXPIRY_DIGITS,
        lengths=(EXPIRY_DIGITS,),
        gaps=(2,),
        may_end=standing is Standing.GOOD,
        is_complete=standing is Standing.GOOD,
    )


def check_code(digits: Digits, brand: CardBrand | None) -> Check:
    """How a security code stands, for a card of that brand (None: not known)."""
    typed = len(digits)
    lengths = (brand.security_code_digits,) if brand else CODE_LENGTHS
    absent = brand is not None and brand.code in _WITHOUT_CODE
    good = typed in lengths
    unfinished = Standing.TYPING if typed else Standing.EMPTY
    return Check(
        standing=Standing.GOOD if good else unfinished,
        typed=typed,
        to_go=max(0, lengths[0] - typed),
        most=lengths[-1],
        lengths=(0, *lengths) if absent else lengths,
        may_end=good or (absent and typed == 0),
        is_complete=typed == lengths[-1],
    )


def _holds(found: PrefixRange, digits: Digits) -> bool:
    if len(digits) < len(found.lowest):
        return False
    at_lowest = at_highest = True
    for place, lowest in enumerate(found.lowest):
        digit, highest = digits.at(place), found.highest[place]
        if (at_lowest and digit < lowest) or (at_highest and digit > highest):
            return False
        at_lowest = at_lowest and digit == lowest
        at_highest = at_highest and digit == highest
    return True


def _number_standing(
    digits: Digits, brand: CardBrand | None, lengths: frozenset[int], usual: int
) -> Standing:
    typed = len(digits)
    if typed == 0:
        return Standing.EMPTY
    if typed < usual or typed not in lengths:
        return Standing.TYPING
    if luhn_holds(digits):
        return Standing.GOOD
    if brand is not None and brand.code in _WITHOUT_CHECK_DIGIT:
        return Standing.UNPROVED
    return Standing.DOES_NOT_CHECK_OUT


def _to_go(typed: int, lengths: frozenset[int], usual: int) -> int:
    if typed <= usual:
        return usual - typed
    return min((length for length in lengths if length >= typed), default=typed) - typed


def _expiry_standing(digits: Digits, today: date) -> Standing:
    typed = len(digits)
    if typed == 0:
        return Standing.EMPTY
    month = digits.at(0) * 10 + digits.at(1) if typed > 1 else None
    if digits.at(0) > 1 or (month is not None and not 1 <= month <= 12):
        return Standing.NO_SUCH_MONTH
    if month is None or typed < EXPIRY_DIGITS:
        return Standing.TYPING
    return _validity(digits, month, today)


def _validity(digits: Digits, month: int, today: date) -> Standing:
    ahead = digits.at(2) * 10 + digits.at(3) - today.year % 100
    if ahead < -50:  # a card of the next century, seen from the end of this one
        ahead += 100
    if ahead < 0 or (ahead == 0 and month < today.month):
        return Standing.EXPIRED
    too_far = ahead > LONGEST_VALIDITY_YEARS
    return Standing.TOO_FAR_AHEAD if too_far else Standing.GOOD
