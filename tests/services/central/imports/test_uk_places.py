from __future__ import annotations

import pytest

from app.services.central.imports.uk_places import (
    country_of_postcode,
    is_county,
    parted_lines,
    town_of_district,
)


@pytest.mark.parametrize(
    ("lines", "parted"),
    [
        (
            ["THE HEALTH CENTRE", "LAWSON STREET", "STOCKTON-ON-TEES", "CLEVELAND", ""],
            (("THE HEALTH CENTRE", "LAWSON STREET"), "STOCKTON-ON-TEES", "CLEVELAND"),
        ),
        (["1 Mill Lane", "Leeds"], (("1 Mill Lane",), "Leeds", "")),
        (
            ["MULBERRY HOUSE", "1 WORSALL ROAD", "YARM, CLEVELAND"],
            (("MULBERRY HOUSE", "1 WORSALL ROAD"), "YARM", "CLEVELAND"),
        ),
        (["1 Road", "WEST DIDSBURY, MANCHESTER"], (("1 Road", "WEST DIDSBURY"), "MANCHESTER", "")),
        (["1 Road", "ST.HELIER, JERSEY"], (("1 Road",), "ST.HELIER", "JERSEY")),
        (["1 Avenue", "CARSHALTON,", "SURREY"], (("1 Avenue",), "CARSHALTON", "SURREY")),
        (["", " "], ((), "", "")),
        (["KENT"], ((), "KENT", "")),
    ],
)
def test_lines_without_labels_are_told_apart(
    lines: list[str], parted: tuple[tuple[str, ...], str, str]
) -> None:
    assert parted_lines(lines) == parted


@pytest.mark.parametrize("name", ["Kent", "TYNE & WEAR", "Co. Durham", "West Yorkshire"])
def test_counties_are_known_however_they_are_written(name: str) -> None:
    assert is_county(name)


@pytest.mark.parametrize("name", ["Leeds", "London", "Durham", "Bath", ""])
def test_towns_are_no_counties(name: str) -> None:
    assert not is_county(name)


@pytest.mark.parametrize(
    ("postcode", "country"),
    [("LS6 3AA", "GB"), ("je2 3ab", "JE"), ("GY1 1AA", "GG"), ("IM1", "IM"), ("", "GB")],
)
def test_the_islands_are_countries_of_their_own(postcode: str, country: str) -> None:
    assert country_of_postcode(postcode) == country


@pytest.mark.parametrize(
    ("outward", "town", "region", "expected"),
    [
        ("LS11", "", "Leeds", "Leeds"),
        ("LS22", "Wetherby", "Leeds", "Wetherby"),
        ("EH15", "Portobello", "City of Edinburgh", "Edinburgh"),
        ("SW11", "Wandsworth", "Greater London", "London"),
        ("EC1A", "", "City of London", "London"),
        ("EH54", "Livingston, Bathgate", "West Lothian", "Livingston"),
        ("IV1", "", "Highland", ""),
        ("AB30", "", "Aberdeenshire", ""),
        ("BT34", "", "Newry and Mourne", ""),
        ("XX1", "", "", ""),
    ],
)
def test_the_town_of_a_district_is_told_as_well_as_it_can_be(
    outward: str, town: str, region: str, expected: str
) -> None:
    assert town_of_district(outward, town, region) == expected
