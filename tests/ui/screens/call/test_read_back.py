"""The guided read-back without widgets: what is asked, answered, put right and let pass."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from app.services.rules.read_back import State
from app.ui.notices import Notice
from app.ui.screens.call.delivery import Words
from app.ui.screens.call.guide_rows import Mark
from app.ui.screens.call.guide_state import Stage
from app.ui.screens.call.presenter import CallPresenter, Pace
from app.ui.screens.call.state import Phase, Topic
from app.values.errors import Fault
from app.values.identity import OrderId
from app.values.vocabulary import Channel, CheckpointKind, How, OrderType
from app.wire import operations
from app.wire.read_back import (
    Asked,
    Began,
    Confirmed,
    NotMatched,
)
from tests.builders import (
    an_id,
    an_order,
    changed,
    delivered_to,
    with_delivery,
    with_line,
)
from tests.read_backs import a_checklist, a_guidance, an_extra
from tests.ui.screens.fake_desk import FakeDesk
from tests.ui.screens.guided import (
    TWO_LINES,
    asked,
    begin,
    can_place,
    hearing,
    kept,
    order_type,
    said,
    to_row,
    words,
)
from tests.ui.stage import AT_ONCE, read_back


def test_eight_things_are_to_be_agreed(call: CallPresenter) -> None:
    begin(call)
    assert list(words(call)) == [
        "Customer and contact",
        "Items and quantities",
        "Price",
        "Delivery address",
        "Billing address",
        "Delivery date",
        "Rights and terms",
        "Order with payment",
    ]
    assert words(call)["Customer and contact"] == "Asking"
    assert words(call)["Price"] == "Not yet"
    assert call.state.reason_why_not == "8 checkpoints left before the order can be placed."


def test_an_administrators_own_check_is_a_row_of_its_own(
    call: CallPresenter, desk: FakeDesk
) -> None:
    desk.guidance = a_guidance(a_checklist("adults", an_extra()))
    begin(call)
    assert "Age checked" in words(call)


def test_the_sentence_is_rendered_from_what_is_saved(call: CallPresenter, desk: FakeDesk) -> None:
    begin(call)
    assert "Margaret Thompson" in said(call.read_back.state)
    call.lines.set_quantity(call.order.document.lines[1].line_id, "3")
    to_row(call, "Items and quantities")
    assert desk.draft(call.order.document.order_id) == call.order.document


def test_an_order_that_was_read_back_is_placed_with_its_record(
    call: CallPresenter, desk: FakeDesk
) -> None:
    begin(call)
    order_id = call.order.document.order_id
    read_back(call)
    assert set(words(call).values()) == {"Confirmed"}
    call.place()
    record = desk.orders[order_id].read_back
    assert isinstance(record[0], Began)
    assert len([entry for entry in record if isinstance(entry, Confirmed)]) == 9


def test_what_was_not_read_back_is_not_placed(
    call: CallPresenter, desk: FakeDesk, notices: list[Notice]
) -> None:
    begin(call)
    call.place()
    assert not desk.orders
    assert notices[-1].sentence == "8 checkpoints left before the order can be placed."


def test_what_is_missing_is_asked_for_first(call: CallPresenter, notices: list[Notice]) -> None:
    led: list[Topic] = []
    call.read_back.needed.connect(led.append)
    call.read_back.start()
    assert led == [Topic.CUSTOMER]
    assert "customer name" in notices[-1].sentence
    assert call.read_back.state.stage is Stage.RESTING


def test_a_part_that_is_whole_can_be_read_back_before_the_rest(call: CallPresenter) -> None:
    call.resume(an_order(with_line(), delivered_to(None)))
    to_row(call, "Items and quantities")
    assert asked(call) == "line"
    to_row(call, "Delivery address")
    assert asked(call) == "line"


def test_a_yes_is_not_enough_where_the_value_must_be_said(call: CallPresenter) -> None:
    begin(call)
    call.read_back.confirm()
    assert asked(call) == "line"
    assert call.read_back.state.wait == "Wait for the caller to say the quantity."
    call.read_back.confirm()
    assert words(call)["Items and quantities"] == "Asking, 0 of 2"
    assert call.read_back.state.prompt == "Type what the caller says, then press Enter."
    assert not call.read_back.state.problem
    call.read_back.confirm()
    assert not call.read_back.state.prompt


def test_a_value_that_matches_confirms_and_is_kept(call: CallPresenter, desk: FakeDesk) -> None:
    begin(call)
    call.read_back.confirm()
    call.read_back.hear("fifteen")
    call.read_back.confirm()
    entry = kept(call, desk)[-2]
    assert isinstance(entry, Confirmed)
    assert (entry.how, entry.heard) == (How.CALLER_SPOKE, "fifteen")
    assert words(call)["Items and quantities"] == "Asking, 1 of 2"


def test_a_value_that_does_not_match_is_told_and_kept(call: CallPresenter, desk: FakeDesk) -> None:
    begin(call)
    call.read_back.confirm()
    call.read_back.hear("50")
    assert call.read_back.state.problem == "You heard 50, the order says 15."
    entry = kept(call, desk)[-1]
    assert isinstance(entry, NotMatched)
    assert (entry.part, entry.heard) == ("quantity", "50")
    call.read_back.confirm()
    assert not call.read_back.state.problem
    assert asked(call) == "line"


def test_the_row_of_the_lines_keeps_its_place_when_there_are_none(
    call: CallPresenter, desk: FakeDesk
) -> None:
    desk.guidance = a_guidance(
        a_checklist("adults", msgspec.structs.replace(an_extra(), after=CheckpointKind.CUSTOMER))
    )
    begin(call)
    before = list(words(call))
    for line in call.order.document.lines:
        call.lines.remove(line.line_id)
    assert list(words(call)) == before


def test_the_last_question_waits_for_what_an_edit_has_opened(call: CallPresenter) -> None:
    begin(call)
    to_row(call, "Order with payment")
    call.lines.set_quantity(call.order.document.lines[1].line_id, "9")
    assert asked(call) == "customer"


def test_what_is_settled_stays_settled_when_only_a_part_was_said(call: CallPresenter) -> None:
    begin(call)
    to_row(call, "Delivery address")
    call.read_back.hear("ls6 3aa")
    state = call.read_back.state
    assert state.settled == ("ls6 3aa",)
    assert state.settled_words == "Postcode: ls6 3aa"
    assert state.hearing
    call.read_back.hear("14")
    assert not call.read_back.state.hearing
    assert asked(call) == "delivery"
    call.read_back.confirm()
    assert words(call)["Delivery address"] == "Confirmed"


def test_a_value_may_be_said_where_a_yes_would_do(call: CallPresenter, desk: FakeDesk) -> None:
    begin(call, with_line("47566", 2))
    call.read_back.confirm()
    assert not hearing(call)
    call.read_back.open_hearing()
    assert hearing(call)
    call.read_back.hear("2")
    entry = kept(call, desk)[-2]
    assert isinstance(entry, Confirmed)
    assert entry.how is How.CALLER_SPOKE


def test_going_back_shows_the_answer_and_loses_none(call: CallPresenter) -> None:
    begin(call)
    call.read_back.confirm()
    to_row(call, "Customer and contact")
    assert call.read_back.state.answered == "Confirmed: the caller agreed."
    call.read_back.confirm()
    assert asked(call) == "line"
    to_row(call, "Price")
    call.read_back.confirm()
    assert asked(call) == "delivery"
    assert words(call)["Customer and contact"] == "Confirmed"


def test_after_the_last_one_the_guide_goes_back_to_what_was_left_out(call: CallPresenter) -> None:
    begin(call, with_line("47566", 2))
    to_row(call, "Rights and terms")
    call.read_back.confirm()
    assert asked(call) == "customer"


def test_an_edit_makes_stale_what_it_touches_and_says_what_changed(call: CallPresenter) -> None:
    begin(call)
    read_back(call)
    call.delivery.choose("next_day")
    now = words(call)
    stale = [title for title, text in now.items() if text == "Changed, ask again"]
    assert stale == ["Price", "Delivery date", "Order with payment"]
    assert now["Delivery address"] == "Confirmed"
    told = call.read_back.state.told
    assert "Delivery date changed, ask again" in told
    assert "\u00a3" in told
    assert told.count("\u00a3") == len(("old", "new"))
    assert not call.state.can_place
    assert call.state.reason_why_not.startswith("3 checkpoints left")


def test_an_edit_that_is_taken_back_leaves_nothing_to_ask(call: CallPresenter) -> None:
    begin(call)
    read_back(call)
    call.delivery.choose("next_day")
    call.undo()
    assert call.state.can_place
    assert not call.read_back.state.told


def test_what_changed_is_said_before_it_is_asked_again(call: CallPresenter) -> None:
    begin(call)
    read_back(call)
    call.lines.set_quantity(call.order.document.lines[1].line_id, "3")
    call.read_back.start()
    assert asked(call) == "line"
    assert "it is now three" in said(call.read_back.state)


def test_a_line_that_goes_while_it_is_asked_is_passed_over(call: CallPresenter) -> None:
    begin(call)
    call.read_back.confirm()
    call.lines.remove(call.order.document.lines[0].line_id)
    assert asked(call) == "line"
    assert "no longer on the order" in call.read_back.state.told
    assert "party bunting" not in said(call.read_back.state)


def test_an_order_emptied_while_it_is_asked_leads_to_the_items(call: CallPresenter) -> None:
    begin(call, with_line("47566", 2))
    call.read_back.confirm()
    call.lines.remove(call.order.document.lines[0].line_id)
    assert not call.state.can_place
    assert "an item" in call.state.reason_why_not
    led: list[Topic] = []
    call.read_back.needed.connect(led.append)
    to_row(call, "Items and quantities")
    assert led == [Topic.ITEMS]


def test_a_paper_order_is_checked_against_the_paper(call: CallPresenter, desk: FakeDesk) -> None:
    begin(call, *TWO_LINES, changed(channel=Channel.FAX))
    assert call.read_back.state.on_paper
    while call.read_back.state.stage is Stage.ASKING:
        assert not call.read_back.state.hearing
        call.read_back.confirm()
    confirmed = [entry for entry in kept(call, desk) if isinstance(entry, Confirmed)]
    assert len(confirmed) == 9
    assert {entry.how for entry in confirmed} == {How.ON_PAPER}
    assert call.state.can_place


def test_a_text_relay_is_read_one_fact_at_a_time(call: CallPresenter, desk: FakeDesk) -> None:
    begin(call)
    turns = call.read_back.state.turns
    call.customer.amend()
    call.customer.set_text_relay(used=True)
    assert call.read_back.state.slow
    call.read_back.start()
    to_row(call, "Customer and contact")
    assert call.read_back.state.turns > turns
    call.read_back.set_slow(slow=False)
    assert call.read_back.state.turns == turns


def test_answers_of_a_draft_are_there_when_it_is_taken_up_again(
    call: CallPresenter, desk: FakeDesk, new_presenter: Callable[[Pace], CallPresenter]
) -> None:
    begin(call)
    call.read_back.confirm()
    call.read_back.hear("15")
    call.read_back.confirm()
    document = call.order.document
    call.leave()
    other = new_presenter(AT_ONCE)
    other.resume(document)
    assert words(other)["Customer and contact"] == "Confirmed"
    assert words(other)["Items and quantities"] == "1 of 2"
    other.read_back.start()
    assert asked(other) == "line"
    assert "Line two" in said(other.read_back.state)


def test_an_answer_counts_at_once_and_place_waits_until_it_is_on_disk(
    call: CallPresenter, desk: FakeDesk, notices: list[Notice]
) -> None:
    begin(call, with_line("47566", 2))
    desk.broken[operations.NOTE_READ_BACK.name] = Fault("disk_full", "The disk is full.", "AB12")
    while call.read_back.state.stage is Stage.ASKING:
        point = call.read_back.state.point
        assert point is not None
        heard = " ".join(one.value for one in point.must_speak)
        call.read_back.hear(heard if call.read_back.state.hearing else "")
    assert set(words(call).values()) == {"Confirmed"}
    assert call.state.reason_why_not == "The last answers are being written."
    assert not call.state.can_place
    assert notices[-1].sentence == "The disk is full."
    desk.broken.clear()
    call.place()
    assert can_place(call)
    confirmed = [entry for entry in kept(call, desk) if isinstance(entry, Confirmed)]
    assert len(confirmed) == 8
    assert list(kept(call, desk)) == list(call.read_back.entries)


def test_an_order_the_desk_refuses_is_looked_at_with_the_newest_checklists(
    call: CallPresenter, desk: FakeDesk
) -> None:
    begin(call)
    read_back(call)
    desk.guidance = a_guidance(a_checklist("adults", an_extra()), revision=2)
    desk.broken[operations.PLACE_ORDER.name] = Fault("read_back_open", "Age checked.", "AB12")
    call.place()
    assert call.state.phase is Phase.TAKING
    assert words(call)["Age checked"] == "Asking"
    assert call.read_back.state.pieces
    assert not call.state.can_place


def test_without_checklists_the_order_is_taken_and_f8_asks_for_them(
    call: CallPresenter, desk: FakeDesk, notices: list[Notice]
) -> None:
    desk.broken[operations.GET_GUIDANCE.name] = Fault("not_there", "No checklists yet.", "AB12")
    begin(call)
    assert call.read_back.state.stage is Stage.LOADING
    assert "checklists" in call.state.reason_why_not
    assert notices[-1].sentence == "No checklists yet."
    desk.broken.clear()
    call.read_back.start()
    assert asked(call) == "customer"


def test_a_repeated_order_and_a_gift_are_what_they_are(
    call: CallPresenter, desk: FakeDesk, a_past_order: None
) -> None:
    call.customer.search("0412")
    call.customer.enter()
    call.ask_to_repeat()
    call.repeat()
    assert order_type(call) is OrderType.REORDER
    call.set_order_type(OrderType.NEW)
    call.delivery.set_text(Words.GIFT_MESSAGE, "Happy birthday")
    assert order_type(call) is OrderType.GIFT
    call.delivery.set_text(Words.GIFT_MESSAGE, "")
    assert order_type(call) is OrderType.NEW


def test_a_line_with_twins_is_shown_beside_them(call: CallPresenter) -> None:
    call.resume(an_order(with_line("85123A", 2, description="White hanging heart T-light holder")))
    line = msgspec.structs.replace(call.order.document.lines[0], must_say="White")
    call.order.change("line", lines=(line,))
    to_row(call, "Items and quantities")
    twins = call.read_back.state.twins
    assert len(twins) == 2
    assert [p.text.strip() for row in twins for p in row if p.strong] == ["White", "Red"]


def test_every_asking_is_on_record_once_though_its_field_is_being_typed(
    call: CallPresenter, desk: FakeDesk
) -> None:
    begin(call, with_line("47566", 2), with_delivery(instructions="Ring"))
    to_row(call, "Delivery address")
    for text in ("Ring t", "Ring tw", "Ring twi", "Ring twice"):
        call.delivery.set_text(Words.INSTRUCTIONS, text)
    asked_for = [
        entry
        for entry in kept(call, desk)
        if isinstance(entry, Asked) and entry.checkpoint == "delivery"
    ]
    assert len(asked_for) == 1
    read_back(call)
    later = [e for e in kept(call, desk) if isinstance(e, Asked) and e.checkpoint == "delivery"]
    assert [("Ring twice" in entry.said) for entry in later] == [False, True]


def test_an_order_left_in_the_middle_is_not_mixed_with_the_next(
    call: CallPresenter, desk: FakeDesk
) -> None:
    begin(call)
    first = call.order.document.order_id
    call.read_back.confirm()
    call.resume(an_order(*TWO_LINES, changed(order_id=OrderId(an_id(501)))))
    call.read_back.start()
    call.read_back.confirm()
    assert {mark.mark for mark in call.read_back.state.rows[:1]} == {Mark.DONE}
    assert len([e for e in desk.notes[first] if isinstance(e, Confirmed)]) == 1
    assert [s.state for s in call.read_back.standings].count(State.CONFIRMED) == 1
