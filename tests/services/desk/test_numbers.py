"""Order numbers at a desk: people hear of it while some are left, and none is ever used twice."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from app.services.desk.desk import Desk
from app.services.desk.recovery import STORE
from app.services.ports import Caller
from app.values.errors import Refusal
from app.values.vocabulary import ChangeKind
from tests.services.desk.centre import POLICY
from tests.services.desk.sending import stocked
from tests.services.desk.site import Site, place, ready, sign_in, status

KINDS_OF_A_SNAPSHOT = 5


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


def use(site: Site, caller: Caller, count: int) -> set[str]:
    return {place(caller, site.order()).number for _ in range(count)}


def use_up(site: Site, desk: Desk) -> list[str]:
    """Places orders until there is no number left."""
    used: list[str] = []
    while status(desk).numbers_left:
        used.append(place(desk.caller, site.order()).number)
    return used


def test_while_some_are_left_it_is_told_how_many_and_since_when_the_centre_is_away(
    site: Site,
) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 60)
        use(site, caller, 1)
        desk.line.step()
        since = f"{site.clock.now().astimezone():%H:%M}"
        site.clock.advance(minutes=40)
        use(site, caller, 52)
        desk.line.step()
        assert "order number" not in status(desk).sentence
        use(site, caller, 1)
        told = status(desk).sentence
    assert told.startswith(
        f"Only 6 order numbers left; the central service has been away since {since}."
    )


def test_the_last_number_is_told_in_the_singular_and_none_left_with_what_can_be_done(
    site: Site,
) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 8)
        use(site, caller, 1)
        desk.line.step()
        use(site, caller, 6)
        assert status(desk).sentence.startswith("Only 1 order number left;")
        use(site, caller, 1)
        assert status(desk).sentence.startswith("No order numbers are left;")
        assert "drafted and read back" in status(desk).sentence
        with pytest.raises(Refusal) as refused:
            use(site, caller, 1)
    assert refused.value.code == "no_numbers_left"


def test_of_another_day_the_day_is_told(site: Site) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 8)
        use(site, caller, 1)
        desk.line.step()
        day = f"{site.clock.now().astimezone():%d %B}"
        site.clock.advance(days=2)
        use(site, caller, 5)
        assert day in status(desk).sentence


def test_while_the_centre_answers_nobody_is_told(site: Site) -> None:
    with site.opened() as desk:
        caller = stocked(site, desk, 8)
        use(site, caller, 7)
        site.centre.come_back()
        desk.line.step()
        assert status(desk).sentence == ""
        assert status(desk).numbers_left == 8


def test_a_large_stock_is_told_of_at_a_tenth(site: Site) -> None:
    policy = msgspec.structs.replace(POLICY, numbers_kept=200)
    site.centre.put(ChangeKind.POLICY, "policy", policy, 2)
    with site.opened() as desk:
        for _ in range(KINDS_OF_A_SNAPSHOT):
            desk.feed.step()
        away = site.clock.now() - timedelta(hours=1)
        numbers = desk.numbers
        assert numbers.shortage(21, away) == ""
        assert numbers.shortage(20, away).startswith("Only 20 order numbers left;")


def test_a_store_that_was_lost_uses_no_number_again(site: Site) -> None:
    with site.opened() as desk:
        before = use(site, stocked(site, desk, 8), 5)
    (site.folder / STORE).unlink()
    site.centre.come_back()
    with site.opened() as desk:
        ready(desk)
        after = use_up(site, desk)
    assert after
    assert not before & set(after)
    assert len(after) == len(set(after))


def test_an_older_copy_of_the_store_put_back_uses_no_number_again(
    site: Site, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    with site.opened() as desk:
        before = use(site, stocked(site, desk, 12), 3)
    shutil.copyfile(site.folder / STORE, copy)
    with site.opened() as desk:
        sign_in_offline(desk, site)
        before |= use(site, desk.caller, 4)
    shutil.copyfile(copy, site.folder / STORE)
    with site.opened() as desk:
        sign_in(desk)
        after = use_up(site, desk)
    assert len(after) == 5
    assert not before & set(after)
    assert len(after) == len(set(after))


def sign_in_offline(desk: Desk, site: Site) -> None:
    """The centre answers for as long as somebody signs in."""
    site.centre.come_back()
    sign_in(desk)
    site.centre.go_away()
