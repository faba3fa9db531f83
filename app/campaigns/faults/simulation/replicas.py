"""The real centre, in this process: two replicas on one database, that die at commits when told to.

The services, the dispatcher and the background work are the program's own; only the store under
them can be told to end a replica just before or just after a commit, or to lose the answer to one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any, TypeVar

from app.campaigns.faults.simulation.engines import share_compiled
from app.campaigns.faults.simulation.schedule import VirtualClock
from app.central import Central, Surroundings
from app.services.central.dispatcher import Answer, Envelope
from app.services.central.passwords import Passwords
from app.settings import CentreSettings
from app.store.central import CentralStore
from app.values.errors import Fault
from app.values.identity import Ids
from app.wire.operation import Kind

T = TypeVar("T")

CHEAP = Passwords(memory_kib=64, rounds=1)
CONNECTIONS = 1
SESSION = timedelta(seconds=50)
"""So that sign-ins run out in the middle of calls."""

_WITHOUT = ("recording.", "payments.", "measures.", "drafts.", "warehouse.")


class ReplicaDied(BaseException):
    """The process of a replica has ended here; nothing of it runs on."""


class End(Enum):
    """What becomes of a replica at one of its commits."""

    DIES_BEFORE = "dies before the commit"
    DIES_AFTER = "dies after the commit"
    ANSWER_LOST = "the database does not say what became of the commit, which was done"
    COMMIT_LOST = "the database does not say what became of the commit, which was not done"


@dataclass(frozen=True, slots=True)
class Doom:
    """At the commit of that number, from 1, of the next request."""

    commit: int
    end: End


class MortalStore(CentralStore):
    """The store of a replica that may die."""

    def __init__(self, url: str) -> None:
        super().__init__(url, CONNECTIONS, idle_seconds=0)
        share_compiled(self.engine, self._reading, self._writing, self._glancing)
        self._doom: Doom | None = None
        self.ended: End | None = None
        self._begun = 0

    def doom(self, doom: Doom | None) -> None:
        """Let it come to that end, or none."""
        self._doom = doom
        self._begun = 0
        self.ended = None

    def forgo(self) -> None:
        """No end for what comes next; `ended` still says which one the last request met."""
        self._doom = None

    def write(self, work: Callable[[Any], T]) -> T:
        """As the real one, unless its end has come."""
        self._begun += 1
        doom = self._doom
        if doom is None or doom.commit != self._begun:
            return super().write(work)
        self._doom = None
        self.ended = doom.end
        if doom.end in {End.DIES_BEFORE, End.COMMIT_LOST}:

            def cut_off(session: Any) -> T:  # noqa: ANN401 - a session of the store's own
                work(session)
                raise self._ended(doom.end)

            return super().write(cut_off)
        super().write(work)
        raise self._ended(doom.end)

    def commit_apart(self) -> None:
        """A commit that is not this store's own, but could be the last thing the replica does."""
        self._begun += 1
        doom = self._doom
        if doom is not None and doom.commit == self._begun:
            self._doom = None
            raise ReplicaDied

    def _ended(self, end: End) -> BaseException:
        if end in {End.DIES_BEFORE, End.DIES_AFTER}:
            return ReplicaDied()
        return Fault("outcome_unknown", "The database did not say whether this was kept.")


class Replica:
    """One replica of the service; dead until it is started again."""

    def __init__(
        self,
        name: str,
        url: str,
        clock: VirtualClock,
        ids: Ids,
        log: Log,
        planted: Callable[[Central, MortalStore], None],
    ) -> None:
        self.name = name
        self._url = url
        self._clock = clock
        self._ids = ids
        self._log = log
        self._planted = planted
        self._loop = asyncio.new_event_loop()
        self._threads = InlineThreads()
        self.is_alive = False
        self.store = MortalStore(url)
        self.start()

    def start(self) -> None:
        """A new process: nothing is left of what the last one held in memory.

        Its connection is the last one's, whose transaction was rolled back when it died, as
        PostgreSQL would: to connect costs more than all that a replica does in a simulation.
        """
        self.store.doom(None)
        settings = CentreSettings(database_url=self._url, threads=2)
        given = Surroundings(clock=self._clock, ids=self._ids, log=self._log, passwords=CHEAP)
        self.central = Central(settings, given, self.store)
        self.central.dispatcher._identity._session_life = SESSION  # noqa: SLF001 - settings know whole hours only
        self._planted(self.central, self.store)
        self.is_alive = True

    def die(self) -> None:
        """End without a word."""
        self.is_alive = False

    def close(self) -> None:
        """End of the simulation."""
        self.is_alive = False
        self.store.close()
        self._loop.close()

    def let_go(self) -> None:
        """Close its connections; new ones are made when they are needed."""
        self.store.close()

    def answer(self, envelope: Envelope, doom: Doom | None = None) -> Answer:
        """What the dispatcher answers. Raises ReplicaDied."""
        self.store.doom(doom)
        dispatcher = self.central.dispatcher
        try:
            if dispatcher.kind_of(envelope.operation) is Kind.WAIT:
                return self._loop.run_until_complete(
                    dispatcher.answer_wait(envelope, self._threads)
                )
            return dispatcher.answer(envelope)
        finally:
            self.store.forgo()

    def work(self) -> None:
        """What a replica does by itself, once; what has no part in this is left out."""
        for background in self.central.background:
            if not background.name.startswith(_WITHOUT):
                background.once()


class InlineThreads:
    """No threads: a wait is answered at once, as by a service that is about to stop."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()
        self.stopping.set()

    async def run(self, work: Callable[[], T]) -> T:
        """Here and now."""
        return work()


class Log:
    """Keeps what the centre says of itself, to look for bugs and for digits in it."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.text: list[str] = []

    def write(self, event: str, **facts: str | float | None) -> None:
        """One event."""
        self.text.append(f"{event} {facts}")
        is_bug = event == "fault" and facts.get("code") == "fault"
        if is_bug or event in {"background_ended", "background_failed", "refusal_not_audited"}:
            self.faults.append(f"{event}: {facts}")
