"""The encrypted store opens whole, says when it is not, and leaves what it cannot open alone."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import TypeEngine

from app.models.desk.table import DeskTable
from app.models.desk.tables import (
    ENDS_CALL,
    CommandRow,
    PlacedOrderRow,
    ReadBackEntryRow,
    SettingRow,
)
from app.store.desk import DeskStore, StoreDamaged, open_store, set_aside
from app.store.migrations.desk import HEAD, KNOWN
from app.values.errors import Refusal
from app.values.vocabulary import CommandKind, CommandState
from tests.builders import A_MORNING, an_id
from tests.fakes import FixedClock

KEY = bytes(range(32))
CLOCK = FixedClock()
PAGE = 4_096


def opened(path: Path, key: bytes = KEY) -> DeskStore:
    return open_store(path, key, CLOCK)


def kept(store: DeskStore) -> list[str]:
    with store.read() as connection:
        return list(connection.execute(select(SettingRow.name)).scalars())


def keep(store: DeskStore, name: str, size: int = 10) -> None:
    with store.write() as connection:
        connection.execute(insert(SettingRow).values(name=name, document=b"words " * size))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with some pages of content, closed."""
    store = opened(tmp_path / "desk.store")
    for number in range(20):
        keep(store, f"setting {number}", 300)
    store.close()
    return tmp_path / "desk.store"


def test_what_was_kept_is_there_after_opening_again(path: Path) -> None:
    store = opened(path)
    assert len(kept(store)) == 20
    store.close()


def test_nothing_in_the_file_can_be_read_without_the_key(path: Path) -> None:
    content = path.read_bytes()
    assert b"words" not in content
    assert b"SQLite" not in content
    assert b"setting" not in content


def test_every_connection_is_durable_and_minds_references(path: Path) -> None:
    store = opened(path)
    with store.read() as connection:
        answers = [
            connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "temp_store")
        ]
    store.close()
    assert answers == ["wal", 2, 1, 2]


def test_an_order_without_its_command_is_refused_by_the_store_itself(path: Path) -> None:
    store = opened(path)
    row = {"position": 7, "order_id": an_id(), "number": "0000000098", "placed_at": A_MORNING}
    with pytest.raises(IntegrityError), store.write() as connection:
        connection.execute(insert(PlacedOrderRow), row)
    store.close()


def test_an_entry_of_a_read_back_is_never_changed_and_never_there_twice(path: Path) -> None:
    store = opened(path)
    row = {"order_id": an_id(), "position": 1, "at": A_MORNING, "document": b"said"}
    with store.write() as connection:
        connection.execute(insert(ReadBackEntryRow), row)
    for change in (update(ReadBackEntryRow).values(document=b"else"), insert(ReadBackEntryRow)):
        with pytest.raises(IntegrityError), store.write() as connection:
            connection.execute(change, row)
    store.close()


def test_the_store_itself_takes_one_end_of_a_call_for_each_order(path: Path) -> None:
    store = opened(path)
    kinds = (CommandKind.PLACE_ORDER, CommandKind.CLOSE_CALL, CommandKind.CLOSE_CALL)
    rows = [a_command(number, kind) for number, kind in enumerate(kinds, start=1)]
    with store.write() as connection:
        connection.execute(insert(CommandRow), rows[:2])
    with pytest.raises(IntegrityError), store.write() as connection:
        connection.execute(insert(CommandRow), rows[2:])
    store.close()


def test_whether_a_call_has_ended_is_looked_up_in_its_index(path: Path) -> None:
    store = opened(path)
    query = f"EXPLAIN QUERY PLAN SELECT 1 FROM command WHERE {ENDS_CALL} AND order_id = ?"  # noqa: S608 - our own words
    with store.read() as connection:
        plan = str(connection.exec_driver_sql(query, (an_id().hex,)).all())
    store.close()
    assert "ix_command_ends_call" in plan


def a_command(number: int, kind: CommandKind) -> dict[str, object]:
    """A command about the same order as every other."""
    return {
        "incarnation": an_id(1),
        "sequence": number,
        "command_id": an_id(10 + number),
        "order_id": an_id(2),
        "kind": kind,
        "person_id": an_id(3),
        "captured_at": A_MORNING,
        "clock_offset_ms": 0,
        "body": b"{}",
        "sha256": "",
        "state": CommandState.CAPTURED,
        "failures": 0,
        "reasons": "",
        "sentence": "",
    }


def test_a_transaction_that_fails_leaves_nothing(path: Path) -> None:
    store = opened(path)
    twice = insert(SettingRow).values([{"name": "half", "document": b""}] * 2)
    with pytest.raises(IntegrityError), store.write() as connection:
        connection.execute(twice)
    assert "half" not in kept(store)
    store.close()


def test_writers_on_many_threads_all_get_their_turn(path: Path) -> None:
    store = opened(path)
    threads = [
        threading.Thread(target=keep, args=(store, f"thread {number}")) for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept(store)) == 32
    store.close()


def test_another_key_is_told_as_damage(path: Path) -> None:
    with pytest.raises(StoreDamaged):
        opened(path, bytes(32))


def test_a_flipped_bit_on_any_page_is_told_as_damage(path: Path) -> None:
    content = path.read_bytes()
    for page in range(len(content) // PAGE):
        at = page * PAGE + 1_000
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(StoreDamaged):
            opened(path)


@pytest.mark.parametrize("left", [10, PAGE // 2, PAGE, 3 * PAGE, -PAGE, -1])
def test_a_file_that_was_cut_short_is_told_as_damage(path: Path, left: int) -> None:
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(StoreDamaged):
        opened(path)


def test_a_wrecked_head_is_told_as_damage(path: Path) -> None:
    path.write_bytes(os.urandom(64) + path.read_bytes()[64:])
    with pytest.raises(StoreDamaged):
        opened(path)


def test_looking_at_a_damaged_file_does_not_change_it(path: Path) -> None:
    path.write_bytes(os.urandom(64) + path.read_bytes()[64:])
    before = path.read_bytes()
    with pytest.raises(StoreDamaged):
        opened(path)
    assert path.read_bytes() == before


def test_an_empty_file_is_a_new_store(tmp_path: Path) -> None:
    (tmp_path / "desk.store").touch()
    store = opened(tmp_path / "desk.store")
    assert kept(store) == []
    store.close()


def test_a_store_of_a_newer_program_is_refused_and_left_alone(path: Path) -> None:
    store = opened(path)
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    before = path.read_bytes()
    with pytest.raises(Refusal) as refused:
        opened(path)
    assert refused.value.code == "store_newer"
    assert path.read_bytes() == before


def test_what_is_set_aside_keeps_a_dated_name_and_its_companions(path: Path) -> None:
    path.with_name("desk.store-wal").write_bytes(b"log")
    aside = set_aside(path, CLOCK)
    assert aside.name == "desk-set-aside-20261120-103000.store"
    assert aside.with_name(aside.name + "-wal").read_bytes() == b"log"
    assert not path.exists()


def test_two_files_set_aside_in_one_second_are_both_kept(path: Path) -> None:
    first = set_aside(path, CLOCK)
    path.write_bytes(b"another")
    second = set_aside(path, CLOCK)
    assert first != second
    assert first.exists()
    assert second.read_bytes() == b"another"


def test_the_known_versions_are_those_of_the_scripts() -> None:
    config = Config()
    scripts = Path(__file__).parents[2] / "app" / "store" / "migrations" / "desk"
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("path_separator", "os")
    found = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(found)) == KNOWN
    assert found[0] == HEAD


def differ(
    context: MigrationContext,
    inspected: object,
    mapped: object,
    inspected_type: TypeEngine[object],
    mapped_type: TypeEngine[object],
) -> bool:
    """Whether two types are another column in SQLite, whatever they are called in Python."""
    dialect = context.dialect
    return inspected_type.compile(dialect) != mapped_type.compile(dialect)


def test_the_migrations_make_exactly_the_mapped_tables(path: Path) -> None:
    store = opened(path)
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": differ})
        assert compare_metadata(context, DeskTable.metadata) == []
    store.close()
