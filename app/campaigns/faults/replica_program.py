"""One replica of the central service, as `readback serve` runs it, in a process of its own.

Only passwords are cheaper to check than they should be: a campaign signs in a thousand times.
"""

from __future__ import annotations

import logging
import sys
from multiprocessing.connection import Connection

import msgspec

from app.adapters.event_log import JsonLog, LibraryLog
from app.campaigns.faults.programs import Told
from app.central import Serving, Surroundings
from app.services.central.passwords import Passwords
from app.settings import CentreSettings
from app.values.clock import SystemClock
from app.values.identity import SystemIds

THREADS = 6
_MEMORY_KIB, _ROUNDS = 64, 1


class ReplicaTask(msgspec.Struct, frozen=True, kw_only=True):
    """Where a replica listens, and the database behind it."""

    database_url: str
    listen: str
    threads: int = THREADS


def cheap_passwords() -> Passwords:
    """Checked in a millisecond; good for made-up people only."""
    return Passwords(memory_kib=_MEMORY_KIB, rounds=_ROUNDS)


def serve_replica(line: Connection, task: ReplicaTask) -> None:
    """Serve until told to stop, or until the parent ends."""
    Told(line)
    clock = SystemClock()
    given = Surroundings(
        clock=clock, ids=SystemIds(), log=JsonLog(sys.stderr, clock), passwords=cheap_passwords()
    )
    logging.getLogger().addHandler(LibraryLog(given.log))
    settings = CentreSettings(
        database_url=task.database_url, listen=task.listen, threads=task.threads
    )
    Serving(settings, given).run()
