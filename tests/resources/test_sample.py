"""The sample of resources/sample: it is right in itself, and the importers take every row of it."""

from __future__ import annotations

import csv
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path

import msgspec
import pytest
import zipcodes

from app.services.central.imports.customers import FIELDS as CUSTOMER_FIELDS
from app.services.central.imports.customers import CustomerFile
from app.services.central.imports.price_list import FIELDS as PRODUCT_FIELDS
from app.services.central.imports.price_list import ListedProduct, PriceList
from app.services.central.imports.rejects import Rejects
from app.services.central.imports.table_file import TableFile, place_columns
from app.settings import resource_folder
from app.values.contact import PostalAddress
from app.values.money import Currency
from app.values.postal import check_address, outward_code
from app.values.telephone import PhoneNumber
from app.values.vocabulary import ProductKind, Role, TaxCategory
from app.wire.sync import Policy

SAMPLE = resource_folder() / "sample"
KEPT_FREE_FOR_DRAMA = re.compile(
    r"\+44(7700900\d{3}|2079460\d{3}|1(13|14|15|16|17|18|21|31|41|51|61)4960\d{3}"
    r"|1914980\d{3}|2896496\d{3}|2920180\d{3}|1632960\d{3})|\+1\d{3}55501\d{2}"
)
SOUND_ALIKE = ("BCDEGPTV", "MN", "FS")
TEENS_AND_TENS = {13: 30, 14: 40, 15: 50, 16: 60, 17: 70, 18: 80, 19: 90}


def _rows(name: str) -> list[dict[str, str]]:
    with (SAMPLE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


PRODUCTS = _rows("catalogue.csv")
GOODS = [row for row in PRODUCTS if row["kind"] == "goods"]
CUSTOMERS = _rows("customers.csv")
TOWNS = {row["postcode"]: row["city"] for row in _rows("towns.csv")}


@pytest.fixture
def listed() -> Iterator[list[ListedProduct]]:
    """The catalogue as the importer reads it."""
    with TableFile(SAMPLE / "catalogue.csv") as file, Rejects(None, file.header) as rejects:
        columns = place_columns(file.header, PRODUCT_FIELDS, {})
        prices = PriceList(columns, len(file.header), Currency.GBP)
        yield list(prices.read(file.rows(), rejects))
        assert not rejects.counts


def test_the_importer_takes_every_product_with_all_that_is_said_of_it(
    listed: list[ListedProduct],
) -> None:
    assert len(listed) == len(PRODUCTS) > 500
    kinds = Counter(product.kind for product in listed)
    assert kinds[ProductKind.CHARGE] >= 3
    assert {product.tax_category for product in listed} == set(TaxCategory)
    assert sum(product.typical_quantity is not None for product in listed) > 400


def test_prices_fall_with_the_quantity(listed: list[ListedProduct]) -> None:
    with_breaks = [product for product in listed if len(product.breaks) > 1]
    assert len(with_breaks) > 150
    for product in with_breaks:
        for (_, above), (_, below) in pairwise(product.breaks):
            assert below.ten_thousandths < above.ten_thousandths, product.code


def test_codes_differ_even_when_capitals_are_ignored() -> None:
    codes = [row["code"].upper() for row in PRODUCTS]
    assert len(set(codes)) == len(codes)


def test_most_stock_is_counted_some_is_not_and_some_is_nearly_gone() -> None:
    stock = [row["stock"] for row in GOODS]
    assert 30 < stock.count("") < len(stock) / 4
    assert {"0", "1", "2", "3"} <= set(stock)


def test_there_are_twins_that_differ_in_one_word() -> None:
    pairs = [
        (a, b)
        for a, b in combinations([row["description"].split() for row in GOODS], 2)
        if len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) == 1
    ]
    assert len(pairs) > 150
    differences = {frozenset(word.strip(",") for word in {*a} ^ {*b}) for a, b in pairs}
    for twins in ({"left-handed", "right-handed"}, {"small", "large"}, {"bear", "hare"}):
        assert frozenset(twins) in differences


def test_there_are_codes_that_sound_alike_at_the_end() -> None:
    codes = {row["code"] for row in GOODS}
    for letters in SOUND_ALIKE:
        stems = Counter(code[:-1] for code in codes if code[-1] in letters)
        assert max(stems.values()) >= 2, letters


def test_there_are_codes_that_a_teen_taken_for_a_ten_turns_into_each_other() -> None:
    codes = {row["code"] for row in GOODS}
    pairs = [
        (code, code[:-2] + str(ten))
        for code in codes
        for teen, ten in TEENS_AND_TENS.items()
        if code.endswith(str(teen)) and code[:-2] + str(ten) in codes
    ]
    assert len(pairs) > 10


def test_there_are_descriptions_in_which_a_teen_sounds_like_a_ten() -> None:
    descriptions = {row["description"] for row in GOODS}
    pairs = [
        text
        for text in descriptions
        for teen, ten in TEENS_AND_TENS.items()
        if re.sub(rf"\b{teen}\b", str(ten), text) in descriptions - {text}
    ]
    assert len(pairs) > 8


def test_there_are_two_codes_with_the_same_words() -> None:
    counts = Counter(row["description"] for row in GOODS)
    assert sum(count == 2 for count in counts.values()) >= 4


def test_there_are_codes_one_digit_and_one_swap_apart() -> None:
    codes = sorted(row["code"] for row in GOODS)
    one_digit = swapped = 0
    for a, b in combinations(codes, 2):
        if len(a) != len(b):
            continue
        places = [at for at, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
        one_digit += len(places) == 1 and a[places[0]].isdigit() and b[places[0]].isdigit()
        is_swap = len(places) == 2 and places[1] == places[0] + 1
        swapped += is_swap and a[places[0]] == b[places[1]] and a[places[1]] == b[places[0]]
    assert one_digit > 500
    assert swapped > 20


def test_single_pieces_stand_beside_sets_of_them() -> None:
    descriptions = [row["description"].casefold() for row in GOODS]
    sets = [text for text in descriptions if re.search(r"\bset of \d+", text)]
    assert len(sets) >= 15
    assert "teaspoon, stainless steel" in descriptions
    assert "set of 6 teaspoons, stainless steel" in descriptions


def test_the_importer_takes_every_customer() -> None:
    path = SAMPLE / "customers.csv"
    with TableFile(path) as file, Rejects(None, file.header) as rejects:
        columns = place_columns(file.header, CUSTOMER_FIELDS, {})
        read = list(CustomerFile(columns, len(file.header), "GB").read(file.rows(), rejects))
        assert not rejects.counts
    assert len(read) == len(CUSTOMERS) >= 60


def test_customers_ring_from_numbers_kept_free_for_drama() -> None:
    for row in CUSTOMERS:
        number = PhoneNumber.parse(row["phone"], row["country"])
        assert KEPT_FREE_FOR_DRAMA.fullmatch(number.e164), row["phone"]


def test_customers_live_in_places_that_fit_their_postcodes() -> None:
    for row in CUSTOMERS:
        address = PostalAddress(
            country=row["country"],
            street=(row["street"],),
            city=row["city"],
            area=row["area"],
            postcode=row["postcode"],
        )
        assert not check_address(address).problems, row
        if row["country"] == "GB":
            assert TOWNS[outward_code(row["postcode"])] == row["city"]
        else:
            (place,) = zipcodes.matching(row["postcode"])  # type: ignore[no-untyped-call]
            assert row["city"] in {place["city"], *place["acceptable_cities"]}
            assert row["area"] == place["state"]


def test_customers_are_as_mixed_as_callers_are() -> None:
    emails = [row["email"] for row in CUSTOMERS]
    assert emails.count("") > 10
    assert all(email.endswith("example.org") for email in emails if email)
    assert sum(row["text_relay"] == "yes" for row in CUSTOMERS) >= 3
    assert sum(bool(row["organisation"]) for row in CUSTOMERS) >= 3
    assert sum(row["country"] == "US" for row in CUSTOMERS) >= 5
    assert sum(not row["name"].isascii() for row in CUSTOMERS) >= 8
    surnames = Counter(row["name"].split()[-1] for row in CUSTOMERS)
    assert sum(count > 1 for count in surnames.values()) >= 5


def test_towns_are_those_of_british_postcode_districts() -> None:
    assert len(TOWNS) == len(_rows("towns.csv"))
    assert all(re.fullmatch(r"[A-Z]{1,2}\d{1,2}[A-Z]?", district) for district in TOWNS)
    assert len(set(TOWNS.values())) >= 40


def test_three_csrs_a_team_lead_and_an_administrator_work_in_the_trial() -> None:
    people = tomllib.loads((SAMPLE / "people.toml").read_text(encoding="utf-8"))["person"]
    assert Counter(Role(person["role"]) for person in people) == {
        Role.CSR: 3,
        Role.TEAM_LEAD: 1,
        Role.ADMINISTRATOR: 1,
    }
    assert len({person["login"] for person in people}) == len(people)
    assert "Dana Okafor" in {person["name"] for person in people}


def test_the_policy_has_every_field_and_no_other() -> None:
    text = (SAMPLE / "policy.toml").read_text(encoding="utf-8")
    policy = msgspec.toml.decode(text, type=Policy)
    assert set(tomllib.loads(text)) == {field.name for field in msgspec.structs.fields(Policy)}
    company = policy.company
    assert all((company.name, company.address, company.email, company.registration))
    assert KEPT_FREE_FOR_DRAMA.fullmatch(PhoneNumber.parse(company.phone, "GB").e164)


def test_what_the_readme_counts_is_there() -> None:
    told = dict(re.findall(r"\| `(\w+\.\w+)` \| (\d+) \|", _read(SAMPLE / "README.md")))
    assert told == {
        "catalogue.csv": str(len(PRODUCTS)),
        "customers.csv": str(len(CUSTOMERS)),
        "towns.csv": str(len(TOWNS)),
        "people.toml": "5",
    }


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
