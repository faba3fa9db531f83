"""Locked pages on Linux: private, in RAM only, in no core file, and zeros in a forked child."""

from __future__ import annotations

import ctypes
import mmap
from functools import partial
from typing import Protocol

from app.adapters.card_entry.pages import LockedPages, memory_not_locked

MADV_WIPEONFORK = 18
"""Since Linux 4.14; the module mmap does not name it."""


class Locks(Protocol):
    """The calls of the C library that lock memory; 0 means done."""

    def mlock(self, address: int, size: int) -> int:
        """Keep these pages in RAM."""
        ...

    def munlock(self, address: int, size: int) -> int:
        """Let go of them."""
        ...


class LibraryLocks:
    """The C library of this program."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self._mlock, self._munlock = library.mlock, library.munlock
        for call in (self._mlock, self._munlock):
            call.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
            call.restype = ctypes.c_int

    def mlock(self, address: int, size: int) -> int:
        """See the port."""
        return int(self._mlock(address, size))

    def munlock(self, address: int, size: int) -> int:
        """See the port."""
        return int(self._munlock(address, size))


class LinuxMemory:
    """mmap, mlock and madvise. `memfd_secret` is not used: no scan could prove it clean."""

    def __init__(self, locks: Locks) -> None:
        self._locks = locks

    def lock(self, size: int) -> LockedPages:
        """See the port."""
        whole = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
        pages = mmap.mmap(-1, whole, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        address = ctypes.addressof(ctypes.c_char.from_buffer(pages))
        try:
            if self._locks.mlock(address, whole) != 0:
                raise memory_not_locked()
            pages.madvise(mmap.MADV_DONTDUMP)
            pages.madvise(MADV_WIPEONFORK)
        except OSError as cause:
            pages.close()
            raise memory_not_locked() from cause
        except BaseException:
            pages.close()
            raise
        return LockedPages(memoryview(pages), partial(self._free, pages, address))

    def _free(self, pages: mmap.mmap, address: int) -> None:
        self._locks.munlock(address, len(pages))
        pages.close()
