"""A real cancellation finds the sale it takes back, or the reason why it has none."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from app.campaigns.cancellations import Matched, Named, Taken, Why, match, reasons, touched
from app.campaigns.invoices import Invoice, InvoiceLine, read_invoices
from app.values.money import Currency, parse_unit_price

MORNING = datetime(2011, 1, 4, 10, 0, tzinfo=UTC)


def a_line(code: str = "85123A", quantity: int = 6, price: str = "2.55") -> InvoiceLine:
    return InvoiceLine(code, code, quantity, parse_unit_price(price, Currency.GBP))


def an_invoice(
    number: str, *lines: InvoiceLine, customer: str = "17850", hours: int = 0
) -> Invoice:
    return Invoice(number, customer, "GB", MORNING + timedelta(hours=hours), lines)


def matched(cancellation: Invoice, *sales: Invoice) -> Matched:
    (found,) = match(sales, [cancellation])
    return found


def why(cancellation: Invoice, *sales: Invoice) -> Why:
    (named,) = matched(cancellation, *sales).named
    return named.why


# ---------------------------------------------------------------- the sale it belongs to


def test_the_newest_sale_before_gives_first_and_the_older_one_the_rest() -> None:
    sales = [
        an_invoice("1", a_line(quantity=6)),
        an_invoice("2", a_line("22423"), a_line(quantity=4), hours=1),
        an_invoice("3", a_line(quantity=9), hours=5),
    ]

    found = matched(an_invoice("C4", a_line(quantity=7), hours=2), *sales)

    assert found.taken == (Taken("2", 1, 4), Taken("1", 0, 3))
    assert found.named == ()
    assert found.by_invoice == {"2": (Taken("2", 1, 4),), "1": (Taken("1", 0, 3),)}
    assert touched([found]) == {"1", "2"}


def test_pieces_are_taken_back_once() -> None:
    sale = an_invoice("1", a_line(quantity=6))
    back = [an_invoice("C2", a_line(quantity=4), hours=1), an_invoice("C3", a_line(), hours=2)]

    first, second = match([sale], back)

    assert first.taken == (Taken("1", 0, 4),)
    assert (second.taken, second.named) == (
        (Taken("1", 0, 2),),
        (Named("85123A", 4, Why.MORE),),
    )


def test_the_earlier_cancellation_comes_first_wherever_it_stands_in_the_file() -> None:
    back = [an_invoice("C3", a_line(), hours=2), an_invoice("C2", a_line(), hours=1)]

    found = match([an_invoice("1", a_line())], back)

    assert [one.number for one in found] == ["C2", "C3"]
    assert reasons(found) == {Why.TAKEN_BACK.value: 1}


def test_a_code_that_stands_twice_in_a_sale_is_taken_from_both_lines() -> None:
    sale = an_invoice("1", a_line(quantity=2), a_line(quantity=3))

    assert matched(an_invoice("C2", a_line(quantity=4), hours=1), sale).taken == (
        Taken("1", 1, 3),
        Taken("1", 0, 1),
    )


def test_small_and_capital_suffixes_are_one_code() -> None:
    sale = an_invoice("1", a_line("85123a"))

    assert matched(an_invoice("C2", a_line("85123A"), hours=1), sale).named == ()


# ---------------------------------------------------------------- the reasons


def test_without_a_customer_nobody_knows_whose_it_was() -> None:
    sale = an_invoice("1", a_line(), customer="")

    assert why(an_invoice("C2", a_line(), customer="", hours=1), sale) is Why.NO_CUSTOMER


@pytest.mark.parametrize(
    ("code", "expected"), [("85123A", Why.NO_SALE), ("D", Why.NOT_SOLD), ("POST", Why.NOT_SOLD)]
)
def test_what_was_never_sold_is_no_sales(code: str, expected: Why) -> None:
    other = an_invoice("1", a_line(code), customer="12345")

    assert why(an_invoice("C2", a_line(code), hours=1), other) is expected


def test_what_was_sold_later_only_is_not_taken_back_before() -> None:
    assert why(an_invoice("C2", a_line()), an_invoice("1", a_line(), hours=1)) is Why.LATER_SALE


def test_another_price_is_another_sale() -> None:
    sale = an_invoice("1", a_line(price="2.95"))

    assert why(an_invoice("C2", a_line(price="2.55"), hours=1), sale) is Why.OTHER_PRICE


def test_of_more_than_was_sold_the_rest_is_named() -> None:
    sale = an_invoice("1", a_line(quantity=6))

    found = matched(an_invoice("C2", a_line(quantity=10), hours=1), sale)

    assert found.taken == (Taken("1", 0, 6),)
    assert found.named == (Named("85123A", 4, Why.MORE),)


# ---------------------------------------------------------------- the real file


@pytest.mark.real_data
def test_every_real_cancellation_is_matched_or_named(real_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "first.csv"
    with gzip.open(real_data / "online_retail_2011.csv.gz", "rt", encoding="utf-8") as file:
        path.write_text("".join(islice(file, 20_000)), encoding="utf-8")
    reading = read_invoices(path)

    found = match(reading.invoices, reading.cancellations)

    assert len(found) == len(reading.cancellations) == 104
    given = sum(one.pieces for each in found for one in each.taken)
    named = sum(one.pieces for each in found for one in each.named)
    assert given + named == sum(
        line.quantity for one in reading.cancellations for line in one.lines
    )
    _hold_that_no_piece_was_given_twice(reading.invoices, found)


def _hold_that_no_piece_was_given_twice(sales: list[Invoice], found: tuple[Matched, ...]) -> None:
    left = {(one.number, at): line.quantity for one in sales for at, line in enumerate(one.lines)}
    for each in found:
        for one in each.taken:
            left[one.invoice, one.line] -= one.pieces
    assert min(left.values()) >= 0
