"""Finds orders for a CSR: by number, telephone, name, postcode, e-mail, product, total and day.

The newest first, a page at a time by key. Whatever is asked, no more than so many orders are looked
through for one page: where that is not enough the answer says how far back it came, and the next
page goes on from there. A number with a wrong digit finds nothing by itself: numbers one slip away
are offered, never chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import aliased

from app.models.central.customer import Customer
from app.models.central.order import OrderNumberAlias, OrderVersion, SalesOrder
from app.services.central.order_walk import Page, walk
from app.services.central.transaction import Actor, Handlers, Transaction
from app.values.identity import OrderId
from app.values.money import Money
from app.values.order_number import OrderNumber, one_slip_away
from app.wire.order_operations import FIND_ORDERS
from app.wire.order_search import (
    FindOrders,
    FoundOrder,
    Meaning,
    OfferedNumber,
    OrderCriteria,
    OrdersFound,
)

OTHERS_MOST = 2
"""So many more readings of a text are tried for whether they find anything."""


class OrderSearch:
    """Answers `orders.find`."""

    def register(self, handlers: Handlers) -> None:
        """Name the handler."""
        handlers.add(FIND_ORDERS, self.find)

    def find(self, tx: Transaction, actor: Actor, request: FindOrders) -> OrdersFound:
        """Orders by the first reading that finds any; the one that has the number stands on top."""
        del actor
        readings = request.readings
        numbered = _numbered(tx, readings[0])
        at, page = _first_that_finds(tx, request, 1 if readings[0].number else 0)
        rows = [
            order for order in _shown(tx, page.order_ids, readings[at]) if order not in numbered
        ]
        found_by = readings[0 if numbered else at]
        return OrdersFound(
            meaning=found_by.meaning,
            reading=at,
            orders=(*numbered, *rows),
            others=_others(tx, request, at) if request.after is None else (),
            more=page.more,
            searched_to=page.searched_to,
            offers=_offers(tx, request.slip_of),
        )


def _first_that_finds(tx: Transaction, request: FindOrders, first: int) -> tuple[int, Page]:
    """Which reading it is; where none finds any, the first that has not looked through all."""
    readings = request.readings
    unfinished = (min(first, len(readings) - 1), Page())
    for at in range(first, len(readings)):
        page = walk(tx, readings[at], request.after, request.limit)
        if page.order_ids:
            return at, page
        if page.more is not None and unfinished[1].more is None:
            unfinished = at, page
    return unfinished


def _others(tx: Transaction, request: FindOrders, chosen: int) -> tuple[int, ...]:
    """Readings of one kind behind the chosen one that find something, too."""
    behind = [
        at
        for at in range(chosen + 1, len(request.readings))
        if request.readings[at].meaning is not Meaning.SEVERAL
    ]
    tried = behind[:OTHERS_MOST]
    return tuple(at for at in tried if walk(tx, request.readings[at], None, 1).order_ids)


def _numbered(tx: Transaction, criteria: OrderCriteria) -> tuple[FoundOrder, ...]:
    """The order that has a number, and those whose callers were told it."""
    if not criteria.number:
        return ()
    told = select(OrderNumberAlias.order_id).where(OrderNumberAlias.number == criteria.number)
    has = select(SalesOrder.order_id).where(SalesOrder.number == criteria.number)
    ids = dict.fromkeys(tx.session.execute(has.union_all(told)).scalars())
    return tuple(_shown(tx, tuple(ids), criteria))


_Known, _Root = aliased(Customer), aliased(Customer)
_SHOWN = (
    select(
        SalesOrder.order_id,
        SalesOrder.number,
        SalesOrder.placed_at,
        SalesOrder.line_count,
        SalesOrder.total_minor,
        SalesOrder.currency,
        SalesOrder.state,
        SalesOrder.fulfilment,
        func.coalesce(
            _Root.name, OrderVersion.document["document"]["customer"]["name"].astext, ""
        ).label("customer_name"),
        func.coalesce(OrderVersion.document["document"]["deliver_to"]["postcode"].astext, "").label(
            "postcode"
        ),
    )
    .join(
        OrderVersion,
        (OrderVersion.order_id == SalesOrder.order_id)
        & (OrderVersion.revision == SalesOrder.revision),
    )
    .outerjoin(_Known, _Known.customer_id == SalesOrder.customer_id)
    .outerjoin(_Root, _Root.customer_id == func.coalesce(_Known.merged_into, _Known.customer_id))
)


def _shown(tx: Transaction, order_ids: Sequence[UUID], criteria: OrderCriteria) -> list[FoundOrder]:
    """Orders in the order of their ids."""
    if not order_ids:
        return []
    rows = tx.session.execute(_SHOWN.where(SalesOrder.order_id.in_(order_ids))).all()
    by_id = {row.order_id: row for row in rows}
    return [_found(by_id[order_id], criteria) for order_id in order_ids if order_id in by_id]


def _found(row: Row[Any], criteria: OrderCriteria) -> FoundOrder:
    is_told = bool(criteria.number) and row.number != criteria.number
    return FoundOrder(
        order_id=OrderId(row.order_id),
        number=OrderNumber(row.number),
        placed_at=row.placed_at,
        line_count=row.line_count,
        total=Money(row.total_minor, row.currency),
        state=row.state.value,
        fulfilment=row.fulfilment,
        customer_name=row.customer_name,
        postcode=row.postcode,
        meaning=criteria.meaning,
        told_number=OrderNumber(criteria.number) if is_told else None,
    )


def _offers(tx: Transaction, digits: str) -> tuple[OfferedNumber, ...]:
    """Orders whose numbers a single slip turns into these digits; without anything personal."""
    meant = one_slip_away(digits)
    if not meant:
        return ()
    rows = tx.session.scalars(
        select(SalesOrder)
        .where(SalesOrder.number.in_(meant))
        .order_by(SalesOrder.placed_at.desc(), SalesOrder.order_id.desc())
    )
    return tuple(
        OfferedNumber(
            order_id=OrderId(row.order_id),
            number=OrderNumber(row.number),
            placed_at=row.placed_at,
            total=Money(row.total_minor, row.currency),
            state=row.state.value,
            fulfilment=row.fulfilment,
        )
        for row in rows
    )
