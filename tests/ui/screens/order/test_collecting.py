"""What is open of a placed order is paid by card on the telephone, from its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from PySide6.QtCore import Qt

from app.ui.payment.pause_state import PauseStage
from app.values.order_life import Fulfilment, OrderAct
from app.values.vocabulary import PaymentMethod
from app.wire.order_operations import BEGIN_AMENDMENT
from app.wire.order_page import MayDo
from tests.builders import a_customer, an_address, changed, delivered_to, with_line
from tests.ui.payment.fakes import ByHand
from tests.ui.screens.card_on_call import EXPIRY, VISA, digits, stage
from tests.ui.screens.fake_changes import show_whose_it_is
from tests.ui.screens.fake_orders import fresh
from tests.ui.screens.placed_orders import a_read_back_order
from tests.ui.stage import open_order_page

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow
    from app.wire.orders import PlacedOrder
    from tests.ui.payment.fakes import OpenSafe
    from tests.ui.screens.fake_desk import FakeDesk
    from tests.ui.stage import Hands

LEFT = "The order has left already, so this stays as it is."


@pytest.fixture
def inline() -> ByHand:
    """Lanes in which a test holds back what it likes."""
    return ByHand()


@pytest.fixture
def placed(desk: FakeDesk) -> PlacedOrder:
    """An order by card of which nothing is paid, read back whole."""
    return a_read_back_order(
        desk,
        with_line("47566", 3, "4.95"),
        delivered_to(an_address()),
        changed(customer=a_customer(), payment=PaymentMethod.CARD),
    )


def tell(desk: FakeDesk, placed: PlacedOrder, **obstacles: str) -> None:
    """Its goods have left, so that nothing of it can be changed any more."""
    may = [MayDo(act=act, obstacle=LEFT) for act in OrderAct if act is not OrderAct.COLLECT]
    may.append(MayDo(act=OrderAct.COLLECT, obstacle=obstacles.get("collect", "")))
    page = fresh(placed)
    desk.pages[placed.document.order_id] = msgspec.structs.replace(
        page, may=tuple(may), fulfilment=Fulfilment.SHIPPED
    )


@pytest.fixture
def on_page(on_call: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder) -> Hands:
    tell(desk, placed)
    open_order_page(on_call, placed.number)
    show_whose_it_is(window)
    return on_call


def test_f9_asks_for_the_sum_that_is_open_takes_the_card_and_sends_nothing_but_it(
    on_page: Hands, window: MainWindow, desk: FakeDesk, safe: OpenSafe, placed: PlacedOrder
) -> None:
    assert window.pages.order.card_button.isVisible()
    on_page.press(Qt.Key.Key_F9)
    assert window.pages.currentWidget() is window.call_screen
    open_rows = [row.title for row in window.call.read_back.state.rows if not row.holds]
    assert open_rows == ["Order with payment"]
    assert window.call_screen.items.strip.words().endswith("to pay")
    on_page.enter()
    on_page.press(Qt.Key.Key_F9)
    assert stage(window) is PauseStage.PAUSED
    digits(window, VISA + EXPIRY + "123")
    on_page.ctrl(Qt.Key.Key_Return)
    assert [bound.amount for bound in safe.sealed] == [placed.totals.total]
    on_page.ctrl(Qt.Key.Key_Return)
    (change,) = desk.changes
    assert change.order_id == placed.document.order_id
    assert window.pages.currentWidget() is window.pages.placed


def test_a_key_struck_twice_begins_one_change(
    on_page: Hands, window: MainWindow, desk: FakeDesk, inline: ByHand
) -> None:
    inline.hold(BEGIN_AMENDMENT.name)
    drafts = len(desk.drafts)
    on_page.press(Qt.Key.Key_F9)
    on_page.press(Qt.Key.Key_F9)
    assert inline.waiting(BEGIN_AMENDMENT.name) == 1
    inline.answer(BEGIN_AMENDMENT.name)
    assert len(desk.drafts) == drafts + 1
    assert window.pages.currentWidget() is window.call_screen


def test_without_a_payment_there_is_nothing_to_send(
    on_page: Hands, window: MainWindow, desk: FakeDesk
) -> None:
    on_page.press(Qt.Key.Key_F9)
    on_page.enter()
    on_page.ctrl(Qt.Key.Key_Return)
    assert desk.changes == []


def test_nothing_is_offered_where_nothing_is_open(
    on_call: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
) -> None:
    tell(desk, placed, collect="Nothing is left to be paid of this order.")
    open_order_page(on_call, placed.number)
    show_whose_it_is(window)
    assert not window.pages.order.card_button.isVisible()
    on_call.press(Qt.Key.Key_F9)
    assert window.pages.currentWidget() is window.pages.order
    said = window.notices.notices()[-1].sentence
    assert said == "Nothing is left to be paid of this order."
