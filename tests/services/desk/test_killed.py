"""A desk that is killed while it places or notes loses nothing that it acknowledged."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from app.values.vocabulary import ChangeKind
from app.wire.read_back import Asked
from tests.services.desk.centre import POLICY
from tests.services.desk.placing_child import (
    a_site,
    an_asking_of,
    answer_until_killed,
    place_until_killed,
)
from tests.services.desk.site import Site, know_checklists, record, sign_in
from tests.services.desk.test_recovery import numbers_in_journal, numbers_in_store

Program = Callable[[Path, Connection], None]

ROUNDS = 20
_FORKS = multiprocessing.get_context("forkserver")


def drained(told: Connection) -> list[Any]:
    """What was told before the line broke."""
    found: list[Any] = []
    try:
        while True:
            found.append(told.recv())
    except EOFError:
        return found


def killed_after(program: Program, folder: Path, times: int) -> list[Any]:
    """What a program told before it was killed, so many tellings into its life."""
    told, telling = _FORKS.Pipe(duplex=False)
    child = _FORKS.Process(target=program, args=(folder, telling))
    child.start()
    telling.close()
    found = [told.recv() for _ in range(times)]
    child.kill()
    child.join()
    found += drained(told)
    told.close()
    child.close()
    return found


def with_numbers_for_all(folder: Path) -> Site:
    site = a_site(folder)
    policy = msgspec.structs.replace(POLICY, numbers_kept=1_000)
    site.centre.put(ChangeKind.POLICY, "policy", policy, 2)
    with site.opened() as desk:
        for _ in range(4):
            desk.feed.step()
        desk.line.step()
        know_checklists(desk)
    return site


def test_nothing_that_was_told_is_lost_when_the_program_is_killed(tmp_path: Path) -> None:
    _FORKS.set_forkserver_preload(["tests.services.desk.placing_child"])
    site = with_numbers_for_all(tmp_path)
    told: list[str] = []
    for orders in range(1, ROUNDS + 1):
        told += killed_after(place_until_killed, tmp_path, orders)
        with site.opened() as desk:
            in_store = numbers_in_store(desk)
        assert set(told) <= in_store
        assert numbers_in_journal(site) == in_store
    assert len(set(told)) == len(told)


def test_all_answers_but_the_one_being_typed_are_there_after_losing_power(tmp_path: Path) -> None:
    _FORKS.set_forkserver_preload(["tests.services.desk.placing_child"])
    site = with_numbers_for_all(tmp_path)
    document = a_site(tmp_path).order()
    kept = 0
    for answers in range(1, ROUNDS // 2 + 1):
        told = killed_after(answer_until_killed, tmp_path, answers)
        assert told == [(said, kept + said) for said in range(1, len(told) + 1)]
        with site.opened() as desk:
            sign_in(desk)
            entries = record(desk.caller, document)
        lately = [entry.said for entry in entries[kept:] if isinstance(entry, Asked)]
        assert len(told) <= len(lately) <= len(told) + 1
        assert lately == [an_asking_of(said).said for said in range(1, len(lately) + 1)]
        kept = len(entries)
