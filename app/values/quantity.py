"""How many of a thing: a whole number, one or more.

Odd but possible quantities are a warning for the person who types, never a refusal.
"""

from __future__ import annotations

from app.values.errors import Refusal

LARGEST_QUANTITY = 1_000_000
UNUSUAL_FACTOR = 10
"""Ten times the usual quantity: 2.8 % of real lines, among them the slips found minutes later."""


def parse_quantity(text: str) -> int:
    """The quantity someone typed.

    Raises Refusal `quantity_malformed`, `quantity_fractional`, `quantity_not_positive`, `quantity_too_large`.
    """
    cleaned = text.strip().replace(",", "").replace(" ", "")
    sign, digits = (-1, cleaned[1:]) if cleaned[:1] in {"-", "\u2212"} else (1, cleaned)
    whole, point, part = digits.partition(".")
    if not whole.isdecimal() or (point and not part.isdecimal()):
        raise Refusal("quantity_malformed", "A quantity is a whole number.", "quantity")
    if part.strip("0"):
        raise Refusal("quantity_fractional", "We can only send whole pieces.", "quantity")
    return check_quantity(sign * int(whole))


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
