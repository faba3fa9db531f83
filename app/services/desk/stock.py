"""Stock at the desk: asked of the centre while it answers, else the last that was known."""

from __future__ import annotations

from app.values.errors import Fault
from app.wire.stock import AskStock, HoldStock, StockHeld


class StockService:
    """The stock of one seat's orders."""

    def hold(self, request: HoldStock) -> StockHeld:
        """Hold for an order of this seat."""
        raise Fault("not_there", "This part of the desk is not there yet.")

    def look_up(self, request: AskStock) -> StockHeld:
        """How products stand."""
        raise Fault("not_there", "This part of the desk is not there yet.")
