"""Pay links of the sandbox: sent, opened, paid, paid twice, expired, cancelled."""

from __future__ import annotations

import re

import pytest

from app.values.errors import Refusal
from app.values.identity import LinkId
from app.values.vocabulary import LinkState
from app.vault.links import Button, PayPages
from app.wire.vault import LinkOffered
from tests.builders import an_id
from tests.fakes import FixedClock
from tests.vault.vaults import BASE, VaultUnderTest, a_link


@pytest.fixture
def pages(vault: VaultUnderTest) -> PayPages:
    return vault.pages


def token_of(offered: LinkOffered) -> str:
    return offered.url.rpartition("/")[2]


def test_a_link_is_sent_opened_and_paid(pages: PayPages, clock: FixedClock) -> None:
    sent = pages.offer(a_link())
    pages.open(token_of(sent))
    opened = pages.ask(sent.link_id)
    clock.advance(minutes=5)
    pages.press(token_of(sent), Button.PAY)
    paid = pages.ask(sent.link_id)
    assert [told.state for told in (sent, opened, paid)] == ["sent", "opened", "paid"]
    assert (paid.opened_at, paid.paid_at, paid.paid) == (opened.opened_at, clock.now(), 1)
    assert (paid.brand, len(paid.last_four)) == ("Visa", 4)


def test_a_link_is_paid_twice_from_two_windows(pages: PayPages) -> None:
    sent = pages.offer(a_link())
    for _ in range(2):
        pages.press(token_of(sent), Button.PAY)
    told = pages.ask(sent.link_id)
    assert (told.state, told.paid) == (LinkState.PAID_TWICE, 2)


def test_a_paid_page_has_no_button_any_more(pages: PayPages) -> None:
    token = token_of(pages.offer(a_link()))
    pages.press(token, Button.PAY)
    assert "<button" not in pages.open(token).html


def test_a_declined_payment_can_be_tried_again(pages: PayPages) -> None:
    sent = pages.offer(a_link())
    page = pages.press(token_of(sent), Button.DECLINE)
    assert "declined" in page.html
    assert "<button" in page.html
    assert pages.ask(sent.link_id).paid == 0


def test_a_link_that_is_over_cannot_be_paid(pages: PayPages, clock: FixedClock) -> None:
    sent = pages.offer(a_link())
    clock.advance(hours=72)
    assert pages.press(token_of(sent), Button.PAY).status == 410
    assert pages.open(token_of(sent)).status == 410
    assert pages.ask(sent.link_id).state is LinkState.EXPIRED


def test_a_cancelled_link_cannot_be_paid(pages: PayPages) -> None:
    sent = pages.offer(a_link())
    assert pages.cancel(sent.link_id).state is LinkState.CANCELLED
    assert pages.cancel(sent.link_id).state is LinkState.CANCELLED
    assert pages.press(token_of(sent), Button.PAY).status == 410
    assert pages.ask(sent.link_id).paid == 0


def test_a_paid_link_cannot_be_cancelled(pages: PayPages) -> None:
    sent = pages.offer(a_link())
    pages.press(token_of(sent), Button.PAY)
    with pytest.raises(Refusal) as refusal:
        pages.cancel(sent.link_id)
    assert refusal.value.code == "link_paid"


def test_the_same_link_is_offered_again_and_another_amount_is_refused(pages: PayPages) -> None:
    assert pages.offer(a_link()) == pages.offer(a_link())
    with pytest.raises(Refusal) as refusal:
        pages.offer(a_link(minor=1))
    assert refusal.value.code == "link_reused"


def test_a_link_that_would_be_over_at_once_is_refused(pages: PayPages) -> None:
    with pytest.raises(Refusal) as refusal:
        pages.offer(a_link(hours=0))
    assert refusal.value.code == "link_expired"


def test_an_unknown_link_is_named(pages: PayPages) -> None:
    with pytest.raises(Refusal) as refusal:
        pages.ask(LinkId(an_id(399)))
    assert refusal.value.code == "link_unknown"
    assert pages.open("nowhere").status == 404
    assert pages.press("' OR 1=1 --", Button.PAY).status == 404


def test_a_link_outlives_a_restart(vault: VaultUnderTest) -> None:
    sent = vault.pages.offer(a_link())
    vault.restart()
    assert vault.pages.ask(sent.link_id) == sent


def test_the_page_asks_for_no_card_and_escapes_what_it_shows(pages: PayPages) -> None:
    page = pages.open(token_of(pages.offer(a_link()))).html
    assert "Harbour &amp; Sons &lt;Tea&gt;" in page
    assert "Pay £49.99" in page
    assert not re.search(r"<(input|script|img|iframe|link)\b", page)


def test_an_address_can_be_read_out(pages: PayPages) -> None:
    url = pages.offer(a_link()).url
    assert re.fullmatch(re.escape(BASE) + r"/pay/[a-hj-km-np-z2-9]{12}", url)
