"""What is typed to find an order, and what it may mean."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rules.order_query import OrderQuery, read_query
from app.values.money import Currency
from app.values.vocabulary import Region
from app.wire.message import require_keepable
from app.wire.order_search import FindOrders, Meaning, OrderCriteria

TODAY = date(2026, 11, 22)


def read(text: str, region: Region = Region.GB) -> OrderQuery:
    return read_query(text, TODAY, region)


def meanings(text: str, region: Region = Region.GB) -> list[Meaning]:
    return [reading.meaning for reading in read(text, region).readings]


def only(text: str) -> OrderCriteria:
    (reading,) = read(text).readings
    return reading


class TestDigits:
    @pytest.mark.parametrize(
        "typed", ["4173029823", "417 302 9823", "417-302-9823", "٤١٧ ٣٠٢ ٩٨٢٣", "(417) 302-9823"]
    )
    def test_ten_are_an_order_number_and_a_telephone_number(self, typed: str) -> None:
        number, phone = read(typed).readings
        assert (number.number, number.meaning) == ("4173029823", Meaning.NUMBER)
        assert (phone.phone, phone.meaning) == ("4173029823", Meaning.PHONE)

    def test_with_a_plus_are_a_telephone_number_alone(self) -> None:
        assert only("+44 (0)7700 900412").phone == "7700900412"

    def test_a_wrong_one_is_told(self) -> None:
        assert read("417 302 9832").slip_of == "4173029832"
        assert read("417 302 982").slip_of == "417302982"
        assert read("417 302 9823").slip_of == ""
        assert read("smith 0412").slip_of == ""

    def test_a_few_are_the_end_of_a_telephone_number_first(self) -> None:
        assert meanings("0412") == [Meaning.PHONE, Meaning.PRODUCT]

    def test_five_are_a_zip_code_first_in_the_united_states(self) -> None:
        usual = [Meaning.POSTCODE, Meaning.PHONE, Meaning.PRODUCT]
        assert meanings("22423", Region.US) == usual
        assert meanings("22423")[0] is Meaning.PHONE

    @pytest.mark.parametrize("typed", ["1", "12", "4" * 21])
    def test_too_few_and_too_many_mean_nothing(self, typed: str) -> None:
        assert read(typed).readings == ()


class TestWords:
    def test_are_a_name_a_product_and_some_of_each(self) -> None:
        name, product, *split = read("smith mug").readings
        assert name.names == ("smith", "mug")
        assert product.items == ("smith", "mug")
        assert [(one.names, one.items) for one in split] == [
            (("smith",), ("mug",)),
            (("mug",), ("smith",)),
        ]

    def test_beside_digits_may_be_the_end_of_a_telephone_number(self) -> None:
        wanted = ("smith",), "0412"
        assert wanted in [(one.names, one.phone) for one in read("smith 0412").readings]

    def test_in_the_shape_of_a_postcode_are_one_first(self) -> None:
        assert read("LS6").readings[0].postcode == "LS6___"
        assert read("ls6 4").readings[0].postcode == "LS64__"
        assert only("ls6 3aa").postcode == "LS63AA"

    def test_keep_the_capitals_of_a_code(self) -> None:
        assert ("85123A",) in [one.items for one in read("85123A").readings]

    def test_may_be_named(self) -> None:
        found = only("name:mary jane item:red mug total:49.95")
        assert (found.names, found.items) == (("mary", "jane"), ("red", "mug"))
        assert found.total_minor == 4_995
        assert only("name:rose").meaning is Meaning.NAME
        assert only("item:rose").meaning is Meaning.PRODUCT
        assert only("order:417 302 9823").number == "4173029823"
        assert only("zip:02139").postcode == "02139%"

    @pytest.mark.parametrize("typed", ["", "  ", "x", "name:", "item:", "@", "£", ":"])
    def test_of_no_meaning_ask_nothing_or_little(self, typed: str) -> None:
        assert all(one.names or one.email for one in read(typed).readings)


class TestWhatHoldsBesideThem:
    def test_an_amount(self) -> None:
        assert only("49.95").total_minor == 4_995
        assert (only("£1,250").total_minor, only("£1,250").currency) == (125_000, Currency.GBP)
        assert only("$49.95").currency is Currency.USD
        assert all(one.total_minor == 4_995 for one in read("smith 49.95").readings)

    def test_days(self) -> None:
        found = read("smith yesterday").readings[0]
        assert found.placed_from is not None
        assert found.placed_before is not None
        assert found.placed_from.astimezone().date() == date(2026, 11, 21)
        assert found.placed_before.astimezone().date() == TODAY
        assert meanings("21/11") == [Meaning.DAY]

    def test_an_e_mail_address(self) -> None:
        assert only("Margaret@Example.org").email == "margaret@example.org"

    def test_a_whole_postcode(self) -> None:
        first = read("smith LS6 3AA").readings[0]
        assert (first.names, first.postcode) == (("smith",), "LS63AA")


@given(st.text(max_size=200), st.sampled_from(Region))
def test_whatever_is_typed_can_be_asked(text: str, region: Region) -> None:
    query = read(text, region)
    if query.readings:
        request = FindOrders(readings=query.readings, slip_of=query.slip_of)
        require_keepable(request, FindOrders)


@given(
    st.lists(
        st.sampled_from(
            [
                "smith",
                "LS6",
                "3AA",
                "0412",
                "21/11",
                "to",
                "49.95",
                "name:",
                "item:x",
                "²",
                "İ",
                "@a",
            ]
        ),
        max_size=9,
    )
)
def test_however_it_is_mixed_it_can_be_asked(tokens: list[str]) -> None:
    query = read(" ".join(tokens))
    if query.readings:
        require_keepable(FindOrders(readings=query.readings, slip_of=query.slip_of), FindOrders)
