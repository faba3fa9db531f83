"""An installation as a careful administrator makes it: nobody involved is a superuser."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.adapters.local_postgres import LocalPostgres
from app.central import administration, prepare_database
from app.services.central.seats import Seats
from app.services.central.transaction import Transactions
from app.store.central import CentralStore, database_url
from app.values.errors import Fault, Refusal
from app.values.identity import SystemIds
from tests.fakes import FixedClock


class Site:
    """A server of its own, because roles belong to the whole server."""

    def __init__(self, server: LocalPostgres) -> None:
        self._server = server
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("CREATE ROLE keeper LOGIN CREATEROLE PASSWORD 'keeper'")
            connection.execute("CREATE ROLE service LOGIN PASSWORD 'service'")
            connection.execute("CREATE DATABASE orders OWNER keeper")
        self.keeper = self._url("orders", "keeper")
        self.service = self._url("orders", "service")

    def _url(self, database: str, login: str) -> str:
        url = database_url(self._server.url(database))
        known = url.set(drivername="postgresql", username=login, password=login)
        return known.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="readback-test-"))
    if os.geteuid() == 0:
        folder.chmod(0o711)
    with LocalPostgres(folder / "server", settings={"fsync": "off"}) as server:
        made = Site(server)
        with pytest.raises(Refusal) as refusal:
            prepare_database(made.service, FixedClock(), SystemIds())
        assert refusal.value.code == "roles_missing"
        prepare_database(made.keeper, FixedClock(), SystemIds())
        yield made
    shutil.rmtree(folder)


def test_a_login_that_owns_the_database_and_makes_roles_is_enough(site: Site) -> None:
    with administration(site.keeper, FixedClock(), SystemIds()) as transactions:
        assert transactions.read(Seats().all) == ()


def test_it_may_be_repeated(site: Site) -> None:
    assert prepare_database(site.keeper, FixedClock(), SystemIds()) == "0016"


def test_the_login_of_the_service_serves_when_it_was_granted_the_role_and_nothing_more(
    site: Site,
) -> None:
    refused = CentralStore(site.service, connections=1)
    with pytest.raises(Fault, match="GRANT readback_service TO service"):
        refused.ping()
    refused.close()
    with psycopg.connect(site.keeper) as connection:
        connection.execute("GRANT readback_service TO service")
    store = CentralStore(site.service, connections=1)
    assert Transactions(store, FixedClock(), SystemIds()).read(Seats().all) == ()
    store.close()
    with (
        pytest.raises(Fault) as fault,
        administration(site.service, FixedClock(), SystemIds()),
    ):
        pass
    assert fault.value.code == "role_missing"
