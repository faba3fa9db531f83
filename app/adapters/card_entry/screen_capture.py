"""Keeps a window out of screen captures where the system can; Windows and macOS are not tried.

X11 and Wayland offer nothing. macOS 15 and later ignore it in their newest way of capturing. GUI
thread.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Protocol

WDA_NONE = 0x00
WDA_EXCLUDEFROMCAPTURE = 0x11
"""Windows 10 of 2020 and later; earlier ones answer that it did not work."""
SHARING_NONE = 0
SHARING_READ_ONLY = 1


class WindowGuard(Protocol):
    """One system's way to hide a window."""

    def hide(self, window_id: int, *, hidden: bool) -> bool:
        """False where it did not work."""
        ...


class NoGuard:
    """A system that cannot."""

    def hide(self, window_id: int, *, hidden: bool) -> bool:
        """False."""
        del window_id, hidden
        return False


class WindowsGuard:
    """SetWindowDisplayAffinity, for top-level windows."""

    def __init__(self, user32: User32) -> None:
        self._user32 = user32

    def hide(self, window_id: int, *, hidden: bool) -> bool:
        """See the port."""
        affinity = WDA_EXCLUDEFROMCAPTURE if hidden else WDA_NONE
        return bool(self._user32.SetWindowDisplayAffinity(window_id, affinity))


class User32(Protocol):
    """The call of Windows that is needed."""

    def SetWindowDisplayAffinity(self, window: int, affinity: int) -> int: ...  # noqa: N802, D102 - Windows names it


class ObjectiveC(Protocol):
    """Messages to objects of macOS."""

    def ask(self, receiver: int, selector: str) -> int:
        """Send a message without arguments; the address it answers."""
        ...

    def tell(self, receiver: int, selector: str, number: int) -> None:
        """Send a message with one whole number."""
        ...


class MacGuard:
    """NSWindow.sharingType; Qt's window id is the window's view."""

    def __init__(self, objects: ObjectiveC) -> None:
        self._objects = objects

    def hide(self, window_id: int, *, hidden: bool) -> bool:
        """See the port."""
        window = self._objects.ask(window_id, "window") if window_id else 0
        if not window:
            return False
        wanted = SHARING_NONE if hidden else SHARING_READ_ONLY
        self._objects.tell(window, "setSharingType:", wanted)
        return self._objects.ask(window, "sharingType") == wanted


class LibraryObjects:
    """The Objective-C runtime of this program."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("/usr/lib/libobjc.A.dylib")
        self._library.sel_registerName.restype = ctypes.c_void_p
        self._library.sel_registerName.argtypes = (ctypes.c_char_p,)
        send = ctypes.cast(self._library.objc_msgSend, ctypes.c_void_p).value or 0
        self._ask = ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p)(send)
        self._tell = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)(send)

    def ask(self, receiver: int, selector: str) -> int:
        """See the port."""
        return int(self._ask(receiver, self._named(selector)))

    def tell(self, receiver: int, selector: str, number: int) -> None:
        """See the port."""
        self._tell(receiver, self._named(selector), number)

    def _named(self, selector: str) -> int:
        return int(self._library.sel_registerName(selector.encode("ascii")))


def system_guard() -> WindowGuard:
    """The way of the system this runs on."""
    if sys.platform == "win32":
        user32 = ctypes.WinDLL("user32", use_last_error=True)
        user32.SetWindowDisplayAffinity.argtypes = (ctypes.c_void_p, ctypes.c_uint32)
        return WindowsGuard(user32)
    if sys.platform == "darwin":
        return MacGuard(LibraryObjects())
    return NoGuard()
