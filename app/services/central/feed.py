"""How desks follow the centre: what changed after a cursor, and pages of everything there is.

A cursor is (epoch, transaction, row). Rows are handed out only below the oldest transaction that
still runs, because numbers are taken before commit: a plain sequence would skip late committers.
Waiting holds neither thread nor connection; of all who wait in one process, one looks at the feed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from msgspec.structs import replace

from app.services.central.feed_contents import gone, held, snapshot_rows
from app.services.central.transaction import Actor, Handlers, Hold, Transaction
from app.values.identity import DeviceId
from app.values.vocabulary import ChangeKind
from app.wire import operations
from app.wire.sync import (
    ChangePage,
    Cursor,
    SnapshotPage,
    TakeSnapshot,
    WaitForChanges,
)

POLL_SECONDS = 0.25
"""How long a change may go unnoticed by those who wait."""


class Place(NamedTuple):
    """Where a row stands in the feed."""

    transaction: int
    row: int


START = Place(0, 0)


@dataclass(frozen=True, slots=True)
class Ear:
    """Who waits, and for what."""

    seat: DeviceId
    kinds: frozenset[ChangeKind]


class ChangeFeed:
    """Answers `changes.wait` and `changes.snapshot`."""

    def __init__(self) -> None:
        self._watches: WeakKeyDictionary[asyncio.AbstractEventLoop, _Watch] = WeakKeyDictionary()

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add_wait(operations.WAIT_FOR_CHANGES, self.wait)
        handlers.add(operations.TAKE_SNAPSHOT, self.snapshot)

    async def wait(self, hold: Hold, actor: Actor, request: WaitForChanges) -> ChangePage:
        """What changed after the cursor; an empty page when time is over or the service ends.

        The cursor of an empty page may be further on: what lay between was not for this seat.
        """
        ear = Ear(actor.seat.device_id, frozenset(request.kinds))
        loop = asyncio.get_running_loop()
        ends = loop.time() + request.wait_seconds
        page = await hold.read(partial(page_after, request=request, seat=ear.seat))
        while not page.changes and not page.reset and loop.time() < ends:
            request = replace(request, since=page.next)
            since = Place(page.next.transaction, page.next.row)
            moved = await self._watch_of(loop).beyond(since, ear, hold, ends)
            page = await hold.read(partial(page_after, request=request, seat=ear.seat))
            if not moved:
                break
        return page

    def snapshot(self, tx: Transaction, actor: Actor, request: TakeSnapshot) -> SnapshotPage:
        """A page by key; what changes meanwhile comes again after the cursor of the first page."""
        cursor = _cursor(_epoch_and_floor(tx)[0], head_of_feed(tx))
        found = snapshot_rows(tx, request, actor.seat.device_id)
        rows = tuple(found[: request.limit])
        return SnapshotPage(rows=rows, more=len(found) > request.limit, cursor=cursor)

    def _watch_of(self, loop: asyncio.AbstractEventLoop) -> _Watch:
        return self._watches.setdefault(loop, _Watch())


class _Watch:
    """How far the feed had come when one event loop last saw it; one of those who wait looks.

    It remembers where the newest change of a kind is, for all seats or for one, so that nobody is
    woken by what is not for them.
    """

    def __init__(self) -> None:
        self._head: Place | None = None
        self._first = START
        self._newest: dict[tuple[ChangeKind, UUID | None], Place] = {}
        self._looking = False
        self._moved = asyncio.Event()

    async def beyond(self, since: Place, ear: Ear, hold: Hold, ends: float) -> bool:
        """Wait until there is something after a place; False when time is over or the service ends.

        True also for a place from before the watch began.
        """
        loop = asyncio.get_running_loop()
        while not self._has_news(since, ear) and (left := ends - loop.time()) > 0:
            if self._looking:
                await self._be_told(left)
            elif not await self._look(since, ear, hold, ends):
                return False
        return self._has_news(since, ear)

    def _has_news(self, since: Place, ear: Ear) -> bool:
        if self._head is None:
            return False
        if since < self._first:
            return True
        of_all = (self._newest.get((kind, None), START) for kind in ear.kinds)
        of_seat = (self._newest.get((kind, ear.seat), START) for kind in ear.kinds)
        return max(*of_all, *of_seat, START) > since

    async def _be_told(self, seconds: float) -> None:
        moved = self._moved
        try:
            await asyncio.wait_for(moved.wait(), seconds)
        except TimeoutError:
            return

    async def _look(self, since: Place, ear: Ear, hold: Hold, ends: float) -> bool:
        """Look for everyone as long as one's own wait lasts; False when the service ends."""
        loop = asyncio.get_running_loop()
        self._looking = True
        try:
            while not self._has_news(since, ear) and (left := ends - loop.time()) > 0:
                if not await hold.pause(min(POLL_SECONDS, left)):
                    return False
                if self._head is None:
                    self._begin(await hold.read(head_of_feed))
                else:
                    self._see(await hold.read(partial(news_after, place=self._head)))
            return True
        finally:
            self._looking = False
            self._tell_all()

    def _begin(self, head: Place) -> None:
        self._head = self._first = head
        self._tell_all()

    def _see(self, news: dict[tuple[ChangeKind, UUID | None], Place]) -> None:
        if news:
            self._newest.update(news)
            self._head = max(news.values())
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
_FLOOR = """
    SELECT i.feed_epoch, m.xid::text::bigint, m.seq FROM installation i
    LEFT JOIN feed_mark m ON m.is_floor
"""
_NEWS = """
    SELECT c.kind, c.device_id, (array_agg(ARRAY[c.xid::text::bigint, c.seq]
                                           ORDER BY c.xid DESC, c.seq DESC))[1:1]
    FROM change c
    WHERE (c.xid, c.seq) > (%(transaction)s::text::xid8, %(row)s)
      AND c.xid < pg_snapshot_xmin(pg_current_snapshot())
    GROUP BY c.kind, c.device_id
"""
_AFTER = """
    SELECT c.xid::text::bigint, c.seq, c.kind, c.key, c.revision FROM change c
    WHERE (c.xid, c.seq) > (%(transaction)s::text::xid8, %(row)s)
      AND c.xid < pg_snapshot_xmin(pg_current_snapshot())
      AND c.kind = ANY (%(kinds)s) AND (c.device_id IS NULL OR c.device_id = %(seat)s)
    ORDER BY c.xid, c.seq LIMIT %(limit)s
"""
_HELD_BACK = """
    SELECT EXISTS (
        SELECT FROM change c WHERE c.xid >= pg_snapshot_xmin(pg_current_snapshot())
    )
"""


def head_of_feed(tx: Transaction) -> Place:
    """The last row that everyone may see; the floor when there is none; START before any."""
    row = tx.connection.exec_driver_sql(_HEAD).one_or_none()
    return Place(*row) if row is not None else _epoch_and_floor(tx)[1]


def news_after(tx: Transaction, place: Place) -> dict[tuple[ChangeKind, UUID | None], Place]:
    """The newest place of each kind after a place, for all seats (None) or for one."""
    values = {"transaction": str(place.transaction), "row": place.row}
    rows = tx.connection.exec_driver_sql(_NEWS, values)
    return {(ChangeKind(kind), seat): Place(*newest[0]) for kind, seat, newest in rows}


def page_after(tx: Transaction, request: WaitForChanges, seat: DeviceId | None) -> ChangePage:
    """Changes after the cursor that are for this seat, each thing once, as it now stands."""
    since, limit = request.since, request.limit
    epoch, floor = _epoch_and_floor(tx)
    place, head = Place(since.transaction, since.row), head_of_feed(tx)
    if since.epoch != epoch or not floor <= place <= head:
        return ChangePage(next=_cursor(epoch, head), reset=True)
    if place == head:
        return ChangePage(next=since, more=_is_held_back(tx))
    values = {
        "transaction": str(place.transaction),
        "row": place.row,
        "kinds": [kind.value for kind in request.kinds],
        "seat": seat,
        "limit": limit,
    }
    rows = tx.connection.exec_driver_sql(_AFTER, values).all()
    last = Place(rows[-1][0], rows[-1][1]) if len(rows) == limit else head
    revisions: dict[tuple[ChangeKind, str], int] = {}
    for _, _, kind, key, revision in rows:
        revisions.pop((ChangeKind(kind), key), None)
        revisions[ChangeKind(kind), key] = revision
    found = held(tx, revisions, seat)
    changes = [found.get(about) or gone(*about, revision) for about, revision in revisions.items()]
    more = len(rows) == limit or _is_held_back(tx)
    return ChangePage(changes=tuple(changes), next=_cursor(epoch, last), more=more)


def _is_held_back(tx: Transaction) -> bool:
    """Whether there is something committed that nobody is told yet, because an older one runs."""
    held_back: bool = tx.connection.exec_driver_sql(_HELD_BACK).scalar_one()
    return held_back


def _epoch_and_floor(tx: Transaction) -> tuple[str, Place]:
    """Up to the floor rows were cleared away; START before any were."""
    epoch, transaction, row = tx.connection.exec_driver_sql(_FLOOR).one()
    return epoch, START if transaction is None else Place(transaction, row)


def _cursor(epoch: str, place: Place) -> Cursor:
    return Cursor(epoch=epoch, transaction=place.transaction, row=place.row)
