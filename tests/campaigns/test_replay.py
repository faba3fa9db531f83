"""A replay takes real invoices like a CSR: each line and price, in order; refusals in words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.campaigns.invoices import Invoice, InvoiceLine, Reading, read_invoices
from app.campaigns.replay import Desk, Replay, ReplayResult
from app.campaigns.scripted_caller import ScriptedCallers
from app.values.identity import PersonId
from app.values.money import Currency, parse_unit_price
from app.values.order_number import holds
from app.values.postal import check_address
from app.values.vocabulary import Channel, How, ProductKind
from app.wire.read_back import Confirmed
from tests.builders import a_product, an_id
from tests.fakes import CountingIds, FixedClock
from tests.ui.screens.fake_desk import DEVICE, FakeDesk, a_policy, the_regions, the_speech

AT = datetime(2011, 1, 4, 10, 0, tzinfo=UTC)


def a_line(code: str, quantity: int = 1, price: str = "2.55") -> InvoiceLine:
    return InvoiceLine(code, code, quantity, parse_unit_price(price, Currency.GBP))


def an_invoice(*lines: InvoiceLine, number: str = "536365", customer: str = "17850") -> Invoice:
    return Invoice(number, customer, "GB", AT, lines)


def a_desk() -> FakeDesk:
    return FakeDesk(
        a_product("85123A", "2.95", breaks={12: "2.55"}),
        a_product("22423", "12.75", description="REGENCY CAKESTAND 3 TIER"),
        a_product("OLD", "1.00", withdrawn=True),
        a_product("POST", "18.00", kind=ProductKind.CHARGE),
    )


def replayed(desk: FakeDesk, *invoices: Invoice, out: Path | None = None) -> ReplayResult:
    seat = Desk(
        caller=desk,
        person_id=PersonId(an_id(700)),
        device_id=DEVICE,
        policy=a_policy(),
        regions=the_regions(),
        clock=FixedClock(),
        ids=CountingIds(),
        speech=the_speech(),
    )
    return Replay(seat).run(Reading(invoices=list(invoices)), out)


def test_goods_are_rounded_half_up_once_per_line() -> None:
    lines = (a_line("85123A", 3, "0.001"), a_line("22423", 5, "0.001"), a_line("22423", 2, "0.335"))
    result = replayed(a_desk(), an_invoice(*lines))
    assert result.goods_minor == 0 + 1 + 67


def test_the_order_of_lines_and_a_code_that_comes_twice_are_kept() -> None:
    desk = a_desk()
    replayed(desk, an_invoice(a_line("22423"), a_line("85123A"), a_line("22423", 4)))
    (placed,) = desk.orders.values()
    assert [(line.code, line.quantity) for line in placed.document.lines] == [
        ("22423", 1),
        ("85123A", 1),
        ("22423", 4),
    ]


def test_the_price_of_the_invoice_is_told_and_says_why() -> None:
    desk = a_desk()
    replayed(desk, an_invoice(a_line("22423", 2, "10.95")))
    (placed,) = desk.orders.values()
    (line,) = placed.document.lines
    assert (str(line.list_price), str(line.told_price)) == ("£12.75", "£10.95")
    assert line.told_reason == "replay"


def test_what_is_no_product_is_a_charge() -> None:
    desk = a_desk()
    replayed(desk, an_invoice(a_line("85123A"), a_line("POST", 3, "18.00")))
    (placed,) = desk.orders.values()
    assert placed.document.lines[1].kind is ProductKind.CHARGE
    assert placed.totals.goods.minor == 255 + 5400


def test_an_invoice_without_customer_is_an_order_from_the_web_shop() -> None:
    desk = a_desk()
    replayed(desk, an_invoice(a_line("85123A"), customer=""))
    (placed,) = desk.orders.values()
    assert placed.document.channel is Channel.WEB_CART
    assert placed.document.customer is not None
    assert placed.document.customer.no_phone


def test_a_line_the_desk_refuses_stops_that_invoice_and_no_other() -> None:
    result = replayed(
        a_desk(),
        an_invoice(a_line("OLD"), number="1"),
        an_invoice(a_line("GONE"), number="2"),
        an_invoice(a_line("85123A"), number="3"),
    )
    assert result.orders == 1
    assert sum(result.refused.values()) == 2
    assert all("could not be added" in sentence for sentence in result.refused)


def test_every_placed_order_has_a_row_with_its_number(tmp_path: Path) -> None:
    desk = a_desk()
    invoices = [an_invoice(a_line("85123A", n), number=str(n)) for n in (1, 2)]
    replayed(desk, *invoices, out=tmp_path / "new")
    rows = [json.loads(row) for row in (tmp_path / "new" / "orders.jsonl").read_text().splitlines()]
    assert [(row["invoice"], row["lines"], row["goods_minor"]) for row in rows] == [
        ("1", 1, 255),
        ("2", 1, 510),
    ]
    assert all(holds(row["number"]) for row in rows)


def test_every_number_that_was_given_was_shown() -> None:
    desk = a_desk()
    replayed(desk, an_invoice(a_line("85123A")))
    assert desk.shown == list(desk.orders)


def test_every_order_is_read_back_and_the_risky_values_are_spoken() -> None:
    desk = a_desk()
    result = replayed(desk, an_invoice(a_line("85123A", 12), a_line("22423", 2)))
    (order_id,) = desk.orders
    how = {e.checkpoint: e.how for e in desk.notes[order_id] if isinstance(e, Confirmed)}
    lines = [f"line:{line.line_id}" for line in desk.orders[order_id].document.lines]
    assert [how[key] for key in (*lines, "delivery", "price")] == [
        How.CALLER_SPOKE,
        How.CALLER_AGREED,
        How.CALLER_SPOKE,
        How.CALLER_AGREED,
    ]
    assert (result.spoken, result.confirmations) == (2, 9)


def test_an_order_from_the_web_shop_is_compared_with_its_paper() -> None:
    desk = a_desk()
    result = replayed(desk, an_invoice(a_line("85123A", 12), customer=""))
    (entries,) = desk.notes.values()
    assert {e.how for e in entries if isinstance(e, Confirmed)} == {How.ON_PAPER}
    assert result.spoken == 0


def test_a_replayed_order_says_that_its_caller_was_scripted() -> None:
    desk = a_desk()
    replayed(desk, an_invoice(a_line("85123A"), number="536370"))
    (placed,) = desk.orders.values()
    assert placed.document.internal_note == (
        "Replay of invoice 536370: the caller was scripted, and so were all answers."
    )


def test_a_scripted_caller_lives_at_an_address_without_a_fault() -> None:
    callers = ScriptedCallers()
    for country in ("GB", "IE", "US", "JP", "HK", "AE", "ES", "AU", "CA", "BR", "IT", "BH"):
        invoice = Invoice("1", "17850", country, AT, (a_line("85123A"),))
        assert check_address(callers.caller_of(invoice).address).is_valid, country


@pytest.mark.real_data
def test_the_first_real_invoices_total_to_the_penny(real_data: Path) -> None:
    reading = read_invoices(real_data / "online_retail_2011.csv.gz", 25)
    codes = {line.code.casefold(): line for one in reading.invoices for line in one.lines}
    desk = FakeDesk(*(a_product(line.code, "9.99") for line in codes.values()))
    seat_result = replayed(desk, *reading.invoices)
    wanted = sum(
        line.price.times(line.quantity).minor for one in reading.invoices for line in one.lines
    )
    assert (seat_result.orders, seat_result.goods_minor) == (25, wanted)
