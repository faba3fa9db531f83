"""Stock held for calls: never more than there is, whoever asks at once.

A hold is what one seat keeps for one order of one product, told whole and for a while. It is
granted as far as there is something: who wants five of two holds two. Placing the order turns it
into an allocation (`allocation`); what runs out is given back (`stock_watch`), and at once where
somebody else asks for the product.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from app.services.central.stock_rows import TrackedCodes, change_reserved, release_seat
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
        locked = _lock(tx, wanted)
        seen = _look(tx, locked, request.order_id, actor.seat.device_id)
        if seen.by_code:
            _require_open(seen)
        expires_at = tx.at + timedelta(seconds=seen.hold_seconds)
        by_code = seen.named(wanted)
        granted = {
            one.code: one.granted(pieces)
            for code, pieces in wanted.items()
            if (one := by_code[code]) is not None
        }
        _keep(tx, seen, granted, request.order_id, actor.seat.device_id, expires_at)
        standings = tuple(
            _held(one.code, wanted[one.code], by_code[one.code], granted, tx.at)
            for one in request.wanted
        )
        return StockHeld(
            standings=standings, expires_at=expires_at if any(granted.values()) else None
        )

    def release(self, tx: Transaction, actor: Actor, request: ReleaseStock) -> Nothing:
        """Give back what the seat holds for these orders; others keep theirs."""
        release_seat(tx, actor.seat.device_id, request.order_ids)
        return Nothing()

    def ask(self, tx: Transaction, actor: Actor, request: AskStock) -> StockHeld:
        """How products stand; of an order what its seat holds for it."""
        known = tx.connection.exec_driver_sql(_TRACKED, _folded(request.codes)).scalars().all()
        seen = _look(tx, known, request.order_id or _NO_ORDER, actor.seat.device_id)
        by_code = seen.named(request.codes)
        standings = tuple(_as_asked(code, by_code[code], tx.at) for code in request.codes)
        ends = [one.own_until for one in seen.by_code.values() if one.own_until is not None]
        live = [end for end in ends if end > tx.at]
        return StockHeld(standings=standings, expires_at=min(live, default=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A tracked product. `own` is held by the asking seat for the order, `expired` by others."""

    code: str
    on_hand: int
    reserved: int
    expected_on: date | None
    own: int
    own_until: datetime | None
    expired: int
    colleagues: tuple[ColleagueHold, ...]

    @property
    def free(self) -> int:
        """What nobody holds nor has, once all that ran out is given back."""
        return self.on_hand - self.reserved + self.expired

    def granted(self, wanted: int) -> int:
        """Of what is wanted, as many as there are for this order."""
        return min(wanted, max(self.free + self.own, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """Products as they stand for an order, and what is known of the order."""

    by_code: Mapping[str, _Seen]
    is_placed: bool = False
    is_given_up: bool = False
    hold_seconds: int = _FIRST_SECONDS

    def named(self, codes: Iterable[str]) -> dict[str, _Seen | None]:
        """The product that each code names; None where it is not tracked."""
        tracked = TrackedCodes(self.by_code)
        found = {code: tracked.named(code) for code in codes}
        return {code: self.by_code[one] if one is not None else None for code, one in found.items()}


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


# Read after the products are locked: a statement that had waited for the lock would still see the
# holds of before.
_LOOK = f"""
    SELECT s.code, s.on_hand, s.reserved, s.expected_on,
           o.quantity, o.expires_at, coalesce(x.expired, 0)::bigint, c.pieces, c.ends,
           EXISTS (SELECT FROM sales_order WHERE order_id = %(order)s),
           EXISTS (SELECT FROM given_up_order WHERE order_id = %(order)s),
           (SELECT (document->>'hold_seconds')::bigint FROM policy ORDER BY revision DESC LIMIT 1)
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


def _look(tx: Transaction, codes: Collection[str], order_id: UUID, device_id: UUID) -> _Look:
    if not codes:
        return _Look(by_code={})
    values = {"codes": list(codes), "order": order_id, "device": device_id, "at": tx.at}
    rows = tx.connection.exec_driver_sql(_LOOK, values).all()
    seen = [
        _Seen(
            code=row[0],
            on_hand=row[1],
            reserved=row[2],
            expected_on=row[3],
            own=row[4] or 0,
            own_until=_utc(row[5]) if row[5] is not None else None,
            expired=row[6],
            colleagues=tuple(
                ColleagueHold(quantity=pieces, expires_at=_utc(end))
                for pieces, end in zip(row[7] or (), row[8] or (), strict=True)
            ),
        )
        for row in rows
    ]
    is_placed, is_given_up, seconds = rows[0][9:]
    return _Look(
        by_code={one.code: one for one in seen},
        is_placed=is_placed,
        is_given_up=is_given_up,
        hold_seconds=seconds or _FIRST_SECONDS,
    )


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


def _require_open(seen: _Look) -> None:
    if seen.is_placed:
        raise Refusal(
            "order_placed", "This order was placed: what it needs is set aside for it already."
        )
    if seen.is_given_up:
        raise Refusal("order_given_up", "This order was given up. Nothing is held for it.")


_KEEP = """
    WITH given AS (
        SELECT * FROM unnest(%(codes)s::text[], %(granted)s::bigint[]) AS g (code, granted)
    ), ended AS (
        DELETE FROM stock_hold h USING given g
        WHERE h.code = g.code AND h.expires_at <= %(at)s
          AND (h.order_id, h.device_id) <> (%(order)s, %(device)s)
    ), dropped AS (
        DELETE FROM stock_hold h USING given g
        WHERE h.code = g.code AND h.order_id = %(order)s AND h.device_id = %(device)s
          AND g.granted = 0
    )
    INSERT INTO stock_hold (code, order_id, device_id, quantity, expires_at)
    SELECT g.code, %(order)s, %(device)s, g.granted, %(expires_at)s FROM given g
    WHERE g.granted > 0
    ON CONFLICT (code, order_id, device_id)
    DO UPDATE SET quantity = excluded.quantity, expires_at = excluded.expires_at
"""


def _keep(
    tx: Transaction,
    seen: _Look,
    granted: Mapping[str, int],
    order_id: UUID,
    device_id: UUID,
    expires_at: datetime,
) -> None:
    """Write what is held from now on; what ran out of these products is given back with it."""
    if not granted:
        return
    values = {
        "codes": list(granted),
        "granted": list(granted.values()),
        "order": order_id,
        "device": device_id,
        "at": tx.at,
        "expires_at": expires_at,
    }
    tx.connection.exec_driver_sql(_KEEP, values)
    more = {
        code: pieces - seen.by_code[code].own - seen.by_code[code].expired
        for code, pieces in granted.items()
    }
    change_reserved(tx, more)


def _held(
    code: ProductCode, wanted: int, seen: _Seen | None, granted: Mapping[str, int], at: datetime
) -> StockStanding:
    """A product after the hold."""
    if seen is None:
        return StockStanding(code=code, tracked=False, wanted=wanted, as_of=at)
    held = granted[seen.code]
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


def _as_asked(code: ProductCode, seen: _Seen | None, at: datetime) -> StockStanding:
    """A product as it stands; what ran out counts as given back."""
    if seen is None:
        return StockStanding(code=code, tracked=False, as_of=at)
    held = seen.own if seen.own_until is not None and seen.own_until > at else 0
    return StockStanding(
        code=code,
        tracked=True,
        wanted=held,
        held=held,
        left=seen.free + seen.own - held,
        colleagues=seen.colleagues,
        expected_on=seen.expected_on,
        as_of=at,
    )
