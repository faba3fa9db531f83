"""What the caller repeats of the order number, digit by digit as the CSR hears it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.values.order_number import DIGITS, OrderNumber, grouped, holds
from app.values.wording import ascii_digits


class Heard(StrEnum):
    """How what was heard stands to the number."""

    NOTHING = "nothing"
    SOME = "some"
    TOO_MANY = "too_many"
    SLIP = "slip"
    OTHER = "other"
    MATCHED = "matched"


@dataclass(frozen=True, slots=True)
class SaidBack:
    """The digits heard so far and what they are worth. OTHER is a number, but not this one."""

    digits: str = ""
    heard: Heard = Heard.NOTHING

    @property
    def shown(self) -> str:
        """In the groups in which it is said; what is too much stands at the end."""
        return grouped(OrderNumber(self.digits)).rstrip()

    @property
    def left(self) -> int:
        """How many digits are still to come."""
        return max(0, DIGITS - len(self.digits))

    @property
    def is_full(self) -> bool:
        """Whether as many digits were heard as a number has."""
        return len(self.digits) == DIGITS


NOT_YET = SaidBack()
"""Before the caller has said anything."""


def judged(text: str, number: OrderNumber) -> SaidBack:
    """What was typed against the number; anything but digits is passed over."""
    digits = "".join(c for c in ascii_digits(text) if c.isascii() and c.isdigit())
    if not digits:
        heard = Heard.NOTHING
    elif len(digits) < DIGITS:
        heard = Heard.SOME
    elif len(digits) > DIGITS:
        heard = Heard.TOO_MANY
    elif digits == number:
        heard = Heard.MATCHED
    else:
        heard = Heard.OTHER if holds(digits) else Heard.SLIP
    return SaidBack(digits, heard)
