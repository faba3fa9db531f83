"""What stands on whole pages of a damaged store can still be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from app.models.desk.table import DeskTable
from app.models.desk.tables import SettingRow
from app.store.desk import DeskStore, open_store
from app.store.salvage import SalvagedRow, salvage, whole
from tests.fakes import FixedClock

KEY = bytes(range(32))
TABLE = DeskTable.metadata.tables["setting"]
PAGE = 4_096
ROWS = 200


def a_store(path: Path) -> DeskStore:
    return open_store(path, KEY, FixedClock())


def a_file(tmp_path: Path) -> Path:
    path = tmp_path / "desk.store"
    store = a_store(path)
    rows = [{"name": f"setting {n:03}", "document": b"x" * 900} for n in range(ROWS)]
    with store.write() as connection:
        connection.execute(insert(SettingRow), rows)
    store.close()
    return path


def damage(path: Path, page: int) -> None:
    content = bytearray(path.read_bytes())
    content[page * PAGE + 50] ^= 0xFF
    path.write_bytes(content)


def names(path: Path, key: bytes = KEY) -> list[str]:
    with salvage(path, key) as read:
        return [row.values["name"] for row in read(TABLE)]


def test_all_rows_of_a_whole_file_come_back(tmp_path: Path) -> None:
    assert len(names(a_file(tmp_path))) == ROWS


def test_a_damaged_page_costs_only_what_stands_on_it(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    pages = path.stat().st_size // PAGE
    damage(path, pages - 20)
    saved = names(path)
    assert ROWS - 10 <= len(saved) < ROWS
    assert len(set(saved)) == len(saved)


def test_several_damaged_pages_cost_only_what_stands_on_them(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    pages = path.stat().st_size // PAGE
    for page in (pages - 30, pages - 20, pages - 19, pages - 5):
        damage(path, page)
    assert ROWS - 30 <= len(names(path)) < ROWS


def test_without_the_right_key_nothing_comes_back(tmp_path: Path) -> None:
    assert names(a_file(tmp_path), bytes(32)) == []


def test_salvaged_rows_are_put_into_a_new_store_once(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    store = a_store(tmp_path / "new.store")
    with salvage(path, KEY) as read, store.write() as connection:
        put = [row.put_into(connection, TABLE) for row in read(TABLE)]
        again = [row.put_into(connection, TABLE) for row in read(TABLE)]
        count = connection.execute(select(func.count()).select_from(TABLE)).scalar_one()
    store.close()
    assert (sum(put), sum(again), count) == (ROWS, 0, ROWS)


def test_a_row_whose_last_page_was_lost_is_not_taken_for_whole(tmp_path: Path) -> None:
    """SQLCipher gives such a page as zeros and says nothing."""
    path = tmp_path / "desk.store"
    store = a_store(path)
    rows = [{"name": f"setting {n}", "document": bytes([n]) * 6_000} for n in range(1, 6)]
    with store.write() as connection:
        connection.execute(insert(SettingRow), rows)
    store.close()
    written = {row["name"]: row["document"] for row in rows}
    told = []
    for page in range(path.stat().st_size // PAGE):
        damaged = tmp_path / f"page-{page}.store"
        damaged.write_bytes(path.read_bytes())
        damage(damaged, page)
        with salvage(damaged, KEY) as read:
            told += [row.values for row in read(TABLE)]
    assert any(row["document"] != written[row["name"]] for row in told)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("saved_at", "\0" * 26),
        ("taken_by", "\0" * 32),
        ("state", "\0\0\0\0"),
        ("state", "unheard of"),
        ("saved_at", None),
        ("document", "text"),
        ("void_reason", "\0"),
    ],
)
def test_a_row_with_a_value_that_its_column_cannot_hold_is_not_whole(
    column: str, value: object
) -> None:
    values = {
        "order_id": "01a0c4506ebc700080000000000002bc",
        "state": "open",
        "document": b"{}",
        "started_at": "2026-11-20 10:30:00.000000",
        "saved_at": "2026-11-20 10:30:00.000000",
        "taken_by": "01a0c4506ebc700080000000000002bc",
        "void_reason": "",
    }
    drafts = DeskTable.metadata.tables["draft"]
    assert whole(SalvagedRow(values), drafts) is not None
    assert whole(SalvagedRow(values | {column: value}), drafts) is None
