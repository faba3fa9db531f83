"""How soon the card fields open, how soon a card is authorised, how many pauses a service keeps.

The recorder is the simulator, the bank the sandbox; recorder, vault, service and desk are processes
or desks of their own on this machine. What the CSR types is not timed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from app.adapters.card_entry.safe import card_safe
from app.campaigns.bench.card_site import CardSeat, card_site
from app.campaigns.bench.figures import Figure, reaching, within
from app.campaigns.bench.given import Given, require
from app.services.ports import Bound, CardParts, CardSafe, SecretDigits
from app.values.errors import Refusal
from app.values.identity import AttemptId, LeaseId, OrderId, SystemIds
from app.values.money import Currency, Money
from app.values.vocabulary import AttemptState, PauseEnd
from app.wire import card_operations
from app.wire.payments import AskCardKey, TakeCard
from app.wire.recording import AcquirePause, PauseHeld, ReleasePause, RenewPause

T = TypeVar("T")

UNLOCK_MOST_MS = 1_000
"""Longer than this, and people lose the thread (Nielsen, response times)."""
AUTHORISED_MOST_MS = 2_000
RENEW_EVERY_S = 5.0
ENOUGH_RENEWALS = 100
"""A second: 500 desks that take a card at the same moment, each renewing every five seconds."""
_AMOUNT = Money(27_821, Currency.GBP)
_TEST_NUMBER = (4, 2) * 8
"""Published by Stripe and others as a card that is approved."""
_EXPIRY, _CODE = (1, 2, 3, 0), (1, 2, 3)


def card_entry(given: Given, *, rounds: int = 100) -> tuple[Figure, ...]:
    """From F9 until the fields may open, and until the bank has said yes, at one desk."""
    given.tell(f"Taking {rounds:,} cards")
    with card_site(given, 1) as (seat,):
        _take_one(seat)  # the first of everything makes its connections
        taken = [_take_one(seat) for _ in range(rounds)]
    return (
        within("card/f9-to-open", [one.open_ms for one in taken], UNLOCK_MOST_MS),
        within("card/f9-to-authorised", [one.authorised_ms for one in taken], AUTHORISED_MOST_MS),
        within("card/release", [one.release_ms for one in taken], UNLOCK_MOST_MS),
    )


def renewals(given: Given, *, seats: int = 8, seconds: float = 10.0) -> tuple[Figure, ...]:
    """How many renewals a second one service answers, and how long each took, under full load."""
    given.tell(f"Renewing the pauses of {seats:,} desks for {seconds:g} seconds")
    with card_site(given, seats) as desks:
        held = [(seat, _paused(seat)) for seat in desks]
        took = _renewed(held, seconds)
        for seat, lease in held:
            _release(seat, lease)
    return (
        within("renewal/answered", took, RENEW_EVERY_S * 1_000),
        reaching("renewals", [len(took) / seconds], ENOUGH_RENEWALS, unit="per s"),
    )


@dataclass(frozen=True, slots=True)
class _Taken:
    """Milliseconds from F9."""

    open_ms: float
    authorised_ms: float
    release_ms: float


def _take_one(seat: CardSeat) -> _Taken:
    """What the card pane does from F9 on, in its order, without anybody typing."""
    began = time.perf_counter()
    lease = _paused(seat)
    opened = time.perf_counter()
    key = seat.desk.caller.call(card_operations.GET_CARD_KEY, AskCardKey())
    ids, safe = SystemIds(), card_safe()
    bound = Bound(lease.order_id, AttemptId(ids.new()), _AMOUNT)
    envelope = _with_card(safe, partial(safe.seal, bound=bound, key=key))
    sealed = time.perf_counter()
    _release(seat, lease)
    released = time.perf_counter()
    attempt = seat.desk.caller.call(
        card_operations.TAKE_CARD,
        TakeCard(
            attempt_id=bound.attempt_id,
            order_id=lease.order_id,
            lease_id=lease.held.lease_id,
            amount=_AMOUNT,
            envelope=envelope,
        ),
    )
    done = time.perf_counter()
    require(attempt.state is AttemptState.AUTHORISED, f"The card was {attempt.state}.")
    return _Taken(
        open_ms=(opened - began) * 1_000,
        authorised_ms=(done - began) * 1_000,
        release_ms=(released - sealed) * 1_000,
    )


@dataclass(frozen=True, slots=True)
class _Lease:
    order_id: OrderId
    held: PauseHeld


def _paused(seat: CardSeat) -> _Lease:
    ids = SystemIds()
    order_id = OrderId(ids.new())
    asked = AcquirePause(lease_id=LeaseId(ids.new()), order_id=order_id)
    return _Lease(order_id, seat.desk.caller.call(card_operations.ACQUIRE_PAUSE, asked))


def _release(seat: CardSeat, lease: _Lease) -> None:
    ended = ReleasePause(lease_id=lease.held.lease_id, end=PauseEnd.SUBMITTED)
    view = seat.desk.caller.call(card_operations.RELEASE_PAUSE, ended)
    require(view.resumed_at is not None, "A recorder did not confirm that it records again.")


def _with_card(safe: CardSafe, use: Callable[[CardParts], T]) -> T:
    """Digits as the card fields hold them, wiped afterwards."""
    parts = [_typed(safe, digits) for digits in (_TEST_NUMBER, _EXPIRY, _CODE)]
    try:
        return use(CardParts(*parts))
    finally:
        for part in parts:
            part.close()


def _typed(safe: CardSafe, digits: tuple[int, ...]) -> SecretDigits:
    room = safe.digits(len(digits))
    for digit in digits:
        room.push(digit)
    return room


def _renewed(held: list[tuple[CardSeat, _Lease]], seconds: float) -> list[float]:
    """Milliseconds of each renewal; every desk sends the next as soon as one is answered."""
    until = time.monotonic() + seconds
    took: list[list[float]] = [[] for _ in held]
    failed: list[Refusal] = []
    threads = [
        threading.Thread(
            target=_renew, args=(seat, lease, until, samples, failed), name=f"renews {number}"
        )
        for number, ((seat, lease), samples) in enumerate(zip(held, took, strict=True))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    require(not failed, f"A renewal was refused: {failed[0].code if failed else ''}.")
    return [one for samples in took for one in samples]


def _renew(
    seat: CardSeat, lease: _Lease, until: float, samples: list[float], failed: list[Refusal]
) -> None:
    asked = RenewPause(lease_id=lease.held.lease_id)
    while time.monotonic() < until:
        began = time.perf_counter()
        try:
            seat.desk.caller.call(card_operations.RENEW_PAUSE, asked)
        except Refusal as refusal:
            failed.append(refusal)
            return
        samples.append((time.perf_counter() - began) * 1_000)
