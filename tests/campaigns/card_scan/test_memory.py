"""The desk's memory holds no card: a short form of `readback scan memory`, and its own controls.

Needs to read the memory of another process: root on Linux; left out elsewhere.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random, SystemRandom

import pytest

from app.campaigns.card_scan.encodings import Sought
from app.campaigns.card_scan.key_traces import KeyTraces
from app.campaigns.card_scan.memory_campaign import run_memory_scan, table_of
from app.campaigns.card_scan.numbers import card_number
from app.campaigns.card_scan.process_memory import (
    mappings,
    require_readable_memory,
    scan_process,
)
from app.campaigns.card_scan.stories import Look, tell
from app.values.clock import SystemClock
from app.values.errors import Refusal

HOLDER = """
import sys
held = sys.stdin.buffer.readline().strip()
print("held", flush=True)
sys.stdin.buffer.readline()
"""


@pytest.fixture(autouse=True)
def _readable_memory() -> None:
    try:
        require_readable_memory()
    except Refusal as refusal:
        pytest.skip(refusal.sentence)


@pytest.fixture
def holder() -> Iterator[tuple[int, Sought]]:
    """A process that holds a number as text, and another number that it never met."""
    number = card_number(Random(21).random)  # noqa: S311 - for a search, no secret
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(map(str, number)).encode() + b"\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"held\n"
        yield process.pid, Sought("held", number)
        process.stdin.write(b"\n")


def looks(name: str, folder: Path) -> list[Look]:
    return list(tell(name, folder, SystemClock(), SystemRandom().random))


def test_a_number_that_a_process_holds_is_found(holder: tuple[int, Sought]) -> None:
    pid, held = holder
    never_met = Sought("never met", card_number(Random(22).random))  # noqa: S311 - as above
    found = scan_process(pid, (held, never_met))
    assert found.of("held").copies > 0
    assert found.of("never met").is_clean


def test_what_cannot_change_is_left_out_when_it_is_asked_for(holder: tuple[int, Sought]) -> None:
    pid, held = holder
    everything, changing = (scan_process(pid, (held,), with_fixed=fixed) for fixed in (True, False))
    fixed = sum(one.end - one.begin for one in mappings(pid) if one.is_fixed)
    assert everything.read - changing.read == fixed
    assert changing.of("held").copies > 0


def test_the_memory_of_the_desk_holds_no_card(tmp_path: Path) -> None:
    found = looks("in short", tmp_path)
    assert [look.step for look in found[:2]] == ["typed", "in flight"]
    assert all(look.holds for look in found), table_of([(1, look) for look in found])


def test_the_scan_finds_a_number_in_a_field_of_qt(capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []
    assert run_memory_scan(SystemClock(), 1, ("control in short",), said.append) == 0
    assert said == ["run 1 of 1: control in short"]
    assert "found, as it must be" in capsys.readouterr().out


def test_a_row_holds_only_when_nothing_or_the_control_was_found() -> None:
    clean = Look("a", "b", 0, 0, 0, 0, 1.0)
    part = Look("a", "b", 0, 0, 0, 7, 1.0)
    whole = Look("a", "b", 1, 0, None, 16, 1.0)
    control = Look("a", "b", 1, 0, None, 16, 1.0, must_find=True)
    silent = Look("a", "b", 0, 0, None, 0, 1.0, must_find=True)
    keyless = Look("a", "b", 1, 1, 0, 16, 1.0, must_find=True)
    chance, telling = KeyTraces(4, 2, 6), KeyTraces(32, 16, 11)
    assert [look.holds for look in (clean, part, whole, control, silent, keyless)] == [
        *(True, False, False),
        *(True, False, False),
    ]
    assert replace(clean, traces=chance).holds
    assert not replace(clean, traces=telling).holds
    assert replace(clean, traces=telling, must_find=True).holds
    assert not replace(clean, traces=chance, must_find=True).holds
