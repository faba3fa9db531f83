"""The part of a small desk that knows orders after they were placed: pages of them, and papers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from app.services.rules.order_standing import page_at_desk
from app.services.rules.regions import load_regions
from app.settings import resource_folder
from app.values.errors import Refusal
from app.values.identity import ChangeId, OrderId
from app.values.order_life import ChangeState
from app.wire.order_changes import ChangeSent, WithdrawChange
from app.wire.order_operations import ASK_ORDER_PAGE, PRINT_ORDER, WITHDRAW_CHANGE
from app.wire.order_page import AskOrderPage, OrderPage, PrintOrder
from app.wire.orders import Paper, PersonNamed, PlacedOrder
from app.wire.worklist import ListWork, WorkPage
from app.wire.worklist_operations import LIST_WORK


class FakeOrders:
    """`pages` are those that a test has made; of any other order the page of a fresh one is told.

    `printed_orders` are what was asked for on paper, `withdrawn` requests that were taken back.
    """

    orders: dict[OrderId, PlacedOrder]

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[OrderId, OrderPage] = {}
        self.printed_orders: list[PrintOrder] = []
        self.withdrawn: list[ChangeId] = []

    def order_handlers(self) -> dict[str, Callable[[Any], Any]]:
        return {
            ASK_ORDER_PAGE.name: self._order_page,
            PRINT_ORDER.name: self._print_order,
            LIST_WORK.name: self._nothing_waits,
            WITHDRAW_CHANGE.name: self._withdraw,
        }

    def _withdraw(self, request: WithdrawChange) -> ChangeSent:
        self.withdrawn.append(request.change_id)
        return ChangeSent(
            change_id=request.change_id,
            state=ChangeState.WITHDRAWN,
            sentence="The request is taken back.",
        )

    def _nothing_waits(self, _request: ListWork) -> WorkPage:
        return WorkPage(items=())

    def _order_page(self, request: AskOrderPage) -> OrderPage:
        for placed in self.orders.values():
            order_id = placed.document.order_id
            if request.order_id == order_id or request.number == placed.number:
                return self.pages.get(order_id) or fresh(placed)
        raise Refusal("order_unknown", "There is no such order here.", "order_id")

    def _print_order(self, request: PrintOrder) -> Paper:
        self.printed_orders.append(request)
        return Paper(
            path=f"/papers/{request.placed.number}-{request.revision}.pdf", sha256="0" * 64
        )


def fresh(placed: PlacedOrder) -> OrderPage:
    """The page of an order that the centre has and to which nothing happened."""
    page = page_at_desk(placed, load_regions(resource_folder() / "regions")[placed.document.region])
    people = (PersonNamed(person_id=placed.placed_by, name="Dana Okafor"),)
    order = msgspec.structs.replace(page.order, revision=1, state="accepted", people=people)
    return msgspec.structs.replace(page, order=order)
