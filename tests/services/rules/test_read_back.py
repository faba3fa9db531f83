"""How checkpoints stand: every edit makes stale just what it touches, and nothing else holds."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from app.services.rules.checklists import items_for
from app.services.rules.pricing import totals
from app.services.rules.read_back import (
    Change,
    Checkpoint,
    Checkpoints,
    MustSpeak,
    Spoken,
    Standing,
    State,
    house_number,
    standings,
    still_open,
)
from app.services.rules.regions import RegionRules
from app.values.contact import PostalAddress
from app.values.identity import OverrideId, PersonId
from app.values.money import Currency, Money
from app.values.vocabulary import (
    Channel,
    CheckpointKind,
    CorrectionCause,
    How,
    OrderType,
    PaymentMethod,
    Priority,
)
from app.wire.orders import OrderDocument
from app.wire.read_back import Corrected, Overridden, ReadBackEntry
from tests import builders
from tests.builders import (
    A_MORNING,
    a_customer,
    an_address,
    an_id,
    an_order,
    billed_to,
    changed,
    delivered_to,
    with_charge,
    with_delivery,
    with_line,
    without_customer,
)
from tests.read_backs import (
    A_CSR,
    a_checklist,
    a_guidance,
    an_answer,
    an_asking,
    an_extra,
    checkpoints_of,
    read_back_of,
)

YORK = an_address(street=("3 High Street",), city="York", postcode="YO1 7HH")
LATER = A_MORNING + timedelta(minutes=3)


@pytest.fixture
def order() -> OrderDocument:
    return an_order(with_line("A-1", 2), with_line("B-2", 15), with_line("C-3", 1))


def states(
    document: OrderDocument, entries: tuple[ReadBackEntry, ...], rules: RegionRules
) -> dict[str, State]:
    found = standings(checkpoints_of(document, rules), entries)
    return {one.checkpoint.key: one.state for one in found}


def of_line(document: OrderDocument, at: int) -> str:
    return f"line:{document.lines[at].line_id}"


def with_quantity(at: int, quantity: int) -> builders.Change:
    def change(document: OrderDocument) -> OrderDocument:
        lines = list(document.lines)
        lines[at] = msgspec.structs.replace(lines[at], quantity=quantity)
        return msgspec.structs.replace(document, lines=tuple(lines))

    return change


def with_line_changed(at: int, **different: object) -> builders.Change:
    def change(document: OrderDocument) -> OrderDocument:
        lines = list(document.lines)
        lines[at] = msgspec.structs.replace(lines[at], **different)
        return msgspec.structs.replace(document, lines=tuple(lines))

    return change


PRICED = {"price", "obligation"}
ADDRESSED = {"delivery", "billing"}
DEAR = builders.a_price("3.95")

# what is edited, what has to be asked again; `line` stands for line 2
EDITS: list[tuple[str, builders.Change, set[str]]] = [
    ("quantity", with_quantity(1, 16), {"line", *PRICED}),
    ("product", with_line_changed(1, code="B-9", description="Another"), {"line"}),
    ("description", with_line_changed(1, description="Another"), {"line"}),
    ("told price", with_line_changed(1, told_price=DEAR), PRICED),
    ("list price alone", with_line_changed(1, list_price=DEAR), set()),
    ("reason for a price", with_line_changed(1, told_reason="Damaged box"), set()),
    ("time of the quote", with_line_changed(1, quoted_at=LATER), set()),
    ("delivery charge", with_delivery(charge=Money(795, Currency.GBP)), PRICED),
    ("delivery day", with_delivery(promised_on=date(2026, 11, 26)), {"arrival"}),
    ("delivery method", with_delivery(method="next_day", label="Next day"), {"arrival"}),
    ("collected", with_delivery(method="collect", label="Collected"), {"delivery", "arrival"}),
    ("instructions", with_delivery(instructions="Ring twice"), {"delivery"}),
    ("gift message", with_delivery(gift_message="Well done"), {"delivery"}),
    ("delivery address", delivered_to(YORK), ADDRESSED),
    ("a house number", delivered_to(an_address(street=("Flat 2", "15 Mill Lane"))), ADDRESSED),
    ("billing address", billed_to(YORK), {"billing"}),
    ("bill to the very same address", billed_to(an_address()), {"billing"}),
    ("name", changed(customer=a_customer("Margaret Tomson")), {"customer"}),
    ("phone", changed(customer=a_customer(phone="+447700900413")), {"customer"}),
    ("no phone", changed(customer=a_customer(phone="", no_phone=True)), {"customer"}),
    ("e-mail", changed(customer=a_customer(email="m@example.org")), {"customer"}),
    ("text relay", changed(customer=a_customer(text_relay=True)), set()),
    ("no customer", without_customer, {"customer"}),
    ("internal note", changed(internal_note="Nice caller"), set()),
    ("caller's number", changed(caller_number="+447700900999"), set()),
    ("priority", changed(priority=Priority.URGENT), set()),
    ("trade", changed(order_type=OrderType.TRADE), {"rights"}),
    ("gift", changed(order_type=OrderType.GIFT), set()),
    ("payment", changed(payment=PaymentMethod.CARD), {"obligation"}),
]


@pytest.mark.parametrize(("edit", "touched"), [row[1:] for row in EDITS], ids=[r[0] for r in EDITS])
def test_an_edit_makes_stale_just_what_it_touches(
    order: OrderDocument, britain: RegionRules, edit: builders.Change, touched: set[str]
) -> None:
    after = states(edit(order), read_back_of(order, britain), britain)
    stale = {key for key, state in after.items() if state is State.STALE}
    assert stale == {of_line(order, 1) if key == "line" else key for key in touched}
    assert all(state.holds for key, state in after.items() if key not in stale)


@pytest.mark.parametrize(("edit", "touched"), [row[1:] for row in EDITS], ids=[r[0] for r in EDITS])
def test_what_is_undone_holds_again(
    order: OrderDocument, britain: RegionRules, edit: builders.Change, touched: set[str]
) -> None:
    entries = read_back_of(order, britain)
    edit(order)
    again = msgspec.json.decode(msgspec.json.encode(order), type=OrderDocument)
    assert all(state.holds for state in states(again, entries, britain).values())


def test_an_american_address_in_another_state_changes_tax_and_total(
    america: RegionRules,
) -> None:
    order = an_order(with_line("A-1", 2), region=america.region)
    elsewhere = an_address("US", street=("1 Main St",), city="Salem", area="OR", postcode="97301")
    after = states(delivered_to(elsewhere)(order), read_back_of(order, america), america)
    stale = {key for key, state in after.items() if state is State.STALE}
    assert stale == {"delivery", "billing", "price", "obligation"}


def test_a_line_added_or_taken_out_touches_the_price_and_no_other_line(
    order: OrderDocument, britain: RegionRules
) -> None:
    entries = read_back_of(order, britain)
    added = states(with_line("D-4", 1)(order), entries, britain)
    assert added[of_line(with_line("D-4", 1)(order), 3)] is State.NOT_ASKED
    fewer = msgspec.structs.replace(order, lines=order.lines[:1] + order.lines[2:])
    removed = states(fewer, entries, britain)
    assert of_line(order, 1) not in removed
    for found in (added, removed):
        assert {key for key, state in found.items() if state is State.STALE} == PRICED


def test_an_order_emptied_during_its_read_back_has_no_lines_to_ask(
    order: OrderDocument, britain: RegionRules
) -> None:
    empty = msgspec.structs.replace(order, lines=())
    after = states(empty, read_back_of(order, britain), britain)
    assert not [key for key in after if key.startswith("line:")]
    assert after["price"] is State.STALE


def test_two_lines_swapped_keep_their_answers(order: OrderDocument, britain: RegionRules) -> None:
    swapped = msgspec.structs.replace(order, lines=order.lines[::-1])
    after = states(swapped, read_back_of(order, britain), britain)
    assert all(state.holds for key, state in after.items() if key.startswith("line:"))


# -- the states


def only(point: Checkpoint, *entries: ReadBackEntry) -> Standing:
    (found,) = standings([point], entries)
    return found


def line_point(rules: RegionRules, quantity: int = 2, must_say: str = "") -> Checkpoint:
    order = an_order(with_line("A-1", quantity, must_say=must_say))
    return checkpoints_of(order, rules)[1]


def a_correction(point: Checkpoint, old: str = "15", new: str = "50") -> Corrected:
    return Corrected(
        checkpoint=point.key,
        part="quantity",
        old=old,
        new=new,
        cause=CorrectionCause.MISHEARD,
        at=A_MORNING,
        by=A_CSR,
    )


def an_override(*points: Checkpoint) -> Overridden:
    return Overridden(
        override_id=OverrideId(an_id(600)),
        checkpoints=tuple(point.stood for point in points),
        reason="Line dropped",
        lead=PersonId(an_id(701)),
        at=A_MORNING,
        by=A_CSR,
    )


def test_nothing_is_asked_at_first_then_asked_then_confirmed(britain: RegionRules) -> None:
    point = line_point(britain)
    assert only(point).state is State.NOT_ASKED
    assert only(point, an_asking(point)).state is State.ASKED
    assert only(point, an_asking(point), an_answer(point)).state is State.CONFIRMED


def test_a_question_about_older_values_does_not_count(britain: RegionRules) -> None:
    before, now = line_point(britain, 2), line_point(britain, 3)
    assert before.key == now.key
    found = only(now, an_asking(before))
    assert (found.state, found.asked_at) == (State.NOT_ASKED, None)


def test_the_first_asking_of_the_same_values_is_what_time_counts_from(
    britain: RegionRules,
) -> None:
    point = line_point(britain)
    found = only(point, an_asking(point), an_asking(point, at=LATER))
    assert found.asked_at == A_MORNING


def test_the_latest_confirmation_counts(britain: RegionRules) -> None:
    two, three = line_point(britain, 2), line_point(britain, 3)
    assert only(three, an_answer(two), an_answer(three)).state is State.CONFIRMED
    found = only(three, an_answer(three), an_answer(two))
    assert found.state is State.STALE
    assert found.changes == (Change("quantity", "2", "3"),)


def test_a_yes_is_not_enough_where_the_value_has_to_be_spoken(britain: RegionRules) -> None:
    point = line_point(britain, 15)
    assert only(point, an_answer(point, how=How.CALLER_AGREED)).state is State.NOT_ASKED
    assert not only(point, an_asking(point), an_answer(point, how=How.CALLER_AGREED)).state.holds
    assert only(point, an_answer(point, how=How.CALLER_SPOKE)).state is State.CONFIRMED


def test_who_speaks_the_value_where_a_yes_would_do_has_confirmed_it(britain: RegionRules) -> None:
    point = line_point(britain)
    assert only(point, an_answer(point, how=How.CALLER_SPOKE)).state is State.CONFIRMED


def test_a_paper_does_not_confirm_what_a_caller_is_there_for(britain: RegionRules) -> None:
    point = line_point(britain)
    assert not only(point, an_answer(point, how=How.ON_PAPER)).state.holds


def test_on_paper_nothing_has_to_be_spoken(britain: RegionRules) -> None:
    order = an_order(with_line("A-1", 15, must_say="green"), changed(channel=Channel.FAX))
    points = checkpoints_of(order, britain)
    assert not [point for point in points if point.must_speak]
    found = standings(points, [an_answer(point, how=How.ON_PAPER) for point in points])
    assert not still_open(found)


def test_what_was_put_right_and_agreed_says_that_it_was_corrected(britain: RegionRules) -> None:
    wrong, right = line_point(britain, 15), line_point(britain, 50)
    entries: list[ReadBackEntry] = [an_answer(wrong), a_correction(wrong)]
    stale = only(right, *entries)
    assert (stale.state, stale.corrected) == (State.STALE, True)
    assert only(right, *entries, an_answer(right)).state is State.CORRECTED
    assert State.CORRECTED.holds


def test_a_correction_back_to_the_confirmed_value_holds(britain: RegionRules) -> None:
    point = line_point(britain, 15)
    found = only(point, an_answer(point), a_correction(point), a_correction(point, "50", "15"))
    assert found.state is State.CORRECTED


def test_an_override_holds_for_the_values_it_was_given_for(britain: RegionRules) -> None:
    point, other = line_point(britain, 15), line_point(britain, 16)
    assert only(point, an_override(point)).state is State.OVERRIDDEN
    assert only(other, an_override(point)).state is State.NOT_ASKED
    assert State.OVERRIDDEN.holds


def test_who_confirms_after_an_override_has_confirmed(britain: RegionRules) -> None:
    point = line_point(britain, 15)
    assert only(point, an_override(point), an_answer(point)).state is State.CONFIRMED


def test_who_confirms_other_values_after_an_override_has_to_be_asked_again(
    britain: RegionRules,
) -> None:
    point, other = line_point(britain, 15), line_point(britain, 16)
    assert only(point, an_override(point), an_answer(other)).state is State.STALE


def test_a_yes_later_does_not_take_away_that_the_value_was_spoken(britain: RegionRules) -> None:
    point, other = line_point(britain, 15), line_point(britain, 16)
    agreed = an_answer(point, how=How.CALLER_AGREED)
    assert only(point, an_answer(point), agreed).state is State.CONFIRMED
    assert not only(point, an_answer(other), agreed).state.holds


def test_what_is_open_comes_in_the_order_of_the_talk(
    order: OrderDocument, britain: RegionRules
) -> None:
    edited = with_delivery(promised_on=date(2026, 11, 26))(with_quantity(0, 3)(order))
    found = standings(checkpoints_of(edited, britain), read_back_of(order, britain))
    open_ones = [one.checkpoint.key for one in still_open(found)]
    assert open_ones == [of_line(order, 0), "price", "arrival", "obligation"]


# -- what has to be spoken


@pytest.mark.parametrize(
    ("quantity", "must_say", "kinds"),
    [
        (1, "", []),
        (9, "", []),
        (10, "", [Spoken.QUANTITY]),
        (13, "", [Spoken.QUANTITY]),
        (1_000, "", [Spoken.QUANTITY]),
        (1, "green", [Spoken.QUANTITY, Spoken.WORDS]),
        (12, "green", [Spoken.QUANTITY, Spoken.WORDS]),
    ],
)
def test_quantities_from_ten_and_twins_are_spoken(
    britain: RegionRules, quantity: int, must_say: str, kinds: list[Spoken]
) -> None:
    point = line_point(britain, quantity, must_say=must_say)
    assert [one.kind for one in point.must_speak] == kinds


def test_of_a_charge_no_quantity_is_spoken(britain: RegionRules) -> None:
    order = an_order(with_charge("POST", quantity=12))
    assert not checkpoints_of(order, britain)[1].must_speak


def delivery_of(order: OrderDocument, rules: RegionRules) -> Checkpoint:
    points = checkpoints_of(order, rules)
    return next(point for point in points if point.kind is CheckpointKind.DELIVERY)


def test_postcode_and_house_number_are_spoken(britain: RegionRules) -> None:
    assert delivery_of(an_order(), britain).must_speak == (
        MustSpeak(part="postcode", kind=Spoken.POSTCODE, value="LS6 3AA"),
        MustSpeak(part="street", kind=Spoken.HOUSE, value="14"),
    )


def test_without_postcodes_the_town_is_spoken(britain: RegionRules) -> None:
    dubai = PostalAddress(country="AE", street=("Palm Villa",), city="Dubai", area="Dubai")
    assert delivery_of(an_order(delivered_to(dubai)), britain).must_speak == (
        MustSpeak(part="city", kind=Spoken.CITY, value="Dubai"),
    )


def test_where_there_is_neither_postcode_nor_town_the_house_alone_is_spoken(
    britain: RegionRules,
) -> None:
    kowloon = PostalAddress(country="HK", street=("8 Queens Road",), area="Kowloon")
    assert delivery_of(an_order(delivered_to(kowloon)), britain).must_speak == (
        MustSpeak(part="street", kind=Spoken.HOUSE, value="8"),
    )


def test_of_what_is_collected_no_address_is_spoken(britain: RegionRules) -> None:
    point = delivery_of(an_order(with_delivery(method="collect")), britain)
    assert not point.must_speak


def test_an_extra_item_may_want_a_word(britain: RegionRules) -> None:
    item = msgspec.structs.replace(an_extra(), caller_says="18")
    points = checkpoints_of(an_order(), britain, a_guidance(a_checklist("age", item)))
    (extra,) = [point for point in points if point.kind is CheckpointKind.EXTRA]
    assert extra.must_speak == (MustSpeak(part="item", kind=Spoken.WORDS, value="18"),)


@pytest.mark.parametrize(
    ("country", "street", "number"),
    [
        ("GB", ("Flat 2", "14 Mill Lane"), "14"),
        ("GB", ("Flat 2, 14 Mill Lane",), "14"),
        ("GB", ("Flat 2 14 Mill Lane",), "14"),
        ("GB", ("Unit 5, 12-14 High St",), "12-14"),
        ("GB", ("3 Ivanhoe House", "130 Grove Road"), "130"),
        ("GB", ("Unit 10.1.1 Leathermarket", "11-13 Weston Street"), "11-13"),
        ("GB", ("14a Mill Lane",), "14a"),
        ("GB", ("No. 14, Mill Lane",), "14"),
        ("GB", ("Rose Cottage",), ""),
        ("GB", ("Flat 2", "Rose Cottage"), ""),
        ("GB", ("PO Box 12",), ""),
        ("GB", (), ""),
        ("DE", ("Hauptstraße 12",), "12"),
        ("US", ("340 W 42nd St Apt 5",), "340"),
        ("US", ("340 W 42nd St", "Apt 5"), "340"),
        ("US", ("2300 Bernadette Dr", "Spc 606"), "2300"),
        ("US", ("95 North Moorland Rd", "#D-30"), "95"),
        ("US", ("#5, 340 W Market",), "340"),
        ("US", ("1600 Pennsylvania Ave",), "1600"),
        ("US", ("5th Avenue",), ""),
    ],
)
def test_the_house_number_is_that_of_the_street(
    country: str, street: tuple[str, ...], number: str
) -> None:
    assert house_number(PostalAddress(country=country, street=street)) == number


# -- the same again and again


def test_a_line_that_stayed_is_not_worked_out_again(
    order: OrderDocument, britain: RegionRules
) -> None:
    work = Checkpoints(britain, a_guidance().checklists)
    before = work.of(order, totals(order, britain))
    edited = with_quantity(0, 3)(order)
    after = work.of(edited, totals(edited, britain))
    assert after[2] is before[2]
    assert after[1] is not before[1]


def test_desk_and_centre_come_to_the_same_digests(
    order: OrderDocument, britain: RegionRules
) -> None:
    sent = msgspec.json.decode(msgspec.json.encode(order), type=OrderDocument)
    assert checkpoints_of(sent, britain) == checkpoints_of(order, britain)


def test_every_checkpoint_has_a_key_and_a_digest_of_its_own(
    order: OrderDocument, britain: RegionRules
) -> None:
    points = checkpoints_of(order, britain)
    assert len({point.key for point in points}) == len(points)
    assert len({point.sha256 for point in points}) == len(points)


def test_the_items_of_an_order_are_those_of_its_checklists(
    order: OrderDocument, britain: RegionRules
) -> None:
    chosen = items_for(order, totals(order, britain).total, a_guidance().checklists)
    kinds = [item.check for item in chosen.items]
    points = checkpoints_of(order, britain)
    assert list(dict.fromkeys(point.kind for point in points)) == kinds
