"""An order is cancelled on its page, whole or in part, and taken back, by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from PySide6.QtCore import Qt

from app.ui.screens.order.cancel_presenter import CancelStage, CancelState
from app.values.errors import Refusal
from app.values.order_life import CancelReason, OrderAct
from app.wire.order_changes import Cancellation, Undo
from app.wire.order_operations import PREVIEW_CHANGE
from app.wire.order_page import MayDo
from tests.builders import an_address, an_order, delivered_to, with_line
from tests.ui.screens.fake_changes import show_whose_it_is
from tests.ui.screens.fake_orders import fresh
from tests.ui.stage import open_order_page

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from app.wire.orders import PlacedOrder
    from tests.ui.screens.fake_desk import FakeDesk
    from tests.ui.stage import Hands


@pytest.fixture
def placed(desk: FakeDesk) -> PlacedOrder:
    order = an_order(
        with_line("47566", 3, "4.95"), with_line("22423", 2, "12.75"), delivered_to(an_address())
    )
    desk.has_ordered(desk.customers[0], order, days_ago=0)
    return desk.orders[order.order_id]


@pytest.fixture
def cancelling(on_call: Hands, window: MainWindow, placed: PlacedOrder) -> Hands:
    """X on the page of the order."""
    open_order_page(on_call, placed.number)
    show_whose_it_is(window)
    on_call.press(Qt.Key.Key_X)
    assert state(window).stage is CancelStage.CHOOSING
    return on_call


def state(window: MainWindow) -> CancelState:
    return window.changing.cancelling.state


def test_the_whole_order_needs_a_reason_and_says_what_goes_back(
    cancelling: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    cancelling.ctrl(Qt.Key.Key_Return)
    assert not desk.changes
    assert state(window).why_not == "Choose why it is cancelled."
    cancelling.press(Qt.Key.Key_1)
    preview = state(window).preview
    assert preview is not None
    assert preview.say == ("That is what it comes to.",)
    cancelling.ctrl(Qt.Key.Key_Return)
    (sent,) = desk.changes
    assert sent.what == Cancellation(reason=CancelReason.CHANGED_MIND)
    assert state(window).stage is CancelStage.DONE


def test_pieces_of_a_line_are_chosen_by_arrows_and_all_of_one_by_space(
    cancelling: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
) -> None:
    cancelling.press(Qt.Key.Key_L)
    cancelling.press(Qt.Key.Key_Right)
    cancelling.press(Qt.Key.Key_Right)
    cancelling.press(Qt.Key.Key_Left)
    cancelling.press(Qt.Key.Key_Down)
    cancelling.press(Qt.Key.Key_Space)
    cancelling.press(Qt.Key.Key_4)
    cancelling.ctrl(Qt.Key.Key_Return)
    what = desk.changes[0].what
    assert isinstance(what, Cancellation)
    assert what.reason is CancelReason.TOO_LATE
    lines = [line.line_id for line in placed.document.lines]
    assert [(one.line_id, one.quantity) for one in what.lines] == [(lines[0], 1), (lines[1], 2)]


def test_what_was_done_is_taken_back_while_there_is_time(
    cancelling: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    cancelling.press(Qt.Key.Key_1)
    cancelling.ctrl(Qt.Key.Key_Return)
    left = state(window).undo_left_s
    assert left is not None
    cancelling.press(Qt.Key.Key_U)
    undo = desk.changes[1].what
    assert undo == Undo(undoes=desk.changes[0].change_id)
    assert state(window).undo_left_s is None


def test_after_the_time_is_over_nothing_can_be_taken_back(
    cancelling: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.undo_minutes = -10_000
    cancelling.press(Qt.Key.Key_1)
    cancelling.ctrl(Qt.Key.Key_Return)
    assert state(window).undo_left_s is None
    cancelling.press(Qt.Key.Key_U)
    assert len(desk.changes) == 1


def test_esc_leaves_the_panel_and_then_the_page(
    cancelling: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    cancelling.press(Qt.Key.Key_Escape)
    assert state(window).stage is CancelStage.CLOSED
    assert window.pages.currentWidget() is window.pages.order
    cancelling.press(Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.call_screen
    assert not desk.changes


def test_a_part_that_cannot_be_cancelled_says_why(
    on_call: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
) -> None:
    why = "All of it has left already."
    may = tuple(
        MayDo(act=act, obstacle=why if act is OrderAct.CANCEL_LINE else "") for act in OrderAct
    )
    desk.pages[placed.document.order_id] = msgspec.structs.replace(fresh(placed), may=may)
    window.trips.show_order_of(placed)
    show_whose_it_is(window)
    on_call.press(Qt.Key.Key_X)
    on_call.press(Qt.Key.Key_L)
    assert (state(window).whole, state(window).problem) == (True, why)


def test_a_refusal_of_the_preview_stands_in_the_way(
    cancelling: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    desk.broken[PREVIEW_CHANGE.name] = Refusal("order_cancelled", "It is cancelled already.")
    cancelling.press(Qt.Key.Key_1)
    assert state(window).why_not == "It is cancelled already."
    cancelling.ctrl(Qt.Key.Key_Return)
    assert not desk.changes
