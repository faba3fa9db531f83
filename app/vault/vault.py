"""The card vault: opens an envelope, hands the card to the provider, keeps what came of it.

Has the methods of the centre's gateway port, and sees to it that each is done once. Any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Protocol

from app.services.ports import Bound
from app.values.errors import Refusal, Unreachable
from app.values.identity import AttemptId
from app.values.vocabulary import AttemptState
from app.vault.attempts import Attempts, Movement
from app.vault.envelope import OpensEnvelopes, opened
from app.vault.providers.provider import Provider
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

_ASK_AGAIN = {AttemptState.STARTED, AttemptState.UNKNOWN}


class Keys(OpensEnvelopes, Protocol):
    """The vault's keys."""

    def offered(self) -> CardKeys:
        """What may be sealed to now."""
        ...


class Vault:
    """Everything behind the vault's HTTP routes."""

    def __init__(self, keys: Keys, attempts: Attempts, provider: Provider) -> None:
        self._keys = keys
        self._attempts = attempts
        self._provider = provider
        self._lock = threading.Lock()
        self._under_way: set[AttemptId] = set()

    def keys(self) -> CardKeys:
        """What desks may seal to now."""
        return self._keys.offered()

    def authorise(self, request: Authorise) -> Attempted:
        """Open the envelope and ask the card's bank, once for an id.

        STARTED: the same attempt is under way just now; UNKNOWN: ask for it later.
        """
        if request.amount.minor <= 0:
            raise Refusal("amount_wrong", "The amount has to be more than nothing.", "amount")
        with self._one_at_a_time(request.attempt_id) as is_first:
            if not is_first:
                return Attempted(attempt_id=request.attempt_id, state=AttemptState.STARTED)
            return self._attempts.find(request) or self._carry_out(request)

    def attempt(self, request: AskAttempted) -> Attempted:
        """What became of an attempt; the provider is asked where its answer was lost."""
        with self._one_at_a_time(request.attempt_id) as is_first:
            reference, known = self._attempts.known(request.attempt_id)
            if known.state not in _ASK_AGAIN or not is_first:
                return known
            try:
                told = self._provider.attempt(request.attempt_id, reference)
            except Unreachable:
                return known
            return self._attempts.settle(told or _failed(request.attempt_id))

    def capture(self, request: MoveMoney) -> Attempted:
        """Take what was authorised, or a part of it, never more."""
        return self._move(Movement.CAPTURE, request, self._provider.capture)

    def void(self, request: MoveMoney) -> Attempted:
        """Give an authorisation back; one that came to nothing stays as it is."""
        return self._move(Movement.VOID, request, self._provider.void)

    def refund(self, request: MoveMoney) -> Attempted:
        """Give back what was captured, never more."""
        return self._move(Movement.REFUND, request, self._provider.refund)

    def offer_link(self, request: OfferLink) -> LinkOffered:
        """A page to pay on."""
        if request.amount.minor <= 0:
            raise Refusal("amount_wrong", "The amount has to be more than nothing.", "amount")
        return self._provider.offer_link(request)

    def link(self, request: AskLink) -> LinkOffered:
        """How a link stands."""
        return self._provider.link(request)

    def cancel_link(self, request: AskLink) -> LinkOffered:
        """Let a link be used no more."""
        return self._provider.cancel_link(request)

    def _carry_out(self, request: Authorise) -> Attempted:
        bound = Bound(request.order_id, request.attempt_id, request.amount)
        with opened(request.envelope, bound, self._keys) as card:
            # On the disk before anybody is asked: a vault that dies now knows that it has to ask.
            # Another answer than None: its id was closed or taken while the envelope was opened.
            known = self._attempts.begin(request)
            if known is not None:
                return known
            note = partial(self._attempts.note_reference, request.attempt_id)
            try:
                told = self._provider.authorise(card, request, note)
            except Unreachable:
                told = Attempted(attempt_id=request.attempt_id, state=AttemptState.UNKNOWN)
            except Refusal:
                self._attempts.settle(_failed(request.attempt_id))
                raise
        return self._attempts.settle(told)

    def _move(self, kind: Movement, move: MoveMoney, ask: Callable[[MoveMoney], None]) -> Attempted:
        """Unreachable leaves the movement under way: asked again, the provider sees the same id."""
        known = self._attempts.begin_move(kind, move)
        if known is not None:
            return known
        try:
            ask(move)
        except Refusal as refusal:
            self._attempts.refuse_move(move, refusal)
            raise
        return self._attempts.end_move(move)

    @contextmanager
    def _one_at_a_time(self, attempt_id: AttemptId) -> Generator[bool]:
        """Whether nobody else is at this attempt; the outcome is only asked for when nobody is."""
        with self._lock:
            is_first = attempt_id not in self._under_way
            self._under_way.add(attempt_id)
        try:
            yield is_first
        finally:
            if is_first:
                with self._lock:
                    self._under_way.discard(attempt_id)


def _failed(attempt_id: AttemptId) -> Attempted:
    return Attempted(attempt_id=attempt_id, state=AttemptState.FAILED)
