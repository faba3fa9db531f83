"""How long an edit takes to show what it made stale: checkpoints and standings worked out anew.

The order has been read back whole; then one quantity after another changes, as fast as hands could
never do it. What the screen keeps of a read-back, without disk and window.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from app.campaigns.bench.answering import answered
from app.campaigns.bench.desk import signed_in_desk
from app.campaigns.bench.figures import Figure, timed, within
from app.campaigns.bench.given import Given, require
from app.campaigns.bench.orders import an_order, goods, with_other_quantity
from app.services.rules.guidance_files import read_guidance
from app.services.rules.pricing import totals
from app.services.rules.read_back import Checkpoints
from app.services.rules.regions import RegionRules
from app.settings import resource_folder
from app.ui.screens.call.record import Record
from app.wire.orders import OrderDocument
from app.wire.read_back import ReadBackEntry

_WARM_UP = 5


def stale_marks(
    given: Given, *, lines: int, most_ms: float, edits: int = 200
) -> tuple[Figure, ...]:
    """Edit an order of so many lines again and again after its read-back."""
    given.tell(f"Editing an order of {lines:,} lines that was read back")
    guidance = read_guidance(resource_folder())
    with signed_in_desk(given.folder) as at:
        document = an_order(at, goods(given, lines), lines)
        rules = at.regions[document.region]
        checkpoints = Checkpoints(rules, guidance.checklists)
        person_id, clock = at.person.person_id, at.clock
        entries = tuple(answered(checkpoints, document, rules, person_id, clock))
    record = Record(rules, guidance, entries, clock=clock, person_id=person_id, write=_keep_nowhere)
    _recount(record, document, rules)
    require(not record.open(), "The order was read back and does not hold.")
    samples: list[float] = []
    for version in _edited(document, edits):
        took, _ = timed(partial(_recount, record, version, rules))
        samples.append(took)
        stale = len(record.stale())
        require(stale == len(_TOUCHED), f"An edit made {stale} checkpoints stale.")
    return (within(f"read-back-{lines}", samples[_WARM_UP:], most_ms),)


_TOUCHED = ("the line", "price", "obligation")
"""What the quantity of one line makes stale."""


def _edited(document: OrderDocument, edits: int) -> Iterator[OrderDocument]:
    for place in range(_WARM_UP + edits):
        at = place % len(document.lines)
        yield with_other_quantity(document, at, document.lines[at].quantity + 1 + place % 3)


def _recount(record: Record, document: OrderDocument, rules: RegionRules) -> None:
    record.recount(document, totals(document, rules))


def _keep_nowhere(entry: ReadBackEntry) -> None:
    """A bench edits and answers nothing."""
