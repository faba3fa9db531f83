"""The process that is scanned: the desk's own card fields and card safe, typed into by a pipe.

`python -m app.campaigns.card_scan.child CONTROL KEY-FILE URL`. What is sealed is sent to the URL,
as the desk sends it. With a CONTROL, one of the desk's cares is left out, and a scan must find it.
GUI thread, and one thread per request.
"""

from __future__ import annotations

import sys
import threading
from enum import StrEnum
from pathlib import Path
from typing import Never

from typing_extensions import override

from app.adapters.card_entry import heap, screen_capture
from app.adapters.card_entry.pages import LockedPages
from app.adapters.card_entry.safe import SystemCardSafe, system_memory
from app.adapters.process_hardening import harden_process
from app.campaigns.card_scan.numbers import CODE_LENGTH
from app.services.ports import Bound, CardParts, SecretDigits
from app.transport.client import HttpCarrier
from app.ui.application import finish_application
from app.ui.first_frame import bare_application
from app.ui.keyed_window import Hands, KeyedWindow
from app.ui.palettes import Scheme
from app.values.clock import SystemClock
from app.values.errors import Unreachable
from app.values.identity import AttemptId, Ids, LeaseId, OrderId, SystemIds
from app.values.money import Currency, Money
from app.wire.message import decode, encode
from app.wire.payments import AuthoriseCard, CardKey

TITLE = "Readback card scan"
PATH = "/v1/payments.authorise"
PATIENCE_S, SHORT_PATIENCE_S = 120.0, 1.0
AMOUNT = Money(12_345, Currency.GBP)
_BREAKS_AT = 9


class Control(StrEnum):
    """Which care is left out. NONE: the desk as it is."""

    NONE = "none"
    UNMASKED = "unmasked"
    WIPES_OFF = "wipes-off"
    SCRUB_OFF = "scrub-off"


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


class _CarelessSafe(SystemCardSafe):
    """A card safe without one of its cares."""

    def __init__(self, control: Control) -> None:
        memory = system_memory() if control is Control.UNMASKED else _KeptMemory()
        super().__init__(memory, heap.LibraryHeap(), screen_capture.system_guard())
        self._wipes = control is Control.UNMASKED

    @override
    def digits(self, most: int) -> PlainDigits:  # type: ignore[override] # careless on purpose
        """Plain ones."""
        return PlainDigits(most, wipes=self._wipes)


class _BreakingDigits:
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

    def push(self, digit: int) -> Never:
        """Never asked."""
        raise NotImplementedError

    def pop(self) -> Never:
        """Never asked."""
        raise NotImplementedError

    def wipe(self) -> None:
        """See the port."""
        self._digits.wipe()

    def close(self) -> None:
        """See the port."""
        self._digits.close()


class SealBroken(Exception):  # noqa: N818 - an event of the story, not an error of ours
    """The story of an exception while a card is sealed."""


class Scanned:
    """The window and what can be done with it; each act is a letter."""

    def __init__(self, safe: SystemCardSafe, key: CardKey, url: str, ids: Ids) -> None:
        self._safe = safe
        self._key = key
        self._ids = ids
        self._carrier = HttpCarrier(url)
        self._is_breaking = False
        self._patience_s = PATIENCE_S
        self._threads: list[threading.Thread] = []
        self.window = KeyedWindow(safe, SystemClock().now().date(), CODE_LENGTH)
        window = self.window
        self.acts = {
            ord("u"): window.unlock,
            ord("n"): window.number.setFocus,
            ord("e"): window.expiry.setFocus,
            ord("c"): window.code.setFocus,
            ord("o"): window.note.setFocus,
            ord("s"): self.submit,
            ord("k"): self.break_next_seal,
            ord("h"): self.hurry,
            ord("x"): window.close,
        }

    def break_next_seal(self) -> None:
        """The next card is not sealed to the end."""
        self._is_breaking = True

    def hurry(self) -> None:
        """The next answer is not waited for."""
        self._patience_s = SHORT_PATIENCE_S

    def submit(self) -> None:
        """Seal, wipe, send: the order of the desk."""
        bound = Bound(
            order_id=OrderId(self._ids.new()), attempt_id=AttemptId(self._ids.new()), amount=AMOUNT
        )
        try:
            envelope = self._safe.seal(self._parts(), bound, self._key)
        except SealBroken:
            return
        finally:
            self.window.lock()
            self._safe.scrub()
        request = AuthoriseCard(
            attempt_id=bound.attempt_id,
            order_id=bound.order_id,
            lease_id=LeaseId(self._ids.new()),
            amount=bound.amount,
            envelope=envelope,
        )
        sender = threading.Thread(target=self._send, args=(encode(request),), name="sender")
        self._threads.append(sender)
        sender.start()

    def close(self) -> None:
        """Let the line and the threads go."""
        self._carrier.close()
        for sender in self._threads:
            sender.join()

    def _parts(self) -> CardParts:
        parts = self.window.parts
        if not self._is_breaking:
            return parts
        self._is_breaking = False
        return CardParts(number=_BreakingDigits(parts.number), expiry=parts.expiry, code=parts.code)

    def _send(self, body: bytes) -> None:
        try:
            self._carrier.post(PATH, {}, body, self._patience_s)
        except Unreachable:
            return


def _do_nothing() -> None:
    """Nothing is given back."""


class _UnscrubbedSafe(SystemCardSafe):
    """A card safe that leaves dead key events where they lie."""

    @override
    def scrub(self) -> None:
        """Leave them."""


def _safe(control: Control) -> SystemCardSafe:
    if control in {Control.UNMASKED, Control.WIPES_OFF}:
        return _CarelessSafe(control)
    kind = _UnscrubbedSafe if control is Control.SCRUB_OFF else SystemCardSafe
    return kind(system_memory(), heap.LibraryHeap(), screen_capture.system_guard())


def main(control: Control, key_file: Path, url: str) -> int:
    """Run until standard input ends, hardened as the desk is."""
    harden_process()
    application = bare_application(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    finish_application(application, Scheme.LIGHT)
    scanned = Scanned(_safe(control), decode(key_file.read_bytes(), CardKey), url, SystemIds())
    window = scanned.window
    hands = Hands(window, scanned.acts)
    window.setWindowTitle(TITLE)
    window.show()
    window.activateWindow()
    window.number.setFocus()
    hands.begin()
    try:
        return application.exec()
    finally:
        scanned.close()


if __name__ == "__main__":
    sys.exit(main(Control(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
