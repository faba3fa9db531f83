"""The page of one order: everything about it after it was placed, in one read-only snapshot.

A fixed number of statements, however long the order is and however much happened to it. What it
means is worked out by the rules `order_standing`, `order_story` and `order_acts`. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from app.models.central.order import SalesOrder
from app.services.central.customers import Customers
from app.services.central.order_changes_facts import OrderNow, order_now
from app.services.central.order_page_changes import History, history_of
from app.services.central.order_page_rows import OrderRows, names_of
from app.services.central.shipments import shipments_of
from app.services.central.transaction import Actor, Handlers, Transaction
from app.services.rules.ledger import account, line_sums
from app.services.rules.order_acts import all_acts
from app.services.rules.order_standing import Counters, lines_of
from app.services.rules.order_story import Known, story_of
from app.services.rules.regions import RegionRules
from app.values.identity import LineId, ProductCode
from app.values.vocabulary import Region
from app.wire.customers import GetOrder
from app.wire.order_operations import ASK_ORDER_PAGE
from app.wire.order_page import AskOrderPage, LineStanding, OrderPage
from app.wire.orders import OrderView
from app.wire.people import Permission

EVERYTHING = frozenset(Permission)


class OrderPages:
    """Answers what is asked about one order."""

    def __init__(self, customers: Customers, regions: Mapping[Region, RegionRules]) -> None:
        self._customers = customers
        self._regions = regions

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(ASK_ORDER_PAGE, self.answer)

    def answer(self, tx: Transaction, actor: Actor, request: AskOrderPage) -> OrderPage:
        """The page; raises Refusal `order_unnamed`, `number_wrong` or `order_unknown`."""
        return self.page(tx, request, actor.signed_in.permissions)

    def page(
        self,
        tx: Transaction,
        request: AskOrderPage,
        permissions: frozenset[Permission] = EVERYTHING,
    ) -> OrderPage:
        """The same for the command line, where nobody is signed in."""
        asked = GetOrder(order_id=request.order_id, number=request.number)
        order = self._customers.order_view(tx, asked)
        row = tx.session.get_one(SalesOrder, order.placed.document.order_id)
        now = order_now(tx, row, self._regions[row.region], order)
        rows = OrderRows(tx, row)
        history = history_of(tx, now)
        known = _known(tx, order, now, rows, history)
        return OrderPage(
            order=order,
            fulfilment=row.fulfilment,
            lines=_lines(now, rows),
            account=account(now.ledger, now.tendered, now.currency),
            may=all_acts(now.standing(permissions)),
            versions=known.versions,
            changes=known.changes,
            refunds=known.refunds,
            shipments=known.shipments,
            contacts=known.contacts,
            gaps=known.gaps,
            timeline=story_of(known),
            editing=rows.editing(),
        )


def _lines(now: OrderNow, rows: OrderRows) -> tuple[LineStanding, ...]:
    counters = tuple(
        Counters(
            line_id=LineId(one.line_id),
            kind=one.kind,
            code=ProductCode(one.code),
            description=one.description,
            ordered=one.ordered,
            cancelled=one.cancelled,
            shipped=one.shipped,
            delivered=one.delivered,
            returned=one.returned,
        )
        for one in now.progress.values()
    )
    return lines_of(now.placed.document, counters, rows.stock(), line_sums(now.ledger))


def _known(
    tx: Transaction,
    order: OrderView,
    now: OrderNow,
    rows: OrderRows,
    history: History,
) -> Known:
    versions, changes = history.versions, history.changes
    events, movements = rows.events(), rows.movements(order)
    people: list[UUID | None] = [order.placed.placed_by]
    people += [order.closed.closed_by] if order.closed is not None else []
    people += [one.person for one in events] + [one.person for one in movements]
    people += [one.by for one in versions] + [one.by for one in changes]
    seats = [order.placed.document.device_id, *(one.seat for one in events)]
    names = names_of(tx, people, seats)
    return Known(
        order=order,
        received_at=now.row.received_at,
        events=events,
        versions=versions,
        changes=changes,
        refunds=now.tendered.refunds,
        shipments=shipments_of(tx, now.row.order_id) if now.progress else (),
        contacts=rows.contacts(),
        gaps=rows.gaps(changes),
        movements=movements,
        people=names,
        seats=names,
    )
