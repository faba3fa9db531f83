"""Takes what desks send, command by command, each in a transaction of its own.

A well-formed command from an enrolled seat is never turned away: an order is accepted, or accepted
and marked for a second look; the end of a call, and that an order will not come, are kept whatever
they name.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace
from psycopg import errors
from sqlalchemy.exc import DataError, IntegrityError

from app.services.central import giving_up
from app.services.central.acceptance import Acceptance, Arrival
from app.services.central.allocation import keep_allocations
from app.services.central.closings import Closings, EndedCall
from app.services.central.giving_up import GivenUp
from app.services.central.judgement import (
    refuse_malformed,
    refuse_malformed_closing,
    refuse_malformed_giving_up,
)
from app.services.central.masking import e164
from app.services.central.measures import Measures
from app.services.central.number_leases import NumberLeases
from app.services.central.order_decisions import decided
from app.services.central.order_facts import (
    Facts,
    WorkedOut,
    facts_about,
    first_sha256,
    place_of,
)
from app.services.central.orders import keep
from app.services.central.settling import in_sequence, later, settled_before
from app.services.central.transaction import Actor, CommandKey, Handlers, Transaction, Transactions
from app.services.rules.regions import RegionRules
from app.services.rules.review import ReviewReason
from app.values.errors import Fault, Refusal
from app.values.identity import DeviceId, OrderId
from app.values.vocabulary import CommandKind, Region
from app.wire import operations
from app.wire.message import decode, encode
from app.wire.orders import PlacedOrder
from app.wire.payments import GivenUpOrder
from app.wire.read_back import ClosedCall
from app.wire.sync import Command, CommandOutcome, CommandOutcomes, Outcome, SendCommands

TRIES_MOST = 4
_NUL = b"\\u0000"
_MALFORMED = "malformed"

Decide = Callable[[Transaction], CommandOutcome | None]
"""Takes a command that was read; None: a twin of it was faster, look again."""


class _Overtaken(Exception):  # noqa: N818 - no error: it rolls back what was done for the order
    """A twin of the command was faster; what this one took from stock is the twin's."""


class Intake:
    """Answers `commands.send`."""

    def __init__(
        self,
        transactions: Transactions,
        regions: Mapping[Region, RegionRules],
        leases: NumberLeases,
        measures: Measures | None = None,
    ) -> None:
        """`leases` gives new numbers where the one that was told cannot stand."""
        self._measures = measures or Measures()
        self._transactions = transactions
        self._leases = leases
        self._regions = regions
        self._acceptance = Acceptance(regions, leases)
        self._closings = Closings(regions)

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add_batch(operations.SEND_COMMANDS, self.send)

    def send(self, actor: Actor, request: SendCommands) -> CommandOutcomes:
        """One outcome per command, in the same order.

        When the database fails part of the way, what was done is told and the rest is for later.
        """
        outcomes: list[CommandOutcome] = []
        for command in request.commands:
            try:
                outcomes.append(self.take(command, actor))
            except Fault:
                if not outcomes:
                    raise
                break
        rest = request.commands[len(outcomes) :]
        outcomes += [later(command, "The service was interrupted.") for command in rest]
        for command, outcome in zip(request.commands, outcomes, strict=True):
            self._measures.taken(command.kind, outcome.outcome)
        return CommandOutcomes(outcomes=tuple(outcomes))

    def take(self, command: Command, actor: Actor) -> CommandOutcome:
        """The outcome of one command of a seat, for ever the same."""
        body = bytes(command.body)
        digest = hashlib.sha256(body).digest()
        key = CommandKey(
            asker=actor.seat.device_id,
            command_id=command.command_id,
            operation=command.kind.value,
            sha256=digest,
            incarnation=command.incarnation,
            sequence=command.sequence,
        )
        try:
            if digest.hex() != command.sha256.lower():
                raise Refusal(_MALFORMED, "It was damaged on its way.")
            return self._settle(self._read(key, command, body), actor)
        except Refusal as refusal:
            refuse = partial(_refuse, key=key, command=command, refusal=refusal)
            return self._transactions.write(refuse, actor)

    def _read(self, key: CommandKey, command: Command, body: bytes) -> Decide:
        """What decides about a command. Raises Refusal `malformed`."""
        device = DeviceId(key.asker)
        clean = _without_nul(body)
        if command.kind is CommandKind.CLOSE_CALL:
            closed = decode(clean, ClosedCall)
            refuse_malformed_closing(closed, command)
            ended = EndedCall(key=key, command=command, device_id=device, closed=closed)
            return partial(self._closings.decide, ended=ended)
        if command.kind is CommandKind.GIVE_UP_ORDER:
            order = decode(clean, GivenUpOrder)
            refuse_malformed_giving_up(order, command)
            given = GivenUp(key=key, command=command, device_id=device, order=order)
            return partial(giving_up.decide, given=given)
        placed = decode(clean, PlacedOrder)
        refuse_malformed(placed, command)
        told = placed if clean is body else decode(body, PlacedOrder)
        arrival = Arrival(key=key, command=command, device_id=device, placed=placed, told=told)
        return partial(self._decide, arrival=arrival)

    def _settle(self, decide: Decide, actor: Actor) -> CommandOutcome:
        """Decide, and again where another command got in between."""
        for _ in range(TRIES_MOST):
            try:
                outcome = self._transactions.write(decide, actor)
            except _Overtaken:
                continue
            except IntegrityError as clash:
                if isinstance(clash.orig, errors.CheckViolation | errors.NotNullViolation):
                    raise _unkeepable() from clash
                continue
            except DataError as cause:
                raise _unkeepable() from cause
            if outcome is not None:
                return outcome
        raise Fault("intake_unsettled", "The command could not be settled just now.")

    def _decide(self, tx: Transaction, arrival: Arrival) -> CommandOutcome:
        command, placed = arrival.command, arrival.placed
        worked_out = WorkedOut(self._leases.value_of(tx, placed.number), self._phone(placed))
        facts = facts_about(tx, command, arrival.device_id, placed, worked_out)
        before = settled_before(tx, arrival.key, command, facts.applied, facts.place)
        if before is not None:
            return before
        key = in_sequence(arrival.key, facts.place)
        if key.sequence is None:
            clash = (*arrival.oddities, ReviewReason.SEQUENCE_CLASH)
            arrival = dataclasses.replace(arrival, key=key, oddities=clash)
        if facts.order_number is not None:
            if first_sha256(tx, placed.document.order_id) == key.sha256:
                return _same_order(tx, arrival, facts)
            arrival = _as_another_order(tx, arrival)
        record = self._acceptance.record(tx, arrival, facts)
        if not keep(tx, record):
            raise _Overtaken
        keep_allocations(tx, record.placed.document.order_id, record.allocations)
        if record.reasons:
            decided(tx, record.placed.document.order_id)
        return decode(record.answer, CommandOutcome)

    def _phone(self, placed: PlacedOrder) -> str | None:
        customer = placed.document.customer
        return e164(customer.phone, self._regions[placed.document.region]) if customer else None


def _without_nul(body: bytes) -> bytes:
    """JSON without the one character that PostgreSQL keeps nowhere; all else as it was."""
    if _NUL not in body:
        return body
    try:
        return encode(_stripped(msgspec.json.decode(body)))
    except msgspec.DecodeError:
        return body


def _stripped(value: Any) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case str():
            return value.replace("\0", "")
        case list():
            return [_stripped(item) for item in value]
        case dict():
            return {_stripped(name): _stripped(item) for name, item in value.items()}
        case _:
            return value


def _unkeepable() -> Refusal:
    return Refusal(_MALFORMED, "It holds a value that cannot be kept.")


def _same_order(tx: Transaction, arrival: Arrival, facts: Facts) -> CommandOutcome:
    """The very order that is here already, under another command: the same answer, no effect."""
    outcome = CommandOutcome(
        command_id=arrival.command.command_id,
        outcome=Outcome.ACCEPTED,
        number=facts.order_number,
    )
    tx.remember(arrival.key, encode(outcome))
    tx.audit(arrival.key.operation, arrival.placed.document.order_id, outcome="sent_again")
    return outcome


def _as_another_order(tx: Transaction, arrival: Arrival) -> Arrival:
    """Another order under the id of one that is here: kept beside it, for a person to part."""
    document = replace(arrival.placed.document, order_id=OrderId(tx.ids.new()))
    return dataclasses.replace(
        arrival,
        placed=replace(arrival.placed, document=document),
        oddities=(*arrival.oddities, ReviewReason.ORDER_SENT_TWICE),
    )


def _refuse(tx: Transaction, key: CommandKey, command: Command, refusal: Refusal) -> CommandOutcome:
    """Final: the command is malformed and stays so. It takes its place, so that others go on."""
    applied = tx.applied(key.asker, key.command_id)
    place = place_of(tx, command, DeviceId(key.asker))
    before = settled_before(tx, key, command, applied, place)
    if before is not None:
        return before
    outcome = CommandOutcome(
        command_id=command.command_id,
        outcome=Outcome.REFUSED_FINAL,
        reasons=(refusal.code,),
        sentence=refusal.sentence,
    )
    tx.remember(in_sequence(key, place), encode(outcome))
    tx.audit(key.operation, outcome=refusal.code, command=str(key.command_id))
    return outcome
