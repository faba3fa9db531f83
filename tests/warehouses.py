"""A warehouse that does as it is told, and an order that is on its way to it.

`Warehoused(centre)` has one replica's warehouse with a scripted line; `site.report(...)` tells the
centre something, signed as a warehouse signs.
"""

# ruff: noqa: ANN401 - a builder passes on whatever field a test names

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.services.central.warehouse import Warehouse, WarehouseParts
from app.services.central.warehouse_messages import goods_order
from app.services.rules.pricing import totals
from app.values.errors import Unreachable
from app.values.identity import LineId, OrderId
from app.values.order_number import OrderNumber
from app.values.vocabulary import PaymentMethod
from app.values.warehouse import (
    EventOutcome,
    HandOverKind,
    WarehouseAnswer,
    WarehouseEventKind,
)
from app.wire.message import RefusalView, decode, encode
from app.wire.orders import OrderDocument, PlacedOrder
from app.wire.payments import CardAttempt
from app.wire.sync import Outcome
from app.wire.warehouse import (
    EventTaken,
    HandOver,
    HandOverAnswer,
    PickedLine,
    ReportFromWarehouse,
    ReportTaken,
    WarehouseEvent,
)
from app.wire.webhook_signature import signed_headers
from tests.builders import A_MORNING, an_order, changed, with_line
from tests.order_desk import regions
from tests.paying_desk import PayingCentre, PayingDesk
from tests.stocked_desk import count

KEY = b"a warehouse's secret of 32 bytes"
PATH = "/v1/warehouse.report"
SHIPPED = WarehouseEventKind.SHIPPED
DELIVERED = WarehouseEventKind.DELIVERED


class FakeLine:
    """Keeps what it is told. `is_away`: nothing arrives; `loses`: its answers do not."""

    def __init__(self) -> None:
        self.told: list[HandOver] = []
        self.answers: dict[int, WarehouseAnswer] = {}
        self.is_away = False
        self.loses = False

    def tell(self, message: HandOver, position: int) -> HandOverAnswer:
        del position
        if self.is_away:
            raise Unreachable("warehouse_away", "The warehouse did not answer.")
        self.told.append(message)
        if self.loses:
            raise Unreachable("warehouse_away", "The warehouse did not answer.")
        answer = self.answers.get(message.order.version, WarehouseAnswer.ACCEPTED)
        return HandOverAnswer(id=message.id, answer=answer, sentence="As asked.")

    def close(self) -> None:
        """Nothing to let go."""

    @property
    def kinds(self) -> list[str]:
        return [message.type.value for message in self.told]


class Warehoused:
    """A centre with a warehouse, and a desk whose orders are paid by card."""

    def __init__(self, centre: PayingCentre) -> None:
        self.centre = centre
        self.line = FakeLine()
        self.warehouse = self.replica()
        self._events = 0
        centre.identity.believe_warehouse([KEY])
        for code in ("TEA-1", "CUP-2"):
            count(centre, code, 20)
        self.desk = PayingDesk(centre, f"Desk of {centre.ids.new()}", "ada")

    def replica(self, since: datetime = A_MORNING) -> Warehouse:
        """One more service on the same database, gateway and warehouse."""
        centre = self.centre
        parts = WarehouseParts(line=self.line, keys=[KEY], since=since)
        movements = centre.payments.movements
        return Warehouse(centre.transactions, regions(), parts, movements, centre.clock, centre.log)

    def look(self) -> None:
        """A round of everything."""
        self.warehouse.hand_over()
        self.warehouse.finish()

    def placed(
        self, *changes: Callable[[OrderDocument], OrderDocument], **different: Any
    ) -> PlacedOrder:
        """An order that was authorised and sent: three of tea and two cups, if nothing is said."""
        lines = changes or (with_line("TEA-1", 3), with_line("CUP-2", 2))
        document = self.desk.order(*lines, changed(payment=PaymentMethod.CARD))
        total = self.desk.placed(document).totals.total.minor
        attempt: CardAttempt = self.desk.take(document.order_id, total)
        placed = self.desk.placed(document, attempts=(attempt,), **different)
        outcome = self.desk.send(self.desk.command(placed))[0]
        assert outcome.outcome is Outcome.ACCEPTED, outcome
        return placed

    def event(
        self, placed: PlacedOrder, kind: WarehouseEventKind, shipment: str = "", **different: Any
    ) -> WarehouseEvent:
        """A report under a new id; `tea=2` and `cup=1` are pieces in it."""
        self._events += 1
        pieces = {"TEA-1": different.pop("tea", 0), "CUP-2": different.pop("cup", 0)}
        lines = tuple(PickedLine(code=code, quantity=n) for code, n in pieces.items() if n)
        event = WarehouseEvent(
            id=f"e-{self._events}",
            kind=kind,
            at=self.centre.clock.now(),
            number=placed.number,
            shipment=shipment,
            carrier="Parcels Ltd" if kind is SHIPPED else "",
            tracking=f"T-{shipment}" if kind is SHIPPED else "",
            lines=lines,
        )
        return msgspec.structs.replace(event, **different)

    def report(self, *events: WarehouseEvent) -> tuple[EventTaken, ...]:
        """What the centre answers to the warehouse."""
        status, body = self.post(encode(ReportFromWarehouse(events=events)))
        assert status == 200, (body, self.centre.log.named("fault"))
        return decode(body, ReportTaken).events

    def post(
        self, body: bytes, key: bytes = KEY, at: datetime | None = None, **headers: str
    ) -> tuple[int, bytes]:
        """Status and body of the answer to any signed body."""
        signed = signed_headers([key], "report-1", at or self.centre.clock.now(), body)
        reply = self.centre.carrier.post(PATH, signed | headers, body, 20)
        return reply.status, reply.body

    def refused(self, body: bytes, **different: Any) -> str:
        """The code of the refusal."""
        return decode(self.post(body, **different)[1], RefusalView).code

    def tell(
        self, placed: PlacedOrder, kind: WarehouseEventKind, shipment: str = "", **different: Any
    ) -> EventOutcome:
        """What becomes of a report."""
        return self.report(self.event(placed, kind, shipment, **different))[0].outcome

    def amend(self, placed: PlacedOrder, **quantities: int) -> PlacedOrder:
        """As an amendment leaves the order, in what a warehouse can see of it."""
        order_id = placed.document.order_id
        wanted = {"TEA-1": quantities.get("tea"), "CUP-2": quantities.get("cup")}
        lines = tuple(
            msgspec.structs.replace(line, quantity=wanted[line.code] or line.quantity)
            for line in placed.document.lines
            if wanted[line.code] != 0
        )
        document = msgspec.structs.replace(placed.document, lines=lines)
        after = msgspec.structs.replace(placed, document=document)
        self._next_version(order_id, after)
        return after

    def cancel(self, placed: PlacedOrder) -> None:
        """As the cancellation of a whole order leaves it."""
        self._next_version(placed.document.order_id, placed)
        self.centre.run(
            "UPDATE sales_order SET state = 'cancelled' WHERE order_id = :o",
            o=placed.document.order_id,
        )

    def _next_version(self, order_id: OrderId, placed: PlacedOrder) -> None:
        self.centre.run(
            "UPDATE sales_order SET revision = revision + 1 WHERE order_id = :o", o=order_id
        )
        self.centre.run(
            "INSERT INTO order_version (order_id, revision, document, recorded_at)"
            " SELECT order_id, revision, cast(:d AS jsonb), received_at FROM sales_order"
            " WHERE order_id = :o",
            o=order_id,
            d=encode(placed).decode(),
        )

    def order(self, placed: PlacedOrder) -> Any:
        """The row of an order."""
        sql = "SELECT * FROM sales_order WHERE order_id = :o"
        return self.centre.rows(sql, o=placed.document.order_id)[0]

    def shipped(self, placed: PlacedOrder) -> dict[str, tuple[int, int, int]]:
        """Pieces that were sent, delivered and came back, by code."""
        rows = self.centre.rows(
            "SELECT code, shipped, delivered, returned FROM order_progress WHERE order_id = :o",
            o=placed.document.order_id,
        )
        return {row.code: (row.shipped, row.delivered, row.returned) for row in rows}

    def captured(self, placed: PlacedOrder) -> int:
        """Minor units that were taken for an order."""
        sql = "SELECT coalesce(sum(captured_minor), 0) FROM card_attempt WHERE order_id = :o"
        return int(self.centre.rows(sql, o=placed.document.order_id)[0][0])

    def story(self, order_id: UUID) -> list[str]:
        """Kinds of the events of an order since it was placed."""
        sql = "SELECT kind FROM order_event WHERE order_id = :o ORDER BY seq"
        return [row.kind for row in self.centre.rows(sql, o=order_id)][1:]


def line_of(placed: PlacedOrder, code: str) -> LineId:
    return next(line.line_id for line in placed.document.lines if line.code == code)


def a_message(
    version: int = 1, kind: HandOverKind = HandOverKind.NEW, tea: int = 3, name: str = "m-1"
) -> HandOver:
    """A message about an order of tea."""
    document = an_order(with_line("TEA-1", tea))
    placed = PlacedOrder(
        number=OrderNumber("4173029823"),
        document=document,
        totals=totals(document, regions()[document.region]),
        placed_at=A_MORNING,
        placed_by=document.taken_by,
    )
    order = goods_order(placed, placed.number, version, kind)
    return HandOver(id=name, type=kind, timestamp=A_MORNING, order=order)
