"""What all commands of an outbox share at the centre: the same answer for ever, and their order.

The id of a command is its key: sent again it gives the same answer, and with another body it is
refused and audited. Commands of one store are taken in the sequence they were made in; one that
never arrives holds up the others for a while and not for ever.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import timedelta

from msgspec.structs import replace

from app.services.central.desk_clock import corrected
from app.services.central.transaction import Applied, CommandKey, Transaction
from app.wire.message import decode
from app.wire.sync import Command, CommandOutcome, Outcome

KEY_REUSED = "key_reused"
WAITED_FOR = timedelta(minutes=10)
"""So long after it was made a command waits for earlier ones: they may be with a person by now."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store has come to: its newest command here, 0 before the first.

    `taken`: another command has the place of the one that is asked about.
    """

    newest: int
    taken: bool


def settled_before(
    tx: Transaction,
    key: CommandKey,
    command: Command,
    applied: Applied | None,
    place: Place,
) -> CommandOutcome | None:
    """The answer where there is nothing to decide: taken already, or too early."""
    if applied is not None:
        return _repeated(tx, key, applied)
    if command.sequence > place.newest + 1 and _is_new(tx, command):
        return later(command, "An earlier command of this desk has not arrived yet.")
    return None


def later(command: Command, sentence: str) -> CommandOutcome:
    """Not now; the desk sends it again."""
    return CommandOutcome(
        command_id=command.command_id, outcome=Outcome.RETRY_LATER, sentence=sentence
    )


def in_sequence(key: CommandKey, place: Place) -> CommandKey:
    """A place in the sequence that is taken is not taken twice: the command is kept without one."""
    return dataclasses.replace(key, incarnation=None, sequence=None) if place.taken else key


def _is_new(tx: Transaction, command: Command) -> bool:
    """Whether it was made lately; where the clock is far out nobody waits."""
    return abs(tx.at - corrected(command.captured_at, command, tx.at)) <= WAITED_FOR


def _repeated(tx: Transaction, key: CommandKey, applied: Applied) -> CommandOutcome:
    """The stored answer; another body under the same id changes nothing and leaves a trace."""
    first = decode(applied.answer, CommandOutcome)
    if applied.sha256 == key.sha256:
        return replace(first, outcome=Outcome.REPLAYED, first=first.outcome)
    tx.audit(key.operation, outcome=KEY_REUSED, command=str(key.command_id))
    return CommandOutcome(
        command_id=first.command_id,
        outcome=Outcome.REFUSED_FINAL,
        reasons=(KEY_REUSED,),
        sentence="Another command was sent under this id before.",
    )
