"""What was synced is on every disk after a power cut, and what was not may be lost or torn."""

from __future__ import annotations

from app.campaigns.dice import Dice
from app.campaigns.faults.disk_image import SECTOR_BYTES, Disk, Kind, Note

OLD, NEW = b"o" * 4 * SECTOR_BYTES, b"n" * 4 * SECTOR_BYTES
CUTS = 200


def a_note(place: int, kind: Kind, path: str = "store", **different: object) -> Note:
    values: dict[str, object] = {
        "content": b"",
        "offset": 0,
        "began_after": place,
        "truncates": False,
        "at": float(place),
    }
    return Note(place, kind, path, **{**values, **different})  # type: ignore[arg-type] # told by name


def after(disk: Disk) -> list[dict[str, bytes]]:
    """What many cuts leave of it."""
    return [disk.after_cut(Dice(seed)) for seed in range(CUTS)]


def test_what_was_written_and_not_synced_may_be_lost_and_may_be_torn() -> None:
    disk = Disk({"store": OLD})
    disk.do(a_note(0, Kind.WRITTEN, content=NEW))
    left = {files["store"] for files in after(disk)}
    assert {OLD, NEW} < left
    for content in left:
        sectors = {content[at : at + SECTOR_BYTES] for at in range(0, len(content), SECTOR_BYTES)}
        assert sectors <= {OLD[:SECTOR_BYTES], NEW[:SECTOR_BYTES]}


def test_what_was_synced_is_there() -> None:
    disk = Disk({"store": OLD})
    disk.do(a_note(0, Kind.WRITTEN, content=NEW))
    disk.do(a_note(1, Kind.SYNCED))
    assert {files["store"] for files in after(disk)} == {NEW}


def test_a_write_that_came_while_a_sync_was_under_way_is_not_certain() -> None:
    disk = Disk({"store": OLD})
    disk.do(a_note(0, Kind.WRITTEN, content=NEW))
    disk.do(a_note(1, Kind.SYNCED, began_after=0))
    assert OLD in {files["store"] for files in after(disk)}


def test_the_name_of_a_new_file_is_certain_only_when_its_folder_was_synced() -> None:
    disk = Disk({})
    disk.do(a_note(0, Kind.OPENED, "seat/journal"))
    disk.do(a_note(1, Kind.WRITTEN, "seat/journal", content=NEW))
    disk.do(a_note(2, Kind.SYNCED, "seat/journal"))
    assert {frozenset(files) for files in after(disk)} == {frozenset(), frozenset({"seat/journal"})}
    disk.do(a_note(3, Kind.SYNCED, "seat"))
    assert all(files == {"seat/journal": NEW} for files in after(disk))


def test_a_file_has_its_old_name_or_its_new_one_and_never_neither() -> None:
    disk = Disk({"seat/store": OLD, "seat/store.new": NEW})
    disk.do(a_note(0, Kind.RENAMED, "seat/store.new", content=b"seat/store"))
    assert {files["seat/store"] for files in after(disk)} == {OLD, NEW}


def test_a_file_that_grew_may_have_its_old_length() -> None:
    disk = Disk({"store": OLD})
    disk.do(a_note(0, Kind.WRITTEN, content=NEW, offset=len(OLD)))
    assert {len(OLD), len(OLD + NEW)} <= {len(files["store"]) for files in after(disk)}


def test_the_same_seed_leaves_the_same_disk() -> None:
    disk = Disk({"store": OLD})
    disk.do(a_note(0, Kind.WRITTEN, content=NEW))
    assert after(disk) == after(disk)
