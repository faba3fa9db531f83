"""A caller who agrees to everything at once: the record of a read-back, for orders of a bench.

Entries are those that the screen would note; the gate of the desk judges them like any other.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.services.rules.pricing import totals
from app.services.rules.read_back import Checkpoint, Checkpoints
from app.services.rules.regions import RegionRules
from app.values.clock import Clock
from app.values.identity import PersonId
from app.values.vocabulary import AnsweredBy, How
from app.wire.orders import OrderDocument
from app.wire.read_back import Asked, Confirmed, ReadBackEntry

_SAID = "Said by nobody: this order belongs to a bench."


def answered(
    checkpoints: Checkpoints,
    document: OrderDocument,
    rules: RegionRules,
    by: PersonId,
    clock: Clock,
) -> Iterator[ReadBackEntry]:
    """Each checkpoint asked and confirmed as it has to be."""
    for point in checkpoints.of(document, totals(document, rules)):
        at = clock.now()
        yield Asked(checkpoint=point.key, sha256=point.sha256, said=_SAID, at=at, by=by)
        yield Confirmed(
            checkpoint=point.key,
            sha256=point.sha256,
            parts=point.parts,
            how=_how(point),
            heard=" ".join(one.value for one in point.must_speak),
            at=at,
            by=by,
        )


def _how(point: Checkpoint) -> How:
    if point.answered_by is AnsweredBy.PAPER:
        return How.ON_PAPER
    return How.CALLER_SPOKE if point.must_speak else How.CALLER_AGREED
