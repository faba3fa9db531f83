"""The read-back on the real screen, driven by key events, as a CSR would."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit

from app.ui.main_window import MainWindow
from app.ui.screens.call.guide_state import Stage
from app.values.errors import Fault
from app.values.vocabulary import (
    AnsweredBy,
    CorrectionCause,
    OrderType,
    PaymentMethod,
    Priority,
)
from app.wire import operations
from app.wire.read_back import Corrected, Overridden
from tests.ui import looks
from tests.ui.screens.fake_desk import LEAD_LOGIN, LEAD_PASSWORD, FakeDesk
from tests.ui.stage import Hands, read_back, read_back_by_keys

FEW = (("22423", "2"), ("47566", "1"), ("84879", "3"), ("20725", "4"), ("22720", "2"))
MANY = (("22423", "12"), ("47566", "15"), ("84879", "16"), ("20725", "10"), ("22720", "2"))
ACROSS = Qt.Orientation.Horizontal
MOST_AGREED = 7 + 5
"""Issue 3: seven checkpoints and one for each line; spoken values are counted apart."""


def take(hands: Hands, lines: tuple[tuple[str, str], ...] = FEW) -> None:
    """A known customer's order."""
    hands.write("0412")
    hands.enter()
    for code, quantity in lines:
        hands.write(code)
        hands.enter()
        hands.write(quantity)
        hands.enter()


@pytest.mark.parametrize(("lines", "spoken"), [(FEW, 1), (MANY, 5)])
def test_a_five_line_order_takes_seven_and_five_confirmations(
    on_call: Hands,
    window: MainWindow,
    lines: tuple[tuple[str, str], ...],
    spoken: int,
) -> None:
    take(on_call, lines)
    agreed, typed = read_back_by_keys(on_call, window.call)
    assert typed == spoken
    assert agreed == MOST_AGREED
    assert on_call.place() == "Place order"
    on_call.ctrl(Qt.Key.Key_Return)
    assert window.placed.state.placed is not None


def test_f8_asks_and_enter_confirms(on_call: Hands, window: MainWindow) -> None:
    take(on_call)
    on_call.press(Qt.Key.Key_F8)
    assert on_call.place() == "The caller agrees"
    assert "Margaret Thompson" in window.call_screen.side.guide.sentence()
    on_call.enter()
    rows = {row.title: row.words for row in window.call_screen.side.checklist.rows()}
    assert rows["Customer and contact"] == "Confirmed"
    assert rows["Items and quantities"] == "Asking, 0 of 5"


def test_what_the_caller_says_is_typed_and_compared(on_call: Hands, window: MainWindow) -> None:
    take(on_call, MANY)
    on_call.press(Qt.Key.Key_F8)
    on_call.enter()
    assert on_call.place() == "What the caller said"
    assert window.call_screen.side.guide.hint() == "Wait for the caller to say the quantity."
    on_call.write("20")
    on_call.enter()
    assert on_call.place() == "What the caller said"
    heard = QApplication.focusWidget()
    assert isinstance(heard, QLineEdit)
    assert "You heard 20, the order says 12." in heard.accessibleDescription()
    assert not heard.text()


def test_a_slip_is_put_right_in_place_and_its_cause_is_one_digit(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    take(on_call, MANY)
    on_call.press(Qt.Key.Key_F8)
    on_call.enter()
    on_call.write("20")
    on_call.enter()
    on_call.ctrl(Qt.Key.Key_M)
    assert on_call.place() == "Quantity"
    on_call.write("20")
    on_call.enter()
    assert window.call.read_back.state.stage is Stage.CAUSE
    on_call.press(Qt.Key.Key_1)
    corrected = [e for e in window.call.read_back.entries if isinstance(e, Corrected)]
    assert [(e.old, e.new, e.cause) for e in corrected] == [("12", "20", CorrectionCause.MISHEARD)]
    assert on_call.place() == "What the caller said"
    on_call.write("20")
    on_call.enter()
    assert "twenty, two zero" in window.call_screen.side.guide.sentence()
    on_call.enter()
    assert "Line two" in window.call_screen.side.guide.sentence()


def test_how_many_there_are_is_covered_until_the_caller_has_said_it(
    on_call: Hands, window: MainWindow
) -> None:
    take(on_call, MANY)
    table = window.call_screen.items.table.model()
    counts = [
        column for column in range(table.columnCount()) if table.headerData(column, ACROSS) == "Qty"
    ]
    shown = table.index(0, counts[0])
    on_call.press(Qt.Key.Key_F8)
    assert shown.data() == "12"
    on_call.enter()
    assert "12" not in str(shown.data())
    heard = shown.data(Qt.ItemDataRole.AccessibleTextRole)
    assert heard == "Qty: covered until the caller has said it"
    on_call.write("12")
    on_call.enter()
    assert shown.data() == "12"


def test_a_reminder_to_type_leaves_the_count_covered(on_call: Hands, window: MainWindow) -> None:
    take(on_call, MANY)
    on_call.press(Qt.Key.Key_F8)
    on_call.enter()
    on_call.enter()
    assert window.call.read_back.state.prompt
    assert window.call_screen.items.table.rows().rows()[0].is_asked


def test_a_count_that_was_said_is_covered_no_more(on_call: Hands, window: MainWindow) -> None:
    take(on_call, MANY)
    rows = window.call_screen.items.table.rows()
    read_back_by_keys(on_call, window.call)
    on_call.ctrl(Qt.Key.Key_2)
    assert window.call.read_back.state.answered
    assert not any(row.is_asked for row in rows.rows())


@pytest.mark.parametrize("way_out", [Qt.Key.Key_M, Qt.Key.Key_1])
def test_every_way_out_of_the_question_uncovers_the_count(
    on_call: Hands, window: MainWindow, way_out: Qt.Key
) -> None:
    take(on_call, MANY)
    rows = window.call_screen.items.table.rows()
    on_call.press(Qt.Key.Key_F8)
    on_call.enter()
    assert rows.rows()[0].is_asked
    on_call.ctrl(way_out)
    assert not rows.rows()[0].is_asked


def test_what_is_typed_over_a_yes_is_compared_and_not_lost(
    on_call: Hands, window: MainWindow
) -> None:
    take(on_call)
    on_call.press(Qt.Key.Key_F8)
    on_call.enter()
    assert not window.call.read_back.state.hearing
    on_call.write("77")
    on_call.enter()
    assert "You heard 77" in window.call.read_back.state.problem


@pytest.mark.parametrize("after_typing", [False, True])
def test_escape_leaves_a_correction_as_it_was(
    on_call: Hands, window: MainWindow, after_typing: bool
) -> None:
    take(on_call)
    on_call.press(Qt.Key.Key_F8)
    on_call.enter()
    before = window.call.order.document
    on_call.ctrl(Qt.Key.Key_M)
    on_call.write("9")
    if after_typing:
        on_call.enter()
    on_call.press(Qt.Key.Key_Escape)
    assert window.call.order.document.lines == before.lines
    assert window.call.read_back.state.stage is Stage.ASKING
    assert on_call.place() == "The caller agrees"


def test_the_customer_is_put_right_in_the_form(on_call: Hands, window: MainWindow) -> None:
    take(on_call)
    on_call.press(Qt.Key.Key_F8)
    on_call.ctrl(Qt.Key.Key_M)
    assert on_call.place() == "E-mail"
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    field.selectAll()
    on_call.write("margaret@example.org")
    on_call.enter()
    assert window.call.read_back.state.stage is Stage.CAUSE
    on_call.press(Qt.Key.Key_2)
    assert on_call.place() == "The caller agrees"
    assert "margaret" in window.call_screen.side.guide.sentence()


def test_any_checkpoint_is_two_keys_away(on_call: Hands, window: MainWindow) -> None:
    take(on_call)
    on_call.press(Qt.Key.Key_F8)
    on_call.ctrl(Qt.Key.Key_7)
    assert "cancel" in window.call_screen.side.guide.sentence()
    on_call.enter()
    on_call.ctrl(Qt.Key.Key_7)
    assert window.call_screen.side.guide.hint() == "Confirmed: the caller agreed."


def test_the_line_that_is_asked_is_marked_in_the_table(on_call: Hands, window: MainWindow) -> None:
    take(on_call)
    on_call.press(Qt.Key.Key_F8)
    for _ in range(3):
        on_call.enter()
    row = window.call_screen.items.table.chosen_row()
    assert row is not None
    assert row.number == 3


def test_ctrl_enter_leads_to_what_is_open(on_call: Hands, window: MainWindow) -> None:
    take(on_call)
    on_call.ctrl(Qt.Key.Key_Return)
    assert window.placed.state.placed is None
    assert on_call.place() == "The caller agrees"
    side = window.call_screen.side
    assert not side.place.isEnabled()
    assert side.place.toolTip() == "8 checkpoints left before the order can be placed."


def test_enter_in_an_empty_finder_goes_on_to_the_read_back(
    on_call: Hands, window: MainWindow
) -> None:
    take(on_call)
    on_call.enter()
    assert window.call.read_back.state.stage is Stage.ASKING


def test_an_edit_elsewhere_leaves_the_keyboard_where_it_is(
    on_call: Hands, window: MainWindow
) -> None:
    take(on_call)
    read_back(window.call)
    on_call.press(Qt.Key.Key_F7)
    on_call.write("Ring twice")
    assert on_call.place() == "Delivery instructions"
    rows = {row.title: row.words for row in window.call_screen.side.checklist.rows()}
    assert rows["Delivery address"] == "Changed, ask again"
    assert rows["Price"] == "Confirmed"


def test_an_enter_that_is_held_down_confirms_once(on_call: Hands, window: MainWindow) -> None:
    take(on_call)
    on_call.press(Qt.Key.Key_F8)
    here = QApplication.focusWidget()
    assert here is not None
    for _ in range(5):
        held = QKeyEvent(
            QKeyEvent.Type.KeyPress,
            Qt.Key.Key_Return,
            Qt.KeyboardModifier.NoModifier,
            autorep=True,
        )
        QApplication.sendEvent(here, held)
    assert window.call.read_back.state.rows[0].words == "Asking"


def test_a_lead_signs_in_at_the_screen_and_lets_the_rest_pass(
    on_call: Hands, window: MainWindow
) -> None:
    take(on_call)
    on_call.press(Qt.Key.Key_F8)
    side = window.call_screen.side
    side.let_pass.click()
    assert on_call.place() == "Lead's sign-in name"
    for text in (LEAD_LOGIN, "guessed", "The line went dead."):
        on_call.write(text)
        on_call.enter()
    assert on_call.place() == "Lead's password"
    assert not side.override.password.edit.text()
    on_call.write(LEAD_PASSWORD)
    on_call.enter()
    on_call.enter()
    assert isinstance(window.call.read_back.entries[-1], Overridden)
    assert window.call.state.can_place
    assert on_call.place() == "Place order"


def test_a_keyboard_that_waits_for_the_disk_goes_on_to_place_order(
    on_call: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    take(on_call)
    desk.broken[operations.NOTE_READ_BACK.name] = Fault("disk_full", "The disk is full.", "AB12")
    read_back_by_keys(on_call, window.call)
    assert not window.call_screen.side.place.isEnabled()
    assert on_call.place() == "Read-back"
    desk.broken.clear()
    window.call.read_back.notes.go_on()
    assert on_call.place() == "Place order"


def test_the_strip_lists_what_is_still_to_be_read_back(on_call: Hands, window: MainWindow) -> None:
    take(on_call)
    assert not window.call.state.needed
    on_call.press(Qt.Key.Key_F8)
    on_call.enter()
    assert window.call.state.needed[:2] == ("items and quantities", "price")


def test_escape_puts_the_leads_form_away(on_call: Hands, window: MainWindow) -> None:
    take(on_call)
    on_call.press(Qt.Key.Key_F8)
    side = window.call_screen.side
    side.let_pass.click()
    on_call.write(LEAD_LOGIN)
    on_call.press(Qt.Key.Key_Escape)
    assert not side.override.isVisible()
    assert not side.override.login.edit.text()
    assert on_call.place() == "The caller agrees"


def test_a_password_does_not_stay_behind_a_locked_screen(
    on_call: Hands, window: MainWindow
) -> None:
    take(on_call)
    on_call.press(Qt.Key.Key_F8)
    side = window.call_screen.side
    side.let_pass.click()
    on_call.write(LEAD_LOGIN)
    on_call.enter()
    on_call.write(LEAD_PASSWORD)
    window.lock()
    assert not side.override.password.edit.text()


def test_what_is_unusual_about_an_order_stands_beside_its_channel(
    on_call: Hands, window: MainWindow
) -> None:
    take(on_call)
    assert not window.call_screen.marks.words()
    for title in ("Order type: Trade", "Priority: Urgent", "Payment: On account"):
        next(one for one in window.commands() if one.title == title).run()
    assert window.call_screen.marks.words() == ("Trade", "Urgent")
    assert window.call_screen.payment.value() is PaymentMethod.INVOICE
    assert window.call.order.document.order_type is OrderType.TRADE
    assert window.call.order.document.priority is Priority.URGENT


def test_a_fax_is_compared_with_its_paper(on_call: Hands, window: MainWindow) -> None:
    take(on_call, MANY)
    next(one for one in window.commands() if one.title == "Order came by: Fax").run()
    on_call.press(Qt.Key.Key_F8)
    assert on_call.place() == "Agrees with the paper"
    point = window.call.read_back.state.point
    assert point is not None
    assert point.answered_by is AnsweredBy.PAPER
    assert window.call_screen.side.guide.title() == "Compare with the paper"
    for _ in range(12):
        on_call.enter()
    assert on_call.place() == "Place order"


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (1093, 614), (911, 512), (683, 384)])
def test_the_question_and_its_answer_are_in_view_at_every_size(
    on_call: Hands, window: MainWindow, size: tuple[int, int]
) -> None:
    take(on_call, MANY)
    window.resize(*size)
    QApplication.processEvents()
    on_call.press(Qt.Key.Key_F8)
    on_call.enter()
    side = window.call_screen.side
    assert (window.width(), window.height()) == size
    for part in (side.guide, side.guide.field.edit):
        assert not part.visibleRegion().isEmpty()
    assert side.guide.y() == 0
    assert side.guide.height() >= side.guide.heightForWidth(side.guide.width())
    assert not looks.nameless(side)
    assert not looks.too_small(side)
    assert not looks.cut_off(side)


def test_the_other_of_two_that_sound_alike_takes_its_place(
    on_call: Hands, window: MainWindow
) -> None:
    take(on_call, (("85123A", "6"),))
    on_call.press(Qt.Key.Key_F8)
    on_call.enter()
    assert "White" not in window.call_screen.side.guide.sentence()
    on_call.write("6 red")
    on_call.enter()
    on_call.ctrl(Qt.Key.Key_K)
    on_call.write("it is 21733")
    on_call.enter()
    (line,) = window.call.order.document.lines
    assert (line.code, line.quantity, line.must_say.casefold()) == ("21733", 6, "red")
    assert window.call.read_back.state.stage is Stage.CAUSE
    on_call.press(Qt.Key.Key_1)
    corrected = [e for e in window.call.read_back.entries if isinstance(e, Corrected)]
    assert ("code", "85123A", "21733") in [(e.part, e.old, e.new) for e in corrected]
    on_call.write("6 red")
    on_call.enter()
    assert "red hanging heart" in window.call_screen.side.guide.sentence()
