"""The number a caller is told: ten digits, the last two of which catch slips.

Eight digits from the centre and two check digits by ISO 7064 MOD 97-10, which finds every wrong
digit, every swap of neighbours and every teen/ty slip. Leading zeros are real. Spoken and shown
3-3-4.
"""

from __future__ import annotations

from typing import NewType

from app.values.errors import Refusal
from app.values.wording import ascii_digits

OrderNumber = NewType("OrderNumber", str)

PAYLOAD_DIGITS = 8
DIGITS = 10
COUNT = 10**PAYLOAD_DIGITS
_MODULUS = 97
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SEPARATORS = " -.\t\n\u00a0\u2010\u2011\u2013"


def with_check_digits(payload: int) -> OrderNumber:
    """The full number of a payload from 0 to 99,999,999."""
    if not 0 <= payload < COUNT:
        message = f"payload {payload} is outside 0 to {COUNT - 1}"
        raise ValueError(message)
    check = _MODULUS + 1 - payload * 100 % _MODULUS
    return OrderNumber(f"{payload:08d}{check:02d}")


def holds(digits: str) -> bool:
    """Whether ten digits form a number with right check digits."""
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        return False
    return digits == with_check_digits(int(digits[:PAYLOAD_DIGITS]))


def parse_order_number(text: str) -> OrderNumber:
    """The order number someone typed, blanks and dashes ignored.

    Raises Refusal `order_number_malformed` or `order_number_slip` (ten digits, one of them wrong).
    """
    digits = "".join(c for c in ascii_digits(text) if c not in _SEPARATORS)
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        raise Refusal("order_number_malformed", "An order number has ten digits.", "order_number")
    if not holds(digits):
        raise Refusal(
            "order_number_slip",
            "One of those digits is wrong. Could you read me the number once more?",
            "order_number",
        )
    return OrderNumber(digits)


def grouped(number: OrderNumber) -> str:
    """As it is shown: `417 302 9823`."""
    return f"{number[:3]} {number[3:6]} {number[6:]}"


def spoken(number: OrderNumber) -> str:
    """As it is said: `four one seven, three zero two, nine eight two three`."""
    groups = grouped(number).split(" ")
    return ", ".join(" ".join(_WORDS[int(digit)] for digit in group) for group in groups)


def one_slip_away(digits: str) -> tuple[OrderNumber, ...]:
    """All numbers with right check digits that a single slip turns into `digits`, in order.

    One digit other, two neighbours swapped, one digit left out, or one too many. A number that
    holds is no slip of another one, and gives none.
    """
    if not (digits.isascii() and digits.isdigit()) or holds(digits):
        return ()
    meant: set[str] = set()
    if len(digits) == DIGITS:
        for at in range(DIGITS):
            meant.update(f"{digits[:at]}{other}{digits[at + 1 :]}" for other in "0123456789")
            meant.add(digits[:at] + digits[at : at + 2][::-1] + digits[at + 2 :])
    elif len(digits) == DIGITS - 1:
        for at in range(DIGITS):
            meant.update(f"{digits[:at]}{missed}{digits[at:]}" for missed in "0123456789")
    elif len(digits) == DIGITS + 1:
        meant.update(digits[:at] + digits[at + 1 :] for at in range(DIGITS + 1))
    return tuple(OrderNumber(number) for number in sorted(meant) if holds(number))
