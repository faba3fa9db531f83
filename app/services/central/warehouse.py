"""The warehouse as the centre sees it: what it reports, and what is done about it by itself.

Answers `warehouse.report` and `orders.report_shipment`. Without a `[centre.warehouse]` nothing is
handed over, and whatever is reported by file or by hand counts all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from app.services.central.card_movements import CardMovements
from app.services.central.measures import Measures
from app.services.central.shipping_money import ShippingMoney, complete
from app.services.central.transaction import (
    NOBODY,
    Actor,
    Handlers,
    Saga,
    Transaction,
    Transactions,
)
from app.services.central.warehouse_events import WarehouseEvents
from app.services.central.warehouse_hand_over import HandingOver
from app.services.central.warehouse_line import WarehouseLine
from app.services.ports import EventLog
from app.services.rules.regions import RegionRules
from app.values.clock import Clock
from app.values.vocabulary import Region
from app.values.warehouse import EventSource
from app.wire import warehouse_operations
from app.wire.warehouse import (
    EventTaken,
    ReportFromWarehouse,
    ReportShipment,
    ReportTaken,
    WarehouseEvent,
)

LOOK_SECONDS = 2.0
MONEY_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseParts:
    """What the settings made of `[centre.warehouse]`; `keys` prove what it reports."""

    line: WarehouseLine
    keys: Sequence[bytes]
    since: datetime
    look_s: float = LOOK_SECONDS


class Warehouse:
    """Everything between orders and the warehouse, at one replica."""

    def __init__(
        self,
        transactions: Transactions,
        regions: Mapping[Region, RegionRules],
        parts: WarehouseParts | None,
        movements: CardMovements | None,
        clock: Clock,
        log: EventLog,
        measures: Measures | None = None,
    ) -> None:
        self._transactions = transactions
        self._measures = measures or Measures()
        self.events = WarehouseEvents(regions)
        self._money = ShippingMoney(movements, regions)
        self.look_s = parts.look_s if parts is not None else LOOK_SECONDS
        self._handing: HandingOver | None = None
        if parts is not None:
            self._handing = HandingOver(
                transactions, parts.line, self.events, parts.since, clock, log, self._measures
            )

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add_batch(warehouse_operations.WAREHOUSE_REPORT, self.report)
        handlers.add(warehouse_operations.REPORT_SHIPMENT, self.report_by_hand)

    def report(self, actor: Actor, request: ReportFromWarehouse) -> ReportTaken:
        """Each report in a transaction of its own: one that cannot be used holds up no other."""
        del actor
        return ReportTaken(events=tuple(map(self._taken, request.events)))

    def report_by_hand(self, tx: Transaction, actor: Actor, request: ReportShipment) -> EventTaken:
        """What a lead says in the warehouse's place."""
        del actor
        taken = self.events.take(tx, request.event, EventSource.HAND)
        self._measures.reported(request.event.kind, taken.outcome)
        return taken

    def hand_over(self) -> None:
        """A round of telling the warehouse; however long it takes to answer, nothing else waits."""
        if self._handing is not None:
            self._handing.round()

    def finish(self) -> None:
        """A round over what was sent: its money, and orders that are complete."""
        self._money.round(Saga(self._transactions, NOBODY))
        while self._transactions.write(complete):
            pass

    def stop(self) -> None:
        """Begin nothing more."""
        if self._handing is not None:
            self._handing.stop()

    def close(self) -> None:
        """Let the line go."""
        if self._handing is not None:
            self._handing.close()

    def _taken(self, event: WarehouseEvent) -> EventTaken:
        taken = self._transactions.write(partial(self._take, event=event))
        self._measures.reported(event.kind, taken.outcome)
        return taken

    def _take(self, tx: Transaction, event: WarehouseEvent) -> EventTaken:
        taken = self.events.take(tx, event, EventSource.REPORT)
        tx.audit_own(warehouse_operations.WAREHOUSE_REPORT.name)
        return taken
