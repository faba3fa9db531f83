"""The central store: roles, retries, and what happens when the database goes away."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError

from app.store import central
from app.store.central import (
    OWNER_ROLE,
    SERVICE_ROLE,
    CentralStore,
    database_url,
    require_service_role,
)
from app.values.errors import Fault, Refusal
from tests.central_fixtures import Databases


@pytest.fixture
def store(central_url: str) -> Iterator[CentralStore]:
    made = CentralStore(central_url, connections=2)
    yield made
    made.close()


def ask(connection: Connection, statement: str, **values: object) -> object:
    return connection.execute(text(statement), values).scalar_one()


def end_others(url: str) -> None:
    """Cut every other connection to the database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://ada:secret@db.example/orders",
        "postgres://db.example/orders",
        "postgresql:///orders?host=/run/postgresql",
        "postgresql+psycopg://db.example/orders",
    ],
)
def test_the_usual_ways_to_write_a_database_url_are_understood(given: str) -> None:
    url = database_url(given)
    assert url.drivername == "postgresql+psycopg"
    assert url.database == "orders"


@pytest.mark.parametrize("given", ["", "orders", "mysql://db/orders", "postgresql://h:port/x"])
def test_what_is_no_postgresql_url_is_refused_without_repeating_it(given: str) -> None:
    with pytest.raises(Refusal) as refusal:
        database_url(given)
    assert refusal.value.code == "database_url_malformed"


def test_every_connection_takes_on_the_service_role(store: CentralStore) -> None:
    def role(connection: Connection) -> object:
        require_service_role(connection)
        return ask(connection, "SELECT current_user")

    assert store.read(role) == store.write(role) == SERVICE_ROLE


def test_a_store_of_the_owner_is_not_fit_for_the_service(central_url: str) -> None:
    store = CentralStore(central_url, connections=1, role=OWNER_ROLE)
    with pytest.raises(Fault) as fault:
        store.read(require_service_role)
    store.close()
    assert fault.value.code == "role_wrong"


def test_a_login_that_cannot_take_on_the_role_is_told_what_to_grant(central_url: str) -> None:
    with psycopg.connect(central_url) as connection:
        connection.execute("DROP ROLE IF EXISTS stranger")
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'stranger'")
    url = database_url(central_url).set(username="stranger", password="stranger")
    store = CentralStore(url.render_as_string(hide_password=False), connections=1)
    with pytest.raises(Fault, match="GRANT readback_service TO stranger") as fault:
        store.ping()
    store.close()
    assert fault.value.code == "role_missing"


def test_a_database_that_is_not_there_is_away(databases: Databases) -> None:
    url = database_url(databases.make()).set(database="nowhere")
    store = CentralStore(url.render_as_string(hide_password=False), connections=1)
    with pytest.raises(Fault) as fault:
        store.ping()
    store.close()
    assert fault.value.code == "database_away"


def test_a_connection_cut_between_two_transactions_is_not_noticed(
    store: CentralStore, central_url: str
) -> None:
    store.ping()
    end_others(central_url)
    store.ping()
    end_others(central_url)
    assert store.write(lambda connection: ask(connection, "SELECT 1")) == 1


def test_a_connection_cut_before_the_commit_means_again_from_the_start(
    store: CentralStore, central_url: str
) -> None:
    runs: list[int] = []

    def work(connection: Connection) -> object:
        runs.append(1)
        if len(runs) == 1:
            connection.execute(text("SELECT pg_current_xact_id()"))
            end_others(central_url)
        return ask(connection, "SELECT 2")

    assert store.write(work) == 2
    assert len(runs) == 2


def test_a_connection_cut_at_the_commit_leaves_the_outcome_unknown(
    store: CentralStore, central_url: str
) -> None:
    def work(connection: Connection) -> None:
        connection.execute(text("SELECT pg_current_xact_id()"))
        end_others(central_url)

    with pytest.raises(Fault) as fault:
        store.write(work)
    assert fault.value.code == "outcome_unknown"


def test_a_statement_that_is_wrong_is_not_tried_again(store: CentralStore) -> None:
    runs: list[int] = []

    def work(connection: Connection) -> None:
        runs.append(1)
        connection.execute(text("SELECT nonsense"))

    with pytest.raises(DBAPIError):
        store.write(work)
    assert len(runs) == 1


def test_more_threads_than_connections_wait_for_their_turn(store: CentralStore) -> None:
    together, answers = threading.Barrier(2), list[object]()

    def work(connection: Connection) -> object:
        return ask(connection, "SELECT 3")

    def ask_often() -> None:
        together.wait(5)
        answers.extend(store.read(work) for _ in range(20))

    threads = [threading.Thread(target=ask_often) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answers == [3] * 40


def test_an_idle_transaction_is_cut_off_so_that_it_cannot_stall_the_feed(
    store: CentralStore,
) -> None:
    shown = store.read(lambda s: ask(s, "SHOW idle_in_transaction_session_timeout"))
    assert shown == "5s"
    assert store.read(lambda s: ask(s, "SHOW statement_timeout")) == "0"


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://ada:secret@one:5432,two:5433/orders?sslmode=verify-full",
        "postgresql://ada:secret@/orders?host=one:5432&host=two:5433&sslmode=verify-full",
    ],
)
def test_several_hosts_may_be_named_as_libpq_has_them(given: str) -> None:
    url = database_url(given)
    _, told = create_engine(url).dialect.create_connect_args(url)
    assert (told["host"], told["port"]) == ("one,two", "5432,5433")
    assert (told["dbname"], told["user"], told["sslmode"]) == ("orders", "ada", "verify-full")


def test_of_several_hosts_the_one_that_answers_is_used(central_url: str) -> None:
    here = database_url(central_url)
    folder = here.query["host"]
    url = here.update_query_dict({"host": (f"{folder}/nowhere", str(folder))})
    store = CentralStore(url.render_as_string(hide_password=False), connections=1)
    store.ping()
    store.close()


def test_a_server_that_only_reads_is_no_server(central_url: str) -> None:
    """So it is after a failover that left the address with the standby, or with the old primary."""
    name = database_url(central_url).database
    alter = sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on")
    with psycopg.connect(central_url, autocommit=True) as connection:
        connection.execute(alter.format(sql.Identifier(str(name))))
    store = CentralStore(central_url, connections=1)
    with pytest.raises(Fault) as fault:
        store.ping()
    store.close()
    assert fault.value.code == "database_away"
    reading = CentralStore(f"{central_url}&target_session_attrs=any", connections=1)
    reading.ping()
    reading.close()


def test_who_waits_too_long_for_a_lock_is_told_to_come_again(
    central_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(central, "LOCK_SECONDS", 1)
    store = CentralStore(central_url, connections=1)
    with psycopg.connect(central_url) as other:
        other.execute("LOCK TABLE policy IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Fault) as fault:
            store.read(lambda connection: ask(connection, "SELECT count(*) FROM policy"))
    store.close()
    assert fault.value.code == "service_busy"


def test_a_server_that_is_silent_is_noticed_within_seconds(central_url: str) -> None:
    store = CentralStore(central_url, connections=1)

    def told(connection: Connection) -> dict[str, str]:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        return driver.info.get_parameters()

    parameters = store.read(told)
    store.close()
    assert int(parameters["tcp_user_timeout"]) <= 15_000
    probes = int(parameters["keepalives_interval"]) * int(parameters["keepalives_count"])
    assert int(parameters["keepalives_idle"]) + probes <= 15
