"""Takes what desks send, command by command, each as if in a transaction of its own.

Orders that follow each other and have no bearing on one another are kept some at a time, all or
none: whatever is odd about one of them, and whatever goes wrong, sends them the way one by one.
A well-formed command from an enrolled seat is never turned away: an order is accepted, or accepted
and marked for a second look; a change is carried out, or kept as a request; the end of a call, a
contact, and that an order will not come, are kept whatever they name.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace
from psycopg import errors
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from app.services.central import giving_up
from app.services.central.acceptance import Acceptance, Arrival
from app.services.central.closings import Closings, EndedCall
from app.services.central.contacts import Contacts, EndedContact
from app.services.central.giving_up import GivenUp
from app.services.central.judgement import (
    refuse_malformed,
    refuse_malformed_closing,
    refuse_malformed_contact,
    refuse_malformed_giving_up,
)
from app.services.central.masking import e164
from app.services.central.measures import Measures
from app.services.central.number_leases import NumberLeases
from app.services.central.order_changes import ArrivedChange, OrderChanges
from app.services.central.order_changes_judging import refuse_malformed_change
from app.services.central.order_decisions import decided
from app.services.central.order_facts import (
    Asked,
    Facts,
    WorkedOut,
    facts_about,
    first_sha256,
    place_of,
)
from app.services.central.orders import keep
from app.services.central.settling import in_sequence, later, settled_before
from app.services.central.togetherness import are_apart
from app.services.central.transaction import Actor, CommandKey, Handlers, Transaction, Transactions
from app.services.rules.regions import RegionRules
from app.services.rules.review import ReviewReason
from app.values.errors import Fault, Refusal
from app.values.identity import DeviceId, OrderId
from app.values.vocabulary import CommandKind, Region
from app.wire import operations
from app.wire.contacts import Contact
from app.wire.message import decode, encode
from app.wire.order_changes import OrderChange
from app.wire.orders import PlacedOrder
from app.wire.payments import GivenUpOrder
from app.wire.read_back import ClosedCall
from app.wire.sync import Command, CommandOutcome, CommandOutcomes, Outcome, SendCommands

TRIES_MOST = 4
TOGETHER_LEAST, TOGETHER_MOST = 2, 10
"""So many orders are kept at once: most of the gain, and others wait little for their products."""
_NUL = b"\\u0000"
_MALFORMED = "malformed"
_BUSY = "service_busy"

Decide = Callable[[Transaction], CommandOutcome | None]
"""Takes a command that was read; None: a twin of it was faster, look again."""


class _Overtaken(Exception):  # noqa: N818 - no error: it rolls back what was done for the order
    """A twin of the command was faster; what this one took from stock is the twin's."""


class _OneByOne(Exception):  # noqa: N818 - no error: it rolls back what was done together
    """They may have a bearing on one another, or one of them is odd."""


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
        self._contacts = Contacts(regions)
        self._changes = OrderChanges(regions)

    def register(self, handlers: Handlers) -> None:
        """Name the handlers."""
        handlers.add_batch(operations.SEND_COMMANDS, self.send)

    def send(self, actor: Actor, request: SendCommands) -> CommandOutcomes:
        """One outcome per command, in the same order.

        When the database fails part of the way, what was done is told and the rest is for later.
        """
        outcomes: list[CommandOutcome] = []
        try:
            for run in _runs(request.commands):
                together = self._take_together(run, actor)
                outcomes += together
                for command in run[len(together) :]:
                    outcomes.append(self.take(command, actor))
        except Fault:
            if not outcomes:
                raise
        rest = request.commands[len(outcomes) :]
        outcomes += [later(command, "The service was interrupted.") for command in rest]
        for command, outcome in zip(request.commands, outcomes, strict=True):
            self._measures.taken(command.kind, outcome.outcome)
        return CommandOutcomes(outcomes=tuple(outcomes))

    def take(self, command: Command, actor: Actor) -> CommandOutcome:
        """The outcome of one command of a seat, for ever the same."""
        key = _key_of(command, actor)
        try:
            return self._settle(self._read(key, command), actor)
        except Refusal as refusal:
            refuse = partial(_refuse, key=key, command=command, refusal=refusal)
            return self._transactions.write(refuse, actor)

    def _take_together(self, commands: Sequence[Command], actor: Actor) -> list[CommandOutcome]:
        """Outcomes of orders that were kept at once; none where they go the way one by one."""
        if len(commands) < TOGETHER_LEAST:
            return []
        try:
            arrivals = [_arrival(_key_of(command, actor), command) for command in commands]
            return self._transactions.write(partial(self._decide_all, arrivals=arrivals), actor)
        except (_OneByOne, _Overtaken, DBAPIError, Refusal):
            return []
        except Fault as fault:
            if fault.code != _BUSY:
                raise
            return []

    def _decide_all(self, tx: Transaction, arrivals: Sequence[Arrival]) -> list[CommandOutcome]:
        asked = [self._asked(tx, arrival) for arrival in arrivals]
        facts = facts_about(tx, asked)
        if not are_apart(asked, facts):
            raise _OneByOne
        return self._keep(tx, list(zip(arrivals, facts, strict=True)))

    def _read(self, key: CommandKey, command: Command) -> Decide:
        """What decides about a command. Raises Refusal `malformed`."""
        device = DeviceId(key.asker)
        if command.kind is CommandKind.PLACE_ORDER:
            return partial(self._decide, arrival=_arrival(key, command))
        clean = _without_nul(_whole_body(key, command))
        if command.kind is CommandKind.CLOSE_CALL:
            closed = decode(clean, ClosedCall)
            refuse_malformed_closing(closed, command)
            ended = EndedCall(key=key, command=command, device_id=device, closed=closed)
            return partial(self._closings.decide, ended=ended)
        if command.kind is CommandKind.NOTE_CONTACT:
            contact = decode(clean, Contact)
            refuse_malformed_contact(contact, command)
            spoken = EndedContact(key=key, command=command, device_id=device, contact=contact)
            return partial(self._contacts.decide, ended=spoken)
        if command.kind is CommandKind.CHANGE_ORDER:
            change = decode(clean, OrderChange)
            refuse_malformed_change(change, command)
            arrived = ArrivedChange(key=key, command=command, device_id=device, change=change)
            return partial(self._changes.decide, arrived=arrived)
        order = decode(clean, GivenUpOrder)
        refuse_malformed_giving_up(order, command)
        given = GivenUp(key=key, command=command, device_id=device, order=order)
        return partial(giving_up.decide, given=given)

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
        placed = arrival.placed
        (facts,) = facts_about(tx, [self._asked(tx, arrival)])
        before = settled_before(tx, arrival.key, arrival.command, facts.applied, facts.place)
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
        (outcome,) = self._keep(tx, [(arrival, facts)])
        return outcome

    def _keep(
        self, tx: Transaction, arrivals: Sequence[tuple[Arrival, Facts]]
    ) -> list[CommandOutcome]:
        records = self._acceptance.records(tx, arrivals)
        if not keep(tx, records):
            raise _Overtaken
        for record in records:
            if record.reasons:
                decided(tx, record.placed.document.order_id)
        return [record.outcome for record in records]

    def _asked(self, tx: Transaction, arrival: Arrival) -> Asked:
        placed = arrival.placed
        worked_out = WorkedOut(self._leases.value_of(tx, placed.number), self._phone(placed))
        return Asked(
            command=arrival.command,
            device=arrival.device_id,
            placed=placed,
            worked_out=worked_out,
        )

    def _phone(self, placed: PlacedOrder) -> str | None:
        customer = placed.document.customer
        return e164(customer.phone, self._regions[placed.document.region]) if customer else None


def _runs(commands: Sequence[Command]) -> list[list[Command]]:
    """Orders that follow each other, some at a time; anything else alone."""
    runs: list[list[Command]] = []
    for command in commands:
        follows = runs and runs[-1][-1].kind is command.kind is CommandKind.PLACE_ORDER
        if follows and len(runs[-1]) < TOGETHER_MOST:
            runs[-1].append(command)
        else:
            runs.append([command])
    return runs


def _key_of(command: Command, actor: Actor) -> CommandKey:
    return CommandKey(
        asker=actor.seat.device_id,
        command_id=command.command_id,
        operation=command.kind.value,
        sha256=hashlib.sha256(command.body).digest(),
        incarnation=command.incarnation,
        sequence=command.sequence,
    )


def _whole_body(key: CommandKey, command: Command) -> bytes:
    """As the seat sent it. Raises Refusal `malformed`."""
    if key.sha256.hex() != command.sha256.lower():
        raise Refusal(_MALFORMED, "It was damaged on its way.")
    return bytes(command.body)


def _arrival(key: CommandKey, command: Command) -> Arrival:
    """An order that was read. Raises Refusal `malformed`."""
    body = _whole_body(key, command)
    clean = _without_nul(body)
    placed = decode(clean, PlacedOrder)
    refuse_malformed(placed, command)
    told = placed if clean is body else decode(body, PlacedOrder)
    device = DeviceId(key.asker)
    return Arrival(key=key, command=command, device_id=device, placed=placed, told=told)


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
