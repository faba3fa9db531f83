"""A desk that is killed while it places loses nothing that it acknowledged."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from app.values.vocabulary import ChangeKind
from tests.services.desk.centre import POLICY
from tests.services.desk.placing_child import a_site, place_until_killed
from tests.services.desk.site import Site, know_checklists
from tests.services.desk.test_recovery import numbers_in_journal, numbers_in_store

ROUNDS = 20
_FORKS = multiprocessing.get_context("forkserver")


def drained(told: Connection) -> list[str]:
    """What was told before the line broke."""
    numbers: list[str] = []
    try:
        while True:
            numbers.append(told.recv())
    except EOFError:
        return numbers


def killed_after(folder: Path, orders: int) -> list[str]:
    """Numbers that a program was given before it was killed, some orders into its life."""
    told, telling = _FORKS.Pipe(duplex=False)
    child = _FORKS.Process(target=place_until_killed, args=(folder, telling))
    child.start()
    telling.close()
    numbers = [told.recv() for _ in range(orders)]
    child.kill()
    child.join()
    numbers += drained(told)
    told.close()
    child.close()
    return numbers


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
        told += killed_after(tmp_path, orders)
        with site.opened() as desk:
            in_store = numbers_in_store(desk)
        assert set(told) <= in_store
        assert numbers_in_journal(site) == in_store
    assert len(set(told)) == len(told)
