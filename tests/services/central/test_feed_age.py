"""How far back the feed goes: old rows are cleared away behind a floor, and nobody misses any."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.services.central import feed_age
from app.services.central.feed_age import KEPT_FOR, MARKED_EVERY, keep_age
from app.wire.sync import Cursor
from tests.order_desk import OrderCentre
from tests.services.central.following import Follower

DAY = timedelta(days=1)


def rows(centre: OrderCentre) -> int:
    return int(centre.rows("SELECT count(*) FROM change")[0][0])


def pass_days(centre: OrderCentre, days: int) -> None:
    """Days go by, with the background at work."""
    for _ in range(days):
        centre.clock.advance(days=1)
        centre.transactions.write(keep_age)


def test_rows_are_kept_for_ninety_days(local: OrderCentre) -> None:
    before = rows(local)
    pass_days(local, 90)
    assert rows(local) == before
    pass_days(local, 1)
    assert rows(local) == 0


def test_what_came_later_is_kept_longer(local: OrderCentre) -> None:
    pass_days(local, 40)
    local.list_product("LATER-1")
    pass_days(local, 60)
    assert rows(local) == 1


def test_a_desk_that_was_away_for_a_month_catches_up(local: OrderCentre) -> None:
    follower = Follower(local)
    pass_days(local, 61)
    local.list_product("NEW-1")
    pass_days(local, 30)
    page = follower.page()
    assert ([change.key for change in page.changes], page.reset) == (["NEW-1"], False)


def test_a_desk_that_was_away_for_longer_takes_a_fresh_copy(local: OrderCentre) -> None:
    follower = Follower(local)
    local.list_product("NEW-1")
    pass_days(local, 100)
    local.list_product("NEW-2")
    assert follower.page().reset
    assert follower.keys() == []
    local.list_product("NEW-3")
    assert follower.keys() == ["NEW-3"]


def test_a_desk_that_missed_nothing_goes_on_however_long_ago_that_was(local: OrderCentre) -> None:
    follower = Follower(local)
    pass_days(local, 200)
    assert rows(local) == 0
    page = follower.page()
    assert (page.changes, page.reset) == ((), False)
    local.list_product("NEW-1")
    assert follower.keys() == ["NEW-1"]


def test_a_cursor_from_before_any_row_is_below_the_floor(local: OrderCentre) -> None:
    follower = Follower(local)
    pass_days(local, 100)
    follower.cursor = Cursor(epoch=follower.cursor.epoch, transaction=0, row=0)
    assert follower.page().reset


def test_the_head_is_marked_now_and_then_and_old_marks_go(local: OrderCentre) -> None:
    for _ in range(10):
        local.clock.advance(seconds=MARKED_EVERY.total_seconds() / 10)
        local.transactions.write(keep_age)
    assert len(local.rows("SELECT FROM feed_mark")) == 1
    pass_days(local, 300)
    assert len(local.rows("SELECT FROM feed_mark")) <= KEPT_FOR / DAY + 2
    assert len(local.rows("SELECT FROM feed_mark WHERE is_floor")) == 1


def test_much_is_cleared_away_piece_by_piece(
    local: OrderCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_age, "ROWS_MOST", 2)
    for number in range(7):
        local.list_product(f"N-{number}")
    before = rows(local)
    local.transactions.write(keep_age)
    local.clock.advance(days=KEPT_FOR.days + 1)
    pieces = 0
    while local.transactions.write(keep_age):
        pieces += 1
    assert (rows(local), pieces) == (0, before // 2)


def test_one_replica_at_a_time_does_it(local: OrderCentre) -> None:
    with local.store.engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({feed_age.LOCK})")
        local.transactions.write(keep_age)
    assert local.rows("SELECT FROM feed_mark") == []
