"""A request that is open is taken back on the page of its order, by the same key twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from PySide6.QtCore import Qt

from app.values.identity import ChangeId
from app.values.order_life import ChangeState, ChangeWhat
from app.wire.order_changes import ChangeView
from tests.builders import A_MORNING, an_address, an_id, an_order, delivered_to, with_line
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
    order = an_order(with_line("47566", 3, "4.95"), delivered_to(an_address()))
    desk.has_ordered(desk.customers[0], order, days_ago=0)
    return desk.orders[order.order_id]


@pytest.fixture
def on_page(on_call: Hands, window: MainWindow, placed: PlacedOrder) -> Hands:
    """The page of the order in view."""
    open_order_page(on_call, placed.number)
    show_whose_it_is(window)
    return on_call


def tell(desk: FakeDesk, placed: PlacedOrder, *changes: ChangeView) -> None:
    """The page with these changes."""
    page = msgspec.structs.replace(fresh(placed), changes=changes)
    desk.pages[placed.document.order_id] = page


def test_it_is_taken_back_by_the_same_key_twice(
    on_page: Hands, window: MainWindow, desk: FakeDesk, placed: PlacedOrder
) -> None:
    request = ChangeView(
        change_id=ChangeId(an_id(77)),
        what=ChangeWhat.AMENDMENT,
        state=ChangeState.OPEN,
        base_revision=1,
        revision=None,
        reasons=("order_changed",),
        differences=(),
        at=A_MORNING,
        by=placed.placed_by,
    )
    tell(desk, placed, request)
    on_page.press(Qt.Key.Key_F5)
    assert "Take the open request back" in dict(window.pages.order.acts.told())
    on_page.press(Qt.Key.Key_W)
    assert desk.withdrawn == []
    assert "The same key again" in window.notices.notices()[-1].sentence
    tell(desk, placed)
    on_page.press(Qt.Key.Key_W)
    assert desk.withdrawn == [request.change_id]
    assert window.notices.notices()[-1].sentence == "The request is taken back."
    assert "Take the open request back" not in dict(window.pages.order.acts.told())


def test_where_nothing_waits_it_is_said(on_page: Hands, window: MainWindow) -> None:
    on_page.press(Qt.Key.Key_W)
    assert "There is no request" in window.notices.notices()[-1].sentence
