"""Follows the centre's change feed: products, towns and stock into the replica and the index.

Policy and guidance come the same way and go into the store. A snapshot first, then long polls for
ever. Goes on after a restart where it stopped, and takes a new snapshot when the centre does not
know its cursor. Runs on one worker thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from app.services.desk import memory
from app.services.desk.standing import Standing
from app.services.desk.worker import BackOff
from app.services.ports import Centre
from app.store.catalogue_replica import CatalogueReplica, ReplicaDamaged
from app.store.desk import DeskStore
from app.store.product_search import ProductIndex
from app.values.clock import Clock
from app.values.errors import Fault, Refusal, Unreachable
from app.values.vocabulary import ChangeKind
from app.wire.guidance import GUIDANCE_KEY, Guidance
from app.wire.message import Instant, View, decode
from app.wire.operations import TAKE_SNAPSHOT, WAIT_FOR_CHANGES
from app.wire.sync import FIRST_KINDS, Change, Cursor, Policy, TakeSnapshot, WaitForChanges

_KINDS = (
    ChangeKind.POLICY,
    ChangeKind.GUIDANCE,
    ChangeKind.PRODUCT,
    ChangeKind.TOWN,
    ChangeKind.STOCK,
)
"""What a snapshot brings; a kind that came later stands last, so that it is fetched by itself."""

_FOLLOWED = (*FIRST_KINDS, ChangeKind.STOCK, ChangeKind.ORDER)
_STORED = {ChangeKind.POLICY: memory.POLICY, ChangeKind.GUIDANCE: memory.GUIDANCE}
"""Kinds that the store keeps, not the replica alone: an order is placed by them."""

_CURSOR, _SNAPSHOT, _GENERATION, _FRESH_AT = "cursor", "snapshot", "generation", "fresh_at"
_LAST_KIND = "last_kind"
_DECISIONS = "decisions"
"""Behind which order decisions are still to be asked for; they come after a snapshot."""
_INDEX_ROWS = 5_000
_PAGES_BEFORE_INDEX = 10
"""During a snapshot the index follows every so many pages: a commit costs more than a page."""
_TOPIC, _GUIDANCE_TOPIC, _FRESH_TOPIC = "feed", "guidance", "fresh"
_TAKEN_AFRESH = "The catalogue is being taken afresh; you can go on."
_TOO_NEW = (
    "New checklists were published that this version of the program cannot read. "
    "The checklists before them are used until it is brought up to date."
)


class SnapshotPlace(View, frozen=True, kw_only=True):
    """How far a snapshot has come, and where the feed stood when it began."""

    kind: ChangeKind
    after: str
    generation: int
    cursor: Cursor | None


class _Edition(View, frozen=True, kw_only=True):
    """As much of a guidance as any version can read."""

    revision: int


class FeedFollower:
    """One seat's follower.

    Who listens is told before the feed is asked, and when it was followed to its end after that;
    decisions on orders are handed on and never stand in the replica, which is not encrypted.
    """

    def __init__(
        self,
        replica: CatalogueReplica,
        index: ProductIndex,
        store: DeskStore,
        centre: Centre,
        standing: Standing,
        clock: Clock,
        back_off: BackOff,
    ) -> None:
        self._replica = replica
        self._index = index
        self._store = store
        self._centre = centre
        self._standing = standing
        self._clock = clock
        self._back_off = back_off
        self._is_checked = self._is_store_checked = self._is_stopping = False
        self._asking: list[Callable[[], None]] = []
        self._settle: list[Callable[[], None]] = []
        self._decided: list[Callable[[Change], None]] = []
        self._start_over: list[Callable[[], None]] = []

    def when_asking(self, listener: Callable[[], None]) -> None:
        """Call `listener` each time before the feed is asked."""
        self._asking.append(listener)

    def when_followed(self, listener: Callable[[], None]) -> None:
        """Call `listener` when all that was changed before the feed was asked is known here."""
        self._settle.append(listener)

    def when_decided(self, listener: Callable[[Change], None]) -> None:
        """Call `listener` with each decision on an order of this seat."""
        self._decided.append(listener)

    def when_restored(self, listener: Callable[[], None]) -> None:
        """Call `listener` when the centre was restored from a backup and may lack what it had."""
        self._start_over.append(listener)

    def stop(self) -> None:
        """Take in nothing more, not even what is just being waited for."""
        self._is_stopping = True

    def step(self) -> float:
        """One page of the snapshot or one long poll; gives the seconds to wait before the next."""
        try:
            self._bring_index_up()
            self._take_page()
        except ReplicaDamaged:
            self._replica.make_anew()
            self._is_checked = False
            return self._back_off.failed()
        except Unreachable:
            self._standing.missed()
            return self._back_off.failed()
        except Refusal as refusal:
            self._standing.heard()
            self._standing.say(_TOPIC, refusal.sentence)
            return self._back_off.failed()
        except Fault as fault:
            self._standing.say(_TOPIC, fault.sentence)
            return self._back_off.failed()
        self._standing.heard()
        self._standing.say(_TOPIC, "")
        self._back_off.succeeded()
        return 0.0

    def fresh_at(self) -> datetime | None:
        """When the catalogue was last known to be the centre's."""
        try:
            return self._replica.recalled(_FRESH_AT, Instant)
        except ReplicaDamaged:
            return None

    def _take_page(self) -> None:
        place = self._replica.recalled(_SNAPSHOT, SnapshotPlace)
        cursor = self._replica.recalled(_CURSOR, Cursor)
        is_afresh = place is not None and place.generation > 1 and place.kind is not _KINDS[-1]
        self._standing.say(_FRESH_TOPIC, _TAKEN_AFRESH if is_afresh else "")
        if place is not None:
            self._take_snapshot_page(place)
        elif cursor is None:
            self._take_snapshot_page(self._first_place())
        elif self._replica.recalled(_LAST_KIND, str) != _KINDS[-1]:
            self._take_snapshot_page(self._first_place(_KINDS[-1], cursor))
        else:
            if not self._is_store_checked:
                self._fetch_what_the_store_lacks()
            self._fetch_decisions()
            self._wait_for_changes(cursor)

    def _fetch_what_the_store_lacks(self) -> None:
        """Once in each run: the cursor is the replica's, and may be past what the store never had.

        So it is with a replica of a version that knew no guidance, with a store that was lost, and
        with an edition that an older version could not read.
        """
        for kind in _STORED:
            if self._is_lacking(kind):
                page = self._centre.call(TAKE_SNAPSHOT, TakeSnapshot(kind=kind))
                if self._is_stopping:
                    return
                self._keep(page.rows)
        self._is_store_checked = True

    def _is_lacking(self, kind: ChangeKind) -> bool:
        with self._store.read() as connection:
            document = memory.written(connection, _STORED[kind])
        if document is None:
            return True
        if kind is not ChangeKind.GUIDANCE:
            return False
        told = self._replica.document(kind, GUIDANCE_KEY)
        return told is not None and decode(told, _Edition) != decode(document, _Edition)

    def _first_place(
        self, kind: ChangeKind = _KINDS[0], cursor: Cursor | None = None
    ) -> SnapshotPlace:
        """Where a snapshot begins; that of a kind a replica of before lacks keeps its cursor."""
        generation = (self._replica.recalled(_GENERATION, int) or 0) + 1
        return SnapshotPlace(kind=kind, after="", generation=generation, cursor=cursor)

    def _take_snapshot_page(self, place: SnapshotPlace) -> None:
        request = TakeSnapshot(kind=place.kind, after=place.after)
        page = self._centre.call(TAKE_SNAPSHOT, request)
        if self._is_stopping:
            return
        cursor = place.cursor or page.cursor
        self._keep(page.rows)
        marks: dict[str, object] = {_GENERATION: place.generation}
        if page.more and page.rows:
            marks[_SNAPSHOT] = SnapshotPlace(
                kind=place.kind,
                after=page.rows[-1].key,
                generation=place.generation,
                cursor=cursor,
            )
            self._replica.apply(page.rows, marks, place.generation)
            return
        self._replica.apply(page.rows, marks, place.generation)
        self._finish_kind(place, cursor)

    def _finish_kind(self, place: SnapshotPlace, cursor: Cursor) -> None:
        """Take out what the snapshot of this kind lacked, and turn to the next kind or the feed."""
        rest = _KINDS[_KINDS.index(place.kind) + 1 :]
        if rest:
            following = SnapshotPlace(
                kind=rest[0], after="", generation=place.generation, cursor=cursor
            )
            marks: dict[str, object] = {_SNAPSHOT: following}
        else:
            marks = {_SNAPSHOT: None, _CURSOR: cursor, _LAST_KIND: _KINDS[-1], _DECISIONS: ""}
        self._replica.drop_others(place.kind, place.generation, marks)
        self._bring_index_up()
        if not rest:
            self._replica.mark(_FRESH_AT, self._clock.now())
            self._fetch_decisions()

    def _fetch_decisions(self) -> None:
        """What was decided about this seat's orders while it did not follow the feed."""
        after = self._replica.recalled(_DECISIONS, str)
        while after is not None:
            page = self._centre.call(
                TAKE_SNAPSHOT, TakeSnapshot(kind=ChangeKind.ORDER, after=after)
            )
            if self._is_stopping:
                return
            self._keep(page.rows)
            after = page.rows[-1].key if page.more and page.rows else None
            self._replica.mark(_DECISIONS, after)

    def _wait_for_changes(self, cursor: Cursor) -> None:
        asked_at = self._clock.now()
        for asking in self._asking:
            asking()
        page = self._centre.call(WAIT_FOR_CHANGES, WaitForChanges(since=cursor, kinds=_FOLLOWED))
        if self._is_stopping:
            return
        if page.reset:
            # First what is to be sent again: a program that ends here meets the reset once more;
            # one that had noted it already would never know what the centre has lost.
            for start_over in self._start_over:
                start_over()
            self._replica.apply((), {_SNAPSHOT: self._first_place(), _CURSOR: None})
            self._standing.say(_FRESH_TOPIC, _TAKEN_AFRESH)
            return
        self._keep(page.changes)
        if page.changes or page.next != cursor:
            copied = [change for change in page.changes if change.kind in _KINDS]
            self._replica.apply(copied, {_CURSOR: page.next})
            self._bring_index_up()
        if page.more:
            return
        self._replica.mark(_FRESH_AT, asked_at)
        for settle in self._settle:
            settle()

    def _keep(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.deleted:
                continue
            if change.kind is ChangeKind.POLICY:
                self._remember(memory.POLICY, decode(change.document, Policy))
            elif change.kind is ChangeKind.GUIDANCE:
                self._keep_guidance(change)
            elif change.kind is ChangeKind.ORDER:
                for decided in self._decided:
                    decided(change)

    def _keep_guidance(self, change: Change) -> None:
        """An edition in words of a newer version is left; the last good one stays."""
        try:
            edition = decode(change.document, Guidance)
        except Refusal:
            self._standing.say(_GUIDANCE_TOPIC, _TOO_NEW)
            return
        self._remember(memory.GUIDANCE, edition)
        self._standing.say(_GUIDANCE_TOPIC, "")

    def _remember(self, name: str, value: View) -> None:
        with self._store.write() as connection:
            memory.remember(connection, name, value)

    def _bring_index_up(self) -> None:
        """Let the index follow the replica; during a snapshot only now and then."""
        if not self._is_checked:
            self._is_checked = True
            is_foreign = self._index.applied > self._replica.transactions()
            if is_foreign or not self._index.is_sound():
                self._index.clear()
        behind = self._replica.transactions() - self._index.applied
        place = self._replica.recalled(_SNAPSHOT, SnapshotPlace)
        if place is not None and self._index.applied > 1 and behind < _PAGES_BEFORE_INDEX:
            return
        while behind > 0:
            touched = self._replica.products_touched_after(self._index.applied, _INDEX_ROWS)
            self._index.remove(touched.gone)
            self._index.put(touched.documents)
            self._index.commit(touched.number)
            behind = self._replica.transactions() - touched.number
        if place is None:
            self._index.rest()
