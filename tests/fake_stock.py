"""Stock as a centre keeps it, in memory: what a call holds, what colleagues hold, what is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from app.values.identity import OrderId, ProductCode
from app.wire.catalogue import ProductView
from app.wire.message import Nothing
from app.wire.stock import (
    AskStock,
    ColleagueHold,
    HoldStock,
    ReleaseStock,
    StockHeld,
    StockStanding,
)
from tests.builders import A_MORNING

LASTS = timedelta(minutes=5)


class FakeStock:
    """`level` sets what there is of a product; those of which nothing is set are not tracked.

    `away` makes the centre silent: what was known stands, unconfirmed. `during` is called while an
    answer is on its way.
    """

    def __init__(self) -> None:
        self.levels: dict[ProductCode, int] = {}
        self.expected: dict[ProductCode, date] = {}
        self.colleagues: dict[ProductCode, tuple[int, timedelta]] = {}
        self.held: dict[tuple[OrderId, ProductCode], int] = {}
        self.asked: list[HoldStock] = []
        self.looked_up: list[AskStock] = []
        self.released: list[OrderId] = []
        self.away = False
        self.during: Callable[[], None] | None = None

    def level(self, code: str, pieces: int, expected_on: date | None = None) -> None:
        self.levels[ProductCode(code)] = pieces
        if expected_on is not None:
            self.expected[ProductCode(code)] = expected_on

    def colleague(self, code: str, pieces: int, for_: timedelta) -> None:
        self.colleagues[ProductCode(code)] = (pieces, for_)

    def learn(self, products: tuple[ProductView, ...]) -> None:
        for product in products:
            if product.available is not None:
                self.levels.setdefault(product.code, product.available)

    def hold(self, request: HoldStock) -> StockHeld:
        self.asked.append(request)
        if self.during is not None:
            self.during()
        for one in request.wanted:
            others = self._held_by_others(request.order_id, one.code)
            free = max(self.levels.get(one.code, 0) - others, 0)
            if not self.away:
                self.held[request.order_id, one.code] = min(one.quantity, free)
        return StockHeld(
            standings=tuple(
                self._standing(request.order_id, one.code, one.quantity) for one in request.wanted
            ),
            expires_at=None if self.away else A_MORNING + LASTS,
        )

    def release(self, request: ReleaseStock) -> Nothing:
        self.released += request.order_ids
        for key in [key for key in self.held if key[0] in request.order_ids]:
            del self.held[key]
        return Nothing()

    def look_up(self, request: AskStock) -> StockHeld:
        self.looked_up.append(request)
        return StockHeld(
            standings=tuple(self._standing(request.order_id, code, 0) for code in request.codes)
        )

    def _held_by_others(self, order_id: OrderId | None, code: ProductCode) -> int:
        calls = sum(
            count
            for (order, held), count in self.held.items()
            if held == code and order != order_id
        )
        return calls + self.colleagues.get(code, (0, LASTS))[0]

    def _standing(self, order_id: OrderId | None, code: ProductCode, wanted: int) -> StockStanding:
        if code not in self.levels:
            return StockStanding(code=code, tracked=False, wanted=wanted, confirmed=not self.away)
        as_of: datetime = A_MORNING
        if self.away:
            return StockStanding(
                code=code,
                tracked=True,
                wanted=wanted,
                left=self.levels[code],
                as_of=as_of,
                confirmed=False,
            )
        held = self.held.get((order_id, code), 0) if order_id is not None else 0
        pieces, span = self.colleagues.get(code, (0, LASTS))
        return StockStanding(
            code=code,
            tracked=True,
            wanted=wanted,
            held=held,
            left=self.levels[code] - held - self._held_by_others(order_id, code),
            colleagues=(ColleagueHold(quantity=pieces, expires_at=as_of + span),) if pieces else (),
            expected_on=self.expected.get(code),
            as_of=as_of,
        )
