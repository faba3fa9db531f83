"""How each seat is, as its heartbeats tell: what waits there, and whether it runs twice.

A store that was copied with its key is two seats under one name. Each start of the program has an
id of its own: a start that is heard again after a later one, time after time, is a second computer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.models.central.people import SeatState
from app.services.central.transaction import Transaction
from app.values.identity import DeviceId
from app.wire.sync import Heartbeat

RUNS_KEPT = 8
RETURNS_CERTAIN = 3
"""A beat that was long on its way looks like one return, and the next like a second."""
SAID_FOR = timedelta(hours=1)
AUDITED_EVERY = timedelta(days=1)
_COUNT_MOST = 1_000_000
_VERSION_LONGEST = 100
_COPIED = (
    "This desk runs on two computers: one is a copy of the other. Orders are safe."
    " Please ask an administrator to enrol one of them again."
)


def heard(tx: Transaction, device: DeviceId, beat: Heartbeat) -> str:
    """Note how a seat is; what people there should know, empty when all is well."""
    state = _state(tx, device)
    if beat.run_id is not None and _note_run(state, beat.run_id):
        if state.copied_at is None or tx.at - state.copied_at >= AUDITED_EVERY:
            tx.audit("device.copied", device)
        state.copied_at = tx.at
    state.seen_at = tx.at
    state.waiting = _counted(beat.waiting)
    state.oldest_waiting_at = beat.oldest_waiting_at
    state.needs_person = _counted(beat.needs_person)
    state.version = beat.version.replace("\0", "")[:_VERSION_LONGEST]
    is_copied = state.copied_at is not None and tx.at - state.copied_at < SAID_FOR
    return _COPIED if is_copied else ""


def forget_runs(tx: Transaction, device: UUID) -> None:
    """The seat is enrolled again: whoever ran it before has another key."""
    tx.connection.execute(
        update(SeatState)
        .where(SeatState.device_id == device)
        .values(runs=[], returns=0, copied_at=None)
    )


def states(tx: Transaction) -> dict[UUID, SeatState]:
    """What was last heard of every seat that was ever heard."""
    return {state.device_id: state for state in tx.session.scalars(select(SeatState))}


def _state(tx: Transaction, device: DeviceId) -> SeatState:
    """The seat's row, made when it is heard for the first time; locked."""
    first = insert(SeatState).values(
        device_id=device, seen_at=tx.at, waiting=0, needs_person=0, version="", runs=[], returns=0
    )
    tx.connection.execute(first.on_conflict_do_nothing())
    return tx.session.get_one(SeatState, device, with_for_update=True)


def _note_run(state: SeatState, run: UUID) -> bool:
    """Put a start in front; whether it is certain by now that there are two computers."""
    runs: Sequence[UUID] = state.runs
    if runs and runs[0] == run:
        return False
    state.returns = state.returns + 1 if run in runs else 0
    state.runs = [run, *(one for one in runs if one != run)][:RUNS_KEPT]
    return state.returns >= RETURNS_CERTAIN


def _counted(told: int) -> int:
    return max(0, min(told, _COUNT_MOST))
