"""The part of a small desk that finds orders: by name, number, and what a test has it answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from app.values.identity import OrderId
from app.values.money import Currency, Money
from app.values.order_number import one_slip_away, with_check_digits
from app.wire.order_search import (
    FoundOrder,
    LookUpOrders,
    Meaning,
    OfferedNumber,
    OrderPlace,
    OrdersLookedUp,
)
from tests.builders import A_MORNING, an_id

PAGE = 25


def a_found(at: int = 1, **different: Any) -> FoundOrder:  # noqa: ANN401 - whatever field a test names
    """An order of the centre; the higher `at`, the older."""
    order = FoundOrder(
        order_id=OrderId(an_id(5_000 + at)),
        number=with_check_digits(41_730_298 + 1_009 * at),
        placed_at=A_MORNING - timedelta(hours=7 * at),
        line_count=1 + at % 9,
        total=Money(1_995 + 731 * at, Currency.GBP),
        state="accepted",
        customer_name="Margaret Thompson",
        postcode="LS6 3AA",
        meaning=Meaning.NAME,
    )
    return msgspec.structs.replace(order, **different)


class FakeOrderSearch:
    """`rows`: what is found by name or number; `answers`: by the text, whatever stands there."""

    def __init__(self) -> None:
        self.rows: list[FoundOrder] = []
        self.answers: dict[str, OrdersLookedUp] = {}
        self.requests: list[LookUpOrders] = []

    def look_up(self, request: LookUpOrders) -> OrdersLookedUp:
        self.requests.append(request)
        if request.text in self.answers and request.after is None:
            return self.answers[request.text]
        digits = request.text.replace(" ", "")
        if digits.isdigit():
            return self._by_number(request.text, digits)
        fits = [row for row in self.rows if request.text.lower() in row.customer_name.lower()]
        if request.after is not None:
            fits = [row for row in fits if row.placed_at < request.after.placed_at]
        shown = tuple(fits[:PAGE])
        more = None
        if len(fits) > PAGE:
            more = OrderPlace(placed_at=shown[-1].placed_at, order_id=shown[-1].order_id)
        return OrdersLookedUp(text=request.text, meaning=Meaning.NAME, orders=shown, more=more)

    def _by_number(self, text: str, digits: str) -> OrdersLookedUp:
        meant = one_slip_away(digits)
        return OrdersLookedUp(
            text=text,
            meaning=Meaning.NUMBER,
            orders=tuple(
                msgspec.structs.replace(row, meaning=Meaning.NUMBER)
                for row in self.rows
                if row.number == digits
            ),
            offers=tuple(
                OfferedNumber(
                    order_id=row.order_id,
                    number=row.number,
                    placed_at=row.placed_at,
                    total=row.total,
                    state=row.state,
                )
                for row in self.rows
                if row.number in meant
            ),
            number_slip=bool(meant),
        )
