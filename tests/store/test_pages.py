"""Damage that SQLite passes over is found, and a cut-off change is told from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert

from app.models.desk.tables import SettingRow
from app.store.desk import DeskStore, StoreDamaged, connect_read_only, open_store
from app.store.pages import LOG_SUFFIX, copy_mended
from tests.fakes import FixedClock

KEY = bytes(range(32))
HEAD, FRAME, FRAME_HEAD = 32, 4_120, 24
CHANGES = 6


def opened(path: Path) -> DeskStore:
    return open_store(path, KEY, FixedClock())


def log_of(path: Path) -> Path:
    return path.with_name(path.name + LOG_SUFFIX)


def names(path: Path) -> list[str]:
    connection = connect_read_only(path, KEY)
    try:
        query = "SELECT name FROM setting WHERE name LIKE 'setting %' ORDER BY name"
        return [row[0] for row in connection.execute(query)]
    finally:
        connection.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store as it lies there when the power goes: the latest changes in its log."""
    running = tmp_path / "running.store"
    opened(running).close()
    store = opened(running)
    for n in range(CHANGES):
        with store.write() as connection:
            connection.execute(insert(SettingRow), {"name": f"setting {n}", "document": b"x" * 900})
    left = tmp_path / "desk.store"
    left.write_bytes(running.read_bytes())
    log_of(left).write_bytes(log_of(running).read_bytes())
    store.close()
    return left


def ends_of_changes(log: bytes) -> list[int]:
    """Which frames end a change, from 0."""
    places = range(HEAD, len(log), FRAME)
    return [at for at, start in enumerate(places) if any(log[start + 4 : start + 8])]


def change(path: Path, at: int, content: bytes) -> None:
    log = bytearray(log_of(path).read_bytes())
    log[at : at + len(content)] = content
    log_of(path).write_bytes(log)


def flip(path: Path, at: int) -> None:
    change(path, at, bytes([log_of(path).read_bytes()[at] ^ 4]))


def test_a_whole_log_is_gone_by(path: Path) -> None:
    store = opened(path)
    assert not store.was_cut_off
    store.close()


@pytest.mark.parametrize("at", [0, 8, 16, FRAME_HEAD + 100, FRAME - 10])
def test_a_flipped_bit_in_an_earlier_change_is_damage(path: Path, at: int) -> None:
    second = ends_of_changes(log_of(path).read_bytes())[1]
    flip(path, HEAD + second * FRAME + at)
    with pytest.raises(StoreDamaged):
        opened(path)


def test_a_flipped_bit_in_the_head_of_the_log_is_damage(path: Path) -> None:
    flip(path, 17)
    with pytest.raises(StoreDamaged):
        opened(path)


def test_a_last_change_that_is_whole_and_passed_over_is_damage(path: Path) -> None:
    last = ends_of_changes(log_of(path).read_bytes())[-1]
    flip(path, HEAD + last * FRAME + 17)
    with pytest.raises(StoreDamaged):
        opened(path)


def test_a_last_change_that_is_torn_is_cut_off(path: Path) -> None:
    last = ends_of_changes(log_of(path).read_bytes())[-1]
    change(path, HEAD + last * FRAME + 1_024, bytes(512))
    store = opened(path)
    assert store.was_cut_off
    store.close()
    assert names(path) == [f"setting {n}" for n in range(CHANGES - 1)]


def test_what_a_log_holds_behind_a_broken_frame_is_read_from_a_mended_copy(path: Path) -> None:
    second = ends_of_changes(log_of(path).read_bytes())[1]
    flip(path, HEAD + second * FRAME + FRAME_HEAD + 100)
    copy = path.with_name("mended.store")
    copy_mended(path, KEY, copy)
    assert names(path) == ["setting 0"]
    assert names(copy) == [f"setting {n}" for n in range(CHANGES)]


def test_a_page_nobody_reads_is_found_damaged_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "desk.store"
    opened(path).close()
    content = path.read_bytes()
    for at in range(len(content) // 4_096):
        damaged = bytearray(content)
        damaged[at * 4_096 + 2_000] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(StoreDamaged):
            opened(path)
