"""Waiting until a running desk has its catalogue, or has sent everything."""

from __future__ import annotations

import threading
from collections.abc import Callable

from app.services.desk.desk import Desk
from app.values.clock import SystemClock
from app.values.errors import Fault
from app.wire import operations
from app.wire.sync import AskStatus, DeskStatus

_GLANCE_SECONDS = 0.1


def wait_for(
    desk: Desk, holds: Callable[[DeskStatus], bool], seconds: float, otherwise: str
) -> None:
    """Raises Fault `desk_stuck`, which says what did not happen in time."""
    clock, pause = SystemClock(), threading.Event()
    until = clock.monotonic() + seconds
    while not holds(desk.caller.call(operations.ASK_STATUS, AskStatus())):
        if clock.monotonic() > until:
            raise Fault("desk_stuck", f"The desk does not go on: {otherwise}.")
        pause.wait(_GLANCE_SECONDS)


def has_catalogue(status: DeskStatus) -> bool:
    """Whether calls can be taken."""
    return status.catalogue_at is not None and status.products > 0 and status.numbers_left > 0


def has_sent_everything(status: DeskStatus) -> bool:
    """Whether the centre has all of it."""
    return status.waiting == 0
