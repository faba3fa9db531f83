"""Orders that were placed this moment, and what takes their papers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from tests.builders import a_customer, an_order, changed, with_line
from tests.read_backs import read_back_of
from tests.ui.screens.fake_desk import the_regions

if TYPE_CHECKING:
    from app.wire.orders import OrderDocument, PlacedOrder
    from tests.ui.screens.fake_desk import FakeDesk

    Step = Callable[[OrderDocument], OrderDocument]


class Shelf:
    """Takes every paper that is to be shown or printed."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def __call__(self, path: str) -> bool:
        self.taken.append(path)
        return True


def a_placed(desk: FakeDesk, document: OrderDocument | None = None) -> PlacedOrder:
    """An order of a customer with e-mail, unless another is given, as the desk has placed it."""
    customer = a_customer(email="m.thompson@example.org")
    document = document or an_order(with_line(), changed(customer=customer))
    placed = desk._as_placed(document, 41_730_298)  # noqa: SLF001 - the desk's own way to number
    desk.orders[document.order_id] = placed
    return placed


def a_read_back_order(desk: FakeDesk, *steps: Step) -> PlacedOrder:
    """An order of the customer that the desk knows first, placed today and read back whole."""
    order = an_order(*steps)
    desk.has_ordered(desk.customers[0], order, days_ago=0)
    found = desk.orders[order.order_id]
    document = msgspec.structs.replace(found.document, customer=a_customer())
    record = read_back_of(document, the_regions()[document.region], desk.guidance)
    placed = msgspec.structs.replace(found, document=document, read_back=record)
    desk.orders[order.order_id] = placed
    return placed
