"""The rows of the read-back: one for each thing to be agreed, all lines of the order in one.

Each says in a shape and a word how it stands. Pure; works for the screen and for any thread.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QCoreApplication

from app.services.rules.read_back import Checkpoint, Standing, State
from app.services.rules.readiness import Missing
from app.ui.screens.call.state import Topic
from app.ui.screens.call.topics import topic_of
from app.values.vocabulary import CheckpointKind

ITEMS = "items"
"""The key of the row that holds all lines."""


class Mark(StrEnum):
    """The shape of a row."""

    OPEN = "open"
    ASKING = "asking"
    DONE = "done"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideRow:
    """One row: `keys` are its checkpoints, `holds` that all of them do."""

    key: str
    title: str
    mark: Mark
    words: str
    keys: tuple[str, ...]
    holds: bool


_WAITS_FOR: dict[CheckpointKind, frozenset[Topic]] = {
    CheckpointKind.CUSTOMER: frozenset({Topic.CUSTOMER}),
    CheckpointKind.LINE: frozenset({Topic.ITEMS}),
    CheckpointKind.PRICE: frozenset(Topic),
    CheckpointKind.DELIVERY: frozenset({Topic.DELIVERY}),
    CheckpointKind.BILLING: frozenset({Topic.DELIVERY, Topic.BILLING}),
    CheckpointKind.ARRIVAL: frozenset({Topic.DELIVERY, Topic.ARRIVAL}),
    CheckpointKind.OBLIGATION: frozenset(Topic),
}
"""What has to be there before a checkpoint can be asked; the others can be asked at any time."""


def blocking(point: Checkpoint, missing: Iterable[Missing]) -> tuple[Missing, ...]:
    """What has to be there before this can be asked, and is not."""
    needs = _WAITS_FOR.get(point.kind, frozenset())
    return tuple(one for one in missing if topic_of(one) in needs)


def next_of(points: Sequence[Checkpoint], *, later: Collection[str]) -> Checkpoint | None:
    """Which of these to ask next: further on in the talk first, the last question last."""
    first = [point for point in points if point.kind is not CheckpointKind.OBLIGATION]
    onward = (point for point in first if point.key in later)
    return next(onward, None) or next(iter((*first, *points)), None)


def row_key(point: Checkpoint) -> str:
    """The row that a checkpoint stands in."""
    return ITEMS if point.kind is CheckpointKind.LINE else point.key


def rows_of(
    standings: Sequence[Standing], asked: str, missing: Collection[Missing], *, begun: bool
) -> tuple[GuideRow, ...]:
    """All rows in the order of the talk; `asked` is the checkpoint that is asked now."""
    groups: dict[str, list[Standing]] = {}
    for one in standings:
        groups.setdefault(row_key(one.checkpoint), []).append(one)
    due = next(iter(missing), None)
    rows = [_row(key, group, asked, due, begun=begun) for key, group in groups.items()]
    if standings and ITEMS not in groups:
        rows.insert(_place_of_items(groups.values()), _no_items(due, begun=begun))
    return tuple(rows)


def _place_of_items(groups: Iterable[list[Standing]]) -> int:
    """Where the lines would stand: before the price, after what an administrator put first."""
    kinds = [group[0].checkpoint.kind for group in groups]
    return kinds.index(CheckpointKind.PRICE) if CheckpointKind.PRICE in kinds else 1


def _no_items(due: Missing | None, *, begun: bool) -> GuideRow:
    """An order without lines keeps its row."""
    is_due = due is not None and topic_of(due) is Topic.ITEMS and not begun
    return GuideRow(
        key=ITEMS,
        title=_tr("Items and quantities"),
        mark=Mark.ASKING if is_due else Mark.OPEN,
        words=_tr("Ask now") if is_due else _tr("None yet"),
        keys=(),
        holds=False,
    )


def _row(
    key: str, group: list[Standing], asked: str, due: Missing | None, *, begun: bool
) -> GuideRow:
    keys = tuple(one.checkpoint.key for one in group)
    held = sum(one.state.holds for one in group)
    mark, words = _look(group, held)
    if begun and asked in keys:
        mark, words = Mark.ASKING, _asking(held, len(group))
    elif not begun and due is not None and due in blocking(group[0].checkpoint, (due,)):
        mark, words = _due(group[0].checkpoint, due, (mark, words))
    return GuideRow(
        key=key,
        title=title_of(group[0].checkpoint),
        mark=mark,
        words=words,
        keys=keys,
        holds=held == len(group),
    )


def _look(group: list[Standing], held: int) -> tuple[Mark, str]:
    states = {one.state for one in group}
    if State.STALE in states:
        return Mark.STALE, _tr("Changed, ask again")
    if held == len(group):
        if State.OVERRIDDEN in states:
            return Mark.DONE, _tr("Let pass")
        return Mark.DONE, _tr("Put right") if State.CORRECTED in states else _tr("Confirmed")
    if held:
        return Mark.OPEN, _tr("{held} of {count}").format(held=held, count=len(group))
    return Mark.OPEN, _tr("Not yet")


def _asking(held: int, count: int) -> str:
    if count == 1:
        return _tr("Asking")
    return _tr("Asking, {held} of {count}").format(held=held, count=count)


def _due(point: Checkpoint, due: Missing, usual: tuple[Mark, str]) -> tuple[Mark, str]:
    """Before the read-back the row whose field is due says so."""
    own = {
        Topic.CUSTOMER: CheckpointKind.CUSTOMER,
        Topic.DELIVERY: CheckpointKind.DELIVERY,
        Topic.BILLING: CheckpointKind.BILLING,
        Topic.ARRIVAL: CheckpointKind.ARRIVAL,
    }
    if own.get(topic_of(due)) is point.kind:
        return Mark.ASKING, _tr("Ask now")
    return usual


def title_of(point: Checkpoint) -> str:
    """What the row is called; an administrator's own items have a title of their own."""
    if point.kind is CheckpointKind.EXTRA:
        return point.item.title or point.item.key
    return {
        CheckpointKind.CUSTOMER: _tr("Customer and contact"),
        CheckpointKind.LINE: _tr("Items and quantities"),
        CheckpointKind.PRICE: _tr("Price"),
        CheckpointKind.DELIVERY: _tr("Delivery address"),
        CheckpointKind.BILLING: _tr("Billing address"),
        CheckpointKind.ARRIVAL: _tr("Delivery date"),
        CheckpointKind.RIGHTS: _tr("Rights and terms"),
        CheckpointKind.OBLIGATION: _tr("Order with payment"),
    }[point.kind]


def _tr(words: str) -> str:
    return QCoreApplication.translate("ReadBack", words)
