"""Parcels, counters and stock of an order: rows into the goods of the rules, and back.

Part of the transaction it is given, which has the order's row locked (`order_progress.opened`).
Levels of stock are locked after it, in the order of their codes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, cast, select

from app.models.central.order import OrderVersion, SalesOrder
from app.models.central.order_life import OrderProgress
from app.models.central.warehouse import (
    OrderAtWarehouse,
    Shipment,
    ShipmentLine,
    WarehouseEventRow,
)
from app.services.central.order_progress import progress_of
from app.services.central.stock_rows import TrackedCodes, change_reserved, lock_levels
from app.services.central.transaction import Transaction
from app.services.rules.fulfilment import Goods, Parcel, Pieces
from app.values.identity import LineId
from app.values.order_life import Fulfilment
from app.values.vocabulary import ProductKind
from app.values.warehouse import EventOutcome, ShipmentState, WarehouseEventKind
from app.wire.message import decode
from app.wire.order_page import ParcelLine, ShipmentView
from app.wire.orders import PlacedOrder

HEARD = {
    WarehouseEventKind.DELIVERED: ShipmentState.DELIVERED,
    WarehouseEventKind.DELIVERY_FAILED: ShipmentState.DELIVERY_FAILED,
    WarehouseEventKind.RETURNED_TO_SENDER: ShipmentState.RETURNED,
}
_BELIEVED = (EventOutcome.TAKEN, EventOutcome.PART)
_PAST_TELLING = frozenset(Fulfilment) - {Fulfilment.WAITING}


@dataclass(slots=True, kw_only=True)
class Held:
    """The rows behind the goods of an order. `heard_at`: when each parcel came to each state."""

    order: SalesOrder
    lines: dict[UUID, OrderProgress]
    parcels: dict[str, Shipment]
    goods: Goods
    heard_at: dict[str, dict[ShipmentState, datetime]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelTold:
    """What a report says of a parcel beside its pieces."""

    shipment_id: str
    carrier: str = ""
    tracking: str = ""
    note: str = ""
    at: datetime


def held_goods(tx: Transaction, order: SalesOrder) -> Held:
    """The goods of an opened order as they stand."""
    lines = progress_of(tx, order.order_id)
    of_order = Shipment.order_id == order.order_id
    parcels = {row.shipment_id: row for row in tx.session.scalars(select(Shipment).where(of_order))}
    heard_at = _heard_at(tx, order.order_id)
    there = tx.session.get(OrderAtWarehouse, order.order_id)
    goods = Goods(
        lines={LineId(key): _pieces(row) for key, row in lines.items() if _is_goods(row)},
        parcels=_parcels(tx, order.order_id, parcels, heard_at),
        was_told=order.fulfilment in _PAST_TELLING
        or (there is not None and there.told_at is not None),
        is_picking=there is not None and there.picking_at is not None,
    )
    return Held(order=order, lines=lines, parcels=parcels, goods=goods, heard_at=heard_at)


def keep_goods(tx: Transaction, held: Held, after: Goods, told: ParcelTold | None) -> int:
    """Bring counters, parcels and stock to `after`; how many pieces have left by it."""
    left: Counter[str] = Counter()
    for line, pieces in after.lines.items():
        row = held.lines[line]
        if pieces.shipped > row.shipped:
            left[row.code] += pieces.shipped - row.shipped
        row.shipped, row.delivered, row.returned = (
            pieces.shipped,
            pieces.delivered,
            pieces.returned,
        )
    if told is not None:
        _keep_parcel(tx, held, after.parcels[told.shipment_id], told)
    tx.session.flush()
    if left:
        leave_stock(tx, held.order.order_id, left)
    return left.total()


def _is_goods(row: OrderProgress) -> bool:
    return row.kind is ProductKind.GOODS


def _pieces(row: OrderProgress) -> Pieces:
    return Pieces(
        ordered=row.ordered,
        cancelled=row.cancelled,
        shipped=row.shipped,
        delivered=row.delivered,
        returned=row.returned,
    )


def _heard_at(tx: Transaction, order_id: UUID) -> dict[str, dict[ShipmentState, datetime]]:
    """The first instant of each; reports may be heard before their parcel is."""
    shipment = WarehouseEventRow.document["shipment"].as_string()
    rows = select(shipment, WarehouseEventRow.kind, WarehouseEventRow.at).where(
        WarehouseEventRow.order_id == order_id,
        WarehouseEventRow.kind.in_(HEARD),
        WarehouseEventRow.outcome.in_(_BELIEVED),
    )
    found: defaultdict[str, dict[ShipmentState, datetime]] = defaultdict(dict)
    for shipment_id, kind, at in tx.session.execute(rows):
        states = found[shipment_id]
        states[HEARD[kind]] = min(at, states.get(HEARD[kind], at))
    return dict(found)


def _parcels(
    tx: Transaction,
    order_id: UUID,
    rows: Mapping[str, Shipment],
    heard_at: Mapping[str, Mapping[ShipmentState, datetime]],
) -> dict[str, Parcel]:
    found = {key: Parcel(heard=frozenset(states)) for key, states in heard_at.items()}
    told: defaultdict[str, dict[LineId, int]] = defaultdict(dict)
    counted: defaultdict[str, dict[LineId, int]] = defaultdict(dict)
    lines = select(ShipmentLine).where(ShipmentLine.order_id == order_id)
    for line in tx.session.scalars(lines):
        told[line.shipment_id][LineId(line.line_id)] = line.told
        if line.counted:
            counted[line.shipment_id][LineId(line.line_id)] = line.counted
    for key in rows:
        heard = frozenset(heard_at.get(key, ())) | {ShipmentState.SHIPPED}
        found[key] = Parcel(told=told[key], counted=counted[key], heard=heard)
    return found


def _keep_parcel(tx: Transaction, held: Held, parcel: Parcel, told: ParcelTold) -> None:
    if parcel.told is None:
        return
    order_id = held.order.order_id
    row = held.parcels.get(told.shipment_id)
    if row is None:
        row = Shipment(
            order_id=order_id,
            shipment_id=told.shipment_id,
            state=ShipmentState.SHIPPED,
            carrier=told.carrier,
            tracking=told.tracking,
            note="",
            shipped_at=min(told.at, tx.at),
            delivered_at=None,
        )
        tx.session.add(row)
        tx.session.flush()
        held.parcels[told.shipment_id] = row
        tx.session.add_all(
            ShipmentLine(
                order_id=order_id,
                shipment_id=told.shipment_id,
                line_id=line,
                told=pieces,
                counted=parcel.counted.get(line, 0),
            )
            for line, pieces in parcel.told.items()
        )
    row.state = parcel.state
    row.carrier = row.carrier or told.carrier
    row.tracking = row.tracking or told.tracking
    row.note = told.note or row.note
    arrived = held.heard_at.get(told.shipment_id, {}).get(ShipmentState.DELIVERED)
    if ShipmentState.DELIVERED in parcel.heard:
        row.delivered_at = min(arrived or told.at, tx.at)


_TRACKED = """
    SELECT s.code FROM product p JOIN stock_level s ON s.code = p.code
    WHERE upper(p.code) = ANY (%(codes)s)
"""
_ALLOCATIONS = """
    SELECT a.code, a.allocated, a.back_ordered FROM order_allocation a
    WHERE a.order_id = %(order)s AND a.code = ANY (%(codes)s)
"""
_TAKE_OUT = """
    UPDATE order_allocation a
    SET allocated = a.allocated - g.allocated, back_ordered = a.back_ordered - g.back_ordered
    FROM unnest(%(codes)s::text[], %(allocated)s::bigint[], %(back_ordered)s::bigint[])
        AS g (code, allocated, back_ordered)
    WHERE a.order_id = %(order)s AND a.code = g.code
"""
# Below nothing the count was wrong before; the next count says how much there is.
_LEAVE = """
    UPDATE stock_level s SET on_hand = greatest(s.on_hand - g.pieces, least(s.on_hand, 0))
    FROM unnest(%(codes)s::text[], %(pieces)s::bigint[]) AS g (code, pieces)
    WHERE s.code = g.code
"""


def leave_stock(tx: Transaction, order_id: UUID, left: Mapping[str, int]) -> None:
    """Pieces that have left are no longer on hand, nor spoken for; by codes of the order."""
    folded = [code.upper() for code in left]
    codes = tx.connection.exec_driver_sql(_TRACKED, {"codes": folded}).scalars().all()
    levels = lock_levels(tx, codes)
    if not levels:
        return
    tracked = TrackedCodes(levels)
    pieces: Counter[str] = Counter()
    for code, count in left.items():
        named = tracked.named(code)
        if named is not None:
            pieces[named] += count
    values = {"order": order_id, "codes": list(pieces)}
    had = {
        code: (allocated, late)
        for code, allocated, late in tx.connection.exec_driver_sql(_ALLOCATIONS, values)
    }
    allocated = {code: min(count, had.get(code, (0, 0))[0]) for code, count in pieces.items()}
    late = {
        code: min(count - allocated[code], had.get(code, (0, 0))[1])
        for code, count in pieces.items()
    }
    change_reserved(tx, {code: -count for code, count in allocated.items()})
    columns = {"allocated": list(allocated.values()), "back_ordered": list(late.values())}
    tx.connection.exec_driver_sql(_TAKE_OUT, values | columns)
    tx.connection.exec_driver_sql(_LEAVE, values | {"pieces": list(pieces.values())})


def at_warehouse(tx: Transaction, order_id: UUID) -> OrderAtWarehouse:
    """How far a locked order is there; made where nothing was noted of it."""
    row = tx.session.get(OrderAtWarehouse, order_id)
    if row is None:
        row = OrderAtWarehouse(
            order_id=order_id,
            told_at=None,
            allocated_at=None,
            picking_at=None,
            completes_at=None,
            capture_due_at=None,
            capture_tries=0,
        )
        tx.session.add(row)
    return row


def placed_at_revision(tx: Transaction, order_id: UUID, revision: int) -> PlacedOrder:
    """A version of an order."""
    document = select(cast(OrderVersion.document, Text)).where(
        OrderVersion.order_id == order_id, OrderVersion.revision == revision
    )
    return decode(tx.session.execute(document).scalar_one().encode(), PlacedOrder)


def shipments_of(tx: Transaction, order_id: UUID) -> tuple[ShipmentView, ...]:
    """Parcels of an order with the pieces that count, in the order in which they left."""
    rows = select(Shipment).where(Shipment.order_id == order_id)
    counted = select(ShipmentLine).where(ShipmentLine.order_id == order_id)
    lines: defaultdict[str, list[ParcelLine]] = defaultdict(list)
    for line in tx.session.scalars(counted.order_by(ShipmentLine.line_id)):
        if line.counted:
            pieces = ParcelLine(line_id=LineId(line.line_id), quantity=line.counted)
            lines[line.shipment_id].append(pieces)
    return tuple(
        ShipmentView(
            shipment_id=row.shipment_id,
            state=row.state.value,
            carrier=row.carrier,
            tracking=row.tracking,
            lines=tuple(lines[row.shipment_id]),
            shipped_at=row.shipped_at,
            delivered_at=row.delivered_at,
            note=row.note,
        )
        for row in tx.session.scalars(rows.order_by(Shipment.shipped_at, Shipment.shipment_id))
    )
