"""Who is calling: found, chosen, typed in, changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.ui.screens.call.customer_state import CustomerField, Mode
from app.ui.screens.call.presenter import CallPresenter, Pace
from app.values.identity import CustomerId
from app.wire.orders import OrderCustomer
from tests.builders import an_id, an_order, changed
from tests.ui.screens.fake_desk import FakeDesk, a_known_customer


@pytest.fixture
def typed(call: CallPresenter) -> CallPresenter:
    """A new customer with a name."""
    call.customer.search("Eleanor Whitcombe")
    call.customer.enter()
    return call


def customer_of(call: CallPresenter) -> OrderCustomer:
    customer = call.order.document.customer
    assert customer is not None
    return customer


@pytest.mark.parametrize(
    "text", ["0412", "07700 900412", "+44 7700 900412", "Margaret", "thompson"]
)
def test_a_customer_is_found_by_digits_or_name(call: CallPresenter, text: str) -> None:
    call.customer.search(text)
    assert [view.name for view in call.customer.state.rows] == ["Margaret Thompson"]


def test_the_newest_address_of_a_known_customer_stands_in_the_order(call: CallPresenter) -> None:
    call.customer.search("0412")
    call.customer.enter()
    assert call.order.document.deliver_to is not None
    assert call.state.topics[0].done


def test_an_address_that_was_typed_first_is_not_replaced(call: CallPresenter) -> None:
    call.delivery_address.set_text("postcode", "YO1 7HH")
    call.customer.search("0412")
    call.customer.enter()
    assert call.order.document.deliver_to is not None
    assert call.order.document.deliver_to.postcode == "YO1 7HH"


def test_several_customers_are_never_chosen_unasked(call: CallPresenter, desk: FakeDesk) -> None:
    other = CustomerId(an_id(902))
    desk.customers.append(a_known_customer("Margaret Tomson", customer_id=other))
    call.customer.search("Margaret")
    call.customer.enter()
    assert call.order.document.customer is None
    call.customer.move(1)
    call.customer.move(1)
    call.customer.enter()
    assert customer_of(call).name == "Margaret Tomson"


def test_nobody_found_becomes_a_new_customer_with_that_name(typed: CallPresenter) -> None:
    assert typed.customer.state.mode is Mode.TYPING
    assert customer_of(typed).name == "Eleanor Whitcombe"
    assert customer_of(typed).base_revision is None


def test_a_number_nobody_has_becomes_the_number_of_a_new_customer(call: CallPresenter) -> None:
    call.customer.search("07700 900999")
    call.customer.enter()
    assert customer_of(call).phone == "+447700900999"
    assert customer_of(call).name == ""


def test_a_wrong_number_is_told_once_its_field_was_left(typed: CallPresenter) -> None:
    typed.customer.set_phone("0770")
    assert typed.customer.state.problem(CustomerField.PHONE) == ""
    typed.customer.finish_field(CustomerField.PHONE)
    assert "digits missing" in typed.customer.state.problem(CustomerField.PHONE)
    assert customer_of(typed).phone == ""


def test_a_form_with_something_wrong_stays_open(typed: CallPresenter) -> None:
    typed.customer.set_email("eleanor@")
    typed.customer.finish()
    assert typed.customer.state.mode is Mode.TYPING
    assert typed.customer.state.problem(CustomerField.EMAIL)


def test_no_email_is_a_real_answer(typed: CallPresenter) -> None:
    typed.customer.set_email("e@example.org")
    typed.customer.set_no_email(has_none=True)
    assert customer_of(typed).email is None
    assert typed.customer.state.no_email


def test_an_email_left_empty_means_none(typed: CallPresenter) -> None:
    typed.customer.set_phone("07700900123")
    typed.customer.finish()
    assert typed.customer.state.mode is Mode.CHOSEN
    assert typed.customer.state.no_email


def test_no_telephone_is_a_real_answer(typed: CallPresenter) -> None:
    typed.customer.set_no_phone(has_none=True)
    assert not [m for m in typed.state.missing if m.code == "customer_phone_missing"]


def test_a_customer_with_an_account_may_pay_by_invoice(call: CallPresenter, desk: FakeDesk) -> None:
    desk.customers[:] = [a_known_customer(on_account=True)]
    call.customer.search("0412")
    call.customer.enter()
    assert customer_of(call).on_account
    call.customer.amend()
    call.customer.set_email("other@example.org")
    assert customer_of(call).on_account


def test_a_text_relay_is_noted(typed: CallPresenter) -> None:
    typed.customer.set_text_relay(used=True)
    assert customer_of(typed).text_relay


@pytest.mark.parametrize("name", ["Zoë 😀 O'Brien-Núñez", "שרה לוי", "e\u0301mile", "王小明"])
def test_names_of_the_world_are_kept_as_typed(typed: CallPresenter, name: str) -> None:
    typed.customer.set_name(name)
    assert customer_of(typed).name == name


def test_a_card_number_is_masked_in_a_name(typed: CallPresenter) -> None:
    for length in range(1, 20):
        typed.customer.set_name("4242 4242 4242 4242"[:length])
        assert sum(c.isdigit() for c in customer_of(typed).name) <= 8
    assert "card number" in typed.customer.state.problem(CustomerField.NAME)
    assert not any(c.isdigit() for c in customer_of(typed).name)


def test_a_card_number_is_no_telephone_number(typed: CallPresenter) -> None:
    typed.customer.set_phone("4242424242424242")
    assert customer_of(typed).phone == ""
    assert typed.customer.state.phone_text == ""


def test_a_card_number_is_not_sent_to_the_centre(call: CallPresenter, desk: FakeDesk) -> None:
    call.customer.search("4242424242424242")
    assert desk.calls["customers.find"] == 0
    assert "card number" in call.customer.state.sentence


def test_away_from_the_centre_the_search_says_so_and_goes_on(
    call: CallPresenter, desk: FakeDesk
) -> None:
    desk.offline = True
    call.customer.search("Margaret")
    state = call.customer.state
    assert state.offline
    assert "central service is away" in state.sentence
    call.customer.enter()
    assert customer_of(call).name == "Margaret"


def test_last_orders_come_with_the_customer(call: CallPresenter, a_past_order: None) -> None:
    call.customer.search("0412")
    call.customer.enter()
    assert [order.line_count for order in call.customer.state.last_orders] == [3]


def test_searching_again_takes_the_customer_off_and_undo_brings_them_back(
    typed: CallPresenter,
) -> None:
    before = customer_of(typed)
    typed.customer.search_again()
    assert typed.order.document.customer is None
    typed.undo()
    assert customer_of(typed) == before
    assert typed.customer.state.mode is Mode.CHOSEN


def test_a_chosen_customer_can_be_amended_and_keeps_their_revision(call: CallPresenter) -> None:
    call.customer.search("0412")
    call.customer.enter()
    call.customer.amend()
    call.customer.set_email("new@example.org")
    call.customer.finish()
    assert customer_of(call).email == "new@example.org"
    assert customer_of(call).base_revision == 3


def test_a_resumed_draft_asks_for_its_customers_addresses(
    new_presenter: Callable[[Pace], CallPresenter], desk: FakeDesk
) -> None:
    known = desk.customers[0]
    call = new_presenter(Pace(search_ms=0, save_ms=None, caution_ms=None))
    customer = OrderCustomer(
        customer_id=known.customer_id, base_revision=3, name=known.name, phone=known.phones[0]
    )
    call.resume(an_order(changed(customer=customer)))
    assert call.customer.state.known == known
