"""The port to what opens card envelopes: the card vault, or a gateway that takes a JWE itself.

The centre passes envelopes on and cannot open them. All methods block up to the gateway's patience
and are repeatable by the id in their request. Raise Refusal for what a person can mend, Unreachable
when the outcome is unknown.
"""

from __future__ import annotations

from typing import Protocol

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


class CardGateway(Protocol):
    """Authorises, captures, voids, refunds, and offers pay links."""

    @property
    def name(self) -> str:
        """As the settings file names it; kept with each attempt."""
        ...

    def keys(self) -> CardKeys:
        """Public keys to seal to, signed by the root key."""
        ...

    def authorise(self, request: Authorise) -> Attempted:
        """Ask for the money. Raises Unreachable: ask `attempt` before anything else."""
        ...

    def attempt(self, request: AskAttempted) -> Attempted:
        """What became of it. Raises Refusal `attempt_unknown`: it never came, and never will."""
        ...

    def capture(self, request: MoveMoney) -> Attempted:
        """Take what was authorised, never more."""
        ...

    def void(self, request: MoveMoney) -> Attempted:
        """Give an authorisation back."""
        ...

    def refund(self, request: MoveMoney) -> Attempted:
        """Give back what was captured, never more."""
        ...

    def offer_link(self, request: OfferLink) -> LinkOffered:
        """A page to pay on."""
        ...

    def link(self, request: AskLink) -> LinkOffered:
        """How a link stands."""
        ...

    def cancel_link(self, request: AskLink) -> LinkOffered:
        """Let a link be used no more."""
        ...

    def close(self) -> None:
        """Let connections go."""
        ...
