"""What is still missing, in the order of the talk, and what is odd but never in the way."""

from __future__ import annotations

import msgspec
import pytest

from app.services.rules.readiness import missing, place_of, warnings
from app.services.rules.regions import RegionRules
from app.values.identity import ProductCode
from app.values.postal import Place
from app.values.vocabulary import Region
from app.wire.addresses import AddressSuggestions
from app.wire.catalogue import ProductView
from app.wire.orders import OrderDocument
from tests.builders import (
    a_customer,
    a_product,
    an_address,
    an_order,
    billed_to,
    changed,
    delivered_to,
    with_charge,
    with_delivery,
    with_line,
    without_customer,
)


def codes_of(order: OrderDocument, rules: RegionRules) -> list[str]:
    return [item.code for item in missing(order, rules)]


def cautions_of(order: OrderDocument, rules: RegionRules, **known: object) -> list[str]:
    return [caution.code for caution in warnings(order, rules, **known)]  # type: ignore[arg-type]


# ---------------------------------------------------------------- what is missing


def test_a_whole_order_lacks_nothing(britain: RegionRules, america: RegionRules) -> None:
    assert missing(an_order(with_line()), britain) == ()
    assert missing(an_order(with_line(), region=Region.US), america) == ()


def test_an_empty_draft_lacks_everything_in_the_order_of_the_talk(britain: RegionRules) -> None:
    draft = an_order(
        without_customer, delivered_to(None), with_delivery(method="", promised_on=None)
    )
    assert codes_of(draft, britain) == [
        "customer_name_missing",
        "customer_phone_missing",
        "lines_missing",
        "delivery_address_missing",
        "delivery_method_missing",
    ]


def test_what_is_missing_is_asked_with_an_open_question(britain: RegionRules) -> None:
    draft = an_order(
        without_customer,
        delivered_to(an_address(street=(), city="", postcode="")),
        billed_to(an_address("US", area="", postcode="")),
        with_delivery(promised_on=None),
    )
    items = missing(draft, britain)
    assert len(items) == 9
    assert all(item.say.endswith("?") and item.say.split()[0] != "Is" for item in items)
    assert all(item.sentence == item.sentence.strip(" .?") for item in items)


def test_a_missing_postcode_is_named_where_it_is_missing(britain: RegionRules) -> None:
    draft = an_order(with_line(), delivered_to(an_address(postcode="")))
    (item,) = missing(draft, britain)
    assert item.code == "delivery_postcode_missing"
    assert item.sentence == "delivery postcode"
    assert item.field == "deliver_to.postcode"
    assert item.say == "Which postcode is it going to?"


def test_a_missing_zip_code_of_the_bill_is_named_as_such(britain: RegionRules) -> None:
    draft = an_order(with_line(), billed_to(an_address("US", postcode="")))
    (item,) = missing(draft, britain)
    assert item.sentence == "billing ZIP code"
    assert item.say == "Which ZIP code is it for the bill?"


def test_a_postcode_that_does_not_fit_is_still_to_be_mended(britain: RegionRules) -> None:
    draft = an_order(with_line(), delivered_to(an_address(postcode="XX1 1AA")))
    (item,) = missing(draft, britain)
    assert item.code == "delivery_postcode_wrong"
    assert item.sentence == "delivery postcode to mend"


def test_an_unknown_country_is_still_to_be_mended(britain: RegionRules) -> None:
    draft = an_order(with_line(), billed_to(an_address("ZZ")))
    assert codes_of(draft, britain) == ["billing_country_wrong"]


def test_no_telephone_number_is_an_answer_once_it_was_given(britain: RegionRules) -> None:
    silent = a_customer(phone="")
    assert codes_of(an_order(with_line(), changed(customer=silent)), britain) == [
        "customer_phone_missing"
    ]
    asked = msgspec.structs.replace(silent, no_phone=True)
    assert codes_of(an_order(with_line(), changed(customer=asked)), britain) == []


def test_no_email_address_is_a_legal_answer(britain: RegionRules) -> None:
    assert missing(an_order(with_line(), changed(customer=a_customer(email=None))), britain) == ()


def test_what_is_fetched_at_the_counter_needs_no_address(britain: RegionRules) -> None:
    fetched = an_order(with_line(), delivered_to(None), with_delivery(method="collect"))
    assert missing(fetched, britain) == ()


def test_a_method_that_does_not_go_there_is_asked_for_again(britain: RegionRules) -> None:
    abroad = an_address("FR", street=("1 rue",), city="PARIS", postcode="75001")
    assert codes_of(an_order(with_line(), delivered_to(abroad)), britain) == [
        "delivery_method_wrong"
    ]
    sent = an_order(with_line(), delivered_to(abroad), with_delivery(method="abroad"))
    assert codes_of(sent, britain) == []


@pytest.mark.parametrize("method", ["", "pigeon"])
def test_a_method_nobody_offers_is_missing(britain: RegionRules, method: str) -> None:
    order = an_order(with_line(), with_delivery(method=method))
    assert codes_of(order, britain) == ["delivery_method_missing"]


# ---------------------------------------------------------------- what is odd


def products(*known: ProductView) -> dict[ProductCode, ProductView]:
    return {product.code: product for product in known}


def test_a_whole_order_is_not_odd(britain: RegionRules) -> None:
    assert warnings(an_order(with_line("A", 3), with_line("B", 3)), britain) == ()


def test_ten_times_the_usual_is_asked_about_by_line(britain: RegionRules) -> None:
    order = an_order(with_line("A", 3), with_line("B", 60))
    known = products(a_product("A", typical_quantity=6), a_product("B", typical_quantity=6))
    (caution,) = warnings(order, britain, products=known)
    assert caution.code == "quantity_unusual"
    assert caution.line_ids == (order.lines[1].line_id,)
    assert caution.sentence == "Line 2: 60 of B is unusual; 6 is usual."


def test_the_famous_slip_is_asked_about_without_any_history(britain: RegionRules) -> None:
    assert cautions_of(an_order(with_line("23843", 80_995)), britain) == ["quantity_unusual"]


def test_a_charge_is_never_unusual(britain: RegionRules) -> None:
    assert warnings(an_order(with_charge(quantity=2_000)), britain) == ()


def test_one_code_on_two_lines_asks_to_merge_or_keep(britain: RegionRules) -> None:
    order = an_order(with_line("85123a", 6), with_line("B", 1), with_line("85123A", 12))
    (caution,) = warnings(order, britain)
    assert caution.code == "code_on_two_lines"
    assert caution.line_ids == (order.lines[0].line_id, order.lines[2].line_id)
    assert "18 in all" in caution.say


def test_a_charge_may_stand_on_two_lines(britain: RegionRules) -> None:
    assert warnings(an_order(with_charge(), with_charge()), britain) == ()


def test_a_city_that_does_not_fit_its_postcode_is_asked_about(britain: RegionRules) -> None:
    order = an_order(with_line(), delivered_to(an_address(city="Bradford")))
    assert cautions_of(order, britain, place=Place("Leeds")) == ["city_misfit"]
    assert missing(order, britain) == ()


def test_what_a_look_up_says_is_a_place(america: RegionRules) -> None:
    said = AddressSuggestions(city="East Boston", area="MA", other_cities=("Boston",))
    assert place_of(said) == Place("East Boston", "MA", ("Boston",))
    assert place_of(AddressSuggestions()) is None
    order = an_order(with_line(), region=Region.US)
    assert cautions_of(order, america, place=place_of(said)) == []


def test_a_state_without_a_known_rate_is_flagged(america: RegionRules) -> None:
    guam = an_address("US", area="GU", postcode="96910")
    assert cautions_of(an_order(with_line(), delivered_to(guam), region=Region.US), america) == [
        "tax_unknown"
    ]


def test_local_taxes_nobody_knows_are_told(america: RegionRules) -> None:
    texas = an_address("US", area="TX", postcode="78701")
    order = an_order(with_line(), delivered_to(texas), region=Region.US)
    assert cautions_of(order, america) == ["tax_local_varies"]


def test_a_draft_without_an_address_is_not_odd_yet(america: RegionRules) -> None:
    order = an_order(with_line(), delivered_to(None), region=Region.US)
    assert cautions_of(order, america) == []
