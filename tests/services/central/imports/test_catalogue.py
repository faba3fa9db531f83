from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.services.central.feed import page_after
from app.services.central.imports.catalogue import CatalogueOptions, import_catalogue
from app.services.central.imports.rejects import Counts, ImportSummary
from app.services.central.transaction import Transaction, Transactions
from app.values.errors import Refusal
from app.values.money import Currency
from app.wire.catalogue import ProductView
from app.wire.message import decode
from app.wire.sync import Cursor, WaitForChanges
from tests.import_files import SALE, Folder, a_sale
from tests.order_desk import OrderCentre


def taken_in(owner: Transactions, folder: Folder, path: Path, **options: Any) -> ImportSummary:  # noqa: ANN401 - options of the import
    chosen = CatalogueOptions(**{"rejects": folder.rejects, **options})
    return import_catalogue(owner, path, chosen)


def products(centre: OrderCentre) -> dict[str, ProductView]:
    """The catalogue as desks hear of it."""

    def page(tx: Transaction) -> dict[str, ProductView]:
        epoch = tx.session.execute(text("SELECT feed_epoch FROM installation")).scalar_one()
        since = Cursor(epoch=epoch, transaction=0, row=0)
        changes = page_after(tx, WaitForChanges(since=since), None).changes
        return {change.key: decode(change.document, ProductView) for change in changes}

    return centre.transactions.read(page)


def change_rows(centre: OrderCentre) -> int:
    return int(centre.rows("SELECT count(*) FROM change")[0][0])


class TestAPriceList:
    def test_becomes_products_with_prices(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        path = folder.file("sku,name,price", "A-1,  Green   tea ,2.95", "00042,Cup,£1,250.5")
        path = folder.file("sku,name,price", "A-1,  Green   tea ,2.95", '00042,Cup,"£1,250.50"')
        assert taken_in(owner, folder, path).counts == Counts(2, 0, 0)
        tea, cup = products(local)["A-1"], products(local)["00042"]
        assert (tea.description, tea.breaks[0].price.ten_thousandths) == ("Green tea", 29_500)
        assert cup.breaks[0].price.ten_thousandths == 12_505_000
        assert cup.revision == cup.price_version == 1

    def test_may_say_everything_about_a_product(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        path = folder.file(
            "code,description,price,breaks,tax,typical,kind,stock,withdrawn",
            "T-1,Tea,2.95,12:2.55;48:2.30,zero,6,goods,40,no",
            "POST,Postage,4.95,,,,charge,,",
            "OLD-1,Old,1,,reduced,,,,yes",
        )
        taken_in(owner, folder, path)
        tea, post, old = (products(local)[code] for code in ("T-1", "POST", "OLD-1"))
        assert [(b.from_quantity, b.price.ten_thousandths) for b in tea.breaks] == [
            (1, 29_500),
            (12, 25_500),
            (48, 23_000),
        ]
        assert (tea.tax_category.value, tea.typical_quantity, tea.available) == ("zero", 6, 40)
        assert (post.kind.value, post.available) == ("charge", None)
        assert (old.withdrawn, old.tax_category.value) == (True, "reduced")

    def test_imported_again_changes_nothing(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        path = folder.file("sku,name,price,stock", "A-1,Tea,2.95,7", "B-1,Cup,1,")
        taken_in(owner, folder, path)
        before = (change_rows(local), products(local))
        assert taken_in(owner, folder, path).counts == Counts(0, 0, 2)
        assert (change_rows(local), products(local)) == before

    def test_with_a_new_price_adds_a_version_and_keeps_the_old(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        taken_in(owner, folder, folder.file("sku,name,price", "A-1,Tea,2.95"))
        summary = taken_in(owner, folder, folder.file("sku,name,price", "a-1,Tea,3.25"))
        tea = products(local)["A-1"]
        assert summary.counts == Counts(0, 1, 0)
        assert (tea.price_version, tea.revision) == (2, 2)
        assert tea.breaks[0].price.ten_thousandths == 32_500
        prices = local.rows("SELECT unit_price FROM price_break ORDER BY version")
        assert [row.unit_price for row in prices] == [29_500, 32_500]

    def test_with_new_words_keeps_the_price_version(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        taken_in(owner, folder, folder.file("sku,name,price", "A-1,Tea,2.95"))
        taken_in(owner, folder, folder.file("sku,name,price", "A-1,Green tea,2.95"))
        tea = products(local)["A-1"]
        assert (tea.description, tea.price_version, tea.revision) == ("Green tea", 1, 2)

    def test_leaves_alone_what_it_does_not_speak_of(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        whole = folder.file("sku,name,price,tax,typical", "A-1,Tea,2.95,zero,6", "B-1,Cup,1,,")
        taken_in(owner, folder, whole)
        summary = taken_in(owner, folder, folder.file("sku,name,price", "A-1,Tea,2.95"))
        tea = products(local)["A-1"]
        assert summary.counts == Counts(0, 0, 1)
        assert (tea.tax_category.value, tea.typical_quantity) == ("zero", 6)
        assert set(products(local)) == {"A-1", "B-1"}

    def test_is_priced_in_the_currency_that_is_said(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        path = folder.file("sku,name,price", "A-1,Tea,2.95")
        summary = taken_in(owner, folder, path, currency=Currency.USD)
        assert products(local)["A-1"].breaks[0].price.currency is Currency.USD
        assert summary.notes == ("Prices were taken as USD.",)

    def test_may_have_columns_of_any_name(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        path = folder.file("nr;was;kostet", "A-1;Tee;2.95")
        columns = {"code": "nr", "description": "was", "price": "kostet"}
        assert taken_in(owner, folder, path, columns=columns).taken == 1
        assert products(local)["A-1"].description == "Tee"

    def test_takes_codes_that_are_said_to_be_charges_as_charges(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        path = folder.file("sku,name,price", "fee,Fee,5")
        taken_in(owner, folder, path, charge_codes=frozenset({"FEE"}))
        assert products(local)["fee"].kind.value == "charge"

    def test_is_audited_with_its_counts(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        taken_in(owner, folder, folder.file("sku,name,price", "A-1,Tea,2.95", ",x,1"))
        facts = local.rows("SELECT facts FROM audit WHERE operation = 'import.catalogue'")[0].facts
        assert facts == {"rows": 2, "added": 1, "changed": 0, "unchanged": 0}


class TestARowThatIsNotTaken:
    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            (",Tea,2.95", "no product code"),
            ("A-2,,2.95", "no description"),
            ("A-2,Tea,", "no price"),
            ("A-2,Tea,cheap", "the price is not a number"),
            ("A-2,Tea,-1", "the price is below zero"),
            ("A-2,Tea,1.00001", "the price has more than four decimal places"),
            ("A-2,Tea,99999999", "the price is too large to be right"),
            ("A-2,Tea", "the row has 2 columns instead of 3"),
            ("A-2,Tea,1,2", "the row has 4 columns instead of 3"),
            ("a-1,Again,1", "the code came before: in row 2"),
            ("X" * 101 + ",Tea,1", "the product code is too long"),
        ],
    )
    def test_is_in_the_rejects_file_with_number_and_reason(
        self, owner: Transactions, folder: Folder, row: str, reason: str
    ) -> None:
        path = folder.file("sku,name,price", "A-1,Tea,2.95", row, "B-1,Cup,1")
        summary = taken_in(owner, folder, path)
        assert (summary.rows, summary.taken) == (3, 2)
        assert folder.rejected() == [["3", reason, *row.split(",")]]
        assert sum(summary.rejected.values()) == 1

    @pytest.mark.parametrize(
        ("values", "reason"),
        [
            ("odd,,", "the kind is neither goods nor charge"),
            (",,12", "the quantity breaks cannot be read"),
            (",,x:2", "a quantity is not a whole number of one or more"),
            (",,12:x", "the price is not a number"),
            (",many,", "a quantity is not a whole number of one or more"),
        ],
    )
    def test_may_be_wrong_in_any_column(
        self, owner: Transactions, folder: Folder, values: str, reason: str
    ) -> None:
        path = folder.file("sku,name,price,kind,typical,breaks", f"A-1,Tea,2.95,{values}")
        taken_in(owner, folder, path)
        assert folder.rejected()[0][1] == reason

    def test_can_be_mended_and_imported_by_itself(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        taken_in(owner, folder, folder.file("sku,name,price", "A-1,Tea,2.95", "B-1,Cup,x"))
        mended = folder.rejects.read_text(encoding="utf-8").replace(",x", ",1.50")
        path = folder.raw(mended.encode(), "mended.csv")
        assert taken_in(owner, folder, path).counts == Counts(1, 0, 0)
        assert set(products(local)) == {"A-1", "B-1"}

    def test_leaves_no_file_when_there_is_none(self, owner: Transactions, folder: Folder) -> None:
        folder.rejects.write_text("from an earlier time", encoding="utf-8")
        summary = taken_in(owner, folder, folder.file("sku,name,price", "A-1,Tea,2.95"))
        assert summary.rejects_file is None
        assert not folder.rejects.exists()


class TestAFileThatIsDamaged:
    def test_part_of_the_way_changes_nothing_and_leaves_no_rejects(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        rows = [f"A-{n},Tea,{n}.5" if n % 9 else f"A-{n},Tea,x" for n in range(30_000)]
        packed = folder.gz("sku,name,price", *rows).read_bytes()
        path = folder.raw(packed[: len(packed) * 2 // 3], "half.csv.gz")
        with pytest.raises(Refusal) as refusal:
            taken_in(owner, folder, path)
        assert refusal.value.code == "file_damaged"
        assert local.rows("SELECT count(*) FROM product")[0][0] == 0
        assert not folder.rejects.exists()

    def test_or_without_a_column_it_needs_says_which(
        self, owner: Transactions, folder: Folder
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            taken_in(owner, folder, folder.file("sku,colour", "A-1,red"))
        assert refusal.value.field == "description"


class TestOrderLines:
    def test_become_products(self, local: OrderCentre, owner: Transactions, folder: Folder) -> None:
        path = folder.file(
            SALE,
            *[a_sale(day=day, quantity=6) for day in range(1, 9)],
            *[a_sale(day=day, quantity=48, price="2.55") for day in range(1, 5)],
            a_sale("tea-1", day=9, description="TEA, NEW PACK", price="2.95"),
            a_sale(day=10, price="5.91", customer=""),
        )
        summary = taken_in(owner, folder, path)
        tea = products(local)["TEA-1"]
        assert summary.counts == Counts(1, 0, 0)
        assert tea.description == "BREAKFAST TEA"
        assert [(b.from_quantity, b.price.ten_thousandths) for b in tea.breaks] == [
            (1, 29_500),
            (48, 25_500),
        ]
        assert tea.typical_quantity == 6

    def test_without_a_customer_count_where_there_are_no_others(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        taken_in(owner, folder, folder.file(SALE, a_sale(customer="", price="5.91")))
        assert products(local)["TEA-1"].breaks[0].price.ten_thousandths == 59_100

    def test_of_money_only_become_charges(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        path = folder.file(
            SALE,
            a_sale("POST", price="18", description="POSTAGE"),
            a_sale("POST", price="15", day=2, description="POSTAGE"),
            a_sale("m", price="0.001", description="Manual"),
            a_sale("BANK CHARGES", price="15", description="Bank Charges"),
            a_sale("D", -1, "28.68", invoice="C536379", description="Discount"),
        )
        taken_in(owner, folder, path)
        found = products(local)
        assert {view.kind.value for view in found.values()} == {"charge"}
        assert found["POST"].breaks[0].price.ten_thousandths == 150_000
        assert found["m"].breaks[0].price.ten_thousandths == 10
        assert [code for code, view in found.items() if view.withdrawn] == ["D"]

    def test_that_sell_nothing_are_not_taken(self, owner: Transactions, folder: Folder) -> None:
        path = folder.file(
            SALE,
            a_sale(),
            a_sale(invoice="C536379", quantity=-1),
            a_sale(quantity=-5, price="1"),
            a_sale(price="0", description="check"),
            a_sale(price="-11062.06", invoice="A563186"),
            a_sale(code=""),
        )
        summary = taken_in(owner, folder, path)
        assert (summary.rows, summary.taken) == (6, 1)
        assert [row[1] for row in folder.rejected()] == [
            "a cancellation",
            "the quantity is not above zero",
            "the price is zero",
            "the price is below zero",
            "no product code",
        ]

    def test_may_be_dated_as_published_copies_are(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        path = folder.file(
            "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country",
            "1,TEA-1,TEA,1,12/1/2010 8:26,2.55,17850.0,United Kingdom",
            "2,TEA-1,TEA,1,12/9/2011 8:26,2.95,17850.0,United Kingdom",
            "3,TEA-1,TEA,1,yesterday,2.95,17850.0,United Kingdom",
        )
        summary = taken_in(owner, folder, path)
        assert summary.rejected == {"the date cannot be read": 1}
        assert products(local)["TEA-1"].breaks[0].price.ten_thousandths == 29_500

    def test_imported_again_change_nothing(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        path = folder.file(SALE, *[a_sale(f"T-{n % 7}", n + 1, day=n % 20 + 1) for n in range(99)])
        taken_in(owner, folder, path)
        before = change_rows(local)
        assert taken_in(owner, folder, path).counts == Counts(0, 0, 7)
        assert change_rows(local) == before
