"""Stock held for a call: what a desk asks for while the caller talks, and what there is.

Quantities are pieces of a product in one order, all its lines together. They are told whole, not as
differences, so that asking twice holds nothing twice.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from app.values.identity import OrderId, ProductCode
from app.wire.message import Instant, Request, View

CODES_MOST = 200
ORDERS_MOST = 50
PIECES_MOST = 10_000_000

Pieces = Annotated[int, Meta(ge=0, le=PIECES_MOST)]


class WantedStock(View, frozen=True, kw_only=True):
    """So many pieces are wanted now; 0 gives back what was held."""

    code: ProductCode
    quantity: Pieces


class ColleagueHold(View, frozen=True, kw_only=True):
    """Pieces that are held for another call, until then at the latest."""

    quantity: int
    expires_at: Instant


class StockStanding(View, frozen=True, kw_only=True):
    """How a product stands for one order.

    `held` is this order's part, `left` what nobody holds nor has; below zero where more was
    promised than there is. `wanted` minus `held` is short. `expected_on`: when more comes, if
    known. `confirmed`: the centre said so at `as_of`; else it is the last that was known, of then.
    """

    code: ProductCode
    tracked: bool
    wanted: int = 0
    held: int = 0
    left: int = 0
    colleagues: tuple[ColleagueHold, ...] = ()
    expected_on: date | None = None
    as_of: Instant | None = None
    confirmed: bool = True

    @property
    def short(self) -> int:
        """Pieces that are wanted and cannot be held; 0 where stock is not tracked."""
        return max(self.wanted - self.held, 0) if self.tracked and self.confirmed else 0


class HoldStock(Request, frozen=True, kw_only=True):
    """Hold these for an order, as many as there are; products not named stay as they were held."""

    order_id: OrderId
    wanted: Annotated[tuple[WantedStock, ...], Meta(min_length=1, max_length=CODES_MOST)]


class StockHeld(View, frozen=True, kw_only=True):
    """One standing per product asked for, in the same order; held until `expires_at`."""

    standings: tuple[StockStanding, ...]
    expires_at: Instant | None = None


class ReleaseStock(Request, frozen=True, kw_only=True):
    """Give back all that is held for these orders of the seat; what is allocated stays."""

    order_ids: Annotated[tuple[OrderId, ...], Meta(min_length=1, max_length=ORDERS_MOST)]


class AskStock(Request, frozen=True, kw_only=True):
    """How products stand, for an order or for none; holds nothing."""

    codes: Annotated[tuple[ProductCode, ...], Meta(min_length=1, max_length=CODES_MOST)]
    order_id: OrderId | None = None


class StockLevel(View, frozen=True, kw_only=True):
    """What the change feed tells of a tracked product: free pieces at `as_of`."""

    code: ProductCode
    available: int
    as_of: Instant
    expected_on: date | None = None
    revision: int
