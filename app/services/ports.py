"""What services and screens need from the outside, as protocols; the roots hand in the real thing.

Sees wire and values only, so that the UI may import it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from app.values.identity import AttemptId, OrderId
    from app.values.money import Money
    from app.wire.addresses import AddressSuggestions, LookUpAddress
    from app.wire.operation import Operation
    from app.wire.payments import CardKey

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


class SecretDigits(Protocol):
    """Digits in locked, masked memory that no dump holds; never a string, never two at a time.

    Has no text: repr, str, format, pickle and copy show or give nothing.
    """

    def __len__(self) -> int:
        """How many there are."""
        ...

    def push(self, digit: int) -> bool:
        """Add one digit, 0 to 9; False when it is full."""
        ...

    def pop(self) -> None:
        """Take the last one away, if there is one."""
        ...

    def at(self, place: int) -> int:
        """One digit, counted from 0."""
        ...

    def wipe(self) -> None:
        """Overwrite all of it; it can be used again."""
        ...

    def close(self) -> None:
        """Wipe, and give the memory back."""
        ...


@dataclass(frozen=True, slots=True)
class CardParts:
    """What is sealed: number, expiry as MMYY, security code. Their owner wipes them."""

    number: SecretDigits
    expiry: SecretDigits
    code: SecretDigits


@dataclass(frozen=True, slots=True)
class Bound:
    """What an envelope is for; it cannot be used for anything else."""

    order_id: OrderId
    attempt_id: AttemptId
    amount: Money


class CardSafe(Protocol):
    """Keeps card digits while they are typed, and seals them. GUI thread."""

    def require_ready(self) -> None:
        """Raises Refusal `memory_not_locked`: then no card is taken at this desk."""
        ...

    def digits(self, most: int) -> SecretDigits:
        """Room for `most` digits. Raises Refusal `memory_not_locked`."""
        ...

    def seal(self, card: CardParts, bound: Bound, key: CardKey) -> str:
        """The envelope: a compact JWE that only the holder of the key can open."""
        ...

    def scrub(self) -> None:
        """Overwrite memory that was freed since: key events leave traces there. About 8 ms."""
        ...

    def hide_window(self, window_id: int, *, hidden: bool) -> bool:
        """Keep a window out of screen captures; False where the system cannot."""
        ...
