"""The files of the regions: right in every place, or refused with file, key and reason."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.services.rules.regions import Reach, RegionRules, TaxMethod, load_region, load_regions
from app.settings import resource_folder
from app.values.errors import Refusal
from app.values.money import Currency, Money
from app.values.postal import address_fields
from app.values.tax import TaxRate, parse_rate, rate_on
from app.values.vocabulary import Region, TaxCategory

FOLDER = resource_folder() / "regions"
TODAY = date(2026, 11, 21)


def easter(year: int) -> date:
    """Easter Sunday. Source: the anonymous Gregorian computus (Meeus)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def nth(year: int, month: int, weekday: int, which: int) -> date:
    """The which-th weekday of a month (Monday is 0); -1 is the last."""
    if which > 0:
        first = date(year, month, 1)
        return first + timedelta((weekday - first.weekday()) % 7 + 7 * (which - 1))
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(1)
    return last - timedelta((last.weekday() - weekday) % 7)


def british_holidays(year: int) -> set[date]:
    """Bank holidays of England and Wales; at a weekend the next working day stands in."""
    sunday = easter(year)
    days = {sunday - timedelta(2), sunday + timedelta(1)}
    days |= {nth(year, 5, 0, 1), nth(year, 5, 0, -1), nth(year, 8, 0, -1)}
    for day in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        kept = day
        while kept.weekday() > 4 or kept in days:
            kept += timedelta(1)
        days.add(kept)
    return days


def american_holidays(year: int) -> set[date]:
    """Federal holidays; a Saturday's is kept on Friday, a Sunday's on Monday."""
    days = {nth(year, 1, 0, 3), nth(year, 2, 0, 3), nth(year, 5, 0, -1), nth(year, 9, 0, 1)}
    days |= {nth(year, 10, 0, 2), nth(year, 11, 3, 4)}
    fixed = [(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)]
    of_this_year = [date(year, month, day) for month, day in fixed] + [date(year + 1, 1, 1)]
    shift = {5: -1, 6: 1}
    kept = [day + timedelta(shift.get(day.weekday(), 0)) for day in of_this_year]
    return days | {day for day in kept if day.year == year}


@pytest.mark.parametrize("year", [2026, 2027])
def test_the_holidays_are_those_of_the_calendar(
    year: int, britain: RegionRules, america: RegionRules
) -> None:
    assert {day for day in britain.holidays if day.year == year} == british_holidays(year)
    assert {day for day in america.holidays if day.year == year} == american_holidays(year)


def test_britain_holds_vat_in_its_prices(britain: RegionRules) -> None:
    assert britain.currency is Currency.GBP
    assert britain.tax.method is TaxMethod.INCLUDED
    rates = {c: rate_on(TODAY, periods) for c, periods in britain.tax.by_category.items()}
    assert rates == {
        TaxCategory.STANDARD: TaxRate(200_000),
        TaxCategory.REDUCED: TaxRate(50_000),
        TaxCategory.ZERO: TaxRate(0),
    }


@pytest.mark.parametrize(
    ("day", "percent"),
    [
        (date(2011, 1, 4), "20"),
        (date(2011, 1, 3), "17.5"),
        (date(2009, 12, 31), "15"),
        (date(2008, 11, 30), "17.5"),
    ],
)
def test_vat_is_that_of_the_day(britain: RegionRules, day: date, percent: str) -> None:
    assert rate_on(day, britain.tax.by_category[TaxCategory.STANDARD]) == parse_rate(percent)


def test_every_american_state_has_a_rate(america: RegionRules) -> None:
    states = {key for f in address_fields("US") if f.key == "area" for key, _ in f.choices}
    assert america.tax.method is TaxMethod.ADDED
    assert set(america.tax.by_state) <= states
    assert len(america.tax.by_state) == 51


def test_the_capital_went_up_in_october(america: RegionRules) -> None:
    periods = america.tax.by_state["DC"].periods
    assert rate_on(date(2026, 9, 30), periods) == parse_rate("6.5")
    assert rate_on(date(2026, 10, 1), periods) == parse_rate("7")


@pytest.mark.real_data
def test_the_american_rates_agree_with_their_source(real_data: Path, america: RegionRules) -> None:
    with (real_data / "us_state_tax.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        state = america.tax.by_state[row["code"]]
        checked = rate_on(date(2026, 7, 1), state.periods)
        assert checked == TaxRate(int(Decimal(row["state_rate_pct"]) * 10_000)), row["code"]
        assert state.local_varies is (row["local_varies"] == "true"), row["code"]


def test_a_method_is_offered_where_it_reaches(britain: RegionRules) -> None:
    assert [m.code for m in britain.methods_to("GB")] == ["standard", "next_day", "collect"]
    assert [m.code for m in britain.methods_to("FR")] == ["abroad", "collect"]
    standard = britain.method("standard")
    assert standard is not None
    assert standard.charge == Money(495, Currency.GBP)
    assert britain.method("pigeon") is None


def test_only_the_counter_needs_no_address(regions: dict[Region, RegionRules]) -> None:
    methods = [method for rules in regions.values() for method in rules.methods]
    assert all(m.needs_address is (m.reach is not Reach.COUNTER) for m in methods)


def test_a_folder_without_a_region_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"gb\.toml"):
        load_regions(tmp_path)


@pytest.mark.parametrize(
    ("right", "wrong", "key"),
    [
        ('region = "gb"', 'region = "us"', "region"),
        ('currency = "GBP"', 'currency = "XYZ"', "currency"),
        ('currency = "GBP"', "currency = 7", "currency"),
        ('currency = "GBP"', 'curency = "GBP"', "the file"),
        ('country = "GB"', 'country = "UK"', "country"),
        ('time_zone = "Europe/London"', 'time_zone = "Europe/Leeds"', "time_zone"),
        ('time_zone = "Europe/London"', 'time_zone = "../etc"', "time_zone"),
        ('percent = "20"', 'percent = "120"', "tax.rates[6].percent"),
        ('percent = "20"', "percent = 20.0", "tax.rates[6].percent"),
        ("valid_from = 2011-01-04", 'valid_from = "soon"', "tax.rates[6].valid_from"),
        ('category = "reduced"', 'category = "zero"', "tax.rates"),
        ('countries = ["GB", "IM"]', 'countries = ["GB", "XX"]', "tax.countries"),
        ('charge = "4.95"', 'charge = "4.955"', "delivery[0].charge"),
        ('charge = "4.95"', 'charge = "free"', "delivery[0].charge"),
        ('charge = "4.95"', 'charge = "-1"', "delivery[0].charge"),
        ("working_days = 2", "working_days = 200", "delivery[0].working_days"),
        ("cut_off = 14:00:00", 'cut_off = "noon"', "delivery[1].cut_off"),
        ('code = "next_day"', 'code = "standard"', "delivery"),
        ("[holidays]", "[holydays]", "the file"),
        ("[tax]", "[tax", "the file"),
        ("\nkept = ", "\nkeeps = ", "changes.keeps"),
        ("total_same = ", "# total_same = ", "changes.total_same"),
        ("comes to {new}", "comes to {now}", "changes.total"),
        ('cancelled = "The', 'cancelled = "" # "The', "changes.cancelled"),
    ],
)
def test_a_slip_in_a_file_is_refused_with_its_key(
    tmp_path: Path, right: str, wrong: str, key: str
) -> None:
    text = (FOLDER / "gb.toml").read_text(encoding="utf-8")
    assert right in text
    path = tmp_path / "gb.toml"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        load_region(path)
    assert refused.value.code == "region_malformed"
    assert refused.value.field == key
    assert refused.value.sentence.startswith("gb.toml: ")


def test_added_tax_wants_states(tmp_path: Path) -> None:
    text = (FOLDER / "us.toml").read_text(encoding="utf-8")
    path = tmp_path / "us.toml"
    path.write_text(text.replace("states = [", "rates = []\nstates = []\nrest = [", 1), "utf-8")
    with pytest.raises(Refusal, match="region_malformed"):
        load_region(path)
