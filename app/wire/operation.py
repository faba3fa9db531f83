"""What a row of the table of operations says; the rows are in `operations`, `card_operations`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from app.wire.people import Permission

Q = TypeVar("Q")
A = TypeVar("A")

ANSWER_SECONDS = 20.0


class Kind(Enum):
    """How the dispatcher runs an operation."""

    QUERY = "query"
    """Reads; no key, a short read transaction."""
    COMMAND = "command"
    """Changes, in ONE transaction: authorise, already applied?, handler, audit row, change rows."""
    BATCH = "batch"
    """Many commands in one request: proved once, each with key, transaction and audit row."""
    SAGA = "saga"
    """Speaks to another system: commit the intent, act outside any transaction, commit outcome."""
    WAIT = "wait"
    """Holds no thread and no connection while it waits."""


class Home(Enum):
    """Which side runs it."""

    DESK = "desk"
    CENTRE = "centre"


class Signer(Enum):
    """Who must be proved to ask: nobody, the enrolled seat, or a person signed in at one.

    WAREHOUSE: whoever has the warehouse's secret (`wire/webhook_signature.py`).
    """

    NOBODY = "nobody"
    DEVICE = "device"
    PERSON = "person"
    WAREHOUSE = "warehouse"


class Ownership(Enum):
    """Whose things an operation may touch."""

    ANYONES = "anyones"
    OWN_SEAT = "own_seat"
    OWN_SESSION = "own_session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[Q, A]):
    """One row of the table.

    `keyed`: the answer to a command is stored under its idempotency key and given again for ever.
    Not so for a batch, whose commands have keys of their own, and for sign-in, whose body must
    leave no trace. A saga has ids in its request that make it repeatable. `audited`: what it
    changes leaves an audit row, and so does a refusal; of a batch each command does.
    `patience_s` is how long a desk waits for the centre's answer.
    """

    name: str
    request: type[Q]
    response: type[A]
    kind: Kind
    home: Home = Home.CENTRE
    signer: Signer = Signer.PERSON
    permission: Permission | None = None
    ownership: Ownership = Ownership.ANYONES
    audited: bool = False
    keyed: bool = True
    patience_s: float = ANSWER_SECONDS
