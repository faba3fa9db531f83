"""Sources that fill in an address from what the caller said first, behind the AddressLookup port.

Called off the GUI thread: the table of ZIP codes takes a third of a second to load the first time.
A site adds its own provider as an installed package with an entry point in the group
`readback.address_lookup` that names a function without arguments, which gives an AddressLookup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import zipcodes

from app.services.ports import AddressLookup
from app.values.contact import PostalAddress
from app.values.errors import Fault, Unreachable
from app.values.postal import normal_postcode, outward_code
from app.wire.addresses import AddressSuggestions, LookUpAddress
from app.wire.sync import Town

ENTRY_POINT_GROUP = "readback.address_lookup"
TEST_SOURCE = "Test address data"

TownOf = Callable[[str, str], Town | None]
"""Asks the desk's copy of the post towns: country, outward code."""

_NOTHING = AddressSuggestions()


class ZipTable:
    """City and state of an American ZIP code, from the package `zipcodes` (MIT)."""

    def look_up(self, request: LookUpAddress) -> AddressSuggestions:
        """Nothing for other countries and for ZIP codes the table does not hold."""
        postcode = _whole_zip(request.postcode) if request.country == "US" else None
        rows = _zip_rows(postcode[:5]) if postcode else []
        if not rows:
            return _NOTHING
        row = rows[0]
        return AddressSuggestions(
            city=row["city"],
            area=row["state"],
            other_cities=tuple(row["acceptable_cities"]),
            source="ZIP code table",
        )


def _whole_zip(text: str) -> str | None:
    """The ZIP code, with the leading zeros that spreadsheets drop."""
    short = text.strip()
    return normal_postcode("US", short.zfill(5) if 3 <= len(short) < 5 else short)


def _zip_rows(zip_code: str) -> list[dict[str, Any]]:
    """The rows of a ZIP code of five digits, those in use first."""
    rows: list[dict[str, Any]] = zipcodes.matching(zip_code)  # type: ignore[no-untyped-call]
    return sorted(rows, key=_out_of_use)


def _out_of_use(row: dict[str, Any]) -> bool:
    return not row["active"]


class Towns:
    """The town of a British postcode, from the districts that were imported at the centre."""

    def __init__(self, town_of: TownOf) -> None:
        self._town_of = town_of

    def look_up(self, request: LookUpAddress) -> AddressSuggestions:
        """Nothing for districts nobody imported."""
        district = outward_code(request.postcode) if request.country == "GB" else ""
        town = self._town_of("GB", district) if district else None
        if town is None or not town.city:
            return _NOTHING
        return AddressSuggestions(city=town.city, area=town.area, source="Post town table")


class TestProvider:
    """Whole addresses, made up for a few postcodes and labelled so; for demo and tests."""

    __test__ = False

    def look_up(self, request: LookUpAddress) -> AddressSuggestions:
        """Every house of the postcode, or those whose number begins as asked."""
        postcode = normal_postcode(request.country, request.postcode) or ""
        known = _TEST_STREETS.get((request.country, postcode))
        if known is None:
            return _NOTHING
        street, city, area, houses = known
        return AddressSuggestions(
            city=city,
            area=area,
            addresses=tuple(
                PostalAddress(
                    country=request.country,
                    street=(*lines[:-1], f"{lines[-1]} {street}"),
                    city=city,
                    area=area,
                    postcode=postcode,
                )
                for lines in houses
                if _is_house(lines, request.house)
            ),
            source=TEST_SOURCE,
        )


_Houses = tuple[tuple[str, ...], ...]
_TEST_STREETS: dict[tuple[str, str], tuple[str, str, str, _Houses]] = {
    ("GB", "LS6 3AA"): (
        "Mill Lane",
        "Leeds",
        "",
        (("12",), ("Flat 1", "14"), ("Flat 2", "14"), ("16",), ("16A",), ("18",)),
    ),
    ("GB", "M1 1AE"): (
        "Harbour Street",
        "Manchester",
        "",
        (("1",), ("3",), ("5",), ("15",), ("50",)),
    ),
    ("GB", "EH1 1BB"): ("Castle Wynd", "Edinburgh", "", (("2",), ("4",), ("6",))),
    ("US", "02128"): ("Meridian Street", "Boston", "MA", (("340",), ("342",), ("344",))),
    ("US", "98101"): ("Pike Street", "Seattle", "WA", (("1500",), ("1515",), ("Suite 4", "1550"))),
    ("US", "60601"): ("N Wacker Drive", "Chicago", "IL", (("100",), ("110",))),
}


def _is_house(lines: tuple[str, ...], wanted: str) -> bool:
    asked = wanted.strip().casefold()
    return not asked or any(_begins(line, asked) for line in lines)


def _begins(line: str, asked: str) -> bool:
    return line.casefold().startswith(asked) or line.casefold().endswith(f" {asked}")


class FirstThatKnows:
    """Asks one source after the other and gives the first answer that says anything."""

    def __init__(self, *sources: AddressLookup) -> None:
        self._sources = sources

    def look_up(self, request: LookUpAddress) -> AddressSuggestions:
        """Raises Unreachable where nobody knows and a source that might is away."""
        away: Unreachable | None = None
        for source in self._sources:
            try:
                answer = source.look_up(request)
            except Unreachable as cause:
                away = cause
                continue
            if answer.city or answer.addresses:
                return answer
        if away is not None:
            raise away
        return _NOTHING


def site_providers(installed: Iterable[EntryPoint] | None = None) -> tuple[AddressLookup, ...]:
    """The providers that packages of the site bring along, by name.

    Raises Fault `address_lookup_broken` where one cannot be used: at the start, not in a call.
    """
    found = entry_points(group=ENTRY_POINT_GROUP) if installed is None else installed
    return tuple(_provider(entry) for entry in sorted(found, key=_name))


def _name(entry: EntryPoint) -> str:
    return entry.name


def _provider(entry: EntryPoint) -> AddressLookup:
    try:
        provider: AddressLookup = entry.load()()
    except (ImportError, AttributeError, TypeError) as cause:
        raise _broken(entry) from cause
    if not callable(getattr(provider, "look_up", None)):
        raise _broken(entry)
    return provider


def _broken(entry: EntryPoint) -> Fault:
    return Fault("address_lookup_broken", f"The address look-up {entry.name} cannot be used.")


def desk_lookup(town_of: TownOf, *, test_addresses: bool) -> AddressLookup:
    """All sources of a desk: the site's own, made-up addresses in a trial, then the tables."""
    made_up = (TestProvider(),) if test_addresses else ()
    return FirstThatKnows(*site_providers(), *made_up, ZipTable(), Towns(town_of))
