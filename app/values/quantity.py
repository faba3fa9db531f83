"""How many of a thing: a whole number, one or more.

Odd but possible quantities are a warning for the person who types, never a refusal.
"""

from __future__ import annotations

import re

from app.values.errors import Refusal
from app.values.wording import ascii_digits

LARGEST_QUANTITY = 1_000_000
_LONGEST_TEXT = 40
_QUANTITY = re.compile(
    r"(?P<sign>[-\u2212]?) ?(?P<whole>\d{1,3}(?:[, ]\d{3})+|\d+)(?:\.(?P<part>\d+))?"
)
UNUSUAL_FACTOR = 10
"""Ten times the usual quantity: 2.8 % of real lines, among them the slips found minutes later."""


def parse_quantity(text: str) -> int:
    """The quantity someone typed.

    Commas and blanks stand between thousands only, so that `1,5` is not taken for 15. Raises
    Refusal `quantity_malformed`, `quantity_fractional`, `quantity_not_positive` or
    `quantity_too_large`.
    """
    found = _QUANTITY.fullmatch(ascii_digits(text[:_LONGEST_TEXT]).strip())
    if found is None or len(text) > _LONGEST_TEXT:
        raise Refusal("quantity_malformed", "A quantity is a whole number.", "quantity")
    if found["part"] and found["part"].strip("0"):
        raise Refusal("quantity_fractional", "We can only send whole pieces.", "quantity")
    whole = int(found["whole"].replace(",", "").replace(" ", ""))
    return check_quantity(-whole if found["sign"] else whole)


def check_quantity(quantity: int) -> int:
    """The quantity itself when it can be ordered; raises Refusal otherwise."""
    if quantity < 1:
        raise Refusal("quantity_not_positive", "A quantity is one or more.", "quantity")
    if quantity > LARGEST_QUANTITY:
        raise Refusal("quantity_too_large", "That quantity is too large for one line.", "quantity")
    return quantity


def is_unusual(quantity: int, typical: int | None) -> bool:
    """Whether to ask again: at least ten times the usual quantity, or 1,000 where none is known."""
    return quantity >= (UNUSUAL_FACTOR * typical if typical else 1_000)
