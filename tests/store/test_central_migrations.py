"""Migrations of the centre: roles, grants, versions, and that models and scripts say the same."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg import errors, sql
from sqlalchemy import create_engine

from app.models.central.tables import METADATA
from app.store.central import database_url
from app.store.migrations.central.migrate import (
    SCRIPTS,
    SchemaState,
    migrate,
    require_current,
    schema_state,
)
from app.values.errors import Refusal
from tests.central_fixtures import Databases

SHAPE = (
    (
        "SELECT table_name, column_name, data_type, is_nullable, column_default,"
        " identity_generation FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name <> 'alembic_version' ORDER BY 1, 2"
    ),
    (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND conname NOT LIKE 'alembic%' ORDER BY 1, 2"
    ),
    (
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " AND indexname NOT LIKE 'alembic%' ORDER BY 1"
    ),
)


def shape_of(url: str) -> list[list[tuple[object, ...]]]:
    with psycopg.connect(url) as connection:
        return [connection.execute(query).fetchall() for query in SHAPE]


def as_service(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        connection.execute("SET ROLE readback_service")
        return connection.execute(sql.SQL(statement)).fetchall()


def test_the_scripts_make_exactly_what_the_models_say(
    databases: Databases, central_url: str
) -> None:
    from_models = databases.make()
    engine = create_engine(database_url(from_models))
    METADATA.create_all(engine)
    engine.dispose()
    assert shape_of(central_url) == shape_of(from_models)


def test_migrating_twice_changes_nothing(central_url: str) -> None:
    before = shape_of(central_url)
    assert migrate(central_url) == "0001"
    assert shape_of(central_url) == before


def test_every_foreign_key_starts_an_index(central_url: str) -> None:
    with psycopg.connect(central_url) as connection:
        bare = connection.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint c WHERE contype = 'f'"
            " AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.conrelid"
            " AND i.indkey[0] = ANY (c.conkey))"
        ).fetchall()
    assert bare == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET outcome = 'done'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        (
            "INSERT INTO audit (xid, at, operation, outcome, facts)"
            " VALUES ('1'::xid8, '2026-01-01Z', 'a', 'b', '{}')"
        ),
        "UPDATE audit_seal SET position = 2",
        "DELETE FROM audit_seal",
        "UPDATE order_event SET kind = 'x'",
        "DELETE FROM order_event",
        "UPDATE order_version SET revision = 2",
        "UPDATE change SET deleted = true",
        "DELETE FROM change",
        "UPDATE applied_command SET answer = ''",
        "DELETE FROM sales_order",
        "SELECT private_key FROM escrow_key",
        "INSERT INTO person SELECT * FROM person",
        "UPDATE person SET role = 'administrator'",
        "UPDATE installation SET feed_epoch = 'x'",
        "CREATE TABLE mine ()",
        "DROP TABLE audit",
    ],
)
def test_the_service_role_may_not(central_url: str, statement: str) -> None:
    with pytest.raises((errors.InsufficientPrivilege, errors.GeneratedAlways)):
        as_service(central_url, statement)


def test_the_service_role_is_no_superuser_and_cannot_log_in(central_url: str) -> None:
    rows = as_service(
        central_url,
        "SELECT rolsuper, rolcanlogin, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles"
        " WHERE rolname = current_user",
    )
    assert rows == [(False, False, False, False, False)]


def test_a_database_newer_than_the_program_is_refused(central_url: str) -> None:
    with psycopg.connect(central_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Refusal, match="newer version of Readback") as refusal:
        migrate(central_url)
    assert refusal.value.code == "database_newer"


def test_an_empty_database_wants_to_be_migrated_first(databases: Databases) -> None:
    engine = create_engine(database_url(databases.make()))
    with engine.connect() as connection:
        state = schema_state(connection)
    engine.dispose()
    assert state is SchemaState.OLDER
    with pytest.raises(Refusal, match="readback admin migrate"):
        require_current(state)


def test_a_migration_that_fails_leaves_the_old_version(central_url: str, tmp_path: Path) -> None:
    before = shape_of(central_url)
    scripts = copy_of_scripts_with(tmp_path, "CREATE TABLE half (n bigint); SELECT 1 / 0;")
    with pytest.raises(Exception, match="division by zero"):
        migrate(central_url, scripts)
    assert shape_of(central_url) == before
    assert migrate(central_url) == "0001"


def test_the_next_version_runs_on_top_and_this_program_then_refuses(
    central_url: str, tmp_path: Path
) -> None:
    scripts = copy_of_scripts_with(tmp_path, "CREATE TABLE next (n bigint);")
    assert migrate(central_url, scripts) == "0002"
    with pytest.raises(Refusal, match="newer"):
        migrate(central_url)


def copy_of_scripts_with(folder: Path, statement: str) -> Path:
    scripts = folder / "scripts"
    for source in [*SCRIPTS.glob("*.py"), *SCRIPTS.glob("versions/*.*")]:
        target = scripts / source.relative_to(SCRIPTS)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    (scripts / "versions" / "0002_next.py").write_text(
        "from alembic import op\n"
        "revision = '0002'\ndown_revision = '0001'\n"
        f"def upgrade():\n    op.get_bind().exec_driver_sql({statement!r})\n"
    )
    return scripts
