"""A whole installation on this machine, on loopback only: database, central service, sample data.

Everything it starts it stops. Data are kept between runs; a catalogue of one's own gets a database
of its own, so that the sample never mixes with it. Used by the demo, and by campaigns that are not
given a central service.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import platformdirs

from app.adapters.child_program import ChildProgram
from app.adapters.local_card_parts import LocalCardParts, free_port
from app.adapters.local_postgres import LocalPostgres
from app.central import prepare_database
from app.demo.local_warehouse import LocalWarehouse
from app.services.central.imports.catalogue import import_catalogue
from app.services.central.imports.customers import import_customers
from app.services.central.imports.rejects import ImportSummary
from app.services.central.imports.stock import import_stock
from app.services.central.imports.table_file import Progress, no_progress
from app.services.central.imports.towns import import_towns
from app.services.central.installation import Installations, read_policy
from app.services.central.passwords import Passwords
from app.services.central.people import NewPerson, People
from app.services.central.seats import Seats
from app.services.central.transaction import Transaction, Transactions
from app.settings import resource_folder
from app.store.central import OWNER_ROLE, CentralStore
from app.values.clock import SystemClock
from app.values.errors import Fault
from app.values.identity import SystemIds
from app.values.vocabulary import Role
from app.wire.people import PERMISSIONS, Permission, PersonView

PASSWORD = "caller said seven"  # noqa: S105 - made for show
"""The same for everyone in a trial, and shown; it opens nothing else."""

EXTENSION = "201"
"""The telephone of the trial's desk."""
CALLER = "01632 960142"
"""Who rings there; Ofcom keeps the number free for drama."""


def trial_folder() -> Path:
    """Where a trial keeps its data: as root never under a home folder."""
    if sys.platform != "win32" and os.geteuid() == 0:
        return Path("/var/lib/readback-demo")
    return platformdirs.user_state_path("readback-demo")


class SamplePerson(msgspec.Struct, frozen=True, kw_only=True):
    """One of the people of resources/sample/people.toml."""

    login: str
    name: str
    role: Role
    team: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """How a trial says what it is doing: `step` a sentence, `progress` the rows of a long file."""

    step: Callable[[str], None]
    progress: Progress = no_progress


class Trial:
    """One database, one central service, sample people and a catalogue; a context manager."""

    def __init__(
        self,
        folder: Path,
        telling: Telling,
        catalogue: Path | None = None,
        caller_number: str = CALLER,
    ) -> None:
        """`caller_number` is who rings at the trial's extension.

        Orders stay where they are until `add_warehouse` is called, before the trial is entered.
        """
        self._folder = folder
        self._telling = telling
        self._catalogue = catalogue
        self._name = _database_name(catalogue)
        self._postgres = LocalPostgres(folder / "postgres")
        self._store: CentralStore | None = None
        self._service: ChildProgram | None = None
        self._cards = LocalCardParts(folder / "cards", {EXTENSION: caller_number})
        self._warehouse: LocalWarehouse | None = None
        self.database_url = ""
        self.centre_url = ""
        self.people: tuple[PersonView, ...] = ()

    def __enter__(self) -> Self:
        try:
            self._start()
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
    def seat_folder(self) -> Path:
        """Where the trial's desk keeps its store."""
        return self._folder / "seats" / self._name

    @property
    def recordings(self) -> Path:
        """Where the recordings of the trial's calls lie."""
        return self._cards.recordings

    def add_warehouse(self) -> None:
        """Orders of this trial go to a warehouse, which sends them by itself."""
        self._warehouse = LocalWarehouse(self._folder / "warehouse")

    def hang_up(self) -> None:
        """The caller of the trial hangs up."""
        self._cards.hang_up(EXTENSION)

    def forget(self) -> None:
        """Throw away everything earlier runs have kept; only before the trial is entered."""
        for part in ("postgres", "seats", "cards", "warehouse"):
            shutil.rmtree(self._folder / part, ignore_errors=True)

    def enrolment_code(self, seat: str) -> str:
        """A one-time code for a seat of that name."""
        code = partial(Seats().issue_code, name=seat, extension=EXTENSION)
        return self._transactions().write(code)

    def stop(self) -> None:
        """End what was started, in the reverse order."""
        if self._service is not None:
            self._service.stop()
            self._service = None
        if self._warehouse is not None:
            self._warehouse.stop()
        self._cards.stop()
        if self._store is not None:
            self._store.close()
            self._store = None
        self._postgres.stop()

    def _start(self) -> None:
        tell = self._telling.step
        self._folder.mkdir(parents=True, exist_ok=True)
        tell("Starting the database")
        self._postgres.start()
        self.database_url = self._postgres.ensure_database(self._name)
        prepare_database(self.database_url, SystemClock(), SystemIds())
        self._store = CentralStore(self.database_url, connections=2, role=OWNER_ROLE)
        self._fill()
        tell("Starting the telephone's recorder and the card vault")
        self._cards.start()
        self._transactions().write(partial(_pin_root_key, root_key=self._cards.root_key))
        tell("Starting the central service")
        self._serve()

    def _transactions(self) -> Transactions:
        if self._store is None:
            raise Fault("trial_not_running", "The trial is not running.")
        return Transactions(self._store, SystemClock(), SystemIds())

    def _fill(self) -> None:
        transactions = self._transactions()
        sample = resource_folder() / "sample"
        if not transactions.read(People(Passwords()).all):
            self._telling.step("Adding the people and the policy of the trial")
            people = _sample_people(sample / "people.toml")
            transactions.write(partial(_add_people, people=people))
            policy = read_policy(sample / "policy.toml")
            transactions.write(partial(Installations().set_policy, policy=policy))
        self.people = transactions.read(_people_who_take_orders)
        progress = self._telling.progress
        catalogue = self._catalogue or sample / "catalogue.csv"
        self._telling.step(f"Importing the catalogue {catalogue.name}")
        self._report(import_catalogue(transactions, catalogue, progress=progress))
        if self._catalogue is None:
            self._report(import_stock(transactions, catalogue))
        self._telling.step("Importing customers and towns")
        self._report(import_customers(transactions, sample / "customers.csv"))
        self._report(import_towns(transactions, sample / "towns.csv"))

    def _report(self, summary: ImportSummary) -> None:
        counts = summary.counts
        self._telling.step(
            f"  {summary.taken:,} of {summary.rows:,} rows taken: {counts.added:,} added,"
            f" {counts.changed:,} changed, {counts.unchanged:,} as before"
        )

    def _serve(self) -> None:
        listen = f"127.0.0.1:{free_port()}"
        self.centre_url = f"http://{listen}"
        settings = self._folder / "centre.toml"
        told = [self._cards.settings]
        if self._warehouse is not None:
            self._warehouse.start(self.centre_url)
            told.append(self._warehouse.settings)
        settings.write_text("\n".join(told), encoding="utf-8")
        words = ("serve", "--end-with-input", "--listen", listen, "--settings", str(settings))
        environment = {**os.environ, "READBACK_DATABASE_URL": self.database_url}
        log = self._folder / "service.log"
        self._service = ChildProgram(("app", *words), log, environment)
        self._service.until_ready(f"{self.centre_url}/readyz")


def _pin_root_key(tx: Transaction, root_key: str) -> None:
    """The policy names the key of this trial's vault."""
    _, policy = Installations().policy(tx)
    if policy.card_root_key != root_key:
        Installations().set_policy(tx, msgspec.structs.replace(policy, card_root_key=root_key))


def _add_people(tx: Transaction, people: tuple[SamplePerson, ...]) -> None:
    passwords = Passwords()
    for person in people:
        new = NewPerson(
            login=person.login,
            name=person.name,
            role=person.role,
            team=person.team,
            password=PASSWORD,
        )
        People(passwords).add(tx, new)


def _people_who_take_orders(tx: Transaction) -> tuple[PersonView, ...]:
    everyone = People(Passwords()).all(tx)
    return tuple(
        PersonView(
            person_id=line.person_id,
            login=line.login,
            name=line.name,
            role=line.role,
            team=line.team,
        )
        for line in everyone
        if line.disabled_at is None and Permission.TAKE_ORDERS in PERMISSIONS[line.role]
    )


def _sample_people(path: Path) -> tuple[SamplePerson, ...]:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return msgspec.convert(tables["person"], tuple[SamplePerson, ...])


def _database_name(catalogue: Path | None) -> str:
    """`readback_sample`, or a name of the file's own."""
    if catalogue is None:
        return "readback_sample"
    path = str(catalogue.resolve())
    word = re.sub(r"[^a-z0-9]+", "_", catalogue.name.split(".")[0].lower())[:40]
    return f"readback_{word}_{hashlib.sha256(path.encode()).hexdigest()[:8]}"
