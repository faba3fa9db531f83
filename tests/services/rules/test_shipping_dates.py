"""Delivery days: working days of the region, counted in its own time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rules.regions import DeliveryMethod, RegionRules, load_regions
from app.services.rules.shipping_dates import is_working_day, leaves_on, promised_on
from app.settings import resource_folder
from app.values.vocabulary import Region

BOTH = tuple(load_regions(resource_folder() / "regions").values())


def method_of(rules: RegionRules, code: str) -> DeliveryMethod:
    method = rules.method(code)
    assert method is not None
    return method


def promised(rules: RegionRules, code: str, *now: int) -> date:
    return promised_on(method_of(rules, code), datetime(*now, tzinfo=UTC), rules)  # type: ignore[misc,arg-type]


def test_before_the_cut_off_the_goods_leave_today(britain: RegionRules) -> None:
    assert promised(britain, "next_day", 2026, 11, 18, 13, 59) == date(2026, 11, 19)


def test_at_the_cut_off_they_leave_tomorrow(britain: RegionRules) -> None:
    assert promised(britain, "next_day", 2026, 11, 18, 14, 0) == date(2026, 11, 20)


def test_weekends_do_not_count(britain: RegionRules) -> None:
    assert promised(britain, "standard", 2026, 11, 20, 10, 0) == date(2026, 11, 24)
    assert promised(britain, "standard", 2026, 11, 21, 10, 0) == date(2026, 11, 25)


def test_christmas_and_its_stand_in_do_not_count(britain: RegionRules) -> None:
    assert promised(britain, "next_day", 2026, 12, 24, 10, 0) == date(2026, 12, 29)


def test_thanksgiving_does_not_count_in_america_only(
    britain: RegionRules, america: RegionRules
) -> None:
    assert promised(america, "overnight", 2026, 11, 25, 15, 0) == date(2026, 11, 27)
    assert promised(britain, "next_day", 2026, 11, 25, 10, 0) == date(2026, 11, 26)


def test_the_cut_off_is_in_local_time_summer_and_winter(
    britain: RegionRules, america: RegionRules
) -> None:
    assert promised(britain, "next_day", 2026, 7, 15, 12, 59) == date(2026, 7, 16)
    assert promised(britain, "next_day", 2026, 7, 15, 13, 0) == date(2026, 7, 17)
    assert promised(america, "overnight", 2026, 11, 18, 17, 59) == date(2026, 11, 19)
    assert promised(america, "overnight", 2026, 11, 18, 18, 0) == date(2026, 11, 20)


def test_late_in_the_evening_it_is_still_today_in_america(america: RegionRules) -> None:
    assert promised(america, "overnight", 2026, 11, 19, 3, 0) == date(2026, 11, 20)


def test_what_is_fetched_is_ready_on_the_day_it_leaves(britain: RegionRules) -> None:
    assert promised(britain, "collect", 2026, 11, 18, 10, 0) == date(2026, 11, 18)
    assert promised(britain, "collect", 2026, 11, 18, 18, 0) == date(2026, 11, 19)


instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)).map(  # noqa: DTZ001 - made aware
    lambda moment: moment.replace(tzinfo=UTC)
)


@pytest.mark.parametrize("rules", BOTH, ids=[region.value for region in Region])
@given(now=instants, wait=st.integers(0, 10_000))
def test_a_promise_is_a_working_day_and_never_earlier_for_a_later_order(
    rules: RegionRules, now: datetime, wait: int
) -> None:
    for method in rules.methods:
        day = promised_on(method, now, rules)
        later = promised_on(method, now + timedelta(minutes=wait), rules)
        assert is_working_day(day, rules)
        assert leaves_on(method, now, rules) <= day <= later
