"""The sandbox: a provider that charges nobody and always says the same to the same card.

Published test numbers say what they are for; any other number that checks out is approved. Keeps
books beside the vault's, as a bank would: what it said, by attempt and movement, no card data. It
remembers a number for a minute as a keyed digest in memory, to know a duplicate. Any thread.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from datetime import timedelta

import msgspec

from app.services.rules.card_check import brand_of_digits, luhn_holds
from app.values.card_brands import CardBrand
from app.values.clock import Clock
from app.values.errors import Unreachable
from app.values.identity import AttemptId
from app.values.money import Money
from app.values.vocabulary import AttemptState, CheckResult, DeclineReason
from app.vault.envelope import Card
from app.vault.ledger import Ledger
from app.vault.links import PayPages
from app.vault.providers.provider import Note
from app.vault.providers.sandbox_cards import Saying, saying_of
from app.wire.message import decode, encode
from app.wire.payments import BillingCheck
from app.wire.vault import AskLink, Attempted, Authorise, LinkOffered, MoveMoney, OfferLink

SCHEMA = """
CREATE TABLE IF NOT EXISTS charge (
    attempt_id TEXT PRIMARY KEY,
    answer     BLOB NOT NULL
) STRICT;
"""
DUPLICATE_WITHIN = timedelta(minutes=1)
_WITHOUT_CHECK_DIGIT = {"unionpay"}
_DECLINES = {
    Saying.DECLINED: DeclineReason.DECLINED,
    Saying.DO_NOT_HONOUR: DeclineReason.DO_NOT_HONOUR,
    Saying.INSUFFICIENT_FUNDS: DeclineReason.INSUFFICIENT_FUNDS,
    Saying.LOST_OR_STOLEN: DeclineReason.LOST_OR_STOLEN,
    Saying.EXPIRED_CARD: DeclineReason.EXPIRED_CARD,
    Saying.WRONG_CODE: DeclineReason.WRONG_CODE,
    Saying.PROCESSING_ERROR: DeclineReason.PROCESSING_ERROR,
    Saying.SUSPECTED_FRAUD: DeclineReason.SUSPECTED_FRAUD,
    Saying.NEEDS_CUSTOMER: DeclineReason.NEEDS_CUSTOMER,
}
_WRONG_ADDRESS = {Saying.ADDRESS_AND_POSTCODE_WRONG, Saying.ADDRESS_WRONG}
_WRONG_POSTCODE = {Saying.ADDRESS_AND_POSTCODE_WRONG, Saying.POSTCODE_WRONG}
_WRONG_CODE = {Saying.WRONG_CODE, Saying.CODE_WRONG_BUT_APPROVED}


class _Number:
    """A card number as the rules look at it: digit by digit."""

    __slots__ = ("_view",)

    def __init__(self, view: memoryview) -> None:
        self._view = view

    def __len__(self) -> int:
        return len(self._view)

    def at(self, place: int) -> int:
        return int(self._view[place]) - 0x30


class Sandbox:
    """A bank that is none. Implements `Provider`."""

    name = "sandbox"

    def __init__(
        self, ledger: Ledger, pages: PayPages, clock: Clock, late_seconds: float = 0.0
    ) -> None:
        """`ledger` has SCHEMA; `late_seconds`: for how long the answer that never comes does so."""
        self._ledger = ledger
        self._pages = pages
        self._clock = clock
        self._late_seconds = late_seconds
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._salt = secrets.token_bytes(32)
        self._lately: dict[bytes, tuple[float, AttemptId]] = {}

    def authorise(self, card: Card, request: Authorise, note: Note) -> Attempted:
        """What the table says; the same attempt hears the same again."""
        known = self.attempt(request.attempt_id, "")
        if known is not None:
            return known
        reference = f"sandbox-{request.attempt_id.hex[-12:]}"
        note(reference)
        saying = saying_of(card.number)
        told = self._judged(card, request, saying)
        told = msgspec.structs.replace(told, reference=reference)
        with self._ledger.transaction() as tx:
            tx.execute("INSERT INTO charge VALUES (?, ?)", (str(request.attempt_id), encode(told)))
        if saying is Saying.TOO_LATE and told.state is AttemptState.AUTHORISED:
            self._ended.wait(self._late_seconds)
            raise Unreachable("provider_silent", "The bank did not answer in time.")
        return told

    def attempt(self, attempt_id: AttemptId, reference: str) -> Attempted | None:
        """What is in the books."""
        del reference
        with self._ledger.transaction() as tx:
            row = tx.execute(
                "SELECT answer FROM charge WHERE attempt_id = ?", (str(attempt_id),)
            ).fetchone()
        return None if row is None else decode(row[0], Attempted)

    def capture(self, move: MoveMoney) -> None:
        """Nothing moves; the vault's own ledger knows how much may."""

    def void(self, move: MoveMoney) -> None:
        """The card may be charged the same again at once."""
        with self._lock:
            for digest in [d for d, (_, by) in self._lately.items() if by == move.attempt_id]:
                del self._lately[digest]

    def refund(self, move: MoveMoney) -> None:
        """Nothing moves."""

    def offer_link(self, request: OfferLink) -> LinkOffered:
        """A page of the vault itself."""
        return self._pages.offer(request)

    def link(self, request: AskLink) -> LinkOffered:
        """How a link stands."""
        return self._pages.ask(request.link_id)

    def cancel_link(self, request: AskLink) -> LinkOffered:
        """Let a link be used no more."""
        return self._pages.cancel(request.link_id)

    def close(self) -> None:
        """Wake who waits for an answer that never comes."""
        self._ended.set()

    def _judged(self, card: Card, request: Authorise, saying: Saying | None) -> Attempted:
        number = _Number(card.number)
        brand = brand_of_digits(number)
        decline = self._decline(card, request, saying, brand)
        told = Attempted(
            attempt_id=request.attempt_id,
            state=AttemptState.DECLINED if decline else AttemptState.AUTHORISED,
            brand=brand.name if brand else "",
            last_four=card.last_four(),
            decline=decline,
            token="" if decline else f"sandbox-card-{secrets.token_hex(8)}",
            approved=None if decline else _approved(request.amount, saying),
        )
        return _with_checks(told, request.billing, saying, has_code=len(card.code) > 0)

    def _decline(
        self, card: Card, request: Authorise, saying: Saying | None, brand: CardBrand | None
    ) -> DeclineReason | None:
        if saying in _DECLINES:
            return _DECLINES[saying]
        is_free = brand is not None and brand.code in _WITHOUT_CHECK_DIGIT
        if not luhn_holds(_Number(card.number)) and not is_free:
            return DeclineReason.WRONG_NUMBER
        if self._is_over(card.expiry):
            return DeclineReason.EXPIRED_CARD
        if brand is not None and len(card.code) not in {0, brand.security_code_digits}:
            return DeclineReason.WRONG_CODE
        return DeclineReason.DUPLICATE if self._is_duplicate(card, request) else None

    def _is_over(self, expiry: memoryview) -> bool:
        """Whether the last month on the card is past."""
        digits = [place - 0x30 for place in expiry]
        month, year = digits[0] * 10 + digits[1], 2000 + digits[2] * 10 + digits[3]
        today = self._clock.now()
        return (year, month) < (today.year, today.month)

    def _is_duplicate(self, card: Card, request: Authorise) -> bool:
        """The same number, amount and order within a minute; else it is remembered as the first."""
        code = hmac.new(self._salt, digestmod=hashlib.sha256)
        code.update(card.number)
        about = (request.order_id, request.amount.minor, request.amount.currency)
        code.update("|".join(map(str, about)).encode())
        digest, now = code.digest(), self._clock.monotonic()
        with self._lock:
            oldest = now - DUPLICATE_WITHIN.total_seconds()
            self._lately = {d: seen for d, seen in self._lately.items() if seen[0] > oldest}
            if digest in self._lately:
                return True
            self._lately[digest] = (now, request.attempt_id)
            return False


def _approved(amount: Money, saying: Saying | None) -> Money:
    """All of it, or half of it, rounded down, but never nothing."""
    if saying is not Saying.HALF:
        return amount
    return Money(max(1, amount.minor // 2), amount.currency)


def _with_checks(
    told: Attempted, billing: BillingCheck, saying: Saying | None, *, has_code: bool
) -> Attempted:
    """Address and code: what was given matches, unless the number is there to say otherwise."""
    address = postcode = CheckResult.MATCH
    if saying is Saying.ADDRESS_NOT_CHECKED:
        address = postcode = CheckResult.UNAVAILABLE
    if saying in _WRONG_ADDRESS:
        address = CheckResult.MISMATCH
    if saying in _WRONG_POSTCODE:
        postcode = CheckResult.MISMATCH
    code = CheckResult.MISMATCH if saying in _WRONG_CODE else CheckResult.MATCH
    nothing = CheckResult.NOT_GIVEN
    return msgspec.structs.replace(
        told,
        address_check=address if billing.address_line.strip() else nothing,
        postcode_check=postcode if billing.postcode.strip() else nothing,
        code_check=code if has_code else nothing,
    )
