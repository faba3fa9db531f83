"""Card safes that leave out one of the desk's cares, or break: the controls of a memory scan.

For a scanned program only. Nothing of the desk ever chooses one. GUI thread of that program.
"""

from __future__ import annotations

from enum import StrEnum

from typing_extensions import override

from app.adapters.card_entry import heap, screen_capture
from app.adapters.card_entry.pages import LockedPages
from app.adapters.card_entry.safe import SystemCardSafe, system_memory
from app.services.ports import Bound, CardParts, SecretDigits
from app.wire.payments import CardKey

_BREAKS_AT = 9


class Control(StrEnum):
    """Which care is left out. NONE: the desk as it is. BREAKS: so, but its first seal fails."""

    NONE = "none"
    UNMASKED = "unmasked"
    WIPES_OFF = "wipes-off"
    SCRUB_OFF = "scrub-off"
    BREAKS = "breaks"


class PlainDigits:
    """Digits as a careless program keeps them."""

    def __init__(self, most: int, *, wipes: bool) -> None:
        self._most = most
        self._wipes = wipes
        self._digits = bytearray()
        self._kept: list[bytearray] = []

    def __len__(self) -> int:
        return len(self._digits)

    def push(self, digit: int) -> bool:
        """See the port."""
        if len(self._digits) == self._most:
            return False
        self._digits.append(0x30 + digit)
        return True

    def pop(self) -> None:
        """See the port."""
        if self._digits:
            self._digits.pop()

    def at(self, place: int) -> int:
        """See the port."""
        return self._digits[place] - 0x30

    def wipe(self) -> None:
        """See the port; with wipes off the digits are only forgotten."""
        if self._wipes:
            self._digits[:] = bytes(len(self._digits))
        else:
            self._kept.append(self._digits)
        self._digits = bytearray()

    def close(self) -> None:
        """See the port."""
        self.wipe()


class _KeptPages(LockedPages):
    """Pages that nobody wipes."""

    @override
    def wipe(self) -> None:
        """Leave everything as it is."""

    @override
    def close(self) -> None:
        """Keep it."""


class _KeptMemory:
    """Ordinary memory that is never given back."""

    def __init__(self) -> None:
        self._kept: list[bytearray] = []

    def lock(self, size: int) -> LockedPages:
        """See the port; locks nothing."""
        self._kept.append(bytearray(size))
        return _KeptPages(memoryview(self._kept[-1]), _do_nothing)


class CarelessSafe(SystemCardSafe):
    """A card safe without one of its cares."""

    def __init__(self, control: Control) -> None:
        memory = system_memory() if control is Control.UNMASKED else _KeptMemory()
        super().__init__(memory, heap.LibraryHeap(), screen_capture.system_guard())
        self._wipes = control is Control.UNMASKED

    @override
    def digits(self, most: int) -> PlainDigits:  # type: ignore[override] # careless on purpose
        """Plain ones."""
        return PlainDigits(most, wipes=self._wipes)


class BreakingDigits:
    """Digits of which one cannot be read, in the middle of being sealed."""

    def __init__(self, digits: SecretDigits) -> None:
        self._digits = digits

    def __len__(self) -> int:
        return len(self._digits)

    def at(self, place: int) -> int:
        """See the port."""
        if place == _BREAKS_AT:
            raise SealBroken
        return self._digits.at(place)

    def push(self, digit: int) -> bool:
        """See the port."""
        return self._digits.push(digit)

    def pop(self) -> None:
        """See the port."""
        self._digits.pop()

    def wipe(self) -> None:
        """See the port."""
        self._digits.wipe()

    def close(self) -> None:
        """See the port."""
        self._digits.close()


class SealBroken(Exception):  # noqa: N818 - an event of the story, not an error of ours
    """The story of an exception while a card is sealed."""


class BreakingSafe(SystemCardSafe):
    """The desk's safe, with an exception in the middle of its first seal."""

    def __init__(self) -> None:
        super().__init__(system_memory(), heap.LibraryHeap(), screen_capture.system_guard())
        self._has_broken = False

    @override
    def seal(self, card: CardParts, bound: Bound, key: CardKey) -> str:
        """See the port. Raises SealBroken the first time."""
        if self._has_broken:
            return super().seal(card, bound, key)
        self._has_broken = True
        number = BreakingDigits(card.number)
        parts = CardParts(number=number, expiry=card.expiry, code=card.code)
        return super().seal(parts, bound, key)


class _UnscrubbedSafe(SystemCardSafe):
    """A card safe that leaves dead key events where they lie."""

    @override
    def scrub(self) -> None:
        """Leave them."""


def safe_of(control: Control) -> SystemCardSafe:
    """The desk's own safe, or one without a care."""
    if control in {Control.UNMASKED, Control.WIPES_OFF}:
        return CarelessSafe(control)
    if control is Control.BREAKS:
        return BreakingSafe()
    kind = _UnscrubbedSafe if control is Control.SCRUB_OFF else SystemCardSafe
    return kind(system_memory(), heap.LibraryHeap(), screen_capture.system_guard())


def _do_nothing() -> None:
    """Nothing is given back."""
