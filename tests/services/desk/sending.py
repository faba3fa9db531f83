"""What tests of the outbox do at a desk: stock it, send, look."""

from __future__ import annotations

import msgspec
from sqlalchemy import select

from app.models.desk.tables import CommandRow
from app.services.desk.desk import Desk
from app.services.ports import Caller
from app.values.errors import Unreachable
from app.values.vocabulary import ChangeKind, CommandState
from tests.services.desk.centre import POLICY, WAITS_FOR_EARLIER
from tests.services.desk.site import Signal, Site, ready


def stocked(site: Site, desk: Desk, numbers: int) -> Caller:
    """Signed in, with so many numbers, and the centre away again."""
    policy = msgspec.structs.replace(POLICY, numbers_kept=numbers)
    site.centre.put(ChangeKind.POLICY, "policy", policy, 2)
    for _ in range(5):
        desk.feed.step()
    caller = ready(desk)
    site.centre.go_away()
    return caller


def states(desk: Desk) -> list[CommandState]:
    query = select(CommandRow.state).order_by(CommandRow.position)
    with desk.records.store.read() as connection:
        return list(connection.execute(query).scalars())


def send_all(desk: Desk) -> None:
    while desk.outbox.send_batch():
        pass


def wait_for_earlier(site: Site) -> None:
    """As long as the centre lets a command wait for one that has not arrived."""
    site.clock.advance(seconds=WAITS_FOR_EARLIER.total_seconds() + 1)


class Only:
    """Passes on the calls of one operation."""

    def __init__(self, operation: str, signal: Signal) -> None:
        self._operation = operation
        self._signal = signal

    def __call__(self, operation: str) -> None:
        if operation == self._operation:
            self._signal.happened()


def lose_the_answer(operation: str) -> None:
    raise Unreachable("connection_broken", f"The answer to {operation} was lost.")
