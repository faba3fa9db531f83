"""One thread, one list of things to come, and time that jumps from one to the next.

Everything in the simulation that takes time says so here. What happens meanwhile runs inside the
one that waits, innermost first, so that requests of several desks are under way at once without a
second thread. The same seed gives the same schedule, and the same digest of its trace.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from app.campaigns.dice import Dice

T = TypeVar("T")

BEGINNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""A Friday morning."""

_DEEPEST = 5
"""So many waits inside one another; whoever waits beyond that sees nothing happen meanwhile."""

_SOON_MS = 40
_KEPT_LINES = 2_000


class Chance:
    """Seeded chance, in the words the simulation asks in."""

    def __init__(self, seed: int) -> None:
        self._dice = Dice(seed)

    def below(self, sides: int) -> int:
        """From 0 up to, not including, `sides`."""
        return self._dice.below(sides)

    def between(self, least: int, most: int) -> int:
        """From `least` to `most`, both included."""
        return least + self._dice.below(most - least + 1)

    def happens(self, in_thousand: int) -> bool:
        """Something that happens so many times in a thousand."""
        return self._dice.below(1_000) < in_thousand

    def one_of(self, things: Sequence[T]) -> T:
        """Any of the things, each as likely as the others."""
        return things[self._dice.below(len(things))]

    def share(self) -> float:
        """From 0 up to 1, for back-offs."""
        return self._dice.below(1 << 24) / (1 << 24)


class Trace:
    """What happened, line by line: a digest of all of it, and the last lines to read."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self.count = 0

    def add(self, at_ms: int, line: str) -> None:
        """One more line."""
        text = f"{at_ms / 1000:10.3f} {line}"
        self._digest.update(text.encode() + b"\n")
        self.lines.append(text)
        self.count += 1

    @property
    def digest(self) -> str:
        """SHA-256 over all lines so far."""
        return self._digest.hexdigest()


@dataclass(order=True, slots=True)
class _Due:
    at_ms: int
    number: int
    who: str = field(compare=False)
    act: Callable[[], None] = field(compare=False)


class Schedule:
    """Runs what is due, in the order of its time. `who` acts never runs inside itself."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.trace = Trace()
        self.counts: Counter[str] = Counter()
        self._due: list[_Due] = []
        self._number = 0
        self._busy: list[str] = []

    def note(self, line: str) -> None:
        """A line of the trace."""
        self.trace.add(self.now_ms, line)

    def happened(self, kind: str) -> None:
        """Count that something of this kind was met; what a campaign met, its row says."""
        self.counts[kind] += 1

    def after(self, milliseconds: int, who: str, act: Callable[[], None]) -> None:
        """Let `who` act so much later."""
        self._number += 1
        heapq.heappush(self._due, _Due(self.now_ms + milliseconds, self._number, who, act))

    def keep_only(self, who: str) -> None:
        """Forget what all others were to do; names that begin so go on."""
        self._due = [due for due in self._due if due.who.startswith(who)]
        heapq.heapify(self._due)

    def wait(self, milliseconds: int) -> None:
        """Whoever runs waits; others act meanwhile."""
        until = self.now_ms + milliseconds
        if len(self._busy) < _DEEPEST:
            self.run(until)
        self.now_ms = max(self.now_ms, until)

    def run(self, until_ms: int, ended: Callable[[], bool] | None = None) -> bool:
        """Run what is due until then, or until it has `ended`; whether it did."""
        while self._due and self._due[0].at_ms <= until_ms:
            if ended is not None and ended():
                return True
            due = heapq.heappop(self._due)
            self.now_ms = max(self.now_ms, due.at_ms)
            if due.who in self._busy:
                self.after(_SOON_MS, due.who, due.act)
                continue
            self._busy.append(due.who)
            try:
                due.act()
            finally:
                self._busy.pop()
        if ended is not None and ended():
            return True
        self.now_ms = max(self.now_ms, until_ms)
        return False


class VirtualClock:
    """A clock that shows the time of the schedule, as far off as somebody has set its hands."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self.off = timedelta()

    def now(self) -> datetime:
        """Aware UTC instant."""
        return BEGINNING + timedelta(milliseconds=self._schedule.now_ms) + self.off

    def monotonic(self) -> float:
        """Seconds since the beginning; nobody sets these."""
        return self._schedule.now_ms / 1_000


class SeededIds:
    """UUIDv7 that are the same in every run of a seed; `space` keeps makers apart."""

    def __init__(self, schedule: Schedule, space: int, seed: int) -> None:
        self._schedule = schedule
        self._space = space
        self._seed = seed
        self._count = 0

    def new(self) -> UUID:
        """Later than every id of this maker."""
        self._count += 1
        at_ms = int(BEGINNING.timestamp() * 1_000) + self._schedule.now_ms
        tail = (self._seed & 0xFFFFFFFF) << 30 | self._space << 24 | self._count >> 12
        head = at_ms << 16 | 0x7 << 12 | self._count & 0xFFF
        return UUID(int=head << 64 | 0b10 << 62 | tail)
