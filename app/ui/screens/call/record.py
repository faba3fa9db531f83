"""The record of one read-back at the desk: its entries, and how every checkpoint stands by them.

Counts anew after each edit and each answer, and hands every entry on to be kept. Touches no widget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from app.services.rules.read_back import (
    Checkpoint,
    Checkpoints,
    Standing,
    State,
    standings,
    still_open,
)
from app.services.rules.regions import RegionRules
from app.ui.screens.call.asking import Asking
from app.ui.screens.call.correcting import Mended
from app.values.clock import Clock
from app.values.identity import PersonId
from app.values.vocabulary import CorrectionCause, How
from app.wire.guidance import Guidance
from app.wire.orders import OrderDocument, Totals
from app.wire.read_back import (
    Asked,
    Began,
    Confirmed,
    Corrected,
    NotMatched,
    Overridden,
    ReadBackEntry,
)

LONGEST_HEARD = 200
LONGEST_SAID = 5_000


class Record:
    """Of one order, by one edition of the checklists; `write` keeps an entry on disk."""

    def __init__(
        self,
        rules: RegionRules,
        guidance: Guidance,
        entries: Iterable[ReadBackEntry],
        *,
        clock: Clock,
        person_id: PersonId,
        write: Callable[[ReadBackEntry], None],
    ) -> None:
        self.revision = guidance.revision
        self.is_whole = False
        self._counting = Checkpoints(rules, guidance.checklists)
        self._entries: list[ReadBackEntry] = []
        self._trails: dict[str, list[ReadBackEntry]] = {}
        self._clock = clock
        self._by = person_id
        self._write = write
        self._has_begun = False
        self._points: tuple[Checkpoint, ...] = ()
        self._standings: tuple[Standing, ...] = ()
        self._by_key: dict[str, Standing] = {}
        for entry in entries:
            self._keep(entry)

    @property
    def entries(self) -> tuple[ReadBackEntry, ...]:
        """All there are, on disk or on their way."""
        return tuple(self._entries)

    @property
    def points(self) -> tuple[Checkpoint, ...]:
        """What is to be agreed, in the order of the talk."""
        return self._points

    @property
    def standings(self) -> tuple[Standing, ...]:
        """How each of them stands."""
        return self._standings

    def find(self, key: str) -> Standing | None:
        """How one checkpoint stands; None when the order has it no more."""
        return self._by_key.get(key)

    def holds(self, key: str) -> bool:
        """Whether a checkpoint stands in nobody's way."""
        standing = self.find(key)
        return standing is not None and standing.state.holds

    def open(self) -> tuple[Standing, ...]:
        """What still has to be asked."""
        return still_open(self._standings)

    def stale(self) -> tuple[Standing, ...]:
        """What was confirmed and changed since."""
        return tuple(one for one in self._standings if one.state is State.STALE)

    def standing(self, point: Checkpoint) -> Standing:
        """How a checkpoint of the order stands."""
        return self._by_key[point.key]

    def place_of(self, key: str) -> int:
        """Where a checkpoint stands in the talk."""
        return next(at for at, point in enumerate(self._points) if point.key == key)

    def keys_from(self, place: int) -> frozenset[str]:
        """The checkpoints from a place in the talk on."""
        return frozenset(point.key for point in self._points[place:])

    def recount(self, document: OrderDocument, totals: Totals) -> None:
        """The order is another one now; what is as it was costs nothing.

        Until there is an answer, one line stands for all: they are all open.
        """
        self.is_whole = bool(self._entries) or len(document.lines) <= 1
        if not self.is_whole:
            document = msgspec.structs.replace(document, lines=document.lines[:1])
        self._recount(document, totals)

    def recount_all(self, document: OrderDocument, totals: Totals) -> None:
        """Somebody is about to ask: every line counts."""
        self.is_whole = True
        self._recount(document, totals)

    def _recount(self, document: OrderDocument, totals: Totals) -> None:
        self._points = self._counting.of(document, totals)
        before, self._by_key = self._by_key, {}
        for point in self._points:
            was = before.get(point.key)
            same = was is not None and was.checkpoint is point
            self._by_key[point.key] = was if was and same else self._stand(point)
        self._standings = tuple(self._by_key.values())

    def began(self, *, slow: bool) -> None:
        """The read-back is begun or taken up; said once."""
        if not self._has_begun:
            self._has_begun = True
            now = self._clock.now()
            self._add(Began(guidance=self.revision, slow=slow, at=now, by=self._by))

    def asked(self, asking: Asking) -> None:
        """What was said so far, turn by turn; each turn once for each asking."""
        said = asking.take_unnoted()
        if not said:
            return
        self._add(
            Asked(
                checkpoint=asking.point.key,
                sha256=asking.point.sha256,
                said=said[:LONGEST_SAID],
                at=self._clock.now(),
                by=self._by,
            )
        )

    def confirmed(self, asking: Asking, how: How) -> None:
        """The checkpoint holds."""
        self.asked(asking)
        now = self._clock.now()
        self._add(
            Confirmed(
                checkpoint=asking.point.key,
                sha256=asking.point.sha256,
                parts=asking.point.parts,
                how=how,
                heard="; ".join(asking.settled())[:LONGEST_HEARD],
                took_ms=max(0, round((now - asking.since).total_seconds() * 1_000)),
                at=now,
                by=self._by,
            )
        )

    def not_matched(self, asking: Asking, part: str, heard: str) -> None:
        """The caller said something else than the order holds."""
        self.asked(asking)
        self._add(
            NotMatched(
                checkpoint=asking.point.key,
                sha256=asking.point.sha256,
                part=part,
                heard=heard[:LONGEST_HEARD],
                at=self._clock.now(),
                by=self._by,
            )
        )

    def corrected(self, mended: Mended, cause: CorrectionCause) -> None:
        """A value was put right."""
        self._add(
            Corrected(
                checkpoint=mended.checkpoint,
                part=mended.part,
                old=mended.old,
                new=mended.new,
                cause=cause,
                at=self._clock.now(),
                by=self._by,
            )
        )

    def overridden(self, entry: Overridden) -> None:
        """A lead let open checkpoints pass; the desk has kept the entry already."""
        self._count(entry)

    def _add(self, entry: ReadBackEntry) -> None:
        """It counts at once; placing waits until it is on disk."""
        self._write(entry)
        self._count(entry)

    def _count(self, entry: ReadBackEntry) -> None:
        for key in self._keep(entry):
            standing = self._by_key.get(key)
            if standing is not None:
                self._by_key[key] = self._stand(standing.checkpoint)
        self._standings = tuple(self._by_key.values())

    def _keep(self, entry: ReadBackEntry) -> tuple[str, ...]:
        """Put an entry into the trails of the checkpoints it is about."""
        self._entries.append(entry)
        keys = _about(entry)
        for key in keys:
            self._trails.setdefault(key, []).append(entry)
        return keys

    def _stand(self, point: Checkpoint) -> Standing:
        (standing,) = standings((point,), self._trails.get(point.key, ()))
        return standing


def _about(entry: ReadBackEntry) -> tuple[str, ...]:
    """The checkpoints that an entry says something about."""
    match entry:
        case Asked() | Confirmed() | NotMatched() | Corrected():
            return (entry.checkpoint,)
        case Overridden():
            return tuple(stood.checkpoint for stood in entry.checkpoints)
        case _:
            return ()
