"""Reading real invoices: what is taken, in which order, and that what is left out is named."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from app.campaigns.invoices import COLUMNS, read_invoices
from app.values.errors import Refusal

HEADER = ",".join(COLUMNS)
AT = "2011-01-04 10:00:00"


def a_file(folder: Path, *rows: str) -> Path:
    path = folder / "invoices.csv"
    path.write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
    return path


def a_row(
    number: str,
    code: str = "85123A",
    quantity: str = "6",
    price: str = "2.55",
    country: str = "EIRE",
) -> str:
    return f"{number},{code}, HEART  HOLDER ,{quantity},{AT},{price},17850,{country}"


def test_lines_keep_the_order_of_the_file_even_when_an_invoice_is_scattered(tmp_path: Path) -> None:
    path = a_file(tmp_path, a_row("1", "A"), a_row("2", "B"), a_row("1", "C"))
    first, second = read_invoices(path).invoices
    assert [line.code for line in first.lines] == ["A", "C"]
    assert [line.code for line in second.lines] == ["B"]


def test_the_limit_counts_sales_and_not_what_lies_between_them(tmp_path: Path) -> None:
    path = a_file(tmp_path, a_row("C1"), a_row("2", price="0"), a_row("3"), a_row("4"))
    assert [invoice.number for invoice in read_invoices(path, 1).invoices] == ["3"]


def test_everything_left_out_is_counted_under_its_name(tmp_path: Path) -> None:
    rows = (
        a_row("C1"),
        a_row("2", quantity="-3"),
        a_row("2", price="0"),
        a_row("A3", price="-11062.06"),
        a_row("4"),
    )
    assert read_invoices(a_file(tmp_path, *rows)).left_out == {
        "lines of cancellation invoices": 1,
        "cancellation invoices": 1,
        "lines with a quantity of zero or less": 1,
        "lines with a price of zero": 1,
        "lines with a price below zero": 1,
        "invoices without a line that was sold": 2,
    }


def test_a_price_of_a_tenth_of_a_penny_is_exact(tmp_path: Path) -> None:
    path = a_file(tmp_path, a_row("1", price="0.001"))
    assert read_invoices(path).invoices[0].lines[0].price.ten_thousandths == 10


def test_blanks_are_tidied_and_the_country_becomes_a_code(tmp_path: Path) -> None:
    invoice = read_invoices(a_file(tmp_path, a_row("1"))).invoices[0]
    assert invoice.lines[0].description == "HEART HOLDER"
    assert invoice.country == "IE"


def test_a_packed_file_reads_like_a_plain_one(tmp_path: Path) -> None:
    plain = a_file(tmp_path, a_row("1"))
    packed = tmp_path / "invoices.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_invoices(packed).invoices == read_invoices(plain).invoices


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "columns"),
        (b"Code,Price\nA,1\n", "columns"),
        (HEADER.encode() + b"\n1,2,3\n", "Line 2"),
        (HEADER.encode() + b"\n1,A,B,six,2011-01-04 10:00:00,1.00,17850,EIRE\n", "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
    ids=["empty", "other columns", "short row", "words for a number", "binary"],
)
def test_a_file_that_is_something_else_is_refused_in_words(
    tmp_path: Path, content: bytes, word: str
) -> None:
    path = tmp_path / "strange.csv"
    path.write_bytes(content)
    with pytest.raises(Refusal, match=word):
        read_invoices(path)


def test_a_packed_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(a_file(tmp_path, a_row("1")).read_bytes())[:-12])
    with pytest.raises(Refusal, match=r"cut\.csv\.gz"):
        read_invoices(path)
