"""A gateway that opens envelopes itself, spoken to in plain JSON over HTTPS (docs/card-vault.md).

Its public key was signed with the vault's root key, by hand, so that desks know it as they know a
vault's. Any thread.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from app.adapters.card_gateway.line import Answer, GatewayLine, away
from app.adapters.card_gateway.signatures import require_signed
from app.values.clock import Clock
from app.values.errors import Refusal
from app.values.identity import AttemptId, LinkId
from app.values.money import Currency, Money
from app.values.vocabulary import AttemptState, CheckResult, DeclineReason, LinkState
from app.wire.message import Instant, ShortText, View, decode
from app.wire.vault import (
    AskAttempted,
    AskLink,
    Attempted,
    Authorise,
    CardKeys,
    LinkOffered,
    MoveMoney,
    OfferLink,
)

T = TypeVar("T")

_GOOD = {200, 201}
_NOT_FOUND = 404
_REFUSED = {400, 402, 404, 409, 410, 422}
"""What a gateway says with these is certain; everything else is unknown."""


class _Checks(View, frozen=True, kw_only=True):
    address: CheckResult = CheckResult.NOT_GIVEN
    postcode: CheckResult = CheckResult.NOT_GIVEN
    code: CheckResult = CheckResult.NOT_GIVEN


class _Payment(View, frozen=True, kw_only=True):
    """A payment as the gateway tells it; amounts in minor units of `currency`."""

    status: AttemptState
    reference: ShortText = ""
    token: ShortText = ""
    currency: Currency | None = None
    approved: int | None = None
    captured: int | None = None
    refunded: int | None = None
    brand: ShortText = ""
    last_four: ShortText = ""
    decline: DeclineReason | None = None
    checks: _Checks = _Checks()


class _Link(View, frozen=True, kw_only=True):
    """A link as the gateway tells it."""

    url: str
    status: LinkState
    paid: int = 0
    reference: ShortText = ""
    brand: ShortText = ""
    last_four: ShortText = ""
    opened_at: Instant | None = None
    paid_at: Instant | None = None


class _Problem(View, frozen=True, kw_only=True):
    """Why not."""

    code: ShortText
    sentence: ShortText = "The card gateway will not do this."


class PassthroughGateway:
    """Hands envelopes on as they are. Implements `CardGateway`."""

    def __init__(self, name: str, line: GatewayLine, clock: Clock, keys_file: Path) -> None:
        """`keys_file`: what `readback vault sign` printed. Raises Refusal `settings_malformed`."""
        self._name = name
        self._line = line
        self._clock = clock
        try:
            self._keys = decode(keys_file.read_bytes(), CardKeys)
        except OSError as cause:
            raise Refusal("settings_malformed", f"{keys_file} cannot be read.") from cause
        except Refusal as cause:
            raise Refusal("settings_malformed", f"{keys_file} holds no card keys.") from cause
        require_signed(self._keys)

    @property
    def name(self) -> str:
        """As the settings file names it."""
        return self._name

    def keys(self) -> CardKeys:
        """Those of the file that are good now. Raises Refusal `card_keys_wrong`."""
        now = self._clock.now()
        good = [key for key in self._keys.keys if key.not_before <= now < key.expires_at]
        if not good:
            raise Refusal(
                "card_keys_wrong",
                "Cards cannot be taken: the key of the card gateway is over. Please tell your"
                " administrator.",
            )
        return msgspec.structs.replace(self._keys, keys=tuple(good))

    def authorise(self, request: Authorise) -> Attempted:
        """Ask for the money."""
        billing = request.billing
        told = self._post(
            "/payments",
            str(request.attempt_id),
            id=str(request.attempt_id),
            order=str(request.order_id),
            amount=request.amount.minor,
            currency=request.amount.currency.value,
            capture="manual",
            channel="telephone",
            encrypted_card=request.envelope,
            billing={
                "address_line": billing.address_line,
                "postcode": billing.postcode,
                "country": billing.country,
            },
        )
        return _attempted(request.attempt_id, told)

    def attempt(self, request: AskAttempted) -> Attempted:
        """What became of it; the gateway closes an id that it does not know."""
        path = f"/payments/{request.attempt_id}/outcome"
        told = self._line.post(path, b"{}", {"idempotency-key": str(request.attempt_id)})
        if told.status == _NOT_FOUND:
            _require_spoken(told)
            raise Refusal(
                "attempt_unknown", "This attempt never came, and will not be taken any more."
            )
        return _attempted(request.attempt_id, told)

    def capture(self, request: MoveMoney) -> Attempted:
        """Take what was authorised."""
        return self._move("captures", request)

    def void(self, request: MoveMoney) -> Attempted:
        """Give an authorisation back."""
        return self._move("voids", request)

    def refund(self, request: MoveMoney) -> Attempted:
        """Give back what was captured."""
        return self._move("refunds", request)

    def offer_link(self, request: OfferLink) -> LinkOffered:
        """A page to pay on."""
        told = self._post(
            "/links",
            str(request.link_id),
            id=str(request.link_id),
            order=str(request.order_id),
            amount=request.amount.minor,
            currency=request.amount.currency.value,
            payee=request.payee,
            expires_at=request.expires_at.isoformat(),
        )
        return _offered(request.link_id, told)

    def link(self, request: AskLink) -> LinkOffered:
        """How a link stands."""
        return _offered(request.link_id, self._line.get(f"/links/{request.link_id}"))

    def cancel_link(self, request: AskLink) -> LinkOffered:
        """Let a link be used no more."""
        told = self._post(f"/links/{request.link_id}/cancel", str(request.link_id))
        return _offered(request.link_id, told)

    def close(self) -> None:
        """Let connections go."""
        self._line.close()

    def _move(self, kind: str, request: MoveMoney) -> Attempted:
        fields: dict[str, Any] = {"id": str(request.movement_id), "reference": request.reference}
        if request.amount is not None:
            fields |= {"amount": request.amount.minor, "currency": request.amount.currency.value}
        path = f"/payments/{request.attempt_id}/{kind}"
        return _attempted(request.attempt_id, self._post(path, str(request.movement_id), **fields))

    def _post(self, path: str, key: str, **fields: object) -> Answer:
        return self._line.post(path, msgspec.json.encode(fields), {"idempotency-key": key})


def _read(answer: Answer, kind: type[T]) -> T:
    if answer.status in _REFUSED:
        problem = _require_spoken(answer)
        raise Refusal(problem.code, problem.sentence)
    if answer.status not in _GOOD:
        raise away()
    try:
        return decode(answer.content, kind)
    except Refusal as cause:
        raise away() from cause


def _require_spoken(answer: Answer) -> _Problem:
    """A problem in the gateway's words; a proxy's page is none. Raises Unreachable."""
    try:
        return decode(answer.content, _Problem)
    except Refusal as cause:
        raise away() from cause


def _attempted(attempt_id: AttemptId, answer: Answer) -> Attempted:
    told = _read(answer, _Payment)
    return Attempted(
        attempt_id=attempt_id,
        state=told.status,
        reference=told.reference,
        token=told.token,
        approved=_money(told.approved, told.currency),
        captured=_money(told.captured, told.currency),
        refunded=_money(told.refunded, told.currency),
        brand=told.brand,
        # Whatever it sends, no more than four digits are kept.
        last_four=told.last_four[-4:] if told.last_four[-4:].isdecimal() else "",
        decline=told.decline,
        address_check=told.checks.address,
        postcode_check=told.checks.postcode,
        code_check=told.checks.code,
    )


def _offered(link_id: LinkId, answer: Answer) -> LinkOffered:
    told = _read(answer, _Link)
    return LinkOffered(
        link_id=link_id,
        url=told.url,
        state=told.status,
        paid=told.paid,
        reference=told.reference,
        brand=told.brand,
        last_four=told.last_four[-4:] if told.last_four[-4:].isdecimal() else "",
        opened_at=told.opened_at,
        paid_at=told.paid_at,
    )


def _money(minor: int | None, currency: Currency | None) -> Money | None:
    """Raises Unreachable: a sum of no currency, or below nothing, is no answer."""
    if minor is None:
        return None
    if currency is None or minor < 0:
        raise away()
    return Money(minor, currency)
