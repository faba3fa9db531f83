"""Addresses by the rules of their country: what is tidied, what is wrong, what is merely odd."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.contact import PostalAddress
from app.values.countries import country_name
from app.values.postal import (
    AddressCheck,
    FieldProblem,
    Place,
    address_fields,
    check_address,
    countries,
    format_lines,
    normal_postcode,
    outward_code,
)
from tests.builders import an_address


def only_problem(check: AddressCheck) -> FieldProblem:
    (problem,) = check.problems
    return problem


def british(postcode: str) -> AddressCheck:
    return check_address(an_address("GB", postcode=postcode))


def american(postcode: str, area: str = "MA", place: Place | None = None) -> AddressCheck:
    return check_address(an_address("US", postcode=postcode, area=area), place)


# ---------------------------------------------------------------- which fields


def test_a_british_form_asks_for_what_a_british_address_has() -> None:
    fields = address_fields("GB")
    assert [field.key for field in fields] == ["name", "organisation", "street", "city", "postcode"]
    assert [field.key for field in fields if field.required] == ["street", "city", "postcode"]
    assert fields[-1].label == "Postcode"
    assert fields[-1].upper


def test_an_american_form_offers_the_states() -> None:
    by_key = {field.key: field for field in address_fields("US")}
    assert by_key["postcode"].label == "ZIP code"
    assert by_key["area"].label == "State"
    assert ("MA", "Massachusetts") in by_key["area"].choices
    assert by_key["area"].required


def test_fields_come_in_the_order_of_the_country() -> None:
    assert [field.key for field in address_fields("JP")][:3] == ["postcode", "area", "street"]
    assert [field.key for field in address_fields("DE")][-2:] == ["postcode", "city"]


@pytest.mark.parametrize("country", [code for code, _ in countries()])
def test_every_country_has_a_form_and_takes_a_whole_address(country: str) -> None:
    fields = address_fields(country)
    assert "street" in {field.key for field in fields}
    address = PostalAddress(country=country, street=("1 High Street",), city="Town")
    assert format_lines(check_address(address).address)[-1] == country_name(country)


def test_countries_are_listed_by_name_and_each_once() -> None:
    listed = countries()
    assert ("GB", "United Kingdom") in listed
    assert ("NA", "Namibia") in listed
    assert len(dict(listed)) == len(listed) == 252
    assert all(name and len(code) == 2 for code, name in listed)


# ---------------------------------------------------------------- Britain


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("ls11aa", "LS1 1AA"),
        (" LS1  1AA ", "LS1 1AA"),
        ("LS1-1AA", "LS1 1AA"),
        ("m25bq", "M2 5BQ"),
        ("w1a4zz", "W1A 4ZZ"),
        ("ec1y8sy", "EC1Y 8SY"),
        ("dn169aa", "DN16 9AA"),
        ("gir0aa", "GIR 0AA"),
        ("bfpo61", "BFPO 61"),
        ("ＬＳ１ １ＡＡ", "LS1 1AA"),
    ],
)
def test_a_british_postcode_is_written_as_the_post_writes_it(typed: str, written: str) -> None:
    check = british(typed)
    assert check.problems == ()
    assert check.address.postcode == written


@pytest.mark.parametrize("typed", ["XX1 1AA", "LS1", "LS1 1A", "1", "LS1 1AAA", "🏠", "x" * 10_000])
def test_a_postcode_that_is_not_british_is_an_error(typed: str) -> None:
    errors = british(typed).errors
    assert {error.field for error in errors} == {"postcode"}
    assert "postcode_malformed" in {error.code for error in errors}


def test_an_american_zip_in_a_british_address_is_named_as_such() -> None:
    problem = only_problem(british("02128"))
    assert problem.code == "postcode_malformed"
    assert "the United States" in problem.sentence


def test_a_letter_written_for_a_digit_is_suggested_back() -> None:
    assert only_problem(british("LS1 IAA")).suggestion == "LS1 1AA"
    assert only_problem(british("LS1O 1AA")).suggestion == "LS10 1AA"


def test_a_postcode_no_district_has_is_a_warning_and_stays() -> None:
    check = british("DN156QV")
    assert check.is_valid
    assert check.address.postcode == "DN15 6QV"
    assert only_problem(check).code == "postcode_unlikely"


@pytest.mark.parametrize("field", ["street", "city", "postcode"])
def test_what_is_missing_is_named(field: str) -> None:
    empty = () if field == "street" else ""
    problem = only_problem(check_address(an_address("GB", **{field: empty})))
    assert (problem.field, problem.code, problem.is_error) == (field, "required", True)


def test_a_name_is_not_required_for_the_post() -> None:
    assert check_address(an_address("GB", name="")).is_valid


@pytest.mark.parametrize(
    ("typed", "district"),
    [
        ("LS1 1AA", "LS1"),
        ("ls11aa", "LS1"),
        ("LS1", "LS1"),
        ("ls11", "LS11"),
        ("LS1 1", "LS1"),
        ("W1A 4ZZ", "W1A"),
        ("02128", ""),
        ("", ""),
        ("x" * 10_000, ""),
    ],
)
def test_the_district_of_a_postcode_is_known_while_it_is_typed(typed: str, district: str) -> None:
    assert outward_code(typed) == district


# ---------------------------------------------------------------- the United States


@pytest.mark.parametrize(
    ("typed", "written"),
    [("02128", "02128"), ("021281234", "02128-1234"), ("02128 1234", "02128-1234")],
)
def test_a_zip_code_keeps_its_four_more_digits(typed: str, written: str) -> None:
    check = american(typed)
    assert check.problems == ()
    assert check.address.postcode == written


@pytest.mark.parametrize("typed", ["2128", "2128-1234"])
def test_a_zip_code_that_lost_its_zero_gets_it_back_with_a_question(typed: str) -> None:
    check = american(typed)
    problem = only_problem(check)
    assert check.is_valid
    assert check.address.postcode == problem.suggestion == f"0{typed}"
    assert problem.code == "postcode_leading_zero"


def test_a_lost_zero_is_only_suggested_where_the_state_does_not_agree() -> None:
    check = american("2128", area="TX")
    assert not check.is_valid
    assert check.address.postcode == "2128"
    assert only_problem(check).suggestion == "02128"


@pytest.mark.parametrize("typed", ["MA", "ma", "Massachusetts", " massachusetts "])
def test_a_state_is_kept_by_its_code(typed: str) -> None:
    assert american("02128", area=typed).address.area == "MA"


def test_a_state_that_does_not_fit_the_zip_code_is_an_error_that_names_the_other() -> None:
    problem = only_problem(american("10001", area="California"))
    assert (problem.field, problem.code, problem.is_error) == ("area", "area_misfit", True)
    assert problem.suggestion == "NY"


def test_a_state_nobody_knows_is_an_error() -> None:
    assert only_problem(american("02128", area="Massachusets")).code == "area_unknown"


def test_a_zip_code_across_the_border_is_right_where_the_table_says_so() -> None:
    assert not american("73960", area="TX").is_valid
    across = Place("Texhoma", "TX")
    assert american("73960", area="TX", place=across).is_valid


def test_a_city_that_does_not_fit_is_a_warning_with_the_city_that_does() -> None:
    check = check_address(
        an_address("US", city="Bloomingdale", area="MN", postcode="55425"),
        Place("Minneapolis", "MN", ("Bloomington",)),
    )
    assert check.is_valid
    assert only_problem(check).suggestion == "Minneapolis"


@pytest.mark.parametrize(
    "city", ["Saint Paul", "St. Paul", "ST PAUL", "saint-paul", "Fort Snelling", "Ft Snelling"]
)
def test_accepted_names_of_a_place_fit_however_they_are_written(city: str) -> None:
    assert Place("Saint Paul", "MN", ("Fort Snelling",)).holds_city(city)


# ---------------------------------------------------------------- other countries


@pytest.mark.parametrize(
    ("country", "typed", "written"),
    [
        ("NL", "1234ab", "1234 AB"),
        ("CA", "k1a0b1", "K1A 0B1"),
        ("PL", "00950", "00-950"),
        ("IE", "a65f4e2", "A65 F4E2"),
        ("BR", "40301110", "40301-110"),
        ("CH", "CH-8000", "8000"),
        ("DE", "1067", None),
        ("FR", "LS1 1AA", None),
    ],
)
def test_postcodes_of_other_countries_are_written_their_way(
    country: str, typed: str, written: str | None
) -> None:
    assert normal_postcode(country, typed) == written


def test_a_german_postcode_that_lost_its_zero_is_suggested() -> None:
    address = an_address("DE", street=("Hauptstr. 1",), city="Dresden", postcode="1067")
    assert only_problem(check_address(address)).suggestion == "01067"


def test_an_irish_county_is_known_by_its_plain_name() -> None:
    for typed in ("Dublin", "Co. Dublin", "county dublin"):
        address = an_address("IE", street=("1 Quay",), city="Dublin", area=typed)
        assert check_address(address).address.area == "Co. Dublin"


def test_an_unknown_county_is_only_a_warning_where_none_is_required() -> None:
    address = an_address("IE", street=("1 Quay",), city="Dublin", area="Leinster")
    check = check_address(address)
    assert check.is_valid
    assert only_problem(check).code == "area_unknown"


@pytest.mark.parametrize("country", ["", "ZZ", "United Kingdom", "../gb", "x" * 10_000])
def test_a_country_nobody_knows_is_an_error(country: str) -> None:
    problem = only_problem(check_address(an_address(country)))
    assert problem.code == "country_unknown"


def test_uk_is_taken_for_gb() -> None:
    assert check_address(PostalAddress(country="uk")).address.country == "GB"


# ---------------------------------------------------------------- on paper


def test_a_british_address_is_written_line_by_line() -> None:
    address = an_address(
        "GB", name="Margaret Thompson", dependent_locality="Hyde Park", area="West Yorkshire"
    )
    assert format_lines(address, home="GB") == (
        "Margaret Thompson",
        "Flat 2",
        "14 Mill Lane",
        "Hyde Park",
        "Leeds",
        "West Yorkshire",
        "LS6 3AA",
    )


def test_an_american_address_ends_with_city_state_and_zip() -> None:
    assert format_lines(an_address("US"))[-2:] == ("Boston, MA 02128", "United States")
    assert format_lines(an_address("US", area=""))[-2] == "Boston 02128"
    assert format_lines(an_address("US", city=""))[-2] == "MA 02128"


def test_prefixes_and_local_order_follow_the_country() -> None:
    swiss = an_address("CH", street=("Bahnhofstr. 1",), city="Zürich", postcode="8000")
    assert format_lines(swiss) == ("Bahnhofstr. 1", "CH-8000 Zürich", "Switzerland")
    japanese = an_address("JP", street=("世田谷区1-2-3",), area="東京都", postcode="154-0023")
    assert format_lines(japanese, home="JP") == ("〒154-0023", "東京都", "世田谷区1-2-3")
    latin = an_address("JP", street=("1-2-3 Setagaya",), area="Tokyo", postcode="154-0023")
    assert format_lines(latin, home="JP") == ("1-2-3 Setagaya, Tokyo", "154-0023")


def test_nothing_that_was_entered_is_left_off_the_paper() -> None:
    address = PostalAddress(
        country="AE",
        name="N",
        organisation="O",
        street=("A1", "A2"),
        dependent_locality="D",
        city="C",
        area="S",
        postcode="Z",
    )
    written = " ".join(format_lines(address)).split()
    assert {"N", "O", "A1", "A2", "D", "C", "S", "Z"} <= set(written)


# ---------------------------------------------------------------- bad input

odd_texts = st.one_of(
    st.text(max_size=50),
    st.sampled_from(
        ["\u202eLeeds", "ليدز", "e\u0301" * 30, "👩‍👩‍👧", "\x00", "\ud800", "x" * 10_000]
    ),
)


@given(
    country=st.sampled_from([code for code, _ in countries()]),
    texts=st.lists(odd_texts, min_size=7, max_size=7),
)
def test_any_text_in_any_field_is_checked_and_written(country: str, texts: list[str]) -> None:
    address = PostalAddress(
        country=country,
        name=texts[0],
        organisation=texts[1],
        street=(texts[2], texts[0]),
        dependent_locality=texts[3],
        city=texts[4],
        area=texts[5],
        postcode=texts[6],
    )
    check = check_address(address)
    assert check_address(check.address).address == check.address
    assert format_lines(check.address)


def test_a_field_longer_than_a_line_is_an_error() -> None:
    codes = {p.code for p in check_address(an_address("GB", name="x" * 10_000)).errors}
    assert codes == {"too_long"}
    six_lines = tuple(f"line {number}" for number in range(6))
    assert only_problem(check_address(an_address("GB", street=six_lines))).field == "street"


def test_lines_pasted_into_one_become_lines() -> None:
    check = check_address(an_address("GB", street=("Flat 2\n14 Mill Lane\n",)))
    assert check.address.street == ("Flat 2", "14 Mill Lane")


def test_areas_have_names_that_can_be_read_and_said() -> None:
    areas = {
        country: [
            name
            for field in address_fields(country)
            if field.key == "area"
            for _, name in field.choices
        ]
        for country in ("HK", "AE", "JP", "US")
    }
    assert "Kowloon" in areas["HK"]
    assert all(name.isascii() for names in areas.values() for name in names if names)
    assert "California" in areas["US"]
