from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import msgspec
import pytest
import reportlab
from hypothesis import given, settings
from hypothesis import strategies as st

from app.documents.order_confirmation import render
from app.values.contact import PostalAddress
from app.values.money import Money, total_of
from app.values.order_number import grouped, spoken
from app.values.vocabulary import Channel, Region
from app.wire.message import schema_of
from app.wire.orders import PlacedOrder
from app.wire.sync import Company
from tests.builders import (
    a_customer,
    an_address,
    billed_to,
    changed,
    delivered_to,
    with_delivery,
    with_line,
    without_customer,
)
from tests.documents.papers import FIVE_LINES, GB, NO_FONTS, PRINTED_AT, US, Printer, placed


def test_the_paper_shows_the_number_grouped_and_as_it_is_spoken(printer: Printer) -> None:
    order = placed()
    paper = printer.prints(order)
    assert grouped(order.number) in paper.pages[0]
    assert spoken(order.number) in paper.pages[0]


def test_the_paper_shows_every_line_as_the_message_has_it(printer: Printer) -> None:
    paper = printer.prints(placed(*FIVE_LINES))
    paper.row(r"^ *1 +22423 +Regency cakestand, 3 tier +12 +£12\.75 +£153\.00$")
    paper.row(r"^ *4 +20725 +Lunch bag red retrospot +10 +£0\.001 +£0\.01$")
    paper.row(r"^ *5 +POST +Extra carriage \(charge\) +1 +£3\.50 +£3\.50$")


def test_the_line_totals_on_paper_add_up_to_the_goods_and_the_total_of_the_message(
    printer: Printer,
) -> None:
    order = placed(*FIVE_LINES)
    paper = printer.prints(order)
    lines = re.findall(r"^ *\d+ {2,}\S+ .* £([\d,]+\.\d\d)$", paper.text, re.MULTILINE)
    currency = order.document.currency
    on_paper = total_of((Money(_minor(text), currency) for text in lines), currency)
    assert on_paper == order.totals.goods
    assert paper.row(r"Goods and charges +(\S+)$").group(1) == str(order.totals.goods)
    assert paper.row(r"Delivery +(£\S+)$").group(1) == str(order.totals.delivery)
    assert paper.row(r"Total, GBP +(\S+)$").group(1) == str(order.totals.total)
    assert f"VAT included in the total: {order.totals.tax}" in paper.text


def _minor(amount: str) -> int:
    return int(amount.replace(",", "").replace(".", ""))


def test_the_paper_names_the_trader_and_how_to_reach_them(printer: Printer) -> None:
    first = printer.prints(placed(*FIVE_LINES)).pages[0]
    for particular in (
        "Fallow & Finch",
        "Old Granary, 3 Mill Yard, Ludlow, SY8 1AA",
        "01632 960144",
        "orders@fallowandfinch.example",
        "Registered in England and Wales, no. 00000000",
        "VAT number GB 000 0000 00",
    ):
        assert particular in first


def test_the_paper_shows_customer_times_and_delivery(printer: Printer) -> None:
    customer = a_customer(email="m.thompson@example.org")
    paper = printer.prints(placed(*FIVE_LINES, changed(customer=customer)))
    for fact in (
        "Saturday 21 November 2026",
        "14:11 UK time, by telephone",
        "Arrives Tuesday 24 November 2026",
        "Standard",
        "07700 900412",
        "m.thompson@example.org",
        "LS6 3AA",
        "Same as delivery",
        "Payment outstanding",
        "5 lines, 53 items",
    ):
        assert fact in paper.pages[0]


def test_summer_orders_show_the_clock_of_summer(printer: Printer) -> None:
    order = msgspec.structs.replace(placed(), placed_at=PRINTED_AT.replace(month=7))
    assert "10:30 UK time" in printer.prints(order).text


def test_an_address_that_names_nobody_is_the_customers_own(printer: Printer) -> None:
    paper = printer.prints(
        placed(changed(customer=a_customer("Ada Quill")), delivered_to(an_address()))
    )
    assert paper.text.count("Ada Quill") == 2
    named = placed(changed(customer=a_customer("Ada Quill")), delivered_to(an_address(name="Bo")))
    assert printer.prints(named).text.count("Ada Quill") == 1


def test_a_bill_that_goes_elsewhere_shows_its_own_address(printer: Printer) -> None:
    office = PostalAddress(
        country="FR",
        organisation="Thé & Cie",
        street=("2 rue Haute",),
        city="Lyon",
        postcode="69001",
    )
    paper = printer.prints(placed(billed_to(office)))
    assert "Same as delivery" not in paper.text
    for part in ("Thé & Cie", "2 rue Haute", "69001", "Lyon", "France"):
        assert part in paper.words


def test_a_customer_without_e_mail_on_a_text_relay_is_shown_so(printer: Printer) -> None:
    customer = a_customer(email=None, text_relay=True)
    paper = printer.prints(placed(changed(customer=customer)))
    assert "07700 900412 (by text relay)" in paper.text
    assert "None" not in paper.text


def test_an_order_by_post_says_so(printer: Printer) -> None:
    assert "UK time, by post" in printer.prints(placed(changed(channel=Channel.POST))).text


def test_british_papers_carry_the_rights_and_the_cancellation_form(printer: Printer) -> None:
    paper = printer.prints(placed(*FIVE_LINES))
    assert len(paper.pages) == 2
    assert "up to 14 days after the day on which the last of your goods reaches you" in paper.words
    assert "You pay what it costs to return them" in paper.words
    assert "Cancellation form" in paper.pages[-1]
    assert "Order number 417 302 9823, ordered on 21 November 2026" in paper.pages[-1]


def test_american_papers_add_sales_tax_and_tell_what_happens_when_we_are_late(
    printer: Printer,
) -> None:
    order = placed(with_line("22423", 3, "12.75"), region=Region.US)
    paper = printer.prints(order, US)
    assert paper.row(r"Sales tax +(\S+)$").group(1) == str(order.totals.tax)
    assert paper.row(r"Total, USD +(\S+)$").group(1) == str(order.totals.total)
    assert "Saturday, November 21, 2026" in paper.text
    assert "9:11 a.m. EST, by telephone" in paper.text
    assert "Arrives Monday, November 30, 2026" in paper.text
    assert "Boston, MA 02128" in paper.text
    assert "canceling for a full refund" in paper.words
    assert "Cancellation form" not in paper.text


def test_a_copy_says_so_on_every_page_and_an_original_on_none(printer: Printer) -> None:
    original = printer.prints(placed(*FIVE_LINES))
    copy = printer.prints(placed(*FIVE_LINES), copy=True)
    assert "COPY" not in original.text
    assert all("COPY" in page for page in copy.pages)
    assert "Copy made Sunday 22 November 2026 at 09:30 UK time" in copy.text


def test_every_page_tells_its_number_and_how_many_there_are(printer: Printer) -> None:
    lines = [with_line(f"{n}", n, description=f"Wicker basket no. {n}") for n in range(1, 91)]
    pages = printer.prints(placed(*lines)).pages
    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page


def test_a_long_table_repeats_its_head_and_keeps_every_line_in_order(printer: Printer) -> None:
    lines = [with_line(f"C{n:04d}", n, description=f"Item {n}") for n in range(1, 1115)]
    paper = printer.prints(placed(*lines))
    found = re.findall(r"^ *(\d+) +C(\d{4}) +Item (\d+) +([\d,]+) ", paper.text, re.MULTILINE)
    assert [int(row[0]) for row in found] == list(range(1, 1115))
    assert all(int(no) == int(code) == int(item) for no, code, item, _ in found)
    heads = [page.count("Unit price") for page in paper.pages if "Item " in page]
    assert set(heads) == {1}


def test_a_long_description_is_wrapped_and_nothing_of_it_is_lost(printer: Printer) -> None:
    description = "Garden bench in acacia, " * 400
    paper = printer.prints(placed(with_line("BENCH", description=description.strip())))
    assert paper.words.count("acacia,") == 400
    assert len(paper.pages) > 2


def test_long_notes_run_over_pages_and_nothing_of_them_is_lost(printer: Printer) -> None:
    note = " ".join(f"word{n}" for n in range(1_200))
    order = placed(with_delivery(instructions=note, gift_message="With love,\nTom & Ailsa"))
    paper = printer.prints(order)
    assert [int(n) for n in re.findall(r"word(\d+)", paper.text)] == list(range(1_200))
    assert "Tom & Ailsa" in paper.text


def test_a_note_of_one_endless_word_stays_inside_the_page(printer: Printer) -> None:
    paper = printer.prints(placed(with_delivery(instructions="x" * 10_000)))
    assert paper.text.count("x" * 40) > 100
    assert sum(len(run) for run in re.findall(r"x{20,}", paper.text)) > 9_900


def test_markup_in_names_is_printed_as_it_was_typed(printer: Printer) -> None:
    paper = printer.prints(
        placed(with_line("A&B<1>", description='<b>Bowl</b> & "lid" (large) \\ 5%'))
    )
    assert '<b>Bowl</b> & "lid" (large) \\ 5%' in paper.text
    assert "A&B<1>" in paper.text


def test_letters_that_no_font_has_are_named_and_explained(printer: Printer) -> None:
    paper = printer.prints(
        placed(with_line("1", description="\U0001f389 Poppers for \u674e \U0001f1ec\U0001f1e7"))
    )
    assert "[party popper] Poppers for [U+674E] [GB]" in paper.text
    assert "stand for signs that this paper could not print" in paper.text


def test_letters_of_a_fallback_font_are_printed_with_it(printer: Printer, tmp_path: Path) -> None:
    vera = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
    (tmp_path / "DejaVuSans.ttf").write_bytes(vera.read_bytes())
    paper = printer.prints(placed(with_line("1", description="Sum \u2203 bowl")), fonts=(tmp_path,))
    assert "Sum \u2203 bowl" in paper.text
    assert "[" not in paper.text


def test_accents_print_composed_however_they_were_typed(printer: Printer) -> None:
    paper = printer.prints(placed(with_line("1", description="Cafe\u0301 Łódź\u200b\u202e set")))
    assert "Café Łódź set" in paper.text


def test_the_internal_note_and_the_people_who_took_the_order_are_not_on_paper(
    printer: Printer,
) -> None:
    order = placed(changed(internal_note="Sounded annoyed; waive carriage next time"))
    paper = printer.prints(order)
    assert "annoyed" not in paper.text
    assert str(order.placed_by) not in paper.text


def test_two_different_orders_print_differently(printer: Printer) -> None:
    first = printer.prints(placed(*FIVE_LINES))
    second = printer.prints(
        placed(with_line("22424", description="Regency cakestand, 2 tier"), payload=41730299)
    )
    assert first.text != second.text
    assert "22424" not in first.text
    assert "22423" not in second.text


def test_an_order_with_gaps_still_prints(printer: Printer) -> None:
    company = Company(name="Fallow & Finch", address=(), phone="", email="")
    nothing = with_delivery(promised_on=None, label="", method="")
    order = placed(without_customer, delivered_to(None), nothing)
    paper = printer.prints(order, msgspec.structs.replace(GB, company=company))
    assert "Not given" in paper.text
    assert "0 lines, 0 items" in paper.text
    assert "The date has not been agreed yet" in paper.text


def test_goods_that_are_collected_are_ready_on_the_day(printer: Printer) -> None:
    collected = with_delivery(method="collect", label="Collected at the counter")
    paper = printer.prints(placed(delivered_to(None), collected))
    assert "Ready on Tuesday 24 November 2026" in paper.text
    assert "Arrives" not in paper.text


def test_the_same_order_gives_the_same_bytes_on_any_thread() -> None:
    orders = [placed(with_line(str(n), description=f"Bowl {n} \u00e9\u0142")) for n in range(6)]
    one_by_one = [_pdf(order) for order in orders]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(_pdf, orders * 3))
    assert at_once == one_by_one * 3


def _pdf(order: PlacedOrder) -> bytes:
    return render(order, GB, copy=False, made_at=PRINTED_AT, fallback_fonts=NO_FONTS)


def test_the_file_tells_what_it_is_and_brings_its_fonts(
    tool: Callable[[str], str], tmp_path: Path
) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(_pdf(placed()))
    told = _output(tool("pdfinfo"), "-isodates", str(path))
    assert re.search(r"^Title: +Order confirmation 417 302 9823$", told, re.MULTILINE)
    assert re.search(r"^Author: +Fallow & Finch$", told, re.MULTILINE)
    assert re.search(r"^CreationDate: +2026-11-22T09:30:00Z$", told, re.MULTILINE)
    assert b"/Lang (en-GB)" in path.read_bytes()
    fonts = _output(tool("pdffonts"), str(path)).splitlines()[2:]
    assert len(fonts) == 2
    assert all(
        re.search(r"SourceSansPro\S+ +TrueType +WinAnsi +yes yes yes", font) for font in fonts
    )


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


def test_what_a_paper_is_made_of_has_no_room_for_a_card() -> None:
    _, parts = schema_of([PlacedOrder])
    names = {name for part in parts.values() for name in part.get("properties", {})}
    assert {"number", "customer", "told_price", "instructions"} <= names
    assert not [name for name in names if re.search(r"card|\bpan\b|cvv|cvc|expiry", name)]


@settings(max_examples=40, deadline=None)
@given(
    name=st.text(max_size=60),
    street=st.lists(st.text(max_size=40), max_size=8),
    note=st.text(max_size=300),
    description=st.text(max_size=120),
)
def test_no_text_a_caller_can_give_keeps_the_paper_from_printing(
    name: str, street: list[str], note: str, description: str
) -> None:
    order = placed(
        with_line("1", description=description),
        changed(customer=a_customer(name, phone=name)),
        delivered_to(an_address(name=name, street=tuple(street), city=name)),
        with_delivery(instructions=note, gift_message=note),
    )
    assert _pdf(order).startswith(b"%PDF")


@pytest.mark.parametrize("quantity", [1, 80_995, 1_000_000])
def test_the_largest_amounts_stay_in_their_columns(printer: Printer, quantity: int) -> None:
    paper = printer.prints(
        placed(with_line("BIG", quantity, "1000000", description="Very dear thing"))
    )
    line = paper.row(r"^ *1 +BIG +Very dear thing +([\d,]+) +(\S+) +(\S+)$")
    assert line.group(1) == f"{quantity:,}"
    assert line.group(2) == "£1,000,000.00"


def test_what_follows_later_stands_below_its_line_with_the_day(printer: Printer) -> None:
    paper = printer.prints(
        placed(
            with_line("84879", 16, back_ordered=5, back_order_on=date(2026, 11, 30)),
            with_line("22423", 2, back_ordered=2),
        )
    )
    paper.row(r"11 now, 5 to follow about Monday 30 November 2026")
    paper.row(r"0 now, 2 to follow as soon as more comes in; the day is not known yet")
