"""The card vault as the centre's gateway: asks by the HTTP contract of `wire/vault.py`.

Any thread.
"""

from __future__ import annotations

import threading
from typing import TypeVar

from app.adapters.card_gateway.line import Answer, GatewayLine, away
from app.adapters.card_gateway.signatures import require_signed
from app.values.clock import Clock
from app.values.errors import Refusal, Unreachable
from app.wire.message import Nothing, RefusalView, decode, encode
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

MARK = "readback-vault"
KEYS_SECONDS = 180.0
_GOOD = 200
_REFUSED = range(400, 500)


class VaultGateway:
    """Asks a card vault. Implements `CardGateway`."""

    def __init__(self, name: str, line: GatewayLine, clock: Clock, root_key: str = "") -> None:
        """`root_key`: the only one whose keys are handed on; empty: the vault's own."""
        self._name = name
        self._root_key = root_key
        self._line = line
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: tuple[float, CardKeys] | None = None

    @property
    def name(self) -> str:
        """As the settings file names it."""
        return self._name

    def keys(self) -> CardKeys:
        """Asked every few minutes, so that a desk does not wait for the vault as well.

        Raises Refusal `card_keys_wrong`.
        """
        now = self._clock.monotonic()
        with self._lock:
            kept = self._kept
        if kept is None or now - kept[0] > KEYS_SECONDS or not self._are_good(kept[1]):
            told = self._asked("keys", Nothing(), CardKeys)
            require_signed(told, self._root_key)
            kept = (now, told)
            with self._lock:
                self._kept = kept
        return kept[1]

    def authorise(self, request: Authorise) -> Attempted:
        """Ask for the money."""
        return self._asked("authorise", request, Attempted)

    def attempt(self, request: AskAttempted) -> Attempted:
        """What became of it."""
        return self._asked("attempt", request, Attempted)

    def capture(self, request: MoveMoney) -> Attempted:
        """Take what was authorised."""
        return self._asked("capture", request, Attempted)

    def void(self, request: MoveMoney) -> Attempted:
        """Give an authorisation back."""
        return self._asked("void", request, Attempted)

    def refund(self, request: MoveMoney) -> Attempted:
        """Give back what was captured."""
        return self._asked("refund", request, Attempted)

    def offer_link(self, request: OfferLink) -> LinkOffered:
        """A page to pay on."""
        return self._asked("offer_link", request, LinkOffered)

    def link(self, request: AskLink) -> LinkOffered:
        """How a link stands."""
        return self._asked("link", request, LinkOffered)

    def cancel_link(self, request: AskLink) -> LinkOffered:
        """Let a link be used no more."""
        return self._asked("cancel_link", request, LinkOffered)

    def close(self) -> None:
        """Let connections go."""
        self._line.close()

    def _are_good(self, keys: CardKeys) -> bool:
        return bool(keys.keys) and self._clock.now() < keys.keys[0].expires_at

    def _asked(self, operation: str, request: object, kind: type[T]) -> T:
        return _read(self._line.post(f"/v1/{operation}", encode(request)), kind)


def _read(answer: Answer, kind: type[T]) -> T:
    if MARK not in answer.headers:
        raise away()
    try:
        if answer.status == _GOOD:
            return decode(answer.content, kind)
        view = decode(answer.content, RefusalView)
    except Refusal as cause:
        raise away() from cause
    if answer.status in _REFUSED:
        raise Refusal(view.code, view.sentence, view.field)
    raise Unreachable(view.code, view.sentence, view.incident)
