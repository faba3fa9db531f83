"""The page of a placed order: digits as they are typed, the closing by keys, what is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.ui.widgets.checklist import CheckState
from app.values.money import Currency, Money
from app.values.vocabulary import AttemptState, CallOutcome, Channel, LinkState, PaymentMethod
from tests.builders import a_customer, a_link, an_attempt, an_order, changed, with_line
from tests.ui.looks import cut_off, nameless, too_small
from tests.ui.screens.fake_desk import PASSWORD
from tests.ui.screens.placed_orders import a_placed
from tests.ui.stage import Hands, place_an_order

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from tests.fakes import FixedClock
    from tests.ui.screens.fake_desk import FakeDesk

A_TOTAL = Money(790, Currency.GBP)
"""Of an order of one usual line."""


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
    assert told["Payment"] == "Outstanding"
    assert told["Confirmation"] == "For m.thompson@example.org"
    assert told["Kept"] == "At this desk and at the centre"
    assert set(told) == {"Total", "Payment", "Arrives", "Goes to", "Confirmation", "Kept"}


@pytest.mark.parametrize(
    ("tenders", "told"),
    [
        ({"attempts": (an_attempt(A_TOTAL),)}, "Visa ending 4242, £7.90 authorised"),
        ({"links": (a_link(A_TOTAL),)}, "Pay link for £7.90, sent"),
        ({"links": (a_link(A_TOTAL, LinkState.PAID),)}, "Pay link for £7.90, paid"),
        (
            {"attempts": (an_attempt(A_TOTAL, approved=Money(500, Currency.GBP)),)},
            "Visa ending 4242, £5.00 authorised; Outstanding: £2.90",
        ),
        ({"attempts": (an_attempt(A_TOTAL, AttemptState.DECLINED),)}, "Outstanding"),
    ],
    ids=["card", "link", "paid link", "part", "declined"],
)
def test_the_payment_is_told_in_words(
    on_call: Hands, window: MainWindow, desk: FakeDesk, tenders: dict[str, Any], told: str
) -> None:
    placed = msgspec.structs.replace(a_placed(desk, an_order(with_line())), **tenders)
    assert placed.totals.total == A_TOTAL
    window.placed.begin(placed)
    assert words(window)["Payment"] == told


def test_an_account_is_told_in_words(on_call: Hands, window: MainWindow, desk: FakeDesk) -> None:
    customer = a_customer(on_account=True)
    by_invoice = changed(payment=PaymentMethod.INVOICE, customer=customer)
    window.placed.begin(a_placed(desk, an_order(with_line(), by_invoice)))
    assert words(window)["Payment"] == "On account"


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


def test_a_new_order_from_the_palette_ends_this_call_first(
    placed_by_keys: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    window.new_call()
    assert window.placed.state.asking_to_end
    assert window.pages.currentWidget() is window.placed_screen
    window.new_call()
    assert len(desk.closed) == 1
    assert window.pages.currentWidget() is window.call_screen


def test_the_list_of_drafts_leads_back_to_the_call_that_is_not_ended(
    placed_by_keys: Hands, window: MainWindow
) -> None:
    placed_by_keys.write("417")
    placed_by_keys.ctrl(Qt.Key.Key_B)
    assert window.pages.currentWidget() is window.drafts_screen
    placed_by_keys.press(Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.placed_screen
    assert window.placed_screen.said_back.text() == "417"
