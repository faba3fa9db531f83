"""Takes the word of a desk that an order will not come, whose payment had begun.

What its seat authorised is marked to be given back and its open links are taken back; the watchdog
does it. What it holds of stock is given back at once. An order that is here already keeps its
payment. Runs in the transaction of its command.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.models.central.payment import CardAttemptRow, GivenUpOrderRow, VoidCause
from app.services.central import desk_clock
from app.services.central.card_attempts import NOTHING_HELD, TAKEN, begin_void
from app.services.central.order_facts import place_of
from app.services.central.pay_links import take_back
from app.services.central.payment_rows import is_placed, lock, locked
from app.services.central.settling import in_sequence, settled_before
from app.services.central.stock_rows import release_seat
from app.services.central.transaction import CommandKey, Fact, Transaction
from app.values.card import mask_card_digits
from app.values.errors import Refusal
from app.values.identity import DeviceId
from app.wire.message import encode
from app.wire.payments import GivenUpOrder
from app.wire.sync import Command, CommandOutcome, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """An order that was given up, as the seat sent it."""

    key: CommandKey
    command: Command
    device_id: DeviceId
    order: GivenUpOrder


def decide(tx: Transaction, given: GivenUp) -> CommandOutcome:
    """Kept whatever it names, and once."""
    key, order_id = given.key, given.order.order_id
    applied = tx.applied(key.asker, key.command_id)
    place = place_of(tx, given.command, given.device_id)
    before = settled_before(tx, key, given.command, applied, place)
    if before is not None:
        return before
    lock(tx, "payments of", order_id)
    facts: dict[str, Fact] = {"command": str(key.command_id), "attempts": 0, "links": 0}
    if is_placed(tx, order_id):
        facts["odd"] = "order_placed"
    else:
        tx.session.add(_row(tx, given))
        facts["attempts"] = _give_back(tx, order_id, given.device_id, given.order.reason)
        facts["links"] = take_back(tx, order_id, given.device_id)
        facts["stock"] = release_seat(tx, given.device_id, [order_id])
    outcome = CommandOutcome(command_id=given.command.command_id, outcome=Outcome.ACCEPTED)
    tx.remember(in_sequence(key, place), encode(outcome))
    tx.audit(key.operation, order_id, outcome.outcome.value, **facts)
    return outcome


def _row(tx: Transaction, given: GivenUp) -> GivenUpOrderRow:
    return GivenUpOrderRow(
        order_id=given.order.order_id,
        device_id=given.device_id,
        command_id=given.key.command_id,
        person_id=given.command.person_id,
        reason=mask_card_digits(given.order.reason),
        given_up_at=desk_clock.corrected(given.order.given_up_at, given.command, tx.at),
        received_at=tx.at,
    )


def _give_back(tx: Transaction, order_id: UUID, device_id: UUID, reason: str) -> int:
    """How many attempts of the seat are marked; captured money is a lead's to refund."""
    held = select(CardAttemptRow.attempt_id).where(
        CardAttemptRow.order_id == order_id,
        CardAttemptRow.device_id == device_id,
        CardAttemptRow.state.not_in(NOTHING_HELD | TAKEN),
    )
    marked = 0
    for attempt_id in tx.session.scalars(held.order_by(CardAttemptRow.attempt_id)).all():
        try:
            begin_void(tx, attempt_id, VoidCause.GIVEN_UP, reason)
        except Refusal:
            continue
        locked(tx, attempt_id).due_at = tx.at
        marked += 1
    return marked
