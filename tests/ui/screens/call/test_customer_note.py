"""What is said of a customer's entry beside their name."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel

from app.ui.main_window import MainWindow
from app.ui.screens.call.customer_note import customer_note
from app.values.identity import CustomerId
from app.wire.customers import CustomerView
from tests.builders import an_id
from tests.ui.screens.fake_desk import FakeDesk, a_known_customer
from tests.ui.stage import Hands

_FIELDS = "the name, the e-mail address and whether they use text relay"
NOTES = {
    "nothing": (a_known_customer(), ""),
    "one other": (
        a_known_customer(twins=("Maggie Thomson",)),
        "May be the same customer as Maggie Thomson. A team lead decides.",
    ),
    "another of the name": (
        a_known_customer(twins=("Margaret Thompson",)),
        "There may be a second entry of this customer. A team lead decides.",
    ),
    "many others": (
        a_known_customer(twins=("A", "B", "C")),
        "3 other entries may be this customer, too. A team lead decides.",
    ),
    "told differently": (
        a_known_customer(unsure=("name", "email", "text_relay")),
        f"Two calls differ about {_FIELDS}. Please ask the caller.",
    ),
    "put together": (
        a_known_customer(merged=(CustomerId(an_id(902)),)),
        "2 entries of this customer were put together.",
    ),
}


@pytest.mark.parametrize(("view", "words"), NOTES.values(), ids=NOTES)
def test_it_is_said_in_whole_sentences(view: CustomerView, words: str) -> None:
    assert customer_note(view) == words


def test_it_stands_below_the_name(on_call: Hands, window: MainWindow, desk: FakeDesk) -> None:
    desk.customers = [a_known_customer(unsure=("email",))]
    on_call.write("0412")
    on_call.enter()
    note = window.findChild(QLabel, "customer-note")
    assert note is not None
    assert note.isVisible()
    assert note.text() == "Two calls differ about the e-mail address. Please ask the caller."


def test_most_customers_have_none(on_call: Hands, window: MainWindow) -> None:
    on_call.write("0412")
    on_call.enter()
    note = window.findChild(QLabel, "customer-note")
    assert note is not None
    assert not note.isVisible()
