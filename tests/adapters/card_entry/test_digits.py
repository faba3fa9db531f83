"""Digits in locked, masked memory: what they can do, and what nobody can do with them."""

from __future__ import annotations

import copy
import ctypes
import logging
import mmap
import pickle
import re
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.adapters.card_entry.digits import MaskedDigits
from app.adapters.card_entry.linux import LibraryLocks, LinuxMemory
from app.adapters.card_entry.pages import LockedPages
from app.adapters.card_entry.safe import card_safe, system_memory
from app.values.errors import Refusal
from tests.adapters.card_entry.cards import random_number, typed

ROOT = Path(__file__).parents[3]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="how Linux shows its memory")


class NoLocks(LibraryLocks):
    """A system that has no more memory to lock."""

    def mlock(self, address: int, size: int) -> int:
        return -1


class Watched(LinuxMemory):
    """Remembers the pages it gave out."""

    def __init__(self) -> None:
        super().__init__(LibraryLocks())
        self.given: list[LockedPages] = []

    def lock(self, size: int) -> LockedPages:
        self.given.append(super().lock(size))
        return self.given[-1]

    def address(self) -> int:
        return ctypes.addressof(ctypes.c_char.from_buffer(self.given[-1].view))


def flags_of(address: int) -> set[str]:
    """What the kernel says about the page at an address."""
    inside = False
    for line in Path("/proc/self/smaps").read_text(encoding="ascii").splitlines():
        if found := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
            inside = int(found[1], 16) <= address < int(found[2], 16)
        elif inside and line.startswith("VmFlags:"):
            return set(line.split()[1:])
    return set()


def run(script: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    ).stdout.strip()


def test_digits_come_back_one_by_one() -> None:
    number = random_number()
    digits = typed(number)
    assert len(digits) == len(number)
    assert all(digits.at(place) == digit for place, digit in enumerate(number))
    digits.close()


def test_no_more_fit_than_there_is_room_for() -> None:
    digits = MaskedDigits(system_memory(), 2)
    assert [digits.push(digit) for digit in (1, 2, 3)] == [True, True, False]
    assert len(digits) == 2


def test_the_last_one_is_taken_back_and_of_none_nothing() -> None:
    digits = typed([1, 2])
    digits.pop()
    assert (len(digits), digits.at(0)) == (1, 1)
    digits.pop()
    digits.pop()
    assert len(digits) == 0


@pytest.mark.parametrize("digit", [-1, 10, 48])
def test_only_digits_are_taken(digit: int) -> None:
    with pytest.raises(ValueError, match="not a digit"):
        MaskedDigits(system_memory(), 4).push(digit)


def test_beyond_the_last_there_is_nothing() -> None:
    digits = typed([1, 2])
    for place in (-1, 2):
        with pytest.raises(IndexError):
            digits.at(place)


def test_a_wiped_one_can_be_used_again() -> None:
    digits = typed(random_number())
    digits.wipe()
    assert len(digits) == 0
    assert digits.push(7)
    assert digits.at(0) == 7


def test_neither_page_alone_holds_the_number() -> None:
    memory = Watched()
    digits = MaskedDigits(memory, 19)
    number = random_number()
    for digit in number:
        digits.push(digit)
    view = memory.given[-1].view
    for page in (view[: mmap.PAGESIZE], view[mmap.PAGESIZE :]):
        held = bytes(page[: len(number)])
        assert held != bytes(number)
        assert held != bytes(digit + 48 for digit in number)


def test_the_same_digits_look_different_each_time() -> None:
    memory = Watched()
    for _ in range(2):
        digits = MaskedDigits(memory, 19)
        for _ in range(16):
            digits.push(4)
    first, second = (bytes(pages.view[:16]) for pages in memory.given)
    assert first != second
    assert len(set(first)) > 1


def test_wiping_leaves_zeros_in_both_pages() -> None:
    memory = Watched()
    digits = MaskedDigits(memory, 19)
    digits.push(9)
    digits.wipe()
    assert not any(memory.given[-1].view)


def test_taking_one_back_leaves_zeros_in_its_place() -> None:
    memory = Watched()
    digits = MaskedDigits(memory, 19)
    digits.push(9)
    digits.pop()
    assert not any(memory.given[-1].view)


@on_linux
def test_its_pages_are_locked_left_out_of_dumps_and_wiped_in_a_child() -> None:
    memory = Watched()
    digits = MaskedDigits(memory, 19)
    assert {"lo", "dd", "wf"} <= flags_of(memory.address())
    assert not {"sh", "ms"} & flags_of(memory.address())
    digits.close()


FORKED = """
import os
from app.adapters.card_entry.safe import system_memory
pages = system_memory().lock(1)
pages.view[0] = 7
child = os.fork()  # here, because a program with threads should not fork
if child == 0:
    os._exit(1 if any(pages.view) else 0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), pages.view[0])
"""


@on_linux
def test_a_forked_child_reads_zeros() -> None:
    assert run(FORKED) == "0 7"


def test_where_memory_cannot_be_locked_there_are_no_digits() -> None:
    with pytest.raises(Refusal) as refused:
        MaskedDigits(LinuxMemory(NoLocks()), 19)
    assert refused.value.code == "memory_not_locked"


UNDER_THE_LIMIT = """
import os, resource
from app.adapters.card_entry.safe import card_safe
from app.values.errors import Refusal
safe = card_safe()
resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
for act in (safe.require_ready, lambda: safe.digits(19)):
    try:
        act()
        print("taken")
    except Refusal as refusal:
        print(refusal.code)
"""


@on_linux
def test_under_a_limit_of_no_locked_memory_no_card_is_taken() -> None:
    assert run(UNDER_THE_LIMIT).split() == ["memory_not_locked", "memory_not_locked"]


def test_a_system_that_locks_memory_is_ready() -> None:
    card_safe().require_ready()


def test_locked_memory_is_given_back() -> None:
    memory = Watched()
    for _ in range(3_000):  # beyond any limit, were it kept
        MaskedDigits(memory, 19).close()
    memory.given.clear()


def test_it_can_be_closed_twice() -> None:
    digits = typed([1])
    digits.close()
    digits.close()
    assert len(digits) == 0
    assert not digits.push(1)


def test_it_tells_its_count_and_nothing_else() -> None:
    digits = typed(random_number())
    for said in (repr(digits), str(digits), f"{digits}", f"{digits!r}", "%s" % digits):  # noqa: UP031 - each way counts
        assert said == "16 digits"


def test_it_is_neither_copied_nor_written() -> None:
    digits = typed([1, 2, 3])
    for act in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            act(digits)


def test_it_cannot_be_looked_through_as_a_whole() -> None:
    digits: Any = typed([1, 2, 3])
    acts: tuple[Callable[[Any], object], ...] = (iter, bytes, vars, memoryview, list)
    for act in acts:
        with pytest.raises(TypeError):
            act(digits)


def test_a_traceback_with_local_variables_shows_the_count() -> None:
    digits = typed(random_number())
    with pytest.raises(IndexError) as caught:
        digits.at(99)
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(told.format())
    assert "16 digits" in text
    assert not re.search(r"\d{6}", re.sub(r"0x[0-9a-f]+", "", text))


def test_it_can_be_logged_without_harm(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("readback.test").warning("typed %s %r", *[typed(random_number())] * 2)
    assert caplog.messages == ["typed 16 digits 16 digits"]
