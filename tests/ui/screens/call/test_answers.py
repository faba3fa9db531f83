"""F1: the script of the step, answers by the caller's words, and the way back to the call."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.ui.background import InlineBackground
from app.ui.main_window import MainWindow
from app.ui.screens.call.answers import AnswersPresenter, step_due
from app.ui.screens.call.presenter import CallPresenter
from app.ui.screens.call.state import CallState, Phase
from app.values.errors import Fault
from app.values.vocabulary import Region
from app.wire.guidance import Answer, NoteSearch, Script, ScriptStep
from tests.builders import an_order, with_line, without_customer
from tests.ui.looks import cut_off, nameless, too_small
from tests.ui.screens.fake_desk import FakeDesk
from tests.ui.stage import Hands

A_CARD_NUMBER = "4111111111111111"
STEPS = ("greeting", "text_relay", "before_read_back", "if_late")


def a_step(key: str) -> ScriptStep:
    say = (f"This is {{csr}} at {{company}}, about {key}.", "Write to {email}.")
    return ScriptStep(key=key, title=key.title(), say=say, know="Wait.")


def an_answer(key: str, *asked: str) -> Answer:
    return Answer(
        key=key,
        title=f"About {key}",
        say=(f"So it is with {key}.", "Ask at {company}."),
        know="Not to be said.",
        asked=asked,
    )


@pytest.fixture
def desk(desk: FakeDesk) -> FakeDesk:
    """The small desk with a script and two answers."""
    steps = tuple(a_step(key) for key in STEPS)
    desk.guidance = msgspec.structs.replace(
        desk.guidance,
        scripts=(Script(region=Region.GB, version="1", steps=steps),),
        answers=(
            an_answer("refund", "I want money back", "send me a refund"),
            an_answer("parcel", "where is my parcel", "it has not come back yet"),
        ),
    )
    return desk


@pytest.fixture
def answers(desk: FakeDesk, inline: InlineBackground) -> AnswersPresenter:
    presenter = AnswersPresenter(desk, inline)
    presenter.csr = "Dana Okafor"
    presenter.open(CallState())
    return presenter


def titles(answers: AnswersPresenter) -> list[str]:
    return [answer.title for answer in answers.state.rows]


def test_the_script_is_filled_and_says_nothing_that_is_not_known(
    answers: AnswersPresenter,
) -> None:
    step = answers.state.step

    assert step is not None
    assert step.say == ("This is Dana Okafor at Mill Lane Trading, about greeting.",)


def test_the_step_that_is_due_follows_the_call() -> None:
    empty = CallState(phase=Phase.TAKING, document=an_order(without_customer))
    begun = CallState(phase=Phase.TAKING, document=an_order(with_line("TEA-1")))

    assert step_due(CallState()) == "greeting"
    assert step_due(empty) == "greeting"
    assert step_due(begun) == "before_read_back"
    assert step_due(replace(begun, read_back_holds=True)) == "if_late"


def test_the_steps_of_the_script_go_round(answers: AnswersPresenter) -> None:
    answers.show_other_step(-1)
    last = answers.state.step
    answers.show_other_step(1)
    first = answers.state.step

    assert last is not None
    assert first is not None
    assert (last.key, first.key) == ("if_late", "greeting")


def test_answers_come_with_every_key_and_the_best_is_marked(answers: AnswersPresenter) -> None:
    answers.search("refu")

    assert titles(answers) == ["About refund"]
    assert answers.state.current == 0


def test_opening_an_answer_notes_it_once(answers: AnswersPresenter, desk: FakeDesk) -> None:
    answers.search("my refund")
    answers.enter()
    assert answers.state.reading is not None
    assert answers.state.reading.say == ("So it is with refund.", "Ask at Mill Lane Trading.")

    answers.leave()
    answers.enter()

    assert desk.searched == [NoteSearch(text="my refund", chosen="refund")]


def test_the_arrows_choose_another_answer(answers: AnswersPresenter, desk: FakeDesk) -> None:
    answers.search("back")
    answers.move(1)
    answers.move(1)
    answers.enter()

    assert len(titles(answers)) == 2
    assert answers.state.reading == answers.state.rows[1]


def test_none_of_these_helps_notes_a_miss(answers: AnswersPresenter, desk: FakeDesk) -> None:
    answers.search("my refund")
    answers.none_helps()

    assert desk.searched == [NoteSearch(text="my refund")]
    assert "Noted" in answers.state.sentence


def test_where_nothing_is_found_that_is_said_and_enter_tells_a_lead(
    answers: AnswersPresenter, desk: FakeDesk
) -> None:
    answers.search("zebra")
    assert "No answer is known" in answers.state.sentence
    assert desk.searched == []

    answers.enter()

    assert answers.state.reading is None
    assert desk.searched == [NoteSearch(text="zebra")]


def test_a_search_that_found_nothing_is_noted_when_the_call_goes_on(
    answers: AnswersPresenter, desk: FakeDesk
) -> None:
    answers.search("zebra crossing")
    answers.close()

    assert desk.searched == [NoteSearch(text="zebra crossing")]


def test_a_search_that_was_given_up_is_no_miss(answers: AnswersPresenter, desk: FakeDesk) -> None:
    answers.search("refund")
    answers.close()

    assert desk.searched == []


def test_the_script_is_read_out_with_the_field(on_call: Hands, window: MainWindow) -> None:
    on_call.press(Qt.Key.Key_F1)

    here = QApplication.focusWidget()
    assert here is not None
    assert "This is Dana Okafor" in here.accessibleDescription()


def test_a_card_number_is_taken_out_and_never_searched_for(
    answers: AnswersPresenter, desk: FakeDesk
) -> None:
    answers.search(f"is {A_CARD_NUMBER} charged")

    assert answers.state.text == ""
    assert answers.state.is_warning
    assert desk.calls["answers.find"] == 0


def test_a_desk_without_guidance_says_so_in_the_pane(
    desk: FakeDesk, inline: InlineBackground, caplog: pytest.LogCaptureFixture
) -> None:
    desk.broken["desk.guidance"] = Fault("guidance_unknown", "They have not arrived yet.")
    presenter = AnswersPresenter(desk, inline)

    presenter.open(CallState())

    assert "not arrived" in presenter.state.sentence
    assert "guidance_unknown" in caplog.text


def test_closing_forgets_the_search(answers: AnswersPresenter) -> None:
    answers.search("refund")
    answers.close()

    assert answers.state.text == ""
    assert answers.state.rows == ()


def test_an_answer_by_keys_and_back_to_where_the_keyboard_was(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    on_call.press(Qt.Key.Key_F3)
    before = on_call.place()
    on_call.press(Qt.Key.Key_F1)
    assert on_call.place() == "What does the caller ask?"
    on_call.write("where is the parcel")
    on_call.enter()
    assert desk.searched == [NoteSearch(text="where is the parcel", chosen="parcel")]

    on_call.press(Qt.Key.Key_Escape)
    assert on_call.place() == "What does the caller ask?"
    on_call.press(Qt.Key.Key_Escape)

    assert on_call.place() == before
    assert not window.call_screen.side.is_answering


def test_the_script_names_who_is_signed_in(on_call: Hands, window: MainWindow) -> None:
    on_call.press(Qt.Key.Key_F1)

    step = window.call.answers.state.step
    assert step is not None
    assert "Dana Okafor" in step.say[0]


def test_pages_of_the_script_are_turned_in_the_field(on_call: Hands, window: MainWindow) -> None:
    on_call.press(Qt.Key.Key_F1)
    on_call.press(Qt.Key.Key_PageDown)

    assert window.call.answers.state.at == 1


def test_the_read_back_comes_in_place_of_the_answers(on_call: Hands, window: MainWindow) -> None:
    on_call.press(Qt.Key.Key_F1)
    on_call.press(Qt.Key.Key_F6)

    window.call_screen.go_to_side()

    assert not window.call_screen.side.is_answering
    assert window.call_screen.side.place.isVisible()


def test_another_call_begins_without_the_search_of_the_last(
    on_call: Hands, window: MainWindow
) -> None:
    on_call.press(Qt.Key.Key_F1)
    on_call.write("refund")
    on_call.ctrl(Qt.Key.Key_N)
    on_call.ctrl(Qt.Key.Key_N)  # the first asks how the conversation ended

    assert window.call.answers.state.text == ""
    assert not window.call_screen.side.is_answering


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (1093, 614), (911, 512), (683, 384)])
def test_at_every_width_it_is_whole_and_named(
    on_call: Hands, window: MainWindow, size: tuple[int, int]
) -> None:
    window.resize(*size)
    on_call.press(Qt.Key.Key_F1)
    on_call.write("back")
    QApplication.processEvents()
    pane = window.call_screen.side

    assert on_call.place() == "What does the caller ask?"
    assert nameless(pane) == []
    assert too_small(pane) == []
    assert cut_off(pane) == []


def test_a_call_without_a_window_has_its_answers(call: CallPresenter) -> None:
    call.answers.open(call.state)

    assert call.answers.state.step is not None
