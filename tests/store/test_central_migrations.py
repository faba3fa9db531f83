"""Migrations of the centre: roles, grants, versions, and that models and scripts say the same."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg import errors, sql
from psycopg.rows import dict_row
from sqlalchemy import create_engine

from app.models.central.tables import METADATA
from app.store.central import database_url
from app.store.migrations.central import migrate as migration
from app.store.migrations.central.migrate import (
    SCRIPTS,
    SchemaState,
    migrate,
    require_current,
    schema_state,
)
from app.values.errors import Refusal
from tests.central_fixtures import Databases

NEWEST = "0016"
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

GRANTS = (
    (
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = 'readback_service' ORDER BY 1, 2"
    ),
    (
        "SELECT table_name, column_name, privilege_type"
        " FROM information_schema.role_column_grants"
        " WHERE grantee = 'readback_service' ORDER BY 1, 2, 3"
    ),
)
FIRST_VERSION = ("__init__.py", "0001_first_schema.py", "first_schema.sql")
ORDER_OF_THE_FIRST_VERSION = """
    INSERT INTO device (device_id, name, created_at)
    VALUES ('018f0000-0000-7000-8000-000000000001', 'Desk 1', '2026-11-01Z');
    INSERT INTO sales_order (order_id, number, revision, state, review_reasons, region, currency,
        channel, device_id, taken_by, placed_by, placed_at, received_at, line_count, goods_minor,
        delivery_minor, tax_minor, tax_included, total_minor)
    VALUES ('018f0000-0000-7000-8000-000000000002', '1234567890', 1, 'needs_review',
        '{product_unknown}', 'gb', 'GBP', 'phone', '018f0000-0000-7000-8000-000000000001',
        '018f0000-0000-7000-8000-000000000003', '018f0000-0000-7000-8000-000000000003',
        '2026-11-02Z', '2026-11-02Z', 1, 295, 495, 0, true, 790);
    INSERT INTO order_line (order_id, position, line_id, kind, code, description, quantity,
        list_price, price_version, told_price, told_reason, tax_category, quoted_at, total_minor)
    VALUES ('018f0000-0000-7000-8000-000000000002', 1, '018f0000-0000-7000-8000-000000000004',
        'goods', 'TEA-1', 'Tea', 1, 29500, 1, 29500, '', 'standard', '2026-11-02Z', 295);
    INSERT INTO order_version (order_id, revision, document, recorded_at)
    VALUES ('018f0000-0000-7000-8000-000000000002', 1, '{"number": "1234567890"}', '2026-11-02Z');
    INSERT INTO change (kind, key, revision, deleted) VALUES ('policy', 'policy', 1, false);
"""


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
    assert migrate(central_url) == NEWEST
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
        "TRUNCATE change",
        "UPDATE feed_mark SET seq = 2",
        "UPDATE seat_state SET device_id = device_id",
        "DELETE FROM seat_state",
        "UPDATE applied_command SET answer = ''",
        "DELETE FROM sales_order",
        "SELECT private_key FROM escrow_key",
        "INSERT INTO person SELECT * FROM person",
        "UPDATE person SET role = 'administrator'",
        "UPDATE installation SET feed_epoch = 'x'",
        "UPDATE guidance_version SET revision = 2",
        (
            "INSERT INTO guidance_version (revision, document, set_at)"
            " VALUES (9, '{}', '2026-01-01Z')"
        ),
        "UPDATE read_back_entry SET position = 2",
        "DELETE FROM read_back_entry",
        "UPDATE read_back_override SET reason = 'x'",
        "DELETE FROM read_back_override",
        "UPDATE call_closing SET note = 'x'",
        "DELETE FROM call_closing",
        "UPDATE answer_search SET chosen = 'x'",
        "DELETE FROM answer_search",
        "UPDATE recording_lease SET device_id = lease_id",
        "DELETE FROM recording_lease",
        "DELETE FROM recording_pause",
        "UPDATE recording_pause SET recording = 'x'",
        "UPDATE recording_event SET kind = 'hangup'",
        "DELETE FROM recording_event",
        "UPDATE call_flag SET purged_at = at",
        "DELETE FROM call_flag",
        "UPDATE evidence SET kind = 'x'",
        "DELETE FROM evidence",
        "TRUNCATE evidence",
        "DELETE FROM evidence_head",
        "INSERT INTO evidence_head SELECT * FROM evidence_head",
        "UPDATE card_attempt SET amount_minor = 1",
        "UPDATE card_attempt SET digest = ''",
        "DELETE FROM card_attempt",
        "UPDATE card_movement SET amount_minor = 1",
        "DELETE FROM card_movement",
        "DELETE FROM closed_attempt",
        "UPDATE pay_link SET amount_minor = 1",
        "DELETE FROM pay_link",
        "UPDATE given_up_order SET reason = 'x'",
        "DELETE FROM given_up_order",
        "UPDATE stock_level SET counted_at = '2026-01-01Z'",
        "UPDATE warehouse_message SET kind = 'order.new'",
        "DELETE FROM warehouse_message",
        "UPDATE warehouse_event SET document = '{}'",
        "DELETE FROM warehouse_event",
        "DELETE FROM shipment",
        "UPDATE shipment_line SET told = 1",
        "UPDATE order_capture SET amount_minor = 1",
        "DELETE FROM order_capture",
        "INSERT INTO stock_level SELECT * FROM stock_level",
        "DELETE FROM stock_level",
        "UPDATE stock_hold SET order_id = device_id",
        "UPDATE order_ledger SET amount_minor = 1",
        "DELETE FROM order_ledger",
        "DELETE FROM order_allocation",
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
    assert migrate(central_url) == NEWEST


def test_a_migration_waits_for_nobody_for_long_and_changes_nothing_then(
    central_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for a whole table has all who come after wait too."""
    monkeypatch.setattr(migration, "LOCK_SECONDS", 1)
    before = shape_of(central_url)
    scripts = copy_of_scripts_with(tmp_path, "ALTER TABLE policy ADD COLUMN more text;")
    with psycopg.connect(central_url) as service:
        service.execute("SELECT count(*) FROM policy")
        with pytest.raises(Refusal) as refusal:
            migrate(central_url, scripts)
    assert refusal.value.code == "database_busy"
    assert shape_of(central_url) == before


def test_the_next_version_runs_on_top_and_this_program_then_refuses(
    central_url: str, tmp_path: Path
) -> None:
    scripts = copy_of_scripts_with(tmp_path, "CREATE TABLE next (n bigint);")
    assert migrate(central_url, scripts) == "9000"
    with pytest.raises(Refusal, match="newer"):
        migrate(central_url)


def test_a_database_of_the_first_version_with_orders_in_it_is_brought_up_to_date(
    databases: Databases, central_url: str, tmp_path: Path
) -> None:
    older = databases.make()
    assert migrate(older, copy_of_scripts(tmp_path, *FIRST_VERSION)) == "0001"
    with psycopg.connect(older) as connection:
        connection.execute(ORDER_OF_THE_FIRST_VERSION)
    before = kept_in(older)
    assert migrate(older) == NEWEST
    after = kept_in(older)
    assert [now | row for row, now in zip(before, after, strict=True)] == after
    assert [row["payment_state"] for row in after if "payment_state" in row] == ["outstanding"]
    assert shape_of(older) == shape_of(central_url)
    assert grants_of(older) == grants_of(central_url)


def kept_in(url: str) -> list[dict[str, object]]:
    """Every row of the tables that an order is kept in, by the names of its columns."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return [
            row
            for table in ("device", "sales_order", "order_line", "order_version", "change")
            for row in connection.execute(
                sql.SQL("SELECT * FROM {} t ORDER BY t::text").format(sql.Identifier(table))
            )
        ]


def grants_of(url: str) -> list[list[tuple[object, ...]]]:
    """What the service may do to tables as a whole and to columns of them."""
    with psycopg.connect(url) as connection:
        return [connection.execute(query).fetchall() for query in GRANTS]


def copy_of_scripts(folder: Path, *versions: str) -> Path:
    """The scripts with these files of the versions only; all of them when none is named."""
    scripts = folder / "scripts"
    for source in [*SCRIPTS.glob("*.py"), *SCRIPTS.glob("versions/*.*")]:
        if versions and source.parent != SCRIPTS and source.name not in versions:
            continue
        target = scripts / source.relative_to(SCRIPTS)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    return scripts


def copy_of_scripts_with(folder: Path, statement: str) -> Path:
    scripts = copy_of_scripts(folder)
    (scripts / "versions" / "9000_next.py").write_text(
        "from alembic import op\n"
        f"revision = '9000'\ndown_revision = '{NEWEST}'\n"
        f"def upgrade():\n    op.get_bind().exec_driver_sql({statement!r})\n"
    )
    return scripts
