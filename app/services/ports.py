"""What services and screens need from the outside, as protocols; the roots hand in the real thing.

Sees wire and values only, so that the UI may import it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from app.wire.addresses import AddressSuggestions, LookUpAddress
    from app.wire.operations import Operation

Q = TypeVar("Q")
A = TypeVar("A")


class Caller(Protocol):
    """Asks for an operation, wherever it runs. Blocks; never call it on the GUI thread."""

    def call(self, operation: Operation[Q, A], request: Q) -> A:
        """The answer. Raises Refusal (mend and ask again), Fault or Unreachable (nobody knows)."""
        ...


class Centre(Caller, Protocol):
    """The central service as a desk sees it."""

    @property
    def clock_offset_ms(self) -> int:
        """The centre's time minus the desk's, as last heard."""
        ...

    def use_session(self, token: str | None) -> None:
        """Send this person's token with requests that a person makes."""
        ...

    def close(self) -> None:
        """End at once: requests under way (a long poll) and later ones raise Unreachable."""
        ...


class KeyStore(Protocol):
    """Keeps small secrets (store key, device key) outside the desk's folder or guarded in it."""

    def get(self, name: str) -> bytes | None:
        """The secret, or None when there is none. Raises Fault `keyring_unavailable`."""
        ...

    def put(self, name: str, secret: bytes) -> None:
        """Keep a secret; replaces an older one. Raises Fault `keyring_unavailable`."""
        ...

    def warning(self) -> str:
        """A sentence for a banner when this store is not for real use, else empty."""
        ...


class AddressLookup(Protocol):
    """One source of addresses; empty suggestions when it knows nothing."""

    def look_up(self, request: LookUpAddress) -> AddressSuggestions:
        """Raises Unreachable where the source is outside and away."""
        ...


class EventLog(Protocol):
    """Where a program says what happens to it, in named events with ids, counts and codes."""

    def write(self, event: str, **facts: str | float | None) -> None:
        """One event. Facts that are not on the list of allowed ones are dropped, never shown."""
        ...
