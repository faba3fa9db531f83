"""Money as whole minor units, and unit prices as whole ten-thousandths.

No float comes near it. Rounding happens once per line, half up, when a unit price meets a quantity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from app.values.errors import Refusal
from app.values.wording import ascii_digits

if TYPE_CHECKING:
    from collections.abc import Iterable

UNIT_PRICE_SCALE = 10_000
MINOR_SCALE = 100
_PER_MINOR = UNIT_PRICE_SCALE // MINOR_SCALE
_HALF = _PER_MINOR // 2
_LONGEST_PRICE = 40
_PRICE = re.compile(
    r"(?P<sign>[-+]?)(?P<symbol>[£$€]?) ?"
    r"(?P<number>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][-+]?\d{1,2})?|\.\d+)"
)
LARGEST_UNIT_PRICE = 1_000_000 * UNIT_PRICE_SCALE
"""A million of the currency for one piece; more is a slip of the finger or a broken file."""


class Currency(StrEnum):
    """Currencies orders are taken in; all have two decimal places."""

    GBP = "GBP"
    USD = "USD"
    EUR = "EUR"

    @property
    def symbol(self) -> str:
        """The sign that stands before an amount."""
        return {"GBP": "£", "USD": "$", "EUR": "€"}[self.value]


def round_half_up(numerator: int, denominator: int) -> int:
    """Nearest whole number to a fraction; halves go away from zero."""
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    top, bottom = abs(numerator), abs(denominator)
    return sign * ((2 * top + bottom) // (2 * bottom))


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units (pence, cents); sums of two currencies are refused."""

    minor: int
    currency: Currency

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        sign = "-" if self.minor < 0 else ""
        whole, part = divmod(abs(self.minor), MINOR_SCALE)
        return f"{sign}{self.currency.symbol}{whole:,}.{part:02d}"

    def _same_currency(self, other: Money) -> None:
        if self.currency is not other.currency:
            message = f"{self.currency} and {other.currency} cannot be added"
            raise ValueError(message)


def total_of(amounts: Iterable[Money], currency: Currency) -> Money:
    """Sum of amounts, all in `currency`; zero when there are none."""
    total = Money(0, currency)
    for amount in amounts:
        total += amount
    return total


@dataclass(frozen=True, slots=True, order=True)
class UnitPrice:
    """The price of one piece in 1/10,000 of the currency unit (2.95 is 29500)."""

    ten_thousandths: int
    currency: Currency

    def times(self, quantity: int) -> Money:
        """Line total, rounded half up once to whole minor units."""
        return Money(self.minor_of(quantity), self.currency)

    def minor_of(self, quantity: int) -> int:
        """Line total in minor units; for sums over long orders, where a Money each is too much."""
        exact = self.ten_thousandths * quantity
        return (exact + _HALF) // _PER_MINOR if exact >= 0 else -((_HALF - exact) // _PER_MINOR)

    def __str__(self) -> str:
        """With two decimals where they are enough, with up to four where the price needs them."""
        sign = "-" if self.ten_thousandths < 0 else ""
        whole, part = divmod(abs(self.ten_thousandths), UNIT_PRICE_SCALE)
        decimals = f"{part:04d}"
        while len(decimals) > 2 and decimals.endswith("0"):
            decimals = decimals[:-1]
        return f"{sign}{self.currency.symbol}{whole:,}.{decimals}"


def parse_unit_price(text: str, currency: Currency) -> UnitPrice:
    """Unit price from what a person or a file wrote ("2.95", "£1,250", "0.001").

    Commas stand between thousands only, so that `2,95` is not taken for 295. Raises Refusal
    `price_malformed`, `price_currency` (the sign of another one), `price_negative`,
    `price_too_fine` (more than four decimals) or `price_too_large`.
    """
    found = _PRICE.fullmatch(ascii_digits(text[:_LONGEST_PRICE]).strip())
    if found is None or len(text) > _LONGEST_PRICE:
        raise Refusal("price_malformed", "That is not a price.", "price")
    if found["symbol"] not in {"", currency.symbol}:
        raise Refusal("price_currency", f"Prices are in {currency.value}.", "price")
    scaled = Decimal(found["sign"] + found["number"].replace(",", "")) * UNIT_PRICE_SCALE
    if scaled < 0:
        raise Refusal("price_negative", "A price cannot be below zero.", "price")
    if scaled > LARGEST_UNIT_PRICE:
        raise Refusal("price_too_large", "That price is too large to be right.", "price")
    if scaled != scaled.to_integral_value():
        raise Refusal("price_too_fine", "A price has at most four decimal places.", "price")
    return UnitPrice(int(scaled), currency)


def parse_money(text: str, currency: Currency) -> Money:
    """An amount from what a person wrote ("5", "5.00", "£5"), read as a price is.

    Raises Refusal `amount_malformed`, `amount_currency` (the sign of another one) or
    `amount_too_fine` (parts of a penny).
    """
    try:
        price = parse_unit_price(text, currency)
    except Refusal as refusal:
        if refusal.code == "price_currency":
            sentence = f"Amounts of this order are in {currency.value}."
            raise Refusal("amount_currency", sentence, "amount") from None
        raise Refusal("amount_malformed", "That is not an amount.", "amount") from None
    if price.ten_thousandths % _PER_MINOR:
        sentence = "An amount has at most two decimal places."
        raise Refusal("amount_too_fine", sentence, "amount")
    return price.times(1)
