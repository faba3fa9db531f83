"""How desks follow the centre: what changed after a cursor, and pages of everything there is.

A cursor is (epoch, transaction, row). Rows are handed out only below the oldest transaction that
still runs, because numbers are taken before commit: a plain sequence would skip late committers.
Waiting holds neither thread nor connection; of all who wait in one process, one looks at the feed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from msgspec import Raw

from app.services.central.installation import POLICY_KEY
from app.services.central.transaction import Actor, Handlers, Hold, Transaction
from app.values.identity import ProductCode
from app.values.money import Currency, UnitPrice
from app.values.vocabulary import ChangeKind, ProductKind, TaxCategory
from app.wire import operations
from app.wire.catalogue import ProductView, QuantityBreak
from app.wire.guidance import GUIDANCE_KEY
from app.wire.message import encode
from app.wire.sync import (
    Change,
    ChangePage,
    Cursor,
    SnapshotPage,
    TakeSnapshot,
    Town,
    WaitForChanges,
)

POLL_SECONDS = 0.25
"""How long a change may go unnoticed by those who wait."""


class Place(NamedTuple):
    """Where a row stands in the feed."""

    transaction: int
    row: int


START = Place(0, 0)

TOWN_SEPARATOR = " "


class ChangeFeed:
    """Answers `changes.wait` and `changes.snapshot`."""

    def __init__(self) -> None:
        self._watches: WeakKeyDictionary[asyncio.AbstractEventLoop, _Watch] = WeakKeyDictionary()

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add_wait(operations.WAIT_FOR_CHANGES, self.wait)
        handlers.add(operations.TAKE_SNAPSHOT, self.snapshot)

    async def wait(self, hold: Hold, actor: Actor, request: WaitForChanges) -> ChangePage:
        """What changed after the cursor; an empty page when time is over or the service ends."""
        del actor
        look = partial(page_after, request=request)
        since = Place(request.since.transaction, request.since.row)
        loop = asyncio.get_running_loop()
        ends = loop.time() + request.wait_seconds
        page = await hold.read(look)
        while not page.changes and not page.reset and loop.time() < ends:
            moved = await self._watch_of(loop).beyond(since, hold, ends)
            page = await hold.read(look)
            if not moved:
                break
        return page

    def snapshot(self, tx: Transaction, actor: Actor, request: TakeSnapshot) -> SnapshotPage:
        """A page by key; what changes meanwhile comes again after the cursor of the first page."""
        del actor
        cursor = _cursor(_epoch(tx), head_of_feed(tx))
        found = _snapshot_rows(tx, request)
        rows = tuple(found[: request.limit])
        return SnapshotPage(rows=rows, more=len(found) > request.limit, cursor=cursor)

    def _watch_of(self, loop: asyncio.AbstractEventLoop) -> _Watch:
        return self._watches.setdefault(loop, _Watch())


class _Watch:
    """The head of the feed as one event loop last saw it; one of those who wait looks for all."""

    def __init__(self) -> None:
        self._head = START
        self._looking = False
        self._moved = asyncio.Event()

    async def beyond(self, since: Place, hold: Hold, ends: float) -> bool:
        """Wait until the feed is beyond a place; False when time is over or the service ends."""
        loop = asyncio.get_running_loop()
        while self._head <= since and (left := ends - loop.time()) > 0:
            if self._looking:
                await self._be_told(left)
            elif not await self._look(since, hold, ends):
                return False
        return self._head > since

    async def _be_told(self, seconds: float) -> None:
        moved = self._moved
        try:
            await asyncio.wait_for(moved.wait(), seconds)
        except TimeoutError:
            return

    async def _look(self, since: Place, hold: Hold, ends: float) -> bool:
        """Look for everyone as long as one's own wait lasts; False when the service ends."""
        loop = asyncio.get_running_loop()
        self._looking = True
        try:
            while self._head <= since and (left := ends - loop.time()) > 0:
                if not await hold.pause(min(POLL_SECONDS, left)):
                    return False
                self._see(await hold.read(head_of_feed))
            return True
        finally:
            self._looking = False
            self._tell_all()

    def _see(self, head: Place) -> None:
        if head != self._head:
            self._head = head
            self._tell_all()

    def _tell_all(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()


# `c.xid` in ORDER BY: the bare word would mean the output column, a cast that no index knows.
_HEAD = """
    SELECT c.xid::text::bigint, c.seq FROM change c
    WHERE c.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY c.xid DESC, c.seq DESC LIMIT 1
"""
_AFTER = """
    SELECT c.xid::text::bigint, c.seq, c.kind, c.key, c.revision FROM change c
    WHERE (c.xid, c.seq) > (%(transaction)s::text::xid8, %(row)s)
      AND c.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY c.xid, c.seq LIMIT %(limit)s
"""


def head_of_feed(tx: Transaction) -> Place:
    """The last row that everyone may see; START before there is any."""
    row = tx.connection.exec_driver_sql(_HEAD).one_or_none()
    return Place(*row) if row is not None else START


def page_after(tx: Transaction, request: WaitForChanges) -> ChangePage:
    """Changes after the cursor, each thing once, as it now stands."""
    since, epoch = request.since, _epoch(tx)
    place = Place(since.transaction, since.row)
    head = head_of_feed(tx)
    if since.epoch != epoch or place > head:
        return ChangePage(next=_cursor(epoch, head), reset=True)
    if place == head:
        return ChangePage(next=since)
    rows = tx.connection.exec_driver_sql(
        _AFTER,
        {"transaction": str(place.transaction), "row": place.row, "limit": request.limit},
    ).all()
    last = Place(rows[-1][0], rows[-1][1])
    revisions: dict[tuple[ChangeKind, str], int] = {}
    for _, _, kind, key, revision in rows:
        revisions.pop((ChangeKind(kind), key), None)
        revisions[ChangeKind(kind), key] = revision
    held = _held(tx, revisions)
    changes = [held.get(about) or _gone(*about, revision) for about, revision in revisions.items()]
    return ChangePage(changes=tuple(changes), next=_cursor(epoch, last))


def _snapshot_rows(tx: Transaction, request: TakeSnapshot) -> list[Change]:
    """One more than the page holds, where there are more."""
    match request.kind:
        case ChangeKind.PRODUCT:
            return _products_after(tx, request.after, request.limit + 1)
        case ChangeKind.TOWN:
            return _towns_after(tx, request.after, request.limit + 1)
        case ChangeKind.POLICY:
            return [change for change in _policy(tx) if change.key > request.after]
        case ChangeKind.GUIDANCE:
            return [change for change in _guidance(tx) if change.key > request.after]
        case ChangeKind.STOCK | ChangeKind.ORDER:
            return []


def _held(
    tx: Transaction, wanted: Iterable[tuple[ChangeKind, str]]
) -> dict[tuple[ChangeKind, str], Change]:
    """The things as they now stand, by kind and key."""
    keys: dict[ChangeKind, list[str]] = {kind: [] for kind in ChangeKind}
    for kind, key in wanted:
        keys[kind].append(key)
    found: list[Change] = []
    if keys[ChangeKind.PRODUCT]:
        found += _products(tx, "code = ANY (%(codes)s)", codes=keys[ChangeKind.PRODUCT])
    if keys[ChangeKind.TOWN]:
        pairs = [key.partition(TOWN_SEPARATOR) for key in keys[ChangeKind.TOWN]]
        found += _towns(
            tx,
            "(country, postcode) IN"
            " (SELECT * FROM unnest(%(countries)s::text[], %(postcodes)s::text[]))",
            countries=[country for country, _, _ in pairs],
            postcodes=[postcode for _, _, postcode in pairs],
        )
    if keys[ChangeKind.POLICY]:
        found += _policy(tx)
    if keys[ChangeKind.GUIDANCE]:
        found += _guidance(tx)
    return {(change.kind, change.key): change for change in found}


def _gone(kind: ChangeKind, key: str, revision: int) -> Change:
    return Change(kind=kind, key=key, revision=revision, deleted=True, document=Raw(b"null"))


def _epoch(tx: Transaction) -> str:
    epoch: str = tx.connection.exec_driver_sql("SELECT feed_epoch FROM installation").scalar_one()
    return epoch


def _cursor(epoch: str, place: Place) -> Cursor:
    return Cursor(epoch=epoch, transaction=place.transaction, row=place.row)


_PRODUCTS = """
    WITH p AS MATERIALIZED (SELECT * FROM product WHERE {})
    SELECT p.code, p.description, p.kind, p.tax_category, p.price_version, p.typical_quantity,
           p.withdrawn, p.revision, r.currency, b.quantities, b.prices,
           s.on_hand - s.reserved, s.counted_at
    FROM p
    JOIN price r ON r.code = p.code AND r.version = p.price_version
    JOIN LATERAL (
        SELECT array_agg(from_quantity ORDER BY from_quantity) AS quantities,
               array_agg(unit_price ORDER BY from_quantity) AS prices
        FROM price_break WHERE code = p.code AND version = p.price_version
    ) b ON b.quantities IS NOT NULL
    LEFT JOIN stock_level s ON s.code = p.code
    ORDER BY p.code
"""
_TOWNS = "SELECT country, postcode, city, area, revision FROM town WHERE "


def _products_after(tx: Transaction, after: str, limit: int) -> list[Change]:
    page = "code > %(after)s ORDER BY code LIMIT %(limit)s"
    return _products(tx, page, after=after, limit=limit)


def _products(tx: Transaction, where: str, **values: object) -> list[Change]:
    rows = tx.connection.exec_driver_sql(_PRODUCTS.format(where), values)
    return [_change(ChangeKind.PRODUCT, row[0], row[7], _product(row)) for row in rows]


def _product(row: Sequence[Any]) -> ProductView:
    code, description, kind, tax_category, price_version, typical, withdrawn, revision = row[:8]
    currency, quantities, prices, available, counted_at = row[8:]
    money = Currency(currency)
    return ProductView(
        code=ProductCode(code),
        description=description,
        kind=ProductKind(kind),
        breaks=tuple(
            QuantityBreak(from_quantity=quantity, price=UnitPrice(price, money))
            for quantity, price in zip(quantities, prices, strict=True)
        ),
        price_version=price_version,
        tax_category=TaxCategory(tax_category),
        typical_quantity=typical,
        withdrawn=withdrawn,
        available=available,
        available_at=counted_at,
        revision=revision,
    )


def _towns_after(tx: Transaction, after: str, limit: int) -> list[Change]:
    country, _, postcode = after.partition(TOWN_SEPARATOR)
    page = "(country, postcode) > (%(country)s, %(postcode)s)"
    order = " ORDER BY country, postcode LIMIT %(limit)s"
    return _towns(tx, page + order, country=country, postcode=postcode, limit=limit)


def _towns(tx: Transaction, where: str, **values: object) -> list[Change]:
    rows = tx.connection.exec_driver_sql(_TOWNS + where, values)
    return [
        _change(
            ChangeKind.TOWN,
            f"{country}{TOWN_SEPARATOR}{postcode}",
            revision,
            Town(country=country, postcode=postcode, city=city, area=area),
        )
        for country, postcode, city, area, revision in rows
    ]


_POLICY = "SELECT revision, document::text FROM policy ORDER BY revision DESC LIMIT 1"
_GUIDANCE = "SELECT revision, document::text FROM guidance_version ORDER BY revision DESC LIMIT 1"


def _policy(tx: Transaction) -> list[Change]:
    """The policy that holds."""
    return _newest(tx, _POLICY, ChangeKind.POLICY, POLICY_KEY)


def _guidance(tx: Transaction) -> list[Change]:
    """The edition that holds."""
    return _newest(tx, _GUIDANCE, ChangeKind.GUIDANCE, GUIDANCE_KEY)


def _newest(tx: Transaction, query: str, kind: ChangeKind, key: str) -> list[Change]:
    return [
        Change(kind=kind, key=key, revision=revision, document=Raw(document.encode()))
        for revision, document in tx.connection.exec_driver_sql(query)
    ]


def _change(kind: ChangeKind, key: str, revision: int, document: ProductView | Town) -> Change:
    return Change(kind=kind, key=key, revision=revision, document=Raw(encode(document)))
