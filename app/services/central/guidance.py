"""The editions of checklists, scripts and answers that were published; every one of them stays.

Orders name the revision they were read back by, and are judged by it however long they travel.
Published from the command line as the owner role, read by the service.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, insert, select, text

from app.models.central.read_back import GuidanceVersion
from app.services.central.transaction import Transaction
from app.services.rules.guidance_files import require_whole
from app.values.errors import Refusal
from app.values.vocabulary import ChangeKind
from app.wire.guidance import GUIDANCE_KEY, Guidance
from app.wire.message import decode, encode, read_document

FIRST = 1
_LARGEST = 2**63 - 1
_KEPT_MOST = 16
"""Decoded editions in memory; orders come by the newest one or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionLine:
    """An edition in the history; `published_by` as it was given, None for the first."""

    revision: int
    published_at: datetime
    published_by: str | None
    checklists: int
    scripts: int
    answers: int


class GuidanceEditions:
    """All editions. One instance may be asked from any thread."""

    def __init__(self) -> None:
        self._kept: dict[int, Guidance] = {}

    def publish(self, tx: Transaction, guidance: Guidance, by: str | None = None) -> int:
        """Let this edition hold from now on; its revision, which is the present one if it is equal.

        Raises Refusal `guidance_malformed`.
        """
        require_whole(guidance)
        tx.connection.execute(_ONE_AT_A_TIME)
        latest = tx.session.scalars(_NEWEST).one_or_none()
        if latest is not None and _numbered(_read(latest), 0) == _numbered(guidance, 0):
            return latest.revision
        revision = FIRST if latest is None else latest.revision + 1
        document: dict[str, Any] = decode(encode(_numbered(guidance, revision)), dict)
        row = {"revision": revision, "document": document, "set_at": tx.at, "set_by": by}
        tx.connection.execute(insert(GuidanceVersion), row)
        tx.changed(ChangeKind.GUIDANCE, GUIDANCE_KEY, revision)
        tx.audit("admin.guidance.publish", revision=revision)
        return revision

    def publish_first(self, tx: Transaction, guidance: Guidance) -> bool:
        """Publish the edition where there is none yet; whether it was."""
        if self.newest_revision(tx):
            return False
        self.publish(tx, guidance)
        return True

    def newest_revision(self, tx: Transaction) -> int:
        """The revision that holds; 0 before the first."""
        newest = tx.connection.execute(select(func.max(GuidanceVersion.revision))).scalar_one()
        return newest or 0

    def current(self, tx: Transaction) -> Guidance:
        """The edition that holds. Raises Refusal `not_prepared`."""
        found = self.edition(tx, self.newest_revision(tx))
        if found is None:
            raise Refusal(
                "not_prepared",
                "There are no checklists in this database yet: run readback admin migrate.",
            )
        return found

    def edition(self, tx: Transaction, revision: int) -> Guidance | None:
        """An edition by its revision, read from the database once; None where there is none."""
        if not FIRST <= revision <= _LARGEST:
            return None
        kept = self._kept.get(revision)
        if kept is not None:
            return kept
        row = tx.session.get(GuidanceVersion, revision)
        if row is None:
            return None
        edition = _read(row)
        if len(self._kept) >= _KEPT_MOST:
            self._kept = {}
        self._kept[revision] = edition
        return edition

    def history(self, tx: Transaction) -> tuple[EditionLine, ...]:
        """Every edition, the newest first."""
        rows = tx.session.scalars(select(GuidanceVersion).order_by(GuidanceVersion.revision.desc()))
        return tuple(_line(row, _read(row)) for row in rows)


# Two administrators at once take turns, so that each is given a revision of their own.
_ONE_AT_A_TIME = text("LOCK TABLE guidance_version IN SHARE ROW EXCLUSIVE MODE")
_NEWEST = select(GuidanceVersion).order_by(GuidanceVersion.revision.desc()).limit(1)


def _read(row: GuidanceVersion) -> Guidance:
    return read_document(row.document, Guidance)


def _numbered(guidance: Guidance, revision: int) -> Guidance:
    return msgspec.structs.replace(guidance, revision=revision)


def _line(row: GuidanceVersion, edition: Guidance) -> EditionLine:
    return EditionLine(
        revision=row.revision,
        published_at=row.set_at,
        published_by=row.set_by,
        checklists=len(edition.checklists),
        scripts=len(edition.scripts),
        answers=len(edition.answers),
    )
