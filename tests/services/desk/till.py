"""The payment half of the desk's fake centre: a key that was signed, a bank that is told to answer.

What it was asked is counted; envelopes are kept, so that a test sees when one is sent twice.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.services.rules.card_keys import to_sign
from app.values.errors import Refusal, Unreachable
from app.values.identity import AttemptId, LinkId
from app.values.vocabulary import AttemptState, DeclineReason, LinkState
from app.wire import card_operations as rows
from app.wire.payments import (
    AskAttempt,
    AskCardKey,
    AskPayLink,
    AuthoriseCard,
    CardAttempt,
    CardKey,
    PayLink,
    SendPayLink,
    VoidAttempt,
)
from tests.builders import A_MORNING, a_link, an_attempt

ENVELOPE = "eyJh.a2V5.aXY.Ym9keQ.dGFn"


def in_base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Root:
    """A vault's root key."""

    def __init__(self) -> None:
        self._private = Ed25519PrivateKey.generate()
        public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = in_base64url(public)

    def signed(self, **different: Any) -> CardKey:  # noqa: ANN401 - whatever a test names
        """A card key of this root; what differs is signed, too."""
        named: dict[str, Any] = {
            "kid": "2026-11",
            "modulus": "AQAB",
            "exponent": "AQAB",
            "not_before": A_MORNING - timedelta(days=1),
            "expires_at": A_MORNING + timedelta(days=1),
            **different,
        }
        return CardKey(**named, signature=in_base64url(self._private.sign(to_sign(**named))))


class Till:
    """Attempts and links at the centre."""

    def __init__(self) -> None:
        self.root = Root()
        self.key = self.root.signed()
        self.attempts: dict[AttemptId, CardAttempt] = {}
        self.links: dict[LinkId, PayLink] = {}
        self.envelopes: list[str] = []
        self.asked: list[str] = []
        self.decline: DeclineReason | None = None
        self.refuse: Refusal | None = None
        self.void_refused: Refusal | None = None
        self.lost_before = False
        self.lost_after = False
        self.state_after_void = AttemptState.VOIDED

    def handlers(self) -> Mapping[str, Callable[[Any], Any]]:
        return {
            rows.ASK_CARD_KEY.name: self._key,
            rows.AUTHORISE_CARD.name: self._authorise,
            rows.ASK_ATTEMPT.name: self._attempt,
            rows.VOID_ATTEMPT.name: self._void,
            rows.SEND_PAY_LINK.name: self._send,
            rows.ASK_PAY_LINK.name: self._link,
        }

    def _key(self, request: AskCardKey) -> CardKey:
        del request
        return self.key

    def _authorise(self, request: AuthoriseCard) -> CardAttempt:
        self.asked.append("authorise")
        self.envelopes.append(request.envelope)
        if self.lost_before:
            raise _lost()
        if self.refuse is not None:
            raise self.refuse
        state = AttemptState.DECLINED if self.decline else AttemptState.AUTHORISED
        attempt = an_attempt(
            request.amount,
            state,
            attempt_id=request.attempt_id,
            order_id=request.order_id,
            decline=self.decline,
        )
        self.attempts[request.attempt_id] = attempt
        if self.lost_after:
            raise _lost()
        return attempt

    def _attempt(self, request: AskAttempt) -> CardAttempt:
        self.asked.append("attempt")
        found = self.attempts.get(request.attempt_id)
        if found is None:
            raise Refusal("attempt_unknown", "Nothing was taken.")
        return found

    def _void(self, request: VoidAttempt) -> CardAttempt:
        self.asked.append("void")
        if self.void_refused is not None:
            raise self.void_refused
        found = self._attempt(AskAttempt(attempt_id=request.attempt_id))
        voided = msgspec.structs.replace(found, state=self.state_after_void)
        self.attempts[request.attempt_id] = voided
        return voided

    def _send(self, request: SendPayLink) -> PayLink:
        self.asked.append("send")
        if self.lost_before:
            raise _lost()
        if self.refuse is not None:
            raise self.refuse
        link = a_link(
            request.amount,
            link_id=request.link_id,
            order_id=request.order_id,
            send_to=request.send_to,
        )
        for other in self.links.values():
            replaced = msgspec.structs.replace(other, state=LinkState.REPLACED)
            self.links[other.link_id] = replaced
        self.links[request.link_id] = link
        return link

    def _link(self, request: AskPayLink) -> PayLink:
        self.asked.append("link")
        found = self.links.get(request.link_id)
        if found is None:
            raise Refusal("link_unknown", "There is no such link.")
        return found


def _lost() -> Unreachable:
    return Unreachable("centre_away", "The central service does not answer.")
