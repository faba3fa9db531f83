"""Ids: never the same twice, sorted by when they were made, in the form RFC 9562 gives them."""

from __future__ import annotations

import threading
import time
import uuid
from itertools import pairwise

import pytest

from app.values.identity import SystemIds, uuid7


def test_ids_of_one_source_only_grow() -> None:
    ids = SystemIds()
    made = [ids.new() for _ in range(20_000)]
    assert all(earlier < later for earlier, later in pairwise(made))


def test_ids_made_by_many_threads_are_all_different() -> None:
    ids = SystemIds()
    made: list[list[uuid.UUID]] = [[] for _ in range(8)]
    start = threading.Barrier(8)

    def make(into: list[uuid.UUID]) -> None:
        start.wait()
        into.extend(ids.new() for _ in range(2_000))

    threads = [threading.Thread(target=make, args=(into,)) for into in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one for into in made for one in into}) == 16_000
    assert all(into == sorted(into) for into in made)


def test_two_sources_do_not_meet() -> None:
    one, other = SystemIds(), SystemIds()
    assert not {one.new() for _ in range(2_000)} & {other.new() for _ in range(2_000)}


def test_ids_go_on_growing_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = SystemIds()
    before = ids.new()
    monkeypatch.setattr(time, "time_ns", int)
    assert ids.new() > before


def test_more_ids_than_a_millisecond_holds_borrow_from_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "time_ns", int)
    ids = SystemIds()
    made = [ids.new() for _ in range(10_000)]
    assert made == sorted(set(made))


def test_an_id_is_a_version_7_uuid_of_its_time() -> None:
    made = uuid7(1_645_557_742_000, 0xCC3, 0x18C4DC0C0C07398F)
    # Source: RFC 9562, appendix A.6.
    assert str(made) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
