"""The real address files: all of them can be entered."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest

from app.values.contact import PostalAddress
from app.values.postal import Place, check_address, normal_postcode, outward_code

pytestmark = pytest.mark.real_data

Row = dict[str, str]


def rows_of(path: Path) -> list[Row]:
    packed = path.read_bytes()
    plain = gzip.decompress(packed) if path.suffix == ".gz" else packed
    return list(csv.DictReader(plain.decode("utf-8").splitlines()))


@pytest.fixture(scope="module")
def places() -> dict[str, Place]:
    """What the table of ZIP codes says of each."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "data"
    return {
        row["zip_code"]: Place(
            row["city"], row["state"], tuple(row["acceptable_cities"].split("|"))
        )
        for row in rows_of(folder / "us_zip_city_state.csv.gz")
    }


def test_every_american_store_can_be_entered(real_data: Path, places: dict[str, Place]) -> None:
    codes: Counter[str] = Counter()
    for row in rows_of(real_data / "us_store_addresses.csv"):
        address = PostalAddress(
            country="US",
            street=(row["address"], row["address2"]),
            city=row["city"],
            area=row["state"],
            postcode=row["zip"],
        )
        tidied = check_address(address).address
        check = check_address(tidied, places.get(tidied.postcode[:5]))
        codes.update(p.code for p in (*check_address(address).problems, *check.warnings))
        assert check.is_valid, row["id"]
        assert tidied.postcode[:5] in places
    assert codes == {"postcode_leading_zero": 19, "city_misfit": 19}


def test_every_well_formed_british_postcode_is_accepted_small_and_without_blank(
    real_data: Path,
) -> None:
    codes: Counter[str] = Counter()
    for row in rows_of(real_data / "uk_business_addresses.csv.gz"):
        for typed in (row["postcode"], row["postcode"].lower().replace(" ", "")):
            address = PostalAddress(
                country="GB", street=(row["address1"] or "-",), city="-", postcode=typed
            )
            check = check_address(address)
            codes.update(problem.code for problem in check.problems)
            assert check.address.postcode == row["postcode"], row["org_code"]
    assert codes == {"required": 32, "postcode_unlikely": 2}


def test_every_british_district_is_one(real_data: Path) -> None:
    districts = [row["postcode"] for row in rows_of(real_data / "uk_postcode_districts.csv")]
    strange = [district for district in districts if outward_code(district) != district]
    assert strange == []


def test_every_example_of_every_country_fits_its_own_rules(real_data: Path) -> None:
    rows = rows_of(real_data / "address_formats.csv.gz")
    examples = [(r["key"], e) for r in rows for e in r["zipex"].split(",") if e and ":" not in e]
    misfits = [(key, e) for key, e in examples if key != "ZZ" and normal_postcode(key, e) != e]
    assert len(examples) > 400
    assert misfits == []
