"""What all commands of an outbox share at the centre: the same answer for ever, and their order.

The id of a command is its key: sent again it gives the same answer, and with another body it is
refused and audited. Commands of one store are taken in the sequence they were made in.
"""

from __future__ import annotations

import dataclasses

from msgspec.structs import replace

from app.services.central.transaction import Applied, CommandKey, Transaction
from app.wire.message import decode
from app.wire.sync import Command, CommandOutcome, Outcome

KEY_REUSED = "key_reused"


def settled_before(
    tx: Transaction,
    key: CommandKey,
    command: Command,
    applied: Applied | None,
    last_sequence: int,
) -> CommandOutcome | None:
    """The answer where there is nothing to decide: taken already, or too early."""
    if applied is not None:
        return _repeated(tx, key, applied)
    if command.sequence > last_sequence + 1:
        return later(command, "An earlier command of this desk has not arrived yet.")
    return None


def later(command: Command, sentence: str) -> CommandOutcome:
    """Not now; the desk sends it again."""
    return CommandOutcome(
        command_id=command.command_id, outcome=Outcome.RETRY_LATER, sentence=sentence
    )


def in_sequence(key: CommandKey, last_sequence: int) -> CommandKey:
    """A place in the sequence that is taken is not taken twice: the command is kept without one."""
    if key.sequence is None or key.sequence > last_sequence:
        return key
    return dataclasses.replace(key, incarnation=None, sequence=None)


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
