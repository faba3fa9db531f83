"""A call without widgets and without an event loop, as the replay campaign drives it."""

from __future__ import annotations

from collections.abc import Callable

from app.services.rules import pricing
from app.ui.notices import Notice
from app.ui.screens.call.keeping import Kept
from app.ui.screens.call.presenter import CallPresenter, Pace
from app.ui.screens.call.state import Phase, Topic
from app.values.errors import Fault, Refusal
from app.values.identity import ProductCode
from app.values.money import Money
from app.values.vocabulary import Channel, Region
from app.wire import operations
from app.wire.orders import PlacedOrder
from tests.builders import (
    a_price,
    a_product,
    an_address,
    an_order,
    changed,
    delivered_to,
    with_delivery,
    with_line,
)
from tests.fakes import FixedClock
from tests.ui.screens.fake_desk import FakeDesk, a_person, a_policy
from tests.ui.stage import read_back

MOST_LINES = 1_114
"""The longest real invoice."""


def take_a_whole_order(call: CallPresenter, desk: FakeDesk) -> None:
    call.customer.search("0412")
    call.customer.enter()
    call.add_product(desk.products["47566"], 3)


def test_a_new_call_says_what_to_ask_first(call: CallPresenter) -> None:
    assert call.state.say == "Who is the order for?"
    assert call.state.topics[0].topic is Topic.CUSTOMER
    assert call.state.topics[0].asking
    assert not call.state.can_place
    assert "customer name" in call.state.reason_why_not


def test_an_empty_call_leaves_no_draft(call: CallPresenter, desk: FakeDesk) -> None:
    call.leave()
    assert not desk.drafts


def test_a_whole_order_is_placed_as_it_stands(call: CallPresenter, desk: FakeDesk) -> None:
    heard: list[PlacedOrder] = []
    call.placed.connect(heard.append)
    take_a_whole_order(call, desk)
    document = call.order.document
    read_back(call)
    call.place()
    assert [placed.document for placed in heard] == [document]
    assert call.state.phase is Phase.IDLE


def test_totals_follow_every_change_as_if_read_from_the_lines(
    call: CallPresenter, desk: FakeDesk
) -> None:
    take_a_whole_order(call, desk)
    line_id = call.lines.add_product(desk.products["22720"], 12)
    assert line_id is not None
    call.lines.set_quantity(line_id, "2")
    call.lines.tell_price(line_id, a_price("0.001"), "replay")
    call.lines.duplicate(line_id)
    call.lines.remove(line_id)
    call.undo()
    call.undo()
    assert call.state.totals == pricing.totals(call.order.document, call.rules)


def test_a_fault_while_placing_keeps_the_order_in_hand_and_as_a_draft(
    call: CallPresenter, desk: FakeDesk, notices: list[Notice]
) -> None:
    take_a_whole_order(call, desk)
    document = call.order.document
    read_back(call)
    desk.broken[operations.PLACE_ORDER.name] = Fault("disk_full", "The disk is full.", "AB12")
    call.place()
    call.keeper.save_now()
    assert call.state.phase is Phase.TAKING
    assert call.order.document is document
    assert desk.draft(document.order_id) == document
    assert notices[-1].sentence == "The disk is full."


def test_a_draft_is_resumed_exactly_as_it_was_left(
    call: CallPresenter, desk: FakeDesk, new_presenter: Callable[[Pace], CallPresenter]
) -> None:
    take_a_whole_order(call, desk)
    left = call.order.document
    call.leave()
    other = new_presenter(Pace(search_ms=0, save_ms=None, caution_ms=None))
    other.resume(desk.draft(left.order_id))
    assert other.order.document == left
    assert other.state.is_complete
    assert other.customer.state.customer == left.customer


def test_a_resumed_draft_shows_what_the_list_says_now(call: CallPresenter, desk: FakeDesk) -> None:
    order = an_order(with_line("47566", 2, "4.50"), with_line("GONE", 1, "1.00"))
    desk.products["47566"] = a_product("47566", "4.95", price_version=2, available=1)
    call.resume(order)
    row = call.lines.state.rows[0]
    assert row.new_list_price == a_price("4.95")
    assert row.line.told_price == a_price("4.50")
    assert row.available == 1


def test_every_save_that_waits_is_written_when_the_order_is_left(
    new_presenter: Callable[[Pace], CallPresenter], desk: FakeDesk
) -> None:
    call = new_presenter(Pace(search_ms=0, save_ms=0, caution_ms=None))
    call.start_call(a_person().person_id, desk.policy)
    take_a_whole_order(call, desk)
    assert call.keeper.state.kept is Kept.SAVED
    assert desk.draft(call.order.document.order_id) == call.order.document


def test_a_save_that_failed_is_tried_again_with_the_next_change(
    new_presenter: Callable[[Pace], CallPresenter], desk: FakeDesk
) -> None:
    call = new_presenter(Pace(search_ms=0, save_ms=0, caution_ms=None))
    call.start_call(a_person().person_id, desk.policy)
    desk.broken[operations.SAVE_DRAFT.name] = Fault("disk_full", "Full.", "AB12")
    call.set_channel(Channel.FAX)
    assert call.keeper.state.kept is Kept.FAILED
    desk.broken.clear()
    call.set_channel(Channel.POST)
    assert desk.draft(call.order.document.order_id).channel is Channel.POST


def test_a_second_call_does_not_lose_the_first(call: CallPresenter, desk: FakeDesk) -> None:
    take_a_whole_order(call, desk)
    first = call.order.document
    call.start_call(a_person().person_id, desk.policy)
    assert desk.draft(first.order_id) == first


def test_card_digits_that_got_into_a_draft_are_not_placed(
    call: CallPresenter, desk: FakeDesk, notices: list[Notice]
) -> None:
    in_two_fields = with_delivery(instructions="4242 4242"), changed(internal_note="4242 4242")
    call.resume(an_order(with_line(), *in_two_fields))
    read_back(call)
    call.place()
    assert not desk.orders
    assert "card number" in notices[-1].sentence


def test_another_country_gets_a_delivery_that_goes_there(call: CallPresenter) -> None:
    call.delivery_address.take(an_address())
    at_home = call.order.document.delivery.method
    call.delivery_address.take(an_address("US"))
    abroad = call.order.document.delivery.method
    assert abroad != at_home
    assert call.rules.method(abroad) in call.rules.methods_to("US")
    call.undo()
    assert call.order.document.delivery.method == at_home


def test_a_us_order_pays_the_tax_of_the_state_on_top(
    new_presenter: Callable[[Pace], CallPresenter], clock: FixedClock
) -> None:
    call = new_presenter(Pace(search_ms=0, save_ms=None, caution_ms=None))
    call.resume(an_order(with_line(price="100.00"), region=Region.US))
    totals = call.state.totals
    assert totals is not None
    assert not totals.tax_included
    assert totals.total == totals.goods + totals.delivery + totals.tax
    assert totals.tax > Money(0, totals.tax.currency)


def test_the_last_order_is_repeated_at_todays_prices(
    call: CallPresenter, desk: FakeDesk, notices: list[Notice], a_past_order: None
) -> None:
    call.customer.search("0412")
    call.customer.enter()
    call.ask_to_repeat()
    call.repeat()
    told = {line.code: line.told_price for line in call.order.document.lines}
    assert told == {"22423": a_price("12.75"), "47566": a_price("4.95")}
    assert "OLD-1" in notices[-1].sentence
    call.undo()
    assert not call.order.document.lines


def test_nothing_to_repeat_is_said(call: CallPresenter, notices: list[Notice]) -> None:
    call.ask_to_repeat()
    assert "no last order" in notices[-1].sentence


def test_a_refusal_at_the_desk_stands_with_its_own_sentence(
    call: CallPresenter, desk: FakeDesk, notices: list[Notice]
) -> None:
    take_a_whole_order(call, desk)
    read_back(call)
    desk.broken[operations.PLACE_ORDER.name] = Refusal("no_numbers", "There is no number left.")
    call.place()
    assert notices[-1].sentence == "There is no number left."


def test_a_charge_is_only_money(call: CallPresenter) -> None:
    call.lines.add_charge(ProductCode("POST"), "Postage", 1, a_price("18.00"))
    assert call.lines.state.pieces == 0
    totals = call.state.totals
    assert totals is not None
    assert totals.goods.minor == 1_800


def test_a_line_added_to_a_long_order_touches_no_other_line(
    call: CallPresenter, desk: FakeDesk
) -> None:
    for number in range(MOST_LINES):
        call.lines.add_product(a_product(f"N{number:05d}"), 3)
    before = call.lines.state.rows
    call.lines.add_product(a_product("LAST"), 3)
    after = call.lines.state.rows
    assert len(after) == MOST_LINES + 1
    assert all(old is new for old, new in zip(before, after, strict=False))
    assert call.state.totals == pricing.totals(call.order.document, call.rules)


def test_a_policy_for_the_us_starts_a_call_in_dollars(
    new_presenter: Callable[[Pace], CallPresenter],
) -> None:
    call = new_presenter(Pace(search_ms=0, save_ms=None, caution_ms=None))
    call.start_call(a_person().person_id, a_policy(Region.US))
    assert call.order.document.currency.value == "USD"
    assert call.state.tax_label


def test_a_delivery_address_that_is_not_whole_names_what_is_missing(call: CallPresenter) -> None:
    call.resume(an_order(with_line(), delivered_to(an_address(postcode=""))))
    assert "delivery postcode" in call.state.reason_why_not
