"""What differs between two versions of an order, and which changes of one version both hold."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.services.rules.differences import differences, merged, shown_day
from app.values.identity import CustomerId, LineId
from app.values.money import Currency, Money
from app.values.order_life import OrderAct
from app.values.vocabulary import OrderType, PaymentMethod, Priority, Region
from app.wire.orders import OrderDocument, OrderLine
from tests.builders import (
    A_MORNING,
    a_customer,
    a_price,
    an_address,
    an_id,
    an_order,
    with_delivery,
    with_line,
    without_customer,
)

BASE = an_order(with_line("MUG", 6, "2.95"), with_line("CLOCK", 2, "12.75"))


def with_quantity(place: int, quantity: int, order: OrderDocument = BASE) -> OrderDocument:
    lines = list(order.lines)
    lines[place] = replace(lines[place], quantity=quantity)
    return replace(order, lines=tuple(lines))


def without_line(place: int, order: OrderDocument = BASE) -> OrderDocument:
    return replace(order, lines=order.lines[:place] + order.lines[place + 1 :])


def with_another(code: str, number: int, order: OrderDocument = BASE) -> OrderDocument:
    return with_line(code, 1, "1.00", line_id=LineId(an_id(number)))(order)


def with_customer(order: OrderDocument = BASE, **different: object) -> OrderDocument:
    return replace(order, customer=replace(a_customer(), **different))


def said(before: OrderDocument, after: OrderDocument) -> list[tuple[str, str, str]]:
    return [(one.what, one.old, one.new) for one in differences(before, after)]


# ---------------------------------------------------------------- in words


def test_the_same_order_differs_in_nothing() -> None:
    later = replace(BASE, started_at=A_MORNING + timedelta(hours=1), caller_number="0113 496 0412")

    assert said(BASE, later) == []


def test_lines_are_named_by_their_place_and_product() -> None:
    after = with_another("CUP", 3, without_line(1, with_quantity(0, 3)))

    assert said(BASE, after) == [
        ("Line 2, Description of CLOCK", "2", ""),
        ("Line 1, Description of MUG", "6", "3"),
        ("Line 2, Description of CUP", "", "1"),
    ]


def test_a_price_and_pieces_that_follow_are_said_of_their_line() -> None:
    first = replace(BASE.lines[0], told_price=a_price("2.00"), told_reason="damaged")
    later = replace(BASE.lines[1], back_ordered=1, back_order_on=date(2026, 12, 4))

    assert said(BASE, replace(BASE, lines=(first, later))) == [
        ("Line 1, Description of MUG, price", "£2.95", "£2.00"),
        ("Line 2, Description of CLOCK, to follow", "", "1, about Friday 4 December"),
    ]


def test_an_order_without_lines_is_one_difference() -> None:
    assert said(BASE, replace(BASE, lines=())) == [("The whole order", "2 lines", "")]


def test_everything_beside_the_lines_is_said_as_people_read_it() -> None:
    after = with_delivery(
        method="next_day",
        label="Next working day",
        charge=Money(795, Currency.GBP),
        promised_on=date(2026, 11, 23),
        instructions="Ring twice",
        gift_message="For you",
    )(BASE)
    after = with_customer(
        after, name="Meg Thompson", phone="+447700900413", email="m@example.org", text_relay=True
    )
    after = replace(
        after,
        deliver_to=an_address(postcode="LS6 3AB"),
        bill_to=an_address(street=("1 High Street",)),
        payment=PaymentMethod.CARD,
        internal_note="Rang",
        priority=Priority.URGENT,
        order_type=OrderType.GIFT,
    )

    assert said(BASE, after) == [
        ("Name", "Margaret Thompson", "Meg Thompson"),
        ("Telephone", "07700 900412", "07700 900413"),
        ("E-mail", "", "m@example.org"),
        ("Text relay", "", "yes"),
        (
            "Delivery address",
            "Flat 2, 14 Mill Lane, Leeds, LS6 3AA, United Kingdom",
            "Flat 2, 14 Mill Lane, Leeds, LS6 3AB, United Kingdom",
        ),
        (
            "Billing address",
            "the same as delivery",
            "1 High Street, Leeds, LS6 3AA, United Kingdom",
        ),
        ("Delivery", "Standard, £4.95", "Next working day, £7.95"),
        ("Delivery date", "Tuesday 24 November", "Monday 23 November"),
        ("Delivery instructions", "", "Ring twice"),
        ("Gift message", "", "For you"),
        ("Internal note", "", "Rang"),
        ("Priority", "normal", "urgent"),
        ("Kind of order", "new", "gift"),
        ("Payment", "collected later", "by card"),
    ]


def test_an_american_day_has_its_month_first() -> None:
    assert shown_day(date(2026, 11, 24), Region.US) == "Tuesday, November 24"


# ---------------------------------------------------------------- two at once


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (with_quantity(0, 3), with_quantity(1, 5)),
        (with_quantity(0, 3), without_line(1)),
        (with_another("CUP", 3), with_another("TRAY", 4)),
        (with_quantity(0, 3), with_customer(phone="+447700900413")),
        (with_customer(email="m@example.org"), with_customer(phone="+447700900413")),
        (replace(BASE, bill_to=an_address()), with_delivery(instructions="Ring twice")(BASE)),
        (with_quantity(0, 3), with_quantity(0, 3)),
        (BASE, replace(BASE, internal_note="Rang")),
    ],
    ids=[
        "two lines",
        "a line and one gone",
        "two new lines",
        "line and person",
        "two fields of the person",
        "bill and driver",
        "both the same",
        "only ours",
    ],
)
def test_changes_that_touch_other_things_hold_both(
    theirs: OrderDocument, ours: OrderDocument
) -> None:
    both = merged(BASE, theirs, ours)

    assert both.clashes == ()
    assert both.document is not None
    assert both.overtaken == differences(BASE, theirs)
    found = set(differences(BASE, both.document))
    assert {(d.act, d.new) for d in found} == {
        (d.act, d.new) for d in (*differences(BASE, theirs), *differences(BASE, ours))
    }


@pytest.mark.parametrize(
    ("theirs", "ours", "what", "old", "new"),
    [
        (
            with_quantity(0, 3),
            with_quantity(0, 8),
            "Line 1, Description of MUG",
            "3 at £2.95",
            "8 at £2.95",
        ),
        (with_quantity(1, 3), without_line(1), "Line 2, Description of CLOCK", "3 at £12.75", ""),
        (without_line(1), with_quantity(1, 3), "Line 2, Description of CLOCK", "", "3 at £12.75"),
        (with_customer(name="A"), with_customer(name="B"), "Name", "A", "B"),
        (
            replace(BASE, deliver_to=an_address(city="York")),
            replace(BASE, deliver_to=an_address(postcode="LS6 3AB")),
            "Delivery address",
            "Flat 2, 14 Mill Lane, York, LS6 3AA, United Kingdom",
            "Flat 2, 14 Mill Lane, Leeds, LS6 3AB, United Kingdom",
        ),
        (
            replace(BASE, deliver_to=an_address("US")),
            with_delivery(method="next_day", label="Next working day")(BASE),
            "Delivery",
            "Standard, £4.95",
            "Next working day, £4.95",
        ),
        (
            with_delivery(label="By hand", method="hand")(BASE),
            with_delivery(promised_on=date(2026, 11, 25))(BASE),
            "Delivery date",
            "Tuesday 24 November",
            "Wednesday 25 November",
        ),
    ],
    ids=[
        "line",
        "gone here",
        "gone there",
        "name",
        "one address",
        "way to a place",
        "day of a way",
    ],
)
def test_the_same_thing_changed_twice_is_shown_and_never_merged(
    theirs: OrderDocument, ours: OrderDocument, what: str, old: str, new: str
) -> None:
    found = merged(BASE, theirs, ours)

    assert found.document is None
    assert [(one.what, one.old, one.new) for one in found.clashes] == [(what, old, new)]


def test_who_took_the_order_and_when_stays() -> None:
    ours = replace(with_quantity(0, 8), started_at=A_MORNING + timedelta(days=3))

    found = merged(BASE, BASE, ours).document

    assert found is not None
    assert (found.started_at, found.lines) == (BASE.started_at, ours.lines)


def test_another_customer_comes_whole() -> None:
    nobody = without_customer(BASE)
    other = with_customer(customer_id=CustomerId(an_id(901)), name="Ann", email="a@example.org")

    assert _merged(BASE, with_quantity(0, 3), other).customer == other.customer
    assert _merged(nobody, nobody, other).customer == other.customer
    assert merged(BASE, with_customer(phone="+447700900413"), other).document is None


def _merged(base: OrderDocument, theirs: OrderDocument, ours: OrderDocument) -> OrderDocument:
    found = merged(base, theirs, ours).document
    assert found is not None
    return found


def test_new_lines_of_both_stand_behind_the_old_ones_theirs_first() -> None:
    found = _merged(BASE, with_another("CUP", 3), with_another("TRAY", 4))

    assert [line.code for line in found.lines] == ["MUG", "CLOCK", "CUP", "TRAY"]


def test_a_clash_names_the_act_so_that_it_can_be_done_anew() -> None:
    more, fewer = with_quantity(0, 8), with_quantity(0, 3)

    assert merged(BASE, fewer, more).clashes[0].act is OrderAct.QUANTITY_MORE
    assert merged(BASE, more, fewer).clashes[0].act is OrderAct.QUANTITY_LESS


# ---------------------------------------------------------------- whoever comes first


EDITS = st.sampled_from(
    [
        with_quantity(0, 3),
        with_quantity(0, 9),
        with_quantity(1, 5),
        without_line(0),
        without_line(1, with_quantity(0, 3)),
        with_another("CUP", 3),
        with_another("TRAY", 4, with_quantity(1, 5)),
        with_customer(phone="+447700900413"),
        with_customer(customer_id=CustomerId(an_id(901)), name="Ann"),
        with_delivery(method="next_day", label="Next working day")(BASE),
        with_delivery(promised_on=date(2026, 11, 26))(BASE),
        replace(BASE, deliver_to=an_address(city="York")),
        replace(BASE, internal_note="Rang", payment=PaymentMethod.CARD),
    ]
)


@given(EDITS, EDITS)
def test_two_changes_come_to_the_same_whoever_was_first(
    one: OrderDocument, other: OrderDocument
) -> None:
    first, second = merged(BASE, one, other).document, merged(BASE, other, one).document

    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert sorted(first.lines, key=_code) == sorted(second.lines, key=_code)
        assert replace(first, lines=()) == replace(second, lines=())


def _code(line: OrderLine) -> str:
    return line.code
