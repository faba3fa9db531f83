"""Locked pages on macOS: private, in RAM only, and zeros in a forked child; written, not tried.

macOS cannot keep single pages out of a core file: process_hardening switches core files off.
"""

from __future__ import annotations

import ctypes
import mmap
from functools import partial
from typing import Protocol

from app.adapters.card_entry.linux import LibraryLocks, Locks
from app.adapters.card_entry.pages import LockedPages, memory_not_locked

VM_INHERIT_NONE = 2


class MacLocks(Locks, Protocol):
    """What macOS adds."""

    def minherit(self, address: int, size: int, how: int) -> int:
        """What a forked child gets of these pages."""
        ...


class MacLibraryLocks(LibraryLocks):
    """The C library of this program."""

    def __init__(self) -> None:
        super().__init__()
        self._minherit = ctypes.CDLL(None, use_errno=True).minherit
        self._minherit.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        self._minherit.restype = ctypes.c_int

    def minherit(self, address: int, size: int, how: int) -> int:
        """See the port."""
        return int(self._minherit(address, size, how))


class MacMemory:
    """mmap, mlock and minherit."""

    def __init__(self, locks: MacLocks) -> None:
        self._locks = locks

    def lock(self, size: int) -> LockedPages:
        """See the port."""
        whole = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
        pages = mmap.mmap(-1, whole, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        address = ctypes.addressof(ctypes.c_char.from_buffer(pages))
        locked = self._locks.mlock(address, whole) == 0
        if not locked or self._locks.minherit(address, whole, VM_INHERIT_NONE) != 0:
            pages.close()
            raise memory_not_locked()
        return LockedPages(memoryview(pages), partial(self._free, pages, address))

    def _free(self, pages: mmap.mmap, address: int) -> None:
        self._locks.munlock(address, len(pages))
        pages.close()
