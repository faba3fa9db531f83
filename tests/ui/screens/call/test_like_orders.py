"""A like order is asked about before placing: one key for another order, one for the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt

from app.ui.main_window import MainWindow
from app.ui.screens.call.like_orders_box import LikeOrdersBox
from app.ui.screens.call.state import Phase
from app.values.errors import Refusal, Unreachable
from app.values.identity import OrderId, ProductCode
from app.values.order_number import OrderNumber
from app.wire import operations
from app.wire.clash_operations import LIKE_ORDERS
from app.wire.clashes import LikeOrder, SameItem
from tests.builders import A_MORNING, an_id
from tests.ui.screens.fake_desk import FakeDesk
from tests.ui.stage import Hands, read_back

BEFORE = LikeOrder(
    order_id=OrderId(an_id(77)),
    number=OrderNumber("4173029823"),
    placed_at=A_MORNING - timedelta(minutes=6),
    taken_by="Bert Hall",
    products=2,
    same=(SameItem(code=ProductCode("47566"), here=15, there=12),),
)


@pytest.fixture
def ready_to_place(on_call: Hands, window: MainWindow, desk: FakeDesk) -> Hands:
    """Everything is read back; only Ctrl+Enter is left."""
    desk.like = (BEFORE,)
    on_call.write("0412")
    on_call.enter()
    on_call.write("47566")
    on_call.enter()
    on_call.write("15")
    on_call.enter()
    read_back(window.call)
    on_call.ctrl(Qt.Key.Key_Return)
    return on_call


def box(window: MainWindow) -> LikeOrdersBox:
    found = window.findChild(LikeOrdersBox, "like-orders")
    assert found is not None
    return found


def test_it_says_which_when_by_whom_and_what_is_the_same(
    ready_to_place: Hands, window: MainWindow
) -> None:
    del ready_to_place
    heading, words, say = box(window).words()
    assert heading == "A very similar order was placed 6 min ago: 417\u00a0302\u00a09823"
    assert words.startswith("Bert Hall took it. Both have: 12 \u00d7 ")
    assert words.endswith("(now 15).")
    assert "much like this one 6 minutes ago. Is this another one?" in say
    assert box(window).isVisible()
    assert window.call.state.phase is Phase.TAKING
    assert window.placed.state.placed is None


def test_another_order_is_placed_by_one_key_and_names_the_first(
    ready_to_place: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    ready_to_place.press(Qt.Key.Key_A)
    assert window.placed.state.placed is not None
    assert desk.named == [(BEFORE.order_id,)]


def test_the_same_order_is_opened_by_one_key_and_not_placed(
    ready_to_place: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    ready_to_place.press(Qt.Key.Key_S)
    assert window.pages.currentWidget() is window.protocol_screen
    assert desk.named == []
    assert window.call.order.is_open
    assert not box(window).is_asking


def test_enter_pressed_without_a_look_places_nothing(
    ready_to_place: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    ready_to_place.enter()
    assert desk.named == []
    assert window.placed.state.placed is None


def test_the_same_key_again_asks_again(
    ready_to_place: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    ready_to_place.ctrl(Qt.Key.Key_Return)
    assert box(window).is_asking
    assert desk.named == []


def test_esc_goes_back_to_the_order(ready_to_place: Hands, window: MainWindow) -> None:
    ready_to_place.press(Qt.Key.Key_Escape)
    assert not box(window).is_asking
    assert ready_to_place.place() == "Place order"
    assert window.call.state.can_place


def test_what_is_changed_takes_the_question_away(ready_to_place: Hands, window: MainWindow) -> None:
    del ready_to_place
    window.call.undo()
    assert not box(window).is_asking


@pytest.mark.parametrize("error", [Unreachable("away", "Nobody answers."), Refusal("no", "No.")])
def test_where_nobody_can_say_the_order_is_placed_all_the_same(
    on_call: Hands, window: MainWindow, desk: FakeDesk, error: Refusal | Unreachable
) -> None:
    desk.broken[LIKE_ORDERS.name] = error
    on_call.write("0412")
    on_call.enter()
    on_call.write("47566")
    on_call.enter()
    on_call.enter()
    read_back(window.call)
    on_call.ctrl(Qt.Key.Key_Return)
    assert window.placed.state.placed is not None
    assert desk.calls[operations.PLACE_ORDER.name] == 1
