"""Five bugs that protocols like this one are known for, planted to see whether they are found.

Each stands in front of the real part or beside it; the program itself knows nothing of them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import psycopg
from msgspec import Raw
from msgspec.structs import replace

from app.campaigns.faults.simulation.replicas import MortalStore
from app.campaigns.faults.simulation.seams import Fuse, FusedStore, writes_command
from app.campaigns.faults.simulation.stage import NOTHING_PLANTED, Planted
from app.central import Central
from app.transport.client import RemoteCaller
from app.values.errors import Unreachable
from app.values.identity import CommandId
from app.values.vocabulary import CommandKind
from app.wire.operation import Operation
from app.wire.operations import SEND_COMMANDS
from app.wire.sync import Command, CommandOutcome, CommandOutcomes, Outcome, SendCommands

Q = TypeVar("Q")
A = TypeVar("A")
Send = Callable[[Any, SendCommands], CommandOutcomes]


@dataclass(frozen=True, slots=True)
class Bug:
    """One planted bug. `plant` makes what it needs anew for every seed."""

    name: str
    plant: Callable[[], Planted]


def _no_idempotency() -> Planted:
    """The centre takes what it had before for something new."""
    had: set[UUID] = set()

    def plant(central: Central, store: MortalStore) -> None:
        del store
        real = _real_send(central)

        def send(actor: Any, request: SendCommands) -> CommandOutcomes:  # noqa: ANN401 - as the real one
            taken = tuple(
                _as_new(command, len(had)) if command.command_id in had else command
                for command in request.commands
            )
            had.update(command.command_id for command in request.commands)
            answer = real(actor, replace(request, commands=taken))
            return _under_own_ids(answer, request.commands)

        _put_send(central, send)

    return Planted(plant, NOTHING_PLANTED.port, NOTHING_PLANTED.store)


def _new_key_per_retry() -> Planted:
    """The desk makes a new id each time it sends a command again."""
    return Planted(NOTHING_PLANTED.replica, NewKeys, NOTHING_PLANTED.store)


def _key_apart() -> Planted:
    """The centre commits the effect first, and that it had the command in a second transaction."""

    def plant(central: Central, store: MortalStore) -> None:
        real = _real_send(central)
        url = str(store.engine.url.render_as_string(hide_password=False))

        def send(actor: Any, request: SendCommands) -> CommandOutcomes:  # noqa: ANN401 - as the real one
            outcomes: list[CommandOutcome] = []
            for command in request.commands:
                answer = real(actor, replace(request, commands=(command,)))
                _forget_and_note(url, command.command_id, store)
                outcomes.extend(answer.outcomes)
            return CommandOutcomes(outcomes=tuple(outcomes))

        _put_send(central, send)

    return Planted(plant, NOTHING_PLANTED.port, NOTHING_PLANTED.store)


def _acknowledged_on_send() -> Planted:
    """The desk takes a command for arrived as soon as it was sent."""
    return Planted(NOTHING_PLANTED.replica, Hopeful, NOTHING_PLANTED.store)


def _outbox_apart() -> Planted:
    """The desk commits the row of the outbox apart from the order it belongs to."""
    return Planted(NOTHING_PLANTED.replica, NOTHING_PLANTED.port, ApartStore)


BUGS = (
    Bug("no idempotency", _no_idempotency),
    Bug("new key per retry", _new_key_per_retry),
    Bug("key and effect in two transactions", _key_apart),
    Bug("acknowledged on send", _acknowledged_on_send),
    Bug("outbox row written apart from the order", _outbox_apart),
)


class _InFront:
    """Stands between a desk and its real caller."""

    def __init__(self, real: RemoteCaller) -> None:
        self._real = real

    @property
    def clock_offset_ms(self) -> int:
        """As the real one."""
        return self._real.clock_offset_ms

    def use_session(self, token: str | None) -> None:
        """As the real one."""
        self._real.use_session(token)

    def close(self) -> None:
        """As the real one."""
        self._real.close()

    def call(self, operation: Operation[Q, A], request: Q) -> A:
        """As the real one, but for commands."""
        if isinstance(request, SendCommands):
            answer: Any = self._send(request)
            return answer  # type: ignore[no-any-return] # the answer of the operation it tests for
        return self._real.call(operation, request)

    def _send(self, request: SendCommands) -> CommandOutcomes:
        return self._real.call(SEND_COMMANDS, request)


class NewKeys(_InFront):
    """Gives commands that were sent before another id."""

    def __init__(self, real: RemoteCaller) -> None:
        super().__init__(real)
        self._times: dict[UUID, int] = {}

    def _send(self, request: SendCommands) -> CommandOutcomes:
        sent = tuple(map(self._renewed, request.commands))
        answer = super()._send(replace(request, commands=sent))
        return _under_own_ids(answer, request.commands)

    def _renewed(self, command: Command) -> Command:
        times = self._times.get(command.command_id, 0)
        self._times[command.command_id] = times + 1
        return replace(command, command_id=CommandId(UUID(int=command.command_id.int ^ times)))


class Hopeful(_InFront):
    """Counts what was sent as accepted, answer or none."""

    def _send(self, request: SendCommands) -> CommandOutcomes:
        try:
            return super()._send(request)
        except Unreachable:
            accepted = (
                CommandOutcome(command_id=one.command_id, outcome=Outcome.ACCEPTED)
                for one in request.commands
            )
            return CommandOutcomes(outcomes=tuple(accepted))


class ApartStore(FusedStore):
    """Commits as soon as a command is written, and goes on in another transaction."""

    @contextmanager
    def write(self) -> Generator[Any]:
        """Two transactions where a command is among what is written."""
        with super().write() as connection:
            yield _ApartConnection(connection, self._fuse)


class _ApartConnection:
    """A connection that commits behind each command."""

    def __init__(self, inner: Any, fuse: Fuse) -> None:  # noqa: ANN401 - a connection of the store's own
        self._inner = inner
        self._fuse = fuse

    def execute(self, *statement: Any) -> Any:  # noqa: ANN401 - as the real one
        """Run a statement."""
        done = self._inner.execute(*statement)
        if writes_command(statement[0]):
            self._inner.exec_driver_sql("COMMIT")
            self._fuse.at("between the outbox row and the order")
            self._inner.exec_driver_sql("BEGIN IMMEDIATE")
        return done

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real one
        return getattr(self._inner, name)


def _real_send(central: Central) -> Send:
    send: Send = central.dispatcher._handlers._batches[SEND_COMMANDS.name]  # noqa: SLF001 - a bug is planted past the front door
    return send


def _put_send(central: Central, send: Send) -> None:
    central.dispatcher._handlers._batches[SEND_COMMANDS.name] = send  # noqa: SLF001 - as above


def _under_own_ids(answer: CommandOutcomes, commands: tuple[Command, ...]) -> CommandOutcomes:
    """The outcomes under the ids that the desk knows."""
    pairs = zip(answer.outcomes, commands, strict=True)
    return CommandOutcomes(
        outcomes=tuple(replace(one, command_id=known.command_id) for one, known in pairs)
    )


def _as_new(command: Command, salt: int) -> Command:
    """The same wish under other ids, as if it were another one's."""
    new_id = UUID(int=command.command_id.int ^ (salt + 1))
    body: dict[str, Any] = msgspec.json.decode(bytes(command.body))
    if command.kind is CommandKind.PLACE_ORDER:
        old = UUID(body["document"]["order_id"])
        body["document"]["order_id"] = str(UUID(int=old.int ^ (salt + 1)))
    written = msgspec.json.encode(body)
    return replace(
        command,
        command_id=CommandId(new_id),
        body=Raw(written),
        sha256=sha256(written).hexdigest(),
    )


def _forget_and_note(url: str, command_id: UUID, store: MortalStore) -> None:
    """Take the key out of the transaction it was in, and write it in one of its own."""
    plain = url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain, autocommit=True) as connection:
        row = connection.execute(
            "DELETE FROM applied_command WHERE command_id = %s RETURNING *", (command_id,)
        ).fetchone()
    if row is None:
        return
    store.commit_apart()
    with psycopg.connect(plain, autocommit=True) as connection:
        places = ", ".join(["%s"] * len(row))
        connection.execute(f"INSERT INTO applied_command VALUES ({places})", row)  # noqa: S608 - placeholders
