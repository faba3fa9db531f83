"""Orders that were placed this moment, and what takes their papers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.builders import a_customer, an_order, changed, with_line

if TYPE_CHECKING:
    from app.wire.orders import OrderDocument, PlacedOrder
    from tests.ui.screens.fake_desk import FakeDesk


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
