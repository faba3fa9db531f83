"""A placed order is changed in the call screen, by keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app.ui.screens.placed.payment_told import change_state
from app.ui.screens.placed.state import ChangeTold
from app.values.money import Currency, Money
from app.values.order_life import ChangeState, ContactOutcome, ContactReason, OrderAct
from app.values.vocabulary import PaymentMethod
from app.wire.order_changes import Difference, Obstacle
from app.wire.order_page import MayDo
from app.wire.recording import CallOnLine
from tests.builders import a_customer, an_address, changed, delivered_to, with_line
from tests.ui.screens.fake_changes import show_whose_it_is
from tests.ui.screens.fake_orders import fresh
from tests.ui.screens.placed_orders import a_read_back_order
from tests.ui.stage import read_back

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from app.wire.orders import PlacedOrder
    from tests.fakes import FixedClock
    from tests.ui.screens.fake_desk import FakeDesk
    from tests.ui.stage import Hands


@pytest.fixture
def placed(desk: FakeDesk) -> PlacedOrder:
    """An order of two lines, 48.00 with delivery, read back whole."""
    return a_read_back_order(
        desk,
        with_line("47566", 3, "4.95"),
        with_line("22423", 2, "12.75"),
        delivered_to(an_address()),
        changed(customer=a_customer(), payment=PaymentMethod.LATER),
    )


@pytest.fixture
def amending(on_call: Hands, window: MainWindow, placed: PlacedOrder) -> Hands:
    """A on the page of the order."""
    open_page(on_call, window, placed)
    on_call.press(Qt.Key.Key_A)
    assert window.pages.currentWidget() is window.call_screen
    return on_call


def open_page(hands: Hands, window: MainWindow, placed: PlacedOrder) -> None:
    hands.ctrl(Qt.Key.Key_K)
    hands.write("order page of")
    hands.enter()
    hands.write(placed.number)
    hands.enter()
    show_whose_it_is(window)


def strip(window: MainWindow) -> str:
    return window.call_screen.items.strip.words()


def set_first_quantity(window: MainWindow, quantity: int) -> None:
    lines = window.call.lines
    assert lines.set_quantity(lines.state.rows[0].line_id, str(quantity))
    window.call.order.settle()


def test_whoever_is_on_the_line_stays_on_it_while_the_order_is_changed(
    on_call: Hands, window: MainWindow, desk: FakeDesk, clock: FixedClock, placed: PlacedOrder
) -> None:
    desk.cards.call_found = CallOnLine(
        reference="call-7", caller_number="+447700900412", recordings=1
    )
    window.call.on_line.ask()
    began = window.call.started_at
    clock.advance(seconds=70)
    open_page(on_call, window, placed)
    assert "Recording" in window.bar.told()
    on_call.press(Qt.Key.Key_A)
    assert window.pages.currentWidget() is window.call_screen
    assert window.call.started_at == began
    assert {"On call  01:10", "07700 900412", "Recording"} <= set(window.bar.told())
    assert window.call.payment.reference == "call-7"


def test_a_on_the_order_page_opens_the_order_in_the_call_screen(
    amending: Hands, window: MainWindow, placed: PlacedOrder
) -> None:
    number = f"{placed.number[:3]} {placed.number[3:6]} {placed.number[6:]}"
    assert strip(window) == (
        f"Change of {number}  \u00b7  version 1 \u2192 2  \u00b7  the total stays at \u00a345.30"
        f", \u00a345.30 to pay"
    )
    assert window.call_screen.side.place.words() == "Change the order"
    assert [row.was for row in window.call.lines.state.rows] == [None, None]


def test_what_was_changed_is_marked_and_the_sums_are_old_and_new(
    amending: Hands, window: MainWindow
) -> None:
    set_first_quantity(window, 5)
    assert "was \u00a345.30, now \u00a355.20" in strip(window)
    table = window.call_screen.items.table
    quantities = [table.model().index(at, 5).data() for at in range(2)]
    assert quantities == ["3 \u2192 5", "2"]
    window.call.lines.remove(window.call.lines.state.rows[1].line_id)
    assert "Taken off: 2 \u00d7 Description of 22423" in strip(window)


def test_what_is_to_be_changed_is_asked_until_something_was(
    amending: Hands, window: MainWindow
) -> None:
    assert window.call.state.say == "What shall I change?"
    set_first_quantity(window, 5)
    assert window.call.state.say == "Is there anything else you would like today?"


def test_with_all_lines_off_it_is_asked_whether_the_order_is_to_be_cancelled(
    amending: Hands, window: MainWindow
) -> None:
    for row in window.call.lines.state.rows:
        window.call.lines.remove(row.line_id)
    said = "Would you like something else instead, or shall I cancel the order?"
    assert window.call.state.say == said


def test_only_what_was_changed_is_asked_again(amending: Hands, window: MainWindow) -> None:
    set_first_quantity(window, 5)
    still = [row.title for row in window.call.read_back.state.rows if not row.holds]
    assert still == ["Items and quantities", "Price", "Order with payment"]


def test_ctrl_enter_sends_the_change_and_its_own_screen_tells_of_it(
    amending: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
) -> None:
    set_first_quantity(window, 5)
    read_back(window.call)
    amending.ctrl(Qt.Key.Key_Return)
    (sent,) = desk.changes
    assert (sent.number, sent.base_revision, sent.what) == (placed.number, 1, None)
    assert window.pages.currentWidget() is window.placed_screen
    change = window.placed.state.change
    assert change is not None
    assert (change.is_done, change.revision) == (True, 1)
    assert "".join(part.text for part in window.placed.state.say).startswith(
        "Your order is changed. Your order number stays"
    )
    amending.ctrl(Qt.Key.Key_O)
    assert desk.printed_orders[-1].placed.number == placed.number


def test_a_change_without_a_difference_is_not_sent(
    amending: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    read_back(window.call)
    amending.ctrl(Qt.Key.Key_Return)
    assert not desk.changes
    assert window.call.order.is_open


def test_what_others_changed_is_shown_and_taken_in(
    amending: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    set_first_quantity(window, 5)
    read_back(window.call)
    other = Difference(act=OrderAct.NOTES, what="Note", old="", new="Ring twice.")
    desk.preview_with = {"overtaken": (other,)}
    amending.ctrl(Qt.Key.Key_Return)
    box = window.call_screen.side.change
    assert box.words()[1:] == ("Note: Ring twice.", "Take that in and go on")
    assert window.call_screen.side.guide.sentence() == ""
    assert not desk.changes
    desk.preview_with = {}
    amending.press(Qt.Key.Key_T)
    assert not box.is_asking
    assert window.call.order.document.amends is not None


def test_what_cannot_be_done_at_once_is_kept_as_a_request_when_the_csr_says_so(
    amending: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    set_first_quantity(window, 5)
    read_back(window.call)
    desk.preview_with = {"obstacles": (Obstacle(code="order_shipping", sentence="It is packed."),)}
    desk.answer = ChangeState.OPEN
    amending.ctrl(Qt.Key.Key_Return)
    assert window.call_screen.side.change.words()[1] == "It is packed."
    assert window.call_screen.side.guide.sentence() == "\u201cIt is packed.\u201d"
    amending.enter()
    assert not desk.changes
    amending.press(Qt.Key.Key_T)
    assert len(desk.changes) == 1
    change = window.placed.state.change
    assert change is not None
    assert not change.is_done
    facts = " ".join(label.text() for label in window.placed_screen.findChildren(QLabel))
    assert "\u00a345.30 (\u00a355.20 once it is changed)" in facts


def test_what_would_go_back_for_a_request_is_told_as_that() -> None:
    request = ChangeTold(
        was=Money(4_530, Currency.GBP),
        revision=1,
        state=ChangeState.OPEN,
        to_pay=Money(0, Currency.GBP),
        goes_back=Money(820, Currency.GBP),
        cards=("4242",),
        sentence="",
    )
    assert change_state(request)[0] == "\u00a38.20 would go back to the card ending 4242"
    done = replace(request, state=ChangeState.APPLIED)
    assert change_state(done)[0] == "\u00a38.20 goes back to the card ending 4242"


def test_without_the_centre_it_goes_all_the_same_and_says_so(
    amending: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    set_first_quantity(window, 5)
    read_back(window.call)
    desk.offline, desk.answer = True, None
    amending.ctrl(Qt.Key.Key_Return)
    assert len(desk.changes) == 1
    said = "".join(part.text for part in window.placed.state.say)
    assert said.startswith("I have kept this as a request.")


def test_an_empty_order_asks_whether_it_is_to_be_cancelled(
    amending: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    for row in window.call.lines.state.rows:
        window.call.lines.remove(row.line_id)
    amending.ctrl(Qt.Key.Key_Return)
    box = window.call_screen.side.change
    assert box.words()[0] == "All lines are taken off"
    amending.press(Qt.Key.Key_T)
    assert window.pages.currentWidget() is window.pages.order
    assert window.changing.cancelling.state.whole
    assert not desk.changes


def test_what_can_no_longer_be_changed_is_locked_with_its_reason(
    on_call: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
) -> None:
    why = "A parcel is on its way."
    may = tuple(
        MayDo(act=act, obstacle=why if act in {OrderAct.BILLING, OrderAct.QUANTITY_LESS} else "")
        for act in OrderAct
    )
    desk.pages[placed.document.order_id] = msgspec.structs.replace(fresh(placed), may=may)
    desk.also_by = "Bert Hall"
    open_page(on_call, window, placed)
    on_call.press(Qt.Key.Key_A)
    assert not window.call_screen.billing.other.isEnabled()
    lines = window.call.lines
    assert not lines.set_quantity(lines.state.rows[0].line_id, "1")
    assert lines.state.problem is not None
    assert lines.state.problem.sentence == why
    warned = window.call_screen.items.strip.warnings()
    assert warned == f"Bert Hall is changing this order, too. {why}"


def test_when_all_is_said_the_contact_ends_as_a_change(
    amending: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    set_first_quantity(window, 5)
    read_back(window.call)
    amending.ctrl(Qt.Key.Key_Return)
    for _ in range(3):
        amending.enter()
    assert not window.placed.state.open_steps
    amending.ctrl(Qt.Key.Key_Return)
    assert window.pages.currentWidget() is window.call_screen
    assert not desk.closed
    (ended,) = desk.ended
    assert (ended.reason, ended.outcome) == (ContactReason.CHANGE, ContactOutcome.ORDER_CHANGED)
