"""Sends what was done at this desk to the centre, in order, until the centre has answered for it.

Every command ends settled, or with a person; none is ever dropped here. A command the centre cannot
read or fails on does not hold up the others. Runs on one worker thread, signed by the seat alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    exists,
    func,
    not_,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import aliased

from app.models.desk.tables import ENDS_CALL, NEEDS_PERSON, WAITING, CommandRow, PlacedOrderRow
from app.services.desk.decisions import is_final
from app.services.desk.records import Records, command_of
from app.services.desk.standing import Standing
from app.services.ports import Centre
from app.values.clock import Clock
from app.values.errors import Refusal, Unreachable
from app.values.vocabulary import CommandKind, CommandState
from app.wire.operations import SEND_COMMANDS
from app.wire.sync import COMMANDS_MOST, CommandOutcome, Outcome, SendCommands

BATCH_BYTES = 256 * 1024
"""More than this goes in several batches; one command alone may be larger."""

FAILURES_MOST = 20
"""So many failures of one command alone, while others pass, and it waits for a person."""

RESENT_DAYS = 30
_READY = (CommandState.CAPTURED, CommandState.PENDING)
_CANNOT_BE_READ = {"malformed", "body_too_large", "key_reused"}
_NOT_THE_CENTRE = "not_the_centre"
_LINE = {
    "connection_broken",
    "centre_away",
    _NOT_THE_CENTRE,
    "service_busy",
    "database_away",
    "outcome_unknown",
}
"""Codes of Unreachable that say nothing about what was sent."""
_STATES = {
    Outcome.ACCEPTED: CommandState.ACKED,
    Outcome.NEEDS_REVIEW: CommandState.NEEDS_REVIEW,
    Outcome.REFUSED_FINAL: CommandState.QUARANTINED,
    Outcome.RETRY_LATER: CommandState.PENDING,
}

_HELD_BACK = tuple(state for state in WAITING if state not in _READY)
_ORDER = aliased(CommandRow)
_SET_BACK = bindparam("set_back", expanding=True, type_=CommandRow.command_id.type)


class Outbox:
    """The outbox of one seat."""

    def __init__(self, records: Records, centre: Centre, standing: Standing, clock: Clock) -> None:
        self._records = records
        self._centre = centre
        self._standing = standing
        self._clock = clock
        self._batch_most = COMMANDS_MOST
        self._set_back: frozenset[UUID] = frozenset()
        self._others_pass = False
        self._seen_answered: frozenset[int] = frozenset()
        self._under_way: list[Row[Any]] | None = None
        self._when_answered: list[Callable[[], None]] = []

    def when_answered(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each batch that the centre has answered, on the sender's thread."""
        self._when_answered.append(listener)

    @property
    def set_back(self) -> frozenset[UUID]:
        """Commands that let others go first until the outbox has been gone through once."""
        return self._set_back

    def send_batch(self) -> bool:
        """Send the next commands; whether there may be more to send at once.

        Raises Unreachable when the centre does not answer, Refusal when it will not hear this seat.
        Either way the commands wait on.
        """
        if self._under_way is not None:
            self._take_back()
        rows = self._under_way = self._take()
        if not rows:
            self._under_way = None
            self._batch_most = COMMANDS_MOST
            self._set_back = frozenset()
            return False
        commands = tuple(command_of(row) for row in rows)
        try:
            answer = self._centre.call(SEND_COMMANDS, SendCommands(commands=commands))
        except (Refusal, Unreachable) as problem:
            self._put_back(rows, problem)
            return True
        self._standing.heard()
        self._apply(rows, answer.outcomes)
        self._is_done(rows)
        self._batch_most = min(COMMANDS_MOST, self._batch_most * 2)
        for listener in self._when_answered:
            listener()
        return True

    def note_answered(self) -> None:
        """The feed is about to be asked; what is acknowledged by now, its answer will cover."""
        query = select(CommandRow.position).where(CommandRow.state == CommandState.ACKED)
        with self._records.store.read() as connection:
            self._seen_answered = frozenset(connection.execute(query).scalars())

    def settle(self) -> None:
        """The feed was followed to its end, asked after `note_answered`.

        So whatever the commands noted there have changed at the centre is known here.
        """
        seen, self._seen_answered = self._seen_answered, frozenset()
        if not seen:
            return
        with self._records.store.write() as connection:
            connection.execute(
                update(CommandRow)
                .where(
                    CommandRow.position == bindparam("seen"),
                    CommandRow.state == CommandState.ACKED,
                )
                .values(state=CommandState.SETTLED),
                [{"seen": position} for position in sorted(seen)],
            )

    def send_again(self) -> None:
        """The centre was restored and may have lost the latest: it gets the last 30 days again.

        By the day of its answer: what was taken long before it could be sent is among the latest,
        too. What a person has to look at as well: who would look, if the centre has lost it?
        """
        self._seen_answered = frozenset()
        since = self._clock.now() - timedelta(days=RESENT_DAYS)
        done = (CommandState.ACKED, CommandState.SETTLED, CommandState.NEEDS_REVIEW)
        with self._records.store.write() as connection:
            connection.execute(
                update(CommandRow)
                .where(CommandRow.state.in_(done), CommandRow.answered_at >= since)
                .values(state=CommandState.PENDING, decided_revision=0)
            )

    def _is_done(self, rows: list[Row[Any]]) -> None:
        """Each of the rows has its answer, or waits on; a sender left behind may say so late."""
        if self._under_way is rows:
            self._under_way = None

    def _take_back(self) -> None:
        """A batch ended in a bug, a full disk, or hangs: what was under way goes out again.

        The centre knows what it has; should the answer come after all, it is as good as another.
        """
        with self._records.store.write() as connection:
            connection.execute(
                update(CommandRow)
                .where(CommandRow.state == CommandState.SENDING)
                .values(state=CommandState.PENDING)
            )

    def try_all(self) -> None:
        """Nothing is set back any more, and those the centre failed on get another chance."""
        self._set_back = frozenset()
        self.retry_stuck()

    def retry_stuck(self) -> None:
        """Give those the centre failed on another chance."""
        with self._records.store.write() as connection:
            connection.execute(
                update(CommandRow)
                .where(CommandRow.state == CommandState.STUCK)
                .values(state=CommandState.PENDING, failures=0)
            )

    def waiting(self) -> int:
        """How many commands the centre does not have yet."""
        return self._count(WAITING)

    def needing_person(self) -> int:
        """How many commands someone has to look at."""
        return self._count(NEEDS_PERSON)

    def oldest_waiting_at(self) -> datetime | None:
        """When the oldest of those that wait was captured."""
        query = select(func.min(CommandRow.captured_at)).where(CommandRow.state.in_(WAITING))
        with self._records.store.read() as connection:
            return connection.execute(query).scalar_one()

    def _count(self, states: Sequence[CommandState]) -> int:
        query = select(func.count()).where(CommandRow.state.in_(states))
        with self._records.store.read() as connection:
            return connection.execute(query).scalar_one()

    def _take(self) -> list[Row[Any]]:
        """Mark the next batch as under way; what the journal lacks yet is left out."""
        wanted = {"set_back": sorted(self._set_back), "most": self._batch_most}
        with self._records.store.read() as connection:
            if connection.execute(_NEXT, {**wanted, "most": 1}).first() is None:
                return []
        with self._records.store.write() as connection:
            # What is in the store was noted as unwritten before: asking in this order is safe.
            rows: Sequence[Row[Any]] = connection.execute(_NEXT, wanted).all()
            unwritten = self._records.unwritten
            rows = _within_size([row for row in rows if row.command_id not in unwritten])
            _set_state(connection, rows, CommandState.SENDING, tries=CommandRow.tries + 1)
        return rows

    def _put_back(self, rows: list[Row[Any]], problem: Refusal | Unreachable) -> None:
        """Let the rows wait on, and go on with half as many where they seem to be at fault.

        Raises the problem again where it lies with the line or with this seat. A proxy that turns
        large bodies away looks like a broken line: then, too, fewer are tried next.
        """
        is_theirs = problem.code in _CANNOT_BE_READ or (
            isinstance(problem, Unreachable) and problem.code not in _LINE
        )
        with self._records.store.write() as connection:
            _set_state(connection, rows, CommandState.PENDING)
            if is_theirs and len(rows) == 1:
                self._blame(connection, rows[0], problem)
        if is_theirs or problem.code == _NOT_THE_CENTRE:
            self._batch_most = max(1, len(rows) // 2)
        self._is_done(rows)
        if not is_theirs:
            raise problem

    def _blame(self, connection: Connection, row: Row[Any], problem: Refusal | Unreachable) -> None:
        """Note a failure of one command alone, and let the others go first.

        It counts only where others have passed since: a centre that fails on all is another matter.
        """
        self._set_back |= {row.command_id}
        failures = row.failures + (1 if self._others_pass else 0)
        self._others_pass = False
        state = CommandState.PENDING
        if isinstance(problem, Refusal):
            state = CommandState.QUARANTINED
        elif failures >= FAILURES_MOST:
            state = CommandState.STUCK
        connection.execute(
            update(CommandRow)
            .where(CommandRow.position == row.position)
            .values(state=state, failures=failures, reasons=problem.code, sentence=problem.sentence)
        )

    def _apply(self, rows: list[Row[Any]], outcomes: tuple[CommandOutcome, ...]) -> None:
        """Write all answers of a batch in one transaction; what was not answered waits on."""
        answers = {outcome.command_id: outcome for outcome in outcomes}
        now = self._clock.now()
        with self._records.store.write() as connection:
            decided = _decided(connection, rows)
            for row in rows:
                answer = answers.get(row.command_id)
                state = _state_after(row.kind, answer)
                known = decided.get(row.position)
                if state is CommandState.NEEDS_REVIEW and _holds(known, answer):
                    answer = None  # its words are older than those of the decision
                    state = CommandState.ACKED if known and known.is_final else state
                _write_answer(connection, row, state, answer, now)
                if state is CommandState.PENDING:
                    self._set_back |= {row.command_id}
                else:
                    self._others_pass = True


def follows_held_back() -> ColumnElement[bool]:
    """The end of a call whose order does not go before it, in this batch or an earlier one.

    `set_back` is to be given with the statement: the ids in `Outbox.set_back`, sorted.
    """
    is_set_back = and_(_ORDER.state.in_(_READY), _ORDER.command_id.in_(_SET_BACK))
    held_back = or_(_ORDER.state.in_(_HELD_BACK), is_set_back)
    return and_(
        text(ENDS_CALL),
        exists(
            select(PlacedOrderRow.order_id)
            .join(_ORDER, _ORDER.position == PlacedOrderRow.position)
            .where(PlacedOrderRow.order_id == CommandRow.order_id, held_back)
            .correlate(CommandRow)
        ),
    )


_NEXT = (
    select(CommandRow.__table__)
    .where(
        CommandRow.state.in_(_READY),
        CommandRow.command_id.not_in(_SET_BACK),
        not_(follows_held_back()),
    )
    .order_by(CommandRow.position)
    .limit(bindparam("most"))
)
"""Made once: it is asked at every step of the line, and to make it costs more than to ask."""


def _within_size(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """The first rows that go into one batch; at least one."""
    chosen: list[Row[Any]] = []
    size = 0
    for row in rows:
        size += len(row.body)
        if chosen and size > BATCH_BYTES:
            break
        chosen.append(row)
    return chosen


def _set_state(
    connection: Connection, rows: Iterable[Row[Any]], state: CommandState, **more: object
) -> None:
    """Only of what nobody else has answered for meanwhile."""
    positions = [row.position for row in rows]
    still_here = CommandRow.state.in_((*_READY, CommandState.SENDING))
    connection.execute(
        update(CommandRow)
        .where(CommandRow.position.in_(positions), still_here)
        .values(state=state, **more)
    )


class _Decided(NamedTuple):
    """What was decided about an order before the answer about it was heard."""

    revision: int
    decision: str

    @property
    def is_final(self) -> bool:
        """Whether nobody has to look any more."""
        return is_final(self.decision)


def _decided(connection: Connection, rows: Iterable[Row[Any]]) -> dict[int, _Decided]:
    query = select(CommandRow.position, CommandRow.decided_revision, CommandRow.decision).where(
        CommandRow.position.in_([row.position for row in rows]), CommandRow.decision != ""
    )
    return {row[0]: _Decided(row[1], row[2]) for row in connection.execute(query)}


def _holds(decided: _Decided | None, answer: CommandOutcome | None) -> bool:
    """Whether a decision is newer than an answer: the first answer comes for ever.

    After a restore the centre may have lost the decision, unless it has the order from before.
    """
    if decided is None or answer is None:
        return False
    return decided.revision > 0 or answer.outcome is Outcome.REPLAYED


def _state_after(kind: CommandKind, answer: CommandOutcome | None) -> CommandState:
    """Only an order is ever looked at by a person for what it says."""
    if answer is None:
        return CommandState.PENDING
    outcome = answer.outcome
    if outcome is Outcome.REPLAYED:
        outcome = answer.first or Outcome.ACCEPTED
    if outcome is Outcome.NEEDS_REVIEW and kind is not CommandKind.PLACE_ORDER:
        outcome = Outcome.ACCEPTED
    return _STATES.get(outcome, CommandState.ACKED)


def _write_answer(
    connection: Connection,
    row: Row[Any],
    state: CommandState,
    answer: CommandOutcome | None,
    now: datetime,
) -> None:
    values: dict[str, object] = {"state": state}
    if answer is not None:
        values |= {"reasons": ",".join(answer.reasons), "sentence": answer.sentence}
    if state is not CommandState.PENDING:
        values["answered_at"] = now
    still_sent = CommandRow.state.in_((*_READY, CommandState.SENDING))
    connection.execute(
        update(CommandRow).where(CommandRow.position == row.position, still_sent).values(**values)
    )
