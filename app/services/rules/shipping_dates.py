"""On which day an order arrives: working days counted in the region's own time zone. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from app.services.rules.regions import DeliveryMethod, RegionRules

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


def promised_on(method: DeliveryMethod, now: datetime, region: RegionRules) -> date:
    """The day the caller may be promised for an order placed at `now` (aware).

    An order that comes after the cut-off, at a weekend or on a holiday leaves on the next working
    day.
    """
    day = leaves_on(method, now, region)
    for _ in range(method.working_days):
        day = next_working_day(day, region)
    return day


def leaves_on(method: DeliveryMethod, now: datetime, region: RegionRules) -> date:
    """The working day on which the goods leave the warehouse."""
    here = now.astimezone(region.time_zone)
    day = here.date()
    if is_working_day(day, region) and here.time() < method.cut_off:
        return day
    return next_working_day(day, region)


def next_working_day(day: date, region: RegionRules) -> date:
    """The first working day after a day."""
    day += _ONE_DAY
    while not is_working_day(day, region):
        day += _ONE_DAY
    return day


def is_working_day(day: date, region: RegionRules) -> bool:
    """Neither a Saturday or Sunday nor a holiday of the region."""
    return day.weekday() < _SATURDAY and day not in region.holidays
