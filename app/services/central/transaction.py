"""What a handler at the centre works with: a transaction, who asks, and where to register.

The contract of every central service. A service is a class built once by `app/central.py` with a
Clock, Ids and what else it needs. One method, `register(handlers: Handlers) -> None`, names
handlers:

    handlers.add(operations.FIND_CUSTOMERS, self.find)    QUERY or COMMAND, on a service thread
        def find(self, tx: Transaction, actor: Actor, request: FindCustomers) -> CustomersFound
    handlers.add_batch(operations.SEND_COMMANDS, self.send)    BATCH, on a service thread
        def send(self, actor: Actor, request: SendCommands) -> CommandOutcomes
    handlers.add_saga(operations.ACQUIRE_PAUSE, self.acquire)    SAGA, on a thread of the sagas
        def acquire(self, saga: Saga, actor: Actor, request: AcquirePause) -> PauseHeld
    handlers.add_wait(operations.WAIT_FOR_CHANGES, self.wait)    WAIT, on the event loop
        async def wait(self, hold: Hold, actor: Actor, request: WaitForChanges) -> ChangePage

By the time a handler runs, the dispatcher has proved signer, permission and ownership; a handler
limits itself to the things of `actor.seat` or `actor.signed_in` where the row says OWN_SEAT or
OWN_SESSION.
- QUERY: one snapshot (repeatable read), read only; a write fails in the database.
- COMMAND: read committed; what the handler wrote, the audit row, the change rows and the stored
  answer commit together or not at all. It may run again from the start after a deadlock, so it acts
  on nothing but `tx`. Rows that two commands may fight over are locked (`with_for_update`).
- BATCH: many commands in one request, proved once, before and outside any transaction. The handler
  opens a transaction for what it takes (`Transactions.write`) and sees to key, stored answer and
  audit row of each command; nothing is written for the request itself unless it is refused.
- SAGA: holds no transaction. `saga.write` commits the intent, then the handler speaks to the other
  system, then `saga.write` commits the outcome. It is repeatable by an id in its request, because
  it is asked again when nobody knows what came of it, and a watchdog finishes what was left. The
  audit row of the operation is written after it, in a transaction of its own.
- `tx.at` is the one instant of the transaction, `tx.ids` makes ids; nothing asks the database for
  either.
- `tx.changed(...)` for every catalogue thing touched, `tx.about(...)` for the subject of the audit
  row, `tx.audit(...)` for further audit rows. Audit holds ids, codes and counts, never names or
  texts.
- Raise Refusal to give up: everything is rolled back and the refusal is audited when the row is
  audited. Raise KeptRefusal where what was written must stay (a failed sign-in is counted).
- `tx.session` is made when it is first asked for; the hot path does with `tx.connection`.
- Nothing of `tx` (session, connection, mapped rows) may be used after the handler returns.
- Operations with `keyed=False` (batches, sign-in) have no stored answer; `tx.applied` and
  `tx.remember` let a batch keep one for every command in it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, insert, select
from sqlalchemy.orm import Session

from app.models.central.record import AppliedCommand, Audit, ChangeRow
from app.store.central import CentralStore
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import DeviceId, Ids, Incarnation, PersonId, SessionId
from app.values.vocabulary import ChangeKind, Role
from app.wire.operation import Kind, Operation
from app.wire.people import Permission

Q = TypeVar("Q")
A = TypeVar("A")
T = TypeVar("T")

Fact = str | int | bool | None
DONE = "done"


class KeptRefusal(Refusal):
    """A refusal whose transaction is committed all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """The enrolled device that signed the request."""

    device_id: DeviceId
    incarnation: Incarnation
    name: str
    extension: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The person whose session came with the request."""

    person_id: PersonId
    session_id: SessionId
    role: Role
    team: str
    permissions: frozenset[Permission]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks, as far as the operation demands proof; `command_id` is the idempotency key."""

    device: Seat | None = None
    person: SignedIn | None = None
    command_id: UUID | None = None

    @property
    def seat(self) -> Seat:
        """The device; operations signed by a device or a person always have one."""
        if self.device is None:
            raise Fault("actor_without_seat", "This can only be asked by an enrolled seat.")
        return self.device

    @property
    def signed_in(self) -> SignedIn:
        """The person; operations signed by a person always have one."""
        if self.person is None:
            raise Fault("actor_without_person", "This can only be asked by a person.")
        return self.person


NOBODY = Actor()


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A command that was carried out before. `answer` is JSON."""

    sha256: bytes
    answer: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandKey:
    """Which command this is. `incarnation` and `sequence` come with commands of an outbox."""

    asker: UUID
    command_id: UUID
    operation: str
    sha256: bytes
    incarnation: UUID | None = None
    sequence: int | None = None


@dataclass(slots=True)
class _Pending:
    """Rows that are written in one go just before the commit."""

    changes: list[dict[str, Any]] = field(default_factory=list)
    audits: list[dict[str, Any]] = field(default_factory=list)
    subject: UUID | None = None
    facts: dict[str, Fact] = field(default_factory=dict)


class Transaction:
    """One transaction of the central database; lives on one thread until the handler returns."""

    def __init__(
        self, connection: Connection, at: datetime, ids: Ids, actor: Actor = NOBODY
    ) -> None:
        """`connection` has begun; whoever opened it commits."""
        self.connection = connection
        self.at = at
        self.ids = ids
        self.actor = actor
        self._session: Session | None = None
        self._pending = _Pending()

    @property
    def session(self) -> Session:
        """For mapped rows; the same transaction as `connection`."""
        if self._session is None:
            self._session = Session(self.connection, expire_on_commit=False)
        return self._session

    def changed(self, kind: ChangeKind, key: str, revision: int, *, deleted: bool = False) -> None:
        """Leave a change row for the feed, for every seat."""
        row = {"kind": kind, "key": key, "revision": revision, "deleted": deleted}
        self._pending.changes.append(row)

    def about(self, subject: UUID | None, **facts: Fact) -> None:
        """What the operation's own audit row is about; facts are ids, codes and counts."""
        self._pending.subject = subject
        self._pending.facts.update(facts)

    def audit(
        self, operation: str, subject: UUID | None = None, outcome: str = DONE, **facts: Fact
    ) -> None:
        """A further audit row, by the same actor at the same instant."""
        self._pending.audits.append(audit_row(self, operation, outcome, subject, facts))

    def audit_own(self, operation: str, outcome: str = DONE) -> None:
        """The operation's own audit row, about what `about` named; the dispatcher asks for it."""
        pending = self._pending
        self.audit(operation, pending.subject, outcome, **pending.facts)

    def applied(self, asker: UUID, command_id: UUID) -> Applied | None:
        """The stored answer to a command; waits for a twin of it that is running just now."""
        key = f"command {asker} {command_id}"
        self.connection.execute(_LOCK_KEY, {"key": key})
        values = {"asking": asker, "command": command_id}
        row = self.connection.execute(_APPLIED, values).one_or_none()
        return Applied(sha256=row.sha256, answer=row.answer) if row is not None else None

    def remember(self, key: CommandKey, answer: bytes) -> None:
        """Store the answer to a command for ever."""
        self.connection.execute(
            _REMEMBER,
            {
                "asker": key.asker,
                "command_id": key.command_id,
                "operation": key.operation,
                "sha256": key.sha256,
                "answer": answer,
                "applied_at": self.at,
                "incarnation": key.incarnation,
                "sequence": key.sequence,
            },
        )

    def finish(self) -> None:
        """Write what was left pending; called once, just before the commit."""
        if self._session is not None:
            self._session.flush()
        if self._pending.changes:
            self.connection.execute(_CHANGES, self._pending.changes)
        if self._pending.audits:
            self.connection.execute(_AUDITS, self._pending.audits)

    def close(self) -> None:
        """Let go of mapped rows; the transaction itself is for who opened it to end."""
        if self._session is not None:
            self._session.close()


# Built once: putting a statement together takes longer than PostgreSQL needs to answer it.
_APPLIED = select(AppliedCommand.sha256, AppliedCommand.answer).where(
    AppliedCommand.asker == bindparam("asking"),
    AppliedCommand.command_id == bindparam("command"),
)
_REMEMBER = insert(AppliedCommand)
_CHANGES = insert(ChangeRow)
_AUDITS = insert(Audit)
_LOCK_KEY = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("key"), 0)))


def audit_row(
    tx: Transaction, operation: str, outcome: str, subject: UUID | None, facts: Mapping[str, Fact]
) -> dict[str, Any]:
    """Column values of an audit row by the actor of the transaction."""
    actor = tx.actor
    return {
        "at": tx.at,
        "operation": operation,
        "outcome": outcome,
        "person_id": actor.person.person_id if actor.person else None,
        "device_id": actor.device.device_id if actor.device else None,
        "session_id": actor.person.session_id if actor.person else None,
        "command_id": actor.command_id,
        "subject": subject,
        "facts": dict(facts),
    }


class Saga:
    """What a saga handler works with: short transactions by the same actor, one after another."""

    def __init__(self, transactions: Transactions, actor: Actor) -> None:
        self._transactions = transactions
        self._actor = actor
        self.subject: UUID | None = None
        self.facts: dict[str, Fact] = {}

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run in one read-only snapshot."""
        return self._transactions.read(work, self._actor)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run and commit; may run again from the start after a deadlock."""
        return self._transactions.write(work, self._actor)

    def about(self, subject: UUID | None, **facts: Fact) -> None:
        """What the operation's own audit row is about; facts are ids, codes and counts."""
        self.subject = subject
        self.facts.update(facts)


class Transactions:
    """Opens transactions: for the dispatcher, for the command line and for background work."""

    def __init__(self, store: CentralStore, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    def read(self, work: Callable[[Transaction], T], actor: Actor = NOBODY) -> T:
        """Run in one read-only snapshot."""
        return self._store.read(partial(self._run, work, actor))

    def glance(self, work: Callable[[Transaction], T], actor: Actor = NOBODY) -> T:
        """Run outside any transaction: for one statement that reads, and needs no more."""
        return self._store.glance(partial(self._run, work, actor))

    def write(self, work: Callable[[Transaction], T], actor: Actor = NOBODY) -> T:
        """Run and commit; again from the start after a deadlock or a serialization failure."""

        def writing(tx: Transaction) -> T | KeptRefusal:
            try:
                outcome: T | KeptRefusal = work(tx)
            except KeptRefusal as kept:
                outcome = kept
            tx.finish()
            return outcome

        outcome = self._store.write(partial(self._run, writing, actor))
        if isinstance(outcome, KeptRefusal):
            raise outcome
        return outcome

    def _run(self, work: Callable[[Transaction], T], actor: Actor, connection: Connection) -> T:
        tx = Transaction(connection, self._clock.now(), self._ids, actor)
        try:
            return work(tx)
        finally:
            tx.close()


class Hold(Protocol):
    """What a WAIT handler may do while it holds neither thread nor connection."""

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a short read transaction on a service thread."""
        ...

    async def pause(self, seconds: float) -> bool:
        """Wait a moment; False when the service is stopping and the handler should answer now."""
        ...


Handler = Callable[[Transaction, Actor, Q], A]
BatchHandler = Callable[[Actor, Q], A]
SagaHandler = Callable[[Saga, Actor, Q], A]
WaitHandler = Callable[[Hold, Actor, Q], Awaitable[A]]


class Handlers:
    """Which handler runs an operation; filled once, by the services' `register`."""

    def __init__(self) -> None:
        self._direct: dict[str, Handler[Any, Any]] = {}
        self._batches: dict[str, BatchHandler[Any, Any]] = {}
        self._sagas: dict[str, SagaHandler[Any, Any]] = {}
        self._waits: dict[str, WaitHandler[Any, Any]] = {}

    def add(self, operation: Operation[Q, A], handler: Handler[Q, A]) -> None:
        """For a QUERY or a COMMAND."""
        if operation.kind not in {Kind.QUERY, Kind.COMMAND}:
            raise ValueError(f"{operation.name} is a {operation.kind.value}")
        self._refuse_second(operation.name)
        self._direct[operation.name] = handler

    def add_batch(self, operation: Operation[Q, A], handler: BatchHandler[Q, A]) -> None:
        """For a BATCH."""
        if operation.kind is not Kind.BATCH:
            raise ValueError(f"{operation.name} is a {operation.kind.value}")
        self._refuse_second(operation.name)
        self._batches[operation.name] = handler

    def add_saga(self, operation: Operation[Q, A], handler: SagaHandler[Q, A]) -> None:
        """For a SAGA."""
        if operation.kind is not Kind.SAGA:
            raise ValueError(f"{operation.name} is a {operation.kind.value}")
        self._refuse_second(operation.name)
        self._sagas[operation.name] = handler

    def add_wait(self, operation: Operation[Q, A], handler: WaitHandler[Q, A]) -> None:
        """For a WAIT."""
        if operation.kind is not Kind.WAIT:
            raise ValueError(f"{operation.name} is a {operation.kind.value}")
        self._refuse_second(operation.name)
        self._waits[operation.name] = handler

    def direct(self, operation: Operation[Q, A]) -> Handler[Q, A]:
        """The handler of a QUERY or COMMAND."""
        return self._direct[operation.name]

    def batch(self, operation: Operation[Q, A]) -> BatchHandler[Q, A]:
        """The handler of a BATCH."""
        return self._batches[operation.name]

    def saga(self, operation: Operation[Q, A]) -> SagaHandler[Q, A]:
        """The handler of a SAGA."""
        return self._sagas[operation.name]

    def wait(self, operation: Operation[Q, A]) -> WaitHandler[Q, A]:
        """The handler of a WAIT."""
        return self._waits[operation.name]

    def missing(self, table: tuple[Operation[Any, Any], ...]) -> tuple[str, ...]:
        """Names of operations that nobody handles."""
        return tuple(row.name for row in table if not self._handles(row.name))

    def _handles(self, name: str) -> bool:
        kinds = (self._direct, self._batches, self._sagas, self._waits)
        return any(name in handled for handled in kinds)

    def _refuse_second(self, name: str) -> None:
        if self._handles(name):
            raise ValueError(f"{name} has two handlers")
