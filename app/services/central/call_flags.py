"""Calls whose recording somebody has to look at: flagged by the service, listed and purged by hand.

The list is the administrator's; the service only adds to it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import insert, select

from app.models.central.recording import CallFlagRow, RecordingLease
from app.services.central.transaction import Transaction
from app.values.errors import Refusal
from app.values.vocabulary import CallFlag


class FlaggedCall(Struct, frozen=True, kw_only=True):
    """A line of the administrator's list; `reference` is empty where no recorder knew the call."""

    flag_id: int
    kind: CallFlag
    reference: str
    order_id: UUID | None
    lease_id: UUID | None
    at: datetime
    device_id: UUID | None
    person_id: UUID | None
    purged_at: datetime | None
    purged_by: str | None


def flag_lease(tx: Transaction, lease: RecordingLease, kind: CallFlag) -> None:
    """Put the call of a lease on the list."""
    tx.connection.execute(
        insert(CallFlagRow),
        {
            "kind": kind,
            "call_reference": lease.call_reference,
            "order_id": lease.order_id,
            "lease_id": lease.lease_id,
            "at": tx.at,
            "device_id": lease.device_id,
            "person_id": lease.person_id,
        },
    )


def flag_spoken(tx: Transaction, reference: str, order_id: UUID) -> datetime:
    """Card digits were said before the pause; once for an order and call that is still listed."""
    actor = tx.actor
    before = tx.connection.execute(
        select(CallFlagRow.at)
        .where(
            CallFlagRow.kind == CallFlag.SPOKEN_TOO_EARLY,
            CallFlagRow.order_id == order_id,
            CallFlagRow.call_reference == reference,
            CallFlagRow.purged_at.is_(None),
        )
        .order_by(CallFlagRow.flag_id)
        .limit(1)
    ).scalar_one_or_none()
    if before is not None:
        return before
    tx.connection.execute(
        insert(CallFlagRow),
        {
            "kind": CallFlag.SPOKEN_TOO_EARLY,
            "call_reference": reference,
            "order_id": order_id,
            "lease_id": None,
            "at": tx.at,
            "device_id": actor.seat.device_id,
            "person_id": actor.signed_in.person_id,
        },
    )
    return tx.at


def flagged_calls(
    tx: Transaction, after: int = 0, limit: int = 500, *, also_purged: bool = False
) -> tuple[FlaggedCall, ...]:
    """The list, oldest first, a page behind flag `after`."""
    query = select(CallFlagRow).where(CallFlagRow.flag_id > after)
    if not also_purged:
        query = query.where(CallFlagRow.purged_at.is_(None))
    rows = tx.session.scalars(query.order_by(CallFlagRow.flag_id).limit(limit))
    return tuple(_flagged(row) for row in rows)


def mark_purged(tx: Transaction, flag_id: int, by: str) -> FlaggedCall:
    """The recording was purged; repeatable. Raises Refusal `flag_unknown`. Owner role only."""
    row = tx.session.get(CallFlagRow, flag_id, with_for_update=True)
    if row is None:
        raise Refusal("flag_unknown", f"There is no flagged call {flag_id}.")
    if row.purged_at is None:
        row.purged_at, row.purged_by = tx.at, by
        tx.audit("recording.purged", row.order_id, flag=flag_id, kind=str(row.kind))
    return _flagged(row)


def _flagged(row: CallFlagRow) -> FlaggedCall:
    return FlaggedCall(
        flag_id=row.flag_id,
        kind=row.kind,
        reference=row.call_reference,
        order_id=row.order_id,
        lease_id=row.lease_id,
        at=row.at,
        device_id=row.device_id,
        person_id=row.person_id,
        purged_at=row.purged_at,
        purged_by=row.purged_by,
    )
