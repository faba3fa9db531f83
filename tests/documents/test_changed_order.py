"""The paper of a changed order: its version, what is new, what goes back, the same number."""

from __future__ import annotations

from app.values.money import Currency, Money
from app.values.order_life import OrderAct
from app.values.order_number import grouped
from app.wire.order_changes import Difference
from app.wire.order_page import CancelledPieces, VersionOnPaper
from tests.documents.papers import FIVE_LINES, PRINTED_AT, Printer, placed

VERSION = VersionOnPaper(
    revision=3,
    changed_at=PRINTED_AT,
    differences=(
        Difference(act=OrderAct.QUANTITY_MORE, what="Line 2, party bunting", old="10", new="15"),
        Difference(act=OrderAct.REMOVE_LINE, what="Line 6, tea towel", old="4", new=""),
    ),
    cancelled=(CancelledPieces(description="Tea towel", pieces=4),),
    returning=Money(1_250, Currency.GBP),
    refunded=Money(300, Currency.GBP),
    cards=("4242",),
)


def test_it_says_that_it_is_a_changed_order_and_which_version(printer: Printer) -> None:
    order = placed(*FIVE_LINES)
    first = printer.prints(order, version=VERSION).pages[0]
    assert "Changed order" in first
    assert "Order confirmation" not in first
    assert "Version 3, changed on Sunday 22 November 2026 at 09:30 UK time" in first
    assert grouped(order.number) in first


def test_what_is_new_and_what_is_no_longer_sent_are_named(printer: Printer) -> None:
    first = printer.prints(placed(*FIVE_LINES), version=VERSION).pages[0]
    assert "Line 2, party bunting: 10 \u2192 15; Line 6, tea towel: 4 \u2192 none" in first
    assert "4 \u00d7 Tea towel" in first


def test_what_goes_back_names_the_card_and_what_has_gone_back(printer: Printer) -> None:
    first = " ".join(printer.prints(placed(*FIVE_LINES), version=VERSION).pages[0].split())
    assert "\u00a312.50 goes back to the card ending" in first
    assert "\u00a33.00 has gone back to you" in first


def test_an_order_of_which_nothing_is_left_is_a_cancelled_one(printer: Printer) -> None:
    gone = VersionOnPaper(
        revision=2,
        changed_at=PRINTED_AT,
        returning=Money(0, Currency.GBP),
        refunded=Money(0, Currency.GBP),
        is_cancelled=True,
    )
    first = printer.prints(placed(*FIVE_LINES), version=gone).pages[0]
    assert "Cancelled order" in first
    assert "What is new" not in first


def test_an_order_that_was_never_changed_is_printed_as_ever(printer: Printer) -> None:
    first = printer.prints(placed(*FIVE_LINES)).pages[0]
    assert "Order confirmation" in first
    assert "Version" not in first
