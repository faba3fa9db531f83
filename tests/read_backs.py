"""Readable test data for read-backs: checklists as they are published, and a whole record.

`entries = read_back_of(order, totals)` answers every checkpoint as the rules want it answered.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.services.rules.pricing import totals
from app.services.rules.read_back import Checkpoint, Checkpoints
from app.services.rules.regions import RegionRules
from app.values.identity import PersonId
from app.values.vocabulary import AnsweredBy, Channel, CheckpointKind, How
from app.wire.guidance import Checklist, ChecklistItem, Guidance, When
from app.wire.orders import OrderDocument, Totals
from app.wire.read_back import Asked, Began, Confirmed, ReadBackEntry
from tests.builders import A_MORNING, an_id

A_CSR = PersonId(an_id(700))
CORE = tuple(kind for kind in CheckpointKind if kind is not CheckpointKind.EXTRA)
ON_PAPER = (Channel.FAX, Channel.EMAIL, Channel.POST, Channel.WEB_CART)
SPOKEN = (Channel.PHONE, Channel.COUNTER)


def a_checklist(name: str = "call", *extras: ChecklistItem, when: When | None = None) -> Checklist:
    """All core checkpoints for orders with somebody to talk to, and what else is given."""
    items = (*(ChecklistItem(check=kind) for kind in CORE), *extras)
    return Checklist(name=name, when=when or When(channels=SPOKEN), items=items)


def a_paper_checklist() -> Checklist:
    """The same for orders that came in writing."""
    items = tuple(ChecklistItem(check=kind) for kind in CORE)
    when = When(channels=ON_PAPER)
    return Checklist(name="paper", when=when, answered_by=AnsweredBy.PAPER, items=items)


def a_guidance(*more: Checklist, revision: int = 1) -> Guidance:
    """An edition with the two lists that every desk needs."""
    lists = (a_checklist(), a_paper_checklist(), *more)
    return Guidance(revision=revision, checklists=lists)


def an_extra(key: str = "age", say: str = "May I ask how old you are?") -> ChecklistItem:
    """An item of an administrator's own."""
    return ChecklistItem(check=CheckpointKind.EXTRA, key=key, title="Age checked", say=say)


def checkpoints_of(
    document: OrderDocument,
    rules: RegionRules,
    guidance: Guidance | None = None,
    told: Totals | None = None,
) -> tuple[Checkpoint, ...]:
    """What is to be asked about an order; `told` where the caller was told other totals."""
    lists = (guidance or a_guidance()).checklists
    return Checkpoints(rules, lists).of(document, told or totals(document, rules))


def read_back_of(
    document: OrderDocument,
    rules: RegionRules,
    guidance: Guidance | None = None,
    *,
    told: Totals | None = None,
    at: datetime = A_MORNING,
    by: PersonId = A_CSR,
) -> tuple[ReadBackEntry, ...]:
    """The record of a read-back in which everything was right at once."""
    edition = guidance or a_guidance()
    entries: list[ReadBackEntry] = [Began(at=at, by=by, guidance=edition.revision)]
    for point in checkpoints_of(document, rules, edition, told):
        entries += [an_asking(point, at=at, by=by), an_answer(point, at=at, by=by)]
    return tuple(entries)


def an_asking(point: Checkpoint, *, at: datetime = A_MORNING, by: PersonId = A_CSR) -> Asked:
    """The sentence of a checkpoint was on the screen."""
    said = f"A sentence about {point.kind.value}."
    return Asked(checkpoint=point.key, sha256=point.sha256, said=said, at=at, by=by)


def an_answer(
    point: Checkpoint,
    *,
    how: How | None = None,
    at: datetime = A_MORNING,
    by: PersonId = A_CSR,
) -> Confirmed:
    """The checkpoint is confirmed, in the way it has to be unless another is given."""
    heard = " ".join(one.value for one in point.must_speak)
    return Confirmed(
        checkpoint=point.key,
        sha256=point.sha256,
        parts=point.parts,
        how=how or _right_way(point),
        heard=heard,
        took_ms=2_000,
        at=at,
        by=by,
    )


def _right_way(point: Checkpoint) -> How:
    if point.answered_by is AnsweredBy.PAPER:
        return How.ON_PAPER
    return How.CALLER_SPOKE if point.must_speak else How.CALLER_AGREED


def without(entries: Iterable[ReadBackEntry], key: str) -> tuple[ReadBackEntry, ...]:
    """The record as it would be had one checkpoint never been confirmed."""
    return tuple(e for e in entries if not (isinstance(e, Confirmed) and e.checkpoint == key))
