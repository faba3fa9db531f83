"""Where it goes, what is written, the day, the rights, items of one's own, paper: what is said."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from app.services.rules.speech import ambiguities, number_turn, title_of
from app.values.contact import PostalAddress
from app.values.order_number import OrderNumber
from app.values.vocabulary import Channel, CheckpointKind, OrderType, Region
from app.wire.guidance import ChecklistItem
from app.wire.orders import OrderDocument
from tests.builders import (
    an_address,
    an_order,
    billed_to,
    changed,
    delivered_to,
    with_delivery,
)
from tests.read_backs import a_checklist, a_guidance
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
    said_of,
    turns_of,
)

# -- where it goes


def test_the_caller_speaks_postcode_and_house_before_the_address_is_read() -> None:
    order = an_order(BUNTING)
    asked, read = turns_of(order, point_of(order, CheckpointKind.DELIVERY))
    assert asked.text == "Which postcode and house number should it go to?"
    assert asked.wait == "the postcode and the house number"
    assert asked.speaks == ("postcode", "street")
    assert read.text == (
        "So it goes to Flat two, fourteen, one four, Mill Lane, Leeds, "
        "postcode L Lima S Sierra six, three A Alpha A Alpha. All correct?"
    )
    assert read.speaks == ()


def test_americans_speak_zip_code_and_street_number_and_hear_their_state() -> None:
    order = an_order(BUNTING, region=Region.US)
    asked, read = said_of(order, CheckpointKind.DELIVERY)
    assert asked == "Which ZIP code and street number should it go to?"
    assert "three four zero, W Market, Boston, Massachusetts, ZIP code zero two one two eight" in (
        read
    )


def test_a_house_with_a_name_is_asked_for_by_its_postcode_only() -> None:
    order = an_order(BUNTING, delivered_to(an_address(street=("Rose Cottage",))))
    assert said_of(order, CheckpointKind.DELIVERY)[0] == "Which postcode should it go to?"


def test_where_there_are_no_postcodes_the_town_is_asked_for_and_the_country_named() -> None:
    order = an_order(BUNTING, delivered_to(DUBAI), with_delivery(method="abroad"))
    asked, *read = said_of(order, CheckpointKind.DELIVERY)
    assert asked == "Which town and house number should it go to?"
    assert "United Arab Emirates" in " ".join(read)
    nameless = PostalAddress(country="AE", street=("Palm Villa",), city="Dubai")
    order = an_order(BUNTING, delivered_to(nameless), with_delivery(method="abroad"))
    assert said_of(order, CheckpointKind.DELIVERY)[0] == "Which town should it go to?"


def test_a_long_address_is_read_in_several_turns_and_nothing_is_left_out() -> None:
    said = said_of(an_order(BUNTING, delivered_to(LONG_ADDRESS)), CheckpointKind.DELIVERY)
    assert len(said) == 4
    for part in (
        "Ann Other",
        "Acme Limited",
        "Unit five",
        "Far End",
        "Headingley",
        "West Yorkshire",
    ):
        assert part in " ".join(said)


def test_what_is_collected_has_no_address() -> None:
    order = an_order(BUNTING, with_delivery(method="collect", label="Collected at the counter"))
    assert said_of(order, CheckpointKind.DELIVERY) == [
        "You collect it at our counter. All correct?"
    ]
    assert said_of(order, CheckpointKind.ARRIVAL) == [
        "It is ready for you on Tuesday the twenty-fourth of November. Does that suit you?"
    ]


def test_instructions_and_gift_message_are_read_out() -> None:
    order = an_order(BUNTING, with_delivery(instructions="Ring twice", gift_message="Well done"))
    said = said_of(order, CheckpointKind.DELIVERY)
    assert said[2] == (
        "The driver reads: “Ring twice” The gift message reads: “Well done” All correct?"
    )


@MODES
def test_of_a_long_text_every_word_is_read(slow: bool) -> None:
    words = [f"word{number}" for number in range(200)] + ["x" * 500]
    order = an_order(BUNTING, with_delivery(instructions="  ".join(words)))
    said = " ".join(said_of(order, CheckpointKind.DELIVERY, slow=slow))
    assert all(word in said for word in words[:-1])
    assert said.count("x") >= 500


def test_what_only_says_as_usual_is_asked_about() -> None:
    order = an_order(BUNTING, with_delivery(instructions="as usual"))
    *_, last = turns_of(order, point_of(order, CheckpointKind.DELIVERY))
    assert last.text == "You said “as usual”. What exactly do you mean by that?"
    assert last.wait == "what is meant"


@pytest.mark.parametrize(
    ("instructions", "gift", "found"),
    [
        ("As usual.", "", ("as usual",)),
        ("ASAP, please: the usual place", "", ("asap", "usual place")),
        ("Same as last time", "same as last time", ("same as last time",)),
        ("A.S.A.P.!", "", ("a s a p",)),
        ("as soon as possible", "", ("as soon as possible",)),
        ("The other address - round the back", "", ("other address", "round the back")),
        ("Leave at number 16", "Love as always, see you soon", ()),
        ("unusual", "casual", ()),
        ("", "As discussed", ("as discussed",)),
    ],
)
def test_words_with_two_meanings_are_found(
    instructions: str, gift: str, found: tuple[str, ...]
) -> None:
    order = an_order(with_delivery(instructions=instructions, gift_message=gift))
    assert ambiguities(order, book_of(Region.GB)) == found


# -- the bill, the day, the rights


def test_a_bill_to_the_same_address_is_one_sentence() -> None:
    assert said_of(an_order(), CheckpointKind.BILLING) == [
        "The bill goes to the same address. All right?"
    ]


def test_a_bill_without_a_delivery_address_goes_with_the_goods() -> None:
    order = an_order(delivered_to(None), with_delivery(method="collect"))
    assert said_of(order, CheckpointKind.BILLING)[0].startswith("The bill goes with the goods.")


def test_another_address_for_the_bill_is_read_and_both_ways_are_told_apart() -> None:
    order = an_order(billed_to(an_address(street=("3 High Street",), city="York")))
    read, ways = said_of(order, CheckpointKind.BILLING)
    assert read.startswith("The bill goes to three High Street, York, postcode ")
    assert ways == (
        "So the goods go to fourteen, one four, Mill Lane, Leeds, and the bill goes to "
        "three High Street, York. Have I got those the right way round?"
    )


def test_the_day_is_said_with_its_weekday_and_how_it_comes() -> None:
    assert said_of(an_order(), CheckpointKind.ARRIVAL) == [
        (
            "It arrives on Tuesday the twenty-fourth of November. The delivery is standard. "
            "Does that suit you?"
        )
    ]


def test_a_day_that_is_not_agreed_is_said_so() -> None:
    (said,) = said_of(an_order(with_delivery(promised_on=None)), CheckpointKind.ARRIVAL)
    assert said.startswith("The day is not agreed yet.")


@REGIONS
@MODES
def test_no_two_days_of_four_years_are_said_alike(region: Region, slow: bool) -> None:
    days = [date(2026, 1, 1) + timedelta(days=ahead) for ahead in range(4 * 365 + 1)]
    said = {
        tuple(said_of(order, CheckpointKind.ARRIVAL, slow=slow))
        for order in (an_order(with_delivery(promised_on=day), region=region) for day in days)
    }
    assert len(said) == len(days)


def test_consumers_and_businesses_hear_their_own_rights() -> None:
    (consumer,) = said_of(an_order(), CheckpointKind.RIGHTS)
    (trade,) = said_of(an_order(changed(order_type=OrderType.TRADE)), CheckpointKind.RIGHTS)
    (american,) = said_of(an_order(region=Region.US), CheckpointKind.RIGHTS)
    assert "fourteen days" in consumer
    assert "unless it is faulty" in consumer
    assert "do not apply" in trade
    assert "cancel for a full refund" in american


# -- items of an administrator, paper, titles, the number


def test_an_item_of_an_administrator_is_said_in_its_own_words() -> None:
    item = ChecklistItem(
        check=CheckpointKind.EXTRA,
        key="age",
        title="Age checked",
        say="How old are you?",
        caller_says="18",
    )
    order = an_order(BUNTING)
    points = points_of(order, a_guidance(a_checklist("age", item)))
    point = next(point for point in points if point.kind is CheckpointKind.EXTRA)
    (turn,) = turns_of(order, point, slow=True)
    assert (turn.text, turn.wait, turn.speaks) == ("How old are you?", "the answer", ("item",))
    assert title_of(point, order, book_of(Region.GB)) == "Age checked"


def test_what_is_compared_with_a_paper_asks_nobody_anything() -> None:
    order = an_order(
        BUNTING,
        with_delivery(instructions="as usual"),
        billed_to(an_address(city="York")),
        changed(channel=Channel.FAX),
    )
    for turn in everything_of(order, slow=True):
        assert "?" not in turn.text
        assert not turn.wait


def test_checkpoints_have_titles() -> None:
    order = an_order(CAKESTAND, BUNTING)
    titles = [title_of(point, order, book_of(Region.GB)) for point in points_of(order)]
    assert titles == [
        "Customer and contact",
        "Line 1, regency cakestand, 3 tier",
        "Line 2, party bunting",
        "Price",
        "Delivery address",
        "Billing address",
        "Delivery date",
        "Rights and terms",
        "Order with payment",
    ]


def test_a_line_that_was_taken_out_still_has_a_title() -> None:
    point = point_of(an_order(BUNTING), CheckpointKind.LINE)
    assert title_of(point, an_order(), book_of(Region.GB)) == "Line taken out, party bunting"


def test_the_order_number_is_said_in_groups_and_read_back() -> None:
    turn = number_turn(OrderNumber("4173029823"), book_of(Region.GB))
    assert turn.text == (
        "Your order number is four one seven, three zero two, nine eight two three. "
        "Could you read that back to me?"
    )
    assert turn.wait == "the order number"
    strong = [piece.text for piece in turn.pieces if piece.strong]
    assert strong == ["four one seven, three zero two, nine eight two three"]


def test_the_text_is_that_of_the_document_and_of_nothing_else() -> None:
    order = an_order(BUNTING, TEACUP)
    again = msgspec.json.decode(msgspec.json.encode(order), type=OrderDocument)
    assert everything_of(order) == everything_of(again)
