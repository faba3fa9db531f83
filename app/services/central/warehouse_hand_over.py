"""Tells a warehouse of orders, in the background of every replica.

Not on the way of an order to the centre: it is noted afterwards which orders are for the warehouse.
Messages are claimed in a transaction of their own (FOR UPDATE SKIP LOCKED), and the warehouse is
asked when the claim is committed. While it does not answer the rest waits.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from app.services.central.measures import Measures
from app.services.central.transaction import Transaction, Transactions
from app.services.central.warehouse_events import WarehouseEvents
from app.services.central.warehouse_line import WarehouseLine
from app.services.central.warehouse_messages import (
    AT_ONCE,
    Due,
    claim_due,
    note_orders,
    put_off,
    settle,
)
from app.services.ports import EventLog
from app.values.clock import Clock
from app.values.errors import Fault, Refusal
from app.values.warehouse import WarehouseAnswer

AWAY = "away"


class HandingOver:
    """One replica's rounds; orders that came before `since` are not for this warehouse."""

    def __init__(
        self,
        transactions: Transactions,
        line: WarehouseLine,
        events: WarehouseEvents,
        since: datetime,
        clock: Clock,
        log: EventLog,
        measures: Measures,
    ) -> None:
        self._transactions = transactions
        self._line = line
        self._events = events
        self._since = since
        self._clock = clock
        self._log = log
        self._measures = measures
        self._stopping = threading.Event()

    def round(self) -> None:
        """Everything whose time has come, until the warehouse does not answer or it has to stop."""
        while not self._stopping.is_set():
            noted = self._transactions.write(self._note)
            claimed = self._transactions.write(claim_due)
            if not self._tell(claimed) or max(noted, len(claimed)) < AT_ONCE:
                return

    def stop(self) -> None:
        """Send nothing more; what is being sent is finished or told again by another replica."""
        self._stopping.set()

    def close(self) -> None:
        """Let the line go."""
        self._line.close()

    def _note(self, tx: Transaction) -> int:
        noted = note_orders(tx, self._since)
        for order_id in noted:
            self._events.bring_up_to_date(tx, order_id)
        return len(noted)

    def _tell(self, claimed: list[Due]) -> bool:
        """False: it does not answer, or we are to stop; what was not tried goes to the next."""
        for at, due in enumerate(claimed):
            rest = [one.message_id for one in claimed[at + 1 :]]
            if self._stopping.is_set():
                self._give_back(due, rest, tried=False)
                return False
            started = self._clock.monotonic()
            try:
                answer = self._line.tell(due.content, due.position)
            except Fault as problem:
                self._give_back(due, rest, tried=True)
                self._noted(due, AWAY, started, problem.code)
                return False
            except Refusal as problem:
                # It is there and does not take this one: the others need not wait for it.
                self._give_back(due, (), tried=True)
                self._noted(due, AWAY, started, problem.code)
                continue
            settled = partial(
                settle,
                message_id=due.message_id,
                answer=answer.answer,
                sentence=answer.sentence,
            )
            self._transactions.write(settled)
            self._noted(due, answer.answer.value, started)
        return True

    def _give_back(self, due: Due, rest: Sequence[UUID], *, tried: bool) -> None:
        self._transactions.write(partial(put_off, message_ids=[due.message_id], tried=tried))
        if rest:
            self._transactions.write(partial(put_off, message_ids=rest, tried=False))

    def _noted(self, due: Due, answer: str, started: float, code: str | None = None) -> None:
        seconds = self._clock.monotonic() - started
        kind = due.content.type
        self._measures.handed_over(kind, answer)
        self._log.write(
            "handed_over" if answer in set(WarehouseAnswer) else "warehouse_away",
            kind=kind.value,
            state=answer,
            position=due.position,
            request_id=due.message_id.hex,
            code=code,
            ms=round(seconds * 1000, 1),
        )
