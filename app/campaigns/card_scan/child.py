"""The process that is scanned: the desk's own card fields and card safe, typed into by a pipe.

`python -m app.campaigns.card_scan.child CONTROL KEY-FILE URL`. What is sealed is sent to the URL,
as the desk sends it. With a CONTROL, one of the desk's cares is left out, and a scan must find it.
GUI thread, and one thread per request.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from app.adapters.card_entry.safe import SystemCardSafe
from app.adapters.process_hardening import harden_process
from app.campaigns.card_scan.careless import BreakingDigits, Control, SealBroken, safe_of
from app.campaigns.card_scan.numbers import CODE_LENGTH
from app.services.ports import Bound, CardParts
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
        return CardParts(number=BreakingDigits(parts.number), expiry=parts.expiry, code=parts.code)

    def _send(self, body: bytes) -> None:
        try:
            self._carrier.post(PATH, {}, body, self._patience_s)
        except Unreachable:
            return


def main(control: Control, key_file: Path, url: str) -> int:
    """Run until standard input ends, hardened as the desk is."""
    harden_process()
    application = bare_application(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    finish_application(application, Scheme.LIGHT)
    scanned = Scanned(safe_of(control), decode(key_file.read_bytes(), CardKey), url, SystemIds())
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
