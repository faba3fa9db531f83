"""What the scan of the whole desk rests on; the scan itself takes minutes and is run by hand."""

from __future__ import annotations

import mmap
import os
import sys
from pathlib import Path

import pytest

from app.campaigns.card_scan.careless import BreakingDigits, Control, PlainDigits, SealBroken
from app.campaigns.card_scan.desk_stories import DESK_STORIES, pids_of
from app.campaigns.card_scan.process_memory import mappings
from app.values.errors import Fault

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is scanned on Linux")


def test_every_care_that_is_left_out_has_a_control_of_its_own() -> None:
    careless = {name for name, (_, control) in DESK_STORIES.items() if control is Control.UNMASKED}
    assert careless == {"control, desk: not masked"}


def test_programs_that_do_not_run_are_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        pids_of(tmp_path)
    assert caught.value.code == "scan_stuck"


def test_memory_that_others_share_is_known_as_such() -> None:
    with mmap.mmap(-1, mmap.PAGESIZE), mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE):
        assert {one.is_shared for one in mappings(os.getpid())} == {True, False}


def test_a_seal_that_is_to_break_breaks_in_the_middle_of_the_number() -> None:
    digits = PlainDigits(16, wipes=True)
    for digit in range(10):
        digits.push(digit)
    breaking = BreakingDigits(digits)
    assert [breaking.at(place) for place in range(9)] == list(range(9))
    with pytest.raises(SealBroken):
        breaking.at(9)
