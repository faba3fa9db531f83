"""Windows and macOS, played by fakes: that each step is asked for, and each failure refused.

Whether the systems then do what they say is not tried here (docs/security.md).
"""

from __future__ import annotations

import ctypes
import mmap
import sys

import pytest

from app.adapters.card_entry.macos import VM_INHERIT_NONE, MacMemory
from app.adapters.card_entry.safe import card_safe
from app.adapters.card_entry.screen_capture import (
    SHARING_NONE,
    SHARING_READ_ONLY,
    WDA_EXCLUDEFROMCAPTURE,
    MacGuard,
    NoGuard,
    WindowsGuard,
)
from app.adapters.card_entry.windows import WindowsMemory
from app.values.errors import Refusal

WINDOW = 4_711
on_posix = pytest.mark.skipif(sys.platform == "win32", reason="mmap of POSIX")


class FakeKernel:
    """Windows, as far as it is asked; the step named in `fails` does not work."""

    def __init__(self, fails: str = "") -> None:
        self.fails = fails
        self.asked: list[str] = []
        self._memory = (ctypes.c_ubyte * 8192)()

    def _does(self, step: str) -> int:
        self.asked.append(step)
        return 0 if step == self.fails else 1

    def VirtualAlloc(self, address: int | None, size: int, kind: int, protection: int) -> int:
        return ctypes.addressof(self._memory) if self._does("alloc") else 0

    def VirtualLock(self, address: int, size: int) -> int:
        return self._does("lock")

    def VirtualUnlock(self, address: int, size: int) -> int:
        return self._does("unlock")

    def VirtualFree(self, address: int, size: int, kind: int) -> int:
        return self._does("free")

    def exclude_from_reports(self, address: int, size: int) -> bool:
        return bool(self._does("exclude"))

    def content(self) -> bytes:
        return bytes(self._memory)


class FakeMacLocks:
    """macOS, as far as it is asked."""

    def __init__(self, fails: str = "") -> None:
        self.fails = fails
        self.asked: list[str] = []

    def _does(self, step: str) -> int:
        self.asked.append(step)
        return -1 if step == self.fails else 0

    def mlock(self, address: int, size: int) -> int:
        return self._does("lock")

    def munlock(self, address: int, size: int) -> int:
        return self._does("unlock")

    def minherit(self, address: int, size: int, how: int) -> int:
        assert how == VM_INHERIT_NONE
        return self._does("inherit nothing")


class FakeUser32:
    """Remembers what a window was told; `works` as Windows of before 2020 does not."""

    def __init__(self, *, works: bool) -> None:
        self.works = works
        self.told: list[tuple[int, int]] = []

    def SetWindowDisplayAffinity(self, window: int, affinity: int) -> int:
        self.told.append((window, affinity))
        return int(self.works)


class FakeObjects:
    """A view, perhaps in a window."""

    def __init__(self, window: int = 42) -> None:
        self.window = window
        self.sharing = SHARING_READ_ONLY

    def ask(self, receiver: int, selector: str) -> int:
        return {"window": self.window, "sharingType": self.sharing}[selector]

    def tell(self, receiver: int, selector: str, number: int) -> None:
        assert (receiver, selector) == (self.window, "setSharingType:")
        self.sharing = number


def test_windows_locks_pages_and_keeps_them_out_of_reports() -> None:
    kernel = FakeKernel()
    pages = WindowsMemory(kernel).lock(5_000)
    assert len(pages.view) == 8192
    pages.view[0] = pages.view[8191] = 7
    pages.close()
    assert kernel.asked == ["alloc", "lock", "exclude", "unlock", "free"]
    assert not any(kernel.content())


@pytest.mark.parametrize("step", ["alloc", "lock", "exclude"])
def test_windows_that_cannot_gives_no_pages_and_keeps_none(step: str) -> None:
    kernel = FakeKernel(fails=step)
    with pytest.raises(Refusal) as refused:
        WindowsMemory(kernel).lock(1)
    assert refused.value.code == "memory_not_locked"
    assert step == "alloc" or kernel.asked[-1] == "free"


@on_posix
def test_macos_locks_pages_that_a_child_does_not_get() -> None:
    locks = FakeMacLocks()
    pages = MacMemory(locks).lock(1)
    assert len(pages.view) == mmap.PAGESIZE
    pages.close()
    assert locks.asked == ["lock", "inherit nothing", "unlock"]


@on_posix
@pytest.mark.parametrize("step", ["lock", "inherit nothing"])
def test_macos_that_cannot_gives_no_pages(step: str) -> None:
    with pytest.raises(Refusal) as refused:
        MacMemory(FakeMacLocks(fails=step)).lock(1)
    assert refused.value.code == "memory_not_locked"


def test_windows_leaves_the_window_out_of_captures_and_takes_it_in_again() -> None:
    user32 = FakeUser32(works=True)
    guard = WindowsGuard(user32)
    assert guard.hide(WINDOW, hidden=True)
    assert guard.hide(WINDOW, hidden=False)
    assert user32.told == [(WINDOW, WDA_EXCLUDEFROMCAPTURE), (WINDOW, 0)]


def test_a_windows_that_cannot_hide_says_so() -> None:
    assert not WindowsGuard(FakeUser32(works=False)).hide(WINDOW, hidden=True)


def test_macos_shares_the_window_with_nobody() -> None:
    objects = FakeObjects()
    assert MacGuard(objects).hide(WINDOW, hidden=True)
    assert objects.sharing == SHARING_NONE
    assert MacGuard(objects).hide(WINDOW, hidden=False)
    assert objects.sharing == SHARING_READ_ONLY


def test_a_view_without_a_window_cannot_be_hidden() -> None:
    assert not MacGuard(FakeObjects(window=0)).hide(WINDOW, hidden=True)
    assert not MacGuard(FakeObjects()).hide(0, hidden=True)


@pytest.mark.skipif(sys.platform != "linux", reason="X11 and Wayland")
def test_linux_cannot_hide_and_says_so() -> None:
    assert not NoGuard().hide(WINDOW, hidden=True)
    assert not card_safe().hide_window(WINDOW, hidden=True)
