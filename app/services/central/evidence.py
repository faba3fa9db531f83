"""Keeps the evidence of pauses: rows in one chain, sealed in the transaction that they tell about.

Whoever adds a row holds the head of the chain until commit, so a row is added last of all. What a
row must never hold is card data and whatever names a person; ids, instants, codes and counts only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from app.models.central.recording import Evidence, EvidenceHead
from app.services.central.transaction import Transaction
from app.services.rules.evidence import EvidenceEnd, EvidenceRow, sealed

_PAGE = 5_000


def add_evidence(
    tx: Transaction, lease_id: UUID, kind: str, document: Mapping[str, Any]
) -> EvidenceEnd:
    """Add a row at the instant of the transaction; the head it makes."""
    held = tx.connection.execute(_HEAD_LOCKED).one()
    row = sealed(
        EvidenceRow(position=0, lease_id=lease_id, kind=kind, at=tx.at, document=document),
        EvidenceEnd(position=held.position, digest=held.digest),
    )
    tx.connection.execute(
        insert(Evidence),
        {
            "position": row.position,
            "lease_id": lease_id,
            "kind": kind,
            "at": row.at,
            "document": dict(document),
            "previous": row.previous,
            "digest": row.digest,
        },
    )
    tx.connection.execute(update(EvidenceHead).values(position=row.position, digest=row.digest))
    return EvidenceEnd(position=row.position, digest=row.digest)


def tells_any(tx: Transaction, lease_id: UUID, kinds: Iterable[str]) -> bool:
    """Whether there is a row of one of these kinds about a pause."""
    query = select(Evidence.position).where(Evidence.lease_id == lease_id, Evidence.kind.in_(kinds))
    return tx.connection.execute(query.limit(1)).one_or_none() is not None


def evidence_end(tx: Transaction) -> EvidenceEnd:
    """The head of the chain; `verify` finds with it that the newest rows were cut off."""
    held = tx.connection.execute(_HEAD).one()
    return EvidenceEnd(position=held.position, digest=held.digest)


def evidence_rows(
    tx: Transaction, since: datetime | None = None, until: datetime | None = None
) -> Iterator[EvidenceRow]:
    """Rows by position, in pages; those from `since` on and before `until` where it is said."""
    after = 0
    while True:
        query = select(Evidence.__table__).where(Evidence.position > after)
        if since is not None:
            query = query.where(Evidence.at >= since)
        if until is not None:
            query = query.where(Evidence.at < until)
        page = tx.connection.execute(query.order_by(Evidence.position).limit(_PAGE)).all()
        for row in page:
            yield EvidenceRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's name for a row by column
        if len(page) < _PAGE:
            return
        after = page[-1].position


_HEAD = select(EvidenceHead.position, EvidenceHead.digest)
_HEAD_LOCKED = _HEAD.with_for_update()
