"""Brings the central database to this program's version, forward only, and tells which it has.

All versions run in one transaction as the owner role: one that fails leaves the old version.
Runs from the command line, never inside the service.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import errors
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from app.store.central import LOCK_SECONDS, OWNER_ROLE, SERVICE_ROLE, database_url
from app.values.errors import Fault, Refusal

SCRIPTS = Path(__file__).parent
_MIGRATION_LOCK = 0x7265616462616B
"""One migration at a time per database; any constant that nobody else uses."""

_MAKE_ROLES = f"""
DO $$
DECLARE wanted text; may text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['{OWNER_ROLE}', '{SERVICE_ROLE}'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this cluster made it a moment ago
            END;
        END IF;
    END LOOP;
    -- Since PostgreSQL 16 whoever makes a role may grant it, but not take it on without more ado.
    may := CASE WHEN current_setting('server_version_num')::int < 160000
        THEN 'MEMBER' ELSE 'SET' END;
    IF NOT pg_has_role(current_user, '{OWNER_ROLE}', may) THEN
        EXECUTE 'GRANT {OWNER_ROLE} TO CURRENT_USER';
    END IF;
    IF NOT has_schema_privilege('{OWNER_ROLE}', 'public', 'CREATE') THEN
        EXECUTE 'GRANT CREATE ON SCHEMA public TO {OWNER_ROLE}';
    END IF;
END $$
"""


class SchemaState(Enum):
    """How a database compares with this program."""

    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"


def migrate(url: str, scripts: Path = SCRIPTS) -> str:
    """Bring the database to the newest version there is a script for; the version it has then.

    Raises Refusal `database_newer`, `database_busy` or `roles_missing`, or Fault `database_away`.
    """
    engine = create_engine(database_url(url), poolclass=NullPool)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            _make_roles(connection)
            connection.execute(text(f"SET LOCAL ROLE {OWNER_ROLE}"))
            # Whoever waits for a whole table has everyone after them wait too.
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
            config = _config(scripts)
            require_not_newer(schema_state(connection, scripts))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.execute(text(f"GRANT SELECT ON alembic_version TO {SERVICE_ROLE}"))
            return str(MigrationContext.configure(connection).get_current_revision())
    except DBAPIError as cause:
        if isinstance(cause.orig, errors.LockNotAvailable):
            raise Refusal(
                "database_busy",
                "Others are using the database. Nothing was changed; please try again.",
            ) from cause
        if isinstance(cause.orig, errors.OperationalError):
            raise Fault("database_away", "The central database does not answer.") from cause
        raise
    finally:
        engine.dispose()


def schema_state(connection: Connection, scripts: Path = SCRIPTS) -> SchemaState:
    """Which of the program and the database is ahead."""
    found = set(MigrationContext.configure(connection).get_current_heads())
    known, heads = _revisions(scripts)
    if not found <= known:
        return SchemaState.NEWER
    return SchemaState.CURRENT if found == heads else SchemaState.OLDER


def require_not_newer(state: SchemaState) -> None:
    """Raises Refusal `database_newer`."""
    if state is SchemaState.NEWER:
        raise Refusal(
            "database_newer",
            "This database belongs to a newer version of Readback. Please install that version.",
        )


def require_current(state: SchemaState) -> None:
    """Raises Refusal `database_newer` or `database_older`."""
    require_not_newer(state)
    if state is SchemaState.OLDER:
        raise Refusal(
            "database_older",
            "This database needs to be brought up to date first: run readback admin migrate.",
        )


@lru_cache
def _revisions(scripts: Path) -> tuple[frozenset[str], frozenset[str]]:
    """All versions there are scripts for, and the newest."""
    directory = ScriptDirectory.from_config(_config(scripts))
    known = (script.revision for script in directory.walk_revisions())
    return frozenset(known), frozenset(directory.get_heads())


def _config(scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _make_roles(connection: Connection) -> None:
    try:
        connection.execute(text(_MAKE_ROLES))
    except DBAPIError as cause:
        if not isinstance(cause.orig, errors.InsufficientPrivilege):
            raise
        raise Refusal(
            "roles_missing",
            f"This login may not make the roles {OWNER_ROLE} and {SERVICE_ROLE}. Run the first"
            " migration as a login that owns the database and may create roles.",
        ) from cause
