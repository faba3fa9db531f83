"""Whose order is it: asked before anything is shown, judged at once, kept for the conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app.ui.main_window import MainWindow
from app.values.order_life import IdentityFact, IdentityLevel
from app.wire.customers import LastOrdersOf
from app.wire.operations import LAST_ORDERS
from tests.builders import a_customer, an_address, an_order, changed, delivered_to, with_line
from tests.ui.stage import open_order_page

if TYPE_CHECKING:
    from app.wire.contacts import IdentityChecked
    from app.wire.orders import PlacedOrder
    from tests.ui.screens.fake_desk import FakeDesk
    from tests.ui.stage import Hands


@pytest.fixture
def placed(desk: FakeDesk) -> PlacedOrder:
    """Three of one product for Margaret Thompson, 14 Mill Lane, LS6 3AA."""
    order = an_order(
        with_line("47566", 3, "4.95"),
        delivered_to(an_address()),
        changed(customer=a_customer()),
    )
    desk.has_ordered(desk.customers[0], order, days_ago=0)
    return desk.orders[order.order_id]


@pytest.fixture
def by_number(on_call: Hands, placed: PlacedOrder) -> Hands:
    """The caller told the number, and the page of the order is in view."""
    open_order_page(on_call, placed.number)
    return on_call


def say(hands: Hands, text: str) -> None:
    hands.write(text)
    hands.enter()


def recorded(desk: FakeDesk) -> IdentityChecked:
    (contact,) = desk.contacts.values()
    return contact.checks[-1]


def level(window: MainWindow) -> IdentityLevel:
    return window.identity.state.level


def show(window: MainWindow, desk: FakeDesk) -> None:
    """Chosen from the customer's last orders, without a number told."""
    asked = LastOrdersOf(customer_id=desk.customers[0].customer_id)
    window.trips.show_order(desk.call(LAST_ORDERS, asked).orders[0])


def words(window: MainWindow) -> str:
    labels = window.order_identity.box.findChildren(QLabel)
    return " ".join(part.text() for part in labels if part.isVisible())


def test_the_number_that_was_told_shows_how_far_it_is_and_one_more_fact_all(
    by_number: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    order = window.pages.order
    assert level(window) is IdentityLevel.STATE
    assert "How far it is may be told" in words(window)
    assert "Which postcode did it go to?" in words(window)
    assert order.table.model().rowCount() == 0
    say(by_number, "ls6 3aa")
    assert level(window) is IdentityLevel.ALL
    assert "All may be told" in words(window)
    assert order.table.model().rowCount() == 1
    check = recorded(desk)
    assert check.passed == (IdentityFact.ORDER_NUMBER, IdentityFact.POSTCODE)
    assert (check.level, check.wrong) == (IdentityLevel.ALL, 0)


def test_the_telephone_they_ring_from_is_recorded_and_holds_for_the_conversation(
    on_call: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
) -> None:
    del on_call
    assert placed.document.customer is not None
    customer = structs.replace(placed.document.customer, phone=a_customer().phone)
    document = structs.replace(placed.document, customer=customer)
    desk.orders[document.order_id] = structs.replace(placed, document=document)
    window.call.on_line.begin(a_customer().phone)
    window.contact.touch()
    show(window, desk)
    check = recorded(desk)
    assert (check.asked, check.passed) == ((), (IdentityFact.PHONE,))
    window.call.on_line.begin("")
    window.trips.back()
    show(window, desk)
    assert window.identity.state.shown.from_own_phone


def test_three_wrong_answers_and_nothing_may_be_told(
    by_number: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    say(by_number, "ls6 3ab")
    assert "That is not what the order says." in words(window)
    assert "1 of 3 wrong answers" in words(window)
    say(by_number, "er")
    assert "1 of 3 wrong answers" in words(window)
    for answer in ("ls1 1aa", "m1 1aa"):
        say(by_number, answer)
    assert "Nothing may be told" in words(window)
    assert "a team lead is needed" in words(window)
    assert "LS6" not in words(window)
    assert window.pages.order.header.sentence().startswith("Nothing of the order may be told")
    assert not window.order_identity.box.skip_button.isEnabled()
    assert (recorded(desk).wrong, recorded(desk).level) == (3, IdentityLevel.NOTHING)


def test_a_lead_goes_on_with_a_reason(by_number: Hands, window: MainWindow, desk: FakeDesk) -> None:
    for answer in ("ls1 1aa", "m1 1aa", "b1 1aa"):
        say(by_number, answer)
    window.identity.skip()
    assert level(window) is IdentityLevel.NOTHING
    window.identity.is_lead = True
    show(window, desk)
    window.identity.skip()
    window.identity.vouch("Rang the number of the order back.")
    assert level(window) is IdentityLevel.ALL
    assert recorded(desk).skipped == "Rang the number of the order back."


def test_where_it_cannot_be_checked_a_reason_is_wanted(
    by_number: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    window.order_identity.box.skip_button.click()
    by_number.enter()
    assert "in a few words" in words(window)
    say(by_number, "Text relay, she is known to us")
    assert level(window) is IdentityLevel.ALL
    assert recorded(desk).skipped == "Text relay, she is known to us"


def test_the_arrows_ask_for_something_else_and_escape_leaves_the_reason(
    by_number: Hands, window: MainWindow
) -> None:
    by_number.press(Qt.Key.Key_Down)
    assert "What name is the order in?" in words(window)
    by_number.press(Qt.Key.Key_Up)
    window.order_identity.box.skip_button.click()
    by_number.press(Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.pages.order
    assert "Which postcode" in words(window)


def test_what_was_shown_holds_for_the_conversation_and_not_for_the_next_caller(
    by_number: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    say(by_number, "ls6 3aa")
    window.trips.back()
    show(window, desk)
    assert level(window) is IdentityLevel.ALL
    window.contact.leave()
    window.contact.touch()
    show(window, desk)
    assert level(window) is IdentityLevel.NOTHING


def test_between_calls_nobody_has_to_show_anything(
    on_call: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
) -> None:
    del on_call, placed
    show(window, desk)
    assert window.identity.state.asks is False
    assert window.pages.order.table.model().rowCount() == 1
