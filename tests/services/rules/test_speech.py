"""What is said for every checkpoint: from the record, three facts at most, openly asked."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rules.pricing import totals
from app.services.rules.speech import FACTS_MOST, turns
from app.values.money import Currency, Money
from app.values.vocabulary import Channel, CheckpointKind, OrderType, PaymentMethod, Region
from app.wire.orders import OrderDocument
from tests.builders import (
    Change,
    a_customer,
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
from tests.services.rules.speaking import (
    BUNTING,
    CAKESTAND,
    DUBAI,
    LONG_ADDRESS,
    MODES,
    REGIONS,
    TEACUP,
    book_of,
    everything_of,
    point_of,
    points_of,
    rules_of,
    said_of,
    texts_of,
    turns_of,
)


def a_line_of(quantity: int, code: str = "47566", description: str = "Party bunting") -> Change:
    return with_line(code, quantity, description=description)


# -- lines


def test_a_teen_is_asked_for_openly_and_then_said_twice() -> None:
    ask, say = turns_of(an_order(CAKESTAND, BUNTING), points_of(an_order(CAKESTAND, BUNTING))[2])
    assert ask.text == (
        "Line two: the party bunting, code four seven five six six. How many do you want?"
    )
    assert (ask.wait, ask.speaks) == ("the quantity", ("quantity",))
    assert say.text == "So fifteen, one five."
    assert (say.wait, say.speaks) == ("", ())
    assert [piece.text for piece in say.pieces if piece.strong] == ["fifteen"]


def test_a_caller_who_is_asked_how_many_has_not_been_told() -> None:
    order = an_order(with_line("47566", 15), with_line("22697", 3, must_say="green"))
    for point in points_of(order)[1:3]:
        first = turns_of(order, point)[0].text
        assert "fifteen" not in first
        assert "that's three" not in first


def test_a_small_quantity_is_only_agreed_to() -> None:
    (turn,) = turns_of(order := an_order(CAKESTAND), point_of(order, CheckpointKind.LINE))
    assert turn.text == (
        "Line one: two, that's two, of the regency cakestand, 3 tier, code two two four two three."
    )
    assert (turn.wait, turn.speaks) == ("", ())


def test_a_few_are_said_before_the_item_and_the_item_with_its_code() -> None:
    (said,) = said_of(an_order(CAKESTAND), CheckpointKind.LINE)
    assert said.index("two") < said.index("regency cakestand") < said.index("code")


def test_a_twin_is_told_by_the_caller_in_their_own_words() -> None:
    ask, say = turns_of(order := an_order(TEACUP), point_of(order, CheckpointKind.LINE))
    assert ask.text == "Line one: the regency teacup. How many do you want, and of which one?"
    assert ask.wait == "the quantity and which one"
    assert ask.speaks == ("quantity", "description")
    assert say.text == (
        "Line one: three, that's three, of the green regency teacup, code two two six nine seven."
    )


def test_a_figure_that_tells_the_item_is_asked_apart_from_how_many() -> None:
    for must_say in ("190", "20540", "five"):
        line = with_line("20540", 2, description="Jam jar, 190 ml, five lids", must_say=must_say)
        which, how_many, *_ = turns_of(
            order := an_order(line), point_of(order, CheckpointKind.LINE)
        )
        assert which.text.endswith("Which one do you want?")
        assert which.speaks == ("description",)
        assert how_many.speaks == ("quantity",)


def test_the_letter_behind_a_code_is_spelled() -> None:
    (said,) = said_of(an_order(with_line("85123A", 6)), CheckpointKind.LINE)
    assert "code eight five one two three A Alpha." in said


def test_slowly_which_one_and_how_many_are_asked_one_by_one() -> None:
    order = an_order(with_line("22697", 12, description="Green teacup", must_say="green"))
    which, how_many, say = turns_of(order, point_of(order, CheckpointKind.LINE), slow=True)
    assert which.text == (
        "Line one: the green teacup, code two two six nine seven. Which one do you want?"
    )
    assert which.speaks == ("description",)
    assert (how_many.text, how_many.speaks) == ("How many do you want?", ("quantity",))
    assert say.text == "So twelve, one two."


def test_a_charge_is_said_with_its_amount() -> None:
    order = an_order(BUNTING, with_charge("POST", "18.00", description="POSTAGE"))
    point = points_of(order)[2]
    assert texts_of(turns_of(order, point)) == ["Line two: and eighteen pounds for postage."]


def test_a_charge_without_words_is_said_by_its_code_and_one_for_nothing_too() -> None:
    order = an_order(with_charge("C2", "0.00", description=""))
    assert said_of(order, CheckpointKind.LINE) == ["Line one: and zero pounds for C Charlie two."]


@MODES
def test_charges_taken_several_times_say_how_often(slow: bool) -> None:
    order = an_order(with_charge("M", "9.00", quantity=2, description="Manual"))
    said = " ".join(said_of(order, CheckpointKind.LINE, slow=slow))
    assert "two" in said
    assert "eighteen pounds" in said


def test_an_item_without_a_description_is_said_by_its_code() -> None:
    (said,) = said_of(an_order(with_line("47566", 1, description="")), CheckpointKind.LINE)
    assert said == (
        "Line one: one, that's one, of the item without a name, code four seven five six six."
    )


def test_nothing_is_said_of_a_line_that_is_gone() -> None:
    order = an_order(BUNTING)
    point = point_of(order, CheckpointKind.LINE)
    assert turns_of(an_order(), point) == ()


@REGIONS
@MODES
def test_no_two_quantities_are_said_alike(region: Region, slow: bool) -> None:
    said = set()
    for quantity in range(1, 1_001):
        order = an_order(a_line_of(quantity), region=region)
        said.add(tuple(said_of(order, CheckpointKind.LINE, slow=slow)))
    assert len(said) == 1_000


@REGIONS
@MODES
@given(
    products=st.sets(
        st.tuples(
            st.text("0123456789ABCGPa-_ ", min_size=1, max_size=7),
            st.sampled_from(["Green teacup", "Red teacup", ""]),
        ),
        min_size=2,
        max_size=2,
    )
)
def test_no_two_products_are_said_alike(
    region: Region, slow: bool, products: set[tuple[str, str]]
) -> None:
    (code, words), (other, others) = products
    said = [
        said_of(an_order(a_line_of(2, *one), region=region), CheckpointKind.LINE, slow=slow)
        for one in ((code, words), (other, others))
    ]
    assert said[0] != said[1] or (code.casefold(), words) == (other.casefold(), others)


# -- how much is said


@REGIONS
def test_a_checkpoint_takes_one_turn_and_one_more_where_the_caller_speaks(region: Region) -> None:
    order = an_order(BUNTING, CAKESTAND, TEACUP, region=region)
    for point in points_of(order):
        expected = 2 if point.must_speak else 1
        assert len(turns_of(order, point)) == expected, point.key


ORDERS = [
    an_order(BUNTING, TEACUP),
    an_order(BUNTING, region=Region.US),
    an_order(),
    an_order(BUNTING, without_customer),
    an_order(BUNTING, delivered_to(None)),
    an_order(BUNTING, delivered_to(DUBAI), with_delivery(method="abroad", label="Abroad")),
    an_order(BUNTING, delivered_to(LONG_ADDRESS), billed_to(LONG_ADDRESS)),
    an_order(BUNTING, delivered_to(LONG_ADDRESS), billed_to(DUBAI), region=Region.US),
    an_order(with_charge("M", "9.00", quantity=3), with_line("A-1", 1_000, "0.00")),
    an_order(
        BUNTING, with_delivery(instructions="Ring twice. " * 80, gift_message="As usual. " * 9)
    ),
    an_order(
        BUNTING, with_delivery(method="collect", label="Collected", charge=Money(0, Currency.GBP))
    ),
    an_order(BUNTING, with_delivery(promised_on=None, method="", label="")),
    an_order(BUNTING, changed(channel=Channel.FAX, order_type=OrderType.TRADE)),
    an_order(BUNTING, changed(customer=a_customer(name="", phone="", email="x@y.example"))),
]


ASKS_ONLY = frozenset({"How many do you want?"})
"""A turn that tells nothing."""


@MODES
@pytest.mark.parametrize("order", ORDERS)
def test_nothing_takes_more_than_three_facts_and_slowly_no_more_than_one(
    order: OrderDocument, slow: bool
) -> None:
    most = 1 if slow and order.channel is Channel.PHONE else FACTS_MOST
    for turn in everything_of(order, slow=slow):
        assert (1 if turn.text not in ASKS_ONLY else 0) <= turn.facts <= most, turn.text
        assert turn.text == turn.text.strip()
        assert "  " not in turn.text
        assert "{" not in turn.text


@MODES
@pytest.mark.parametrize("order", ORDERS)
def test_every_value_that_must_be_spoken_is_asked_for_once(
    order: OrderDocument, slow: bool
) -> None:
    for point in points_of(order):
        found = turns_of(order, point, slow=slow)
        asked_for = [part for turn in found for part in turn.speaks]
        assert sorted(asked_for) == sorted(one.part for one in point.must_speak)
        for turn in found:
            assert bool(turn.wait) >= bool(turn.speaks)


@MODES
@pytest.mark.parametrize("order", ORDERS)
def test_no_question_puts_the_answer_into_the_mouth(order: OrderDocument, slow: bool) -> None:
    for turn in everything_of(order, slow=slow):
        assert not re.search(r"\b(is it|is that|isn't it)\b", turn.text, re.IGNORECASE)
        assert not re.search(r"\boh\b", turn.text)


# -- the person


def test_the_customer_is_named_with_the_end_of_the_number() -> None:
    order = an_order(changed(customer=a_customer(email="m.thompson@gmail.com")))
    assert said_of(order, CheckpointKind.CUSTOMER) == [
        (
            "The order is for Margaret Thompson. The phone number ends in four one two. "
            "The e-mail goes to m dot thompson at Gmail dot com. All correct?"
        )
    ]


def test_slowly_the_mail_address_is_spelled() -> None:
    order = an_order(changed(customer=a_customer(email="mt@gmail.com")))
    said = said_of(order, CheckpointKind.CUSTOMER, slow=True)
    assert len(said) == 3
    assert said[2].startswith("The e-mail goes to M Mike T Tango, at Gmail dot com.")


@pytest.mark.parametrize(
    ("customer", "said"),
    [
        (a_customer(name="X", email=None), "The order is for X. "),
        (a_customer(name="Cher", email=None), "There is no e-mail address."),
        (a_customer(phone="", no_phone=True), "There is no phone number."),
        (a_customer(phone="", no_phone=False), "There is no phone number."),
        (a_customer(phone="12"), "ends in one two."),
        (a_customer(name=""), "The order has no name yet."),
    ],
)
def test_what_a_customer_lacks_is_said_so(customer: object, said: str) -> None:
    (text,) = said_of(an_order(changed(customer=customer)), CheckpointKind.CUSTOMER)
    assert said in text


# -- the money


def test_the_british_hear_goods_delivery_and_a_total_with_vat() -> None:
    assert said_of(an_order(BUNTING), CheckpointKind.PRICE) == [
        (
            "Goods are seventy-four pounds twenty-five. Delivery is four pounds ninety-five. "
            "The total including VAT is seventy-nine pounds twenty, seven nine point two zero. "
            "All right?"
        )
    ]


def test_americans_hear_shipping_tax_and_total() -> None:
    (said,) = said_of(an_order(BUNTING, region=Region.US), CheckpointKind.PRICE)
    assert said.startswith("Shipping is seven dollars and ninety-five cents. Sales tax is ")
    assert "The total is " in said


def test_slowly_every_amount_is_said_in_digits_too() -> None:
    said = said_of(an_order(BUNTING), CheckpointKind.PRICE, slow=True)
    assert len(said) == 3
    assert said[0] == "Goods are seventy-four pounds twenty-five, seven four point two five."


def test_free_delivery_charges_and_goods_without_vat_are_named() -> None:
    order = an_order(
        with_charge("POST", "0.00"),
        with_delivery(charge=Money(0, Currency.GBP)),
        delivered_to(an_address("US")),
    )
    (said,) = said_of(order, CheckpointKind.PRICE)
    assert said.startswith("Goods and charges are zero pounds. Delivery is free. ")
    assert "The total, which holds no VAT, is zero pounds, zero point zero zero." in said


@REGIONS
@MODES
@pytest.mark.parametrize("kind", [CheckpointKind.PRICE, CheckpointKind.OBLIGATION])
def test_no_two_totals_are_said_alike(region: Region, slow: bool, kind: CheckpointKind) -> None:
    order = an_order(BUNTING, region=region)
    point, rules, book = point_of(order, kind), rules_of(region), book_of(region)
    usual = totals(order, rules)
    said = set()
    for minor in range(0, 20_001, 7):
        others = msgspec.structs.replace(usual, total=Money(minor, order.currency))
        said.add(tuple(texts_of(turns(point, order, others, rules, book, slow=slow))))
    assert len(said) == len(range(0, 20_001, 7))


def test_placing_is_asked_for_with_the_duty_to_pay() -> None:
    order = an_order(BUNTING, changed(payment=PaymentMethod.CARD))
    assert said_of(order, CheckpointKind.OBLIGATION) == [
        (
            "Shall I place the order now, with the obligation to pay seventy-nine pounds twenty, "
            "by card?"
        )
    ]
