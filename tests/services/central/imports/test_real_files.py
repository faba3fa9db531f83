"""The real files of ../shared/data, or a slice of them: their oddities are not made up."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from app.services.central.imports.catalogue import CatalogueOptions, import_catalogue
from app.services.central.imports.customers import CustomerOptions, import_customers
from app.services.central.imports.price_list import ListedProduct
from app.services.central.imports.rejects import Counts, Rejects
from app.services.central.imports.sale_history import FIELDS, SaleHistory
from app.services.central.imports.table_file import TableFile, place_columns
from app.services.central.imports.towns import TownOptions, import_towns
from app.services.central.transaction import Transactions
from app.values.money import Currency
from app.values.vocabulary import ProductKind
from tests.import_files import Folder
from tests.order_desk import OrderCentre

pytestmark = pytest.mark.real_data

SLICE = 40_000


def first_rows(path: Path, count: int) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from (line.rstrip("\r\n") for line in islice(file, count + 1))


@pytest.fixture(scope="module")
def told() -> dict[str, ListedProduct]:
    """Products told from all 541,909 order lines, by code in capitals."""
    path = _real_data() / "online_retail_2011.csv.gz"
    with TableFile(path) as file, Rejects(None, file.header) as rejects:
        columns = place_columns(file.header, FIELDS, {})
        history = SaleHistory(columns, len(file.header), Currency.GBP)
        history.gather(file.rows(), rejects)
        assert file.rows_read == 541_909
        assert rejects.counts == {
            "a cancellation": 8_704,
            "the price is zero": 2_515,
            "the price is below zero": 2,
        }
        return {product.code.upper(): product for product in history.products()}


def _real_data() -> Path:
    return Path(__file__).resolve().parents[5] / "shared" / "data"


def breaks_of(product: ListedProduct) -> list[tuple[int, str]]:
    return [(quantity, str(price)) for quantity, price in product.breaks]


class TestTheOnlineRetailer:
    def test_lists_every_code_that_was_ever_sold(self, told: dict[str, ListedProduct]) -> None:
        assert len(told) == 3_814
        assert told["15056BL"].code == "15056BL"
        assert told["GIFT_0001_10"].code == "gift_0001_10"

    def test_lists_prices_and_breaks_as_they_held_last(
        self, told: dict[str, ListedProduct]
    ) -> None:
        assert breaks_of(told["85123A"]) == [(1, "£2.95"), (32, "£2.55")]
        assert breaks_of(told["22423"]) == [(1, "£12.75"), (14, "£10.95")]
        assert breaks_of(told["22960"]) == [(1, "£4.25"), (12, "£3.75")]
        assert breaks_of(told["21754"])[0] == (1, "£6.25")

    def test_calls_things_what_they_were_called_most(self, told: dict[str, ListedProduct]) -> None:
        assert told["85123A"].description == "WHITE HANGING HEART T-LIGHT HOLDER"
        assert told["GIFT_0001_10"].description == "Dotcomgiftshop Gift Voucher £10.00"

    def test_calls_no_quantity_usual_that_was_a_slip(self, told: dict[str, ListedProduct]) -> None:
        assert told["23843"].typical_quantity is None
        assert told["85123A"].typical_quantity == 6

    def test_has_charges_that_are_only_money(self, told: dict[str, ListedProduct]) -> None:
        charges = {code for code, p in told.items() if p.kind is ProductKind.CHARGE}
        assert charges == {
            *("POST", "DOT", "C2", "M", "D", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK"),
        }
        assert {code for code, p in told.items() if p.withdrawn} == {"D", "CRUK"}

    def test_has_the_breaks_that_others_observed(self, told: dict[str, ListedProduct]) -> None:
        """Of those a quantity explains well, where the list price did not change since."""
        path = _real_data() / "observed_quantity_breaks_2011.csv.gz"
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            observed = [row for row in csv.DictReader(file) if float(row["accuracy"]) >= 0.97]
        same_list = [
            row
            for row in observed
            if str(told[row["code"].upper()].breaks[0][1]) == _pounds(row["list_price"])
        ]
        same_break = [
            row
            for row in same_list
            if (int(row["best_qty_threshold"]), _pounds(row["break_price"]))
            in breaks_of(told[row["code"].upper()])[1:]
        ]
        assert len(same_list) > 0.93 * len(observed)
        assert len(same_break) > 0.93 * len(same_list)


def _pounds(text: str) -> str:
    return f"£{float(text):.2f}"


def test_order_lines_imported_twice_change_nothing(
    local: OrderCentre, owner: Transactions, folder: Folder
) -> None:
    path = folder.gz(*first_rows(_real_data() / "online_retail_2011.csv.gz", SLICE))
    options = CatalogueOptions(rejects=folder.rejects)
    first = import_catalogue(owner, path, options)
    changes = local.rows("SELECT count(*) FROM change")[0][0]
    again = import_catalogue(owner, path, options)
    assert first.rows == first.taken + len(folder.rejected()) == SLICE
    assert again.counts == Counts(0, 0, first.counts.added)
    assert local.rows("SELECT count(*) FROM change")[0][0] == changes == first.counts.added


def test_a_list_of_phones_is_imported_but_for_three_without_a_code(
    local: OrderCentre, owner: Transactions, folder: Folder
) -> None:
    path = _real_data() / "bestbuy_products.csv.gz"
    options = CatalogueOptions(rejects=folder.rejects, currency=Currency.USD)
    summary = import_catalogue(owner, path, options)
    assert (summary.rows, summary.taken) == (3_291, 3_288)
    assert [row[:2] for row in folder.rejected()] == [
        [number, "no product code"] for number in ("63", "626", "1462")
    ]
    row = local.rows(
        "SELECT p.description, b.unit_price, r.currency FROM product p"
        " JOIN price r USING (code) JOIN price_break b USING (code) WHERE code = '4984700'"
    )[0]
    assert (row.unit_price, row.currency) == (499_900, "USD")
    assert row.description.startswith("AT&T GoPhone - Samsung Galaxy Express 3")


def test_surgeries_are_imported_with_town_and_telephone(
    local: OrderCentre, owner: Transactions, folder: Folder
) -> None:
    path = folder.gz(*first_rows(_real_data() / "uk_business_addresses.csv.gz", 3_000))
    summary = import_customers(owner, path, CustomerOptions(rejects=folder.rejects))
    assert (summary.rows, summary.taken) == (3_000, 3_000)
    towns = local.rows("SELECT city, count(*) FROM address GROUP BY 1 ORDER BY 2 DESC LIMIT 3")
    assert {row.city for row in towns} < {
        *("LONDON", "BIRMINGHAM", "SHEFFIELD", "MIDDLESBROUGH", "LEEDS", "NOTTINGHAM", "BRADFORD"),
        *("LEICESTER", "COVENTRY", "HULL", "ROTHERHAM", "MANCHESTER", "LIVERPOOL"),
    }


def test_the_towns_of_britain_are_imported(
    local: OrderCentre, owner: Transactions, folder: Folder
) -> None:
    path = _real_data() / "uk_postcode_districts.csv"
    summary = import_towns(owner, path, TownOptions(rejects=folder.rejects))
    assert (summary.rows, summary.taken) == (2_856, 2_670)
    assert {row[1] for row in folder.rejected()} == {"no town"}
    towns = dict(
        tuple(row)
        for row in local.rows(
            "SELECT postcode, city FROM town"
            " WHERE postcode IN ('LS11', 'EH15', 'SW11', 'M13', 'GY1', 'B14')"
        )
    )
    assert towns == {
        "LS11": "Leeds",
        "EH15": "Edinburgh",
        "SW11": "London",
        "M13": "Manchester",
        "GY1": "St Peter Port",
        "B14": "Birmingham",
    }
