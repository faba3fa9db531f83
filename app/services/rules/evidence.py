"""The chain that the evidence of pauses is kept in: how a row is sealed, and what verifying finds.

Pure. Each digest is the SHA-256 of the digest before it and of the whole row, its position
included; so a row that was changed, removed, put elsewhere or slipped in is found and named. That
the newest rows were cut off, or everything after a place written anew, is only found with a head
that was kept elsewhere: each sealed head stands in the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

START = bytes(32)
NEAR = 32
"""How far a row is looked for whose neighbour in the chain is gone."""
NAMED_MOST = 1_000
"""So many rows that follow each other are named one by one when they are gone."""
_encoder = msgspec.json.Encoder(order="deterministic")


class EvidenceKind(StrEnum):
    """What a row of the evidence says; what happened to a call is `event:` and its kind."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    RELEASED = "released"
    EXPIRED = "expired"
    RESUMED = "resumed"
    REPORTED = "reported"
    """What the desk said of the entry after the pause had ended without it."""


EVENT = "event:"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """One row as it is kept. `document` holds texts, whole numbers, lists and truth only."""

    position: int
    lease_id: UUID
    kind: str
    at: datetime
    document: Mapping[str, Any]
    previous: bytes = START
    digest: bytes = b""


class Finding(StrEnum):
    """What is wrong with a row."""

    CHANGED = "changed"
    REMOVED = "removed"
    REORDERED = "reordered"
    REWRITTEN = "rewritten"
    """It was changed and sealed anew; the row after it still holds the old digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One place where the chain does not hold. `lease_id` is None where the row itself is gone."""

    position: int
    lease_id: UUID | None
    finding: Finding
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceEnd:
    """A head of the chain; worth keeping outside the database."""

    position: int
    digest: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.digest.hex()}"


def chained(previous: bytes, row: EvidenceRow) -> bytes:
    """The digest of a row behind `previous`; its own `previous` and `digest` do not count."""
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = (row.position, str(row.lease_id), row.kind, at, row.document)
    return sha256(previous + _encoder.encode(fields)).digest()


def sealed(row: EvidenceRow, end: EvidenceEnd) -> EvidenceRow:
    """The row as the next one behind `end`."""
    placed = replace(row, position=end.position + 1, previous=end.digest)
    return replace(placed, digest=chained(end.digest, placed))


def verify(
    rows: Iterable[EvidenceRow], kept: EvidenceEnd | None = None, begin: EvidenceEnd | None = None
) -> tuple[Found, ...]:
    """Everything that is wrong, by position.

    `rows` come in the order of their positions. `kept` is a head that was written down before;
    `begin` the row before the first, where only a part of the chain is looked at.
    """
    walk = _Walk(begin or EvidenceEnd(position=0, digest=START))
    for row in rows:
        walk.step(row)
        if kept is not None and row.position == kept.position and row.digest != kept.digest:
            walk.note(row, Finding.REWRITTEN, "is not the one that was written down as the head")
    if kept is not None and kept.position > walk.last.position:
        walk.gap(kept.position + 1)
    return walk.findings()


@dataclass(slots=True)
class _Walk:
    """Goes along the chain and notes what does not hold."""

    last: EvidenceEnd
    _before: EvidenceRow | None = None
    _found: list[Found] = field(default_factory=list)
    _spoilt: list[EvidenceRow] = field(default_factory=list)
    _place_of: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._place_of[self.last.digest] = self.last.position

    def step(self, row: EvidenceRow) -> None:
        """The next row."""
        has_gap = row.position > self.last.position + 1
        if has_gap:
            self.gap(row.position)
        follows = row.previous == self.last.digest
        if chained(row.previous, row) != row.digest:
            self._spoilt.append(row)
        elif not follows and not has_gap and self._before_is_sound():
            self._note_rewritten(row)
        self._place_of[row.digest] = row.position
        self.last = EvidenceEnd(position=row.position, digest=row.digest)
        self._before = row

    def gap(self, until: int) -> None:
        """Rows before `until` are not there."""
        behind = f", behind pause {self._before.lease_id}" if self._before is not None else ""
        first = self.last.position + 1
        if until - first > NAMED_MOST:
            self._found.append(
                Found(
                    position=first,
                    lease_id=None,
                    finding=Finding.REMOVED,
                    sentence=f"Rows {first} to {until - 1} were removed{behind}.",
                )
            )
            return
        for position in range(first, until):
            self._found.append(
                Found(
                    position=position,
                    lease_id=None,
                    finding=Finding.REMOVED,
                    sentence=f"Row {position} was removed{behind}.",
                )
            )

    def note(self, row: EvidenceRow, finding: Finding, what: str) -> None:
        """A row does not hold."""
        sentence = f"Row {row.position} of pause {row.lease_id} {what}."
        self._found.append(
            Found(position=row.position, lease_id=row.lease_id, finding=finding, sentence=sentence)
        )

    def findings(self) -> tuple[Found, ...]:
        """All of it, once every row was seen."""
        for row in self._spoilt:
            place = self._written_at(row)
            if place is None:
                self.note(row, Finding.CHANGED, "was changed")
            else:
                self.note(row, Finding.REORDERED, f"was row {place} when it was written")
        return tuple(sorted(self._found, key=_place))

    def _written_at(self, row: EvidenceRow) -> int | None:
        """The place a row had before somebody gave it another; None where that is not it."""
        places = list(range(max(1, row.position - NEAR), row.position + NEAR + 1))
        if row.previous in self._place_of:
            places.insert(0, self._place_of[row.previous] + 1)
        for place in places:
            if chained(row.previous, replace(row, position=place)) == row.digest:
                return place
        return None

    def _before_is_sound(self) -> bool:
        """Whether a broken link is not already told by the row before it."""
        return self._before is None or not self._spoilt or self._spoilt[-1] is not self._before

    def _note_rewritten(self, row: EvidenceRow) -> None:
        if self._before is None:
            self.note(row, Finding.REWRITTEN, "does not follow what was before it")
        else:
            self.note(self._before, Finding.REWRITTEN, "was changed and sealed anew")


def _place(found: Found) -> tuple[int, str]:
    return found.position, found.finding
