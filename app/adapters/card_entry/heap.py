"""Overwrites memory that was freed: dead key events of Qt would give a number away, in order.

Takes chunks of the sizes that key events have from the C library's free lists, writes zeros over
them and gives them back. Says nothing about other sizes. GUI thread, which frees those events;
about 8 ms.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Protocol

SIZES = tuple(range(24, 264, 16))
"""Bytes: every size class of the C library in which Qt keeps a key event, or the event's text."""
OF_EACH = 500
"""More free chunks of one size than a program at rest has."""
FIRST_OF_EACH = 16
"""Chunks a thread keeps for itself, which `calloc` of glibc before 2.41 passes by."""


class Heap(Protocol):
    """The allocator that Qt uses."""

    def malloc(self, size: int) -> int | None:
        """Address of a chunk; None: there is no more."""
        ...

    def calloc(self, count: int, size: int) -> int | None:
        """Address of a chunk of zeros."""
        ...

    def memset(self, address: int, byte: int, size: int) -> object:
        """Overwrite."""
        ...

    def free(self, address: int) -> None:
        """Give back."""
        ...


class LibraryHeap:
    """The C library of this program. PyDLL, because letting go of the GIL would take longer."""

    def __init__(self) -> None:
        library = ctypes.PyDLL("ucrtbase" if sys.platform == "win32" else None)
        self.malloc, self.calloc = library.malloc, library.calloc
        self.memset, self.free = library.memset, library.free
        self.malloc.argtypes = (ctypes.c_size_t,)
        self.calloc.argtypes = (ctypes.c_size_t, ctypes.c_size_t)
        self.memset.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t)
        self.free.argtypes = (ctypes.c_void_p,)
        self.malloc.restype = self.calloc.restype = self.memset.restype = ctypes.c_void_p
        self.free.restype = None


def scrub(heap: Heap) -> None:
    """Zeros over the free chunks of key events' sizes."""
    taken: list[int | None] = []
    try:
        for size in SIZES:
            for _ in range(FIRST_OF_EACH):
                chunk = heap.malloc(size)
                taken.append(chunk)
                if chunk is not None:
                    heap.memset(chunk, 0, size)
            taken.extend(heap.calloc(1, size) for _ in range(OF_EACH))
    finally:
        for chunk in taken:
            if chunk is not None:
                heap.free(chunk)
