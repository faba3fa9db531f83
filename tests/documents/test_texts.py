from __future__ import annotations

import re
from datetime import UTC, date, datetime

import msgspec
import pytest

from app.documents.texts import Channels, texts_of
from app.values.vocabulary import Channel, Region
from tests.documents.papers import GB as POLICY

GB = texts_of(Region.GB)
US = texts_of(Region.US)


@pytest.mark.parametrize("region", list(Region))
def test_every_region_has_its_texts(region: Region) -> None:
    texts = texts_of(region)
    assert texts.rights.sections
    assert {field.name for field in msgspec.structs.fields(Channels)} == {c.value for c in Channel}
    assert all(getattr(texts.channels, channel.value) for channel in Channel)


@pytest.mark.parametrize("region", list(Region))
def test_rights_ask_for_nothing_but_the_ways_to_reach_the_company(region: Region) -> None:
    for section in texts_of(region).rights.sections:
        assert set(re.findall(r"\{(\w*)\}", section.text)) <= {"reach"}


def test_days_are_written_as_the_region_writes_them() -> None:
    day = date(2026, 11, 4)
    assert GB.weekday(day) == "Wednesday 4 November 2026"
    assert US.weekday(day) == "Wednesday, November 4, 2026"


@pytest.mark.parametrize(
    ("hour", "british", "american"),
    [
        (0, "00:05 UK time", "7:05 p.m. EST"),
        (17, "17:05 UK time", "12:05 p.m. EST"),
        (5, "05:05 UK time", "12:05 a.m. EST"),
    ],
)
def test_times_are_local_and_name_their_clock(hour: int, british: str, american: str) -> None:
    instant = datetime(2026, 1, 15, hour, 5, tzinfo=UTC)
    assert GB.local_time(instant) == british
    assert US.local_time(instant) == american


def test_an_evening_order_belongs_to_the_day_it_was_there() -> None:
    instant = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert GB.local_day(instant) == date(2026, 7, 2)
    assert US.local_day(instant) == date(2026, 7, 1)


def test_a_company_is_reached_in_the_ways_it_has() -> None:
    company = POLICY.company
    assert GB.ways_to_reach(company) == (
        "by telephone on 01632 960144, by e-mail to orders@fallowandfinch.example "
        "or by letter to Old Granary, 3 Mill Yard, Ludlow, SY8 1AA"
    )
    only_phone = msgspec.structs.replace(company, email="", address=())
    assert GB.ways_to_reach(only_phone) == "by telephone on 01632 960144"
