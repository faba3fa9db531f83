"""How soon desks hear of a change, and what it costs the centre to have many of them wait.

A wait holds neither a thread nor a connection of the service; so both are counted while 200 desks
wait, and so is its memory.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

import msgspec

from app.campaigns.bench.figures import Figure, within
from app.campaigns.bench.given import Given, require
from app.campaigns.bench.load.http_line import HttpLine
from app.campaigns.bench.load.seats import LoadSeat
from app.campaigns.bench.load.site import LoadSite, load_site, memory_mb, threads_of
from app.central import administration
from app.services.central.installation import Installations
from app.services.central.transaction import Transaction, Transactions
from app.values.clock import SystemClock
from app.values.identity import SystemIds
from app.values.vocabulary import ChangeKind
from app.wire.message import decode, encode
from app.wire.operations import TAKE_SNAPSHOT, WAIT_FOR_CHANGES
from app.wire.sync import ChangePage, Cursor, TakeSnapshot, WaitForChanges

DELAY_MOST_MS = 500
"""The feed is looked at four times a second, whoever waits."""
MANY = 200
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'readback'"
_OK = 200
_SETTLED_S = 1.0


def feed_delay(given: Given, *, desks: int = 20, changes: int = 60) -> tuple[Figure, ...]:
    """From the commit of a change to the desk that has it."""
    with load_site(given) as site, _waiting(site, desks) as desks_waiting:
        found: list[float] = []
        with administration(site.database_url, SystemClock(), SystemIds()) as transactions:
            for number in range(changes):
                given.progress("changes", number, changes)
                found += _one_change(transactions, number, desks_waiting)
    require(len(found) == desks * changes, "A desk did not hear of a change.")
    return (within(f"feed delay, {desks} desks", found, DELAY_MOST_MS),)


def many_waiting(given: Given, *, desks: int = MANY, rounds: int = 3) -> tuple[Figure, ...]:
    """So many desks on long poll, and a change that all of them hear of, a few times."""
    with load_site(given) as site:
        before = threads_of(site.service.pid), site.one(_CONNECTIONS)
        memory_before = memory_mb(site.service.pid)
        with _waiting(site, desks) as waiting:
            time.sleep(_SETTLED_S)
            during = threads_of(site.service.pid), site.one(_CONNECTIONS)
            with administration(site.database_url, SystemClock(), SystemIds()) as transactions:
                heard = [_one_change(transactions, number, waiting) for number in range(rounds)]
            after = threads_of(site.service.pid), site.one(_CONNECTIONS)
            memory = memory_mb(site.service.pid)
    require(all(len(one) == desks for one in heard), "A desk did not hear of a change.")
    name = f"{desks} desks on long poll"
    more_threads = max(during[0], after[0]) - before[0]
    more_connections = max(during[1], after[1]) - before[1]
    return (
        within(f"{name}: threads more than without", [more_threads], 12, unit="threads"),
        within(f"{name}: connections more than without", [more_connections], 16, unit="lines"),
        within(f"{name}: memory more than without", [memory - memory_before], 60, unit="MB"),
        within(f"{name}: until the last has heard", [max(one) for one in heard], 2_000),
    )


class _WaitingDesk:
    """A seat whose long poll is always open; a thread of ours stands for its desk."""

    def __init__(self, site: LoadSite, number: int) -> None:
        self._seat = LoadSeat(site, f"waiting-{number}")
        self._line = HttpLine(site.port)
        page = self._seat.caller.call(TAKE_SNAPSHOT, TakeSnapshot(kind=ChangeKind.POLICY))
        self._cursor: Cursor = page.cursor
        self._ask()

    def heard(self) -> float:
        """When the next change came, on the clock of `time.perf_counter`; asks again at once."""
        while True:
            status, body = self._line.answer()
            at = time.perf_counter()
            require(status == _OK, f"A long poll was answered with {status}.")
            page = decode(body, ChangePage)
            self._cursor = page.next
            self._ask()
            if page.changes:
                return at

    def close(self) -> None:
        """Hang up."""
        self._line.close()
        self._seat.close()

    def _ask(self) -> None:
        request = encode(WaitForChanges(since=self._cursor))
        self._line.send(self._seat.signed(WAIT_FOR_CHANGES, request))


@contextmanager
def _waiting(site: LoadSite, desks: int) -> Generator[list[_WaitingDesk]]:
    with ExitStack() as ends:
        waiting: list[_WaitingDesk] = []
        for number in range(desks):
            desk = _WaitingDesk(site, number + 1)
            ends.callback(desk.close)
            waiting.append(desk)
        yield waiting


def _one_change(
    transactions: Transactions, number: int, desks: Sequence[_WaitingDesk]
) -> list[float]:
    """Milliseconds until each desk had it, counted from the commit."""
    came: list[float] = []
    threads = [threading.Thread(target=_note, args=(desk, came), name="desk") for desk in desks]
    for thread in threads:
        thread.start()
    transactions.write(partial(_another_policy, number=number))
    committed = time.perf_counter()
    for thread in threads:
        thread.join()
    return [(at - committed) * 1_000 for at in came]


def _note(desk: _WaitingDesk, came: list[float]) -> None:
    came.append(desk.heard())


def _another_policy(tx: Transaction, number: int) -> None:
    _, policy = Installations().policy(tx)
    other = msgspec.structs.replace(policy, quote_hours=1 + number % 24)
    Installations().set_policy(tx, other)
