"""pytest plugin: a real PostgreSQL for tests of the centre, and a fresh migrated database for each.

One server per session, from the wheel, without fsync (no test pulls the plug); one migrated
template; `CREATE DATABASE ... TEMPLATE` per test. As root the data lie in the temporary folder,
never under a home.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from app.adapters.local_postgres import LocalPostgres
from app.central import prepare_database
from app.values.identity import SystemIds
from tests.fakes import FixedClock

TEMPLATE = "readback_template"
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextmanager
def short_folder() -> Generator[Path]:
    """A folder for a server: a socket's path may have a hundred characters and no more.

    As root a server runs under another account, which may pass through.
    """
    folder = Path(tempfile.mkdtemp(prefix="readback-test-"))
    if os.geteuid() == 0:
        folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """A folder of this test's own that a server may run in."""
    with short_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[LocalPostgres]:
    """The one server of this session."""
    with (
        short_folder() as folder,
        LocalPostgres(folder / "server", settings=_FAST) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def central_template(postgres_server: LocalPostgres) -> str:
    """Name of a migrated and prepared database that tests copy."""
    prepare_database(postgres_server.ensure_database(TEMPLATE), FixedClock(), SystemIds())
    return TEMPLATE


class Databases:
    """Makes databases on the test server and drops them again."""

    def __init__(self, server: LocalPostgres) -> None:
        self._server = server
        self._made: list[str] = []

    def make(self, template: str | None = None) -> str:
        """URL of a new database, empty or copied from `template`."""
        name = f"readback_{len(self._made)}_{os.urandom(4).hex()}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        self._run(statement.format(sql.Identifier(name), sql.Identifier(template or "template1")))
        self._made.append(name)
        return self._server.url(name)

    def drop_all(self) -> None:
        """Drop what was made, whoever is still connected."""
        for name in self._made:
            self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _run(self, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self._server.url(), autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture
def databases(postgres_server: LocalPostgres) -> Iterator[Databases]:
    """Databases of this test only."""
    made = Databases(postgres_server)
    yield made
    made.drop_all()


@pytest.fixture
def central_url(databases: Databases, central_template: str) -> str:
    """URL of a fresh, migrated central database, as its owner."""
    return databases.make(central_template)
