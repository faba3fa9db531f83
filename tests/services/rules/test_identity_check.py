"""Whether a caller has shown that an order is theirs, by what the CSR types of their answers."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rules.identity_check import ASKED_IN_ORDER, Record, Said, Shown
from app.services.rules.pricing import totals
from app.values.contact import PostalAddress
from app.values.identity import PersonId
from app.values.order_life import IdentityFact, IdentityLevel
from app.values.order_number import OrderNumber
from app.values.vocabulary import Region
from app.wire.orders import OrderDocument, PlacedOrder
from tests.builders import A_MORNING, a_customer, an_id, an_order, with_line
from tests.services.desk.site import REGIONS
from tests.services.rules.speaking import book_of

NUMBER = OrderNumber("4173029823")
F = IdentityFact


def an_order_of_mrs_thompson() -> OrderDocument:
    document = an_order(with_line("85123A", 2), with_line("21790", 1))
    names = ("White hanging heart t-light holder", "Vintage snap cards")
    lines = tuple(
        msgspec.structs.replace(line, description=name)
        for line, name in zip(document.lines, names, strict=True)
    )
    return msgspec.structs.replace(
        document,
        customer=a_customer(
            name="Margaret Thompson", phone="+441134960321", email="m.thompson@post.example"
        ),
        deliver_to=PostalAddress(
            country="GB",
            name="Margaret Thompson",
            street=("14a Mill Lane",),
            city="Leeds",
            postcode="LS6 3AA",
        ),
        lines=lines,
    )


def a_record(document: OrderDocument | None = None) -> Record:
    document = document or an_order_of_mrs_thompson()
    placed = PlacedOrder(
        number=NUMBER,
        document=document,
        totals=totals(document, REGIONS[Region.GB]),
        placed_at=A_MORNING + timedelta(minutes=4),
        placed_by=PersonId(an_id(1)),
    )
    return Record(placed, "GB", book_of(Region.GB))


RECORD = a_record()


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (F.ORDER_NUMBER, "417 302 9823"),
        (F.ORDER_NUMBER, "four one seven, three oh two, nine eight two three"),
        (F.POSTCODE, "ls63aa"),
        (F.POSTCODE, "it is LS6 3AA"),
        (F.HOUSE, "14a"),
        (F.HOUSE, "number fourteen a"),
        (F.NAME, "Mrs Thompson"),
        (F.NAME, "tomson"),
        (F.NAME, "m thompson"),
        (F.ITEM, "white heart holder"),
        (F.ITEM, "the hanging hearts"),
        (F.ITEM, "85123a"),
        (F.ITEM, "snap cards"),
        (F.PHONE, "0113 496 0321"),
        (F.PHONE, "496 0321"),
        (F.EMAIL, "M.Thompson@post.example"),
        (F.EMAIL, "m dot thompson at post dot example"),
    ],
)
def test_what_the_record_holds_is_right_however_it_is_typed(fact: F, text: str) -> None:
    assert RECORD.said(fact, text) is Said.RIGHT


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (F.ORDER_NUMBER, "417 302 9824"),
        (F.POSTCODE, "ls6 3ab"),
        (F.HOUSE, "40"),
        (F.NAME, "Thomas"),
        (F.NAME, "John Thompson"),
        (F.NAME, "Margaret"),
        (F.ITEM, "holder"),
        (F.ITEM, "white cards"),
        (F.ITEM, "a blue teapot"),
        (F.TOTAL, "one hundred"),
        (F.PHONE, "0113 496 0322"),
        (F.EMAIL, "thompson@post.example"),
    ],
)
def test_anything_else_is_wrong(fact: F, text: str) -> None:
    assert RECORD.said(fact, text) is Said.WRONG


@pytest.mark.parametrize("fact", ASKED_IN_ORDER)
@pytest.mark.parametrize("text", ["", "er", "..."])
def test_what_speaks_of_nothing_does_not_count(fact: F, text: str) -> None:
    assert RECORD.said(fact, text) is Said.UNCLEAR


def test_a_total_is_right_to_the_penny_and_in_whole_pounds() -> None:
    total = totals(an_order_of_mrs_thompson(), REGIONS[Region.GB]).total.minor
    pounds, pence = divmod(total, 100)
    for text in (f"{pounds}.{pence:02}", f"{pounds} {pence:02}", f"{pounds} pounds"):
        assert RECORD.said(F.TOTAL, text) is Said.RIGHT
    for text in (f"{pounds}.{(pence + 1) % 100:02}", f"{pounds + 2}"):
        assert RECORD.said(F.TOTAL, text) is Said.WRONG


@given(text=st.text(max_size=60), fact=st.sampled_from(list(F)))
def test_whatever_is_typed_has_an_answer(text: str, fact: F) -> None:
    assert RECORD.said(fact, text) in Said


def test_only_what_the_order_has_an_answer_to_is_asked() -> None:
    bare = msgspec.structs.replace(
        an_order_of_mrs_thompson(), customer=None, deliver_to=None, caller_number=""
    )
    assert a_record(bare).askable() == (F.ORDER_NUMBER, F.ITEM, F.TOTAL)
    assert RECORD.askable() == ASKED_IN_ORDER


def test_the_telephone_of_the_order_is_known_in_any_form() -> None:
    assert RECORD.is_own_phone("0113 496 0321")
    assert not RECORD.is_own_phone("0113 496 0322")
    assert not RECORD.is_own_phone("")


class TestTheLevel:
    def test_is_nothing_before_anything_was_said(self) -> None:
        assert Shown().level is IdentityLevel.NOTHING

    def test_the_number_tells_how_far_it_is_and_one_more_fact_tells_all(self) -> None:
        assert Shown(passed=(F.ORDER_NUMBER,)).level is IdentityLevel.STATE
        assert Shown(passed=(F.ORDER_NUMBER, F.NAME)).level is IdentityLevel.ALL

    def test_without_the_number_it_takes_one_fact_more(self) -> None:
        assert Shown(passed=(F.NAME,)).level is IdentityLevel.NOTHING
        assert Shown(passed=(F.NAME, F.POSTCODE)).level is IdentityLevel.STATE
        assert Shown(passed=(F.NAME, F.POSTCODE, F.ITEM)).level is IdentityLevel.ALL

    def test_postcode_and_house_are_one_fact(self) -> None:
        assert Shown(passed=(F.POSTCODE, F.HOUSE)).missing == 2

    def test_from_the_telephone_of_the_order_one_fact_is_enough(self) -> None:
        assert Shown(from_own_phone=True).level is IdentityLevel.STATE
        assert Shown(from_own_phone=True, passed=(F.POSTCODE,)).level is IdentityLevel.ALL
        assert Shown(from_own_phone=True, passed=(F.PHONE,)).level is IdentityLevel.STATE

    def test_an_order_placed_in_this_call_is_theirs(self) -> None:
        assert Shown(placed_now=True).level is IdentityLevel.ALL

    def test_three_wrong_answers_take_everything_back(self) -> None:
        known = Shown(passed=(F.ORDER_NUMBER, F.NAME), wrong=2)
        assert known.level is IdentityLevel.ALL
        blocked = Shown(passed=known.passed, wrong=3)
        assert (blocked.level, blocked.is_blocked) == (IdentityLevel.NOTHING, True)

    def test_a_reason_why_nothing_can_be_asked_stands_for_it(self) -> None:
        assert Shown(vouched="Text relay, known to us.").level is IdentityLevel.ALL

    @pytest.mark.parametrize("needed", [1, 2, 3, 4])
    def test_the_policy_says_how_many(self, needed: int) -> None:
        facts = (F.ORDER_NUMBER, F.NAME, F.ITEM, F.TOTAL)
        assert Shown(needed=needed, passed=facts[:needed]).level is IdentityLevel.ALL
        assert Shown(needed=needed, passed=facts[: needed - 1]).level is not IdentityLevel.ALL
