"""Memory for secrets, behind one port: pages that are never swapped out and that no dump holds.

What each system can do is in docs/security.md. Where locking fails nothing is handed out, so that
no card is ever taken into ordinary memory. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from app.values.errors import Refusal


class LockedPages:
    """Locked memory as a buffer of single bytes; wiped before it is given back."""

    __slots__ = ("_free", "view")

    def __init__(self, view: memoryview, free: Callable[[], None]) -> None:
        self.view = view
        self._free: Callable[[], None] | None = free

    def wipe(self) -> None:
        """Zeros all over."""
        self.view[:] = bytes(len(self.view))

    def close(self) -> None:
        """Wipe, and give the memory back; once is enough. No view of it may be held elsewhere."""
        free, self._free = self._free, None
        if free is not None:
            self.wipe()
            self.view.release()
            free()


class SecretMemory(Protocol):
    """Where locked pages come from."""

    def lock(self, size: int) -> LockedPages:
        """At least `size` bytes of zeros. Raises Refusal `memory_not_locked`."""
        ...


def memory_not_locked() -> Refusal:
    """What is said where this computer cannot keep card digits safe."""
    return Refusal(
        "memory_not_locked",
        "This computer cannot lock memory for card digits, so no card can be taken here. "
        "Please offer another way to pay, and tell your administrator.",
    )
