"""No card number stands anywhere that takes free text."""

from __future__ import annotations

import msgspec
import pytest

from app.services.rules.free_text import free_texts, refuse_cards_in
from app.values.contact import PostalAddress
from app.values.errors import Refusal
from app.wire.orders import OrderCustomer, OrderDocument
from tests.builders import an_address, an_order, billed_to, changed, delivered_to, with_line

CARD = "4111 1111 1111 1111"
TEXTS_NOT_FREE = {"method", "label", "country", "postcode", "area", "phone"}


def with_delivery(field: str) -> OrderDocument:
    order = an_order(with_line())
    delivery = msgspec.structs.replace(order.delivery, **{field: CARD})
    return msgspec.structs.replace(order, delivery=delivery)


def with_customer(field: str) -> OrderDocument:
    order = an_order(with_line())
    assert isinstance(order.customer, OrderCustomer)
    customer = msgspec.structs.replace(order.customer, **{field: CARD})
    return msgspec.structs.replace(order, customer=customer)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (an_order(with_line(), changed(internal_note=CARD)), "internal_note"),
        (with_delivery("instructions"), "delivery.instructions"),
        (with_delivery("gift_message"), "delivery.gift_message"),
        (with_customer("name"), "customer.name"),
        (with_customer("email"), "customer.email"),
        (an_order(delivered_to(an_address(name=CARD))), "deliver_to.name"),
        (an_order(delivered_to(an_address(organisation=CARD))), "deliver_to.organisation"),
        (an_order(billed_to(an_address(city=CARD))), "bill_to.city"),
        (an_order(billed_to(an_address(street=("1 Lane", CARD)))), "bill_to.street"),
        (an_order(with_line(description=CARD)), "lines.description"),
        (an_order(with_line(told_reason=CARD)), "lines.told_reason"),
    ],
)
def test_a_card_number_is_refused_with_the_field_it_stands_in(
    document: OrderDocument, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        refuse_cards_in(document)
    assert (refused.value.code, refused.value.field) == ("card_digits", field)


def test_a_card_number_in_two_fields_is_refused() -> None:
    order = with_delivery("gift_message")
    delivery = msgspec.structs.replace(
        order.delivery, instructions="4111 1111", gift_message="1111 1111"
    )
    with pytest.raises(Refusal):
        refuse_cards_in(msgspec.structs.replace(order, delivery=delivery))


def test_an_order_as_it_should_be_passes() -> None:
    refuse_cards_in(an_order(with_line("5012345678900", 3), with_line("22423", 12)))


def test_every_text_of_an_address_is_looked_at() -> None:
    texts = {
        f.name: f"text of {f.name}"
        for f in PostalAddress.__dataclass_fields__.values()
        if f.name not in TEXTS_NOT_FREE | {"street"}
    }
    address = PostalAddress(country="GB", street=("text of street",), **texts)
    found = {text for _, text in free_texts(an_order(delivered_to(address)))}
    assert {*texts.values(), "text of street"} <= found
