"""Locked pages on Windows: committed, in RAM only, and in no error report; written, not tried.

Windows has no fork. A full dump that somebody else takes still holds them: masked, and shut out by
process_hardening.
"""

from __future__ import annotations

import ctypes
import sys
from functools import partial
from typing import Protocol

from app.adapters.card_entry.pages import LockedPages, memory_not_locked

PAGE_BYTES = 4096
MEM_COMMIT_AND_RESERVE = 0x3000
MEM_RELEASE = 0x8000
PAGE_READWRITE = 0x04


class Kernel(Protocol):
    """The calls of Windows that are needed; an address, or 1 for done and 0 for not done."""

    def VirtualAlloc(self, address: int | None, size: int, kind: int, protection: int) -> int: ...  # noqa: N802, D102 - Windows names it

    def VirtualLock(self, address: int, size: int) -> int: ...  # noqa: N802, D102 - as above

    def VirtualUnlock(self, address: int, size: int) -> int: ...  # noqa: N802, D102 - as above

    def VirtualFree(self, address: int, size: int, kind: int) -> int: ...  # noqa: N802, D102 - as above

    def exclude_from_reports(self, address: int, size: int) -> bool:
        """Keep the memory out of what Windows Error Reporting sends."""
        ...


class WindowsMemory:
    """VirtualAlloc, VirtualLock and WerRegisterExcludedMemoryBlock."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def lock(self, size: int) -> LockedPages:
        """See the port."""
        whole = -(-size // PAGE_BYTES) * PAGE_BYTES
        address = self._kernel.VirtualAlloc(None, whole, MEM_COMMIT_AND_RESERVE, PAGE_READWRITE)
        if not address:
            raise memory_not_locked()
        locked = self._kernel.VirtualLock(address, whole)
        if not locked or not self._kernel.exclude_from_reports(address, whole):
            self._kernel.VirtualFree(address, 0, MEM_RELEASE)
            raise memory_not_locked()
        view = memoryview((ctypes.c_ubyte * whole).from_address(address)).cast("B")
        return LockedPages(view, partial(self._free, address, whole))

    def _free(self, address: int, whole: int) -> None:
        self._kernel.VirtualUnlock(address, whole)
        self._kernel.VirtualFree(address, 0, MEM_RELEASE)


if sys.platform == "win32":

    class SystemKernel:
        """kernel32 and the error reports of this program."""

        def __init__(self) -> None:
            kernel = ctypes.WinDLL("kernel32", use_last_error=True)
            address, size, word = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32
            self.VirtualAlloc = kernel.VirtualAlloc
            self.VirtualAlloc.restype = address
            self.VirtualAlloc.argtypes = (address, size, word, word)
            self.VirtualLock, self.VirtualUnlock = kernel.VirtualLock, kernel.VirtualUnlock
            self.VirtualLock.argtypes = self.VirtualUnlock.argtypes = (address, size)
            self.VirtualFree = kernel.VirtualFree
            self.VirtualFree.argtypes = (address, size, word)
            self._exclude = kernel.WerRegisterExcludedMemoryBlock
            self._exclude.argtypes = (address, word)

        def exclude_from_reports(self, address: int, size: int) -> bool:
            """See the port."""
            return int(self._exclude(address, size)) == 0
