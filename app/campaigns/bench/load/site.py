"""A central service under load: database, service and as many enrolled seats as are wanted.

Database and service are programs of their own on loopback, as a small installation has them; the
seats are only what sends, without windows or stores, so that the centre is what is measured.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from app.adapters.child_program import ChildProgram
from app.adapters.local_card_parts import free_port
from app.adapters.local_postgres import LocalPostgres
from app.campaigns.bench.given import Given
from app.central import administration, prepare_database
from app.services.central.imports.catalogue import import_catalogue
from app.services.central.installation import Installations, read_policy
from app.services.central.passwords import Passwords
from app.services.central.people import NewPerson, People
from app.services.central.seats import Seats
from app.services.central.transaction import Transaction
from app.settings import resource_folder
from app.values.clock import SystemClock
from app.values.identity import PersonId, SystemIds
from app.values.vocabulary import Role

LOGIN = "bench"
PASSWORD = "only for measuring"  # noqa: S105 - opens nothing
DATABASE = {"max_connections": "120", "shared_buffers": "512MB"}
"""fsync, full_page_writes and synchronous_commit are on, as PostgreSQL ships."""


_PLENTY = "UPDATE stock_level SET on_hand = 100000000"
"""Stock is counted for most of the sample; here it never runs out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSite:
    """`database_url` is the owner's; `port` is the service's."""

    folder: Path
    database_url: str
    port: int
    service: ChildProgram
    person_id: PersonId

    def code(self, name: str) -> str:
        """A one-time code for a seat."""
        with administration(self.database_url, SystemClock(), SystemIds()) as transactions:
            return transactions.write(partial(Seats().issue_code, name=name, extension=None))

    def one(self, query: str) -> int:
        """A number from the database, read beside the program."""
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(query.encode()).fetchone()
        return int(row[0]) if row is not None else 0

    def durability(self) -> str:
        """What the database promises, as it says itself."""
        names = ("fsync", "full_page_writes", "synchronous_commit")
        with psycopg.connect(self.database_url) as connection:
            rows = [connection.execute(f"SHOW {name}".encode()).fetchone() for name in names]
        values = [row[0] if row is not None else "?" for row in rows]
        return ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True))


@contextmanager
def heap_as_served() -> Generator[None]:
    """Handlers run in a bench as in the service, which sets aside what it is made of.

    What a bench holds besides, a catalogue and its orders, would be looked through again and again.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def load_site(given: Given) -> Generator[LoadSite]:
    """The catalogue of the sample, one person, a service that answers."""
    clock, ids = SystemClock(), SystemIds()
    with ExitStack() as ends:
        folder = given.folder / "postgres"
        postgres = ends.enter_context(LocalPostgres(folder, settings=DATABASE))
        url = postgres.ensure_database("bench")
        prepare_database(url, clock, ids)
        with administration(url, clock, ids) as transactions:
            person = transactions.write(_set_up)
            import_catalogue(transactions, resource_folder() / "sample" / "catalogue.csv")
        with psycopg.connect(url) as connection:
            connection.execute(_PLENTY)
        port = free_port()
        service = ends.enter_context(service_on(given.folder, url, port))
        yield LoadSite(
            folder=given.folder, database_url=url, port=port, service=service, person_id=person
        )


def service_on(folder: Path, url: str, port: int) -> ChildProgram:
    """A replica of the central service that is ready."""
    listen = f"127.0.0.1:{port}"
    words = ("app", "serve", "--end-with-input", "--listen", listen)
    environment = {**os.environ, "READBACK_DATABASE_URL": url}
    service = ChildProgram(words, folder / f"service-{port}.log", environment)
    try:
        service.until_ready(f"http://{listen}/readyz")
    except BaseException:
        service.stop()
        raise
    return service


def memory_mb(pid: int) -> float:
    """Resident memory of a process, in MB of a million bytes."""
    return _status(pid, "VmRSS") * 1024 / 1e6


def threads_of(pid: int) -> int:
    """How many threads a process has."""
    return _status(pid, "Threads")


def _status(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0])
    return 0


def _set_up(tx: Transaction) -> PersonId:
    Installations().set_policy(tx, read_policy(resource_folder() / "sample" / "policy.toml"))
    new = NewPerson(login=LOGIN, name="Bench", role=Role.CSR, team="", password=PASSWORD)
    return People(Passwords()).add(tx, new)
