"""The protocol under all faults at once, by seed; and that the simulation finds what is wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from app.campaigns.faults.simulation.planted import BUGS, Bug
from app.campaigns.faults.simulation.row import first_seed_that_finds
from app.campaigns.faults.simulation.stage import Stage
from app.campaigns.faults.simulation.world import World

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="copies open files")

SEEDS = 4


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as made:
        yield made


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_nothing_is_lost_and_nothing_comes_twice(stage: Stage, seed: int) -> None:
    result = World(stage, seed).run()

    assert result.violations == ()
    assert result.acknowledged > 0


def test_the_same_seed_is_the_same_story_line_by_line(stage: Stage) -> None:
    once, again = World(stage, 5).run(), World(stage, 5).run()

    assert once.digest == again.digest
    assert World(stage, 6).run().digest != once.digest


@pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])
def test_a_planted_bug_is_found(stage: Stage, bug: Bug) -> None:
    assert first_seed_that_finds(stage, bug, 1) is not None
