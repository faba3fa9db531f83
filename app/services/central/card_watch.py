"""The watchdog's round over payments: unknown outcomes, what has to be given back, links, orphans.

Every replica makes rounds. Rows whose time has come are claimed (FOR UPDATE SKIP LOCKED), and the
gateway is asked when the claim is committed. While it does not answer the rest waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from functools import partial
from uuid import UUID

from sqlalchemy import select

from app.models.central.payment import (
    CardAttemptRow,
    CardMovement,
    MovementState,
    PayLinkRow,
    VoidCause,
)
from app.services.central.card_attempts import CardAttempts, begin_void
from app.services.central.card_movements import CardMovements
from app.services.central.pay_links import PayLinks
from app.services.central.payment_rows import claim, is_given_up, is_placed, locked
from app.services.central.transaction import Saga, Transaction
from app.services.rules.payments import UNDECIDED
from app.values.errors import Fault, Refusal
from app.values.vocabulary import AttemptState

AT_ONCE = 50
"""So many of each kind in a round."""


class _Step(Enum):
    """What an attempt needs."""

    NOTHING = "nothing"
    SETTLE = "settle"
    GIVE_BACK = "give back"


class CardWatch:
    """Finishes what was left at one gateway."""

    def __init__(self, attempts: CardAttempts, movements: CardMovements, links: PayLinks) -> None:
        self._attempts = attempts
        self._movements = movements
        self._links = links
        self._gateway = attempts.gateway.name

    def round(self, saga: Saga) -> None:
        """Everything whose time has come, unless the gateway does not answer."""
        if self._look_after_attempts(saga) and self._look_after_movements(saga):
            self._look_after_links(saga)

    def _look_after_attempts(self, saga: Saga) -> bool:
        """False: the gateway does not answer."""
        for attempt_id in saga.write(partial(_due_attempts, gateway=self._gateway)):
            step = saga.write(partial(self._step, attempt_id=attempt_id))
            if step is _Step.SETTLE:
                self._attempts.settle(saga, attempt_id)
            elif step is _Step.GIVE_BACK:
                self._attempts.give_back(saga, attempt_id)
            if self._attempts.was_away:
                return False
        return True

    def _look_after_movements(self, saga: Saga) -> bool:
        for movement_id in saga.write(partial(_due_movements, gateway=self._gateway)):
            try:
                self._movements.carry_on(saga, movement_id)
            except Refusal:
                continue
            except Fault:
                return False
        return True

    def _look_after_links(self, saga: Saga) -> None:
        for link_id in saga.write(partial(_due_links, gateway=self._gateway)):
            self._links.look(saga, link_id)
            if self._links.was_away:
                return

    def _step(self, tx: Transaction, attempt_id: UUID) -> _Step:
        row = locked(tx, attempt_id)
        if row.state in UNDECIDED:
            return _Step.SETTLE
        if row.state is AttemptState.VOIDING:
            return _Step.GIVE_BACK
        if row.state is not AttemptState.AUTHORISED or is_placed(tx, row.order_id):
            row.due_at = None
            return _Step.NOTHING
        given_up = is_given_up(tx, row.order_id)
        orphan_at = row.started_at + self._attempts.orphan_age
        if not given_up and tx.at < orphan_at:
            row.due_at = orphan_at
            return _Step.NOTHING
        try:
            begin_void(tx, attempt_id, VoidCause.GIVEN_UP if given_up else VoidCause.ORPHAN)
        except Refusal:
            # Its money is being taken just now: the next look tells, and the others need not wait.
            return _Step.NOTHING
        return _Step.GIVE_BACK


def _due_attempts(tx: Transaction, gateway: str) -> Sequence[UUID]:
    rows = tx.session.scalars(
        select(CardAttemptRow)
        .where(CardAttemptRow.due_at <= tx.at, CardAttemptRow.gateway == gateway)
        .order_by(CardAttemptRow.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        claim(row, tx.at)
    return [row.attempt_id for row in rows]


def _due_movements(tx: Transaction, gateway: str) -> Sequence[UUID]:
    rows = tx.session.scalars(
        select(CardMovement)
        .join(CardAttemptRow, CardAttemptRow.attempt_id == CardMovement.attempt_id)
        .where(
            CardMovement.due_at <= tx.at,
            CardMovement.state == MovementState.STARTED,
            CardAttemptRow.gateway == gateway,
        )
        .order_by(CardMovement.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=CardMovement)
    ).all()
    for row in rows:
        claim(row, tx.at)
    return [row.movement_id for row in rows]


def _due_links(tx: Transaction, gateway: str) -> Sequence[UUID]:
    rows = tx.session.scalars(
        select(PayLinkRow)
        .where(PayLinkRow.due_at <= tx.at, PayLinkRow.gateway == gateway)
        .order_by(PayLinkRow.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        claim(row, tx.at)
    return [row.link_id for row in rows]
