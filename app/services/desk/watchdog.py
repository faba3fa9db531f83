"""Minds the threads that keep a desk in touch with the centre: none stands still unnoticed.

What hangs or has died is started anew; what raised a bug goes on by itself. Either is said in
words, with an incident number that is in the log, too. Looks every second on a thread of its own;
writes nothing to the store, which may be what hangs.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from app.services.desk.standing import Standing
from app.services.desk.worker import BackOff, Worker
from app.values.clock import Clock
from app.values.identity import Ids

LOG = logging.getLogger("readback.desk")
EVERY_SECONDS = 1.0
TOLD_SECONDS = 60.0
"""So long it is said at least, that people can read it."""

_RESTARTS_MOST = 3
_INCIDENT_DIGITS = 8
_PLACES_MOST = 8


@dataclass(slots=True, kw_only=True)
class _Minded:
    """One worker, how long a step of it may go without a word, and what was said of it."""

    worker: Worker
    longest_s: float
    doing: str
    can_restart: bool
    restarts: int = 0


class Watchdog:
    """The watchdog of one desk."""

    def __init__(self, standing: Standing, clock: Clock, ids: Ids) -> None:
        self._standing = standing
        self._clock = clock
        self._ids = ids
        self._minded: list[_Minded] = []
        self._said_at: dict[str, float] = {}

    def mind(
        self,
        worker: Worker,
        doing: str,
        longest_s: float,
        *,
        can_restart: bool = True,
    ) -> None:
        """Look after a worker. `doing` names its work in a sentence: "sending orders".

        After `longest_s` without a word a step counts as hung. Where two steps at once would be
        worse than none, `can_restart` is False.
        """
        self._minded.append(
            _Minded(
                worker=worker,
                longest_s=longest_s,
                doing=doing,
                can_restart=can_restart,
            )
        )

    def bug_in(self, doing: str, back_off: BackOff) -> Callable[[Exception], float]:
        """What a worker calls with a bug of its step."""
        return partial(self._tell_of_bug, doing, back_off)

    def look(self) -> float:
        """Look at all of them once; gives the seconds until the next look."""
        for minded in self._minded:
            if minded.worker.is_dead:
                self._revive(minded)
            elif minded.worker.stalled_seconds() > minded.longest_s:
                self._leave_behind(minded)
            else:
                self._fall_silent(minded)
        return EVERY_SECONDS

    def _revive(self, minded: _Minded) -> None:
        number = self._incident()
        LOG.error("thread died incident=%s thread=%s", number, minded.worker.name)
        self._say(
            minded.doing,
            f"Something went wrong in this program while it was {minded.doing}. It was started "
            f"anew and goes on; nothing is lost. Incident {number}.",
        )
        minded.worker.restart()

    def _leave_behind(self, minded: _Minded) -> None:
        if minded.restarts >= _RESTARTS_MOST or not minded.can_restart:
            self._say(
                minded.doing,
                f"This program stands still while it is {minded.doing}. Please close Readback and "
                "start it again when it suits you; nothing is lost.",
            )
            return
        minded.restarts += 1
        number = self._incident()
        LOG.error("step hangs incident=%s thread=%s", number, minded.worker.name)
        self._say(
            minded.doing,
            f"This program stood still while it was {minded.doing}. It was started anew and goes "
            f"on; nothing is lost. Incident {number}.",
        )
        minded.worker.restart()

    def _fall_silent(self, minded: _Minded) -> None:
        """After a while without trouble there is nothing to say any more."""
        said_at = self._said_at.get(minded.doing)
        if said_at is not None and self._clock.monotonic() - said_at >= TOLD_SECONDS:
            del self._said_at[minded.doing]
            minded.restarts = 0
            self._standing.say(minded.doing, "")

    def _tell_of_bug(self, doing: str, back_off: BackOff, bug: Exception) -> float:
        number = self._incident()
        LOG.error("fault incident=%s code=unexpected %s", number, _where(bug))
        self._say(
            doing,
            f"Something went wrong in this program while it was {doing}. It tries again by "
            f"itself; nothing is lost. Incident {number}.",
        )
        return back_off.failed()

    def _say(self, doing: str, sentence: str) -> None:
        self._said_at[doing] = self._clock.monotonic()
        self._standing.say(doing, sentence)

    def _incident(self) -> str:
        digits = self._ids.new().hex[-_INCIDENT_DIGITS:].upper()
        return f"{digits[:4]}-{digits[4:]}"


def _where(bug: BaseException) -> str:
    """Kinds and places; never the words, which may hold a name."""
    told = []
    present: BaseException | None = bug
    while present is not None:
        frames = traceback.extract_tb(present.__traceback__)[-_PLACES_MOST:]
        path = " > ".join(f"{frame.name}:{frame.lineno}" for frame in frames)
        told.append(f"{type(present).__name__} at {path or 'nowhere'}")
        present = present.__cause__ or present.__context__
    return " caused by ".join(told)
