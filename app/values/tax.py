"""Rates of tax as whole numbers, and when each holds.

A rate is parts per million, so that 6.875 % is exact. Rounding is half up to whole minor units;
which rate holds for what is decided by `services.rules.tax`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from app.values.errors import Refusal
from app.values.money import round_half_up

_MILLION = 1_000_000
_PER_PERCENT = 10_000


@dataclass(frozen=True, slots=True, order=True)
class TaxRate:
    """A share of the net price; `parts_per_million` from 0 to 1,000,000."""

    parts_per_million: int

    def added_to(self, net_minor: int) -> int:
        """The tax that comes on top of a net amount, in minor units."""
        return round_half_up(net_minor * self.parts_per_million, _MILLION)

    def included_in(self, gross_minor: int) -> int:
        """The tax that a gross amount holds, in minor units."""
        return round_half_up(
            gross_minor * self.parts_per_million, _MILLION + self.parts_per_million
        )

    def __str__(self) -> str:
        """As a percentage, with no more decimals than it has: `17.5 %`."""
        percent = Decimal(self.parts_per_million) / _PER_PERCENT
        return f"{percent.normalize():f} %"


def parse_rate(percent: str) -> TaxRate:
    """The rate of a percentage (`20`, `6.875`). Raises Refusal `rate_malformed`."""
    try:
        parts = Decimal(percent) * _PER_PERCENT
    except InvalidOperation as cause:
        raise Refusal("rate_malformed", f"{percent} is not a percentage.", "percent") from cause
    if not parts.is_finite() or parts != parts.to_integral_value() or not 0 <= parts <= _MILLION:
        sentence = f"{percent} is not a percentage from 0 to 100 with at most four decimals."
        raise Refusal("rate_malformed", sentence, "percent")
    return TaxRate(int(parts))


@dataclass(frozen=True, slots=True)
class RatePeriod:
    """A rate and the first day it holds, None for always; `source` is who says so."""

    rate: TaxRate
    valid_from: date | None
    source: str


def rate_on(day: date, periods: tuple[RatePeriod, ...]) -> TaxRate | None:
    """The rate of the youngest period begun by that day, None where none has."""
    begun = [p for p in periods if p.valid_from is None or p.valid_from <= day]
    return max(begun, key=_start).rate if begun else None


def _start(period: RatePeriod) -> date:
    return period.valid_from or date.min
