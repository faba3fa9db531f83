"""Stock held for calls and allocated to orders: never more than there is, whoever asks at once."""

from __future__ import annotations

from app.services.central.transaction import Actor, Handlers, Transaction
from app.values.errors import Fault
from app.wire import stock_operations
from app.wire.message import Nothing
from app.wire.stock import AskStock, HoldStock, ReleaseStock, StockHeld


class Stock:
    """Answers `stock.hold`, `stock.release` and `stock.ask`."""

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(stock_operations.HOLD_STOCK, self.hold)
        handlers.add(stock_operations.RELEASE_STOCK, self.release)
        handlers.add(stock_operations.ASK_STOCK, self.ask)

    def hold(self, tx: Transaction, actor: Actor, request: HoldStock) -> StockHeld:
        """As many as there are, for this order."""
        raise Fault("not_there", "This part of the service is not there yet.")

    def release(self, tx: Transaction, actor: Actor, request: ReleaseStock) -> Nothing:
        """Give back what is held."""
        raise Fault("not_there", "This part of the service is not there yet.")

    def ask(self, tx: Transaction, actor: Actor, request: AskStock) -> StockHeld:
        """How products stand."""
        raise Fault("not_there", "This part of the service is not there yet.")
