"""What a seat knows of the payment of its orders: attempts noted before they are sent, links.

Asks the centre live and never keeps an envelope; what nobody knows is asked for, never repeated.
NETWORK lane.
"""

from __future__ import annotations

from app.services.ports import Centre
from app.store.desk import DeskStore
from app.values.clock import Clock
from app.values.errors import Fault
from app.wire.payments import (
    AskCardKey,
    AskTenders,
    CardAttempt,
    CardKey,
    PayLink,
    SendPayLink,
    TakeCard,
    Tenders,
    VoidTender,
)


class PaymentService:
    """The payments of one seat. `root_key`: the vault's, where this desk was given one."""

    def __init__(self, store: DeskStore, centre: Centre, clock: Clock, root_key: str) -> None:
        self._store = store
        self._centre = centre
        self._clock = clock
        self._root_key = root_key

    def card_key(self, request: AskCardKey) -> CardKey:
        """A key to seal to, whose signature was checked."""
        raise _not_there()

    def take_card(self, request: TakeCard) -> CardAttempt:
        """Ask for the money; the attempt is on the disk before it is sent."""
        raise _not_there()

    def tenders(self, request: AskTenders) -> Tenders:
        """What is known of an order's payment."""
        raise _not_there()

    def void(self, request: VoidTender) -> Tenders:
        """Give an authorisation back."""
        raise _not_there()

    def send_link(self, request: SendPayLink) -> PayLink:
        """Let the caller pay on a page."""
        raise _not_there()


def _not_there() -> Fault:
    return Fault("not_there", "This part of the desk is not there yet.")
