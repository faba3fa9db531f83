"""The protocol under all faults at once, by seed; and that the simulation finds what is wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from app.campaigns.faults.simulation.planted import BUGS, Bug
from app.campaigns.faults.simulation.row import KINDS, first_seed_that_finds, run_seeds
from app.campaigns.faults.simulation.stage import Stage
from app.campaigns.faults.simulation.world import SeedResult, World

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="copies open files")

SEEDS = 40
"""About 40 seconds of two idle cores, a stage for each among them."""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as made:
        yield made


@pytest.fixture(scope="module")
def results() -> list[SeedResult]:
    return [one for part in run_seeds(range(1, SEEDS + 1)) for one in part]


def test_nothing_is_lost_and_nothing_comes_twice(results: list[SeedResult]) -> None:
    assert [one.seed for one in results] == list(range(1, SEEDS + 1))
    assert {one.seed: one.violations for one in results if one.violations} == {}
    assert all(one.acknowledged > 0 for one in results)


@pytest.mark.parametrize("kind", KINDS)
def test_the_seeds_of_the_suite_meet_every_kind_of_fault(
    results: list[SeedResult], kind: str
) -> None:
    assert any(one.counts.get(kind) for one in results)


def test_the_same_seed_is_the_same_story_line_by_line(stage: Stage) -> None:
    once, again = World(stage, 5).run(), World(stage, 5).run()

    assert once.digest == again.digest
    assert World(stage, 6).run().digest != once.digest


@pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])
def test_a_planted_bug_is_found(stage: Stage, bug: Bug) -> None:
    assert first_seed_that_finds(stage, bug, 1) is not None
