"""A desk that follows the change feed, for tests of the feed."""

from __future__ import annotations

from functools import partial

from app.services.central.guidance import GuidanceEditions
from app.transport.client import Carrier, RemoteCaller
from app.values.vocabulary import ChangeKind
from app.wire.operations import TAKE_SNAPSHOT, WAIT_FOR_CHANGES
from app.wire.sync import (
    FIRST_KINDS,
    ChangePage,
    SnapshotPage,
    TakeSnapshot,
    WaitForChanges,
)
from tests.order_desk import OrderCentre
from tests.read_backs import a_checklist, a_guidance, an_extra

ALL = tuple(ChangeKind)
LEAVE_A_ROW = "INSERT INTO change (kind, key, revision, deleted) VALUES ('product', %s, 1, false)"


def publish(centre: OrderCentre, name: str) -> int:
    """An edition with a list of this name; its revision."""
    guidance = a_guidance(a_checklist(name, an_extra(name)))
    work = partial(GuidanceEditions().publish, guidance=guidance)
    return centre.administration.write(work)


class Follower:
    """A desk that follows the feed."""

    def __init__(
        self,
        centre: OrderCentre,
        line: Carrier | None = None,
        kinds: tuple[ChangeKind, ...] = FIRST_KINDS,
    ) -> None:
        seat = centre.enrolled(f"Desk {centre.ids.new().hex}")
        self.device_id = seat.device_id
        self.caller = RemoteCaller(line or centre.carrier, centre.clock, centre.ids)
        self.caller.use_seat(seat)
        self._kinds = kinds
        self.cursor = self.snapshot(ChangeKind.POLICY).cursor

    def snapshot(self, kind: ChangeKind, after: str = "", limit: int = 500) -> SnapshotPage:
        return self.caller.call(TAKE_SNAPSHOT, TakeSnapshot(kind=kind, after=after, limit=limit))

    def page(self, wait_seconds: float = 0, limit: int = 500) -> ChangePage:
        """What is new, and goes on from there."""
        request = WaitForChanges(
            since=self.cursor, wait_seconds=wait_seconds, limit=limit, kinds=self._kinds
        )
        page = self.caller.call(WAIT_FOR_CHANGES, request)
        self.cursor = page.next
        return page

    def keys(self, limit: int = 500) -> list[str]:
        return [change.key for change in self.page(limit=limit).changes]
