"""The end of a call: the number given and said back, the rest said step by step, the outcome."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from app.ui.background import InlineBackground
from app.ui.screens.placed.presenter import PlacedPresenter
from app.ui.screens.placed.said_back import Heard
from app.ui.screens.placed.state import PlacedState
from app.ui.widgets.text import plain
from app.values.card import mask_card_digits
from app.values.errors import Fault
from app.values.vocabulary import (
    AttemptState,
    CallOutcome,
    Channel,
    ClosingStep,
    LinkState,
    Region,
)
from app.wire import operations
from app.wire.guidance import Script, ScriptStep
from app.wire.orders import PlacedOrder
from app.wire.read_back import NumberSaidBack, Told
from tests.builders import a_link, an_attempt, an_order, changed, with_delivery, with_line
from tests.ui.screens.fake_desk import a_person, the_speech
from tests.ui.screens.placed_orders import Shelf, a_placed

if TYPE_CHECKING:
    from app.ui.notices import Notice
    from tests.fakes import FixedClock
    from tests.ui.screens.fake_desk import FakeDesk

A_TEST_CARD = "4242 4242 4242 4242"


@pytest.fixture
def printer() -> Shelf:
    return Shelf()


@pytest.fixture
def closing(
    desk: FakeDesk, inline: InlineBackground, clock: FixedClock, printer: Shelf
) -> PlacedPresenter:
    return PlacedPresenter(desk, inline, Shelf(), printer, clock, the_speech())


def notes(desk: FakeDesk) -> list[object]:
    return [entry for entries in desk.notes.values() for entry in entries]


def said(state: PlacedState) -> str:
    return plain(state.say)


def begun(closing: PlacedPresenter, desk: FakeDesk) -> PlacedOrder:
    placed = a_placed(desk)
    closing.begin(placed, a_person())
    return placed


def test_the_number_is_to_be_said_first(closing: PlacedPresenter, desk: FakeDesk) -> None:
    begun(closing, desk)
    assert closing.state.asked is ClosingStep.NUMBER_GIVEN
    assert "four one seven, three zero two, nine eight two three" in said(closing.state)


def test_a_digit_of_the_caller_means_that_the_number_was_given(
    closing: PlacedPresenter, desk: FakeDesk
) -> None:
    begun(closing, desk)
    closing.hear("4")
    (told,) = notes(desk)
    assert isinstance(told, Told)
    assert told.step is ClosingStep.NUMBER_GIVEN
    assert "four one seven" in told.said
    assert closing.state.asked is ClosingStep.NUMBER_SAID_BACK


def test_each_full_attempt_is_noted_and_the_right_one_ends_the_step(
    closing: PlacedPresenter, desk: FakeDesk
) -> None:
    begun(closing, desk)
    for text in ("4173029832", "417302992", "4173029920", "4173029920", "4173029823"):
        closing.hear(text)
    attempts = [(e.heard, e.matched) for e in notes(desk) if isinstance(e, NumberSaidBack)]
    assert attempts == [("4173029832", False), ("4173029920", False), ("4173029823", True)]
    assert ClosingStep.NUMBER_SAID_BACK in closing.state.done
    assert closing.state.asked is ClosingStep.CONFIRMATION


def test_once_matched_the_number_stays(closing: PlacedPresenter, desk: FakeDesk) -> None:
    begun(closing, desk)
    closing.hear("4173029823")
    closing.hear("41730298234")
    assert closing.state.said_back.heard is Heard.MATCHED
    assert closing.state.said_back.shown == "417 302 9823"


def test_each_step_is_noted_with_the_sentence_that_was_said(
    closing: PlacedPresenter, desk: FakeDesk
) -> None:
    begun(closing, desk)
    closing.hear("4173029823")
    closing.say_step()
    closing.say_step()
    closing.say_step()
    told = {e.step: e.said for e in notes(desk) if isinstance(e, Told)}
    assert "m.thompson@example.org" in told[ClosingStep.CONFIRMATION]
    assert "Tuesday the twenty-fourth of November" in told[ClosingStep.IF_LATE]
    assert told[ClosingStep.ANYTHING_ELSE] == "Is there anything else I can do for you today?"
    assert closing.state.open_steps == ()
    assert closing.state.asked is None


def test_a_step_that_was_said_can_be_looked_at_again_and_is_noted_once(
    closing: PlacedPresenter, desk: FakeDesk
) -> None:
    begun(closing, desk)
    closing.hear("4173029823")
    closing.say_step()
    closing.choose(ClosingStep.CONFIRMATION)
    assert "in writing" in said(closing.state)
    closing.say_step()
    assert closing.state.asked is ClosingStep.IF_LATE
    steps = [e.step for e in notes(desk) if isinstance(e, Told)]
    assert steps == [ClosingStep.NUMBER_GIVEN, ClosingStep.CONFIRMATION]


def test_the_companys_own_words_are_said_where_it_has_them(
    closing: PlacedPresenter, desk: FakeDesk
) -> None:
    steps = (
        ScriptStep(key="number", title="Number", say=("Have you something to write with?",)),
        ScriptStep(key="if_late", title="Late", say=("We ring you before.", "Or you cancel.")),
        ScriptStep(key="closing", title="Goodbye", say=("Thank you for calling {company}.",)),
    )
    script = Script(region=Region.GB, version="1", steps=steps)
    desk.guidance = msgspec.structs.replace(desk.guidance, scripts=(script,))
    begun(closing, desk)
    assert said(closing.state).startswith("Have you something to write with? Your order number is")
    closing.choose(ClosingStep.IF_LATE)
    assert said(closing.state).endswith("We ring you before. Or you cancel.")
    closing.choose(ClosingStep.ANYTHING_ELSE)
    assert said(closing.state) == "Thank you for calling Mill Lane Trading."


def test_without_guidance_there_are_sentences_all_the_same(
    closing: PlacedPresenter, desk: FakeDesk
) -> None:
    desk.broken[operations.GET_GUIDANCE.name] = Fault("guidance_unknown", "Not there yet.")
    heard: list[Notice] = []
    closing.notice.connect(heard.append)
    begun(closing, desk)
    closing.choose(ClosingStep.CONFIRMATION)
    assert "in writing" in said(closing.state)
    assert heard == []


def test_without_a_speech_book_the_number_is_said_all_the_same(
    desk: FakeDesk, inline: InlineBackground, clock: FixedClock
) -> None:
    closing = PlacedPresenter(desk, inline, Shelf(), Shelf(), clock, {})
    begun(closing, desk)
    assert "four one seven, three zero two, nine eight two three" in said(closing.state)
    closing.choose(ClosingStep.IF_LATE)
    assert "Tuesday 24 November." in said(closing.state)


def test_without_an_email_the_confirmation_comes_by_post(
    closing: PlacedPresenter, desk: FakeDesk
) -> None:
    closing.begin(a_placed(desk, an_order(with_line())), a_person())
    closing.choose(ClosingStep.CONFIRMATION)
    assert said(closing.state).endswith("by post.")


def test_american_callers_are_asked_first_when_it_is_late(
    closing: PlacedPresenter, desk: FakeDesk
) -> None:
    closing.begin(a_placed(desk, an_order(with_line(), region=Region.US)), a_person())
    closing.choose(ClosingStep.IF_LATE)
    assert "we ask you first" in said(closing.state)


def test_an_order_without_a_day_promises_none(closing: PlacedPresenter, desk: FakeDesk) -> None:
    document = an_order(with_line(), with_delivery(promised_on=None))
    closing.begin(a_placed(desk, document), a_person())
    closing.choose(ClosingStep.IF_LATE)
    assert said(closing.state).startswith("If it cannot come")


@pytest.mark.parametrize("channel", [Channel.FAX, Channel.POST, Channel.EMAIL, Channel.WEB_CART])
def test_a_paper_repeats_no_number_and_nothing_is_said(
    closing: PlacedPresenter, desk: FakeDesk, channel: Channel
) -> None:
    closing.begin(a_placed(desk, an_order(with_line(), changed(channel=channel))), a_person())
    assert not closing.state.has_caller
    assert closing.state.steps == (ClosingStep.NUMBER_GIVEN, ClosingStep.CONFIRMATION)
    assert closing.state.say == ()


def test_what_was_said_before_a_restart_is_not_asked_again(
    closing: PlacedPresenter, desk: FakeDesk
) -> None:
    placed = begun(closing, desk)
    closing.hear("4173029823")
    closing.begin(placed, a_person())
    assert closing.state.asked is ClosingStep.CONFIRMATION
    assert closing.state.said_back.heard is Heard.MATCHED


def test_a_call_with_open_steps_ends_only_after_a_question(
    closing: PlacedPresenter, desk: FakeDesk
) -> None:
    placed = begun(closing, desk)
    closing.end()
    assert closing.state.asking_to_end
    assert desk.closed == {}
    closing.end()
    assert desk.closed[placed.document.order_id].outcome is CallOutcome.ORDER_PLACED
    assert closing.state.placed is None


def test_the_question_can_be_taken_back(closing: PlacedPresenter, desk: FakeDesk) -> None:
    begun(closing, desk)
    closing.end()
    closing.stay()
    assert not closing.state.asking_to_end
    assert closing.state.placed is not None


def test_with_everything_said_the_call_ends_at_once(
    closing: PlacedPresenter, desk: FakeDesk
) -> None:
    begun(closing, desk)
    closing.hear("4173029823")
    for _ in range(3):
        closing.say_step()
    closing.end()
    assert len(desk.closed) == 1


def test_the_outcome_and_a_few_words_go_with_the_end_of_the_call(
    closing: PlacedPresenter, desk: FakeDesk
) -> None:
    placed = begun(closing, desk)
    closing.pick(CallOutcome.CALL_BACK_PROMISED)
    closing.set_note(" Monday at nine ")
    closing.end()
    closing.end()
    closed = desk.closed[placed.document.order_id]
    assert (closed.outcome, closed.note) == (CallOutcome.CALL_BACK_PROMISED, "Monday at nine")


def test_a_note_is_dropped_with_its_outcome(closing: PlacedPresenter, desk: FakeDesk) -> None:
    placed = begun(closing, desk)
    closing.pick(CallOutcome.COMPLAINT_OPENED)
    closing.set_note("Broken")
    closing.pick(CallOutcome.ORDER_PLACED)
    closing.end()
    closing.end()
    assert desk.closed[placed.document.order_id].note == ""


def test_card_digits_do_not_stay_in_the_note(closing: PlacedPresenter, desk: FakeDesk) -> None:
    begun(closing, desk)
    closing.set_note(f"card {A_TEST_CARD}")
    assert closing.state.note == mask_card_digits(f"card {A_TEST_CARD}")
    assert closing.state.note_problem


def test_an_end_that_cannot_be_kept_holds_nobody_up(
    closing: PlacedPresenter, desk: FakeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.broken[operations.CLOSE_CALL.name] = Fault("store_broken", "The disk is full.")
    begun(closing, desk)
    closing.end()
    closing.end()
    assert closing.state.not_kept == "The disk is full."
    gone: list[bool] = []
    closing.finished.connect(partial(gone.append, True))
    closing.end()
    assert gone == [True]
    assert "code=store_broken" in caplog.text


def test_a_printed_confirmation_is_told(
    closing: PlacedPresenter, desk: FakeDesk, printer: Shelf
) -> None:
    begun(closing, desk)
    closing.print_paper()
    closing.print_paper()
    assert printer.taken == [desk.paper_path] * 2
    assert desk.calls[operations.MAKE_PAPER.name] == 1
    assert closing.state.printed_at is not None


def confirmation_of(closing: PlacedPresenter, desk: FakeDesk, **tenders: Any) -> str:  # noqa: ANN401 - whatever an order is paid with
    placed = msgspec.structs.replace(a_placed(desk), **tenders)
    desk.orders[placed.document.order_id] = placed
    closing.begin(placed, a_person())
    closing.choose(ClosingStep.CONFIRMATION)
    return said(closing.state)


def test_brand_and_last_four_are_spoken_at_the_end(
    closing: PlacedPresenter, desk: FakeDesk
) -> None:
    told = confirmation_of(closing, desk, attempts=(an_attempt(),))
    assert told.startswith(
        "Your Visa card ending four two four two has been accepted for £13.80. You will have"
    )


def test_each_card_and_link_has_its_sentence(closing: PlacedPresenter, desk: FakeDesk) -> None:
    cards = (an_attempt(), an_attempt(number=2, brand="Mastercard", last_four="4444"))
    links = (a_link(), a_link(state=LinkState.PAID, number=2), a_link(state=LinkState.EXPIRED))
    told = confirmation_of(closing, desk, attempts=cards, links=links)
    assert told.count(" ending ") == 2
    assert "The link to pay £13.80 with has been sent to you." in told
    assert told.count("Thank you for paying £13.80 by the link.") == 1


def test_what_did_not_work_is_not_spoken_of_at_the_end(
    closing: PlacedPresenter, desk: FakeDesk
) -> None:
    tried = (an_attempt(state=AttemptState.DECLINED), an_attempt(state=AttemptState.VOIDED))
    assert confirmation_of(closing, desk, attempts=tried) == confirmation_of(closing, desk)


def test_a_gateway_that_names_no_card_leaves_a_whole_sentence(
    closing: PlacedPresenter, desk: FakeDesk
) -> None:
    told = confirmation_of(closing, desk, attempts=(an_attempt(brand="", last_four=""),))
    assert told.startswith("Your card has been accepted for £13.80. ")


def test_a_link_that_is_paid_during_the_call_is_told_of(
    closing: PlacedPresenter, desk: FakeDesk
) -> None:
    sent = a_link()
    assert "has been sent to you" in confirmation_of(closing, desk, links=(sent,))
    paid = msgspec.structs.replace(sent, state=LinkState.PAID)
    desk.cards.links = [paid]
    closing.links.ask()
    assert "Thank you for paying £13.80 by the link." in said(closing.state)
    assert closing.state.placed is not None
    assert closing.state.placed.links == (paid,)
    assert closing.state.asked is ClosingStep.CONFIRMATION
