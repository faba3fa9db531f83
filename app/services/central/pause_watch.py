"""How a desk hears within 300 ms what happens to its call, whichever replica it asks.

Waiting holds neither thread nor connection; of all who wait in one process, one looks for all, ten
times a second. Events of a lease are added under its lock, so none is ever passed over.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from uuid import UUID
from weakref import WeakKeyDictionary

from app.models.central.recording import RecordingLease
from app.services.central.pause_rows import events_after, newest_events, require_own
from app.services.central.transaction import Actor, Hold, Transaction
from app.values.vocabulary import PauseState
from app.wire.recording import CallEvents, WatchCall

POLL_SECONDS = 0.1
"""How long an event may go unnoticed by those who wait."""


class CallWatch:
    """Answers `recording.watch`."""

    def __init__(self) -> None:
        self._polls: WeakKeyDictionary[asyncio.AbstractEventLoop, _Poll] = WeakKeyDictionary()

    async def watch(self, hold: Hold, actor: Actor, request: WatchCall) -> CallEvents:
        """Events after `since`; none when time is over or the service ends."""
        look = partial(_page, device_id=actor.seat.device_id, request=request)
        loop = asyncio.get_running_loop()
        ends = loop.time() + request.wait_seconds
        poll = self._polls.setdefault(loop, _Poll())
        page = await hold.read(look)
        while not page.events and not page.over and loop.time() < ends:
            moved = await poll.beyond(request.lease_id, request.since, hold, ends)
            page = await hold.read(look)
            if not moved:
                break
        return page


class _Poll:
    """The newest event of each watched lease, as one event loop last saw it."""

    def __init__(self) -> None:
        self._wanted: Counter[UUID] = Counter()
        self._newest: dict[UUID, int] = {}
        self._looking = False
        self._moved = asyncio.Event()

    async def beyond(self, lease_id: UUID, since: int, hold: Hold, ends: float) -> bool:
        """Wait for an event after `since`; False when time is over or the service ends."""
        self._wanted[lease_id] += 1
        try:
            return await self._wait(lease_id, since, hold, ends)
        finally:
            self._wanted[lease_id] -= 1
            if not self._wanted[lease_id]:
                del self._wanted[lease_id]
                self._newest.pop(lease_id, None)

    async def _wait(self, lease_id: UUID, since: int, hold: Hold, ends: float) -> bool:
        loop = asyncio.get_running_loop()
        while not self._is_beyond(lease_id, since) and (left := ends - loop.time()) > 0:
            if self._looking:
                await self._be_told(left)
            elif not await self._look(lease_id, since, hold, ends):
                return False
        return self._is_beyond(lease_id, since)

    def _is_beyond(self, lease_id: UUID, since: int) -> bool:
        return self._newest.get(lease_id, 0) > since

    async def _be_told(self, seconds: float) -> None:
        moved = self._moved
        try:
            await asyncio.wait_for(moved.wait(), seconds)
        except TimeoutError:
            return

    async def _look(self, lease_id: UUID, since: int, hold: Hold, ends: float) -> bool:
        """Look for everyone as long as one's own wait lasts; False when the service ends."""
        loop = asyncio.get_running_loop()
        self._looking = True
        try:
            while not self._is_beyond(lease_id, since) and (left := ends - loop.time()) > 0:
                if not await hold.pause(min(POLL_SECONDS, left)):
                    return False
                newest = await hold.read(partial(newest_events, leases=tuple(self._wanted)))
                if newest != self._newest:
                    self._newest = newest
                    self._tell_all()
            return True
        finally:
            self._looking = False
            self._tell_all()

    def _tell_all(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()


def _page(tx: Transaction, device_id: UUID, request: WatchCall) -> CallEvents:
    """What is new; a lease that nobody knows is over. Raises Refusal `not_yours`."""
    lease = tx.session.get(RecordingLease, request.lease_id)
    if lease is None:
        return CallEvents(over=True)
    require_own(lease, device_id)
    events = events_after(tx, request.lease_id, request.since)
    return CallEvents(events=events, over=lease.state is PauseState.ENDED)
