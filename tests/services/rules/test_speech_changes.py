"""What changed after the caller agreed: said in words, shown in figures, never given away."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from app.services.rules.read_back import Standing, standings
from app.services.rules.speech_changes import change_notice, changed_words
from app.values.contact import PostalAddress
from app.values.money import Currency, Money
from app.values.vocabulary import CheckpointKind, OrderType, PaymentMethod, Region
from app.wire.orders import OrderDocument
from tests.builders import (
    Change,
    a_customer,
    a_price,
    an_address,
    an_order,
    billed_to,
    changed,
    delivered_to,
    with_delivery,
    with_line,
)
from tests.read_backs import read_back_of
from tests.services.rules.speaking import book_of, points_of, rules_of, totals_of

BUNTING = with_line("47566", 15, "4.95", description="PARTY BUNTING")
ORDER = an_order(BUNTING)


def standing_of(
    kind: CheckpointKind, edit: Change, order: OrderDocument = ORDER
) -> tuple[Standing, OrderDocument]:
    """How a checkpoint stands when an order is edited after everything was agreed."""
    after = edit(order)
    found = standings(points_of(after), read_back_of(order, rules_of(order.region)))
    return next(one for one in found if one.checkpoint.kind is kind), after


def notice(kind: CheckpointKind, edit: Change, order: OrderDocument = ORDER) -> str:
    return change_notice(standing_of(kind, edit, order)[0], book_of(order.region))


def said(kind: CheckpointKind, edit: Change, order: OrderDocument = ORDER) -> str:
    standing, after = standing_of(kind, edit, order)
    return changed_words(standing, after, totals_of(after), book_of(order.region))


def with_line_changed(**different: object) -> Change:
    def change(order: OrderDocument) -> OrderDocument:
        line = msgspec.structs.replace(order.lines[0], **different)
        return msgspec.structs.replace(order, lines=(line,))

    return change


LATER = with_delivery(promised_on=date(2026, 11, 26))
FEWER = with_line_changed(quantity=12)


def test_another_day_is_shown_and_said() -> None:
    assert notice(CheckpointKind.ARRIVAL, LATER) == (
        "Delivery date changed, ask again: Tuesday 24 November, now Thursday 26 November."
    )
    assert said(CheckpointKind.ARRIVAL, LATER) == (
        "The delivery date was Tuesday the twenty-fourth of November, "
        "it is now Thursday the twenty-sixth of November."
    )


def test_americans_see_and_hear_the_month_first() -> None:
    order = an_order(BUNTING, region=Region.US)
    assert notice(CheckpointKind.ARRIVAL, LATER, order) == (
        "Delivery date changed, ask again: Monday, November 30, now Thursday, November 26."
    )


@pytest.mark.parametrize("kind", [CheckpointKind.PRICE, CheckpointKind.OBLIGATION])
def test_another_total_is_told_in_both_amounts(kind: CheckpointKind) -> None:
    assert notice(kind, FEWER).endswith("changed, ask again: £79.20, now £64.35.")
    assert said(kind, FEWER) == (
        "The total was seventy-nine pounds twenty, "
        "it is now sixty-four pounds thirty-five, six four point three five."
    )


def test_prices_that_add_up_to_the_same_are_named() -> None:
    order = an_order(BUNTING, with_line("B-1", 15, "4.95"))
    dear, cheap = (
        msgspec.structs.replace(line, told_price=a_price(price))
        for line, price in zip(order.lines, ("5.95", "3.95"), strict=True)
    )
    edit = changed(lines=(dear, cheap))
    assert notice(CheckpointKind.PRICE, edit, order) == (
        "Price changed, ask again: pricing of the lines."
    )
    assert said(CheckpointKind.PRICE, edit, order) == (
        "The pricing of the lines has changed, so I ask you again."
    )


def test_another_quantity_is_told_with_its_line() -> None:
    assert notice(CheckpointKind.LINE, FEWER) == (
        "Party bunting changed, ask again: quantity 15, now 12."
    )
    assert said(CheckpointKind.LINE, FEWER) == (
        "Line one has changed. The quantity was fifteen, one five, it is now twelve, one two."
    )


def test_another_product_is_told_by_code_and_words() -> None:
    edit = with_line_changed(code="84879", description="Bird ornament")
    assert notice(CheckpointKind.LINE, edit) == (
        "Bird ornament changed, ask again: "
        "code 47566, now 84879; item party bunting, now bird ornament."
    )
    assert "The item was party bunting, it is now bird ornament." in said(CheckpointKind.LINE, edit)


def test_a_phone_number_is_told_by_its_end_where_that_is_enough() -> None:
    edit = changed(customer=a_customer(phone="+447700900413"))
    assert notice(CheckpointKind.CUSTOMER, edit) == (
        "Customer and contact changed, ask again: phone number 07700 900412, now 07700 900413."
    )
    assert said(CheckpointKind.CUSTOMER, edit) == (
        "The phone number was four one two, it is now four one three."
    )
    other = said(CheckpointKind.CUSTOMER, changed(customer=a_customer(phone="+447700901412")))
    assert other.endswith("seven seven zero zero nine zero one four one two.")


def test_what_is_new_or_gone_says_so() -> None:
    edit = changed(customer=a_customer(phone="", no_phone=True, email="x@gmail.com"))
    assert notice(CheckpointKind.CUSTOMER, edit).endswith(
        "phone number 07700 900412, now none; e-mail address none, now x@gmail.com."
    )
    assert said(CheckpointKind.CUSTOMER, edit) == (
        "The phone number was four one two, and is taken out. "
        "The e-mail address is now x at Gmail dot com."
    )


def test_what_the_caller_speaks_is_not_given_away() -> None:
    edit = delivered_to(an_address(street=("3 High Street",), postcode="LS1 1AA"))
    text = said(CheckpointKind.DELIVERY, edit)
    assert text == (
        "The street has changed, so I ask you again. The postcode has changed, so I ask you again."
    )
    assert "postcode LS6 3AA, now LS1 1AA" in notice(CheckpointKind.DELIVERY, edit)


def test_the_address_of_a_bill_is_told_in_words() -> None:
    edit = billed_to(an_address(street=("3 High Street",), postcode="LS1 1AA"))
    text = said(CheckpointKind.BILLING, edit)
    assert "it is now three High Street." in text
    assert "it is now L Lima S Sierra one, one A Alpha A Alpha." in text


def test_a_bill_that_goes_its_own_way_to_the_same_place_is_named() -> None:
    assert notice(CheckpointKind.BILLING, billed_to(an_address())) == (
        "Billing address changed, ask again: same address for the bill."
    )


def test_what_is_collected_now_does_not_list_the_old_address() -> None:
    edit = with_delivery(
        method="collect", label="Collected at the counter", charge=Money(0, Currency.GBP)
    )
    assert notice(CheckpointKind.DELIVERY, edit) == (
        "Delivery address changed, ask again: collection at the counter."
    )
    assert notice(CheckpointKind.ARRIVAL, edit) == (
        "Delivery date changed, ask again: delivery method standard, now collected at the counter."
    )


def test_long_instructions_are_shortened_on_the_screen_and_not_said_twice() -> None:
    edit = with_delivery(instructions="Ring twice. " * 20)
    assert len(notice(CheckpointKind.DELIVERY, edit)) < 160
    assert said(CheckpointKind.DELIVERY, edit) == (
        "The delivery instruction has changed, so I ask you again."
    )
    short = said(CheckpointKind.DELIVERY, with_delivery(instructions="Ring\ntwice"))
    assert short == "The delivery instruction is now “Ring twice”."


def test_rights_and_payment_are_told() -> None:
    assert notice(CheckpointKind.RIGHTS, changed(order_type=OrderType.TRADE)) == (
        "Rights and terms changed, ask again: kind of buyer."
    )
    by_card = changed(payment=PaymentMethod.CARD)
    assert said(CheckpointKind.OBLIGATION, by_card) == (
        "The payment was after this call, it is now by card."
    )


def test_another_country_is_told_by_its_name() -> None:
    dublin = PostalAddress(country="IE", street=("3 High Street",), city="Dublin")
    assert "country United Kingdom, now Ireland" in notice(
        CheckpointKind.BILLING,
        billed_to(dublin),
        an_order(
            BUNTING,
            billed_to(PostalAddress(country="GB", street=("3 High Street",), city="Dublin")),
        ),
    )


def test_no_more_than_three_changes_are_told() -> None:
    other = an_address(
        name="A", organisation="B", street=("C",), city="D", postcode="LS1 1AA", area="E"
    )
    assert notice(CheckpointKind.DELIVERY, delivered_to(other)).count(", now ") == 3


def test_of_what_holds_nothing_is_told() -> None:
    standing, after = standing_of(CheckpointKind.PRICE, changed(internal_note="Nice"))
    assert change_notice(standing, book_of(Region.GB)) == ""
    assert changed_words(standing, after, totals_of(after), book_of(Region.GB)) == ""
