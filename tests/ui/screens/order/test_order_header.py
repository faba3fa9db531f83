"""What stands above an order: what a person has to look at, as long as they have to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from app.ui.screens.order.header import OrderHeader
from app.ui.screens.order.presenter import OrderPageState
from app.ui.widgets.card import Box
from app.values.order_life import OrderState
from tests.builders import an_order, with_line
from tests.ui.screens.fake_orders import fresh

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.ui.screens.fake_desk import FakeDesk


@pytest.mark.parametrize(
    ("state", "heading"),
    [
        (OrderState.NEEDS_REVIEW, "Somebody has to look at it"),
        (OrderState.RELEASED, ""),
        (OrderState.CANCELLED, ""),
    ],
)
def test_what_was_looked_at_is_asked_of_nobody_any_more(
    qtbot: QtBot, desk: FakeDesk, state: OrderState, heading: str
) -> None:
    document = an_order(with_line("47566", 1, "4.95"))
    desk.has_ordered(desk.customers[0], document, days_ago=1)
    page = fresh(desk.orders[document.order_id])
    order = replace(page.order, state=state.value, review_reasons=("customer_changed",))
    header = OrderHeader()
    qtbot.addWidget(header)
    header.show_state(OrderPageState(page=replace(page, order=order)))
    (box,) = header.findChildren(Box)
    assert box.words()[0] == heading
