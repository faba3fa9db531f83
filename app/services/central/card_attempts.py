"""Asks the gateway about card attempts: for the money, what came of it, to give it back.

Each act commits what it is about to do, speaks to the gateway outside any transaction, and commits
what came of it; what was left half done is found by the watchdog. A gateway that does not answer is
no error: the attempt is UNKNOWN, and is asked about again.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from app.models.central.payment import (
    CardAttemptRow,
    CardMovement,
    MovementKind,
    MovementState,
    VoidCause,
)
from app.services.central.card_gateway import CardGateway
from app.services.central.order_payment import bring_up_to_date
from app.services.central.payment_rows import (
    begin,
    claim,
    is_undecided,
    keep_outcome,
    keep_refused,
    keep_unanswered,
    locked,
    refuse_again,
    view_of,
    wait_after,
)
from app.services.central.transaction import Actor, Saga, Transaction
from app.services.ports import EventLog
from app.values.card import mask_card_digits
from app.values.errors import Fault, Refusal
from app.values.identity import AttemptId, MovementId
from app.values.vocabulary import AttemptState
from app.wire.payments import AuthoriseCard, CardAttempt
from app.wire.vault import AskAttempted, Attempted, Authorise, MoveMoney

NEVER_CAME = {"attempt_unknown", "attempt_closed"}
"""What a gateway refuses a question with when it never had the attempt, and never will."""

NOTHING_HELD = {AttemptState.DECLINED, AttemptState.FAILED, AttemptState.VOIDED}
TAKEN = {AttemptState.CAPTURED, AttemptState.REFUNDED}


class CardAttempts:
    """Card attempts at one gateway."""

    def __init__(self, gateway: CardGateway, orphan_age: timedelta, log: EventLog) -> None:
        self.gateway = gateway
        self.orphan_age = orphan_age
        self.was_away = False
        self._log = log

    def authorise(self, saga: Saga, actor: Actor, request: AuthoriseCard) -> CardAttempt:
        """Ask the card's bank, once for each attempt id; raises as `begin`, or what was refused."""
        noted = partial(begin, actor=actor, request=request, gateway=self.gateway.name)
        begun = saga.write(noted)
        if begun.repeated:
            return begun.attempt
        asked = Authorise(
            attempt_id=request.attempt_id,
            order_id=request.order_id,
            amount=request.amount,
            envelope=request.envelope,
            billing=request.billing,
        )
        told: Attempted | Refusal | None
        try:
            told = self.gateway.authorise(asked)
        except Refusal as refusal:
            told = refusal
        except Fault as fault:
            told = None
            self._log_unsure(fault, "authorise")
        attempt = saga.write(partial(self._keep, attempt_id=request.attempt_id, told=told))
        if isinstance(told, Refusal):
            saga.read(partial(_refuse_again, attempt_id=request.attempt_id))
        return attempt

    def settle(self, saga: Saga, attempt_id: UUID) -> CardAttempt:
        """Ask what came of an attempt whose outcome nobody here knows.

        Only the gateway that was asked for the money can tell.
        """
        if saga.read(partial(_gateway_of, attempt_id=attempt_id)) != self.gateway.name:
            return saga.read(partial(_shown, attempt_id=attempt_id))
        told: Attempted | Refusal | None
        try:
            told = self.gateway.attempt(AskAttempted(attempt_id=AttemptId(attempt_id)))
        except Refusal as refusal:
            told = refusal if refusal.code in NEVER_CAME else None
            self._log_unsure(refusal, "attempt")
        except Fault as fault:
            told = None
            self._log_unsure(fault, "attempt")
        return saga.write(partial(self._keep, attempt_id=attempt_id, told=told))

    def give_back(self, saga: Saga, attempt_id: UUID) -> CardAttempt:
        """Void what is marked to be given back; it stays VOIDING until the gateway confirms it."""
        attempt = saga.read(partial(_shown, attempt_id=attempt_id))
        if saga.read(partial(_gateway_of, attempt_id=attempt_id)) != self.gateway.name:
            return attempt
        if attempt.state is AttemptState.VOIDING and attempt.approved is None:
            attempt = self.settle(saga, attempt_id)
        if attempt.state is not AttemptState.VOIDING or attempt.approved is None:
            return attempt
        asked = saga.read(partial(_void_of, attempt_id=attempt_id))
        told = self._void(asked)
        return saga.write(partial(_keep_void, attempt_id=attempt_id, told=told))

    def _void(self, asked: MoveMoney) -> Attempted | None:
        """How the attempt stands then; None: nobody knows."""
        try:
            try:
                return self.gateway.void(asked)
            except Refusal as refusal:
                self._log_unsure(refusal, "void")
                return self.gateway.attempt(AskAttempted(attempt_id=asked.attempt_id))
        except (Refusal, Fault) as problem:
            self._log_unsure(problem, "void")
            return None

    def _keep(
        self, tx: Transaction, attempt_id: UUID, told: Attempted | Refusal | None
    ) -> CardAttempt:
        row = locked(tx, attempt_id)
        match told:
            case None:
                if is_undecided(row):
                    keep_unanswered(tx, row)
            case Refusal():
                keep_refused(tx, row, told)
            case Attempted():
                keep_outcome(tx, row, told, self.orphan_age)
        if row.void_cause is not None and row.state in NOTHING_HELD:
            _end_void(tx, attempt_id)
        bring_up_to_date(tx, row.order_id)
        return view_of(row)

    def _log_unsure(self, problem: Refusal | Fault, operation: str) -> None:
        """Without the gateway's words."""
        self.was_away = self.was_away or isinstance(problem, Fault)
        self._log.write("gateway_unsure", operation=operation, code=problem.code)


def begin_void(
    tx: Transaction, attempt_id: UUID, cause: VoidCause, reason: str = ""
) -> CardAttempt:
    """Mark an attempt to be given back; one that holds nothing is shown as it is.

    Raises Refusal `attempt_unknown`, or `attempt_captured`: then it can only be refunded.
    """
    row = locked(tx, attempt_id)
    if row.state in NOTHING_HELD:
        return view_of(row)
    if row.state in TAKEN or _is_being_captured(tx, attempt_id):
        raise Refusal(
            "attempt_captured",
            "The money has been taken already. It can only be refunded; please ask your lead.",
        )
    if row.state is not AttemptState.VOIDING:
        row.state, row.void_cause, row.changed_at, row.tries = (
            AttemptState.VOIDING,
            cause,
            tx.at,
            0,
        )
        tx.session.add(_void_movement(tx, attempt_id, reason))
        if cause is not VoidCause.ASKED:
            tx.audit("payments.void", attempt_id, order=str(row.order_id), cause=cause.value)
        bring_up_to_date(tx, row.order_id)
    claim(row, tx.at)
    return view_of(row)


def _is_being_captured(tx: Transaction, attempt_id: UUID) -> bool:
    under_way = select(CardMovement.movement_id).where(
        CardMovement.attempt_id == attempt_id,
        CardMovement.kind == MovementKind.CAPTURE,
        CardMovement.state == MovementState.STARTED,
    )
    return tx.session.scalars(under_way).first() is not None


def _void_movement(tx: Transaction, attempt_id: UUID, reason: str) -> CardMovement:
    person = tx.actor.person
    return CardMovement(
        movement_id=tx.ids.new(),
        attempt_id=attempt_id,
        kind=MovementKind.VOID,
        amount_minor=None,
        reason=mask_card_digits(reason),
        person_id=person.person_id if person else None,
        state=MovementState.STARTED,
        refusal_code="",
        refusal_sentence="",
        asked_at=tx.at,
        settled_at=None,
        due_at=None,
        tries=0,
    )


def _void_row(tx: Transaction, attempt_id: UUID) -> CardMovement:
    void = select(CardMovement).where(
        CardMovement.attempt_id == attempt_id, CardMovement.kind == MovementKind.VOID
    )
    return tx.session.scalars(void).one()


def _void_of(tx: Transaction, attempt_id: UUID) -> MoveMoney:
    reference = select(CardAttemptRow.reference).where(CardAttemptRow.attempt_id == attempt_id)
    return MoveMoney(
        movement_id=MovementId(_void_row(tx, attempt_id).movement_id),
        attempt_id=AttemptId(attempt_id),
        reference=tx.session.scalars(reference).one(),
    )


def _keep_void(tx: Transaction, attempt_id: UUID, told: Attempted | None) -> CardAttempt:
    """As the gateway says; where it says nothing of use the watchdog asks it again."""
    row = locked(tx, attempt_id)
    if row.state is not AttemptState.VOIDING:
        return view_of(row)
    if told is None or told.state not in NOTHING_HELD | TAKEN:
        row.due_at = tx.at + wait_after(row.tries)
        return view_of(row)
    row.state, row.changed_at, row.due_at = told.state, tx.at, None
    if told.state in TAKEN:
        approved = row.approved_minor or 0
        row.captured_minor = min(told.captured.minor if told.captured else approved, approved)
    _end_void(tx, attempt_id)
    bring_up_to_date(tx, row.order_id)
    return view_of(row)


def _end_void(tx: Transaction, attempt_id: UUID) -> None:
    movement = _void_row(tx, attempt_id)
    movement.state, movement.settled_at = MovementState.DONE, tx.at


def _gateway_of(tx: Transaction, attempt_id: UUID) -> str:
    gateway = select(CardAttemptRow.gateway).where(CardAttemptRow.attempt_id == attempt_id)
    return tx.session.scalars(gateway).one()


def _shown(tx: Transaction, attempt_id: UUID) -> CardAttempt:
    row = tx.session.get(CardAttemptRow, attempt_id)
    if row is None:
        raise Refusal("attempt_unknown", "There is no such payment here.")
    return view_of(row)


def _refuse_again(tx: Transaction, attempt_id: UUID) -> None:
    row = tx.session.get(CardAttemptRow, attempt_id)
    if row is not None:
        refuse_again(row)
