from __future__ import annotations

from datetime import date

import pytest

from app.services.central.imports.customers import CustomerOptions, import_customers
from app.services.central.imports.options import FileOptions
from app.services.central.imports.rejects import Counts
from app.services.central.imports.stock import import_stock
from app.services.central.imports.towns import TownOptions, import_towns
from app.services.central.transaction import Transactions
from app.transport.client import RemoteCaller
from app.wire.customers import CustomersFound, FindCustomers
from app.wire.operations import FIND_CUSTOMERS
from tests.import_files import Folder
from tests.order_desk import OrderCentre

NHS = "org_code,name,address1,address2,address3,address4,address5,postcode,status,phone"
SURGERY = (
    "A81001,THE DENSHAM SURGERY,THE HEALTH CENTRE,LAWSON STREET,STOCKTON-ON-TEES,CLEVELAND,,"
    "TS18 1HU,A,01642 672351"
)


def find(csr: RemoteCaller, text: str) -> CustomersFound:
    return csr.call(FIND_CUSTOMERS, FindCustomers(text=text))


class TestCustomers:
    def options(self, folder: Folder) -> CustomerOptions:
        return CustomerOptions(rejects=folder.rejects)

    def test_can_be_found_once_they_are_imported(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        summary = import_customers(owner, folder.file(NHS, SURGERY), self.options(folder))
        csr = local.signed_in()
        assert summary.counts == Counts(1, 0, 0)
        for text in ("01642 672351", "densham", "TS18 1HU"):
            found = find(csr, text).customers
            assert [customer.name for customer in found] == ["THE DENSHAM SURGERY"]
        address = find(csr, "densham").customers[0].addresses[0].address
        assert (address.street, address.city, address.area, address.postcode) == (
            ("THE HEALTH CENTRE", "LAWSON STREET"),
            "STOCKTON-ON-TEES",
            "CLEVELAND",
            "TS18 1HU",
        )

    def test_may_have_every_column_a_person_thinks_of(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        path = folder.file(
            "name,organisation,phone,mobile,email,text_relay,street,city,area,postcode,country",
            'Ada Byron,Engines Ltd,0113 496 0412,07700 900412,ada@example.org,yes,"Flat 2, 14 Mill'
            ' Lane",Leeds,,ls63aa,United Kingdom',
            "Bo Chan,,(212) 555-0123,,,,340 W Market,Boston,MA,02128,US",
        )
        assert import_customers(owner, path, self.options(folder)).counts.added == 2
        csr = local.signed_in()
        ada, bo = find(csr, "byron").customers[0], find(csr, "bo chan").customers[0]
        assert ada.phones == ("+441134960412", "+447700900412")
        assert (ada.email, ada.text_relay) == ("ada@example.org", True)
        assert ada.addresses[0].address.postcode == "LS6 3AA"
        assert bo.phones == ("+12125550123",)
        assert bo.addresses[0].address.country == "US"

    def test_are_sent_invoices_where_a_file_says_so_and_stay_so_where_it_says_nothing(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        told = folder.file("reference,name,on_account", "1,Ada Byron,yes", "2,Bo Chan,no")
        import_customers(owner, told, self.options(folder))
        csr = local.signed_in()
        assert find(csr, "byron").customers[0].on_account
        assert not find(csr, "bo chan").customers[0].on_account
        silent = folder.file("reference,name", "1,Ada Byron", "2,Bo Chan")
        assert import_customers(owner, silent, self.options(folder)).counts == Counts(0, 0, 2)
        turned = folder.file("reference,name,on_account", "1,Ada Byron,no", "2,Bo Chan,yes")
        assert import_customers(owner, turned, self.options(folder)).counts == Counts(0, 2, 0)
        assert not find(csr, "byron").customers[0].on_account

    def test_imported_again_change_nothing(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        path = folder.file(NHS, SURGERY)
        import_customers(owner, path, self.options(folder))
        assert import_customers(owner, path, self.options(folder)).counts == Counts(0, 0, 1)
        assert local.rows("SELECT revision FROM customer")[0].revision == 1

    def test_without_a_reference_are_known_again_by_who_they_are(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        lines = ("name,phone,postcode", "Ada Byron,0113 496 0412,", "Ada Byron,0113 496 0413,")
        path = folder.file(*lines)
        assert import_customers(owner, path, self.options(folder)).counts.added == 2
        assert import_customers(owner, path, self.options(folder)).counts.unchanged == 2

    def test_that_moved_keep_the_old_address_and_number(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        moved = SURGERY.replace("672351", "672352").replace("LAWSON", "DAWSON")
        import_customers(owner, folder.file(NHS, SURGERY), self.options(folder))
        summary = import_customers(owner, folder.file(NHS, moved), self.options(folder))
        customer = find(local.signed_in(), "densham").customers[0]
        assert summary.counts == Counts(0, 1, 0)
        assert customer.phones == ("+441642672351", "+441642672352")
        assert len(customer.addresses) == 2
        assert customer.revision == 2

    def test_that_were_renamed_are_found_by_the_new_name_only(
        self, local: OrderCentre, owner: Transactions, folder: Folder
    ) -> None:
        renamed = SURGERY.replace("THE DENSHAM", "THE LAWSON")
        import_customers(owner, folder.file(NHS, SURGERY), self.options(folder))
        import_customers(owner, folder.file(NHS, renamed), self.options(folder))
        csr = local.signed_in()
        assert find(csr, "densham").customers == ()
        assert [c.name for c in find(csr, "the lawson").customers] == ["THE LAWSON SURGERY"]

    @pytest.mark.parametrize(
        ("old", "new", "reason"),
        [
            ("TS18 1HU", "", "the address: postcode is missing"),
            ("TS18 1HU", "TS18 1H", "the address: postcode is not right"),
            ("01642 672351", "ask", "the telephone number is not one"),
            ("01642 672351", "0164", "the telephone number is not one"),
            ("THE DENSHAM SURGERY", "", "no name"),
            ("THE DENSHAM SURGERY", "X" * 201, "the name is too long"),
            ("CLEVELAND,,", "CLEVELAND,", "the row has 9 columns instead of 10"),
        ],
    )
    def test_that_cannot_be_taken_are_named_with_their_reason(
        self, owner: Transactions, folder: Folder, old: str, new: str, reason: str
    ) -> None:
        path = folder.file(NHS, SURGERY.replace(old, new))
        summary = import_customers(owner, path, self.options(folder))
        assert summary.counts == Counts(0, 0, 0)
        assert folder.rejected()[0][:2] == ["2", reason]

    def test_that_come_twice_are_taken_once(self, owner: Transactions, folder: Folder) -> None:
        path = folder.file(NHS, SURGERY, SURGERY)
        assert import_customers(owner, path, self.options(folder)).taken == 1
        assert folder.rejected()[0][1] == "the customer came before: in row 2"


class TestStock:
    def options(self, folder: Folder) -> FileOptions:
        return FileOptions(rejects=folder.rejects)

    def on_hand(self, centre: OrderCentre) -> dict[str, int]:
        rows = centre.rows("SELECT code, on_hand FROM stock_level")
        return {row.code: row.on_hand for row in rows}

    def test_is_taken_by_code_whatever_its_case(self, local: OrderCentre, folder: Folder) -> None:
        path = folder.file("StockCode,Qty", "tea-1,40", "CUP-2,-3")
        summary = import_stock(local.administration, path, self.options(folder))
        assert summary.counts == Counts(2, 0, 0)
        assert self.on_hand(local) == {"TEA-1": 40, "CUP-2": -3}

    def test_imported_again_changes_nothing(self, local: OrderCentre, folder: Folder) -> None:
        path = folder.file("code,stock", "TEA-1,40")
        import_stock(local.administration, path, self.options(folder))
        before = local.rows("SELECT count(*) FROM change")[0][0]
        summary = import_stock(local.administration, path, self.options(folder))
        assert summary.counts == Counts(0, 0, 1)
        assert local.rows("SELECT count(*) FROM change")[0][0] == before

    def test_counted_anew_keeps_what_is_reserved_and_wakes_desks(
        self, local: OrderCentre, folder: Folder
    ) -> None:
        admin, options = local.administration, self.options(folder)
        import_stock(admin, folder.file("code,stock", "TEA-1,40"), options)
        local.run("UPDATE stock_level SET reserved = 5")
        import_stock(admin, folder.file("code,stock", "TEA-1,35"), options)
        row = local.rows("SELECT on_hand, reserved FROM stock_level")[0]
        assert (row.on_hand, row.reserved) == (35, 5)
        revisions = local.rows("SELECT revision FROM change WHERE key = 'TEA-1' ORDER BY seq")
        assert [row.revision for row in revisions] == [1, 2, 3]

    def test_says_when_more_comes_where_the_file_does(
        self, local: OrderCentre, folder: Folder
    ) -> None:
        admin, options = local.administration, self.options(folder)
        path = folder.file("code,stock,ExpectedOn", "TEA-1,4,2026-12-01", "CUP-2,0,")
        import_stock(admin, path, options)
        import_stock(admin, folder.file("code,stock", "TEA-1,3", "CUP-2,1"), options)
        kept = local.rows("SELECT on_hand, expected_on FROM stock_level ORDER BY code")
        assert [tuple(row) for row in kept] == [(1, None), (3, date(2026, 12, 1))]
        path = folder.file("code,stock,ExpectedOn", "TEA-1,3,", "CUP-2,1,")
        assert import_stock(admin, path, options).counts == Counts(0, 1, 1)
        assert local.rows("SELECT count(expected_on) FROM stock_level")[0][0] == 0

    def test_expected_on_no_day_is_named(self, local: OrderCentre, folder: Folder) -> None:
        path = folder.file("code,stock,expected_on", "TEA-1,4,01/12/2026")
        import_stock(local.administration, path, self.options(folder))
        reason = "the day is not written like 2026-12-01"
        assert folder.rejected() == [["2", reason, "TEA-1", "4", "01/12/2026"]]

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("NOPE,3", "no product has this code"),
            (",3", "no product code"),
            ("TEA-1,", "no figure is given, so the stock is not tracked"),
            ("TEA-1,some", "the stock is not a whole number"),
            ("TEA-1,1.5", "the stock is not a whole number"),
            ("TEA-1,99999999999", "the stock is too large to be right"),
        ],
    )
    def test_that_cannot_be_taken_is_named_with_its_reason(
        self, local: OrderCentre, folder: Folder, row: str, reason: str
    ) -> None:
        import_stock(local.administration, folder.file("code,stock", row), self.options(folder))
        assert folder.rejected() == [["2", reason, *row.split(",")]]


class TestTowns:
    def options(self, folder: Folder, country: str = "GB") -> TownOptions:
        return TownOptions(rejects=folder.rejects, country=country)

    def towns(self, centre: OrderCentre) -> list[tuple[str, str, str]]:
        rows = centre.rows("SELECT country, postcode, city FROM town ORDER BY 1, 2")
        return [tuple(row) for row in rows]

    def test_are_taken_by_outward_code(self, local: OrderCentre, folder: Folder) -> None:
        path = folder.file("postcode,town,region", "LS22,Wetherby,Leeds", "gy1,St Peter Port,")
        import_towns(local.administration, path, self.options(folder))
        assert self.towns(local) == [("GB", "LS22", "Wetherby"), ("GG", "GY1", "St Peter Port")]

    def test_of_another_country_are_taken_as_they_stand(
        self, local: OrderCentre, folder: Folder
    ) -> None:
        path = folder.file("zip,city,state", "02128,Boston,MA")
        import_towns(local.administration, path, self.options(folder, "US"))
        assert self.towns(local) == [("US", "02128", "Boston")]

    def test_imported_again_change_nothing(self, local: OrderCentre, folder: Folder) -> None:
        path = folder.file("postcode,town", "LS22,Wetherby")
        import_towns(local.administration, path, self.options(folder))
        summary = import_towns(local.administration, path, self.options(folder))
        assert summary.counts == Counts(0, 0, 1)
        assert local.rows("SELECT revision FROM town")[0].revision == 1

    def test_that_were_renamed_wake_desks(self, local: OrderCentre, folder: Folder) -> None:
        admin, options = local.administration, self.options(folder)
        import_towns(admin, folder.file("postcode,town", "LS22,Wetherby"), options)
        summary = import_towns(admin, folder.file("postcode,town", "LS22,Collingham"), options)
        assert summary.counts == Counts(0, 1, 0)
        changes = local.rows("SELECT key, revision FROM change WHERE kind = 'town' ORDER BY seq")
        assert [tuple(row) for row in changes] == [("GB LS22", 1), ("GB LS22", 2)]

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("IV1,,Highland", "no town"),
            ("??,Town,", "the postcode cannot be read"),
            ("LS22,Again,", "the postcode came before: in row 2"),
        ],
    )
    def test_that_cannot_be_taken_are_named_with_their_reason(
        self, local: OrderCentre, folder: Folder, row: str, reason: str
    ) -> None:
        path = folder.file("postcode,town,region", "LS22,Wetherby,Leeds", row)
        import_towns(local.administration, path, self.options(folder))
        assert folder.rejected() == [["3", reason, *row.split(",")]]
