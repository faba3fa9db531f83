"""A full disk: nothing false is acknowledged, and room set aside lets the call be finished."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.services.desk.desk import Desk
from app.store.desk import BALLAST
from app.values.errors import Fault
from app.wire import operations
from app.wire.orders import OrderDocument, SaveDraft
from tests.builders import with_line
from tests.services.desk.site import Site, place, ready
from tests.services.desk.test_recovery import numbers_in_journal, numbers_in_store

LINES = [with_line(f"TEA-{number}") for number in range(100)]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def fill_up(desk: Desk) -> None:
    """Let the store grow no further, as on a full disk: SQLite answers both in the same way."""
    with desk.records.store.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


def make_room(desk: Desk) -> None:
    with desk.records.store.read() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")


def refused(desk: Desk, document: OrderDocument) -> Fault:
    with pytest.raises(Fault) as fault:
        place(desk.caller, document)
    return fault.value


def test_an_order_that_found_no_room_is_in_neither_copy(site: Site) -> None:
    document = site.order(*LINES)
    with site.opened() as desk:
        ready(desk)
        fill_up(desk)
        assert refused(desk, document).code == "disk_full"
        assert numbers_in_store(desk) == set()
    assert numbers_in_journal(site) == set()


def test_the_next_order_after_one_that_found_no_room_is_in_both_copies(site: Site) -> None:
    first, second = site.order(*LINES), site.order(*LINES)
    with site.opened() as desk:
        caller = ready(desk)
        fill_up(desk)
        refused(desk, first)
        make_room(desk)
        numbers = {place(caller, second).number, place(caller, first).number}
        assert numbers_in_store(desk) == numbers
    assert numbers_in_journal(site) == numbers
    with site.opened() as desk:
        assert numbers_in_store(desk) == numbers


def test_a_draft_that_found_no_room_is_a_plain_fault(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        fill_up(desk)
        with pytest.raises(Fault) as fault:
            caller.call(operations.SAVE_DRAFT, SaveDraft(document=site.order(*LINES[:40])))
    assert fault.value.code == "disk_full"
    assert "full" in fault.value.sentence


def test_a_desk_sets_room_aside_and_gives_it_back_when_the_disk_is_full(site: Site) -> None:
    ballast = site.folder / BALLAST
    with site.opened() as desk:
        ready(desk)
        assert ballast.stat().st_size > 1_000_000
        fill_up(desk)
        refused(desk, site.order(*LINES))
        assert not ballast.exists()


def test_a_journal_that_found_no_room_gets_that_of_the_ballast(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        journal = desk.records.journal
        really_append = journal.append

        def append(record: bytes) -> None:
            if (site.folder / BALLAST).exists():
                raise Fault("journal_unwritable", "The disk is full.")
            really_append(record)

        monkeypatch.setattr(journal, "append", append)
        number = place(caller, site.order()).number
    assert numbers_in_journal(site) == {number}
