"""How far an order is, from what the warehouse tells in whatever order it is heard. Pure.

Counters only grow, by shipment: the same parcel told again changes nothing, and pieces that were
never ordered, or were cancelled, are never counted. What a parcel met on its way may be heard
before the parcel itself; it holds as soon as that is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from app.values.identity import LineId
from app.values.order_life import Fulfilment
from app.values.warehouse import ShipmentState, WarehouseEventKind

_WORDS_OF_A_PARCEL = {
    WarehouseEventKind.DELIVERY_FAILED: ShipmentState.DELIVERY_FAILED,
    WarehouseEventKind.DELIVERED: ShipmentState.DELIVERED,
    WarehouseEventKind.RETURNED_TO_SENDER: ShipmentState.RETURNED,
}
_RANKS = {state: rank for rank, state in enumerate(ShipmentState)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """Counters of a line of goods. What is still to be sent is `left`."""

    ordered: int
    cancelled: int = 0
    shipped: int = 0
    delivered: int = 0
    returned: int = 0

    @property
    def left(self) -> int:
        """Pieces that may still be sent."""
        return max(self.ordered - self.cancelled - self.shipped, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A shipment: `told` are its pieces by line, `counted` those of them that could be true.

    `told` None: it was heard of, and not yet what is in it. `heard` are the states it came to.
    """

    told: Mapping[LineId, int] | None = None
    counted: Mapping[LineId, int] = field(default_factory=dict)
    heard: frozenset[ShipmentState] = frozenset()

    @property
    def state(self) -> ShipmentState:
        """The furthest it came."""
        return max(self.heard, key=_RANKS.__getitem__, default=ShipmentState.SHIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """The goods of an order: counters by line, parcels by their id, and what was noted of it all.

    `was_told`: the warehouse has the order.
    """

    lines: Mapping[LineId, Pieces]
    parcels: Mapping[str, Parcel] = field(default_factory=dict)
    was_told: bool = False
    is_picking: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Pieces as a report names them; `lines` are those it may mean, none where there is none."""

    what: str
    quantity: int
    lines: tuple[LineId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a report says of the goods. No `pieces` in a parcel: all that is still to be sent."""

    kind: WarehouseEventKind
    shipment: str = ""
    pieces: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The goods after a report. `surplus` are pieces that could not be true, by what was named.

    `differs`: the parcel was told of before, with other pieces; that stands.
    """

    goods: Goods
    surplus: Mapping[str, int] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    differs: bool = False


def take(goods: Goods, report: Report) -> Taken:
    """The goods once a report is believed, as far as it can be."""
    match report.kind:
        case WarehouseEventKind.SHIPPED:
            return _shipped(goods, report)
        case WarehouseEventKind.ALLOCATED | WarehouseEventKind.ACCEPTED:
            return Taken(goods=replace(goods, was_told=True))
        case WarehouseEventKind.PICKING | WarehouseEventKind.COULD_NOT_PICK:
            return Taken(goods=replace(goods, was_told=True, is_picking=True))
        case kind if kind in _WORDS_OF_A_PARCEL:
            before = goods.parcels.get(report.shipment, Parcel())
            parcel = replace(before, heard=before.heard | {_WORDS_OF_A_PARCEL[kind]})
            return Taken(goods=_arrived(goods, report.shipment, before, parcel))
        case _:
            return Taken(goods=goods)


def fulfilment_of(goods: Goods) -> Fulfilment:
    """How far the order is; `completed` is a matter of time, and not of goods."""
    shipped = sum(one.shipped for one in goods.lines.values())
    if not shipped:
        if goods.is_picking:
            return Fulfilment.PICKING
        return Fulfilment.ALLOCATED if goods.was_told else Fulfilment.WAITING
    if any(one.left for one in goods.lines.values()):
        return Fulfilment.PART_SHIPPED
    delivered = sum(one.delivered for one in goods.lines.values())
    return Fulfilment.DELIVERED if delivered == shipped else Fulfilment.SHIPPED


def is_all_shipped(goods: Goods) -> bool:
    """Whether something was sent and nothing is left to be."""
    lines = goods.lines.values()
    return any(one.shipped for one in lines) and not any(one.left for one in lines)


def _shipped(goods: Goods, report: Report) -> Taken:
    before = goods.parcels.get(report.shipment, Parcel())
    if before.told is not None:
        return Taken(goods=goods, differs=_differs(before.told, report.pieces))
    named = report.pieces or tuple(_all_left(goods))
    unknown = tuple(one.what for one in named if not one.lines)
    told, counted = _split(goods.lines, [one for one in named if one.lines])
    left = {line: told[line] - counted.get(line, 0) for line in told}
    surplus: dict[str, int] = {}
    for one in named:
        over = min(one.quantity, sum(left.get(line, 0) for line in one.lines))
        if over:
            surplus[one.what] = surplus.get(one.what, 0) + over
            left.update(dict.fromkeys(one.lines, 0))
    lines = {
        line: replace(pieces, shipped=pieces.shipped + counted.get(line, 0))
        for line, pieces in goods.lines.items()
    }
    heard = before.heard | {ShipmentState.SHIPPED}
    parcel = Parcel(told=told, counted=counted, heard=heard)
    after = replace(goods, lines=lines, was_told=True)
    # What was heard of it before counts from nothing: none of its pieces were known.
    unheard = replace(parcel, heard=frozenset({ShipmentState.SHIPPED}))
    return Taken(
        goods=_arrived(after, report.shipment, unheard, parcel), surplus=surplus, unknown=unknown
    )


def _differs(before: Mapping[LineId, int], named: Collection[Named]) -> bool:
    """Whether a parcel is told of with other pieces than before, whichever lines they were of."""
    wanted: dict[tuple[LineId, ...], int] = {}
    for one in named:
        wanted[one.lines] = wanted.get(one.lines, 0) + one.quantity
    wanted.pop((), None)
    return bool(named) and (
        sum(wanted.values()) != sum(before.values())
        or any(sum(before.get(line, 0) for line in lines) != n for lines, n in wanted.items())
    )


def _all_left(goods: Goods) -> Iterator[Named]:
    for line, pieces in goods.lines.items():
        if pieces.left:
            yield Named(what=str(line), quantity=pieces.left, lines=(line,))


def _split(
    lines: Mapping[LineId, Pieces], named: Collection[Named]
) -> tuple[dict[LineId, int], dict[LineId, int]]:
    """Pieces by line, as told and as counted; what is over stands with the last line it may be."""
    left = {line: pieces.left for line, pieces in lines.items()}
    told: dict[LineId, int] = {}
    counted: dict[LineId, int] = {}
    for one in named:
        rest = one.quantity
        for line in one.lines:
            got = min(rest, left.get(line, 0))
            if got:
                left[line] -= got
                rest -= got
                told[line] = told.get(line, 0) + got
                counted[line] = counted.get(line, 0) + got
        if rest:
            told[one.lines[-1]] = told.get(one.lines[-1], 0) + rest
    return told, counted


def _arrived(goods: Goods, shipment: str, before: Parcel, after: Parcel) -> Goods:
    """What became of a parcel, in the counters of its lines; each word counts once."""
    new = after.heard - before.heard
    lines = dict(goods.lines)
    for line, pieces in after.counted.items():
        delivered = pieces if ShipmentState.DELIVERED in new else 0
        returned = pieces if ShipmentState.RETURNED in new else 0
        now = lines[line]
        lines[line] = replace(
            now, delivered=now.delivered + delivered, returned=now.returned + returned
        )
    return replace(goods, lines=lines, parcels={**goods.parcels, shipment: after})
