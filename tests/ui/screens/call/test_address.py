"""One address of the order: its country's rules, what a postcode fills, what is told when."""

from __future__ import annotations

import pytest

from app.ui.screens.call.address import AddressPresenter
from app.ui.screens.call.presenter import CallPresenter
from app.values.contact import PostalAddress
from app.values.errors import Unreachable
from app.values.identity import AddressId
from app.wire import operations
from app.wire.addresses import AddressSuggestions
from app.wire.customers import AddressView
from tests.builders import an_address, an_id
from tests.ui.screens.fake_desk import FakeDesk


@pytest.fixture
def form(call: CallPresenter) -> AddressPresenter:
    """The delivery form, open and empty."""
    call.delivery_address.edit()
    return call.delivery_address


def address_of(form: AddressPresenter) -> PostalAddress:
    address = form.state.address
    assert address is not None
    return address


def type_postcode(form: AddressPresenter, text: str, house: str = "") -> None:
    form.set_text("postcode", text)
    form.finish_field("postcode")
    form.set_house(house)
    form.finish_house()


def test_the_fields_are_those_of_the_country_in_its_order(form: AddressPresenter) -> None:
    assert [field.key for field in form.state.fields][-2:] == ["city", "postcode"]
    form.set_country("US")
    assert [field.key for field in form.state.fields][-3:] == ["city", "area", "postcode"]
    assert next(f.label for f in form.state.fields if f.key == "postcode") == "ZIP code"


def test_a_postcode_fills_the_town_and_is_brought_into_shape(form: AddressPresenter) -> None:
    type_postcode(form, "ls63aa")
    assert address_of(form).postcode == "LS6 3AA"
    assert address_of(form).city == "Leeds"
    assert form.state.source == "Post towns"


def test_a_town_that_was_typed_stays_and_is_warned_about(form: AddressPresenter) -> None:
    form.set_text("city", "York")
    type_postcode(form, "LS6 3AA")
    form.finish_field("city")
    problem = form.state.problem("city")
    assert address_of(form).city == "York"
    assert problem is not None
    assert not problem.is_error
    assert problem.suggestion == "Leeds"
    form.accept_suggestion("city")
    assert address_of(form).city == "Leeds"


def test_another_postcode_replaces_the_town_that_the_first_one_filled(
    form: AddressPresenter, desk: FakeDesk
) -> None:
    desk.places["YO1 7HH"] = AddressSuggestions(city="York")
    type_postcode(form, "LS6 3AA")
    type_postcode(form, "YO1 7HH")
    assert address_of(form).city == "York"


def test_a_postcode_that_does_not_fit_the_country_is_an_error(form: AddressPresenter) -> None:
    type_postcode(form, "90210")
    problem = form.state.problem("postcode")
    assert problem is not None
    assert problem.is_error


def test_nothing_is_called_missing_before_it_was_reached(form: AddressPresenter) -> None:
    assert not form.state.problems
    form.finish()
    assert {p.field for p in form.state.problems} == {"street", "city", "postcode"}
    assert form.state.editing


def test_the_house_begins_the_street_where_nobody_knows_it(form: AddressPresenter) -> None:
    type_postcode(form, "LS6 3AA", house="14")
    assert address_of(form).street == ("14 ",)


def test_a_whole_street_may_be_typed_where_the_house_goes(form: AddressPresenter) -> None:
    type_postcode(form, "LS6 3AA", house="14 Mill Lane")
    assert address_of(form).street == ("14 Mill Lane",)
    assert form.state.is_complete


def test_addresses_of_the_postcode_are_offered_and_one_is_taken_whole(
    form: AddressPresenter, desk: FakeDesk
) -> None:
    homes = tuple(an_address(street=(f"{n} Park Row",), postcode="LS1 4AP") for n in (1, 3))
    desk.places["LS1 4AP"] = AddressSuggestions(city="Leeds", addresses=homes, source="Test")
    type_postcode(form, "LS1 4AP", house="3")
    assert not any(address_of(form).street)
    form.move(1)
    form.move(1)
    form.choose(form.state.current or 0)
    assert address_of(form) == homes[1]
    assert not form.state.editing


def test_typing_the_street_puts_the_offered_addresses_away(
    form: AddressPresenter, desk: FakeDesk
) -> None:
    homes = (an_address(postcode="LS1 4AP"), an_address(street=("2 Row",), postcode="LS1 4AP"))
    desk.places["LS1 4AP"] = AddressSuggestions(city="Leeds", addresses=homes)
    type_postcode(form, "LS1 4AP")
    form.set_text("street", "9 Other Road")
    assert not form.state.found


def test_addresses_used_before_are_offered(form: AddressPresenter) -> None:
    used = AddressView(address_id=AddressId(an_id(1)), address=an_address())
    form.offer((used,))
    form.move(1)
    form.choose(0)
    assert address_of(form).city == "Leeds"


def test_without_a_look_up_the_address_is_typed(form: AddressPresenter, desk: FakeDesk) -> None:
    away = Unreachable("unreachable", "The provider does not answer.")
    desk.broken[operations.LOOK_UP_ADDRESS.name] = away
    type_postcode(form, "LS6 3AA")
    assert "type the address" in form.state.sentence
    form.set_text("street", "14 Mill Lane")
    form.set_text("city", "Leeds")
    form.finish()
    assert form.state.is_complete


def test_a_card_number_in_a_street_is_masked(form: AddressPresenter) -> None:
    for length in range(1, 17):
        form.set_text("street", "4242424242424242"[:length])
        assert sum(c.isdigit() for c in "".join(address_of(form).street)) <= 8
    problem = form.state.problem("street")
    assert problem is not None
    assert "card number" in problem.sentence
    assert not any(c.isdigit() for c in "".join(address_of(form).street))


def test_the_bill_goes_with_the_goods_until_the_caller_says_otherwise(
    call: CallPresenter,
) -> None:
    call.delivery_address.take(an_address())
    call.bill_elsewhere()
    call.billing_address.set_text("postcode", "YO1 7HH")
    assert [m for m in call.state.missing if m.field.startswith("bill_to")]
    call.bill_to_delivery()
    assert call.order.document.bill_to is None


def test_undo_shows_the_address_of_before(call: CallPresenter) -> None:
    call.delivery_address.take(an_address())
    call.delivery_address.take(an_address(city="York", postcode="YO1 7HH"))
    call.undo()
    assert address_of(call.delivery_address).city == "Leeds"


def test_a_new_order_begins_without_the_address_of_the_last(
    call: CallPresenter, desk: FakeDesk
) -> None:
    call.delivery_address.take(an_address())
    states: list[object] = []
    call.delivery_address.state_changed.connect(states.append)
    call.start_call(call.order.document.taken_by, desk.policy)
    assert states
    assert call.delivery_address.state.address is None


@pytest.mark.parametrize("country", ["DE", "JP", "BR", "AE", "IE"])
def test_any_country_can_be_typed(form: AddressPresenter, country: str) -> None:
    form.set_country(country)
    assert form.state.fields
    assert address_of(form).country == country
