"""The central store: roles, retries, and what happens when the database goes away."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

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


def ask(session: Session, statement: str, **values: object) -> object:
    return session.execute(text(statement), values).scalar_one()


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
    def role(session: Session) -> object:
        require_service_role(session.connection())
        return ask(session, "SELECT current_user")

    assert store.read(role) == store.write(role) == SERVICE_ROLE


def test_a_store_of_the_owner_is_not_fit_for_the_service(central_url: str) -> None:
    store = CentralStore(central_url, connections=1, role=OWNER_ROLE)
    with pytest.raises(Fault) as fault:
        store.read(lambda session: require_service_role(session.connection()))
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
    assert store.write(lambda session: ask(session, "SELECT 1")) == 1


def test_a_connection_cut_before_the_commit_means_again_from_the_start(
    store: CentralStore, central_url: str
) -> None:
    runs: list[int] = []

    def work(session: Session) -> object:
        runs.append(1)
        if len(runs) == 1:
            session.execute(text("SELECT pg_current_xact_id()"))
            end_others(central_url)
        return ask(session, "SELECT 2")

    assert store.write(work) == 2
    assert len(runs) == 2


def test_a_connection_cut_at_the_commit_leaves_the_outcome_unknown(
    store: CentralStore, central_url: str
) -> None:
    def work(session: Session) -> None:
        session.execute(text("SELECT pg_current_xact_id()"))
        end_others(central_url)

    with pytest.raises(Fault) as fault:
        store.write(work)
    assert fault.value.code == "outcome_unknown"


def test_a_statement_that_is_wrong_is_not_tried_again(store: CentralStore) -> None:
    runs: list[int] = []

    def work(session: Session) -> None:
        runs.append(1)
        session.execute(text("SELECT nonsense"))

    with pytest.raises(DBAPIError):
        store.write(work)
    assert len(runs) == 1


def test_more_threads_than_connections_wait_for_their_turn(store: CentralStore) -> None:
    together, answers = threading.Barrier(2), list[object]()

    def work(session: Session) -> object:
        return ask(session, "SELECT 3")

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
