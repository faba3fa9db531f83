"""Stock held for calls: never more than there is, whoever asks at once.

A hold is what one seat keeps for one order of one product, told whole and for a while. It is
granted as far as there is something: who wants five of two holds two. Placing the order turns it
into an allocation (`allocation`); what runs out is given back (`stock_watch`), and at once where
somebody else asks for the product.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from app.services.central.stock_rows import TrackedCodes, release_seat
from app.services.central.transaction import Actor, Handlers, Transaction
from app.values.errors import Refusal
from app.values.identity import ProductCode
from app.wire import stock_operations
from app.wire.message import Nothing
from app.wire.stock import (
    AskStock,
    ColleagueHold,
    HoldStock,
    ReleaseStock,
    StockHeld,
    StockStanding,
)

COLLEAGUES_MOST = 20
"""So many holds of others are told of a product: those that run out first."""
_FIRST_SECONDS = 300
"""Held for so long where the policy is of before and does not say."""
_NO_ORDER = UUID(int=0)


class Stock:
    """Answers `stock.hold`, `stock.release` and `stock.ask`."""

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add(stock_operations.HOLD_STOCK, self.hold)
        handlers.add(stock_operations.RELEASE_STOCK, self.release)
        handlers.add(stock_operations.ASK_STOCK, self.ask)

    def hold(self, tx: Transaction, actor: Actor, request: HoldStock) -> StockHeld:
        """As many as there are, for this order. Raises Refusal `order_placed`, `order_given_up`."""
        wanted = {one.code: one.quantity for one in request.wanted}
        tracked = TrackedCodes(_lock(tx, wanted))
        named = {code: tracked.named(code) for code in wanted}
        of_tracked = {one: wanted[code] for code, one in named.items() if one is not None}
        seen, expires_at = _Seens({}), None
        if of_tracked:
            seen, until = _kept(tx, of_tracked, request.order_id, actor.seat.device_id)
            expires_at = until if any(one.granted for one in seen.values()) else None
        standings = []
        for code in (one.code for one in request.wanted):
            one = seen.get(named[code] or "")
            held = one.granted if one is not None else 0
            standings.append(_standing(code, one, wanted[code], held, tx.at))
        return StockHeld(standings=tuple(standings), expires_at=expires_at)

    def release(self, tx: Transaction, actor: Actor, request: ReleaseStock) -> Nothing:
        """Give back what the seat holds for these orders; others keep theirs."""
        release_seat(tx, actor.seat.device_id, request.order_ids)
        return Nothing()

    def ask(self, tx: Transaction, actor: Actor, request: AskStock) -> StockHeld:
        """How products stand; of an order what its seat holds for it."""
        found = tx.connection.exec_driver_sql(_TRACKED, _folded(request.codes)).scalars().all()
        tracked = TrackedCodes(found)
        seen = _looked(tx, found, request.order_id or _NO_ORDER, actor.seat.device_id)
        standings = []
        for code in request.codes:
            one = seen.get(tracked.named(code) or "")
            held = one.held_at(tx.at) if one is not None else 0
            standings.append(_standing(code, one, held, held, tx.at))
        ends = [one.own_until for one in seen.values() if one.held_at(tx.at)]
        return StockHeld(
            standings=tuple(standings), expires_at=min(filter(None, ends), default=None)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A tracked product before the hold that was `granted`.

    `own` is held by the asking seat for the order, `expired` by others whose time is over.
    """

    code: str
    on_hand: int
    reserved: int
    expected_on: date | None
    own: int
    own_until: datetime | None
    expired: int
    colleagues: tuple[ColleagueHold, ...]
    granted: int

    @property
    def free(self) -> int:
        """What nobody holds nor has, once all that ran out is given back."""
        return self.on_hand - self.reserved + self.expired

    def held_at(self, at: datetime) -> int:
        """What the seat holds for the order, unless its time is over."""
        return self.own if self.own_until is not None and self.own_until > at else 0


_Seens = dict[str, _Seen]


_TRACKED = """
    SELECT s.code FROM stock_level s
    WHERE s.code IN (SELECT p.code FROM product p WHERE upper(p.code) = ANY (%(codes)s))
"""
# A hold is worth nothing once its call is over, so its commit does not wait for the disk, nor for a
# standby: what a crash loses is held again within a third of its time, and an order that comes
# meanwhile takes what there is. Whoever holds the lock of a hot product during a flush of the disk
# would keep everybody else out.
_LOCK_TRACKED = (
    "SELECT s.code, set_config('synchronous_commit', 'off', true) FROM stock_level s"
    " WHERE s.code IN (SELECT p.code FROM product p WHERE upper(p.code) = ANY (%(codes)s))"
    " ORDER BY s.code FOR NO KEY UPDATE OF s"
)


def _folded(codes: Collection[str]) -> dict[str, list[str]]:
    return {"codes": list({code.upper() for code in codes})}


def _lock(tx: Transaction, codes: Collection[str]) -> list[str]:
    """Codes of those that are tracked, locked in their order."""
    rows = tx.connection.exec_driver_sql(_LOCK_TRACKED, _folded(codes))
    return [code for code, _ in rows]


_SEEN = f"""
    SELECT s.code, s.on_hand, s.reserved, s.expected_on,
           coalesce(o.quantity, 0) AS own, o.expires_at AS own_until,
           coalesce(x.expired, 0)::bigint AS expired, c.pieces, c.ends
    FROM stock_level s
    LEFT JOIN stock_hold o
        ON o.code = s.code AND o.order_id = %(order)s AND o.device_id = %(device)s
    LEFT JOIN LATERAL (
        SELECT sum(h.quantity) AS expired FROM stock_hold h
        WHERE h.code = s.code AND h.expires_at <= %(at)s
          AND (h.order_id, h.device_id) <> (%(order)s, %(device)s)
    ) x ON true
    LEFT JOIN LATERAL (
        SELECT array_agg(n.quantity ORDER BY n.expires_at) AS pieces,
               array_agg(n.expires_at ORDER BY n.expires_at) AS ends
        FROM (
            SELECT h.quantity, h.expires_at FROM stock_hold h
            WHERE h.code = s.code AND h.expires_at > %(at)s
              AND (h.order_id, h.device_id) <> (%(order)s, %(device)s)
            ORDER BY h.expires_at LIMIT {COLLEAGUES_MOST}
        ) n
    ) c ON true
    WHERE s.code = ANY (%(codes)s)
"""  # noqa: S608 - a number of ours
# Asked once the products are locked: a statement that had waited for the lock would still see the
# holds of before. All in one, because everybody who wants a hot product waits for every answer on
# its way. What ran out of these products is given back with it.
_HOLD = f"""
    WITH seen AS MATERIALIZED ({_SEEN}), call AS MATERIALIZED (
        SELECT EXISTS (SELECT FROM sales_order WHERE order_id = %(order)s) AS placed,
               EXISTS (SELECT FROM given_up_order WHERE order_id = %(order)s) AS given_up,
               %(at)s + make_interval(secs => coalesce(
                   (SELECT (document->>'hold_seconds')::int FROM policy
                    ORDER BY revision DESC LIMIT 1), {_FIRST_SECONDS})) AS expires_at
    ), given AS MATERIALIZED (
        SELECT s.code, s.own, s.expired,
               least(w.wanted, greatest(s.on_hand - s.reserved + s.expired + s.own, 0)) AS granted
        FROM seen s
        JOIN unnest(%(codes)s::text[], %(wanted)s::bigint[]) AS w (code, wanted) USING (code)
        JOIN call ON NOT call.placed AND NOT call.given_up
    ), ended AS (
        DELETE FROM stock_hold h USING given g
        WHERE h.code = g.code AND h.expires_at <= %(at)s
          AND (h.order_id, h.device_id) <> (%(order)s, %(device)s)
    ), dropped AS (
        DELETE FROM stock_hold h USING given g
        WHERE h.code = g.code AND h.order_id = %(order)s AND h.device_id = %(device)s
          AND g.granted = 0
    ), kept AS (
        INSERT INTO stock_hold (code, order_id, device_id, quantity, expires_at)
        SELECT g.code, %(order)s, %(device)s, g.granted, call.expires_at FROM given g, call
        WHERE g.granted > 0
        ON CONFLICT (code, order_id, device_id)
        DO UPDATE SET quantity = excluded.quantity, expires_at = excluded.expires_at
    ), levelled AS (
        UPDATE stock_level s SET reserved = s.reserved + g.granted - g.own - g.expired
        FROM given g WHERE s.code = g.code AND g.granted <> g.own + g.expired
    )
    SELECT seen.*, given.granted, call.placed, call.given_up, call.expires_at
    FROM seen CROSS JOIN call LEFT JOIN given USING (code)
"""  # noqa: S608 - a number of ours


def _looked(tx: Transaction, codes: Collection[str], order_id: UUID, device_id: UUID) -> _Seens:
    """Tracked products as they stand for an order."""
    if not codes:
        return _Seens({})
    values = {"codes": list(codes), "order": order_id, "device": device_id, "at": tx.at}
    return _Seens({row[0]: _seen(row) for row in tx.connection.exec_driver_sql(_SEEN, values)})


def _kept(
    tx: Transaction, wanted: Mapping[str, int], order_id: UUID, device_id: UUID
) -> tuple[_Seens, datetime]:
    """Locked products after the hold, and until when it is. Raises as `Stock.hold`."""
    values = {
        "codes": list(wanted),
        "wanted": list(wanted.values()),
        "order": order_id,
        "device": device_id,
        "at": tx.at,
    }
    rows = tx.connection.exec_driver_sql(_HOLD, values).all()
    is_placed, is_given_up, expires_at = rows[0][10:]
    if is_placed:
        raise Refusal(
            "order_placed", "This order was placed: what it needs is set aside for it already."
        )
    if is_given_up:
        raise Refusal("order_given_up", "This order was given up. Nothing is held for it.")
    return _Seens({row[0]: _seen(row, granted=row[9]) for row in rows}), _utc(expires_at)


def _seen(row: Sequence[Any], granted: int = 0) -> _Seen:
    return _Seen(
        code=row[0],
        on_hand=row[1],
        reserved=row[2],
        expected_on=row[3],
        own=row[4],
        own_until=_utc(row[5]) if row[5] is not None else None,
        expired=row[6],
        colleagues=tuple(
            ColleagueHold(quantity=pieces, expires_at=_utc(end))
            for pieces, end in zip(row[7] or (), row[8] or (), strict=True)
        ),
        granted=granted,
    )


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


def _standing(
    code: ProductCode, seen: _Seen | None, wanted: int, held: int, at: datetime
) -> StockStanding:
    if seen is None:
        return StockStanding(code=code, tracked=False, wanted=wanted, as_of=at)
    return StockStanding(
        code=code,
        tracked=True,
        wanted=wanted,
        held=held,
        left=seen.free + seen.own - held,
        colleagues=seen.colleagues,
        expected_on=seen.expected_on,
        as_of=at,
    )
