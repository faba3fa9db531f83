"""A like order is asked about as soon as it is known: one key for another order, one for the same.

That is when the read-back begins; before a card is taken; and once more before placing.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt

from app.ui.main_window import MainWindow
from app.ui.screens.call import focus
from app.ui.screens.call.guide_state import Stage
from app.ui.screens.call.like_orders_box import LikeOrdersBox
from app.ui.screens.call.placing import HOLDS_S
from app.ui.screens.call.state import Phase
from app.values.errors import Refusal, Unreachable
from app.values.identity import OrderId, ProductCode
from app.values.order_number import OrderNumber
from app.values.vocabulary import PaymentMethod
from app.wire import operations
from app.wire.clash_operations import LIKE_ORDERS
from app.wire.clashes import LikeOrder, SameItem
from tests.builders import A_MORNING, an_id
from tests.fakes import FixedClock
from tests.ui.payment.fakes import ACQUIRE
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
def an_order_taken(on_call: Hands) -> Hands:
    """Fifteen of one product; nothing is read back yet."""
    on_call.write("0412")
    on_call.enter()
    on_call.write("47566")
    on_call.enter()
    on_call.write("15")
    on_call.enter()
    return on_call


@pytest.fixture
def asked_early(an_order_taken: Hands, desk: FakeDesk) -> Hands:
    """F8 was pressed, and the centre knows a like order."""
    desk.like = (BEFORE,)
    an_order_taken.press(Qt.Key.Key_F8)
    return an_order_taken


@pytest.fixture
def ready_to_place(an_order_taken: Hands, window: MainWindow, desk: FakeDesk) -> Hands:
    """Everything is read back; a colleague took a like order meanwhile."""
    read_back(window.call)
    desk.like = (BEFORE,)
    an_order_taken.ctrl(Qt.Key.Key_Return)
    return an_order_taken


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


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_meant_for_what_stood_there_before_opens_nothing(
    asked_early: Hands, window: MainWindow, key: Qt.Key
) -> None:
    asked_early.press(key)
    assert box(window).is_asking
    assert window.pages.currentWidget() is not window.protocol_screen
    assert asked_early.place() == "The same: open that one"


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


def test_it_is_asked_as_the_read_back_begins(asked_early: Hands, window: MainWindow) -> None:
    assert box(window).is_asking
    assert asked_early.place() == "The same: open that one"
    asked_early.press(Qt.Key.Key_A)
    assert not box(window).is_asking
    assert window.call.read_back.state.stage is Stage.ASKING
    assert focus.is_in(window.call_screen.side.guide)


def test_what_was_answered_early_is_not_asked_again(
    asked_early: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    asked_early.press(Qt.Key.Key_A)
    read_back(window.call)
    asked_early.ctrl(Qt.Key.Key_Return)
    assert window.placed.state.placed is not None
    assert desk.named == [(BEFORE.order_id,)]


def test_f8_again_leads_back_to_the_question(asked_early: Hands, window: MainWindow) -> None:
    window.call_screen.go_to_items()
    asked_early.press(Qt.Key.Key_F8)
    assert asked_early.place() == "The same: open that one"


def test_esc_leads_to_the_read_back(asked_early: Hands, window: MainWindow) -> None:
    asked_early.press(Qt.Key.Key_Escape)
    assert not box(window).is_asking
    assert focus.is_in(window.call_screen.side.guide)


def test_no_recording_is_paused_for_an_order_placed_before(
    an_order_taken: Hands, window: MainWindow, desk: FakeDesk, clock: FixedClock
) -> None:
    window.call.set_payment(PaymentMethod.CARD)
    read_back(window.call)
    desk.like = (BEFORE,)
    clock.advance(seconds=HOLDS_S)
    an_order_taken.press(Qt.Key.Key_F9)
    assert box(window).is_asking
    assert not desk.cards.asked(ACQUIRE)
    an_order_taken.press(Qt.Key.Key_A)
    assert not box(window).is_asking
    assert desk.cards.asked(ACQUIRE)


def test_other_items_are_asked_about_anew(
    asked_early: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    asked_early.press(Qt.Key.Key_Escape)
    before = desk.calls[LIKE_ORDERS.name]
    window.call.undo()
    asked_early.press(Qt.Key.Key_F8)
    assert desk.calls[LIKE_ORDERS.name] == before + 1
