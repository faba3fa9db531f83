"""The desk's card safe: locked digits, sealing, scrubbing, and a window that captures leave out.

Made by the desk's root and handed to the card pane. Nothing here ever falls back to ordinary
memory. GUI thread.
"""

from __future__ import annotations

import sys
from functools import partial

from app.adapters.card_entry import heap, linux, macos, screen_capture, sealing, windows
from app.adapters.card_entry.digits import MaskedDigits
from app.adapters.card_entry.heap import Heap
from app.adapters.card_entry.pages import SecretMemory
from app.adapters.card_entry.screen_capture import WindowGuard
from app.services.ports import Bound, CardParts
from app.wire.payments import CardKey


class SystemCardSafe:
    """`services.ports.CardSafe` on a memory, a heap and a way to hide windows."""

    def __init__(self, memory: SecretMemory, heap_: Heap, guard: WindowGuard) -> None:
        self._memory = memory
        self._guard = guard
        self._scrub = partial(heap.scrub, heap_)

    def require_ready(self) -> None:
        """See the port: locks a page for a moment."""
        self._memory.lock(1).close()

    def digits(self, most: int) -> MaskedDigits:
        """See the port."""
        return MaskedDigits(self._memory, most)

    def seal(self, card: CardParts, bound: Bound, key: CardKey) -> str:
        """See the port. Raises also Fault `card_key_unusable`."""
        return sealing.seal(self._memory, card, bound, key)

    def scrub(self) -> None:
        """See the port."""
        self._scrub()

    def hide_window(self, window_id: int, *, hidden: bool) -> bool:
        """See the port."""
        return self._guard.hide(window_id, hidden=hidden)


def card_safe() -> SystemCardSafe:
    """The safe of the system this runs on."""
    return SystemCardSafe(system_memory(), heap.LibraryHeap(), screen_capture.system_guard())


def system_memory() -> SecretMemory:
    """Locked memory of the system this runs on."""
    if sys.platform == "win32":
        return windows.WindowsMemory(windows.SystemKernel())
    if sys.platform == "darwin":
        return macos.MacMemory(macos.MacLibraryLocks())
    return linux.LinuxMemory(linux.LibraryLocks())
