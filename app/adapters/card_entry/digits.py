"""Digits in locked memory, each masked by a random byte in another page.

Two pages: what is typed XOR the mask, and the mask. Neither alone says anything, and a scan for the
number finds nothing. A digit is only ever met one by one, as a small int, of which Python keeps one
each. GUI thread.
"""

from __future__ import annotations

import mmap
import os
from typing import Never, SupportsIndex

from typing_extensions import override

from app.adapters.card_entry.pages import SecretMemory


class MaskedDigits:
    """Room for `most` digits; `services.ports.SecretDigits`."""

    __slots__ = ("_count", "_most", "_pages")

    def __init__(self, memory: SecretMemory, most: int) -> None:
        if not 0 < most <= mmap.PAGESIZE:
            message = f"{most} digits do not fit into a page"
            raise ValueError(message)
        self._most = most
        self._count = 0
        self._pages = memory.lock(2 * mmap.PAGESIZE)

    def __len__(self) -> int:
        return self._count

    def push(self, digit: int) -> bool:
        """See the port. Raises ValueError for what is not a digit."""
        if not 0 <= digit <= 9:
            raise ValueError("not a digit")
        if self._count == self._most:
            return False
        place, view = self._count, self._pages.view
        view[place + mmap.PAGESIZE] = os.urandom(1)[0]
        view[place] = digit ^ view[place + mmap.PAGESIZE]
        self._count += 1
        return True

    def pop(self) -> None:
        """See the port."""
        if self._count:
            self._count -= 1
            self._pages.view[self._count] = 0
            self._pages.view[self._count + mmap.PAGESIZE] = 0

    def at(self, place: int) -> int:
        """See the port. Raises IndexError beyond the last."""
        if not 0 <= place < self._count:
            raise IndexError(place)
        return self._pages.view[place] ^ self._pages.view[place + mmap.PAGESIZE]

    def wipe(self) -> None:
        """See the port."""
        self._count = 0
        self._pages.wipe()

    def close(self) -> None:
        """See the port."""
        self._count = self._most = 0
        self._pages.close()

    @override
    def __repr__(self) -> str:
        return f"{self._count} digits"

    @override
    def __reduce_ex__(self, protocol: SupportsIndex) -> Never:
        raise TypeError("Card digits are never copied or written.")

    def __copy__(self) -> Never:
        raise TypeError("Card digits are never copied or written.")

    def __deepcopy__(self, memo: dict[int, object]) -> Never:
        raise TypeError("Card digits are never copied or written.")
