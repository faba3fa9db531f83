"""What was decided at the centre about orders of this desk, taken into its outbox.

An order that somebody had to look at is settled, or still to be looked at with the newest sentence.
By revision, so that a decision that comes twice or late changes nothing. Runs on the feed's worker
thread.
"""

from __future__ import annotations

from sqlalchemy import Select, select, update

from app.models.desk.order_change import OrderChangeRow
from app.models.desk.tables import CommandRow, PlacedOrderRow
from app.store.desk import DeskStore
from app.values.clock import Clock
from app.values.errors import Refusal
from app.values.vocabulary import CommandState
from app.wire.message import decode
from app.wire.sync import Change, OrderDecision

TO_BE_LOOKED_AT = "needs_review"
"""The centre's word for an order that somebody has to look at."""

_ANSWERED = (CommandState.ACKED, CommandState.SETTLED, CommandState.NEEDS_REVIEW)


def is_final(state: str) -> bool:
    """Whether the centre's word for an order says that nobody has to look at it any more."""
    return state != TO_BE_LOOKED_AT


def _command_of(decision: OrderDecision) -> Select[int, CommandState]:
    """The command that placed the order, or asked for the change."""
    command = select(CommandRow.position, CommandRow.state)
    if decision.change_id is None:
        return command.join(PlacedOrderRow, PlacedOrderRow.position == CommandRow.position).where(
            PlacedOrderRow.order_id == decision.order_id
        )
    return command.join(OrderChangeRow, OrderChangeRow.position == CommandRow.position).where(
        OrderChangeRow.change_id == decision.change_id
    )


class Decisions:
    """Decisions about the orders of one seat; `taken` counts them, for who shows an order."""

    def __init__(self, store: DeskStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.taken = 0

    def take(self, change: Change) -> None:
        """Take in one; words of a newer centre that this version cannot read are passed over."""
        if change.deleted:
            return
        try:
            decision = decode(change.document, OrderDecision)
        except Refusal:
            return
        query = _command_of(decision).where(CommandRow.decided_revision < decision.revision)
        with self._store.write() as connection:
            row = connection.execute(query).one_or_none()
            if row is not None:
                connection.execute(
                    update(CommandRow)
                    .where(CommandRow.position == row.position)
                    .values(**self._values(row.state, decision))
                )
        self.taken += 1

    def _values(self, state: CommandState, decision: OrderDecision) -> dict[str, object]:
        """What has not been answered for keeps its state: it is sent on until it has."""
        values: dict[str, object] = {
            "decision": decision.state,
            "decided_revision": decision.revision,
            "sentence": decision.sentence,
            "reasons": ",".join(decision.reasons),
        }
        if state not in _ANSWERED:
            return values
        if not is_final(decision.state):
            return values | {"state": CommandState.NEEDS_REVIEW}
        if state is CommandState.NEEDS_REVIEW:
            # Counted from now: it is kept for a month after it was decided, not after it was sent.
            values |= {"state": CommandState.SETTLED, "answered_at": self._clock.now()}
        return values
