"""Once a day the store is copied whole, and a copy put back in its place loses nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.services.desk.desk import Desk
from app.services.desk.housekeeping import COPIES, COPIES_KEPT, Housekeeping
from app.services.desk.papers import PaperService
from app.services.desk.recovery import STORE
from app.services.desk.seat import STORE_KEY
from app.store.desk import StoreDamaged, open_store
from app.values.vocabulary import CommandState
from app.wire import operations
from app.wire.orders import SaveDraft
from tests.services.desk.sending import send_all, states
from tests.services.desk.site import Site, place, ready, sign_in
from tests.services.desk.test_recovery import numbers_in_store


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def keep_house(site: Site, desk: Desk, said: list[str] | None = None) -> None:
    papers = PaperService(site.folder, desk.records.store, desk.place, site.clock)
    say = (said if said is not None else []).append
    Housekeeping(site.folder, desk.records.store, papers, desk.calls, site.clock, say).run()


def copies(site: Site) -> list[Path]:
    return sorted((site.folder / COPIES).glob("*"))


def test_a_copy_is_made_once_a_day_and_three_are_kept(site: Site) -> None:
    made: list[int] = []
    with site.opened() as desk:
        for _ in range(10):
            keep_house(site, desk)
            made.append(len(copies(site)))
            site.clock.advance(hours=12)
    assert made[:4] == [1, 1, 2, 2]
    assert made[-1] == COPIES_KEPT


def test_a_copy_is_encrypted_with_the_same_key_and_for_its_user_only(site: Site) -> None:
    with site.opened() as desk:
        placed = place(ready(desk), site.order())
        site.clock.advance(hours=1)
        keep_house(site, desk)
    (copy,) = copies(site)
    assert placed.document.customer is not None
    assert placed.document.customer.name.encode() not in copy.read_bytes()
    assert copy.stat().st_mode & 0o777 == 0o600
    key = site.keys.get(STORE_KEY)
    assert key is not None
    open_store(copy, key, site.clock).close()
    with pytest.raises(StoreDamaged):
        open_store(copy, bytes(32), site.clock)


def test_while_an_order_is_being_taken_the_copy_waits_but_not_for_days(site: Site) -> None:
    with site.opened() as desk:
        keep_house(site, desk)
        caller, document = ready(desk), site.order()
        site.clock.advance(hours=25)
        caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
        keep_house(site, desk)
        assert len(copies(site)) == 1
        site.clock.advance(hours=25)
        caller.call(operations.SAVE_DRAFT, SaveDraft(document=document))
        keep_house(site, desk)
        assert len(copies(site)) == 2


def test_what_an_interrupted_copy_left_goes_with_the_next(site: Site) -> None:
    folder = site.folder / COPIES
    with site.opened() as desk:
        folder.mkdir()
        (folder / "desk-20261119-100000.store.part").write_bytes(b"half")
        keep_house(site, desk)
    assert [path.suffix for path in copies(site)] == [".store"]


def test_without_room_no_copy_is_made_and_that_is_said(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    with site.opened() as desk:
        usage = shutil.disk_usage(site.folder)._replace(free=1_000_000)
        monkeypatch.setattr(shutil, "disk_usage", {site.folder / COPIES: usage}.get)
        monkeypatch.setattr(desk.records.store, "lay_ballast", desk.records.store.tidy)
        keep_house(site, desk, said)
    assert copies(site) == []
    assert "nearly full" in said[0]


def test_a_copy_put_back_is_brought_up_to_date_from_the_journal(site: Site) -> None:
    with site.opened() as desk:
        caller = ready(desk)
        numbers = {place(caller, site.order()).number for _ in range(2)}
        site.clock.advance(hours=1)
        keep_house(site, desk)
        site.centre.go_away()
        numbers |= {place(caller, site.order()).number for _ in range(2)}
        site.centre.come_back()
    (copy,) = copies(site)
    shutil.copyfile(copy, site.folder / STORE)
    with site.opened() as desk:
        assert numbers_in_store(desk) == numbers
        sign_in(desk)
        send_all(desk)
        assert set(states(desk)) == {CommandState.ACKED}
    assert {placed.number for placed in site.centre.orders.values()} == numbers
