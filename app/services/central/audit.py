"""Seals the audit into one chain, and verifies it.

Audit rows are inserted plainly. The sealer links those that are final, in (xid, seq) order: a row
whose transaction id lies below the oldest running transaction can have no late neighbour. Each link
is the SHA-256 of the link before it and of the row. One replica seals at a time. Rows that wait to
be sealed are shown as the unsealed window. What only the chain's own end could tell (all newest
rows and links removed together) is found by keeping the head elsewhere: the log has it, and
`verify` takes it. In another cluster transaction ids start anew: `anchor` seals all that was, and
with a link that says so the order begins again behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import msgspec
from sqlalchemy import (
    BigInteger,
    Select,
    Text,
    and_,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
)

from app.models.central.record import Audit, AuditSeal
from app.models.central.table import TransactionId
from app.services.central.transaction import DONE, Transaction, audit_row
from app.values.errors import Refusal

SEAL_ROWS_MOST = 1_000
_PAGE = 5_000
_SEALER_LOCK = 0x7265616465616C
"""One replica seals at a time; any constant that nobody else uses."""
_START = bytes(32)
RESTORED = "admin.restored"
_ANCHOR = "anchor"
"""Fact of the one audit row behind which transaction ids start anew."""
_encoder = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest link; worth keeping outside the database."""

    position: int
    digest: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.digest.hex()}"


def read_head(text: str) -> Head:
    """A head as it was printed. Raises Refusal `head_malformed`."""
    position, colon, digest = text.partition(":")
    try:
        head = Head(position=int(position), digest=bytes.fromhex(digest))
    except ValueError:
        head = Head(position=0, digest=b"")
    if not colon or head.position < 1 or len(head.digest) != len(_START):
        raise Refusal("head_malformed", "A head of the chain is written POSITION:DIGEST.")
    return head


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What verifying found. `broken_at` is the first audit row (seq) that is not as it was."""

    sealed: int
    head: Head
    unsealed: int
    oldest_unsealed_at: datetime | None
    broken_at: int | None = None
    sentence: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing was changed, removed, reordered or slipped in."""
        return not self.sentence


@dataclass(slots=True)
class _Link:
    """The link that the next one is checked against."""

    position: int = 0
    xid: int = 0  # below every real one; xid8 has no sign
    seq: int = 0
    digest: bytes = _START
    anchor: int = 0  # seq of the newest anchor; every row behind it has a higher one

    def following(self, row: Audit, digest: bytes) -> _Link:
        """The link of the next row."""
        return _Link(
            position=self.position + 1,
            xid=row.xid,
            seq=row.seq,
            digest=digest,
            anchor=row.seq if _is_anchor(row) else self.anchor,
        )


class BrokenChain(Exception):  # noqa: N818 - a finding, said in a sentence
    """The first place where the chain does not hold."""

    def __init__(self, seq: int | None, sentence: str) -> None:
        super().__init__(sentence)
        self.seq = seq
        self.sentence = sentence


class AuditChain:
    """Seals and verifies."""

    def seal(self, tx: Transaction) -> Head | None:
        """Link final rows that have no link yet; None when there are none, or another one seals."""
        locked = tx.connection.execute(select(func.pg_try_advisory_xact_lock(_SEALER_LOCK)))
        if not locked.scalar_one():
            return None
        before = _last_link(tx)
        rows = tx.session.scalars(_final_rows_after(before)).all()
        return _linked(tx, before, rows)

    def anchor(self, tx: Transaction) -> None:
        """Leave the audit row of a restore; begin the order anew where transaction ids did.

        Then everything that waits is sealed first, and the row that says so at once. As the owner,
        while no service runs.
        """
        if not _has_lost_order(tx):
            tx.audit(RESTORED)
            return
        tx.connection.execute(text("LOCK TABLE audit, audit_seal IN EXCLUSIVE MODE"))
        before = _last_link(tx)
        while _linked(tx, before, tx.session.scalars(_waiting_after(before)).all()):
            before = _last_link(tx)
        told = audit_row(tx, RESTORED, DONE, None, {_ANCHOR: True})
        row = tx.session.scalars(insert(Audit).values(told).returning(Audit)).one()
        _linked(tx, before, [row])

    def verify(self, tx: Transaction, kept: Head | None = None) -> Verdict:
        """Walk the whole chain; `kept` is a head that was written down earlier."""
        link = _Link()
        broken: BrokenChain | None = None
        try:
            for seal, found in _chain(tx):
                row = _checked(link, seal, found)
                link = link.following(row, seal.digest)
                if kept is not None and kept.position == seal.position:
                    _check_kept(kept, seal)
            _check_reached(kept, link)
            _check_nothing_slipped_in(tx, link)
        except BrokenChain as problem:
            broken = problem
        waiting, oldest = tx.session.execute(
            select(func.count(), func.min(Audit.at)).where(
                ~select(AuditSeal.seq).where(AuditSeal.seq == Audit.seq).exists()
            )
        ).one()
        return Verdict(
            sealed=link.position,
            head=Head(position=link.position, digest=link.digest),
            unsealed=waiting,
            oldest_unsealed_at=oldest,
            broken_at=broken.seq if broken else None,
            sentence=broken.sentence if broken else "",
        )


def oldest_unsealed(tx: Transaction) -> datetime | None:
    """When the oldest row was written that waits to be sealed; None when none does."""
    waiting = _waiting_after(_last_link(tx)).limit(1)
    row = tx.session.scalars(waiting).one_or_none()
    return row.at if row is not None else None


def digest_of(before: bytes, row: Audit) -> bytes:
    """The link of a row: SHA-256 over the link before it and the row as a JSON list."""
    fields = (
        row.xid,
        row.seq,
        row.at,
        row.operation,
        row.outcome,
        row.person_id,
        row.device_id,
        row.session_id,
        row.command_id,
        row.subject,
        row.facts,
    )
    return sha256(before + _encoder.encode(fields)).digest()


def _linked(tx: Transaction, link: _Link, rows: Sequence[Audit]) -> Head | None:
    """Write a link for each row; the new head, None when there were none."""
    links = []
    for row in rows:
        link = link.following(row, digest_of(link.digest, row))
        links.append(
            {
                "position": link.position,
                "xid": link.xid,
                "seq": link.seq,
                "digest": link.digest,
                "sealed_at": tx.at,
            }
        )
    if not links:
        return None
    tx.connection.execute(insert(AuditSeal), links)
    return Head(position=link.position, digest=link.digest)


def _is_anchor(row: Audit) -> bool:
    return row.operation == RESTORED and row.facts.get(_ANCHOR) is True


def _has_lost_order(tx: Transaction) -> bool:
    """Whether rows were written under higher transaction ids than this database has come to."""
    newest = func.max(Audit.xid.cast(Text).cast(BigInteger))
    ours = func.pg_current_xact_id().cast(Text).cast(BigInteger)
    highest, now = tx.connection.execute(select(newest, ours)).one()
    return highest is not None and highest >= now


def _last_link(tx: Transaction) -> _Link:
    seal = tx.session.scalars(
        select(AuditSeal).order_by(AuditSeal.position.desc()).limit(1)
    ).one_or_none()
    if seal is None:
        return _Link()
    anchor = tx.session.scalars(_NEWEST_ANCHOR).one()
    return _Link(
        position=seal.position,
        xid=seal.xid,
        seq=seal.seq,
        digest=seal.digest,
        anchor=anchor or 0,
    )


_NEWEST_ANCHOR = (
    select(func.max(Audit.seq))
    .join(AuditSeal, AuditSeal.seq == Audit.seq)
    .where(
        Audit.operation == literal_column(f"'{RESTORED}'"),  # so that the partial index will do
        Audit.facts[_ANCHOR].as_boolean(),
    )
)


def _final_rows_after(link: _Link) -> Select[Audit]:
    oldest_running = literal_column("pg_snapshot_xmin(pg_current_snapshot())", TransactionId())
    return _waiting_after(link).where(Audit.xid < oldest_running)


def _waiting_after(link: _Link) -> Select[Audit]:
    return (
        select(Audit)
        .where(
            or_(Audit.xid > link.xid, and_(Audit.xid == link.xid, Audit.seq > link.seq)),
            Audit.seq > link.anchor,
        )
        .order_by(Audit.xid, Audit.seq)
        .limit(SEAL_ROWS_MOST)
    )


def _chain(tx: Transaction) -> Iterator[tuple[AuditSeal, Audit | None]]:
    """All links with the rows they name, in pages, so that a long chain needs little memory."""
    after = 0
    while True:
        page = tx.session.execute(
            select(AuditSeal, Audit)
            .outerjoin(Audit, Audit.seq == AuditSeal.seq)
            .where(AuditSeal.position > after)
            .order_by(AuditSeal.position)
            .limit(_PAGE)
        ).all()
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1][0].position
        tx.session.expunge_all()


def _checked(before: _Link, seal: AuditSeal, row: Audit | None) -> Audit:
    if seal.position != before.position + 1:
        raise BrokenChain(
            None, f"Link {before.position + 1} of the chain was removed, with the row it sealed."
        )
    if row is None:
        raise BrokenChain(seal.seq, f"Audit row {seal.seq} was removed.")
    follows = (seal.xid, seal.seq) > (before.xid, before.seq) and seal.seq > before.anchor
    if row.xid != seal.xid or not (follows or _is_anchor(row)):
        raise BrokenChain(seal.seq, f"Audit row {seal.seq} is not in its place.")
    if digest_of(before.digest, row) != seal.digest:
        raise BrokenChain(seal.seq, f"Audit row {seal.seq} was changed.")
    return row


def _check_kept(kept: Head, seal: AuditSeal) -> None:
    if kept.digest != seal.digest:
        raise BrokenChain(
            seal.seq,
            f"Link {kept.position} is not the one that was written down: it was rewritten.",
        )


def _check_reached(kept: Head | None, link: _Link) -> None:
    if kept is not None and kept.position > link.position:
        raise BrokenChain(
            None, f"The chain ends at link {link.position}; link {kept.position} was removed."
        )


def _check_nothing_slipped_in(tx: Transaction, link: _Link) -> None:
    slipped = tx.session.scalars(
        select(Audit.seq)
        .where(
            or_(
                Audit.xid < link.xid,
                and_(Audit.xid == link.xid, Audit.seq < link.seq),
                Audit.seq < link.anchor,
            ),
            ~select(AuditSeal.seq).where(AuditSeal.seq == Audit.seq).exists(),
        )
        .order_by(Audit.xid, Audit.seq)
        .limit(1)
    ).one_or_none()
    if slipped is not None:
        raise BrokenChain(slipped, f"Audit row {slipped} was put in afterwards.")
