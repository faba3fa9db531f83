"""Runs every operation of the centre, as the table of operations says.

The one place that proves who asks, decides permission and ownership, repeats stored answers, writes
the audit row, and turns whatever goes wrong into an answer. Queries, commands and batches run on
the service's threads, sagas on threads of their own; a wait runs on the event loop and goes to a
thread for each short look at the database.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import PurePath
from typing import Any, Protocol, TypeVar
from uuid import UUID

from app.services.central.identity import Identity, Proof
from app.services.central.measures import Answered, Measures
from app.services.central.transaction import (
    NOBODY,
    Actor,
    CommandKey,
    Handlers,
    KeptRefusal,
    Saga,
    Transaction,
    Transactions,
)
from app.services.ports import EventLog
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.identity import Ids
from app.wire.message import RefusalView, decode, encode
from app.wire.operation import Kind, Operation, Ownership, Signer
from app.wire.signed import path_of, read_head, read_key

T = TypeVar("T")

ENROLLING = UUID(int=0)
"""Stands for the asker of a command that nobody signs."""

OK = 200
_UNPROCESSABLE = 422
_BROKEN = 500
_PLACES_MOST = 8
_STATUS = {
    "malformed": 400,
    "key_missing": 400,
    "key_malformed": 400,
    "unsigned": 401,
    "device_unknown": 401,
    "signature_wrong": 401,
    "clock_wrong": 401,
    "session_over": 401,
    "device_revoked": 403,
    "permission_missing": 403,
    "not_yours": 403,
    "operation_unknown": 404,
    "body_too_large": 413,
    "service_busy": 503,
    "database_away": 503,
    "outcome_unknown": 503,
}
_WORTH_AN_AUDIT_ROW = {"permission_missing", "not_yours", "key_reused"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A request as it arrived; header names in small letters. `request_id` is found in the log."""

    operation: str
    headers: Mapping[str, str]
    body: bytes
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back: JSON of the response, or of a RefusalView when the status is not 200."""

    status: int
    body: bytes


class Threads(Protocol):
    """Takes the work of waits to a service thread; `stopping` is set when the service ends."""

    stopping: asyncio.Event

    async def run(self, work: Callable[[], T]) -> T:
        """The outcome of `work`, done on a thread."""
        ...


@dataclass(slots=True)
class _Attempt:
    """One request on its way; `actor` is filled in as soon as it is proved."""

    envelope: Envelope
    operation: Operation[Any, Any]
    actor: Actor = NOBODY
    repeated: bool = False


class Dispatcher:
    """Answers envelopes. Refuses to be made while an operation of the table has no handler."""

    def __init__(
        self,
        table: tuple[Operation[Any, Any], ...],
        handlers: Handlers,
        transactions: Transactions,
        identity: Identity,
        clock: Clock,
        ids: Ids,
        log: EventLog,
        measures: Measures | None = None,
    ) -> None:
        """Where nobody measures, nothing is counted."""
        require_sound(table)
        missing = handlers.missing(table)
        if missing:
            raise Fault("no_handler", f"Nobody handles {', '.join(missing)}.")
        self._table = {row.name: row for row in table}
        self._handlers = handlers
        self._transactions = transactions
        self._identity = identity
        self._clock = clock
        self._ids = ids
        self._log = log
        self._measures = measures or Measures()

    def kind_of(self, operation: str) -> Kind | None:
        """How an operation has to be run; None when there is none of that name."""
        row = self._table.get(operation)
        return row.kind if row is not None else None

    def answer(self, envelope: Envelope) -> Answer:
        """Run an operation of any kind on this thread. Never raises."""
        if self.kind_of(envelope.operation) is Kind.WAIT:
            return asyncio.run(self.answer_wait(envelope, OwnThreads()))
        return self._answered(envelope, self._run)

    async def answer_wait(self, envelope: Envelope, threads: Threads) -> Answer:
        """Run a wait; holds neither thread nor connection while it waits. Never raises."""
        started = self._clock.monotonic()
        attempt = _Attempt(envelope, self._table[envelope.operation])
        try:
            with self._measures.holding():
                answer = Answer(status=OK, body=await self._hold(attempt, threads))
            problem: Exception | None = None
        except Exception as caught:  # noqa: BLE001 - the dispatcher answers whatever happens
            answer, problem = await threads.run(partial(self._answer_to, caught, attempt)), caught
        self._note(attempt, answer, problem, started)
        return answer

    def _answered(self, envelope: Envelope, run: Callable[[_Attempt], bytes]) -> Answer:
        started = self._clock.monotonic()
        operation = self._table.get(envelope.operation)
        if operation is None:
            refusal = Refusal("operation_unknown", "The service does not know this operation.")
            return Answer(status=status_of(refusal.code), body=encode(_view(refusal)))
        attempt = _Attempt(envelope, operation)
        problem: Exception | None = None
        try:
            answer = Answer(status=OK, body=run(attempt))
        except Exception as caught:  # noqa: BLE001 - the dispatcher answers whatever happens
            answer, problem = self._answer_to(caught, attempt), caught
        self._note(attempt, answer, problem, started)
        return answer

    def _run(self, attempt: _Attempt) -> bytes:
        match attempt.operation.kind:
            case Kind.QUERY:
                return self._transactions.read(partial(self._query, attempt=attempt))
            case Kind.COMMAND:
                return self._transactions.write(partial(self._command, attempt=attempt))
            case Kind.BATCH:
                return self._batch(attempt)
            case Kind.SAGA:
                return self._saga(attempt)
            case _:
                raise Fault("kind_unknown", "This kind of operation cannot be run here.")

    def _query(self, tx: Transaction, attempt: _Attempt) -> bytes:
        request = self._admit(tx, attempt)
        return encode(self._handlers.direct(attempt.operation)(tx, tx.actor, request))

    def _command(self, tx: Transaction, attempt: _Attempt) -> bytes:
        operation = attempt.operation
        request = self._admit(tx, attempt)
        key = _command_key(attempt) if operation.keyed else None
        if key is not None:
            applied = tx.applied(key.asker, key.command_id)
            if applied is not None:
                if applied.sha256 != key.sha256:
                    raise Refusal("key_reused", "This key belongs to another command.")
                attempt.repeated = True
                return applied.answer
        try:
            answer = encode(self._handlers.direct(operation)(tx, tx.actor, request))
        except KeptRefusal as kept:
            if operation.audited:
                tx.audit_own(operation.name, kept.code)
            raise
        if operation.audited:
            tx.audit_own(operation.name)
        if key is not None:
            tx.remember(key, answer)
        return answer

    def _batch(self, attempt: _Attempt) -> bytes:
        """Proved before; it must not sit on a connection while each command takes one."""
        request = self._transactions.glance(partial(self._admit, attempt=attempt))
        return encode(self._handlers.batch(attempt.operation)(attempt.actor, request))

    def _saga(self, attempt: _Attempt) -> bytes:
        """Proved before the handler speaks to others."""
        operation = attempt.operation
        request = self._transactions.glance(partial(self._admit, attempt=attempt))
        saga = Saga(self._transactions, attempt.actor)
        answer = encode(self._handlers.saga(operation)(saga, attempt.actor, request))
        if operation.audited:
            saga.write(partial(_audit_saga, operation=operation.name, saga=saga))
        return answer

    async def _hold(self, attempt: _Attempt, threads: Threads) -> bytes:
        hold = _Hold(self._transactions, threads)
        request = await hold.glance(partial(self._admit, attempt=attempt))
        handler = self._handlers.wait(attempt.operation)
        return encode(await handler(hold, attempt.actor, request))

    def _admit(self, tx: Transaction, attempt: _Attempt) -> Any:  # noqa: ANN401 - the row's request type
        """The request, once it is proved that its asker may ask it."""
        operation, envelope = attempt.operation, attempt.envelope
        attempt.actor = tx.actor = self._prove(tx, operation, envelope)
        if operation.permission is not None:
            _require_permission(operation, tx.actor)
        request = decode(envelope.body, operation.request)
        _require_own(operation, tx.actor, request)
        return request

    def _prove(self, tx: Transaction, operation: Operation[Any, Any], envelope: Envelope) -> Actor:
        if operation.signer is Signer.NOBODY:
            return Actor(command_id=read_key(envelope.headers))
        if operation.signer is Signer.WAREHOUSE:
            self._identity.require_warehouse(tx, envelope.headers, envelope.body)
            return NOBODY
        head, signature = read_head(envelope.headers)
        proof = Proof(
            head=head, signature=signature, path=path_of(operation.name), body=envelope.body
        )
        return self._identity.prove(tx, operation.signer, proof)

    def _answer_to(self, problem: Exception, attempt: _Attempt) -> Answer:
        if isinstance(problem, Refusal):
            self._audit_refusal(attempt, problem)
            return Answer(status=status_of(problem.code), body=encode(_view(problem)))
        incident = attempt.envelope.request_id[-8:]
        code, sentence = "fault", "Something is broken at the central service."
        if isinstance(problem, Fault):
            code, sentence = problem.code, problem.sentence
        self._log.write(
            "fault",
            request_id=attempt.envelope.request_id,
            operation=attempt.operation.name,
            incident=incident,
            code=code,
            error=kinds_of(problem),
            where=places_of(problem),
        )
        view = RefusalView(code=code, sentence=sentence, incident=incident)
        return Answer(status=_STATUS.get(code, _BROKEN), body=encode(view))

    def _audit_refusal(self, attempt: _Attempt, refusal: Refusal) -> None:
        """What was rolled back leaves a row all the same, once it is known who asked."""
        operation = attempt.operation
        if isinstance(refusal, KeptRefusal) or attempt.actor.device is None:
            return
        if operation.audited or refusal.code in _WORTH_AN_AUDIT_ROW:
            audit = partial(_audit_refused, operation=operation.name, code=refusal.code)
            try:
                self._transactions.write(audit, attempt.actor)
            except Exception as problem:  # noqa: BLE001 - the refusal is answered all the same
                self._log.write(
                    "refusal_not_audited",
                    request_id=attempt.envelope.request_id,
                    operation=operation.name,
                    error=kinds_of(problem),
                )

    def _note(
        self, attempt: _Attempt, answer: Answer, problem: Exception | None, started: float
    ) -> None:
        actor, seconds = attempt.actor, self._clock.monotonic() - started
        self._measures.answered(attempt.operation, _heard_as(attempt, answer), seconds)
        self._log.write(
            "request",
            request_id=attempt.envelope.request_id,
            operation=attempt.operation.name,
            status=answer.status,
            code=problem.code if isinstance(problem, Refusal | Fault) else None,
            repeated=int(attempt.repeated),
            ms=round(seconds * 1000, 1),
            device_id=str(actor.device.device_id) if actor.device else None,
            person_id=str(actor.person.person_id) if actor.person else None,
            command_id=str(actor.command_id) if actor.command_id else None,
        )


class OwnThreads:
    """Threads for a wait that is answered in process, without a server."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()

    async def run(self, work: Callable[[], T]) -> T:
        """On a thread of the event loop's own."""
        return await asyncio.to_thread(work)


class _Hold:
    """The Hold of one wait."""

    def __init__(self, transactions: Transactions, threads: Threads) -> None:
        self._transactions = transactions
        self._threads = threads

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self._threads.run(partial(self._transactions.read, work))

    async def glance(self, work: Callable[[Transaction], T]) -> T:
        return await self._threads.run(partial(self._transactions.glance, work))

    async def pause(self, seconds: float) -> bool:
        stopping = self._threads.stopping
        try:
            await asyncio.wait_for(stopping.wait(), seconds)
        except TimeoutError:
            return True
        return False


def places_of(problem: BaseException) -> str:
    """Where in our own code a problem arose: files and lines, never values."""
    frames = traceback.extract_tb(problem.__traceback__)
    ours = [frame for frame in frames if "/app/" in frame.filename.replace("\\", "/")]
    places = (f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in ours[-_PLACES_MOST:])
    return " > ".join(places)


def kinds_of(problem: BaseException) -> str:
    """The kinds of a problem and of what caused it; never its words, which may hold a name."""
    kinds: list[str] = []
    link: BaseException | None = problem
    while link is not None and len(kinds) < _PLACES_MOST:
        kinds.append(type(link).__name__)
        link = link.__cause__
    return " < ".join(kinds)


def require_sound(table: tuple[Operation[Any, Any], ...]) -> None:
    """Raises Fault `table_unsound` for a row whose demands nobody could prove."""
    for row in table:
        needs_person = row.permission is not None or row.ownership is Ownership.OWN_SESSION
        needs_seat = row.ownership is Ownership.OWN_SEAT
        if (needs_person and row.signer is not Signer.PERSON) or (
            needs_seat and row.signer in {Signer.NOBODY, Signer.WAREHOUSE}
        ):
            raise Fault("table_unsound", f"{row.name} demands more than its signer can prove.")


def status_of(code: str) -> int:
    """HTTP's word for a refusal."""
    return _STATUS.get(code, _UNPROCESSABLE)


def _heard_as(attempt: _Attempt, answer: Answer) -> Answered:
    if answer.status == OK:
        return Answered.REPEATED if attempt.repeated else Answered.DONE
    return Answered.FAILED if answer.status >= _BROKEN else Answered.REFUSED


def _view(refusal: Refusal) -> RefusalView:
    return RefusalView(code=refusal.code, sentence=refusal.sentence, field=refusal.field)


def _command_key(attempt: _Attempt) -> CommandKey:
    actor, name = attempt.actor, attempt.operation.name
    if actor.command_id is None:
        raise Refusal("key_missing", "A command needs a key, so that it can be repeated.")
    return CommandKey(
        asker=actor.device.device_id if actor.device is not None else ENROLLING,
        command_id=actor.command_id,
        operation=name,
        sha256=sha256(name.encode() + b"\n" + attempt.envelope.body).digest(),
    )


def _require_permission(operation: Operation[Any, Any], actor: Actor) -> None:
    if operation.permission not in actor.signed_in.permissions:
        raise Refusal("permission_missing", "You are not allowed to do this. Please ask your lead.")


def _require_own(operation: Operation[Any, Any], actor: Actor, request: object) -> None:
    """What a request names by id belongs to who asks; the rest is the handler's to limit."""
    if operation.ownership is Ownership.OWN_SEAT:
        _require_same(getattr(request, "device_id", None), actor.seat.device_id)
    elif operation.ownership is Ownership.OWN_SESSION:
        _require_same(getattr(request, "session_id", None), actor.signed_in.session_id)


def _require_same(named: UUID | None, own: UUID) -> None:
    if named is not None and named != own:
        raise Refusal("not_yours", "This belongs to another seat.")


def _audit_saga(tx: Transaction, operation: str, saga: Saga) -> None:
    tx.about(saga.subject, **saga.facts)
    tx.audit_own(operation)


def _audit_refused(tx: Transaction, operation: str, code: str) -> None:
    tx.audit(operation, outcome=code)
