"""The port to whoever charges cards: what the vault asks of a provider."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from app.values.identity import AttemptId
from app.vault.envelope import Card
from app.wire.vault import AskLink, Attempted, Authorise, LinkOffered, MoveMoney, OfferLink

Note = Callable[[str], None]
"""Keeps the provider's reference of an attempt, before money can move."""


class Provider(Protocol):
    """Blocks up to its own patience; repeatable by attempt, movement and link id.

    Raises Refusal where it is certain that nothing was done, Unreachable where nobody knows. Never
    keeps, logs or raises anything of the card.
    """

    @property
    def name(self) -> str:
        """As the settings name it."""
        ...

    def authorise(self, card: Card, request: Authorise, note: Note) -> Attempted:
        """Ask the card's bank; `card` is gone when this returns."""
        ...

    def attempt(self, attempt_id: AttemptId, reference: str) -> Attempted | None:
        """What became of one whose answer was lost; None: nothing was taken, nor will be.

        UNKNOWN while that cannot be said.
        """
        ...

    def capture(self, move: MoveMoney) -> None:
        """Take money that was authorised."""
        ...

    def void(self, move: MoveMoney) -> None:
        """Give an authorisation back."""
        ...

    def refund(self, move: MoveMoney) -> None:
        """Give money back that was captured."""
        ...

    def offer_link(self, request: OfferLink) -> LinkOffered:
        """A page to pay on."""
        ...

    def link(self, request: AskLink) -> LinkOffered:
        """How a link stands. Raises Refusal `link_unknown`."""
        ...

    def cancel_link(self, request: AskLink) -> LinkOffered:
        """Let a link be used no more. Raises Refusal `link_paid`."""
        ...

    def close(self) -> None:
        """Let connections go."""
        ...
