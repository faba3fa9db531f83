"""Backup and restore, as docs/operations.md tells an administrator to do them, with the real tools.

Each time: the restored database is refused, made known, served; what desks hold is sent again;
nothing is lost, nothing is there twice, and the audit's chain holds.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest

from app.adapters.local_postgres import ACCOUNT, LocalPostgres
from app.central import Central, Serving, Surroundings, administration
from app.services.central.audit import AuditChain, Head
from app.services.central.installation import Installations
from app.services.central.transaction import Transaction
from app.settings import CentreSettings
from app.store.central import database_url
from app.transport.client import RemoteCaller
from app.values.errors import Refusal
from app.values.identity import SystemIds
from app.values.vocabulary import ChangeKind
from app.wire.operations import LEASE_NUMBERS, SEND_COMMANDS, TAKE_SNAPSHOT, WAIT_FOR_CHANGES
from app.wire.sync import (
    Command,
    CommandOutcome,
    LeaseNumbers,
    SendCommands,
    TakeSnapshot,
    WaitForChanges,
)
from tests.centre import CHEAP, Centre, ListLog
from tests.order_desk import OrderCentre, SendingDesk

CHAIN = AuditChain()
_OLDER = """
    DO $$ BEGIN FOR i IN 1..5000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$
"""
"""So that transaction ids of this cluster are beyond those of a new one."""


class Site:
    """A centre in use: orders before the backup and after it, all still with the desk."""

    def __init__(self, url: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_OLDER)
        self.url = url
        self.centre = OrderCentre(url)
        self.desk = SendingDesk(self.centre)
        self.cursor = self.desk.caller.call(
            TAKE_SNAPSHOT, TakeSnapshot(kind=ChangeKind.POLICY)
        ).cursor
        self.before = self.take_orders(3)
        self.head: Head | None = self.centre.transactions.write(CHAIN.seal)
        self.before += self.take_orders(2)
        self.after: list[Command] = []

    def take_orders(self, count: int) -> list[Command]:
        """Orders that the centre has accepted."""
        commands = [self.desk.command() for _ in range(count)]
        assert {outcome.outcome.value for outcome in self.desk.send(*commands)} == {"accepted"}
        return commands

    def go_on(self) -> None:
        """What the backup will not have: orders, and a new lease of numbers."""
        self.after = self.take_orders(4)
        self.desk.caller.call(LEASE_NUMBERS, LeaseNumbers(count=30))
        self.after += self.take_orders(1)

    def numbers(self) -> set[str]:
        """Every number that a seat was ever given."""
        rows = self.centre.rows("SELECT first_value, size FROM number_lease")
        return {str(value) for first, size in rows for value in range(first, first + size)}

    def close(self) -> None:
        self.centre.close()


@pytest.fixture
def site(central_url: str) -> Iterator[Site]:
    made = Site(central_url)
    yield made
    made.close()


def run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


def restored_by_dump(server: LocalPostgres, site: Site, folder: Path) -> LocalPostgres:
    """pg_dump, then pg_restore into a new cluster."""
    run(server.program("pg_dump"), "-Fc", "-f", folder / "dump", "-d", site.url)
    site.go_on()
    other = LocalPostgres(folder / "other", settings={"fsync": "off"})
    other.start()
    with psycopg.connect(other.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE readback_owner NOLOGIN")
        connection.execute("CREATE ROLE readback_service NOLOGIN")
    url = other.ensure_database(name_of(site))
    run(other.program("pg_restore"), "--exit-on-error", "-d", url, folder / "dump")
    return other


def restored_by_base_backup(server: LocalPostgres, site: Site, folder: Path) -> LocalPostgres:
    """pg_basebackup, then recovery to its end, which begins a new timeline."""
    data = folder / "other" / "data"
    run(server.program("pg_basebackup"), "-D", data, "-c", "fast", "-d", server.url())
    site.go_on()
    (data / "recovery.signal").touch()
    password = psycopg.conninfo.conninfo_to_dict(server.url())["password"]
    (folder / "other" / "password").write_text(str(password), encoding="ascii")
    if os.geteuid() == 0:
        run("chown", "-R", ACCOUNT, data)
    data.chmod(0o700)
    settings = {"fsync": "off", "restore_command": "false"}
    other = LocalPostgres(folder / "other", settings=settings)
    other.start()
    with psycopg.connect(other.url(), autocommit=True) as connection:
        while connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
            pass
    return other


def name_of(site: Site) -> str:
    return str(database_url(site.url).database)


RESTORES = {"pg_dump": restored_by_dump, "pg_basebackup": restored_by_base_backup}


@pytest.mark.parametrize("restore", RESTORES.values(), ids=RESTORES)
def test_a_restored_centre_is_refused_made_known_and_loses_nothing(
    restore: Callable[[LocalPostgres, Site, Path], LocalPostgres],
    postgres_server: LocalPostgres,
    site: Site,
    server_folder: Path,
) -> None:
    other = restore(postgres_server, site, server_folder)
    with closing_server(other):
        url = other.url(name_of(site))
        given = Surroundings(
            clock=site.centre.clock, ids=SystemIds(), log=ListLog(), passwords=CHEAP
        )
        settings = CentreSettings(database_url=url, listen="127.0.0.1:0", threads=2)
        with pytest.raises(Refusal, match="readback admin restored"):
            Serving(settings, given).run()
        with administration(url, given.clock, given.ids) as transactions:
            transactions.write(Installations().restored)
        central = Central(settings, given)
        try:
            central.start()
            holds_what_was_told(central, site, url)
        finally:
            central.close()


@contextmanager
def closing_server(server: LocalPostgres) -> Generator[None]:
    """A server that runs already, until the test is over."""
    try:
        yield
    finally:
        server.stop()


def holds_what_was_told(central: Central, site: Site, url: str) -> None:
    """All orders once, under their numbers; the feed goes on; the chain holds."""
    centre = Centre(url, dispatcher=central.dispatcher)
    caller = RemoteCaller(centre.carrier, site.centre.clock, centre.ids)
    caller.use_seat(site.desk.seat)
    outcomes = sent_again(caller, [*site.before, *site.after])
    assert [one.outcome.value for one in outcomes] == ["replayed"] * 5 + ["accepted"] * 5
    now, then = (rows_of(one) for one in (centre, site.centre))
    assert now == then
    page = caller.call(WAIT_FOR_CHANGES, WaitForChanges(since=site.cursor, wait_seconds=0))
    assert page.reset
    assert not caller.call(WAIT_FOR_CHANGES, WaitForChanges(since=page.next, wait_seconds=0)).reset
    caller.call(LEASE_NUMBERS, LeaseNumbers(count=500))
    given = centre.rows(
        "SELECT first_value, size FROM number_lease WHERE device_id IS NOT NULL"
        " ORDER BY first_value DESC LIMIT 1"
    )
    assert not {str(v) for v in range(given[0][0], sum(given[0]))} & site.numbers()
    while central.transactions.write(CHAIN.seal):
        pass
    verdict = central.transactions.read(partial(CHAIN.verify, kept=site.head))
    assert (verdict.sentence, verdict.unsealed) == ("", 0)
    centre.administration.write(put_in_between)
    assert not central.transactions.read(CHAIN.verify).holds
    centre.close()


def sent_again(caller: RemoteCaller, commands: list[Command]) -> tuple[CommandOutcome, ...]:
    return caller.call(SEND_COMMANDS, SendCommands(commands=tuple(commands))).outcomes


def rows_of(centre: Centre) -> list[tuple[str, int]]:
    rows = centre.rows("SELECT number, total_minor FROM sales_order ORDER BY number")
    return [tuple(row) for row in rows]


def put_in_between(tx: Transaction) -> None:
    """A row as if it had been written right after the restore."""
    tx.connection.exec_driver_sql(
        "INSERT INTO audit (seq, xid, at, operation, outcome, facts) OVERRIDING SYSTEM VALUE"
        " SELECT max(seq) + 1000, min(xid), min(at), 'forged', 'done', '{}' FROM audit"
    )
