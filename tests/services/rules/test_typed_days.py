"""Days as people type them."""

from __future__ import annotations

from datetime import date

import pytest

from app.services.rules.typed_days import Days, read_days
from app.values.vocabulary import Region

TODAY = date(2026, 11, 22)
"""A Sunday."""
DAY = date(2026, 11, 21)


def read(text: str, region: Region = Region.GB) -> tuple[Days | None, int]:
    return read_days(text.split(), TODAY, region)


@pytest.mark.parametrize(
    "typed",
    [
        "yesterday",
        "Saturday",
        "21/11",
        "21/11/26",
        "21/11/2026",
        "2026-11-21",
        "21.11.2026",
        "21 Nov",
        "21st november",
        "nov 21",
        "21 nov 2026",
        "last saturday",
    ],
)
def test_a_day_is_read_however_it_is_written(typed: str) -> None:
    assert read(typed) == (Days(DAY, DAY), len(typed.split()))


def test_the_month_stands_first_in_the_united_states() -> None:
    eleventh_of_june = date(2026, 6, 11)
    assert read("6/11", Region.US)[0] == Days(eleventh_of_june, eleventh_of_june)
    assert read("21/11", Region.US)[0] == Days(DAY, DAY)  # there is no month 21
    assert read("11/21", Region.GB)[0] == Days(DAY, DAY)


def test_a_day_without_a_year_is_never_to_come() -> None:
    assert read("24/12")[0] == Days(date(2025, 12, 24), date(2025, 12, 24))
    assert read("29/2")[0] == Days(date(2024, 2, 29), date(2024, 2, 29))


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("1/11-5/11", date(2026, 11, 1), date(2026, 11, 5)),
        ("5/11 to 1/11", date(2026, 11, 1), date(2026, 11, 5)),
        ("2026-11-01..2026-11-05", date(2026, 11, 1), date(2026, 11, 5)),
        ("from 1 nov until 5 nov", date(2026, 11, 1), date(2026, 11, 5)),
        ("since 1/11", date(2026, 11, 1), None),
        ("before 1/11", None, date(2026, 10, 31)),
        ("this week", date(2026, 11, 16), TODAY),
        ("last week", date(2026, 11, 9), date(2026, 11, 15)),
        ("last month", date(2026, 10, 1), date(2026, 10, 31)),
    ],
)
def test_spans_are_read_to_their_last_word(
    typed: str, first: date | None, last: date | None
) -> None:
    assert read(typed) == (Days(first, last), len(typed.split()))


@pytest.mark.parametrize(
    "typed",
    ["april", "may smith", "32/13", "31/2", "49.95", "0412", "smith", "1-2", "on", "since smith"],
)
def test_names_amounts_and_numbers_are_no_days(typed: str) -> None:
    assert read(typed) == (None, 0)


def test_what_follows_a_day_is_left_alone() -> None:
    assert read("yesterday smith") == (Days(DAY, DAY), 1)
    assert read("21/11 to smith") == (Days(DAY, DAY), 1)
