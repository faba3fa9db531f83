"""What a row of the campaign stands on: databases of its own, replicas, seats, and people.

Everything is on loopback, in one folder, and ends with the ground, whatever happens. One PostgreSQL
serves all rows; each row gets a fresh database in it. Rows that kill PostgreSQL start their own.
"""

from __future__ import annotations

import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import psycopg
from psycopg import sql

from app.adapters.local_card_parts import free_port
from app.adapters.local_postgres import LocalPostgres
from app.campaigns.faults.calls import Call, made_calls, read_calls, write_price_list
from app.campaigns.faults.desk_program import LOGIN, PASSWORD
from app.campaigns.faults.programs import PATIENCE_S, Program
from app.campaigns.faults.replica_program import ReplicaTask, cheap_passwords, serve_replica
from app.central import administration, prepare_database
from app.desktop import enrol
from app.services.central.imports.catalogue import import_catalogue
from app.services.central.imports.stock import import_stock
from app.services.central.installation import Installations, read_policy
from app.services.central.people import NewPerson, People
from app.services.central.seats import Seats
from app.services.central.transaction import Transaction
from app.settings import DeskSettings, resource_folder
from app.values.clock import SystemClock
from app.values.errors import Fault
from app.values.identity import SystemIds
from app.values.vocabulary import Role

INVOICES_MOST = 400
_TEMPLATE = "faults_template"
_GLANCE_S = 0.02
KEY_FILE = "campaign-keys.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a campaign was told. `is_short`: figures of time are told, and not held against it.

    `server` is a PostgreSQL that runs already; without one the ground starts its own.
    """

    folder: Path
    say: Callable[[str], None]
    invoices: Path | None = None
    is_short: bool = False
    server: LocalPostgres | None = None


class Ground:
    """The ground of all rows; a context manager that ends what it started."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.folder = given.folder
        self.say = given.say
        self.is_short = given.is_short
        self._ends = ExitStack()
        self._server = given.server
        self._calls: tuple[Call, ...] = ()
        self._made = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ends.close()

    @property
    def calls(self) -> tuple[Call, ...]:
        """What callers order: the first invoices of the file, or made calls."""
        if not self._calls:
            given = self.given.invoices
            self._calls = made_calls(1) if given is None else read_calls(given, INVOICES_MOST)
        return self._calls

    def own_folder(self, name: str) -> Path:
        """A new, empty folder of a row."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        folder.chmod(0o711)  # a database in it runs under an account of its own
        return folder

    def database(self) -> str:
        """URL of a fresh central database with people, policy and catalogue, as its superuser."""
        server = self._running()
        self._made += 1
        name = f"faults_{self._made}_{time.monotonic_ns()}"
        with psycopg.connect(server.url(), autocommit=True) as connection:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
            connection.execute(
                statement.format(sql.Identifier(name), sql.Identifier(self._template))
            )
        return server.url(name)

    def fill(self, url: str) -> None:
        """Make an empty database the centre's: schema, people, policy and catalogue."""
        prepare_database(url, SystemClock(), SystemIds())
        prices = self.folder / "prices.csv"
        write_price_list(self.calls, prices)
        with administration(url, SystemClock(), SystemIds()) as transactions:
            transactions.write(_add_people)
        self.import_list(url, prices)

    def import_list(self, url: str, prices: Path) -> None:
        """Take in a price list with stock, as an administrator does."""
        with administration(url, SystemClock(), SystemIds()) as transactions:
            import_catalogue(transactions, prices)
            import_stock(transactions, prices)

    def _running(self) -> LocalPostgres:
        if self._server is None:
            self.say("Starting the database")
            self._server = LocalPostgres(self.folder / "postgres")
            self._ends.enter_context(self._server)
        if not self._made:
            self._template = f"{_TEMPLATE}_{time.monotonic_ns()}"
            self.fill(self._server.ensure_database(self._template))
        return self._server


class Centre:
    """Replicas of the central service over one database; a context manager that ends them."""

    def __init__(self, folder: Path, url: str, replicas: int = 1) -> None:
        self.url = url
        self._folder = folder
        self._ports = [free_port() for _ in range(replicas)]
        self._programs: dict[int, Program] = {}

    def __enter__(self) -> Self:
        try:
            for place in range(len(self._ports)):
                self.start(place)
            for place in range(len(self._ports)):
                self.await_ready(place)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def ports(self) -> tuple[int, ...]:
        """Where the replicas listen on loopback, in the order of their places."""
        return tuple(self._ports)

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes of the replicas that run."""
        return tuple(program.pid for program in self._programs.values())

    def address(self, place: int = 0) -> str:
        """URL of a replica."""
        return f"http://127.0.0.1:{self._ports[place]}"

    def start(self, place: int) -> None:
        """Start a replica that does not run."""
        listen = f"127.0.0.1:{self._ports[place]}"
        task = ReplicaTask(database_url=self.url, listen=listen)
        log = self._folder / f"replica-{place}.log"
        self._programs[place] = Program(serve_replica, task, log)

    def kill(self, place: int) -> None:
        """SIGKILL."""
        self._programs.pop(place).kill()

    def await_ready(self, place: int, seconds: float = PATIENCE_S) -> float:
        """Wait until a replica is ready; the seconds it took. Raises Fault `program_failed`."""
        began = time.monotonic()
        program = self._programs[place]
        while not is_ready(self.address(place)):
            if not program.is_running or time.monotonic() - began > seconds:
                raise Fault("program_failed", f"A replica is not ready: {program.complaint()}")
            time.sleep(_GLANCE_S)
        return time.monotonic() - began

    def stop(self) -> None:
        """End all of them in order."""
        while self._programs:
            self._programs.popitem()[1].stop()


class SeatPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A seat that is enrolled: where it keeps what it has, and its CSR's log."""

    name: str
    folder: Path
    log: Path
    said: Path

    def settings(self, centre_url: str) -> DeskSettings:
        """As a desk reads them."""
        key_file = self.folder / KEY_FILE
        return DeskSettings(centre_url=centre_url, seat_folder=self.folder, key_file=key_file)


def enrolled_seat(folder: Path, name: str, url: str, centre_url: str) -> SeatPlace:
    """Make a seat known to the centre whose database is at `url`."""
    seat = SeatPlace(
        name=name,
        folder=folder / name,
        log=folder / f"{name}.shown.jsonl",
        said=folder / f"{name}.log",
    )
    with administration(url, SystemClock(), SystemIds()) as transactions:
        code = transactions.write(partial(Seats().issue_code, name=name, extension=None))
    enrol(seat.settings(centre_url), code)
    return seat


def is_ready(address: str) -> bool:
    """Whether a replica says that it can do its work."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _add_people(tx: Transaction) -> None:
    Installations().set_policy(tx, read_policy(resource_folder() / "sample" / "policy.toml"))
    person = NewPerson(login=LOGIN, name="Dana Marsh", role=Role.CSR, team="", password=PASSWORD)
    People(cheap_passwords()).add(tx, person)
