"""How an order is paid for, as it stands on the confirmation."""

from __future__ import annotations

import re

import msgspec
import pytest

from app.values.money import Currency, Money
from app.values.vocabulary import AttemptState, LinkState, PaymentMethod, Region
from app.wire.orders import PlacedOrder
from app.wire.payments import CardAttempt, PayLink
from tests.builders import a_customer, a_link, an_attempt, changed, with_line
from tests.documents.papers import US, Printer, placed

TOTAL = Money(1_380, Currency.GBP)
"""What three of the usual line come to."""


def order(
    *attempts: CardAttempt,
    links: tuple[PayLink, ...] = (),
    payment: PaymentMethod = PaymentMethod.CARD,
) -> PlacedOrder:
    document = placed(with_line("TEA-1", 3), changed(payment=payment))
    assert document.totals.total == TOTAL
    return msgspec.structs.replace(document, attempts=attempts, links=links)


def test_a_card_stands_on_paper_by_brand_last_four_and_amount(printer: Printer) -> None:
    paper = printer.prints(order(an_attempt()))
    assert "Visa ending 4242, £13.80 authorised" in paper.words
    assert "outstanding" not in paper.words.lower()


def test_an_american_paper_writes_authorized(printer: Printer) -> None:
    american = placed(with_line(), changed(payment=PaymentMethod.CARD), region=Region.US)
    attempt = an_attempt(american.totals.total)
    paper = printer.prints(msgspec.structs.replace(american, attempts=(attempt,)), US)
    assert f"Visa ending 4242, {american.totals.total} authorized" in paper.words


def test_two_cards_stand_on_two_lines(printer: Printer) -> None:
    pence = Money(500, Currency.GBP)
    second = an_attempt(TOTAL - pence, number=2, brand="Mastercard", last_four="4444")
    paper = printer.prints(order(an_attempt(pence), second))
    assert "Visa ending 4242, £5.00 authorised" in paper.words
    assert "Mastercard ending 4444," in paper.words


def test_what_a_partial_approval_leaves_is_outstanding(printer: Printer) -> None:
    part = an_attempt(TOTAL, approved=Money(1_000, Currency.GBP))
    paper = printer.prints(order(part, payment=PaymentMethod.LATER))
    assert "Visa ending 4242, £10.00 authorised" in paper.words
    assert "Outstanding: £3.80" in paper.words


def test_what_was_declined_or_given_back_is_nobodys_business_on_paper(printer: Printer) -> None:
    tried = [
        an_attempt(TOTAL, state, number=place)
        for place, state in enumerate(
            (AttemptState.DECLINED, AttemptState.VOIDED, AttemptState.UNKNOWN), start=1
        )
    ]
    paper = printer.prints(order(*tried, payment=PaymentMethod.LATER))
    assert "Visa" not in paper.words
    assert "Payment outstanding" in paper.words


def test_an_open_link_stands_with_its_address_and_its_last_day(printer: Printer) -> None:
    link = a_link()
    paper = printer.prints(order(links=(link,), payment=PaymentMethod.PAY_LINK))
    assert "Pay link for £13.80" in paper.words
    assert f"{link.url}, until Monday 23 November 2026" in paper.words


def test_a_long_link_is_on_the_paper_to_its_last_letter(printer: Printer) -> None:
    url = "https://pay.example.org/" + "abcdefghij" * 30 + "END"
    paper = printer.prints(order(links=(a_link(url=url),), payment=PaymentMethod.PAY_LINK))
    assert url in re.sub(r"\s", "", paper.text)


def test_a_link_that_was_paid_is_said_without_its_address(printer: Printer) -> None:
    link = a_link(state=LinkState.PAID)
    paper = printer.prints(order(links=(link,), payment=PaymentMethod.PAY_LINK))
    assert "£13.80 paid by pay link" in paper.words
    assert link.url not in paper.words


def test_an_account_is_named(printer: Printer) -> None:
    customer = a_customer(on_account=True)
    document = placed(with_line(), changed(customer=customer, payment=PaymentMethod.INVOICE))
    assert "On account" in printer.prints(document).words


@pytest.mark.parametrize("copy", [False, True])
def test_no_digit_of_a_card_but_the_last_four_is_ever_printed(
    printer: Printer, *, copy: bool
) -> None:
    number = "4111111111111111"
    odd = an_attempt(brand=f"Visa {number}", last_four=number[-4:])
    paper = printer.prints(order(odd), copy=copy)
    assert "Visa ending 1111, £13.80 authorised" in paper.words
    assert "11111" not in re.sub(r"\D", "", paper.words.replace("ending 1111", ""))
    assert "41111" not in re.sub(r"\s", "", paper.words)
