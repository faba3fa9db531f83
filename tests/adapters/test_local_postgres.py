"""The database server of a trial: it keeps its data, ends, and touches nothing above its folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from app.adapters.local_postgres import LocalPostgres
from app.values.errors import Fault, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="readback-test-"))
    if os.geteuid() == 0:
        made.chmod(0o711)
    yield made / "trial"
    shutil.rmtree(made)


def test_data_are_kept_between_two_runs(folder: Path) -> None:
    with LocalPostgres(folder) as server, psycopg.connect(server.url()) as connection:
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('still here')")
    with LocalPostgres(folder) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("select word from kept").fetchone() == ("still here",)


def test_a_database_is_made_once(folder: Path) -> None:
    with LocalPostgres(folder) as server:
        first = server.ensure_database("orders")
        assert server.ensure_database("orders") == first
        with psycopg.connect(first) as connection:
            assert connection.execute("select current_database()").fetchone() == ("orders",)


def test_the_server_is_gone_after_stopping(folder: Path) -> None:
    server = LocalPostgres(folder)
    server.start()
    url, pid = server.url(), server.pid
    server.stop()
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_a_wrong_password_is_not_let_in(folder: Path) -> None:
    with LocalPostgres(folder) as server:
        wrong = psycopg.conninfo.make_conninfo(server.url(), password="not this one")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)


def test_the_folder_above_keeps_its_mode(folder: Path) -> None:
    above = folder.parent.stat().st_mode
    with LocalPostgres(folder):
        pass
    assert folder.parent.stat().st_mode == above


def test_a_server_that_cannot_start_says_so_with_its_log(folder: Path) -> None:
    with pytest.raises(Fault, match=r"did not start.*shared_buffers"):
        LocalPostgres(folder, settings={"shared_buffers": "nonsense"}).start()


def test_a_second_server_over_the_same_folder_is_refused_and_the_first_goes_on(
    folder: Path,
) -> None:
    with LocalPostgres(folder) as first:
        with pytest.raises(Refusal, match="Another trial is running"):
            LocalPostgres(folder).start()
        psycopg.connect(first.url()).close()


def test_a_killed_server_is_gone_at_once_and_keeps_what_was_committed(folder: Path) -> None:
    server = LocalPostgres(folder)
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('still here')")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select word from kept")
    with LocalPostgres(folder) as again, psycopg.connect(again.url()) as connection:
        assert connection.execute("select word from kept").fetchone() == ("still here",)


def test_a_copy_is_a_standby_that_can_be_promoted(folder: Path) -> None:
    waits_for = {"synchronous_standby_names": "standby"}
    with ExitStack() as ends:
        server = ends.enter_context(LocalPostgres(folder / "a", settings=waits_for))
        standby = LocalPostgres(folder / "b", socket_folder=folder / "socket")
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("set synchronous_commit = local")
            connection.execute("create table kept (word text)")
            standby.copy_from(server, "standby")
            ends.enter_context(standby)
            connection.execute("set synchronous_commit = on")
            connection.execute("insert into kept values ('on both')")
        server.kill()
        with psycopg.connect(standby.url(), autocommit=True) as connection:
            connection.execute("select pg_promote()")
            assert connection.execute("select word from kept").fetchone() == ("on both",)
