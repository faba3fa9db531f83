"""The journal gives back what was put in, and says so where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.store.journal import (
    JournalUnreadable,
    create_journal,
    open_journal,
    read_journal,
)

KEY = bytes(range(32))
RECORDS = (b"first", b"second " * 40, b"third")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    journal = create_journal(tmp_path / "seat.journal", KEY)
    for record in RECORDS:
        journal.append(record)
    journal.close()
    return tmp_path / "seat.journal"


def ends(path: Path) -> list[int]:
    """Offsets at which the records of the file end, the head first."""
    content = path.read_bytes()
    offsets = [24]
    while offsets[-1] < len(content):
        length = int.from_bytes(content[offsets[-1] : offsets[-1] + 4], "big")
        offsets.append(offsets[-1] + 4 + length)
    return offsets


def test_what_was_put_in_comes_back_in_order(path: Path) -> None:
    reading = read_journal(path, KEY)
    assert reading.records == RECORDS
    assert reading.rest == b""
    assert reading.damaged == ()


def test_nothing_of_it_can_be_read_on_the_disk(path: Path) -> None:
    assert b"second" not in path.read_bytes()


def test_it_goes_on_where_it_ended(path: Path) -> None:
    journal = open_journal(path, KEY, read_journal(path, KEY).end)
    journal.append(b"fourth")
    journal.append_lazily(b"fifth")
    journal.flush()
    assert journal.end == read_journal(path, KEY).end
    journal.close()
    assert read_journal(path, KEY).records == (*RECORDS, b"fourth", b"fifth")


def test_a_tail_torn_at_any_byte_loses_only_the_last_record(path: Path) -> None:
    content = path.read_bytes()
    *_, before_last, end = ends(path)
    for cut in range(before_last, end):
        path.write_bytes(content[:cut])
        reading = read_journal(path, KEY)
        assert reading.records == RECORDS[:2]
        assert reading.damaged == ()
        assert len(reading.rest) == cut - before_last


def test_blank_bytes_behind_the_last_record_are_a_torn_tail(path: Path) -> None:
    path.write_bytes(path.read_bytes() + bytes(700))
    reading = read_journal(path, KEY)
    assert reading.records == RECORDS
    assert reading.damaged == ()


def test_it_goes_on_behind_a_torn_tail(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])
    journal = open_journal(path, KEY, read_journal(path, KEY).end)
    journal.append(b"again")
    journal.close()
    assert read_journal(path, KEY).records == (*RECORDS[:2], b"again")
    assert read_journal(path, KEY).rest == b""


def test_a_flipped_bit_at_any_byte_of_a_record_is_named_and_costs_that_record_only(
    path: Path,
) -> None:
    content = path.read_bytes()
    _, first, second, _ = ends(path)
    for at in range(first, second):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :])
        reading = read_journal(path, KEY)
        assert reading.damaged == (2,), at
        assert reading.records == (RECORDS[0], RECORDS[2]), at


def test_a_record_taken_out_is_named(path: Path) -> None:
    content = path.read_bytes()
    _, first, second, _ = ends(path)
    path.write_bytes(content[:first] + content[second:])
    reading = read_journal(path, KEY)
    assert reading.damaged == (2,)
    assert reading.records == (RECORDS[0], RECORDS[2])


def test_records_that_changed_places_are_named(path: Path) -> None:
    content = path.read_bytes()
    head, first, second, end = ends(path)
    path.write_bytes(
        content[:head] + content[first:second] + content[head:first] + content[second:end]
    )
    assert read_journal(path, KEY).damaged != ()


def test_a_changed_last_record_is_not_taken_for_a_torn_one(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert read_journal(path, KEY).damaged == (3,)


def test_a_record_of_another_journal_does_not_pass(path: Path, tmp_path: Path) -> None:
    other = create_journal(tmp_path / "other.journal", KEY)
    other.append(b"planted")
    other.close()
    planted = (tmp_path / "other.journal").read_bytes()[24:]
    path.write_bytes(path.read_bytes()[:24] + planted)
    assert read_journal(path, KEY).records == ()
    assert read_journal(path, KEY).damaged == (1,)


def test_another_key_opens_nothing(path: Path) -> None:
    reading = read_journal(path, bytes(32))
    assert reading.records == ()
    assert reading.damaged


def test_a_file_with_another_head_is_no_journal(path: Path) -> None:
    path.write_bytes(b"something else altogether, and long enough")
    with pytest.raises(JournalUnreadable):
        read_journal(path, KEY)


def test_a_journal_is_never_started_over_another(path: Path) -> None:
    with pytest.raises(FileExistsError):
        create_journal(path, KEY)
