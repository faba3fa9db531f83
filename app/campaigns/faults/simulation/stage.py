"""What all seeds of one process share: a PostgreSQL, a prepared database, and enrolled seats.

Making these takes seconds, copying them milliseconds: every seed begins with the same copies. The
server runs without fsync and without autovacuum, whose transactions would hold up the change feed
at instants that no seed knows.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from app.adapters.local_postgres import LocalPostgres
from app.campaigns.faults.simulation.csr import PASSWORD
from app.campaigns.faults.simulation.network import DeskLine, Network
from app.campaigns.faults.simulation.orders import CHARGE, CODES, TRACKED
from app.campaigns.faults.simulation.replicas import CHEAP, Log, MortalStore, Replica
from app.campaigns.faults.simulation.schedule import Chance, Schedule, SeededIds, VirtualClock
from app.campaigns.faults.simulation.seams import Fuse, FusedStore
from app.campaigns.faults.simulation.seats import SeatParts, Secrets, SimulatedSeat
from app.central import Central, administration, prepare_database
from app.services.central.installation import Installations
from app.services.central.people import NewPerson, People
from app.services.central.seats import Seats
from app.services.central.transaction import Transaction
from app.services.desk.housekeeping import COPIES
from app.services.desk.seat import enrol
from app.services.ports import Centre
from app.services.rules.regions import RegionRules, load_regions
from app.settings import resource_folder
from app.store.desk import DeskStore
from app.transport.client import RemoteCaller
from app.values.vocabulary import Region, Role
from app.wire.sync import Company, Policy

DESKS = ("desk 1", "desk 2", "desk 3")
OLD_DESK = "old desk"
LOGINS = ("ada", "ben", "cleo", "dev")
POLICY = Policy(
    company=Company(
        name="Simulated Ltd",
        address=("1 High Street",),
        phone="+441134960000",
        email="o@example.org",
    ),
    numbers_kept=3,
    hold_seconds=90,
    duplicate_minutes=30,
)
_TEMPLATE = "simulation_template"
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
}
_FAST_FOLDER = Path("/dev/shm")  # noqa: S108 - memory, where it is there; the folder in it is our own
_STEPS_MOST = 200
_NUMBERS = 2


@dataclass(frozen=True, slots=True)
class Planted:
    """What stands between the parts of the program: nothing, or one bug.

    `replica` may change a centre that was just made, `port` is what the desk asks the centre
    through, `store` what it keeps its orders in.
    """

    replica: Callable[[Central, MortalStore], None]
    port: Callable[[RemoteCaller], Centre]
    store: Callable[[DeskStore, Fuse], DeskStore]


def _as_it_is(central: Central, store: MortalStore) -> None:
    del central, store


def _real_port(caller: RemoteCaller) -> Centre:
    return caller


NOTHING_PLANTED = Planted(_as_it_is, _real_port, FusedStore)


class Stage:
    """The stage of one process; a context manager that takes everything away again."""

    def __init__(self) -> None:
        self.regions: dict[Region, RegionRules] = load_regions(resource_folder() / "regions")
        self.keys: dict[str, dict[str, bytes]] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="readback-simulation-", dir=_fast_folder()))
        self._folder.chmod(0o711)
        self.server = LocalPostgres(self._folder / "server", settings=_SETTINGS)
        self._databases = 0

    def __enter__(self) -> Self:
        try:
            self.server.start()
            self._prepare()
        except BaseException:
            self._take_away()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._take_away()

    def database(self, template: str = _TEMPLATE) -> str:
        """Name of a new database, as the template is; nobody may be connected to that one."""
        self._databases += 1
        name = f"simulation_{self._databases}"
        self.restore(template, name)
        return name

    def restore(self, template: str, name: str) -> None:
        """Make a database of that name, as another one is."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        self._run(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def drop(self, name: str) -> None:
        """Take a database away."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def folder(self, name: str) -> Path:
        """A new folder for the seats of one seed."""
        folder = self._folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def seat_folder(self, desk: str, among: Path) -> Path:
        """A copy of an enrolled seat that has the catalogue."""
        target = among / desk.replace(" ", "-")
        shutil.copytree(self._seat_template(desk), target)
        return target

    def _seat_template(self, desk: str) -> Path:
        return self._folder / f"template-{desk.replace(' ', '-')}"

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(statement)

    def _take_away(self) -> None:
        self.server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _prepare(self) -> None:
        schedule = Schedule()
        clock, ids = VirtualClock(schedule), SeededIds(schedule, 1, 0)
        url = self.server.ensure_database(_TEMPLATE)
        prepare_database(url, clock, ids)
        with psycopg.connect(url, autocommit=True) as connection:
            # The key is drawn by lot in every installation; here numbers are to be the same.
            connection.execute(
                "UPDATE installation SET number_key = %s", (b"the same in every simulation ...",)
            )
            for statement, values in _catalogue():
                connection.execute(statement, values)
        with administration(url, clock, ids) as owner:
            owner.write(_people)
            owner.write(partial(Installations().set_policy, policy=POLICY))
            codes = {name: owner.write(partial(_code, name=name)) for name in (*DESKS, OLD_DESK)}
        replica = Replica("replica", url, clock, ids, Log(), _as_it_is)
        network = Network(schedule, Chance(0), (replica,), clock)
        network.faulty = False
        try:
            for name, code in codes.items():
                self._make_seat(name, code, schedule, network, ids)
        finally:
            replica.close()

    def _make_seat(
        self, name: str, code: str, schedule: Schedule, network: Network, ids: SeededIds
    ) -> None:
        """Enrol, and let the desk fetch all that it needs to work."""
        keys = Secrets()
        folder = self._seat_template(name)
        line = DeskLine(network, name, _go_on)
        enrol(folder, code, keys, RemoteCaller(line, VirtualClock(schedule), ids), ids)
        self.keys[name] = keys.kept
        if name == OLD_DESK:
            return
        seat = SimulatedSeat(
            SeatParts(
                name=name,
                folder=folder,
                keys=keys,
                schedule=schedule,
                chance=Chance(0),
                network=network,
                ids=ids,
                regions=self.regions,
                port=_real_port,
                store=FusedStore,
            )
        )
        seat.open()
        for _ in range(_STEPS_MOST):
            seat.running.feed.step()
            if seat.running.feed.fresh_at() is not None:
                break
        seat.running.line.step()
        with seat.running.records.store.write() as connection:
            # It had leased some before it knew how many are to be kept; here they shall run short.
            connection.exec_driver_sql(f"DELETE FROM order_number WHERE position > {_NUMBERS}")  # noqa: S608 - a number of ours
        seat.close()
        shutil.rmtree(folder / COPIES, ignore_errors=True)  # every seed would copy the copies


def _go_on() -> None:
    """Nothing ends while the stage is made."""


def _fast_folder() -> Path | None:
    return _FAST_FOLDER if _FAST_FOLDER.is_dir() else None


def _people(tx: Transaction) -> None:
    people = People(CHEAP)
    for login in LOGINS:
        new = NewPerson(login=login, name=login.title(), role=Role.CSR, password=PASSWORD)
        people.add(tx, new)


def _code(tx: Transaction, name: str) -> str:
    return Seats().issue_code(tx, name, None)


def _catalogue() -> Iterable[tuple[str, dict[str, object]]]:
    """Products at 2.95, 2.55 from 12 on; some of them counted."""
    for code in (*CODES, CHARGE):
        kind = "charge" if code == CHARGE else "goods"
        values: dict[str, object] = {"code": code, "kind": kind}
        for statement in _LIST:
            yield statement, values
        if code in TRACKED:
            yield _COUNT, {"code": code, "pieces": TRACKED[code]}


_LIST = (
    """
    WITH p AS (
        INSERT INTO product (code, description, kind, tax_category, price_version, withdrawn,
                             revision, updated_at)
        VALUES (%(code)s, 'Description of ' || %(code)s, %(kind)s, 'standard', 1, false, 1,
                '2026-11-01 00:00Z')
    ), r AS (
        INSERT INTO price (code, version, currency, from_at)
        VALUES (%(code)s, 1, 'GBP', '2026-11-01 00:00Z')
    )
    INSERT INTO price_break (code, version, from_quantity, unit_price)
    VALUES (%(code)s, 1, 1, 29500), (%(code)s, 1, 12, 25500)
    """,
    "INSERT INTO change (kind, key, revision, deleted) VALUES ('product', %(code)s, 1, false)",
)
_COUNT = """
    INSERT INTO stock_level (code, on_hand, reserved, counted_at)
    VALUES (%(code)s, %(pieces)s, 0, '2026-11-01 00:00Z')
"""
