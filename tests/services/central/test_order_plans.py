"""What is asked about one order is found by indexes, however many orders there are.

PostgreSQL reads a small table whole because that is quicker; told not to, it does so only where it
has no other way. A question that would go through all orders shows like that with a single one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.services.central.transaction import Transaction
from app.values.order_number import OrderNumber
from app.values.vocabulary import PaymentMethod
from app.wire.customers import GetOrder
from app.wire.operations import GET_ORDER
from app.wire.order_operations import ASK_ORDER_PAGE, FIND_ORDERS
from app.wire.order_page import AskOrderPage
from app.wire.order_search import FindOrders, Meaning, OrderCriteria
from app.wire.orders import PlacedOrder
from tests.changing_desk import ChangingDesk, quantity
from tests.paying_desk import PayingCentre

Statement = tuple[str, Any]
ANSWERED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


@contextmanager
def statements() -> Iterator[list[Statement]]:
    """All that is asked of the database meanwhile."""
    heard: list[Statement] = []

    def hear(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
        heard.append((statement, values))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def read_whole(centre: PayingCentre, heard: list[Statement]) -> set[str]:
    """Tables for which there is no other way than to read all of them."""

    def explained(tx: Transaction) -> set[str]:
        tx.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        found: set[str] = set()
        for statement, values in heard:
            if statement.lstrip().upper().startswith(ANSWERED):
                plan = tx.connection.exec_driver_sql(f"EXPLAIN {statement}", values)
                found |= set(re.findall(r"Seq Scan on (\w+)", "\n".join(plan.scalars())))
        return found

    return centre.administration.read(explained)


@pytest.fixture
def desk(paying: PayingCentre) -> ChangingDesk:
    return ChangingDesk(paying)


@pytest.fixture
def order(desk: ChangingDesk) -> PlacedOrder:
    """Paid by card, and changed since."""
    placed = desk.ordered(payment=PaymentMethod.CARD)
    assert desk.amend(placed, quantity("TEA-1", 1)).reasons == ()
    return placed


ASKED: dict[str, Callable[[ChangingDesk, PlacedOrder], object]] = {
    "the order of a number": lambda desk, order: desk.caller.call(
        GET_ORDER, GetOrder(number=OrderNumber(order.number))
    ),
    "the order of a number nobody has": lambda desk, order: desk.caller.call(
        FIND_ORDERS,
        FindOrders(
            readings=(OrderCriteria(meaning=Meaning.NUMBER, number=OrderNumber("0000001164")),)
        ),
    ),
    "the page of a number": lambda desk, order: desk.caller.call(
        ASK_ORDER_PAGE, AskOrderPage(number=OrderNumber(order.number))
    ),
    "the page of an order": lambda desk, order: desk.page(order),
    "an order that comes in": lambda desk, order: desk.ordered(),
    "a change that comes in": lambda desk, order: desk.amend(order, quantity("TEA-1", 3)),
    "what a change would come to": lambda desk, order: desk.preview(
        order, desk.amendment(desk.view(order).placed, quantity("TEA-1", 3))
    ),
}


@pytest.mark.parametrize("what", ASKED)
def test_no_question_about_an_order_goes_through_all_of_them(
    what: str, desk: ChangingDesk, paying: PayingCentre, order: PlacedOrder
) -> None:
    with statements() as heard:
        ASKED[what](desk, order)
    assert heard
    assert read_whole(paying, heard) == set()


def test_a_question_that_goes_through_all_orders_is_found(
    paying: PayingCentre, order: PlacedOrder
) -> None:
    either = (
        "SELECT order_id FROM sales_order WHERE number = %(number)s OR order_id IN"
        " (SELECT order_id FROM order_number_alias WHERE number = %(number)s)"
    )
    assert read_whole(paying, [(either, {"number": order.number})]) == {"sales_order"}
