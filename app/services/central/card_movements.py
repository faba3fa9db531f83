"""Captures and refunds: money of an authorisation that is taken, or given back after it was taken.

Each is a row, counted against what may be moved, before the gateway is asked. One that the gateway
did not answer about still counts, and is carried out again under the same id until it is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy import func, select

from app.models.central.payment import (
    CardAttemptRow,
    CardMovement,
    MovementKind,
    MovementState,
)
from app.services.central.card_gateway import CardGateway
from app.services.central.order_payment import bring_up_to_date
from app.services.central.order_refund_rows import went_back
from app.services.central.payment_rows import claim, locked, view_of, wait_after
from app.services.central.transaction import Saga, Transaction
from app.services.ports import EventLog
from app.values.card import mask_card_digits
from app.values.errors import Fault, Refusal
from app.values.identity import AttemptId, MovementId
from app.values.money import Money
from app.values.vocabulary import AttemptState
from app.wire.payments import CaptureAttempt, CardAttempt, RefundAttempt
from app.wire.vault import MoveMoney

_NOT_FINAL = {"gateway_closed", "provider_away", "attempt_open"}
"""Refusals that say nothing of the movement, which may have been carried out before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A movement as somebody asks for it."""

    movement_id: UUID
    attempt_id: UUID
    kind: MovementKind
    amount: Money
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Begun:
    """A movement on its way to the gateway; `asked` None: it is done."""

    attempt: CardAttempt
    kind: MovementKind
    asked: MoveMoney | None


class CardMovements:
    """Captures and refunds at one gateway."""

    def __init__(self, gateway: CardGateway, log: EventLog) -> None:
        self.gateway = gateway
        self._log = log

    def capture(self, saga: Saga, request: CaptureAttempt) -> CardAttempt:
        """Take money. Raises Refusal `amount_above_approved`, `attempt_not_authorised` and more.

        Raises Unreachable where the gateway did not say; then it is done later, or asked again.
        """
        wanted = _Wanted(
            movement_id=request.movement_id,
            attempt_id=request.attempt_id,
            kind=MovementKind.CAPTURE,
            amount=request.amount,
        )
        return self._move(saga, wanted)

    def refund(self, saga: Saga, request: RefundAttempt) -> CardAttempt:
        """Give money back. Raises Refusal `amount_above_captured`, else as `capture`."""
        wanted = _Wanted(
            movement_id=request.movement_id,
            attempt_id=request.attempt_id,
            kind=MovementKind.REFUND,
            amount=request.amount,
            reason=request.reason,
        )
        return self._move(saga, wanted)

    def carry_on(self, saga: Saga, movement_id: UUID) -> None:
        """A movement that was left half done. Raises Unreachable."""
        self._carry_out(saga, saga.read(partial(_under_way, movement_id=movement_id)))

    def _move(self, saga: Saga, wanted: _Wanted) -> CardAttempt:
        begun = saga.write(partial(_begin, wanted=wanted, gateway=self.gateway.name))
        return self._carry_out(saga, begun)

    def _carry_out(self, saga: Saga, begun: _Begun) -> CardAttempt:
        asked = begun.asked
        if asked is None:
            return begun.attempt
        is_capture = begun.kind is MovementKind.CAPTURE
        try:
            if is_capture:
                self.gateway.capture(asked)
            else:
                self.gateway.refund(asked)
        except Refusal as refusal:
            is_final = refusal.code not in _NOT_FINAL
            keep = partial(_keep_refused, refusal=refusal) if is_final else _put_off
            saga.write(partial(keep, movement_id=asked.movement_id))
            raise
        except Fault as fault:
            self._log.write("gateway_unsure", operation=begun.kind.value, code=fault.code)
            saga.write(partial(_put_off, movement_id=asked.movement_id))
            raise
        return saga.write(partial(_keep_done, movement_id=asked.movement_id))


def _begin(tx: Transaction, wanted: _Wanted, gateway: str) -> _Begun:
    attempt = locked(tx, wanted.attempt_id)
    if attempt.gateway != gateway:
        raise Refusal("gateway_other", "This was authorised through another card gateway.")
    movement = tx.session.get(CardMovement, wanted.movement_id)
    if movement is None:
        _require_allowed(tx, attempt, wanted)
        movement = _new_row(tx, wanted)
        tx.session.add(movement)
    else:
        _require_same(movement, wanted)
    if movement.state is MovementState.REFUSED:
        raise Refusal(movement.refusal_code, movement.refusal_sentence)
    return _on_its_way(attempt, movement)


def _on_its_way(attempt: CardAttemptRow, movement: CardMovement) -> _Begun:
    asked = None
    if movement.state is MovementState.STARTED and movement.amount_minor is not None:
        asked = MoveMoney(
            movement_id=MovementId(movement.movement_id),
            attempt_id=AttemptId(attempt.attempt_id),
            reference=attempt.reference,
            amount=Money(movement.amount_minor, attempt.currency),
        )
    return _Begun(view_of(attempt), movement.kind, asked)


def _require_allowed(tx: Transaction, attempt: CardAttemptRow, wanted: _Wanted) -> None:
    amount = wanted.amount
    if amount.minor < 1 or amount.currency is not attempt.currency:
        raise Refusal("amount_malformed", "That is no amount of this payment.", "amount")
    moving = amount.minor + _under_way_sum(tx, attempt, wanted.kind)
    if wanted.kind is MovementKind.CAPTURE:
        if attempt.state not in {AttemptState.AUTHORISED, AttemptState.CAPTURED}:
            raise Refusal("attempt_not_authorised", "There is no authorisation to take money of.")
        if attempt.captured_minor + moving > (attempt.approved_minor or 0):
            raise Refusal("amount_above_approved", "That is more than was authorised.", "amount")
    else:
        if attempt.state not in {AttemptState.CAPTURED, AttemptState.REFUNDED}:
            raise Refusal("attempt_not_captured", "No money was taken that could be given back.")
        if attempt.refunded_minor + moving > attempt.captured_minor:
            raise Refusal("amount_above_captured", "That is more than was taken.", "amount")


def _under_way_sum(tx: Transaction, attempt: CardAttemptRow, kind: MovementKind) -> int:
    """What the gateway may be moving just now."""
    moving = select(func.sum(CardMovement.amount_minor)).where(
        CardMovement.attempt_id == attempt.attempt_id,
        CardMovement.kind == kind,
        CardMovement.state == MovementState.STARTED,
    )
    return int(tx.session.execute(moving).scalar_one() or 0)


def _require_same(movement: CardMovement, wanted: _Wanted) -> None:
    known = (movement.attempt_id, movement.kind, movement.amount_minor)
    if known != (wanted.attempt_id, wanted.kind, wanted.amount.minor):
        raise Refusal("movement_reused", "Another movement was asked for under this id before.")


def _new_row(tx: Transaction, wanted: _Wanted) -> CardMovement:
    person = tx.actor.person
    movement = CardMovement(
        movement_id=wanted.movement_id,
        attempt_id=wanted.attempt_id,
        kind=wanted.kind,
        amount_minor=wanted.amount.minor,
        reason=mask_card_digits(wanted.reason),
        person_id=person.person_id if person else None,
        state=MovementState.STARTED,
        refusal_code="",
        refusal_sentence="",
        asked_at=tx.at,
        settled_at=None,
        due_at=None,
        tries=0,
    )
    claim(movement, tx.at)
    return movement


def _under_way(tx: Transaction, movement_id: UUID) -> _Begun:
    movement = tx.session.get_one(CardMovement, movement_id)
    return _on_its_way(tx.session.get_one(CardAttemptRow, movement.attempt_id), movement)


def _locked_pair(tx: Transaction, movement_id: UUID) -> tuple[CardAttemptRow, CardMovement]:
    """The attempt first, as everywhere, so that nobody waits in a circle."""
    of = select(CardMovement.attempt_id).where(CardMovement.movement_id == movement_id)
    attempt = locked(tx, tx.session.scalars(of).one())
    return attempt, tx.session.get_one(CardMovement, movement_id, with_for_update=True)


def _keep_done(tx: Transaction, movement_id: UUID) -> CardAttempt:
    attempt, movement = _locked_pair(tx, movement_id)
    if movement.state is not MovementState.STARTED:
        return view_of(attempt)
    movement.state, movement.settled_at, movement.due_at = MovementState.DONE, tx.at, None
    amount = movement.amount_minor or 0
    if movement.kind is MovementKind.CAPTURE:
        attempt.captured_minor += amount
        attempt.state = AttemptState.CAPTURED
    else:
        attempt.refunded_minor += amount
        if attempt.refunded_minor == attempt.captured_minor:
            attempt.state = AttemptState.REFUNDED
        went_back(tx, movement_id)
    attempt.changed_at, attempt.due_at = tx.at, None
    bring_up_to_date(tx, attempt.order_id)
    return view_of(attempt)


def _keep_refused(tx: Transaction, movement_id: UUID, refusal: Refusal) -> None:
    _, movement = _locked_pair(tx, movement_id)
    if movement.state is MovementState.STARTED:
        movement.state, movement.settled_at = MovementState.REFUSED, tx.at
        movement.due_at = None
        movement.refusal_code = refusal.code
        movement.refusal_sentence = mask_card_digits(refusal.sentence)


def _put_off(tx: Transaction, movement_id: UUID) -> None:
    _, movement = _locked_pair(tx, movement_id)
    if movement.state is MovementState.STARTED:
        movement.due_at = tx.at + wait_after(movement.tries)
