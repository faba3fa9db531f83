"""Scrubbing: what was freed is overwritten, and everything taken is given back."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.adapters.card_entry.heap import FIRST_OF_EACH, OF_EACH, SIZES, scrub

KEY_EVENT_BYTES = 104
EVENTS = 32


class CountedHeap:
    """Takes and gives, and overwrites nothing."""

    def __init__(self, most: int | None = None) -> None:
        self.out: set[int] = set()
        self.overwritten: set[int] = set()
        self._given = 0
        self._most = most

    def malloc(self, size: int) -> int | None:
        if self._most is not None and self._given >= self._most:
            return None
        self._given += 1
        self.out.add(self._given)
        return self._given

    def calloc(self, count: int, size: int) -> int | None:
        return self.malloc(count * size)

    def memset(self, address: int, byte: int, size: int) -> object:
        assert address in self.out
        self.overwritten.add(address)
        return None

    def free(self, address: int) -> None:
        self.out.remove(address)

    @property
    def given(self) -> int:
        return self._given


def test_all_that_is_taken_is_given_back() -> None:
    heap = CountedHeap()
    scrub(heap)
    assert heap.given == len(SIZES) * (FIRST_OF_EACH + OF_EACH)
    assert not heap.out


def test_what_comes_without_zeros_is_overwritten() -> None:
    heap = CountedHeap()
    scrub(heap)
    assert len(heap.overwritten) == len(SIZES) * FIRST_OF_EACH


def test_a_heap_that_runs_out_is_left_as_it_was() -> None:
    heap = CountedHeap(most=100)
    scrub(heap)
    assert not heap.out


IN_A_FRESH_PROGRAM = f"""
import ctypes
from app.adapters.card_entry.heap import LibraryHeap, scrub

heap = LibraryHeap()
mark = bytes([0xA7]) * 16
events = [heap.malloc({KEY_EVENT_BYTES}) for _ in range({EVENTS})]
keepers = [heap.malloc({KEY_EVENT_BYTES}) for _ in range({EVENTS})]  # so that chunks stay chunks
for event in events:
    ctypes.memmove(event + 48, mark, len(mark))
    heap.free(event)


def marked():
    return sum(ctypes.string_at(event + 48, 16) == mark for event in events)


kept = marked()
scrub(heap)
print(kept, marked())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="how the C library of Linux reuses memory")
def test_what_was_freed_before_is_overwritten() -> None:
    """In a program of its own: this one has thousands of free chunks from other tests."""
    done = subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_PROGRAM], check=True, capture_output=True, text=True
    )
    kept, left = map(int, done.stdout.split())
    assert kept > EVENTS // 2
    assert left == 0
