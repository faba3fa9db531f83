"""Sources of addresses: each says what it knows, the chain asks the next, a site brings its own."""

from __future__ import annotations

import csv
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from app.adapters.address_lookup import (
    ENTRY_POINT_GROUP,
    FirstThatKnows,
    TestProvider,
    Towns,
    ZipTable,
    desk_lookup,
    site_providers,
)
from app.values.errors import Fault, Unreachable
from app.values.postal import Place, check_address
from app.wire.addresses import AddressSuggestions, LookUpAddress
from app.wire.sync import Town

LEEDS = Town(country="GB", postcode="LS6", city="Leeds")


def town_of(country: str, postcode: str) -> Town | None:
    return LEEDS if (country, postcode) == ("GB", "LS6") else None


def asked(country: str, postcode: str, house: str = "") -> LookUpAddress:
    return LookUpAddress(country=country, postcode=postcode, house=house)


class Knows:
    """A source that always says the same."""

    def __init__(self, city: str) -> None:
        self._city = city

    def look_up(self, request: LookUpAddress) -> AddressSuggestions:
        return AddressSuggestions(city=self._city, source="Knows")


class IsAway:
    """A source outside that does not answer."""

    def look_up(self, request: LookUpAddress) -> AddressSuggestions:
        raise Unreachable("unreachable", "The address service does not answer.")


def broken_provider() -> object:
    return object()


def site_provider() -> Knows:
    return Knows("Sheffield")


# ---------------------------------------------------------------- tables


@pytest.mark.parametrize("postcode", ["55425", "55425-1234", "554251234", " 55425 "])
def test_a_zip_code_tells_city_state_and_other_names(postcode: str) -> None:
    answer = ZipTable().look_up(asked("US", postcode))
    assert (answer.city, answer.area) == ("Minneapolis", "MN")
    assert "Bloomington" in answer.other_cities
    assert answer.source == "ZIP code table"


def test_a_zip_code_that_lost_its_zero_is_known() -> None:
    assert ZipTable().look_up(asked("US", "2128")).area == "MA"


@pytest.mark.parametrize(
    ("country", "postcode"),
    [("US", "00000"), ("US", ""), ("US", "LS6 3AA"), ("US", "x" * 10_000), ("GB", "55425")],
)
def test_what_the_zip_table_does_not_hold_is_nothing(country: str, postcode: str) -> None:
    assert ZipTable().look_up(asked(country, postcode)) == AddressSuggestions()


@pytest.mark.parametrize("postcode", ["LS6 3AA", "ls63aa", "LS6", "ls6 3"])
def test_a_british_postcode_tells_its_town(postcode: str) -> None:
    assert Towns(town_of).look_up(asked("GB", postcode)).city == "Leeds"


@pytest.mark.parametrize(("country", "postcode"), [("GB", "M1 1AE"), ("GB", ""), ("US", "LS6")])
def test_what_no_district_was_imported_for_is_nothing(country: str, postcode: str) -> None:
    assert Towns(town_of).look_up(asked(country, postcode)) == AddressSuggestions()


@pytest.mark.real_data
def test_every_store_but_the_known_exceptions_fits_the_city_of_its_zip_code(
    real_data: Path,
) -> None:
    table = ZipTable()
    with (real_data / "us_store_addresses.csv").open(encoding="utf-8") as file:
        stores = list(csv.DictReader(file))
    answers = [(store, table.look_up(asked("US", store["zip"]))) for store in stores]
    assert all(answer.area == store["state"] for store, answer in answers)
    places = [(s, Place(a.city, a.area, a.other_cities)) for s, a in answers]
    assert sum(not place.holds_city(store["city"]) for store, place in places) == 19


# ---------------------------------------------------------------- test addresses


def test_made_up_addresses_say_that_they_are() -> None:
    answer = TestProvider().look_up(asked("GB", "ls63aa"))
    assert answer.source == "Test address data"
    assert len(answer.addresses) == 6
    assert all(check_address(address).problems == () for address in answer.addresses)


def test_a_house_number_narrows_the_choice() -> None:
    found = TestProvider().look_up(asked("GB", "LS6 3AA", house="14")).addresses
    assert {address.street for address in found} == {
        ("Flat 1", "14 Mill Lane"),
        ("Flat 2", "14 Mill Lane"),
    }
    flat = TestProvider().look_up(asked("GB", "LS6 3AA", house="flat 2")).addresses
    assert [address.street for address in flat] == [("Flat 2", "14 Mill Lane")]


def test_made_up_american_addresses_are_right_too() -> None:
    for zip_code in ("02128", "98101", "60601"):
        answer = TestProvider().look_up(asked("US", zip_code))
        assert answer.addresses
        assert all(check_address(address).problems == () for address in answer.addresses)


def test_no_address_is_made_up_for_another_postcode() -> None:
    assert TestProvider().look_up(asked("GB", "LS6 3AB")) == AddressSuggestions()


# ---------------------------------------------------------------- one after the other


def test_the_first_that_knows_answers() -> None:
    chain = FirstThatKnows(Towns(town_of), Knows("Sheffield"), Knows("York"))
    assert chain.look_up(asked("GB", "LS6")).city == "Leeds"
    assert chain.look_up(asked("GB", "S1")).city == "Sheffield"


def test_a_source_that_is_away_is_passed_over() -> None:
    chain = FirstThatKnows(IsAway(), Knows("York"))
    assert chain.look_up(asked("GB", "YO1")).city == "York"


def test_a_source_that_is_away_is_named_where_nobody_knows() -> None:
    with pytest.raises(Unreachable):
        FirstThatKnows(IsAway(), Towns(town_of)).look_up(asked("GB", "YO1"))


def test_where_nobody_knows_the_answer_is_nothing() -> None:
    assert FirstThatKnows().look_up(asked("GB", "YO1")) == AddressSuggestions()


# ---------------------------------------------------------------- a site's own


def installed(name: str, of: str) -> EntryPoint:
    """What a package says of itself; this module stands in for it."""
    return EntryPoint(name, f"{__name__}:{of}", ENTRY_POINT_GROUP)


def test_a_sites_own_provider_is_loaded_and_asked() -> None:
    (provider,) = site_providers([installed("yorkshire", "site_provider")])
    assert provider.look_up(asked("GB", "S1")).city == "Sheffield"


@pytest.mark.parametrize("of", ["no_such_name", "broken_provider", "ENTRY_POINT_GROUP"])
def test_a_provider_that_cannot_be_used_stops_the_start_with_its_name(of: str) -> None:
    with pytest.raises(Fault, match="yorkshire"):
        site_providers([installed("yorkshire", of)])


def test_a_provider_whose_package_is_gone_stops_the_start() -> None:
    gone = EntryPoint("gone", "no_such_package:provider", ENTRY_POINT_GROUP)
    with pytest.raises(Fault, match="address_lookup_broken"):
        site_providers([gone])


def test_a_desk_asks_test_addresses_only_in_a_trial() -> None:
    request = asked("GB", "LS6 3AA")
    assert desk_lookup(town_of, test_addresses=True).look_up(request).addresses
    answer = desk_lookup(town_of, test_addresses=False).look_up(request)
    assert (answer.city, answer.addresses) == ("Leeds", ())
