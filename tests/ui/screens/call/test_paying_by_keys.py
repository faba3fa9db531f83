"""A card on the real screen, driven by key events, as a CSR would."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.ui.main_window import MainWindow
from app.ui.payment.pause_state import PauseStage
from app.values.errors import Fault, Refusal
from app.values.vocabulary import (
    AttemptState,
    DeclineReason,
    PauseEnd,
    PaymentMethod,
)
from app.wire.recording import CallOnLine
from tests.fakes import FixedClock
from tests.ui import looks
from tests.ui.payment.fakes import (
    ACQUIRE,
    FIND_CALL,
    MARK_SPOKEN,
    RELEASE,
    SEND_LINK,
    TAKE_CARD,
    ByHand,
    OpenSafe,
    away,
)
from tests.ui.screens.card_on_call import (
    AMEX,
    EXPIRY,
    VISA,
    digits,
    is_shut,
    pane,
    said,
    stage,
    take,
)
from tests.ui.screens.fake_desk import FakeDesk
from tests.ui.stage import Hands, read_back


@pytest.fixture
def inline() -> ByHand:
    """Lanes in which a test holds back what it likes."""
    return ByHand()


def test_f9_asks_first_for_what_is_not_agreed(on_call: Hands, window: MainWindow) -> None:
    take(on_call)
    on_call.press(Qt.Key.Key_F9)
    assert window.call.order.document.payment is PaymentMethod.CARD
    assert on_call.place() == "The caller agrees"
    assert not pane(window).isVisible()


def test_f9_of_an_order_agreed_to_otherwise_asks_only_the_last_question_again(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    take(on_call)
    read_back(window.call)
    on_call.press(Qt.Key.Key_F9)
    open_rows = [row.title for row in window.call.read_back.state.rows if not row.holds]
    assert open_rows == ["Order with payment"]
    assert not desk.cards.asked(ACQUIRE)
    on_call.enter()
    assert on_call.place() == "Take card"
    on_call.enter()
    assert stage(window) is PauseStage.PAUSED


def test_a_card_is_taken_and_the_order_placed_with_keys_alone(
    paused: Hands, window: MainWindow, safe: OpenSafe, desk: FakeDesk
) -> None:
    assert said(window) == "\u201cCould you read me the long number on the front, please?\u201d"
    digits(window, VISA)
    assert "expiry date" in said(window)
    digits(window, EXPIRY)
    assert said(window) == "\u201cAnd the three digits on the back, please.\u201d"
    assert window.strip.words() == "Still needed:  security code"
    digits(window, "123")
    paused.ctrl(Qt.Key.Key_Return)
    assert safe.sealed_counts == [(16, 4, 3)]
    assert is_shut(window, safe, desk)
    assert paused.place() == "Place order"
    paused.ctrl(Qt.Key.Key_Return)
    assert window.placed.state.placed is not None


def test_the_keypad_authorises_too(paused: Hands, window: MainWindow, safe: OpenSafe) -> None:
    digits(window, VISA + EXPIRY + "123")
    paused.press(
        Qt.Key.Key_Enter, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.KeypadModifier
    )
    assert len(safe.sealed) == 1


def test_an_amex_has_fifteen_digits_and_a_code_of_four(
    paused: Hands, window: MainWindow, safe: OpenSafe
) -> None:
    digits(window, AMEX + EXPIRY)
    assert "four digits above the number on the front" in said(window)
    digits(window, "1234")
    paused.ctrl(Qt.Key.Key_Return)
    assert safe.sealed_counts == [(15, 4, 4)]


def test_what_does_not_check_out_is_not_sent(
    paused: Hands, window: MainWindow, safe: OpenSafe
) -> None:
    digits(window, VISA[:-1] + "1")
    assert pane(window).fields.number.words() == "Does not check out, ask for it again."
    assert "read me the long number again" in said(window)
    paused.ctrl(Qt.Key.Key_Return)
    assert not safe.sealed
    assert stage(window) is PauseStage.PAUSED


BAD = {
    "a month too many": (VISA, "1329", "123"),
    "expired": (VISA, "0926", "123"),
    "too far ahead": (VISA, "1299", "123"),
    "a code too short": (VISA, EXPIRY, "12"),
    "one digit short": (VISA[:-1], EXPIRY, "123"),
    "an expiry too short": (VISA, "122", "123"),
}


def test_a_card_that_cannot_be_right_is_not_sent(
    paused: Hands, window: MainWindow, safe: OpenSafe, desk: FakeDesk
) -> None:
    for what, card in BAD.items():
        for box, text in zip(pane(window).fields.boxes, card, strict=True):
            box.field.setFocus()
            digits(window, text)
        assert not pane(window).authorise.isEnabled(), what
        paused.ctrl(Qt.Key.Key_Return)
        assert not safe.sealed, what
        paused.press(Qt.Key.Key_Escape)
        assert safe.is_empty(), what
    paused.press(Qt.Key.Key_Escape)
    assert is_shut(window, safe, desk)


def test_a_field_that_cannot_be_wiped_keeps_no_other_from_it(
    paused: Hands, window: MainWindow, safe: OpenSafe, desk: FakeDesk, qtbot: QtBot
) -> None:
    digits(window, VISA + EXPIRY + "12")
    expiry = safe.kept[1]
    expiry.problem = Fault("memory_gone", "The memory is gone.", "0001-0002")
    with qtbot.capture_exceptions() as errors:
        paused.press(Qt.Key.Key_F3)
    assert errors
    assert [len(one) for one in safe.kept] == [0, 4, 0]
    assert len(desk.cards.asked(RELEASE)) == 1
    expiry.problem = None


def test_esc_wipes_and_stays_paused_and_on_empty_fields_leaves(
    paused: Hands, window: MainWindow, safe: OpenSafe, desk: FakeDesk
) -> None:
    digits(window, VISA)
    paused.press(Qt.Key.Key_Escape)
    assert safe.is_empty()
    assert stage(window) is PauseStage.PAUSED
    assert pane(window).fields.number.field.hasFocus()
    paused.press(Qt.Key.Key_Escape)
    assert is_shut(window, safe, desk)
    assert desk.cards.asked(RELEASE)[0].end is PauseEnd.CANCELLED
    assert not pane(window).isVisible()
    assert window.call_screen.items.isVisible()


def test_a_second_f9_changes_nothing(paused: Hands, window: MainWindow, desk: FakeDesk) -> None:
    digits(window, "4242")
    paused.press(Qt.Key.Key_F9)
    assert len(desk.cards.asked(ACQUIRE)) == 1
    assert pane(window).fields.number.field.check.typed == 4


def test_letters_and_blanks_are_not_taken(paused: Hands, window: MainWindow) -> None:
    for key in (Qt.Key.Key_A, Qt.Key.Key_Space):
        QTest.keyClick(window.windowHandle(), key)
    number = pane(window).fields.number
    assert number.field.check.typed == 0
    assert number.words() == "Digits only, and no more of them."


def test_the_bar_and_the_banner_say_that_it_is_paused(
    paused: Hands, window: MainWindow, clock: FixedClock
) -> None:
    del paused
    clock.advance(seconds=14)
    window.call.payment.pause.on_tick()
    assert "Recording paused  0:14" in window.bar.told()
    heading, words, time = pane(window).banner.said()
    assert (heading, time) == ("Recording is paused", "0:14")
    assert words.startswith("Confirmed by the recorder at ")


def test_the_window_is_kept_out_of_captures_while_the_fields_are_open(
    paused: Hands, safe: OpenSafe
) -> None:
    assert safe.hidden == [True]
    paused.press(Qt.Key.Key_Escape)
    assert safe.hidden == [True, False]


def test_the_refusal_of_the_centre_is_told_with_another_way(
    agreed: Hands, window: MainWindow, desk: FakeDesk, safe: OpenSafe
) -> None:
    desk.cards.broken[ACQUIRE] = Refusal("no_call", "There is no call at your extension.")
    agreed.press(Qt.Key.Key_F9)
    heading, words, _ = pane(window).banner.said()
    assert heading == "The recording is not paused"
    assert words.startswith("There is no call at your extension.")
    assert agreed.place() == "Pause again"
    assert is_shut(window, safe, desk)
    del desk.cards.broken[ACQUIRE]
    agreed.press(Qt.Key.Key_F9)
    assert stage(window) is PauseStage.PAUSED


def test_where_the_recorder_cannot_tell_the_call_its_reference_is_typed(
    agreed: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.cards.broken[ACQUIRE] = Refusal("reference_needed", "Which call is it?")
    agreed.press(Qt.Key.Key_F9)
    assert agreed.place() == "Call reference, as your telephone shows it"
    del desk.cards.broken[ACQUIRE]
    agreed.write("7731")
    agreed.enter()
    assert desk.cards.asked(ACQUIRE)[-1].reference == "7731"
    assert pane(window).fields.number.field.hasFocus()


def test_a_call_known_from_before_is_not_paused_for_another(
    agreed: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    window.call.payment.take_call(CallOnLine(reference="call-7"))
    agreed.press(Qt.Key.Key_F9)
    assert desk.cards.asked(ACQUIRE)[-1].reference == ""


def test_a_typed_reference_is_offered_again_and_not_taken_for_granted(
    agreed: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.cards.broken[ACQUIRE] = Refusal("reference_needed", "Which call is it?")
    agreed.press(Qt.Key.Key_F9)
    agreed.write("7731")
    agreed.enter()
    agreed.press(Qt.Key.Key_F9)
    assert desk.cards.asked(ACQUIRE)[-1].reference == ""
    assert window.call_screen.paying.reference_form.field.edit.text() == "7731"
    agreed.write("7732")
    agreed.enter()
    assert desk.cards.asked(ACQUIRE)[-1].reference == "7732"


def test_without_locked_memory_another_way_is_offered(
    agreed: Hands, window: MainWindow, desk: FakeDesk, safe: OpenSafe
) -> None:
    safe.problem = Refusal("memory_not_locked", "This computer cannot keep card digits safe.")
    agreed.press(Qt.Key.Key_F9)
    assert not desk.cards.asked(ACQUIRE)
    assert window.call_screen.paying.tenders.news.words() == safe.problem.sentence
    assert agreed.place() == "Send a pay link"


def test_a_decline_says_what_to_say_and_a_repeat_has_its_own_pause(
    paused: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.cards.outcome = {"state": AttemptState.DECLINED, "decline": DeclineReason.WRONG_CODE}
    digits(window, VISA + EXPIRY + "123")
    paused.ctrl(Qt.Key.Key_Return)
    assert "May we try the card once more?" in said(window)
    assert paused.place() == "Hear the same card again"
    paused.enter()
    assert stage(window) is PauseStage.PAUSED
    assert len(desk.cards.asked(ACQUIRE)) == 2


def test_while_the_bank_is_asked_the_order_waits(
    paused: Hands, window: MainWindow, inline: ByHand, desk: FakeDesk
) -> None:
    inline.hold(TAKE_CARD)
    digits(window, VISA + EXPIRY + "123")
    paused.ctrl(Qt.Key.Key_Return)
    assert window.call.state.reason_why_not == "Waiting for the authorisation"
    paused.press(Qt.Key.Key_F9)
    assert len(desk.cards.asked(ACQUIRE)) == 1
    inline.answer(TAKE_CARD)
    assert paused.place() == "Place order"


def test_a_pay_link_is_sent_instead(
    paused: Hands, window: MainWindow, desk: FakeDesk, safe: OpenSafe
) -> None:
    digits(window, "4242")
    pane(window).link.click()
    assert is_shut(window, safe, desk)
    assert paused.place() == "E-mail address or mobile number"
    paused.enter()
    assert desk.cards.asked(SEND_LINK)[0].send_to == "m.thompson@example.org"
    assert window.call.order.document.payment is PaymentMethod.PAY_LINK
    assert paused.place() == "The caller agrees"
    paused.enter()
    paused.ctrl(Qt.Key.Key_Return)
    assert window.placed.state.placed is not None


def test_card_digits_do_not_go_into_the_form_of_the_link(
    agreed: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    window.call_screen.paying.ask_for_link()
    agreed.write(VISA)
    agreed.enter()
    assert not desk.cards.asked(SEND_LINK)
    here = QApplication.focusWidget()
    assert isinstance(here, QLineEdit)
    assert VISA not in here.text()


def test_leaving_the_payment_outstanding_asks_the_last_question_again(
    paused: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.cards.outcome = {"state": AttemptState.DECLINED, "decline": DeclineReason.DECLINED}
    digits(window, VISA + EXPIRY + "123")
    paused.ctrl(Qt.Key.Key_Return)
    later = next(
        one for one in window.call_screen.paying.tenders.choices if "outstanding" in one.words()
    )
    later.click()
    assert window.call.order.document.payment is PaymentMethod.LATER
    assert paused.place() == "The caller agrees"


def test_f12_marks_the_call_at_any_time(on_call: Hands, window: MainWindow, desk: FakeDesk) -> None:
    on_call.press(Qt.Key.Key_F12)
    assert len(desk.cards.asked(MARK_SPOKEN)) == 1
    assert "marked for purging" in window.notices.notices()[-1].sentence


def test_pasting_into_a_card_field_is_refused_in_words(
    agreed: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    del desk
    agreed.press(Qt.Key.Key_F9)
    agreed.press(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    number = pane(window).fields.number
    assert number.words().startswith("Nothing can be pasted here")
    assert number.field.check.typed == 0


def test_an_agreed_order_without_a_way_to_pay_names_the_key_for_a_card(
    agreed: Hands, window: MainWindow
) -> None:
    window.call.set_payment(PaymentMethod.LATER)
    agreed.press(Qt.Key.Key_F8)
    agreed.enter()
    hint = window.call_screen.side.guide.hint()
    assert hint == "Nothing is left to ask. F9 takes a card, Ctrl+Enter places the order."
    assert window.call_screen.payment.value() is PaymentMethod.LATER


def test_what_was_still_to_do_is_not_told_once_it_is_done(
    agreed: Hands, window: MainWindow
) -> None:
    agreed.ctrl(Qt.Key.Key_Return)
    assert any("No card has been" in one.sentence for one in window.notices.notices())
    agreed.press(Qt.Key.Key_F9)
    digits(window, VISA + EXPIRY + "123")
    agreed.ctrl(Qt.Key.Key_Return)
    assert window.call.state.can_place
    assert not window.notices.notices()


def test_what_the_recorder_says_is_not_said_twice(
    agreed: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.cards.broken[ACQUIRE] = Refusal("no", "Nothing records. The card fields stay locked.")
    agreed.press(Qt.Key.Key_F9)
    assert pane(window).banner.said()[1] == (
        "Nothing records. The card fields stay locked. Try again, or choose another way to pay."
    )


def test_f12_marks_the_call_that_is_up_now(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    window.call.payment.take_call(CallOnLine(reference="call-7"))
    desk.cards.call_found = CallOnLine(reference="call-8")
    on_call.press(Qt.Key.Key_F12)
    assert desk.cards.asked(MARK_SPOKEN)[-1].reference == "call-8"


def test_f12_after_the_call_marks_the_call_that_was(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    window.call.payment.take_call(CallOnLine(reference="call-7"))
    desk.cards.call_found = None
    on_call.press(Qt.Key.Key_F12)
    assert desk.cards.asked(MARK_SPOKEN)[-1].reference == "call-7"


def test_f12_in_vain_is_told(on_call: Hands, window: MainWindow, desk: FakeDesk) -> None:
    desk.cards.broken[MARK_SPOKEN] = away()
    on_call.press(Qt.Key.Key_F12)
    assert "could not be marked" in window.notices.notices()[-1].sentence


def test_the_number_of_who_rings_is_looked_up_and_takes_no_keyboard(
    window: MainWindow, hands: Hands, desk: FakeDesk, inline: ByHand
) -> None:
    desk.cards.call_found = CallOnLine(
        reference="call-7", caller_number="+447700900412", recordings=1
    )
    inline.hold(FIND_CALL)
    hands.enter()
    hands.write("correct horse battery")
    hands.enter()
    before = hands.place()
    inline.answer(FIND_CALL)
    assert hands.place() == before
    assert window.call.customer.state.text == "+447700900412"
    assert "07700 900412" in window.bar.told()
    hands.write("Jo")
    assert window.call.customer.state.text == "Jo"
    assert "Recording" in window.bar.told()
    assert not desk.drafts


def test_who_rings_does_not_replace_what_is_typed_already(
    window: MainWindow, hands: Hands, desk: FakeDesk, inline: ByHand
) -> None:
    desk.cards.call_found = CallOnLine(reference="call-7", caller_number="+447700900412")
    inline.hold(FIND_CALL)
    hands.enter()
    hands.write("correct horse battery")
    hands.enter()
    hands.write("Tho")
    inline.answer(FIND_CALL)
    assert window.call.customer.state.text == "Tho"
    assert window.call.order.document.caller_number == "+447700900412"


def test_a_recorder_that_knows_no_call_is_no_news(on_call: Hands, window: MainWindow) -> None:
    del on_call
    assert not window.notices.notices()
    assert "Recording" not in window.bar.told()


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (1093, 614), (911, 512), (683, 384)])
def test_the_card_fields_are_in_view_at_every_size(
    agreed: Hands, window: MainWindow, size: tuple[int, int]
) -> None:
    window.resize(*size)
    QApplication.processEvents()
    agreed.press(Qt.Key.Key_F9)
    QApplication.processEvents()
    for box in pane(window).fields.boxes:
        assert is_in_view(box.field, window)
    for button in (pane(window).clear, pane(window).link, pane(window).authorise):
        assert is_in_view(button, window)
    assert not looks.cut_off(pane(window))
    assert not looks.nameless(pane(window))
    assert not looks.too_small(pane(window))


def is_in_view(part: QWidget, window: MainWindow) -> bool:
    """Whether all of it is to be seen."""
    return part.visibleRegion().boundingRect() == part.rect() and window.isAncestorOf(part)


@pytest.mark.parametrize("width", [1366, 683])
def test_no_word_of_a_choice_is_cut(
    paused: Hands, window: MainWindow, desk: FakeDesk, width: int
) -> None:
    desk.cards.outcome = {"state": AttemptState.DECLINED, "decline": DeclineReason.DECLINED}
    digits(window, VISA + EXPIRY + "123")
    paused.ctrl(Qt.Key.Key_Return)
    window.resize(width, 384)
    QApplication.processEvents()
    choices = window.call_screen.paying.tenders.choices
    assert len(choices) > 2
    assert all(one.width() >= one.sizeHint().width() for one in choices)
