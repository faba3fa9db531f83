"""The end of a call: the number given and said back, the rest said step by step, the outcome."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.ui.background import InlineBackground
from app.ui.screens.placed.presenter import PlacedPresenter
from app.ui.screens.placed.said_back import Heard
from app.ui.screens.placed.state import PlacedState
from app.ui.widgets.checklist import CheckState
from app.ui.widgets.text import plain
from app.values.card import mask_card_digits
from app.values.errors import Fault
from app.values.vocabulary import CallOutcome, Channel, ClosingStep, PaymentMethod, Region
from app.wire import operations
from app.wire.guidance import Script, ScriptStep
from app.wire.orders import PlacedOrder
from app.wire.read_back import NumberSaidBack, Told
from tests.builders import a_customer, an_order, changed, with_delivery, with_line
from tests.ui.looks import cut_off, nameless, too_small
from tests.ui.screens.fake_desk import PASSWORD, a_person
from tests.ui.stage import Hands, place_an_order

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from app.ui.notices import Notice
    from app.wire.orders import OrderDocument
    from tests.fakes import FixedClock
    from tests.ui.screens.fake_desk import FakeDesk

A_TEST_CARD = "4242 4242 4242 4242"


class Shelf:
    """Opens and prints papers, or not."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.works = True

    def __call__(self, path: str) -> bool:
        self.taken.append(path)
        return self.works


@pytest.fixture
def printer() -> Shelf:
    return Shelf()


@pytest.fixture
def closing(
    desk: FakeDesk, inline: InlineBackground, clock: FixedClock, printer: Shelf
) -> PlacedPresenter:
    return PlacedPresenter(desk, inline, Shelf(), printer, clock)


def a_placed(desk: FakeDesk, document: OrderDocument | None = None) -> PlacedOrder:
    customer = a_customer(email="m.thompson@example.org")
    document = document or an_order(with_line(), changed(customer=customer))
    placed = desk._as_placed(document, 41_730_298)  # noqa: SLF001 - the desk's own way to number
    desk.orders[document.order_id] = placed
    return placed


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
    assert "Tuesday 24 November" in told[ClosingStep.IF_LATE]
    assert told[ClosingStep.ANYTHING_ELSE] == "Is there anything else I can do for you today?"
    assert closing.state.open_steps == ()
    assert closing.state.asked is None


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


@pytest.fixture
def placed_by_keys(on_call: Hands, window: MainWindow) -> Hands:
    """The number is on the screen; keys are counted from here."""
    place_an_order(on_call, window)
    QApplication.processEvents()
    on_call.keys = 0
    return on_call


def words(window: MainWindow) -> dict[str, str]:
    return dict(window.placed_screen._facts.shown())  # noqa: SLF001 - what is to be read


def states(window: MainWindow) -> list[CheckState]:
    return [row.state for row in window.placed_screen.side.steps.rows()]


def message(window: MainWindow) -> str:
    found = window.placed_screen.said_back.message()
    return found.sentence if found else ""


def test_digits_are_grouped_while_they_are_typed(placed_by_keys: Hands, window: MainWindow) -> None:
    placed_by_keys.write("41730298")
    assert placed_by_keys.place() == "The caller says it back"
    assert window.placed_screen.said_back.text() == "417 302 98"
    assert message(window) == "2 digits to go. A slip is caught by the check digits."
    placed_by_keys.press(Qt.Key.Key_Backspace)
    placed_by_keys.press(Qt.Key.Key_Backspace)
    assert window.placed_screen.said_back.text() == "417 302"


def test_a_digit_put_right_in_the_middle_leaves_the_cursor_there(
    placed_by_keys: Hands, window: MainWindow
) -> None:
    placed_by_keys.write("4170298")
    for _ in range(5):
        placed_by_keys.press(Qt.Key.Key_Left)
    placed_by_keys.write("3")
    assert window.placed_screen.said_back.text() == "417 302 98"
    assert window.placed_screen.said_back.edit.cursorPosition() == 5


def test_a_slip_is_caught_and_the_next_attempt_replaces_it(
    placed_by_keys: Hands, window: MainWindow
) -> None:
    placed_by_keys.write("4173029832")
    assert message(window) == "One of those digits is wrong."
    placed_by_keys.write("4173029920")
    assert "another order" in message(window)
    placed_by_keys.write("4173029823")
    assert message(window).startswith("That is the number.")


def test_the_whole_closing_goes_by_enter(
    placed_by_keys: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    placed_by_keys.write("4173029823")
    placed_by_keys.enter()
    assert placed_by_keys.place() == "Before you hang up"
    for _ in range(3):
        placed_by_keys.enter()
    assert states(window) == [CheckState.DONE] * 5
    assert QApplication.focusWidget() is window.placed_screen.end_button
    placed_by_keys.enter()
    assert len(desk.closed) == 1
    assert window.pages.currentWidget() is window.call_screen
    assert placed_by_keys.keys == 10 + 5


def test_number_keys_choose_the_outcome_only_in_the_list(
    placed_by_keys: Hands, window: MainWindow
) -> None:
    outcomes = []
    for key in (None, Qt.Key.Key_F8, None):
        if key is not None:
            placed_by_keys.press(key)
        placed_by_keys.write("2")
        outcomes.append(window.placed.state.outcome)
    placed_by_keys.write("9")
    outcomes.append(window.placed.state.outcome)
    promised = CallOutcome.CALL_BACK_PROMISED
    assert outcomes == [CallOutcome.ORDER_PLACED, promised, promised, promised]
    assert window.placed_screen.side.note.isVisible()


def test_ending_too_early_is_asked_about_in_place(
    placed_by_keys: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    placed_by_keys.write("4173029823")
    placed_by_keys.ctrl(Qt.Key.Key_Return)
    heading, _ = window.placed_screen._question.words()  # noqa: SLF001 - what is to be read
    assert heading == (
        "Not said yet: How the confirmation comes, What happens if it is late, Anything else today"
    )
    assert QApplication.activeModalWidget() is None
    placed_by_keys.press(Qt.Key.Key_Escape)
    assert window.placed_screen._question.isHidden()  # noqa: SLF001 - what is to be read
    assert placed_by_keys.place() == "Before you hang up"
    placed_by_keys.ctrl(Qt.Key.Key_Return)
    placed_by_keys.enter()
    assert len(desk.closed) == 1


def test_only_what_is_true_is_shown(placed_by_keys: Hands, window: MainWindow) -> None:
    told = words(window)
    assert told["Total"].endswith(", to be collected later")
    assert told["Confirmation"] == "For m.thompson@example.org"
    assert told["Kept"] == "At this desk and at the centre"
    assert set(told) == {"Total", "Arrives", "Goes to", "Confirmation", "Kept"}


@pytest.mark.parametrize(
    ("payment", "told"),
    [(PaymentMethod.INVOICE, "on invoice"), (PaymentMethod.CARD, "by card")],
)
def test_the_payment_is_told_in_words(
    on_call: Hands, window: MainWindow, desk: FakeDesk, payment: PaymentMethod, told: str
) -> None:
    window.placed.begin(a_placed(desk, an_order(with_line(), changed(payment=payment))))
    assert words(window)["Total"].endswith(told)


def test_the_bar_says_that_the_order_is_safe_once_the_desk_has_said_so(
    placed_by_keys: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    assert "Order is safe at the centre" in window.bar.told()
    desk.offline = True
    window.status.ask()
    assert "Order is safe at the centre" not in window.bar.told()
    assert words(window)["Kept"] == "At this desk; it goes to the centre by itself"


def test_the_wrap_up_is_timed_in_the_strip(
    placed_by_keys: Hands, window: MainWindow, clock: FixedClock
) -> None:
    clock.advance(seconds=8)
    window.on_tick()
    assert window.strip.words() == "Wrap-up  00:08"


def test_a_paper_is_ended_without_a_caller(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    placed = a_placed(desk, an_order(with_line(), changed(channel=Channel.FAX)))
    window.call.placed.emit(placed)
    screen = window.placed_screen
    assert screen.said_back.isHidden()
    assert screen.side.outcomes.isHidden()
    assert screen.end_button.words() == "Done"
    on_call.enter()
    on_call.enter()
    on_call.enter()
    assert len(desk.closed) == 1


def test_the_number_waits_behind_a_lock_and_what_was_said_is_still_there(
    placed_by_keys: Hands, window: MainWindow
) -> None:
    placed_by_keys.write("4173")
    window.lock()
    placed_by_keys.write(PASSWORD)
    placed_by_keys.enter()
    assert window.placed_screen.said_back.text() == "417 3"


def test_everything_has_a_name_and_a_size(placed_by_keys: Hands, window: MainWindow) -> None:
    placed_by_keys.press(Qt.Key.Key_F8)
    placed_by_keys.write("3")
    screen = window.placed_screen
    assert nameless(screen) == []
    assert too_small(screen) == []
    assert cut_off(screen) == []


def test_a_narrow_window_shows_the_number_or_the_steps(
    placed_by_keys: Hands, window: MainWindow
) -> None:
    window.resize(683, 384)
    QApplication.processEvents()
    side, field = window.placed_screen.side, window.placed_screen.said_back
    assert (field.isVisible(), side.isVisible()) == (True, False)
    placed_by_keys.write("4173029823")
    placed_by_keys.enter()
    assert (field.isVisible(), side.isVisible()) == (False, True)
    for _ in range(3):
        placed_by_keys.enter()
    assert window.placed_screen.end_button.hasFocus()
    assert (field.isVisible(), side.isVisible()) == (True, False)


def test_a_paper_in_a_narrow_window_shows_its_number_first(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    window.resize(683, 384)
    placed = a_placed(desk, an_order(with_line(), changed(channel=Channel.FAX)))
    window.call.placed.emit(placed)
    for _ in range(2):
        QApplication.processEvents()
    assert window.placed.state.number_is_safe


def test_in_a_low_window_the_question_and_the_end_are_in_view(
    placed_by_keys: Hands, window: MainWindow
) -> None:
    window.resize(911, 512)
    placed_by_keys.ctrl(Qt.Key.Key_Return)
    screen = window.placed_screen
    for part in (screen.end_button, screen._question, screen.said_back):  # noqa: SLF001 - what is seen
        assert not part.visibleRegion().isEmpty()
        assert part.mapTo(window, part.rect().bottomRight()).x() < window.width()
    right = screen.side.mapTo(window, screen.side.rect().bottomRight())
    assert right.x() < window.width()
    assert right.y() < window.height()
