"""Stripe as provider: a payment intent per attempt, made, noted, and only then confirmed.

Money moves with the confirmation alone, so an answer that is lost before it is no doubt, and one
that is lost after it is asked for by the intent's id. Card numbers go to Stripe in plain, over TLS:
Stripe has to have allowed that (raw card data, MOTO) for the account. Any thread.
"""

from __future__ import annotations

from typing import Any, NoReturn

import msgspec

from app.values.errors import Refusal, Unreachable
from app.values.identity import AttemptId
from app.values.money import Currency, Money
from app.values.vocabulary import AttemptState, CheckResult, DeclineReason
from app.vault.envelope import Card
from app.vault.providers.provider import Note
from app.vault.providers.stripe_line import StripeAnswer, StripeLine
from app.wire.payments import BillingCheck
from app.wire.vault import AskLink, Attempted, Authorise, LinkOffered, MoveMoney, OfferLink

INTENTS = "/v1/payment_intents"
METHODS = "/v1/payment_methods"
_DECLINES = {
    "authentication_required": DeclineReason.NEEDS_CUSTOMER,
    "payment_intent_authentication_failure": DeclineReason.NEEDS_CUSTOMER,
    "card_not_supported": DeclineReason.NOT_SUPPORTED,
    "currency_not_supported": DeclineReason.NOT_SUPPORTED,
    "transaction_not_allowed": DeclineReason.NOT_SUPPORTED,
    "do_not_honor": DeclineReason.DO_NOT_HONOUR,
    "duplicate_transaction": DeclineReason.DUPLICATE,
    "expired_card": DeclineReason.EXPIRED_CARD,
    "invalid_expiry_month": DeclineReason.EXPIRED_CARD,
    "invalid_expiry_year": DeclineReason.EXPIRED_CARD,
    "fraudulent": DeclineReason.SUSPECTED_FRAUD,
    "merchant_blacklist": DeclineReason.SUSPECTED_FRAUD,
    "incorrect_cvc": DeclineReason.WRONG_CODE,
    "invalid_cvc": DeclineReason.WRONG_CODE,
    "incorrect_number": DeclineReason.WRONG_NUMBER,
    "invalid_number": DeclineReason.WRONG_NUMBER,
    "insufficient_funds": DeclineReason.INSUFFICIENT_FUNDS,
    "lost_card": DeclineReason.LOST_OR_STOLEN,
    "stolen_card": DeclineReason.LOST_OR_STOLEN,
    "pickup_card": DeclineReason.LOST_OR_STOLEN,
    "issuer_not_available": DeclineReason.PROCESSING_ERROR,
    "processing_error": DeclineReason.PROCESSING_ERROR,
    "try_again_later": DeclineReason.PROCESSING_ERROR,
}
"""Source: docs.stripe.com/declines/codes."""
_CHECKS = {
    "pass": CheckResult.MATCH,
    "fail": CheckResult.MISMATCH,
    "unavailable": CheckResult.UNAVAILABLE,
    "unchecked": CheckResult.UNAVAILABLE,
}
_PAYMENT_REQUIRED = 402
_NOT_FOUND = 404


class Stripe:
    """Charges cards by Stripe. Implements `Provider`."""

    name = "stripe"

    def __init__(self, line: StripeLine) -> None:
        self._line = line

    def authorise(self, card: Card, request: Authorise, note: Note) -> Attempted:
        """Raises Refusal `provider_away` or `provider_refuses`: nothing was taken."""
        method = self._method(card, request)
        if method.status == _PAYMENT_REQUIRED:
            return _declined(request.attempt_id, "", method.problem, card.last_four())
        method_id = str(_made(method)["id"])
        intent_id = str(_made(self._intent(request, method_id))["id"])
        note(intent_id)
        # Raises Unreachable: from here on the bank may have been asked.
        told = self._line.post(
            f"{INTENTS}/{intent_id}/confirm",
            {"expand[]": "latest_charge"},
            f"{request.attempt_id}-confirm",
        )
        if told.is_good:
            return self._attempted(request.attempt_id, told.content, method.content)
        if told.status == _PAYMENT_REQUIRED:
            attempted = _declined(request.attempt_id, intent_id, told.problem, card.last_four())
            return _with_card(attempted, method.content)
        if told.is_certain:
            raise _refuses(told)
        raise Unreachable("provider_silent", "The card provider did not answer in time.")

    def attempt(self, attempt_id: AttemptId, reference: str) -> Attempted | None:
        """By the intent; one that was never confirmed is cancelled, so that it never will be."""
        if not reference:
            return None
        told = self._line.get(f"{INTENTS}/{reference}?expand[]=latest_charge")
        if told.status == _NOT_FOUND:
            return None
        intent = _answered(told)
        if intent.get("status") == "requires_confirmation":
            cancelled = self._cancel(reference, f"{attempt_id}-never")
            return None if cancelled else _unknown(attempt_id, reference)
        if intent.get("status") == "canceled":
            return None
        method: dict[str, Any] = {}
        if intent.get("payment_method"):
            method = self._line.get(f"{METHODS}/{intent['payment_method']}").content
        return self._attempted(attempt_id, intent, method)

    def capture(self, move: MoveMoney) -> None:
        """Once for an authorisation: Stripe lets the rest of it go."""
        fields = {"amount_to_capture": _minor(move)}
        told = self._line.post(f"{INTENTS}/{move.reference}/capture", fields, str(move.movement_id))
        _require_moved(told)

    def void(self, move: MoveMoney) -> None:
        """Cancel the intent."""
        if not self._cancel(move.reference, str(move.movement_id)):
            _refuse_move()

    def refund(self, move: MoveMoney) -> None:
        """The ceiling is the vault's own; stand-ins for Stripe have none."""
        fields: dict[str, str | int] = {
            "payment_intent": move.reference,
            "amount": _minor(move),
        }
        _require_moved(self._line.post("/v1/refunds", fields, str(move.movement_id)))

    def offer_link(self, request: OfferLink) -> LinkOffered:
        """Not offered."""
        del request
        raise _no_links()

    def link(self, request: AskLink) -> LinkOffered:
        """Not offered."""
        del request
        raise _no_links()

    def cancel_link(self, request: AskLink) -> LinkOffered:
        """Not offered."""
        del request
        raise _no_links()

    def close(self) -> None:
        """Let connections go."""
        self._line.close()

    def _method(self, card: Card, request: Authorise) -> StripeAnswer:
        digits = [
            ("card[number]", card.number),
            ("card[exp_month]", card.expiry[:2]),
            ("card[exp_year]", card.expiry[2:]),
        ]
        if len(card.code):
            digits.append(("card[cvc]", card.code))
        about = {"type": "card"} | _billing(request.billing)
        try:
            return self._line.post_card(METHODS, digits, about, f"{request.attempt_id}-method")
        except Unreachable as cause:
            raise _away() from cause

    def _intent(self, request: Authorise, method_id: str) -> StripeAnswer:
        fields: dict[str, str | int] = {
            "amount": request.amount.minor,
            "currency": request.amount.currency.value.lower(),
            "capture_method": "manual",
            "payment_method": method_id,
            "payment_method_types[]": "card",
            "payment_method_options[card][moto]": "true",
            "metadata[order]": str(request.order_id),
            "metadata[attempt]": str(request.attempt_id),
        }
        try:
            return self._line.post(INTENTS, fields, f"{request.attempt_id}-intent")
        except Unreachable as cause:
            raise _away() from cause

    def _cancel(self, intent_id: str, key: str) -> bool:
        """Whether it is cancelled, by this or before."""
        told = self._line.post(f"{INTENTS}/{intent_id}/cancel", {}, key)
        if told.is_good:
            return True
        now = self._line.get(f"{INTENTS}/{intent_id}")
        return _answered(now).get("status") == "canceled"

    def _attempted(
        self, attempt_id: AttemptId, intent: dict[str, Any], method: dict[str, Any]
    ) -> Attempted:
        """What an intent says."""
        reference = str(intent.get("id", ""))
        match intent.get("status"):
            case "requires_capture" | "succeeded":
                return _with_card(_authorised(attempt_id, intent, method), method)
            case "requires_action":
                # Nobody can answer the bank's question on the telephone.
                self._cancel(reference, f"{attempt_id}-action")
                told = _declined(attempt_id, reference, "authentication_required", "")
                return _with_card(told, method)
            case "requires_payment_method":
                error = intent.get("last_payment_error") or {}
                problem = str(error.get("decline_code") or error.get("code") or "")
                return _with_card(_declined(attempt_id, reference, problem, ""), method)
            case _:
                return _unknown(attempt_id, reference)


def _authorised(attempt_id: AttemptId, intent: dict[str, Any], method: dict[str, Any]) -> Attempted:
    currency = Currency(str(intent["currency"]).upper())
    is_taken = intent["status"] == "succeeded"
    charge = intent.get("latest_charge")
    details = charge.get("payment_method_details") if isinstance(charge, dict) else None
    checks = ((details or {}).get("card") or {}).get("checks") or {}
    return Attempted(
        attempt_id=attempt_id,
        state=AttemptState.CAPTURED if is_taken else AttemptState.AUTHORISED,
        reference=str(intent["id"]),
        token=str(method.get("id", "")),
        approved=Money(int(intent["amount"]), currency),
        captured=Money(int(intent.get("amount_received", 0)), currency) if is_taken else None,
        address_check=_check(checks.get("address_line1_check")),
        postcode_check=_check(checks.get("address_postal_code_check")),
        code_check=_check(checks.get("cvc_check")),
    )


def _with_card(told: Attempted, method: dict[str, Any]) -> Attempted:
    """Brand and last four, as Stripe tells them."""
    card = method.get("card") or {}
    brand = str(card.get("display_brand") or card.get("brand") or "").replace("_", " ")
    return msgspec.structs.replace(
        told, brand=brand.title(), last_four=str(card.get("last4") or told.last_four)
    )


def _declined(attempt_id: AttemptId, reference: str, problem: str, last_four: str) -> Attempted:
    decline = _DECLINES.get(problem, DeclineReason.DECLINED)
    is_wrong_code = decline is DeclineReason.WRONG_CODE
    return Attempted(
        attempt_id=attempt_id,
        state=AttemptState.DECLINED,
        reference=reference,
        decline=decline,
        last_four=last_four,
        code_check=CheckResult.MISMATCH if is_wrong_code else CheckResult.NOT_GIVEN,
    )


def _unknown(attempt_id: AttemptId, reference: str) -> Attempted:
    return Attempted(attempt_id=attempt_id, state=AttemptState.UNKNOWN, reference=reference)


def _billing(billing: BillingCheck) -> dict[str, str]:
    address = {
        "line1": billing.address_line,
        "postal_code": billing.postcode,
        "country": billing.country,
    }
    return {f"billing_details[address][{name}]": said for name, said in address.items() if said}


def _check(said: object) -> CheckResult:
    return _CHECKS.get(str(said), CheckResult.NOT_GIVEN)


def _minor(move: MoveMoney) -> int:
    return move.amount.minor if move.amount else 0


def _made(told: StripeAnswer) -> dict[str, Any]:
    """What was made before money could move, so that any failure is certain."""
    if told.is_good:
        return told.content
    raise _refuses(told) if told.is_certain else _away()


def _answered(told: StripeAnswer) -> dict[str, Any]:
    if told.is_good:
        return told.content
    raise Unreachable("provider_silent", "The card provider did not answer in time.")


def _require_moved(told: StripeAnswer) -> None:
    if told.is_certain:
        _refuse_move()
    _answered(told)


def _refuse_move() -> NoReturn:
    raise Refusal("provider_refuses", "The card provider will not do this with the payment.")


def _refuses(told: StripeAnswer) -> Refusal:
    code = f" ({told.problem})" if told.problem else ""
    return Refusal(
        "provider_refuses",
        f"The card provider does not take this request{code}. Nothing was taken.",
    )


def _away() -> Refusal:
    return Refusal(
        "provider_away", "The card provider does not answer. Nothing was taken; please try again."
    )


def _no_links() -> Refusal:
    return Refusal(
        "links_not_offered", "Pay links are not set up with this card provider. Please pay by card."
    )
